/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ntp.h
 * NTP time, as a TBCP Request has it: seconds since 1900 and their fraction, 32 bits each.
 */
#ifndef PTT_NTP_H
#define PTT_NTP_H

#include <stdint.h>

#include "module/base/clock.h"

#define PTT_NTP_UNIX_S 2208988800 /**< from 1900 to 1970 */

static inline uint64_t ptt_ntp_now(void)
{
	uint64_t ns = (uint64_t)ptt_clock_utc_ns();

	return (ns / 1000000000 + PTT_NTP_UNIX_S) << 32 | ((ns % 1000000000 << 32) / 1000000000);
}

#endif
