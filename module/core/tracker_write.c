/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From wanting a new MSK to its being durable: who asks, what the intent says, what its verdict
 * means. Spec: profile 6.1 (nothing acknowledged or offered before), 6.5 and 6.6 (whose departure
 * needs a new MSK).
 */
#include "module/core/tracker_impl.h"

/* Wanting */

/** A re-key that has not been cut over yet, and whose key nobody who left holds, serves this too.
 */
void ptt_tracker_want(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;

	if (t->writer == W_BUSY && t->write_fresh)
		t->staged.reasons |= PTT_REASON_BIT(step->reason);
	else if (t->staged_durable || (t->channel == C_REKEYING && !t->restart))
		return;
	else
		t->wanted |= PTT_REASON_BIT(step->reason);
}

/** Somebody who left holds the MSK in flight; one that is being written already excludes him. */
void ptt_tracker_restart(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;

	t->restart = t->restart || t->writer == W_IDLE || !t->write_fresh;
	ptt_tracker_want(step);
}

void ptt_tracker_departed(struct ptt_step *step, const struct ptt_tracker_subject *sub)
{
	struct ptt_tracker *t = step->t;

	if (!ptt_tracker_subject_holds(t, sub, ptt_tracker_newest(t)) || t->draining)
		return;
	if (t->policy.on_leave == PTT_ON_LEAVE_ALWAYS) {
		(void)ptt_tracker_fire_group(step, X_LEFT);
	} else if (t->policy.on_leave == PTT_ON_LEAVE_BATCH) {
		if (t->leave_ms == PTT_TRACKER_NEVER)
			t->leave_ms = t->now_ms + t->policy.leave_batch_ms;
		t->leave_generation = ptt_tracker_newest(t);
	}
}

/** The batch is due; if a re-key came in between, its leavers hold nothing that lives. */
void ptt_tracker_batch(struct ptt_step *step)
{
	step->t->leave_ms = PTT_TRACKER_NEVER;
	if (step->t->leave_generation == step->t->current)
		ptt_tracker_want(step);
}

void ptt_tracker_drain(struct ptt_step *step)
{
	step->t->draining = true;
}

void ptt_tracker_ask_expel(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;
	struct ptt_tracker_subject *sub = ptt_tracker_subject_find(t, step->ev->subject);
	uint32_t slot = ptt_handle_index(step->ev->subject);

	if (sub->flags & PTT_SUBJECT_EXPELLING)
		return; /* one verdict answers both */
	if ((sub->flags & PTT_SUBJECT_BANNED) &&
		!ptt_tracker_subject_holds(t, sub, ptt_tracker_newest(t))) {
		ptt_tracker_emit(step, PTT_ACT_EXPEL_ACCEPTED)->subject = sub->handle;
		return;
	}
	sub->flags |= PTT_SUBJECT_EXPELLING;
	t->expels[t->expels_len++] = slot;
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
	for (uint32_t i = 0; i < t->expels_len; i++)
		if (ptt_tracker_subject_holds(t, &t->subjects[t->expels[i]], generation))
			return true;
	return false;
}

/** A new MSK is wanted that may wait for write_retry_ms. */
bool ptt_tracker_wants_key(const struct ptt_tracker *t)
{
	if (t->wanted == 0 || (t->draining && t->current != 0))
		return false;
	return !t->staged_durable && (t->channel != C_REKEYING || t->restart);
}

/** OMA PoC SD 4.53.2: an expulsion re-keys, also that of a member who was not sent the newest MSK (he
 *  refused the channel). A re-key in flight that passes him by already is enough. */
static bool expels_a_member(const struct ptt_tracker *t)
{
	if (t->channel != C_STABLE)
		return false;
	for (uint32_t i = 0; i < t->expels_len; i++)
		if (t->subjects[t->expels[i]].first != PTT_NO_SLOT)
			return true;
	return false;
}

bool ptt_tracker_wants_fresh(const struct ptt_tracker *t)
{
	if (t->staged_durable)
		return false; /* nobody was sent that one: whatever is asked joins it */
	return expels_hold(t, ptt_tracker_newest(t)) || expels_a_member(t) ||
	       (ptt_tracker_wants_key(t) && t->now_ms >= t->write_retry_ms);
}

/** Which re-key ends the exposure of whom we write about, and by when. */
static struct ptt_tracker_rekey write_plan(struct ptt_tracker *t, bool fresh)
{
	struct ptt_tracker_rekey plan = {
		.reasons = t->expels_len > 0 ? PTT_REASON_BIT(PTT_REASON_EXPELLED) : 0};
	bool held = expels_hold(t, t->current) || expels_hold(t, t->previous);

	plan.started_ms = t->now_ms;
	plan.deadline_ms = t->now_ms + t->policy.cutover_ms;
	if (fresh) {
		plan.generation = ++t->last_generation;
		plan.reasons |= t->wanted;
		t->wanted = 0;
		t->restart = false;
	} else if (held && t->staged_durable) {
		plan.generation = t->staged.generation;
		plan.reasons |= t->staged.reasons;
		if (t->staged.urgent)
			plan.deadline_ms = ptt_min_ms(plan.deadline_ms, t->staged.deadline_ms);
	} else if (held && t->channel != C_STABLE) {
		plan.generation = t->flight.generation;
	}
	return plan;
}

