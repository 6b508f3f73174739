/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file bsf_state.h
 * What the BSF remembers between two requests, in bounded tables: sequence numbers, challenges,
 * bootstrappings. No sockets, no store, no clock. Inside the BSF only.
 */
#ifndef PTT_BSF_STATE_H
#define PTT_BSF_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/err.h"
#include "module/gba/bsf.h"
#include "module/gba/lru.h"
#include "module/gba/ub_digest.h"
#include "module/store/rows.h"

/** A challenge sent and not answered yet. */
struct ptt_bsf_challenge {
	char impi[PTT_STORE_ID_MAX];
	uint8_t rand[PTT_UB_RAND_LEN];
	uint8_t res[8]; /**< XRES */
	struct ptt_ks ks;
	int64_t expires_ms;
};

/**
 * A subscriber seen since the start. Forgetting one costs the rest of his block of SQNs, nothing
 * else.
 */
struct ptt_bsf_sub {
	uint64_t sqn_last;     /**< the last one used, or that may have been used */
	uint64_t sqn_reserved; /**< the store's word: every SQN below may have been used */
	/** His live bootstrappings, older and newer. "" = none. */
	char btid[2][PTT_STORE_ID_MAX];
	bool btids_known;
};

struct ptt_bsf_state {
	char host[PTT_STORE_ID_MAX];
	uint32_t lifetime_s, challenge_life_ms;
	struct ptt_lru *subs, *challenges, *boots;
	struct ptt_lru *tmpis; /**< to IMPIs */
	struct ptt_bsf_stats stats;
};

/** Errors: MALFORMED (host), SYSTEM. Wipe it in any case. */
enum ptt_err ptt_bsf_state_init(
	struct ptt_bsf_state *state, const struct ptt_bsf_param *param) PTT_MUST_CHECK;
void ptt_bsf_state_wipe(struct ptt_bsf_state *state);

/** The subscriber's entry, made if need be. @return NULL: no memory */
struct ptt_bsf_sub *ptt_bsf_sub_of(struct ptt_bsf_state *state, const char *impi);
/** The next SQN = SEQ || IND (TS 33.102 C.1.1.1). Errors: NO_KEY (reserve a block first). */
enum ptt_err ptt_bsf_sqn_take(struct ptt_bsf_sub *sub, uint64_t *sqn) PTT_MUST_CHECK;
/** Where a new block above @p base ends. Errors: EXHAUSTED. */
enum ptt_err ptt_bsf_sqn_block(uint64_t *reserved, uint64_t base) PTT_MUST_CHECK;

/**
 * Makes an authentication vector, remembers the challenge, and fills the header's fields.
 * Errors: SYSTEM.
 */
enum ptt_err ptt_bsf_challenge_make(struct ptt_bsf_state *state, struct ptt_ub_digest *out,
	const struct ptt_subscriber_row *row, uint64_t sqn, int64_t now_ms) PTT_MUST_CHECK;
/**
 * Takes the challenge of @p nonce out: a nonce serves once. Errors: NO_KEY (unknown, used,
 * expired).
 */
enum ptt_err ptt_bsf_challenge_take(struct ptt_bsf_state *state, struct ptt_bsf_challenge *out,
	const char *nonce, int64_t now_ms) PTT_MUST_CHECK;
/** Wipes the challenges that are too old. */
void ptt_bsf_state_expire(struct ptt_bsf_state *state, int64_t now_ms);

/**
 * The TMPI that a bootstrapping gives (TS 33.220 B.4), with NUL; it fits as it needs 58 characters.
 * Errors: SYSTEM.
 */
enum ptt_err ptt_bsf_tmpi_put(char out[PTT_UB_NAME_MAX], const struct ptt_bootstrap_row *row,
	const char *bsf_host) PTT_MUST_CHECK;
/**
 * The IMPI behind a user name: itself, or that of a TMPI. Errors: NO_KEY (a TMPI that we do not
 * know, any more).
 */
enum ptt_err ptt_bsf_impi_of(struct ptt_bsf_state *state, char out[PTT_UB_NAME_MAX],
	const char *username) PTT_MUST_CHECK;
/** Remembers a bootstrapping that is in the store. Failing for want of memory is harmless. */
void ptt_bsf_boot_add(struct ptt_bsf_state *state, const struct ptt_bootstrap_row *row);

#endif
