/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From wanting a new MSK to its being durable: the reasons, the intent, the store's verdict.
 * Nothing is acknowledged or offered before the intent is durable.
 */
#include "module/core/tracker_impl.h"

/* Wanting */

/** A pending re-key whose MSK no former member holds also satisfies this request.
 */
void ptt_tracker_want(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;

	if (t->write.state == W_BUSY && t->write.fresh)
		t->rekey.staged.reasons |= PTT_REASON_BIT(step->reason);
	else if (t->rekey.staged_durable || (t->channel.state == C_REKEYING && !t->rekey.restart))
		return;
	else
		t->rekey.wanted |= PTT_REASON_BIT(step->reason);
}

/** A former member holds the MSK in flight. An MSK that is being written already excludes it. */
void ptt_tracker_restart(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;

	t->rekey.restart = t->rekey.restart || t->write.state == W_IDLE || !t->write.fresh;
	ptt_tracker_want(step);
}

void ptt_tracker_departed(struct ptt_step *step, const struct ptt_tracker_subject *sub)
{
	struct ptt_tracker *t = step->t;

	if (!ptt_tracker_subject_holds(t, sub, ptt_tracker_newest(t)) || t->channel.draining)
		return;
	if (t->policy.on_leave == PTT_ON_LEAVE_ALWAYS) {
		ptt_tracker_fire_channel(step, X_LEFT);
	} else if (t->policy.on_leave == PTT_ON_LEAVE_BATCH) {
		if (t->clock.leave_ms == PTT_TRACKER_NEVER)
			t->clock.leave_ms = t->now_ms + t->policy.leave_batch_ms;
		t->clock.leave_generation = ptt_tracker_newest(t);
	}
}

/** The batch is due. After a re-key in between, its leavers hold no MSK that lives. */
void ptt_tracker_batch(struct ptt_step *step)
{
	step->t->clock.leave_ms = PTT_TRACKER_NEVER;
	if (step->t->clock.leave_generation == step->t->channel.current)
		ptt_tracker_want(step);
}

void ptt_tracker_drain(struct ptt_step *step)
{
	step->t->channel.draining = true;
}

void ptt_tracker_ask_expel(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;
	struct ptt_tracker_subject *sub = ptt_tracker_subject_find(t, step->ev->subject);
	uint32_t slot = ptt_handle_index(step->ev->subject);

	if (sub->flags & PTT_SUBJECT_EXPELLING)
		return; /* one verdict answers both commands */
	if ((sub->flags & PTT_SUBJECT_BANNED) &&
		!ptt_tracker_subject_holds(t, sub, ptt_tracker_newest(t))) {
		ptt_tracker_emit(step, PTT_ACT_EXPEL_ACCEPTED)->subject = sub->handle;
		return;
	}
	sub->flags |= PTT_SUBJECT_EXPELLING;
	t->expel.list[t->expel.len++] = slot;
	ptt_tracker_subject_fire(step, slot, X_BLOCK);
}

void ptt_tracker_admit_subject(struct ptt_step *step)
{
	struct ptt_tracker_subject *sub = ptt_tracker_subject_find(step->t, step->ev->subject);

	if (sub)
		sub->flags &= (uint8_t)~PTT_SUBJECT_BANNED;
}

/* Writing the intent */

static bool expels_hold(const struct ptt_tracker *t, uint32_t generation)
{
	for (uint32_t i = 0; i < t->expel.len; i++)
		if (ptt_tracker_subject_holds(t, &t->subjects[t->expel.list[i]], generation))
			return true;
	return false;
}

/** A new MSK is wanted whose write may wait for write.retry_ms. */
bool ptt_tracker_wants_key(const struct ptt_tracker *t)
{
	if (t->rekey.wanted == 0 || (t->channel.draining && t->channel.current != 0))
		return false;
	return !t->rekey.staged_durable && (t->channel.state != C_REKEYING || t->rekey.restart);
}

/**
 * Spec: OMA PoC SD 4.53.2. An expulsion re-keys even if the member was not sent the newest MSK
 * because it refused the channel. A re-key in flight that excludes the member is enough.
 */
static bool expels_a_member(const struct ptt_tracker *t)
{
	if (t->channel.state != C_STABLE)
		return false;
	for (uint32_t i = 0; i < t->expel.len; i++)
		if (t->subjects[t->expel.list[i]].first != PTT_NO_SLOT)
			return true;
	return false;
}

bool ptt_tracker_wants_fresh(const struct ptt_tracker *t)
{
	if (t->rekey.staged_durable)
		/* The staged MSK has not been sent to anybody, so new reasons are merged into
		 * it. */
		return false;
	return expels_hold(t, ptt_tracker_newest(t)) || expels_a_member(t) ||
	       (ptt_tracker_wants_key(t) && t->now_ms >= t->write.retry_ms);
}

/** The re-key that locks out the subjects in this write, and its deadline. */
static struct ptt_tracker_rekey write_plan(struct ptt_tracker *t, bool fresh)
{
	struct ptt_tracker_rekey plan = {
		.reasons = t->expel.len > 0 ? PTT_REASON_BIT(PTT_REASON_EXPELLED) : 0};
	bool held = expels_hold(t, t->channel.current) || expels_hold(t, t->channel.previous);

