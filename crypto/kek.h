/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file kek.h
 * Seals and opens keys at rest: AES-256-GCM under the KEK.
 *
 * Stored form: nonce (12 random bytes) || ciphertext || tag (16). The row's identity
 * ("table/column/primary key") is associated data, so a sealed key that was copied to another row
 * does not open.
 * Spec: NIST SP 800-38D (96-bit random nonce).
 */
#ifndef PTT_KEK_H
#define PTT_KEK_H

#include "crypto/bytes.h"
#include "crypto/secret.h"

#define PTT_KEK_NONCE_LEN 12
#define PTT_KEK_TAG_LEN   16
#define PTT_KEK_OVERHEAD  (PTT_KEK_NONCE_LEN + PTT_KEK_TAG_LEN)
#define PTT_KEK_PLAIN_MAX 64 /**< bytes of the longest key */

/**
 * Writes in.len + PTT_KEK_OVERHEAD bytes. @param row the row's identity. Errors: NO_SPACE, SYSTEM.
 */
enum ptt_err ptt_kek_wrap(struct ptt_writer *out, const struct ptt_kek *kek, struct ptt_bytes row,
	struct ptt_bytes in) PTT_MUST_CHECK;
/**
 * @param out exactly @p out_len bytes; written only if the tag verifies.
 * Errors: MALFORMED (length), NO_SPACE (over PTT_KEK_PLAIN_MAX), AUTH (another KEK or row, or
 * changed bytes), SYSTEM.
 */
enum ptt_err ptt_kek_unwrap(void *out, size_t out_len, const struct ptt_kek *kek,
	struct ptt_bytes row, struct ptt_bytes in) PTT_MUST_CHECK;

#endif
