/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file random.h
 * The only source of randomness. A failure is an error to the caller, never weaker bytes.
 */
#ifndef PTT_RANDOM_H
#define PTT_RANDOM_H

#include <stddef.h>

#include "crypto/err.h"

/** Bytes that stay secret (MSK, MTK, salt): libcrypto's private generator. Errors: SYSTEM. */
enum ptt_err ptt_random_key(void *out, size_t len) PTT_MUST_CHECK;
/** Bytes that go over the wire (RAND, nonces, CSB ID, branches). Errors: SYSTEM. */
enum ptt_err ptt_random_bytes(void *out, size_t len) PTT_MUST_CHECK;

#endif
