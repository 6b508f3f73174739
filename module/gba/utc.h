/* SPDX-License-Identifier: LGPL-2.1-or-later */
/** @file utc.h  Times as text: XML Schema dateTime (TS 24.109), which JSON's date-time is too. */
#ifndef PTT_UTC_H
#define PTT_UTC_H

#include <stdint.h>

#include "crypto/err.h"

#define PTT_UTC_SIZE 32 /**< a time with NUL */

/** Takes a fraction and an offset; the 32nd of a month is refused. Errors: MALFORMED. */
enum ptt_err ptt_utc_get(int64_t *utc_s, const char *text) PTT_MUST_CHECK;
/** "2026-11-21T15:43:19Z". Errors: MALFORMED (no year of four digits). */
enum ptt_err ptt_utc_put(char out[PTT_UTC_SIZE], int64_t utc_s) PTT_MUST_CHECK;

#endif
