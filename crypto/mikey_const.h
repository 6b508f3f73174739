/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file mikey_const.h
 * The registries of MIKEY, one enum each. Numbers that are our choice stand in mbms_profile.c.
 */
#ifndef PTT_MIKEY_CONST_H
#define PTT_MIKEY_CONST_H

#define PTT_MIKEY_VERSION 1

/** Data type of a message. Spec: RFC 3830 6.1 */
enum ptt_mikey_type {
	PTT_MIKEY_PSK_INIT = 0,
	PTT_MIKEY_PSK_VERIFY = 1,
	PTT_MIKEY_PK_INIT = 2,
	PTT_MIKEY_PK_VERIFY = 3,
	PTT_MIKEY_DH_INIT = 4,
	PTT_MIKEY_DH_RESP = 5,
	PTT_MIKEY_ERROR = 6,
	PTT_MIKEY_TYPE_COUNT
};

/** Payload types. Spec: RFC 3830 6.1 table 6.1.b; HDR has no number. */
enum ptt_mikey_payload {
	PTT_MIKEY_LAST = 0,
	PTT_MIKEY_KEMAC = 1,
	PTT_MIKEY_PKE = 2,
	PTT_MIKEY_DH = 3,
	PTT_MIKEY_SIGN = 4,
	PTT_MIKEY_T = 5,
	PTT_MIKEY_ID = 6,
	PTT_MIKEY_CERT = 7,
	PTT_MIKEY_CHASH = 8,
	PTT_MIKEY_V = 9,
	PTT_MIKEY_SP = 10,
	PTT_MIKEY_RAND = 11,
	PTT_MIKEY_ERR = 12,
	PTT_MIKEY_KEY_DATA = 20,
	PTT_MIKEY_EXT = 21,
};

/** Spec: RFC 3830 6.1 table 6.1.c. Other functions are refused. */
enum ptt_mikey_prf { PTT_MIKEY_PRF_1 = 0 };

/** Spec: RFC 3830 6.1.1; RFC 4563 4 (Empty). GENERIC-ID (2, RFC 6043) is refused. */
enum ptt_mikey_map { PTT_MIKEY_MAP_SRTP_ID = 0, PTT_MIKEY_MAP_EMPTY = 1 };
#define PTT_MIKEY_SRTP_ID_LEN 9 /**< policy number (1), SSRC (4), ROC (4) */

/** Spec: RFC 3830 6.2 */
enum ptt_mikey_encr {
	PTT_MIKEY_ENCR_NULL = 0,
	PTT_MIKEY_ENCR_AES_CM_128 = 1,
	PTT_MIKEY_ENCR_AES_KW_128 = 2, /**< decoded, never opened */
};
enum ptt_mikey_mac { PTT_MIKEY_MAC_NULL = 0, PTT_MIKEY_MAC_HMAC_SHA1_160 = 1 };
#define PTT_MIKEY_MAC_LEN 20

/** Spec: RFC 3830 6.6 */
enum ptt_mikey_ts { PTT_MIKEY_TS_NTP_UTC = 0, PTT_MIKEY_TS_NTP = 1, PTT_MIKEY_TS_COUNTER = 2 };

/** Spec: RFC 3830 6.7; RFC 6043 6.2 (byte string) */
enum ptt_mikey_id { PTT_MIKEY_ID_NAI = 0, PTT_MIKEY_ID_URI = 1, PTT_MIKEY_ID_BYTES = 2 };

/** Spec: RFC 3830 6.10 */
enum ptt_mikey_proto { PTT_MIKEY_PROTO_SRTP = 0 };
/** SRTP policy parameters. Spec: RFC 3830 6.10.1; RFC 7714 14.2 (type 20, algorithm 6) */
enum ptt_mikey_srtp {
	PTT_MIKEY_SRTP_ENCR = 0,
	PTT_MIKEY_SRTP_ENCR_KEY_LEN = 1,
	PTT_MIKEY_SRTP_AUTH = 2,
	PTT_MIKEY_SRTP_AUTH_KEY_LEN = 3,
	PTT_MIKEY_SRTP_SALT_LEN = 4,
	PTT_MIKEY_SRTP_PRF = 5,
	PTT_MIKEY_SRTP_KDR = 6,
	PTT_MIKEY_SRTP_RTP_ENCR_ON = 7,
	PTT_MIKEY_SRTP_RTCP_ENCR_ON = 8,
	PTT_MIKEY_SRTP_FEC_ORDER = 9,
	PTT_MIKEY_SRTP_AUTH_ON = 10,
	PTT_MIKEY_SRTP_TAG_LEN = 11,
	PTT_MIKEY_SRTP_PREFIX_LEN = 12,
	PTT_MIKEY_SRTP_AEAD_TAG_LEN = 20,
};
enum ptt_mikey_srtp_encr { PTT_MIKEY_SRTP_ENCR_AES_CM = 1, PTT_MIKEY_SRTP_ENCR_AES_GCM = 6 };

/** Key data sub-payload. Spec: RFC 3830 6.13 */
enum ptt_mikey_key {
	PTT_MIKEY_KEY_TGK = 0,
	PTT_MIKEY_KEY_TGK_SALT = 1,
	PTT_MIKEY_KEY_TEK = 2,
	PTT_MIKEY_KEY_TEK_SALT = 3,
};
/** Key validity. Spec: RFC 3830 6.14 */
enum ptt_mikey_kv { PTT_MIKEY_KV_NULL = 0, PTT_MIKEY_KV_SPI = 1, PTT_MIKEY_KV_INTERVAL = 2 };

/** General extension types. Spec: RFC 3830 6.15, RFC 4563 3. The decoder skips other types. */
enum ptt_mikey_ext {
	PTT_MIKEY_EXT_VENDOR = 0,
	PTT_MIKEY_EXT_SDP_IDS = 1,
	PTT_MIKEY_EXT_KEY_ID = 3
};
/** Key ID types in the extension. Spec: RFC 4563 3.1 */
enum ptt_mikey_kid { PTT_MIKEY_KID_DOMAIN = 0, PTT_MIKEY_KID_MSK = 1, PTT_MIKEY_KID_MTK = 2 };

#endif
