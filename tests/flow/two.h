/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file two.h
 * A play that begins with two clients who have their keys.
 */
#ifndef PTT_TEST_TWO_H
#define PTT_TEST_TWO_H

#include <check.h>

#include "tests/flow/play.h"

extern struct play play;
extern struct actor *a, *b;
extern uint32_t old; /**< the MSK that both begin with */

/** @p policy: as for play_open(). The metrics begin at 0 when both have joined. */
void two_open(const char *policy);
void two_close(void);
/** Turns the loops until the group has another MSK than @c old, and @p actor an MTK under it. */
void two_until_on_new(const struct actor *actor);

/** A case of which each test begins with two_open(@p policy), in a network of its own. */
TCase *two_case(const char *policy);

/** The method of the server's offers; INVITE if the test does not say. */
extern const char *two_method;
/** So many more messages are lost by the rules that lose. */
extern int two_to_lose;
/** Whether to lose this one, if it is one of @p these. */
enum tap_fate two_lose(bool these);
tap_rule two_lose_offers, two_lose_answers, two_hold_offers;
/** The second copy of the re-key's offer, or of the answer to it, is the first byte by byte. */
void two_check_copies(bool from_server);
/** An offer and an INVITE of the client @c a cross, both are refused,
 * and both go on (RFC 3261 14.1). */
void two_glare(void);

#endif
