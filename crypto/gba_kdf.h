/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file gba_kdf.h
 * From CK and IK to the MUK and the MRK.
 * Spec: TS 33.220 B.2 (KDF), B.3 (NAF keys), H.3 (Ua ids); TS 33.246 6.1 (MUK, MRK).
 */
#ifndef PTT_GBA_KDF_H
#define PTT_GBA_KDF_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/aka.h"
#include "crypto/bytes.h"
#include "crypto/secret.h"

#define PTT_GBA_UA_ID_LEN    5
#define PTT_GBA_NAF_FQDN_MAX 255
#define PTT_MRK_PASSWORD_LEN 44 /**< characters of base64(MRK), without the NUL */

/**
 * TS 33.220 H.3: 01 00 00 00 01 (MBMS; the default everywhere) and 01 00 00 00 02 (HTTP Digest).
 */
extern const uint8_t ptt_gba_ua_mbms[PTT_GBA_UA_ID_LEN];
extern const uint8_t ptt_gba_ua_http_digest[PTT_GBA_UA_ID_LEN];

enum ptt_gba_kind {
	PTT_GBA_ME, /**< P0 "gba-me": Ks_NAF, Ks_ext_NAF */
	PTT_GBA_U,  /**< P0 "gba-u": Ks_int_NAF */
};

/** The inputs of a NAF key besides Ks. Borrowed for the call. */
struct ptt_gba_naf {
	const uint8_t *rand;   /**< PTT_AKA_RAND_LEN bytes, of the bootstrap */
	struct ptt_bytes impi; /**< UTF-8 */
	struct ptt_bytes fqdn; /**< of the NAF, at most PTT_GBA_NAF_FQDN_MAX */
	const uint8_t *ua_id;  /**< PTT_GBA_UA_ID_LEN bytes; NULL means MBMS */
};

/**
 * The KDF: HMAC-SHA-256(key, FC || P0 || L0 || ...). Exported for the known-answer tests. Errors:
 * NO_SPACE (a Pi of more than 65535 bytes, or 1024 bytes in all), SYSTEM.
 */
enum ptt_err ptt_gba_kdf(uint8_t out[PTT_NAF_KEY_LEN], struct ptt_bytes key, uint8_t fc,
	const struct ptt_bytes *params, size_t count) PTT_MUST_CHECK;
/** Ks = CK || IK. */
void ptt_gba_ks(
	struct ptt_ks *out, const uint8_t ck[PTT_AKA_CK_LEN], const uint8_t ik[PTT_AKA_IK_LEN]);
/** Errors: NO_SPACE (names too long), SYSTEM. */
enum ptt_err ptt_gba_naf_key(struct ptt_naf_key *out, const struct ptt_ks *ks,
	enum ptt_gba_kind kind, const struct ptt_gba_naf *in) PTT_MUST_CHECK;

/** GBA_ME: MUK = Ks_NAF, MRK = KDF(Ks_NAF, FC 01, "mbms-mrk"). Errors: SYSTEM. */
enum ptt_err ptt_mbms_keys_me(
	struct ptt_muk *muk, struct ptt_mrk *mrk, const struct ptt_naf_key *ks_naf) PTT_MUST_CHECK;
/** GBA_U: MUK = Ks_int_NAF, MRK = Ks_ext_NAF. */
void ptt_mbms_keys_u(struct ptt_muk *muk, struct ptt_mrk *mrk, const struct ptt_naf_key *ks_int_naf,
	const struct ptt_naf_key *ks_ext_naf);

/** The SIP Digest password: base64(MRK) with NUL. Secret: wipe it. */
void ptt_mrk_password(char out[PTT_MRK_PASSWORD_LEN + 1], const struct ptt_mrk *mrk);
/**
 * A B-TID: base64(RAND) "@" host, with NUL. Only the BSF makes B-TIDs; to others they are opaque.
 * Errors: NO_SPACE.
 */
enum ptt_err ptt_gba_btid_put(char *out, size_t size, const uint8_t rand[PTT_AKA_RAND_LEN],
	const char *bsf_host) PTT_MUST_CHECK;

#endif
