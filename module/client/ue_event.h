/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ue_event.h
 * The UE's events: one JSON object a line, flushed at once. Never a key in one.
 *
 * Names are fixed: bootstrapped joined channel-joined msk mtk talk-start talk-stop rekeyed expelled left error
 * stats.
 */
#ifndef PTT_UE_EVENT_H
#define PTT_UE_EVENT_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

/** CLOCK_MONOTONIC. */
int64_t ptt_ue_clock_ms(void);
/** Writes @p fields (taken over; NULL: none) with "event" and "t" (CLOCK_MONOTONIC, seconds) in front. */
void ptt_ue_event(FILE *out, const char *name, json_t *fields);
/** Seconds for a field, from milliseconds of the same clock. */
json_t *ptt_ue_event_time(int64_t ms);
/** Text of others' making: what is not UTF-8 has a question mark for every such byte, and is cut at 255. */
json_t *ptt_ue_event_text(const char *text);
/** Bytes that are no secret (an id, an MKI) as a hex string. */
json_t *ptt_ue_event_hex(const uint8_t *data, size_t len);

#endif
