/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file sip_digest.h
 * The UE's side of SIP Digest with a B-TID: reads a challenge and writes credentials for it.
 *
 * No SIP stack here. The challenge is the header's scheme and parameters; the credentials are the
 * value of an Authorization header. Spec: docs/wire.md section 2.4; RFC 3261 22, RFC 7616, RFC
 * 8760.
 */
#ifndef PTT_SIP_DIGEST_H
#define PTT_SIP_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/digest.h"
#include "crypto/secret.h"

#define PTT_SIP_DIGEST_TEXT_SIZE   256
#define PTT_SIP_AUTHORIZATION_SIZE 2048

/** A challenge that we support. */
struct ptt_sip_challenge {
	char realm[PTT_SIP_DIGEST_TEXT_SIZE];
	char nonce[PTT_SIP_DIGEST_TEXT_SIZE];
	char opaque[PTT_SIP_DIGEST_TEXT_SIZE];
	enum ptt_hash_alg alg;
	enum ptt_digest_qop qop;
	bool named_alg; /**< the server wrote algorithm=, so we write it too */
	bool has_opaque;
	bool stale; /**< same password, new nonce */
};

/**
 * Reads one WWW-Authenticate header; a caller with several takes the first that gives PTT_OK.
 * @param params NULL-terminated, "realm=\"x\"" each; may be NULL
 * Errors: UNSUPPORTED (scheme, algorithm or qop), MALFORMED.
 */
enum ptt_err ptt_sip_challenge_get(struct ptt_sip_challenge *out, const char *scheme,
	const char *const *params) PTT_MUST_CHECK;

/** The NAF's name in realm "3GPP-bootstrapping@<FQDN>" (TS 24.109 5.2), up to a ';' if there is
 *  one. Errors: MISMATCH (another realm), NO_SPACE. */
enum ptt_err ptt_sip_challenge_naf(
	char *out, size_t size, const struct ptt_sip_challenge *challenge) PTT_MUST_CHECK;

/** Borrowed. */
struct ptt_sip_credentials {
	const char *btid;
	const char *password; /**< base64(MRK) */
};

/** The request that is authenticated. Borrowed. */
struct ptt_sip_request_id {
	const char *method, *uri;
	const char *cnonce; /**< hex */
	uint32_t nc;        /**< 1 for a new nonce, then one more for each request */
	struct ptt_bytes body;
};

/** Writes the header's value: "Digest username=..., ...". Errors: NO_SPACE, SYSTEM. */
enum ptt_err ptt_sip_authorization_put(char *out, size_t size,
	const struct ptt_sip_challenge *challenge, const struct ptt_sip_credentials *who,
	const struct ptt_sip_request_id *what) PTT_MUST_CHECK;

#endif
