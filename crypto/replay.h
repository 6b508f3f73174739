/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file replay.h
 * MIKEY counters: the last T that a UE accepted under a MUK, and the numbers from which the PF
 * makes T.
 *
 * The PF numbers all its MSK messages in one sequence, and T follows from the number. So no two
 * messages under one MUK have the same T, and the PF keeps no counter for each MUK. A number is
 * used only after its block is durable: ptt_counter_take() returns BUSY, the caller makes a higher
 * bound durable, then calls ptt_counter_reserved(). After a restart the sequence begins at the
 * stored bound, so no (key, T) is used twice. T runs from 1 to 2^32 - 2 and never wraps. Spec:
 * docs/wire.md section 3.3; TS 33.246 6.4.
 */
#ifndef PTT_REPLAY_H
#define PTT_REPLAY_H

#include <stdint.h>

#include "crypto/err.h"

#define PTT_COUNTER_END UINT32_MAX /**< no T has this value */

/** UE: one for each MUK. Zeroed: no message was accepted yet. */
struct ptt_replay {
	uint32_t last; /**< the highest T accepted */
};

/** Checks T and changes nothing. Errors: REPLAY (not above the last). */
enum ptt_err ptt_replay_check(const struct ptt_replay *rp, uint32_t counter) PTT_MUST_CHECK;
/** Accepts T; call it once the MAC has verified. Errors: REPLAY (nothing changes). */
enum ptt_err ptt_replay_accept(struct ptt_replay *rp, uint32_t counter) PTT_MUST_CHECK;

/** PF: the numbers of MSK messages, one rising sequence for all MUKs. */
struct ptt_counter {
	uint64_t next;     /**< the next number to take */
	uint64_t reserved; /**< the first number that is not durable yet */
};

/** @param stored the bound in the store: the sequence goes on behind all that was reserved. */
void ptt_counter_init(struct ptt_counter *ctr, uint64_t stored);
/** Errors: BUSY (reserve first). */
enum ptt_err ptt_counter_take(struct ptt_counter *ctr, uint64_t *out) PTT_MUST_CHECK;
/** @p bound is durable. A bound lower than before is ignored. */
void ptt_counter_reserved(struct ptt_counter *ctr, uint64_t bound);
/** @return how many numbers can be taken without another reservation. */
uint64_t ptt_counter_left(const struct ptt_counter *ctr);
/**
 * T of message @p number under a MUK. @param counter_base a lower bound of the numbers used under
 * the MUK: the next number when the MUK was made, as the bootstrapping's row keeps it; 0 is always
 * safe. T rises with the number, and a MUK serves at least 2^31 messages of the whole server.
 * Errors: EXHAUSTED (T would pass its end, or @p number is far below @p counter_base).
 */
enum ptt_err ptt_counter_t(uint32_t *t, uint64_t number, uint64_t counter_base) PTT_MUST_CHECK;

#endif
