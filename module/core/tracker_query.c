/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making a tracker, and asking it. */
#include "module/core/tracker_impl.h"

#include <stdlib.h>

enum ptt_err ptt_tracker_new(struct ptt_tracker **out, const struct ptt_policy *policy)
{
	struct ptt_tracker *t = calloc(1, sizeof(*t));

	if (!t)
		return PTT_ERR_SYSTEM;
	t->policy = *policy;
	t->channel.state = C_NEW;
	t->write.state = W_IDLE;
	t->offers.window = PTT_TRACKER_WINDOW;
	t->need.first = t->need.last = PTT_NO_SLOT;
	t->clock.cutover_retry_ms = t->clock.leave_ms = t->clock.period_ms = PTT_TRACKER_NEVER;
	t->clock.mtk_ms = t->clock.mtk_join_ms = PTT_TRACKER_NEVER;
	*out = t;
	return PTT_OK;
}

void ptt_tracker_free(struct ptt_tracker *t)
{
	if (!t)
		return;
	free(t->members);
	free(t->subjects);
	free(t->wait.heap);
	free(t->expel.list);
	free(t);
}

void ptt_tracker_set_fault(struct ptt_tracker *t, ptt_tracker_fault_fn *fn, void *ctx)
{
	t->fault = fn;
	t->fault_ctx = ctx;
}

void ptt_tracker_actions_wipe(struct ptt_tracker_actions *actions)
{
	free(actions->list);
	*actions = (struct ptt_tracker_actions){.list = NULL};
}

static uint64_t period_moved(uint64_t due_ms, uint32_t old_s, uint32_t new_s, uint64_t now_ms)
{
	if (old_s == new_s)
		return due_ms;
	return new_s == 0 ? PTT_TRACKER_NEVER : now_ms + new_s * 1000ull;
}

void ptt_tracker_set_policy(struct ptt_tracker *t, const struct ptt_policy *policy, uint64_t now_ms)
{
	t->clock.period_ms =
		period_moved(t->clock.period_ms, t->policy.period_s, policy->period_s, now_ms);
	t->clock.mtk_ms =
		period_moved(t->clock.mtk_ms, t->policy.mtk_period_s, policy->mtk_period_s, now_ms);
	t->policy = *policy;
}

void ptt_tracker_set_window(struct ptt_tracker *t, uint32_t window)
{
	t->offers.window = window == 0 ? 1 : window;
}

uint32_t ptt_tracker_current(const struct ptt_tracker *t)
{
	return t->channel.current;
}

bool ptt_tracker_holds_key(const struct ptt_tracker *t, uint32_t subject)
{
	const struct ptt_tracker_subject *sub = ptt_tracker_subject_find(t, subject);

	return sub &&
	       (ptt_tracker_subject_holds_live(t, sub) || (sub->flags & PTT_SUBJECT_EXPELLING));
}

static bool is_live(const struct ptt_tracker *t, uint32_t generation)
{
	return generation != 0 &&
	       (generation == t->channel.current || generation == t->channel.previous ||
		       generation == ptt_tracker_newest(t));
}

size_t ptt_tracker_sent(const struct ptt_tracker *t, uint32_t subject, uint32_t generation[2])
{
	const struct ptt_tracker_subject *sub = ptt_tracker_subject_find(t, subject);
	size_t count = 0;

	for (size_t i = 0; sub && i < 2; i++)
		if (is_live(t, sub->sent[i]))
			generation[count++] = sub->sent[i];
	return count;
}

struct ptt_tracker_status ptt_tracker_status(const struct ptt_tracker *t)
{
	bool under_way = t->channel.state == C_REKEYING || t->channel.state == C_SWITCHING;
	struct ptt_tracker_status status = {
		.state = "stable",
		.reason = under_way ? ptt_tracker_reason_top(t->rekey.flight.reasons)
				    : PTT_REASON_NONE,
		.deadline_ms = under_way ? t->rekey.flight.deadline_ms : 0,
		.members = t->members_len,
		.unsettled = t->offers.unsettled,
		.in_flight = t->offers.in_flight,
		.silent = t->channel.silent,
		.draining = t->channel.draining,
		.writing = t->write.state == W_BUSY,
	};

	if (under_way)
		status.state = t->channel.state == C_REKEYING ? "rekeying" : "switching";
	return status;
}

uint32_t ptt_tracker_member_generation(const struct ptt_tracker *t, uint32_t member)
{
	uint32_t slot = ptt_handle_index(member);

	if (member == PTT_HANDLE_NONE || slot >= t->top || t->members[slot].handle != member)
		return 0;
	return t->members[slot].answered;
}

bool ptt_tracker_is_idle(const struct ptt_tracker *t)
{
	return t->channel.state == C_STABLE && t->write.state == W_IDLE &&
	       t->offers.in_flight == 0 && t->expel.len == 0;
}
