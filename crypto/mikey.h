/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file mikey.h
 * Framing of MIKEY messages: bytes to a struct of borrowed bytes and back. No key, no cipher.
 *
 * The decoder accepts payloads in any order, unknown General Extensions, both CS ID maps, NULL
 * cipher and NULL MAC. It refuses truncation, trailing bytes, lengths that do not fit, a second
 * payload of a kind that stands once, unknown payloads and unknown algorithms. It makes one pass
 * and allocates nothing.
 * Spec: RFC 3830 6, RFC 4563 3-4, RFC 4567 4.1.4.
 */
#ifndef PTT_MIKEY_H
#define PTT_MIKEY_H

#include "crypto/bytes.h"
#include "crypto/mikey_const.h"

#define PTT_MIKEY_MAX_ITEMS      40
#define PTT_MIKEY_MAX_IDS        2
#define PTT_MIKEY_MAX_SP         16
#define PTT_MIKEY_MAX_EXT        8
#define PTT_MIKEY_MAX_MISC       8 /**< CERT, CHASH, DH, PKE, SIGN and ERR together */
#define PTT_MIKEY_KEY_DOMAIN_LEN 3
#define PTT_MIKEY_MAX_KEYS       4

struct ptt_mikey_id_payload {
	uint8_t type;
	struct ptt_bytes value;
};
struct ptt_mikey_sp {
	uint8_t policy, proto;
	struct ptt_bytes params;
};
/** EXT, ERR, CERT, CHASH, DH, PKE or SIGN: the type octet, and the bytes behind the fixed part. */
struct ptt_mikey_blob {
	uint8_t type;
	struct ptt_bytes value;
};

/** RFC 4563 Key ID extension. */
struct ptt_mikey_key_id {
	bool has_domain, has_msk, has_mtk;
	struct ptt_bytes domain; /**< 3 bytes */
	uint32_t msk_id;
	uint16_t mtk_id;
};

struct ptt_mikey_kemac {
	uint8_t encr_alg, mac_alg;
	struct ptt_bytes encr, mac;
};

/** One payload: its type, and its index in the array of that type. */
struct ptt_mikey_item {
	uint8_t type, index;
};

struct ptt_mikey_msg {
	uint8_t type; /**< enum ptt_mikey_type */
	bool verify;  /**< V: a verification message is wanted */
	uint8_t prf;
	uint32_t csb_id;
	uint8_t cs_count, map_type;
	struct ptt_bytes map;
	uint8_t item_count; /**< payloads behind HDR, in the order of the wire */
	struct ptt_mikey_item items[PTT_MIKEY_MAX_ITEMS];
	bool has_t, has_rand, has_kemac, has_v, has_key_id, has_sdp_ids;
	uint8_t t_type;
	struct ptt_bytes t, rand;
	uint8_t id_count, sp_count, ext_count, misc_count;
	struct ptt_mikey_id_payload id[PTT_MIKEY_MAX_IDS];
	struct ptt_mikey_sp sp[PTT_MIKEY_MAX_SP];
	struct ptt_mikey_blob ext[PTT_MIKEY_MAX_EXT];
	struct ptt_mikey_blob misc[PTT_MIKEY_MAX_MISC];
	struct ptt_mikey_key_id key_id; /**< read from its extension in ext */
	struct ptt_bytes sdp_ids;       /**< text of that extension */
	struct ptt_mikey_kemac kemac;
	uint8_t v_alg;
	struct ptt_bytes v_mac;

	struct ptt_bytes raw;
	size_t signed_len; /**< bytes of raw up to and with the MAC algorithm; 0: no MAC */
};

/**
 * Decodes a message. Keeps: @p out points into @p in. Errors: MALFORMED, UNSUPPORTED, NO_SPACE
 * (more payloads than the arrays hold).
 */
enum ptt_err ptt_mikey_decode(struct ptt_mikey_msg *out, struct ptt_bytes in) PTT_MUST_CHECK;
/**
 * Writes HDR and the items in order. Encoding a decoded message gives the same bytes. Errors:
 * NO_SPACE, MALFORMED.
 */
enum ptt_err ptt_mikey_encode(
	struct ptt_writer *out, const struct ptt_mikey_msg *in) PTT_MUST_CHECK;

/** One key of a KEMAC's decrypted key data. */
struct ptt_mikey_key_data {
	uint8_t type, kv;
	struct ptt_bytes key, salt;
	struct ptt_bytes spi;      /**< with KV SPI */
	struct ptt_bytes from, to; /**< with KV interval: VF and VT */
};

/**
 * Splits key data into at most PTT_MIKEY_MAX_KEYS keys. @param out that many structs. Keeps: they
 * point into @p in. Errors: as ptt_mikey_decode().
 */
enum ptt_err ptt_mikey_key_data_get(
	struct ptt_mikey_key_data *out, size_t *count, struct ptt_bytes in) PTT_MUST_CHECK;
/** Writes one key. @p next: PTT_MIKEY_LAST or PTT_MIKEY_KEY_DATA. Errors: the writer's. */
void ptt_mikey_key_data_put(
	struct ptt_writer *out, const struct ptt_mikey_key_data *in, uint8_t next);

/**
 * Reads one parameter of an SP. @return false at the end. A decoded message has well-formed SPs
 * only.
 */
bool ptt_mikey_sp_next(struct ptt_reader *params, uint8_t *type, struct ptt_bytes *value);

/** "KEMAC", "T", ... or "unknown". */
const char *ptt_mikey_payload_name(uint8_t type);

#endif
