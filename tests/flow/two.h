/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file two.h
 * A play that begins with two clients who have their keys.
 */
#ifndef PTT_TEST_TWO_H
#define PTT_TEST_TWO_H

#include "tests/flow/play.h"

extern struct play play;
extern struct actor *a, *b;
extern uint32_t old; /**< the MSK that both begin with */

/** @p policy: as for play_open(). The metrics begin at 0 when both have joined. */
void two_open(const char *policy);
void two_close(void);
/** Turns the loops until the group has another MSK than @c old, and @p actor an MTK under it. */
void two_until_on_new(const struct actor *actor);

#endif