/** The intent on disk speaks for the re-key in flight too, which it replaces there. */
static struct ptt_tracker_rekey plan_record(
	const struct ptt_tracker *t, struct ptt_tracker_rekey plan)
{
	plan.reasons |= t->flight.reasons;
	if (t->flight.urgent)
		plan.deadline_ms = ptt_min_ms(plan.deadline_ms, t->flight.deadline_ms);
	return plan;
}

static void emit_persist(struct ptt_step *step, const struct ptt_tracker_rekey *plan)
{
	struct ptt_tracker *t = step->t;
	struct ptt_tracker_action *act;

	for (uint32_t i = 0; i < t->write_len; i++)
		ptt_tracker_emit(step, PTT_ACT_BAN)->subject = t->subjects[t->expels[i]].handle;
	act = ptt_tracker_emit(step, PTT_ACT_PERSIST);
	act->generation = plan->generation;
	act->reason = ptt_tracker_reason_top(plan->reasons);
	act->at_ms = plan->generation != 0 ? plan->deadline_ms : 0;
}

void ptt_tracker_write(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;
	struct ptt_tracker_rekey plan;

	t->write_fresh = ptt_tracker_wants_fresh(t);
	plan = write_plan(t, t->write_fresh);
	t->write_len = t->expels_len;
	t->write_generation = plan.generation;
	t->write_deadline_ms = plan.deadline_ms;
	if (t->write_fresh) {
		t->staged = plan;
		ptt_tracker_emit(step, PTT_ACT_NEW_MSK)->generation = plan.generation;
	}
	plan = plan_record(t, plan);
	emit_persist(step, &plan);
}

static void expels_shift(struct ptt_tracker *t)
{
	for (uint32_t i = t->write_len; i < t->expels_len; i++)
		t->expels[i - t->write_len] = t->expels[i];
	t->expels_len -= t->write_len;
	t->write_len = 0;
}

/** Durable: the commands are answered, the dialogs end, and the new MSK may go out. */
void ptt_tracker_accept(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;

	for (uint32_t i = 0; i < t->write_len; i++) {
		struct ptt_tracker_subject *sub = &t->subjects[t->expels[i]];
		bool held_newest = ptt_tracker_subject_holds(t, sub, ptt_tracker_newest(t));

		if ((t->write_fresh || t->staged_durable) && ptt_tracker_subject_holds_live(t, sub))
			ptt_tracker_make_urgent(t, &t->staged, t->write_deadline_ms);
		/* Without the newest he is out as soon as the cut-over under way is done. */
		if (!held_newest && t->channel != C_STABLE &&
			ptt_tracker_subject_holds_live(t, sub))
			ptt_tracker_make_urgent(t, &t->flight, t->write_deadline_ms);
		sub->flags = PTT_SUBJECT_BANNED;
		ptt_tracker_emit(step, PTT_ACT_EXPEL_ACCEPTED)->subject = sub->handle;
		ptt_tracker_subject_fire(step, t->expels[i], X_EXPELLED);
	}
	expels_shift(t);
	t->write_retry_ms = 0;
	if (t->write_fresh)
		(void)ptt_tracker_fire_group(step, X_STAGED);
}

static void expels_refuse(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;

	for (uint32_t i = 0; i < t->write_len; i++) {
		struct ptt_tracker_subject *sub = &t->subjects[t->expels[i]];
		struct ptt_tracker_action *act = ptt_tracker_emit(step, PTT_ACT_EXPEL_REFUSED);

		act->subject = sub->handle;
		act->err = step->ev->err;
		sub->flags &= (uint8_t)~PTT_SUBJECT_EXPELLING;
		ptt_tracker_subject_fire(step, t->expels[i], X_UNBLOCK);
		if (sub->first == PTT_NO_SLOT) /* he has left in the meantime */
			ptt_tracker_departed(step, sub);
	}
	expels_shift(t);
}

/** Not durable: nothing was acknowledged or offered. The number is not used again. */
void ptt_tracker_refuse(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;
	struct ptt_tracker_action *act;

	if (t->write_fresh) {
		ptt_tracker_emit(step, PTT_ACT_DROP)->generation = t->staged.generation;
		t->wanted |= t->staged.reasons & ~PTT_REASON_BIT(PTT_REASON_EXPELLED);
		t->staged = (struct ptt_tracker_rekey){.generation = 0};
		t->write_fresh = false;
	}
	t->write_retry_ms = t->now_ms + PTT_TRACKER_RETRY_MS;
	act = ptt_tracker_emit(step, PTT_ACT_ALARM);
	act->err = step->ev->err;
	act->reason = ptt_tracker_reason_top(
		t->wanted | (t->write_len > 0 ? PTT_REASON_BIT(PTT_REASON_EXPELLED) : 0));
	expels_refuse(step);
}
