/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file mikey_seal.h
 * Sealing and opening of MSK, MTK and verification messages (docs/wire.md section 3.3).
 *
 * A context holds what was fetched from libcrypto, so that sealing and opening fetch and allocate
 * nothing. Each thread has its own. Opening checks the MAC, then decrypts, and writes its output
 * only if nothing failed. A receiver calls ptt_mikey_peek() first, to choose the key and to drop
 * replays.
 * Spec: RFC 3830 4.1.4, 4.2, 5.2; RFC 4563; TS 33.246 6.4.
 */
#ifndef PTT_MIKEY_SEAL_H
#define PTT_MIKEY_SEAL_H

#include "crypto/bytes.h"
#include "crypto/mbms_profile.h"
#include "crypto/secret.h"

#define PTT_MIKEY_ID_MAX     255 /**< bytes of an IDi or IDr that we seal */
#define PTT_MIKEY_SEALED_MAX 768 /**< bytes of the longest message that these functions seal */

struct evp_cipher_ctx_st;
/** Used by one thread only. */
struct ptt_mikey_ctx {
	struct evp_cipher_ctx_st *aes_cm;
};

/** Errors: SYSTEM. Wipe @p ctx in any case. */
enum ptt_err ptt_mikey_ctx_init(struct ptt_mikey_ctx *ctx) PTT_MUST_CHECK;
/** A zeroed or wiped context is fine. */
void ptt_mikey_ctx_wipe(struct ptt_mikey_ctx *ctx);

enum ptt_mikey_kind {
	PTT_MIKEY_KIND_OTHER, /**< MIKEY, but none of the kinds below */
	PTT_MIKEY_KIND_MSK,
	PTT_MIKEY_KIND_MTK,
	PTT_MIKEY_KIND_VERIFY,
	PTT_MIKEY_KIND_ERROR,
};

/**
 * The fields in the clear: input of sealing, output of peeking. Keeps: idi and idr point into the
 * message.
 */
struct ptt_mikey_ids {
	enum ptt_mikey_kind kind; /**< output only */
	uint32_t csb_id;
	uint8_t key_domain[PTT_MBMS_KEY_DOMAIN_LEN];
	uint32_t msk_id;
	uint16_t mtk_id;  /**< MTK messages */
	uint32_t counter; /**< T */
	uint8_t rand
		[PTT_MBMS_RAND_LEN]; /**< of the MSK message; an MTK message does not carry it */
	struct ptt_bytes idi, idr;   /**< MSK messages: the NAF's FQDN, the B-TID */
	bool verify;                 /**< V: verification wanted */
	bool empty_map;              /**< RFC 4563 Empty map, no SP */
	bool sdp_ids;                /**< has SDP IDs; peeking refuses any but "mikey" (MISMATCH) */
	enum ptt_suite suite;        /**< from the SP; with the Empty map the default suite */
};

/** The secrets of an MSK message. */
struct ptt_mikey_msk {
	struct ptt_msk msk;
	uint16_t seql, sequ;
};

/**
 * Reads the fields in the clear; checks no MAC. Errors: MALFORMED, UNSUPPORTED (NULL algorithms
 * too), MISMATCH (not of docs/wire.md section 3.3), NO_SPACE.
 */
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
/**
 * What an MTK message is opened with, both from the MSK message: the MSK and RAND (16 bytes).
 * Borrowed.
 */
struct ptt_mikey_mtk_key {
	const struct ptt_msk *msk;
	const uint8_t *rand;
};
/** Errors: as ptt_mikey_open_msk(). */
enum ptt_err ptt_mikey_open_mtk(struct ptt_mikey_ctx *ctx, struct ptt_mtk *out, struct ptt_bytes in,
	const struct ptt_mikey_mtk_key *key) PTT_MUST_CHECK;

/**
 * UE: the verification message that an MSK message with V asks for. @param ids of that MSK message.
 * Errors: NO_SPACE, SYSTEM.
 */
enum ptt_err ptt_mikey_seal_verify(struct ptt_mikey_ctx *ctx, struct ptt_writer *out,
	const struct ptt_mikey_ids *ids, const struct ptt_muk *muk) PTT_MUST_CHECK;
/**
 * PF: checks a verification message. @param ids of the MSK message that it sealed. pttkeyd asks for
 * none, so only tests call it. Errors: MALFORMED, UNSUPPORTED, MISMATCH, AUTH, SYSTEM.
 */
enum ptt_err ptt_mikey_open_verify(struct ptt_mikey_ctx *ctx, struct ptt_bytes in,
	const struct ptt_mikey_ids *ids, const struct ptt_muk *muk) PTT_MUST_CHECK;

/**
 * The PRF of RFC 3830 4.1.2, exported for the known-answer tests. Writes @p out_len bytes. Errors:
 * UNSUPPORTED (a key of no or of more than 256 bytes), NO_SPACE, SYSTEM.
 */
enum ptt_err ptt_mikey_prf(struct ptt_mikey_ctx *ctx, struct ptt_writer *out, size_t out_len,
	struct ptt_bytes key, struct ptt_bytes label) PTT_MUST_CHECK;

#endif
