/* SPDX-License-Identifier: LGPL-2.1-or-later */
/** @file utc.h  Times as text: XML Schema's dateTime (TS 24.109), and JSON's date-time. */
#ifndef PTT_UTC_H
#define PTT_UTC_H

#include <stdint.h>

#include "crypto/err.h"

#define PTT_UTC_SIZE 32 /**< a time with NUL */

/**
 * Reads a time; a fraction is ignored and an offset applied. Errors: MALFORMED (also a date that
 * does not exist).
 */
enum ptt_err ptt_utc_get(int64_t *utc_s, const char *text) PTT_MUST_CHECK;
/** Writes "2026-11-21T15:43:19Z". Errors: MALFORMED (the year is outside 1900 to 9999). */
enum ptt_err ptt_utc_put(char out[PTT_UTC_SIZE], int64_t utc_s) PTT_MUST_CHECK;

#endif
