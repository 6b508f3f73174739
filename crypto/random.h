/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file random.h
 * The only source of random bytes. If it fails the caller gets an error, never weaker bytes.
 */
#ifndef PTT_RANDOM_H
#define PTT_RANDOM_H

#include <stddef.h>

#include "crypto/err.h"

/**
 * Bytes that stay secret (MSK, MTK, salt), from libcrypto's private generator. @p out is wiped on
 * an error. Errors: SYSTEM.
 */
enum ptt_err ptt_random_key(void *out, size_t len) PTT_MUST_CHECK;
/**
 * Bytes that go over the wire (RAND, nonces, CSB ID, branches). @p out is wiped on an error.
 * Errors: SYSTEM.
 */
enum ptt_err ptt_random_bytes(void *out, size_t len) PTT_MUST_CHECK;

#endif
