/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ub_digest.h
 * The Digest AKAv1-MD5 headers of Ub: parse, format, compute.
 *
 * Spec: RFC 3310 (auts, AKAv1-MD5), RFC 2617 3.2 (grammar), TS 24.109 clause 4 and annex A. One
 * struct serves all three headers; each header has its own allowed and required fields. Nothing
 * here allocates. A field that does not fit is MALFORMED.
 */
#ifndef PTT_UB_DIGEST_H
#define PTT_UB_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/bytes.h"
#include "crypto/err.h"

#define PTT_UB_NAME_MAX   256  /**< IMPI, realm, uri; with NUL */
#define PTT_UB_NONCE_MAX  96   /**< base64(RAND || AUTN || server data); with NUL */
#define PTT_UB_HEADER_MAX 2048 /**< a whole header value; with NUL */
#define PTT_UB_RAND_LEN   16
#define PTT_UB_AUTN_LEN   16
#define PTT_UB_AUTS_LEN   14

enum ptt_ub_header {
	PTT_UB_AUTHORIZATION,
	PTT_UB_WWW_AUTHENTICATE,
	PTT_UB_AUTHENTICATION_INFO,
};

/** The fields without quotes; "": the field is absent or empty (see @c present). */
struct ptt_ub_digest {
	char username[PTT_UB_NAME_MAX];
	char realm[PTT_UB_NAME_MAX];
	char uri[PTT_UB_NAME_MAX];
	char nonce[PTT_UB_NONCE_MAX];
	char cnonce[PTT_UB_NONCE_MAX];
	char opaque[PTT_UB_NONCE_MAX];
	char response[36]; /**< response or rspauth, 32 hex digits */
	char nc[12];       /**< 8 hex digits */
	char qop[36];      /**< one value, or a list in a challenge */
	char algorithm[20];
	char auts[24]; /**< base64, as received */
	char stale[8];
	uint32_t present; /**< internal: a bit for each field that was there */
};

/**
 * Parses a header's value, which begins with "Digest " except in Authentication-Info. Unknown
 * parameters are skipped. Errors: UNSUPPORTED (another scheme), MALFORMED (grammar, duplicate, too
 * long, a required field is missing, bytes outside printable ASCII in a token).
 */
enum ptt_err ptt_ub_digest_get(struct ptt_ub_digest *out, enum ptt_ub_header header, const char *in,
	size_t in_len) PTT_MUST_CHECK;
/**
 * Writes a header's value, with NUL: the fields that are not empty, and those that TS 24.109
 * requires when empty (nonce and response of a first Authorization). Errors: NO_SPACE, MALFORMED (a
 * control character in a value).
 */
enum ptt_err ptt_ub_digest_put(char *out, size_t size, enum ptt_ub_header header,
	const struct ptt_ub_digest *in) PTT_MUST_CHECK;

/**
 * The response (method "GET") or rspauth (method "") as 32 hex digits with NUL: AKAv1-MD5, qop
 * auth-int, from the fields of @p in. @p password: RES, or empty on resynchronisation. Errors:
 * SYSTEM.
 */
enum ptt_err ptt_ub_digest_make(char out[36], const struct ptt_ub_digest *in, const char *method,
	struct ptt_bytes password, struct ptt_bytes body) PTT_MUST_CHECK;
/** Compares the value with in->response in constant time. Errors: AUTH, SYSTEM. */
enum ptt_err ptt_ub_digest_check(const struct ptt_ub_digest *in, const char *method,
	struct ptt_bytes password, struct ptt_bytes body) PTT_MUST_CHECK;

/** base64(RAND || AUTN). */
enum ptt_err ptt_ub_nonce_put(char *out, size_t size, const uint8_t rand[PTT_UB_RAND_LEN],
	const uint8_t autn[PTT_UB_AUTN_LEN]) PTT_MUST_CHECK;
/** Splits a nonce; server data behind AUTN is ignored (RFC 3310 3.2). Errors: MALFORMED. */
enum ptt_err ptt_ub_nonce_get(uint8_t rand[PTT_UB_RAND_LEN], uint8_t autn[PTT_UB_AUTN_LEN],
	const char *nonce) PTT_MUST_CHECK;

/** True if the comma-separated list @p list holds @p token (any case). */
bool ptt_ub_list_has(const char *list, const char *token);
/** True for exactly 32 hex digits of either case. */
bool ptt_ub_is_hash(const char *text);

#endif
