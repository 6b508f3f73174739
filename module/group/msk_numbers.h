/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file msk_numbers.h
 * Numbers the MSK messages of this process. The number of a message gives its T (crypto/replay.h).
 *
 * A block is durable before its first number is used. The start reserves one block; the next is
 * reserved when half a block is left. So a join or an offer never waits for a counter to be written.
 * Thread: SIP.
 */
#ifndef PTT_MSK_NUMBERS_H
#define PTT_MSK_NUMBERS_H

#include "crypto/replay.h"
#include "module/store/store.h"

#define PTT_MSK_NUMBERS_BLOCK (1u << 18)

struct ptt_msk_numbers {
	struct ptt_store *store; /**< borrowed */
	struct ptt_counter counter;
	uint64_t stored;    /**< the bound in the store, as last read or written */
	uint64_t reserving; /**< bound being written; 0: none */
};

/** Reserves the first block and waits until it is durable. Errors: SYSTEM; BUSY: other processes
 *  took every block. Keeps: @p store. */
enum ptt_err ptt_msk_numbers_open(
	struct ptt_msk_numbers *numbers, struct ptt_store *store) PTT_MUST_CHECK;
/**
 * Takes the next number. Reserves a block in the background when numbers run low.
 * Errors: BUSY: none is left, because the store failed; the reservation is tried again.
 */
enum ptt_err ptt_msk_numbers_take(struct ptt_msk_numbers *numbers, uint64_t *out) PTT_MUST_CHECK;

#endif
