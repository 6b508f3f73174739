/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file msk_numbers.h
 * The numbers of the MSK messages that this process makes; each gives its message's T (crypto/replay.h).
 *
 * A block is durable before its first number is used: one at the start, the next when half of one is left. So neither
 * a join nor an offer writes a counter, or waits for one.
 */
#ifndef PTT_MSK_NUMBERS_H
#define PTT_MSK_NUMBERS_H

#include "crypto/replay.h"
#include "module/store/store.h"

#define PTT_MSK_NUMBERS_BLOCK (1u << 18)

struct ptt_msk_numbers {
	struct ptt_store *store; /**< borrowed */
	struct ptt_counter counter;
	uint64_t stored;    /**< the bound in the store, as far as we know */
	uint64_t reserving; /**< bound on its way there; 0: none */
};

/** Reserves the first block, and waits for it. Errors: SYSTEM, BUSY. Keeps: @p store. */
enum ptt_err ptt_msk_numbers_open(
	struct ptt_msk_numbers *numbers, struct ptt_store *store) PTT_MUST_CHECK;
/**
 * The next number; when they run low a block is asked for in the background.
 * Errors: BUSY: none is left, because the store took no block; asked for again.
 */
enum ptt_err ptt_msk_numbers_take(struct ptt_msk_numbers *numbers, uint64_t *out) PTT_MUST_CHECK;

#endif
