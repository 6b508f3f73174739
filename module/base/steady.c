/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/base/steady.h"

#include <stdint.h>
#include <time.h>

#include <sofia-sip/su_time.h>

/* Sofia's hook: it may change what su_time() answers. Exported, declared in no header of it. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
extern void (*_su_time)(su_time_t *tv);

static su_time_t start;
static struct timespec start_monotonic;

/* In whole ms, as the loop waits: the fraction before a timer is due it would spend asking epoll again and again. */
static void steady(su_time_t *now)
{
	struct timespec monotonic;
	int64_t us;

	if (!now)
		return;
	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	us = (int64_t)(monotonic.tv_sec - start_monotonic.tv_sec) * 1000000 +
	     (monotonic.tv_nsec - start_monotonic.tv_nsec) / 1000 + (int64_t)start.tv_usec;
	now->tv_sec = start.tv_sec + (unsigned long)(us / 1000000);
	now->tv_usec = (unsigned long)(us % 1000000 / 1000 * 1000);
}

void ptt_steady_time(void)
{
	su_time(&start);
	clock_gettime(CLOCK_MONOTONIC, &start_monotonic);
	_su_time = steady;
}
