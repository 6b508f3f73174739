/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ue_event.h
 * The UE's events: one JSON object a line, flushed at once. Never a key in one.
 *
 * Names are fixed: bootstrapped joined channel-joined msk mtk talk-start
 * talk-stop rekeyed expelled left error stats.
 */
#ifndef PTT_UE_EVENT_H
#define PTT_UE_EVENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "crypto/err.h"

/** What a UE is doing, and with which file, device or interface ("": none): for an error event. */
struct ptt_ue_step {
	const char *what, *name;
};
/** Begins a step; errno is cleared, so that what it holds later is the step's. */
void ptt_ue_step_begin(struct ptt_ue_step *at, const char *what, const char *name);

/** Writes @p fields (taken over; NULL: none) with "event" and "t"
 * (CLOCK_MONOTONIC, seconds) in front. */
void ptt_ue_event(FILE *out, const char *name, json_t *fields);
/** An error of ours (status 0), with the name of the file, device or interface it is about; the
 * text is errno's where @p err is SYSTEM and errno has one. */
void ptt_ue_event_error(
	FILE *out, const char *what, const char *name, enum ptt_err err, bool fatal);
/** An error event with a status of SIP (0: none) and a text. */
void ptt_ue_event_failure(FILE *out, const char *what, int status, const char *text, bool fatal);
/** Seconds for a field, from milliseconds of the same clock. */
json_t *ptt_ue_event_time(int64_t ms);
/** Text of others' making: what is not UTF-8 has a question mark for
 * every such byte, and is cut at 255. */
json_t *ptt_ue_event_text(const char *text);
/** Bytes that are no secret (an id, an MKI) as a hex string. */
json_t *ptt_ue_event_hex(const uint8_t *data, size_t len);

#endif
