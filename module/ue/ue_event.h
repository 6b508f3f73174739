/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ue_event.h
 * The UE's events: one JSON object a line, flushed at once. No event contains a key.
 *
 * Names are fixed: bootstrapped joined channel-joined msk mtk rekeyed talk-start talk-stop floor
 * stats expelled left error.
 */
#ifndef PTT_UE_EVENT_H
#define PTT_UE_EVENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "crypto/err.h"

/** The present step, and its file, device or interface ("": none), for an error event. */
struct ptt_ue_step {
	const char *what, *name;
};
/** Begins a step and clears errno, so that a later value belongs to the step. */
void ptt_ue_step_begin(struct ptt_ue_step *at, const char *what, const char *name);

/** Writes an event: "event", "t" (CLOCK_MONOTONIC, seconds), then @p fields (NULL: none), whose
 *  reference it consumes. */
void ptt_ue_event(FILE *out, const char *name, json_t *fields);
/** Writes an error event of status 0. @p name: the file, device or interface; "": none. The text is
 *  that of errno if @p err is SYSTEM and errno is set. */
void ptt_ue_event_error(
	FILE *out, const char *what, const char *name, enum ptt_err err, bool fatal);
/** Writes an error event with a SIP status (0: none) and a text. */
void ptt_ue_event_failure(FILE *out, const char *what, int status, const char *text, bool fatal);
/** A time field in seconds, from milliseconds of the same clock. */
json_t *ptt_ue_event_time(int64_t ms);
/** A text field from outside. If it is not UTF-8, each byte above 127 becomes a question mark and
 *  the text is cut at 255 bytes. */
json_t *ptt_ue_event_text(const char *text);
/** Bytes that are no secret (an id, an MKI) as a hex string; at most 31 bytes. */
json_t *ptt_ue_event_hex(const uint8_t *data, size_t len);

#endif
