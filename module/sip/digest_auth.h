/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file digest_auth.h
 * The server's side of Digest on Ua: challenges, nonces, the check of credentials. It knows no SIP
 * and reads no clock.
 *
 * A nonce is signed and contains its time, so a challenge needs no memory. The first good use of a
 * nonce adds an entry with its highest count to a bounded table. A nonce that was evicted from the
 * table is stale.
 * Spec: RFC 7616 3.3-3.5, RFC 8760 2, RFC 3261 22; TS 24.109 5.2; docs/wire.md section 2 (Ua).
 */
#ifndef PTT_DIGEST_AUTH_H
#define PTT_DIGEST_AUTH_H

#include <stdbool.h>

#include "crypto/digest.h"
#include "crypto/secret.h"

#define PTT_DIGEST_CHALLENGE_SIZE 512 /**< one header value with NUL */
#define PTT_DIGEST_NEXT_SIZE      80  /**< the same, of Authentication-Info */

struct ptt_digest_auth;

struct ptt_digest_auth_options {
	const char *naf_fqdn;     /**< the realm is 3GPP-bootstrapping@ this; at most 200 bytes */
	enum ptt_hash_alg alg[2]; /**< in the order of the challenges */
	size_t alg_count;         /**< 0: MD5 and SHA-256 */
	uint32_t nonce_life_ms;   /**< 0: 300,000 */
};

/** One Authorization header: texts without quotes, escapes not resolved. Borrowed from the
 *  header's parameters. */
struct ptt_digest_cred {
	struct ptt_bytes username, realm, nonce, uri, response, algorithm, cnonce, qop, nc;
};

/** The request that the credentials must match. Borrowed. */
struct ptt_digest_target {
	const char *method;
	struct ptt_bytes body; /**< for auth-int */
};

/** Copies @p options. Errors: SYSTEM, NO_SPACE (name). */
enum ptt_err ptt_digest_auth_new(
	struct ptt_digest_auth **out, const struct ptt_digest_auth_options *options) PTT_MUST_CHECK;
void ptt_digest_auth_free(struct ptt_digest_auth *auth);

/** The WWW-Authenticate values of one response, in order, with one fresh nonce. */
struct ptt_digest_challenge {
	char value[2][PTT_DIGEST_CHALLENGE_SIZE];
	size_t count;
};
/** Errors: SYSTEM, NO_SPACE. */
enum ptt_err ptt_digest_challenge_put(struct ptt_digest_auth *auth,
	struct ptt_digest_challenge *out, bool stale, int64_t now_ms) PTT_MUST_CHECK;
/**
 * Reads the parameters of a Digest header ("name=value", values may be quoted), NULL-terminated.
 * Errors: MALFORMED: a parameter is missing or there twice, or nc is not 8 hex digits; UNSUPPORTED:
 * a qop that no challenge names.
 */
enum ptt_err ptt_digest_cred_get(
	struct ptt_digest_cred *out, const char *const *params) PTT_MUST_CHECK;
/** True if the realm is ours. */
bool ptt_digest_is_ours(const struct ptt_digest_auth *auth, const struct ptt_digest_cred *cred);
/**
 * Checks @p cred under the password base64(@p mrk) and marks its nonce count as used.
 * Errors: AUTH: wrong password; UNSUPPORTED: algorithm; REPLAY: the password is right, but the
 * nonce is too old or not ours, or its count was used: challenge with stale=true; SYSTEM.
 */
enum ptt_err ptt_digest_auth_check(struct ptt_digest_auth *auth, const struct ptt_digest_cred *cred,
	const struct ptt_digest_target *target, const struct ptt_mrk *mrk,
	int64_t now_ms) PTT_MUST_CHECK;
/**
 * Writes the Authentication-Info value of a 2xx to a request with the good credentials @p cred. The
 * next nonce in it saves the member a new challenge. Spec: RFC 7616 3.5 (nextnonce).
 * Errors: NO_KEY: not due, the present nonce is in the first half of its life; SYSTEM, NO_SPACE.
 */
enum ptt_err ptt_digest_next_put(struct ptt_digest_auth *auth, char out[PTT_DIGEST_NEXT_SIZE],
	const struct ptt_digest_cred *cred, int64_t now_ms) PTT_MUST_CHECK;

#endif
