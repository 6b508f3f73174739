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
 * T is counted from the last multiple of 2^30 but one before counter_base, not from counter_base,
 * for two reasons. A process whose numbers are behind those of another one on the same store still
 * gets a T above 0. A MUK whose row was lost and made again a while later counts from the same
 * multiple, so it repeats no T.
 */
enum ptt_err ptt_counter_t(uint32_t *t, uint64_t number, uint64_t counter_base)
{
	uint64_t epoch = counter_base >> EPOCH_BITS;
	uint64_t zero = epoch > 0 ? (epoch - 1) << EPOCH_BITS : 0;

	if (number < zero || number - zero >= PTT_COUNTER_END - 1)
		return PTT_ERR_EXHAUSTED;
	*t = (uint32_t)(number - zero) + 1; /* a fresh UE has "accepted" 0 */
	return PTT_OK;
}
