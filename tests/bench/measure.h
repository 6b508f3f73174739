/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file measure.h
 * Measures of the group: joins at a rate, and a re-key from the mark to the last member.
 */
#ifndef PTT_BENCH_MEASURE_H
#define PTT_BENCH_MEASURE_H

#include "tests/bench/channel_watch.h"

struct ptt_bench_measure {
	struct ptt_bench_world *world;
	struct ptt_bench_watch *watch;
	int64_t mark_ns, deadline_ns, join_start_ns, last_done_ns;
	uint32_t join_from, join_next, join_end, join_rate, expected, old_msk;
	bool talks; /**< one member talks: the switch on the channel counts too */
	enum { PTT_BENCH_IDLE, PTT_BENCH_JOINING, PTT_BENCH_WAITING } doing;
};

/** Joins @p count more members, at most @p rate a second. */
void ptt_bench_measure_joins(struct ptt_bench_measure *m, uint32_t count, uint32_t rate);
/** Resets the counts. @p victim will be expelled (negative: none), @p expected must open. */
void ptt_bench_measure_mark(struct ptt_bench_measure *m, long victim, uint32_t expected);
void ptt_bench_measure_wait(struct ptt_bench_measure *m, uint32_t ms);
/** Starts joins that are due; prints a line when joins or a re-key end. */
void ptt_bench_measure_pace(struct ptt_bench_measure *m);
void ptt_bench_measure_end(struct ptt_bench_measure *m);

#endif
