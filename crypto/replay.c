/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "crypto/replay.h"

#define EPOCH_BITS 30

enum ptt_err ptt_replay_check(const struct ptt_replay *rp, uint32_t counter)
{
	return counter > rp->last ? PTT_OK : PTT_ERR_REPLAY;
}

enum ptt_err ptt_replay_accept(struct ptt_replay *rp, uint32_t counter)
{
	PTT_TRY(ptt_replay_check(rp, counter));
	rp->last = counter;
	return PTT_OK;
}

void ptt_counter_init(struct ptt_counter *ctr, uint64_t stored)
{
	ctr->next = ctr->reserved = stored;
}

enum ptt_err ptt_counter_take(struct ptt_counter *ctr, uint64_t *out)
{
	if (ctr->next >= ctr->reserved)
		return PTT_ERR_BUSY;
	*out = ctr->next++;
	return PTT_OK;
}

void ptt_counter_reserved(struct ptt_counter *ctr, uint64_t bound)
{
	if (bound > ctr->reserved)
		ctr->reserved = bound;
}

uint64_t ptt_counter_left(const struct ptt_counter *ctr)
{
	return ctr->reserved - ctr->next;
}

/*
 * Counted from a multiple of 2^30, the last but one before its birth: a process whose numbers are behind those of
 * another on the same store stays above it, and a MUK whose row was lost and made again counts on from the same one.
 */
enum ptt_err ptt_counter_t(uint32_t *t, uint64_t number, uint64_t born)
{
	uint64_t base = born >> EPOCH_BITS;

	base = base > 0 ? (base - 1) << EPOCH_BITS : 0;
	if (number < base || number - base >= PTT_COUNTER_END - 1)
		return PTT_ERR_EXHAUSTED;
	*t = (uint32_t)(number - base) + 1; /* 0 is what a fresh UE has "taken" */
	return PTT_OK;
}
