/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file replay.h
 * MIKEY counters: what a UE has taken under a MUK, and what the PF may hand out.
 *
 * The PF uses a value only after the block it lies in is durable: ptt_counter_take() says BUSY, the
 * caller writes ptt_counter_want() to the store and, when that is done, calls
 * ptt_counter_reserved().
 * After a restart it begins at the stored bound, so no (key, counter) pair is ever used twice.
 * Values run 1 .. 2^32 - 2; they never wrap. Spec: profile section 3; TS 33.246 6.4.
 */
#ifndef PTT_REPLAY_H
#define PTT_REPLAY_H

#include <stdint.h>

#include "crypto/err.h"

#define PTT_COUNTER_END UINT32_MAX /**< never handed out */

/** UE side, one per MUK, kept on disk with it. Zeroed = nothing taken yet. */
struct ptt_replay {
	uint32_t last; /**< highest accepted */
};

/** Only looks. Errors: REPLAY (not above the last). */
enum ptt_err ptt_replay_check(const struct ptt_replay *rp, uint32_t counter) PTT_MUST_CHECK;
/** After the MAC was good. Errors: REPLAY, and then nothing changes. */
enum ptt_err ptt_replay_accept(struct ptt_replay *rp, uint32_t counter) PTT_MUST_CHECK;

/** PF side, one per MUK (MSK messages) or per MSK (MTK messages). */
struct ptt_counter {
	uint32_t next;     /**< the next to hand out */
	uint32_t reserved; /**< first one that is not durable yet */
};

/**
 * @param stored the bound in the store, 0 when there is none: goes on behind everything reserved.
 */
void ptt_counter_init(struct ptt_counter *ctr, uint32_t stored);
/** Errors: BUSY (reserve first), EXHAUSTED (the key is used up). */
enum ptt_err ptt_counter_take(struct ptt_counter *ctr, uint32_t *out) PTT_MUST_CHECK;
/** @return the bound to make durable so that @p block more values can be taken. */
uint32_t ptt_counter_want(const struct ptt_counter *ctr, uint32_t block);
/** The bound is durable. A lower one than before is ignored. */
void ptt_counter_reserved(struct ptt_counter *ctr, uint32_t bound);
/** @return how many can be taken without another reservation. */
uint32_t ptt_counter_left(const struct ptt_counter *ctr);

#endif
