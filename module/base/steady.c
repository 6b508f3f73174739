/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/base/steady.h"

#include <stdint.h>

#include <sofia-sip/su_time.h>

#include "module/base/clock.h"

/* Sofia's hook may change the result of su_time(). Sofia exports it and declares it in no header. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
extern void (*_su_time)(su_time_t *tv);

static su_time_t start;
static int64_t start_us;

/* In whole ms, as the loop waits: with a fraction left the loop would poll until the timer is due. */
static void steady(su_time_t *now)
{
	int64_t us;

	if (!now)
		return;
	us = ptt_clock_us() - start_us + (int64_t)start.tv_usec;
	now->tv_sec = start.tv_sec + (unsigned long)(us / 1000000);
	now->tv_usec = (unsigned long)(us % 1000000 / 1000 * 1000);
}

void ptt_steady_time(void)
{
	su_time(&start);
	start_us = ptt_clock_us();
	_su_time = steady;
}
