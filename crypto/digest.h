/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file digest.h
 * Values of HTTP and SIP Digest, and HMAC-SHA-256 for other rooms.
 * Spec: RFC 2617 3.2.2, RFC 7616 3.4, RFC 3310 (AKAv1-MD5: the password is the binary RES), RFC
 * 8760.
 */
#ifndef PTT_DIGEST_H
#define PTT_DIGEST_H

#include "crypto/bytes.h"

enum ptt_hash_alg {
	PTT_HASH_MD5,
	PTT_HASH_SHA256,
};

#define PTT_HASH_MD5_LEN    16
#define PTT_HASH_SHA256_LEN 32
#define PTT_HASH_MAX_LEN    32
#define PTT_DIGEST_HEX_SIZE 65 /**< 64 characters and NUL; MD5 uses 32 and NUL */

enum ptt_digest_qop {
	PTT_DIGEST_QOP_NONE, /**< RFC 2069 form; nc and cnonce unused */
	PTT_DIGEST_QOP_AUTH,
	PTT_DIGEST_QOP_AUTH_INT,
};

/**
 * The user. @c password may hold any byte, NUL too (AKAv1: RES; empty on resynchronisation).
 * Borrowed.
 */
struct ptt_digest_user {
	struct ptt_bytes name, realm, password;
};

/** The fields that a response is computed over, as in the header but without quotes. Borrowed. */
struct ptt_digest_request {
	enum ptt_hash_alg alg;
	enum ptt_digest_qop qop;
	struct ptt_bytes method; /**< empty for the rspauth of Authentication-Info */
	struct ptt_bytes uri, nonce;
	struct ptt_bytes nc; /**< 8 hex digits */
	struct ptt_bytes cnonce;
	struct ptt_bytes body; /**< entity body, hashed for auth-int only */
};

/** @return bytes of a hash */
size_t ptt_hash_len(enum ptt_hash_alg alg);
/** @param out ptt_hash_len() bytes. Errors: SYSTEM. */
enum ptt_err ptt_hash(enum ptt_hash_alg alg, uint8_t *out, struct ptt_bytes in) PTT_MUST_CHECK;
/** Errors: SYSTEM. */
enum ptt_err ptt_hmac_sha256(
	uint8_t out[PTT_HASH_SHA256_LEN], struct ptt_bytes key, struct ptt_bytes in) PTT_MUST_CHECK;

/** H(name:realm:password) in lower-case hex with NUL. A secret: wipe it. Errors: SYSTEM. */
enum ptt_err ptt_digest_ha1(char out[PTT_DIGEST_HEX_SIZE], enum ptt_hash_alg alg,
	const struct ptt_digest_user *user) PTT_MUST_CHECK;
/** The response in lower-case hex with NUL. @param ha1 of the same algorithm. Errors: SYSTEM. */
enum ptt_err ptt_digest_response(char out[PTT_DIGEST_HEX_SIZE],
	const struct ptt_digest_request *req, const char *ha1) PTT_MUST_CHECK;
/**
 * Computes the response and compares it with @p response, hex of either case, in constant time.
 * Errors: AUTH, SYSTEM.
 */
enum ptt_err ptt_digest_verify(const struct ptt_digest_request *req, const char *ha1,
	struct ptt_bytes response) PTT_MUST_CHECK;

#endif
