/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file replay.h
 * MIKEY counters: what a UE has taken under a MUK, and what the PF may hand out.
 *
 * The PF numbers all its MSK messages in one row, and T follows from the number: so no message of two has the same
 * T, under whichever MUK they are, and nothing has to be kept, or written, for each MUK. A number is used only
 * after the block it lies in is durable: ptt_counter_take() says BUSY, the caller makes a higher bound durable, and
 * calls ptt_counter_reserved(). After a restart it begins at the stored bound, so no (key, counter) pair is ever
 * used twice. T runs 1 .. 2^32 - 2 and never wraps. Spec: profile section 3; TS 33.246 6.4.
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

/** PF side: the numbers of MSK messages, one ascending row for all MUKs. */
struct ptt_counter {
	uint64_t next;     /**< the next to hand out */
	uint64_t reserved; /**< first one that is not durable yet */
};

/** @param stored the bound in the store: goes on behind everything reserved. */
void ptt_counter_init(struct ptt_counter *ctr, uint64_t stored);
/** Errors: BUSY (reserve first). */
enum ptt_err ptt_counter_take(struct ptt_counter *ctr, uint64_t *out) PTT_MUST_CHECK;
/** The bound is durable. A lower one than before is ignored. */
void ptt_counter_reserved(struct ptt_counter *ctr, uint64_t bound);
/** @return how many can be taken without another reservation. */
uint64_t ptt_counter_left(const struct ptt_counter *ctr);
/**
 * The T of message @p number under a MUK that was made when the numbers below @p born were gone (about; 0 is always
 * safe): rises with the number, and is good for 2^31 messages of the whole server at least.
 * Errors: EXHAUSTED (the MUK is used up).
 */
enum ptt_err ptt_counter_t(uint32_t *t, uint64_t number, uint64_t born) PTT_MUST_CHECK;

#endif
