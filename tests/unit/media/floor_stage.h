/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file floor_stage.h
 * A floor with one member of each kind; its actions as text: "grant:h begin:h tell:h".
 */
#ifndef PTT_FLOOR_STAGE_H
#define PTT_FLOOR_STAGE_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "module/media/floor_table.h"
#include "module/rtp/tbcp.h"

/**
 * h and o only ask; q and r may be queued; p may pre-empt and be queued; v may pre-empt, not be
 * queued; s has no TBCP; l only listens.
 */
enum { H, O, Q, R, P, V, S, L, CAST };

extern struct ptt_floor fl;
extern struct ptt_floor_member cast[CAST];

/** A floor with all of the cast in it. */
void stage_setup(void);
/** One event. @return the actions as text */
const char *run(const struct ptt_floor_event *event, int64_t now_ms);
const char *step(enum ptt_floor_event_type type, int who, int64_t now_ms);
const char *ask(int who, uint8_t priority, uint64_t timestamp, int64_t now_ms);
/** @p seq -1: not known */
const char *release(int who, int seq, int64_t now_ms);
const char *floor_media(int who, uint16_t seq, int64_t now_ms);
const char *tick(int64_t now_ms);

#endif
