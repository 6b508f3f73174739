/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file callers.h
 * Callers come and go: each joins the callers' group, gets its MSK, opens it, stays a while, and
 * leaves with BYE. They are the load beside a re-key, and the storm.
 *
 * A call is done when its MSK is open: 200, ACK and the answer to the offer have come through. A
 * caller refused with 503 does not wait for Retry-After: another caller replaces it at the given
 * rate.
 */
#ifndef PTT_BENCH_CALLERS_H
#define PTT_BENCH_CALLERS_H

#include "tests/bench/world.h"

void ptt_bench_callers_init(struct ptt_bench_world *world);
/** Starts @p rate callers a second; 0: keeps 128 at a time. */
void ptt_bench_callers_start(uint32_t rate, uint32_t hold_ms);
/** Resets the counts. */
void ptt_bench_callers_count(void);
/** Starts no further callers. Prints a line when all have left. */
void ptt_bench_callers_hang(void);
void ptt_bench_callers_turn(int64_t now_ns);
/** Whether any caller is in a call. */
bool ptt_bench_callers_busy(void);

/* Reports of the members. */
void ptt_bench_caller_answered(
	struct ptt_bench_world *world, struct ptt_bench_member *member, int64_t at_ns);
void ptt_bench_caller_refused(struct ptt_bench_world *world, struct ptt_bench_member *member,
	const struct ptt_bench_sip *sip);
void ptt_bench_caller_keyed(struct ptt_bench_world *world, struct ptt_bench_member *member);
void ptt_bench_caller_left(struct ptt_bench_world *world, struct ptt_bench_member *member,
	const struct ptt_bench_sip *sip);
/** No response at all. */
void ptt_bench_caller_lost(struct ptt_bench_world *world, struct ptt_bench_member *member);
/** The server sent BYE. */
void ptt_bench_caller_put_out(struct ptt_bench_world *world, struct ptt_bench_member *member);

#endif
