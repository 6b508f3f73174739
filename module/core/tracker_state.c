/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tracker's state: what only reads it or marks something in it. Nothing here runs a rule, so
 * every other tracker file may call it.
 */
#include "module/core/tracker_impl.h"

/* MSKs */

static bool was_sent(const struct ptt_tracker_subject *sub, uint32_t generation)
{
	return generation != 0 && (sub->sent[0] == generation || sub->sent[1] == generation);
}

uint32_t ptt_tracker_newest(const struct ptt_tracker *t)
{
	return t->channel.state == C_REKEYING ? t->rekey.flight.generation : t->channel.current;
}

uint32_t ptt_tracker_msk_for_answer(const struct ptt_tracker *t, uint32_t subject, bool joining)
{
	const struct ptt_tracker_subject *sub = ptt_tracker_subject_find(t, subject);
	uint32_t newest = ptt_tracker_newest(t);
	bool past_shown = t->policy.on_join != PTT_ON_JOIN_MSK || t->channel.state == C_REKEYING;

	if (sub && sub->flags != 0)
		return 0;
	if (past_shown)
		return newest;
	/* With on_join = msk, a joiner that was never sent the current MSK must not obtain it by a
	 * pull. */
	return !joining && sub && was_sent(sub, newest) ? newest : 0;
}

bool ptt_tracker_may_rotate_mtk(const struct ptt_tracker *t)
{
	bool between_switches = t->channel.state == C_STABLE || t->channel.state == C_REKEYING;

	return between_switches && t->channel.current != 0 && !t->channel.silent &&
	       !t->rekey.flight.urgent && !t->rekey.staged.urgent;
}

/* The re-key */

enum ptt_rekey_reason ptt_tracker_reason_top(uint32_t reasons)
{
	unsigned int top = PTT_REASON_EXPELLED;

	while (top > PTT_REASON_NONE && !(reasons & PTT_REASON_BIT(top)))
		top--;
	return (enum ptt_rekey_reason)top;
}

/** An accepted expulsion waits for this re-key's cut-over. */
void ptt_tracker_make_urgent(
	struct ptt_tracker *t, struct ptt_tracker_rekey *rekey, uint64_t deadline_ms)
{
	rekey->urgent = true;
	rekey->reasons |= PTT_REASON_BIT(PTT_REASON_EXPELLED);
	rekey->deadline_ms = ptt_min_ms(rekey->deadline_ms, deadline_ms);
	if (rekey->accepted_ms == 0)
		rekey->accepted_ms = t->now_ms;
}

/* Subjects */

struct ptt_tracker_subject *ptt_tracker_subject_find(const struct ptt_tracker *t, uint32_t handle)
{
	uint32_t index = ptt_handle_index(handle);

	if (handle == PTT_HANDLE_NONE || index >= t->subjects_size)
		return NULL;
	return t->subjects[index].handle == handle ? &t->subjects[index] : NULL;
}

bool ptt_tracker_subject_holds(
	const struct ptt_tracker *t, const struct ptt_tracker_subject *sub, uint32_t generation)
{
	return was_sent(sub, generation) ||
	       (generation != 0 && generation <= t->channel.sent_unknown);
}

bool ptt_tracker_subject_holds_live(
	const struct ptt_tracker *t, const struct ptt_tracker_subject *sub)
{
	return ptt_tracker_subject_holds(t, sub, t->channel.current) ||
	       ptt_tracker_subject_holds(t, sub, t->channel.previous) ||
	       ptt_tracker_subject_holds(t, sub, ptt_tracker_newest(t));
}

/**
 * Keeps the mark of the current MSK; the new mark overwrites that of an MSK replaced before its
 * cut-over.
 */
void ptt_tracker_subject_mark_sent(
	const struct ptt_tracker *t, struct ptt_tracker_subject *sub, uint32_t generation)
{
	bool keep_first = sub->sent[0] != 0 &&
			  (t->channel.state == C_NEW || sub->sent[0] == t->channel.current);

	if (!was_sent(sub, generation))
		sub->sent[keep_first ? 1 : 0] = generation;
}
