/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file tracker_play.h
 * The stage for the tracker's plays: an event, and the actions it must cause, as text. Members and
 * subjects are written as numbers.
 */
#ifndef PTT_TRACKER_PLAY_H
#define PTT_TRACKER_PLAY_H

#include "module/core/tracker.h"

#include <check.h>

extern struct ptt_policy policy;
extern struct ptt_tracker *tracker;
extern struct ptt_tracker_actions actions;
extern uint64_t now_ms;

uint32_t handle(uint32_t number);
/** Feeds the event. Asserts that @p expected lists the actions that follow, or names the error. */
void tracker_play(int line, struct ptt_tracker_event ev, const char *expected);
/** Takes over what was changed in `policy`. */
void new_policy(void);
/** A running group with MSK 1 and @p count members 1 ... of subjects 1 ..., all settled. */
void group_of(uint32_t count);
/** Runs the tests, each with a new tracker. @return the exit status. */
int play_all(const char *name, const TTest *const *plays, size_t count);

#define PLAY(expected, event, ...) \
	tracker_play(__LINE__, (struct ptt_tracker_event){.kind = PTT_EV_##event, __VA_ARGS__}, \
		expected)
#define M(number)      .member = (number)
#define S(number)      .subject = (number)
#define G(number)      .generation = (number)
#define ERROR_MISMATCH "error: mismatch"
#define ERROR_NO_KEY   "error: no key"
#define ERROR_AUTH     "error: auth"
#define ERROR_BUSY     "error: busy"

#endif
