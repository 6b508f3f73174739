/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file mikey_seal.h
 * Sealing and opening of MSK, MTK and verification messages: the wire profile, section 3.
 *
 * A context holds everything fetched from libcrypto, so that a wrap fetches and allocates nothing.
 * One
 * context per thread. Opening checks the MAC first, decrypts after, and writes its output only
 * when all
 * was good. Whoever opens looks at ptt_mikey_peek() first, to choose the key and to drop replays.
 * Spec: RFC 3830 4.1.4, 4.2, 5.2; RFC 4563; TS 33.246 6.4.
 */
#ifndef PTT_MIKEY_SEAL_H
#define PTT_MIKEY_SEAL_H

#include "crypto/bytes.h"
#include "crypto/mbms_profile.h"
#include "crypto/secret.h"

#define PTT_MIKEY_ID_MAX     255 /**< bytes of an IDi or IDr that we seal */
#define PTT_MIKEY_SEALED_MAX 768 /**< enough for whatever these functions seal */

struct evp_cipher_ctx_st;
/** One per thread; not shared. */
struct ptt_mikey_ctx {
	struct evp_cipher_ctx_st *aes_cm;
};

/** Errors: SYSTEM. @p ctx may be wiped in any case. */
enum ptt_err ptt_mikey_ctx_init(struct ptt_mikey_ctx *ctx) PTT_MUST_CHECK;
/** A zeroed or wiped one is fine. */
void ptt_mikey_ctx_wipe(struct ptt_mikey_ctx *ctx);

enum ptt_mikey_kind {
	PTT_MIKEY_KIND_OTHER, /**< MIKEY, but none of ours */
	PTT_MIKEY_KIND_MSK,
	PTT_MIKEY_KIND_MTK,
	PTT_MIKEY_KIND_VERIFY,
	PTT_MIKEY_KIND_ERROR,
};

/** What is in the clear; input to sealing, output of peeking. Borrowed. */
struct ptt_mikey_ids {
	enum ptt_mikey_kind kind; /**< output only */
	uint32_t csb_id;
	uint8_t key_domain[PTT_MBMS_KEY_DOMAIN_LEN];
	uint32_t msk_id;
	uint16_t mtk_id;                 /**< MTK messages */
	uint32_t counter;                /**< T */
	uint8_t rand[PTT_MBMS_RAND_LEN]; /**< of the MSK; in an MTK message not on the wire */
	struct ptt_bytes idi, idr;       /**< MSK messages; text of NAF FQDN and B-TID */
	bool verify;                     /**< V: verification wanted */
	bool empty_map;                  /**< RFC 4563 Empty map, no SP */
	bool sdp_ids;         /**< carries SDP IDs; peeking refuses other content as MISMATCH */
	enum ptt_suite suite; /**< from the SP; the default one with the Empty map */
};

/** The secrets of an MSK message. */
struct ptt_mikey_msk {
	struct ptt_msk msk;
	uint16_t seql, sequ;
};

/** Errors: MALFORMED, UNSUPPORTED (NULL algorithms too), MISMATCH (SDP IDs), NO_SPACE. */
enum ptt_err ptt_mikey_peek(struct ptt_mikey_ids *out, struct ptt_bytes in) PTT_MUST_CHECK;

/** Errors: NO_SPACE, UNSUPPORTED (GCM with the Empty map, Key Number 0), SYSTEM. */
enum ptt_err ptt_mikey_seal_msk(struct ptt_mikey_ctx *ctx, struct ptt_writer *out,
	const struct ptt_mikey_ids *ids, const struct ptt_mikey_msk *in,
	const struct ptt_muk *muk) PTT_MUST_CHECK;
/** Errors: as peek, and AUTH (bad MAC: @p out untouched), MISMATCH (another kind), SYSTEM. */
enum ptt_err ptt_mikey_open_msk(struct ptt_mikey_ctx *ctx, struct ptt_mikey_msk *out,
	struct ptt_bytes in, const struct ptt_muk *muk) PTT_MUST_CHECK;

/**
 * ids->rand is that of the MSK. Errors: NO_SPACE, UNSUPPORTED (lengths not of the suite), SYSTEM.
 */
enum ptt_err ptt_mikey_seal_mtk(struct ptt_mikey_ctx *ctx, struct ptt_writer *out,
	const struct ptt_mikey_ids *ids, const struct ptt_mtk *in,
	const struct ptt_msk *msk) PTT_MUST_CHECK;
/** What the receiver of an MTK message has from the MSK message: the key, and RAND (16 bytes). */
struct ptt_mikey_mtk_key {
	const struct ptt_msk *msk;
	const uint8_t *rand;
};
/** Errors: as ptt_mikey_open_msk(). */
enum ptt_err ptt_mikey_open_mtk(struct ptt_mikey_ctx *ctx, struct ptt_mtk *out, struct ptt_bytes in,
	const struct ptt_mikey_mtk_key *key) PTT_MUST_CHECK;

/**
 * The UE's answer to an MSK message with V; @p ids are that message's. Errors: NO_SPACE, SYSTEM.
 */
enum ptt_err ptt_mikey_seal_verify(struct ptt_mikey_ctx *ctx, struct ptt_writer *out,
	const struct ptt_mikey_ids *ids, const struct ptt_muk *muk) PTT_MUST_CHECK;
/** PF: @p ids are those it sealed. Errors: MALFORMED, UNSUPPORTED, MISMATCH, AUTH, SYSTEM. */
enum ptt_err ptt_mikey_open_verify(struct ptt_mikey_ctx *ctx, struct ptt_bytes in,
	const struct ptt_mikey_ids *ids, const struct ptt_muk *muk) PTT_MUST_CHECK;

/** RFC 3830 4.1.2. Errors: UNSUPPORTED (no input key), SYSTEM. */
enum ptt_err ptt_mikey_prf(struct ptt_mikey_ctx *ctx, struct ptt_writer *out, size_t out_len,
	struct ptt_bytes key, struct ptt_bytes label) PTT_MUST_CHECK;

#endif
