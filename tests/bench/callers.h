/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file callers.h
 * Those who come and go: each joins a group of their own, is sent its MSK, opens it, stays a while,
 * and leaves with BYE. The load beside a re-key, and the storm.
 *
 * A call is done when its MSK is open: 200, ACK and the offer's answer have all come through. Who
 * is turned away (503) waits for no Retry-After: another one comes in his place at the rate asked
 * for.
 */
#ifndef PTT_BENCH_CALLERS_H
#define PTT_BENCH_CALLERS_H

#include "tests/bench/world.h"

void ptt_bench_callers_init(struct ptt_bench_world *world);
/** @p rate a second; 0: the next one as soon as one of 128 is done. */
void ptt_bench_callers_start(uint32_t rate, uint32_t hold_ms);
/** Counts from here. */
void ptt_bench_callers_count(void);
/** Nobody comes any more; when all have left a line is printed. */
void ptt_bench_callers_hang(void);
void ptt_bench_callers_turn(int64_t now_ns);
/** Somebody is in, comes or goes. */
bool ptt_bench_callers_busy(void);

/* What the members tell. */
void ptt_bench_caller_answered(
	struct ptt_bench_world *world, struct ptt_bench_member *member, int64_t at_ns);
void ptt_bench_caller_refused(struct ptt_bench_world *world, struct ptt_bench_member *member,
	const struct ptt_bench_sip *sip);
void ptt_bench_caller_keyed(struct ptt_bench_world *world, struct ptt_bench_member *member);
void ptt_bench_caller_left(struct ptt_bench_world *world, struct ptt_bench_member *member,
	const struct ptt_bench_sip *sip);
/** No answer at all. */
void ptt_bench_caller_lost(struct ptt_bench_world *world, struct ptt_bench_member *member);
/** The server's BYE. */
void ptt_bench_caller_put_out(struct ptt_bench_world *world, struct ptt_bench_member *member);

#endif
