/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file hmac_sha1.h
 * Private to crypto: HMAC-SHA-1 whose keyed state is kept by value.
 *
 * Sealing a MIKEY message computes six HMACs under one key. For each, libcrypto's EVP_MAC would
 * allocate and hash the key's pads again; here a keyed state of 190 bytes is copied. Spec: RFC
 * 2104.
 */
#ifndef PTT_HMAC_SHA1_H
#define PTT_HMAC_SHA1_H

#include <openssl/sha.h>

#include "crypto/bytes.h"

#define PTT_HMAC_SHA1_LEN 20

/** The two pads of a key, hashed. Secret: wipe it. */
struct ptt_hmac_sha1 {
	SHA_CTX inner, outer;
};

/** Errors: UNSUPPORTED (a key over 64 bytes), SYSTEM. */
enum ptt_err ptt_hmac_sha1_init(struct ptt_hmac_sha1 *key, struct ptt_bytes in) PTT_MUST_CHECK;
/** HMAC over the concatenated parts. Errors: SYSTEM. */
enum ptt_err ptt_hmac_sha1(uint8_t out[PTT_HMAC_SHA1_LEN], const struct ptt_hmac_sha1 *key,
	const struct ptt_bytes *parts, size_t count) PTT_MUST_CHECK;

#endif
