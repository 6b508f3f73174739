/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "crypto/replay.h"

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

void ptt_counter_init(struct ptt_counter *ctr, uint32_t stored)
{
	/* 0 is what a fresh UE has "taken", so the first value is 1 */
	ctr->next = stored != 0 ? stored : 1;
	ctr->reserved = ctr->next;
}

enum ptt_err ptt_counter_take(struct ptt_counter *ctr, uint32_t *out)
{
	if (ctr->next == PTT_COUNTER_END)
		return PTT_ERR_EXHAUSTED;
	if (ctr->next >= ctr->reserved)
		return PTT_ERR_BUSY;
	*out = ctr->next++;
	return PTT_OK;
}

uint32_t ptt_counter_want(const struct ptt_counter *ctr, uint32_t block)
{
	uint32_t room = PTT_COUNTER_END - ctr->next;

	return ctr->next + (block < room ? block : room);
}

void ptt_counter_reserved(struct ptt_counter *ctr, uint32_t bound)
{
	if (bound > ctr->reserved)
		ctr->reserved = bound;
}

uint32_t ptt_counter_left(const struct ptt_counter *ctr)
{
	return ctr->reserved - ctr->next;
}
