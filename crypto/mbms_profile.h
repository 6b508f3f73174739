/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file mbms_profile.h
 * The table of all values that the specifications leave open ([P]) or that were recalled without
 * the text at hand ([R]); docs/wire.md explains the marks. A correction is an edit in
 * mbms_profile.c and nowhere else.
 */
#ifndef PTT_MBMS_PROFILE_H
#define PTT_MBMS_PROFILE_H

#include "crypto/bytes.h"
#include "crypto/mikey_const.h"

#define PTT_MBMS_CS_COUNT       2 /**< audio, floor */
#define PTT_MBMS_KEY_DOMAIN_LEN 3 /**< MCC || MNC, TS 24.008 nibbles */
#define PTT_MBMS_MSK_ID_LEN     4 /**< Key Group (2) || Key Number (2) */
#define PTT_MBMS_MTK_ID_LEN     2
#define PTT_MBMS_MKI_LEN        (PTT_MBMS_MSK_ID_LEN + PTT_MBMS_MTK_ID_LEN)
#define PTT_MBMS_RAND_LEN       16
#define PTT_MBMS_SEQ_MAX        65535

/** SRTP suites of the channel, weakest first: a receiver's least suite compares by number. */
enum ptt_suite {
	PTT_SUITE_AES_CM_128_SHA1_80, /**< RFC 3711 defaults: an SP without parameters */
	PTT_SUITE_AEAD_AES_128_GCM,   /**< RFC 7714 */
	PTT_SUITE_AEAD_AES_256_GCM,   /**< RFC 7714 */
	PTT_SUITE_COUNT
};

struct ptt_suite_def {
	const char *name;          /**< as in RFC 4568 / 7714 */
	uint8_t key_len, salt_len; /**< bytes of MTK and its salt */
	struct ptt_bytes sp;       /**< SP parameters that are sent for it */
};

struct ptt_mbms_profile {
	uint8_t msk_key_type, msk_kv;  /**< [R] TGK, interval */
	uint8_t mtk_key_type, mtk_kv;  /**< TEK+SALT, null */
	uint8_t seq_len;               /**< [R] bytes of VF and VT */
	uint8_t idi_type, idr_type;    /**< [R] URI, NAI */
	uint8_t ts_type;               /**< COUNTER */
	uint8_t encr_alg, mac_alg;     /**< AES-CM-128, HMAC-SHA-1-160 */
	uint8_t sp_policy;             /**< 0 */
	uint8_t cs_count;              /**< [P] entries of the zero SRTP-ID map */
	struct ptt_bytes srtp_id_map;  /**< [P] its bytes */
	struct ptt_bytes sdp_ids;      /**< RFC 4567 7: "mikey" */
	struct ptt_bytes msk_order;    /**< [R] payload types behind HDR, in the order sent */
	struct ptt_bytes mtk_order;    /**< [R] */
	struct ptt_bytes verify_order; /**< RFC 3830 3.1: T IDr V */
	struct ptt_bytes mrk_label;    /**< [R] "mbms-mrk" */
	uint8_t mrk_fc;                /**< [R] 0x01 */
	enum ptt_suite default_suite;
};

extern const struct ptt_mbms_profile ptt_mbms_profile;

/** @return NULL for an unknown suite */
const struct ptt_suite_def *ptt_suite_def(enum ptt_suite suite);
/** Finds a suite by its name, in either case. Errors: UNSUPPORTED. */
enum ptt_err ptt_suite_by_name(enum ptt_suite *out, const char *name) PTT_MUST_CHECK;
/**
 * Finds the suite that an SP's parameters describe; an absent parameter has RFC 3711's default.
 * Errors: UNSUPPORTED, MALFORMED.
 */
enum ptt_err ptt_suite_from_sp(enum ptt_suite *out, struct ptt_bytes params) PTT_MUST_CHECK;

static inline uint32_t ptt_msk_id_make(uint16_t key_group, uint16_t key_number)
{
	return (uint32_t)key_group << 16 | key_number;
}
static inline uint16_t ptt_msk_id_group(uint32_t msk_id)
{
	return (uint16_t)(msk_id >> 16);
}
/** Key Number 0 names no key: in a pull it means "the current MSK". */
static inline uint16_t ptt_msk_id_number(uint32_t msk_id)
{
	return (uint16_t)(msk_id & 0xffff);
}
/** MKI of SRTP = MSK ID || MTK ID [R]. */
void ptt_mki_put(uint8_t out[PTT_MBMS_MKI_LEN], uint32_t msk_id, uint16_t mtk_id);
void ptt_mki_get(uint32_t *msk_id, uint16_t *mtk_id, const uint8_t in[PTT_MBMS_MKI_LEN]);

#endif
