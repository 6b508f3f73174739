/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file probe.h
 * A client outside the group sends the server a request each millisecond; and the statistics of
 * such samples.
 */
#ifndef PTT_BENCH_PROBE_H
#define PTT_BENCH_PROBE_H

#include "tests/bench/udp.h"

bool ptt_bench_probe_open(void);
/** Starts with empty samples, or stops; prints the samples of the last run. */
void ptt_bench_probe_set(bool on);
bool ptt_bench_probe_on(void);
/** Sends a request if one is due, and reads the responses. */
void ptt_bench_probe_turn(const struct sockaddr_in *server, int64_t now_ns);

void ptt_bench_sort(uint32_t *samples, uint32_t count);
/** @return a quantile of sorted samples; 0 if there are none */
uint32_t ptt_bench_percentile(const uint32_t *samples, uint32_t count, uint32_t percent);

#endif