	plan.started_ms = t->now_ms;
	plan.deadline_ms = t->now_ms + t->policy.cutover_ms;
	if (fresh) {
		plan.generation = ++t->channel.last_generation;
		plan.reasons |= t->rekey.wanted;
		t->rekey.wanted = 0;
		t->rekey.restart = false;
	} else if (held && t->rekey.staged_durable) {
		plan.generation = t->rekey.staged.generation;
		plan.reasons |= t->rekey.staged.reasons;
		if (t->rekey.staged.urgent)
			plan.deadline_ms =
				ptt_min_ms(plan.deadline_ms, t->rekey.staged.deadline_ms);
	} else if (held && t->channel.state != C_STABLE) {
		plan.generation = t->rekey.flight.generation;
	}
	return plan;
}

/**
 * The intent replaces that of the re-key in flight in the store, so it includes its reasons and
 * deadline.
 */
static struct ptt_tracker_rekey plan_record(
	const struct ptt_tracker *t, struct ptt_tracker_rekey plan)
{
	plan.reasons |= t->rekey.flight.reasons;
	if (t->rekey.flight.urgent)
		plan.deadline_ms = ptt_min_ms(plan.deadline_ms, t->rekey.flight.deadline_ms);
	return plan;
}

static void emit_persist(struct ptt_step *step, const struct ptt_tracker_rekey *plan)
{
	struct ptt_tracker *t = step->t;
	struct ptt_tracker_action *act;

	for (uint32_t i = 0; i < t->write.len; i++)
		ptt_tracker_emit(step, PTT_ACT_BAN)->subject = t->subjects[t->expel.list[i]].handle;
	act = ptt_tracker_emit(step, PTT_ACT_PERSIST);
	act->generation = plan->generation;
	act->reason = ptt_tracker_reason_top(plan->reasons);
	act->at_ms = plan->generation != 0 ? plan->deadline_ms : 0;
}

void ptt_tracker_write(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;
	struct ptt_tracker_rekey plan;

	t->write.fresh = ptt_tracker_wants_fresh(t);
	plan = write_plan(t, t->write.fresh);
	t->write.len = t->expel.len;
	t->write.generation = plan.generation;
	t->write.deadline_ms = plan.deadline_ms;
	if (t->write.fresh) {
		t->rekey.staged = plan;
		ptt_tracker_emit(step, PTT_ACT_NEW_MSK)->generation = plan.generation;
	}
	plan = plan_record(t, plan);
	ptt_tracker_mark_write(t, plan.generation, ptt_tracker_reason_top(plan.reasons));
	emit_persist(step, &plan);
}

static void expels_shift(struct ptt_tracker *t)
{
	for (uint32_t i = t->write.len; i < t->expel.len; i++)
		t->expel.list[i - t->write.len] = t->expel.list[i];
	t->expel.len -= t->write.len;
	t->write.len = 0;
}

/** Durable: answer the commands, end the dialogs, stage the new MSK. */
void ptt_tracker_accept(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;

	for (uint32_t i = 0; i < t->write.len; i++) {
		struct ptt_tracker_subject *sub = &t->subjects[t->expel.list[i]];
		bool held_newest = ptt_tracker_subject_holds(t, sub, ptt_tracker_newest(t));

		if ((t->write.fresh || t->rekey.staged_durable) &&
			ptt_tracker_subject_holds_live(t, sub))
			ptt_tracker_make_urgent(t, &t->rekey.staged, t->write.deadline_ms);
		/* A subject without the newest MSK is locked out by the cut-over under way. */
		if (!held_newest && t->channel.state != C_STABLE &&
			ptt_tracker_subject_holds_live(t, sub))
			ptt_tracker_make_urgent(t, &t->rekey.flight, t->write.deadline_ms);
		sub->flags = PTT_SUBJECT_BANNED;
		ptt_tracker_emit(step, PTT_ACT_EXPEL_ACCEPTED)->subject = sub->handle;
		ptt_tracker_subject_fire(step, t->expel.list[i], X_EXPELLED);
	}
	expels_shift(t);
	t->write.retry_ms = 0;
	if (t->write.fresh)
		ptt_tracker_fire_channel(step, X_STAGED);
}

static void expels_refuse(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;

	for (uint32_t i = 0; i < t->write.len; i++) {
		struct ptt_tracker_subject *sub = &t->subjects[t->expel.list[i]];
		struct ptt_tracker_action *act = ptt_tracker_emit(step, PTT_ACT_EXPEL_REFUSED);

		act->subject = sub->handle;
		act->err = step->ev->err;
		sub->flags &= (uint8_t)~PTT_SUBJECT_EXPELLING;
		ptt_tracker_subject_fire(step, t->expel.list[i], X_UNBLOCK);
		if (sub->first == PTT_NO_SLOT) /* all its members left meanwhile */
			ptt_tracker_departed(step, sub);
	}
	expels_shift(t);
}

/** Not durable: nothing was acknowledged or offered. The generation is never used again. */
void ptt_tracker_refuse(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;
	struct ptt_tracker_action *act;

	if (t->write.fresh) {
		ptt_tracker_emit(step, PTT_ACT_DROP)->generation = t->rekey.staged.generation;
		t->rekey.wanted |= t->rekey.staged.reasons & ~PTT_REASON_BIT(PTT_REASON_EXPELLED);
		t->rekey.staged = (struct ptt_tracker_rekey){.generation = 0};
		t->write.fresh = false;
	}
	t->write.retry_ms = t->now_ms + PTT_TRACKER_RETRY_MS;
	act = ptt_tracker_emit(step, PTT_ACT_ALARM);
	act->err = step->ev->err;
	act->reason = ptt_tracker_reason_top(
		t->rekey.wanted | (t->write.len > 0 ? PTT_REASON_BIT(PTT_REASON_EXPELLED) : 0));
	expels_refuse(step);
}
