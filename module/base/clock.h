/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file clock.h
 * The clocks of the process. Durations and deadlines are measured on the monotonic clock, which
 * nobody can set. Only times that leave the process, and lifetimes given as UTC, use the wall clock.
 * A function that can be given the time takes it as an argument instead of reading a clock.
 */
#ifndef PTT_CLOCK_H
#define PTT_CLOCK_H

#include <stdint.h>

/** CLOCK_MONOTONIC in milliseconds. */
int64_t ptt_clock_ms(void);
/** CLOCK_MONOTONIC in microseconds. */
int64_t ptt_clock_us(void);
/** Wall clock: seconds since 1970, UTC. An operator or NTP may set it back. */
int64_t ptt_clock_utc_s(void);
/** The same in nanoseconds. */
int64_t ptt_clock_utc_ns(void);

#endif
