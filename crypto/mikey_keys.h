/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file mikey_keys.h
 * Private to crypto: derives the keys of one message from a pre-shared key, and uses them.
 * Spec: RFC 3830 4.1.2 (PRF), 4.1.4 (keys of the transport), 4.2.3 (AES-CM and its IV).
 */
#ifndef PTT_MIKEY_KEYS_H
#define PTT_MIKEY_KEYS_H

#include "crypto/hmac_sha1.h"
#include "crypto/mikey_seal.h"

#define PTT_MIKEY_ENCR_KEY_LEN 16
#define PTT_MIKEY_SALT_KEY_LEN 14
#define PTT_MIKEY_AUTH_KEY_LEN 20

/** The keys of one message. Secret: wipe it. */
struct ptt_mikey_keys {
	uint8_t encr[PTT_MIKEY_ENCR_KEY_LEN];
	uint8_t salt[PTT_MIKEY_SALT_KEY_LEN];
	struct ptt_hmac_sha1 auth;
};

/** The inputs of a derivation besides the pre-shared key, and T for the IV. Borrowed. */
struct ptt_mikey_session {
	uint32_t csb_id;
	struct ptt_bytes rand;
	uint32_t counter;
};

enum ptt_err ptt_mikey_keys_derive(struct ptt_mikey_keys *out, struct ptt_bytes psk,
	const struct ptt_mikey_session *ses) PTT_MUST_CHECK;
/** AES-CM: encrypts and decrypts. Writes in.len bytes; @p out may be in.data. Errors: SYSTEM. */
enum ptt_err ptt_mikey_crypt(struct ptt_mikey_ctx *ctx, uint8_t *out,
	const struct ptt_mikey_keys *keys, const struct ptt_mikey_session *ses,
	struct ptt_bytes in) PTT_MUST_CHECK;
/**
 * The MAC of a verification message. @param msg all up to and with the MAC algorithm's octet @param
 * ids of the message that it verifies. Errors: SYSTEM. Spec: RFC 3830 5.2, 6.9
 */
enum ptt_err ptt_mikey_verify_mac(uint8_t out[PTT_MIKEY_MAC_LEN], const struct ptt_mikey_keys *keys,
	struct ptt_bytes msg, const struct ptt_mikey_ids *ids) PTT_MUST_CHECK;

#endif
