/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file bsf_state.h
 * The BSF's state between requests, in bounded tables: sequence numbers, challenges,
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

/** A challenge that was sent and has had no response yet. */
struct ptt_bsf_challenge {
	char impi[PTT_STORE_ID_MAX];
	uint8_t rand[PTT_UB_RAND_LEN];
	uint8_t res[8]; /**< XRES */
	struct ptt_ks ks;
	int64_t expires_ms;
};

/**
 * A subscriber that has sent a request since the start. Dropping an entry costs the rest of its
 * block of SQNs, nothing else.
 */
struct ptt_bsf_sub {
	uint64_t sqn_last;     /**< the last SQN that was used, or may have been used */
	uint64_t sqn_reserved; /**< the bound in the store: every SQN below may have been used */
	/** Its live bootstrappings, the older first; "": none. */
	char btid[2][PTT_STORE_ID_MAX];
	bool btids_known;
};

struct ptt_bsf_state {
	char host[PTT_STORE_ID_MAX];
	uint32_t lifetime_s, challenge_life_ms;
	struct ptt_lru *subs, *challenges, *boots;
	struct ptt_lru *tmpis; /**< TMPI to IMPI */
	struct ptt_bsf_stats stats;
};

/** Errors: MALFORMED (host), SYSTEM. Wipe it in any case. */
enum ptt_err ptt_bsf_state_init(
	struct ptt_bsf_state *state, const struct ptt_bsf_param *param) PTT_MUST_CHECK;
void ptt_bsf_state_wipe(struct ptt_bsf_state *state);

/** Finds or adds the subscriber's entry. @return NULL: no memory */
struct ptt_bsf_sub *ptt_bsf_sub_of(struct ptt_bsf_state *state, const char *impi);
/** Takes the next SQN = SEQ || IND (TS 33.102 C.1.1.1). Errors: NO_KEY (reserve a block first). */
enum ptt_err ptt_bsf_sqn_take(struct ptt_bsf_sub *sub, uint64_t *sqn) PTT_MUST_CHECK;
/** Computes the bound of a new block above @p base. Errors: EXHAUSTED. */
enum ptt_err ptt_bsf_sqn_block(uint64_t *reserved, uint64_t base) PTT_MUST_CHECK;

/**
 * Makes an authentication vector, stores the challenge, and fills the header's fields. Errors:
 * SYSTEM.
 */
enum ptt_err ptt_bsf_challenge_make(struct ptt_bsf_state *state, struct ptt_ub_digest *out,
	const struct ptt_subscriber_row *row, uint64_t sqn, int64_t now_ms) PTT_MUST_CHECK;
/**
 * Removes the challenge of @p nonce from the table: a nonce serves once. Errors: NO_KEY (unknown,
 * used, expired).
 */
enum ptt_err ptt_bsf_challenge_take(struct ptt_bsf_state *state, struct ptt_bsf_challenge *out,
	const char *nonce, int64_t now_ms) PTT_MUST_CHECK;
/** Wipes the expired challenges. */
void ptt_bsf_state_expire(struct ptt_bsf_state *state, int64_t now_ms);

/**
 * The TMPI of a bootstrapping (TS 33.220 B.4), 57 characters and NUL. Exported for tests. Errors:
 * SYSTEM.
 */
enum ptt_err ptt_bsf_tmpi_put(char out[PTT_UB_NAME_MAX], const struct ptt_bootstrap_row *row,
	const char *bsf_host) PTT_MUST_CHECK;
/**
 * The IMPI of a user name: the name itself, or the IMPI of a TMPI. Errors: NO_KEY (the TMPI is
 * unknown or was dropped).
 */
enum ptt_err ptt_bsf_impi_of(struct ptt_bsf_state *state, char out[PTT_UB_NAME_MAX],
	const char *username) PTT_MUST_CHECK;
/**
 * Adds a bootstrapping that is in the store to the table. Without memory it is left out: a look-up
 * then asks the store.
 */
void ptt_bsf_boot_add(struct ptt_bsf_state *state, const struct ptt_bootstrap_row *row);

#endif
