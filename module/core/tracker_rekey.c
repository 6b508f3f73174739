/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a durable MSK to its cut-over: staging, offers, the switch; MTKs, resuming, and what is due
 * when. Spec: docs/wire.md. While an expulsion waits for a deadline, that deadline never moves
 * later.
 */
#include "module/core/tracker_impl.h"

#define SWITCH_SPARE_MS 20
#define STARTED_MAX_CUTOVERS \
	3 /* leaves may postpone the cut-over of a re-key up to so many cutover_ms */

/* In flight */

/**
 * Begins the staged re-key; inherits reasons and deadline from a re-key that it replaces or skips.
 */
static void flight_begin(struct ptt_tracker *t)
{
	const struct ptt_tracker_rekey former =
		t->rekey.flight; /* generation 0 if there was none */
	uint64_t cutover_ms = t->policy.cutover_ms;

	t->rekey.flight = t->rekey.staged;
	t->rekey.staged = (struct ptt_tracker_rekey){.generation = 0};
	t->rekey.staged_durable = false;
	t->rekey.flight.started_ms = former.generation != 0 ? former.started_ms : t->now_ms;
	t->rekey.flight.reasons |= former.reasons;
	if (former.urgent) {
		ptt_tracker_make_urgent(t, &t->rekey.flight, former.deadline_ms);
		t->rekey.flight.accepted_ms =
			ptt_min_ms(t->rekey.flight.accepted_ms, former.accepted_ms);
	}
	if (!t->rekey.flight.urgent)
		t->rekey.flight.deadline_ms = ptt_min_ms(t->now_ms + cutover_ms,
			t->rekey.flight.started_ms + STARTED_MAX_CUTOVERS * cutover_ms);
}

/** The new MSK is durable: it becomes `next`, and every remaining member gets an offer. */
void ptt_tracker_stage(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;
	struct ptt_tracker_action *act = ptt_tracker_emit(step, PTT_ACT_STAGE);

	flight_begin(t);
	act->generation = t->rekey.flight.generation;
	act->reason = ptt_tracker_reason_top(t->rekey.flight.reasons);
	for (uint32_t slot = 0; slot < t->top; slot++) {
		t->members[slot].flags &= (uint8_t)~PTT_MEMBER_FRESH;
		if (t->members[slot].handle != 0)
			ptt_tracker_fire_member(step, slot, X_REKEY);
	}
}

/**
 * Durable while another cut-over is under way: the MSK waits for its end, or three MSKs would live.
 */
void ptt_tracker_keep(struct ptt_step *step)
{
	step->t->rekey.staged_durable = true;
}

/* Cutting over */

void ptt_tracker_promote(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;
	struct ptt_tracker_action *act = ptt_tracker_emit(step, PTT_ACT_PROMOTE);

	t->channel.previous = t->channel.current;
	t->channel.current = t->rekey.flight.generation;
	t->rekey.restart = false;
	act->generation = t->channel.current;
	act->reason = ptt_tracker_reason_top(t->rekey.flight.reasons);
	act->at_ms = t->rekey.flight.accepted_ms;
}

/** The deadline of an accepted expulsion has passed, and the channel still uses the old MSK. */
static void silence(struct ptt_step *step)
{
	if (step->t->channel.silent)
		return;
	step->t->channel.silent = true;
	ptt_tracker_emit(step, PTT_ACT_SILENCE)->err = PTT_ERR_SYSTEM;
}

/** Silencing the channel drops the unfinished switch, so ask for a new MTK at once. */
void ptt_tracker_silence_due(struct ptt_step *step)
{
	silence(step);
	step->t->clock.cutover_retry_ms =
		ptt_min_ms(step->t->clock.cutover_retry_ms, step->t->now_ms);
}

static void retire_previous(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;

	if (t->channel.previous != 0)
		ptt_tracker_emit(step, PTT_ACT_RETIRE)->generation = t->channel.previous;
	t->channel.previous = 0;
	t->clock.cutover_retry_ms = PTT_TRACKER_NEVER;
}

static uint64_t after_s(const struct ptt_tracker *t, uint32_t period_s)
{
	return period_s == 0 ? PTT_TRACKER_NEVER : t->now_ms + period_s * 1000ull;
}

void ptt_tracker_done(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;
	struct ptt_tracker_action *act;

	/* A subject expelled meanwhile holds the MSK that is now current: stay silent until the
	 * next cut-over. */
	if (t->channel.silent && !(t->rekey.staged_durable && t->rekey.staged.urgent)) {
		t->channel.silent = false;
		ptt_tracker_emit(step, PTT_ACT_UNSILENCE)->generation = t->channel.current;
	}
	retire_previous(step);
	act = ptt_tracker_emit(step, PTT_ACT_DONE);
	act->generation = t->channel.current;
	act->reason = ptt_tracker_reason_top(t->rekey.flight.reasons);
	t->rekey.flight = (struct ptt_tracker_rekey){.generation = 0};
	t->clock.period_ms = after_s(t, t->policy.period_s);
	t->clock.mtk_ms = after_s(t, t->policy.mtk_period_s);
	t->clock.mtk_join_ms = PTT_TRACKER_NEVER;
	t->clock.mtk_last_ms = t->now_ms;
	if (t->rekey.staged_durable)
		ptt_tracker_fire_channel(step, X_STAGED);
}

void ptt_tracker_cut_failed(struct ptt_step *step)
{
	struct ptt_tracker_action *act = ptt_tracker_emit(step, PTT_ACT_ALARM);

	act->err = step->ev->err;
	act->reason = ptt_tracker_reason_top(step->t->rekey.flight.reasons);
	step->t->clock.cutover_retry_ms = step->t->now_ms + PTT_TRACKER_RETRY_MS;
}

void ptt_tracker_cut_again(struct ptt_step *step)
{
	step->t->clock.cutover_retry_ms = PTT_TRACKER_NEVER;
	ptt_tracker_emit(step, PTT_ACT_NEW_MTK)->generation = step->t->channel.current;
}

/**
 * The cut-over failed and a newer MSK is durable: skip the failed one, under which no MTK is ever
 * made.
 */
void ptt_tracker_skip(struct ptt_step *step)
{
	silence(step);
	retire_previous(step);
	ptt_tracker_fire_channel(step, X_STAGED);
}

/* MTKs */

void ptt_tracker_new_mtk(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;

	if (!ptt_tracker_may_rotate_mtk(t))
		return; /* the cut-over brings a new MTK */
	ptt_tracker_emit(step, PTT_ACT_NEW_MTK)->generation = t->channel.current;
	t->clock.mtk_ms = after_s(t, t->policy.mtk_period_s);
	t->clock.mtk_join_ms = PTT_TRACKER_NEVER;
	t->clock.mtk_last_ms = t->now_ms;
}

/** on_join = mtk: joins in quick succession share one MTK; otherwise the MTK IDs would run out. */
void ptt_tracker_joined(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;

	if (t->policy.on_join != PTT_ON_JOIN_MTK || t->channel.state != C_STABLE)
		return;
	t->clock.mtk_join_ms = t->clock.mtk_last_ms + PTT_TRACKER_MTK_GAP_MS;
}

/* After a restart */

static void resume_members(struct ptt_step *step, unsigned int event)
{
	for (uint32_t slot = 0; slot < step->t->top; slot++)
		if (step->t->members[slot].handle != 0 &&
			step->t->members[slot].answered != ptt_tracker_newest(step->t))
			ptt_tracker_fire_member(step, slot, event);
}

/**
 * After a restart a new MTK comes first on the channel. Before the cut-over of a pending expulsion
 * the channel stays silent.
 */
void ptt_tracker_resume(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;
	const struct ptt_tracker_event *ev = step->ev;
	bool pending = t->channel.state == C_REKEYING;
	bool urgent = pending && ev->reason == PTT_REASON_EXPELLED;

	t->channel.current = ev->generation;
	t->channel.last_generation = ev->newest;
	t->channel.sent_unknown = ev->sent_unknown;
	t->clock.period_ms = after_s(t, t->policy.period_s);
	if (pending) {
		t->rekey.flight.generation = ev->next;
		t->rekey.flight.reasons =
			PTT_REASON_BIT(ev->reason) | PTT_REASON_BIT(PTT_REASON_RESUME);
		t->rekey.flight.urgent = urgent;
		t->rekey.flight.started_ms = t->now_ms;
		t->rekey.flight.deadline_ms =
			ptt_min_ms(ev->at_ms, t->now_ms + t->policy.cutover_ms);
		t->rekey.flight.accepted_ms = urgent ? t->now_ms : 0;
	}
	if (urgent)
		silence(step);
	ptt_tracker_new_mtk(step);
	resume_members(step, pending ? X_REKEY : X_BEHIND);
	if (ptt_tracker_newest(t) <= t->channel.sent_unknown && t->channel.current != 0) {
		step->reason = PTT_REASON_RESUME;
		(pending ? ptt_tracker_restart : ptt_tracker_want)(step);
	}
}

/* What is due */

static bool switch_ready(const struct ptt_tracker *t)
{
	/* A new MSK that is being written will replace this one: wait for it, but not beyond the
	 * deadline. */
	return t->offers.unsettled == 0 && !t->rekey.restart &&
	       !(t->write.state == W_BUSY && t->write.fresh);
}

/** Start early enough for the MKI switch to be reported by the deadline. */
static uint64_t switch_ms(const struct ptt_tracker *t)
{
	uint64_t spare_ms = (t->policy.cutover_ms - t->policy.mtk_lead_ms) / 4;
	uint64_t lead_ms = t->policy.mtk_lead_ms + ptt_min_ms(spare_ms, SWITCH_SPARE_MS);

	return t->rekey.flight.deadline_ms > lead_ms ? t->rekey.flight.deadline_ms - lead_ms : 0;
}

static void poll_write(struct ptt_step *step)
{
	if (step->t->expel.len > 0 || ptt_tracker_wants_fresh(step->t))
		ptt_tracker_fire_writer(step, X_WRITE);
}

static void poll_stable(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;

	if (t->clock.leave_ms <= t->now_ms)
		ptt_tracker_fire_channel(step, X_BATCH);
	if (t->clock.period_ms <= t->now_ms) {
		t->clock.period_ms = PTT_TRACKER_NEVER; /* the end of the re-key arms it again */
		ptt_tracker_fire_channel(step, PTT_EV_PERIOD);
	}
}

/** When to silence a channel that cannot cut over. */
static uint64_t silence_ms(const struct ptt_tracker *t)
{
	uint64_t due_ms = t->rekey.flight.urgent ? t->rekey.flight.deadline_ms : PTT_TRACKER_NEVER;

	if (t->rekey.staged_durable && t->rekey.staged.urgent)
		due_ms = ptt_min_ms(due_ms, t->rekey.staged.deadline_ms);
	return t->channel.silent ? PTT_TRACKER_NEVER : due_ms;
}

static void poll_switching(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;

	if (silence_ms(t) <= t->now_ms)
		ptt_tracker_fire_channel(step, X_SILENCE_DUE);
	if (t->clock.cutover_retry_ms <= t->now_ms)
		ptt_tracker_fire_channel(step, t->rekey.staged_durable ? X_SKIP : X_RETRY_CUTOVER);
}

static void poll_rekeying(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;

	if (switch_ms(t) <= t->now_ms)
		ptt_tracker_fire_channel(step, X_DEADLINE);
	else if (switch_ready(t))
		ptt_tracker_fire_channel(step, X_SETTLED);
}

void ptt_tracker_poll(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;
	enum ptt_state before;

	if (t->channel.state == C_NEW)
		return;
	ptt_tracker_members_due(step);
	if (ptt_min_ms(t->clock.mtk_ms, t->clock.mtk_join_ms) <= t->now_ms)
		ptt_tracker_new_mtk(step);
	do {
		before = t->channel.state;
		if (t->channel.state == C_STABLE)
			poll_stable(step);
		poll_write(step);
		if (t->channel.state == C_REKEYING)
			poll_rekeying(step);
		if (t->channel.state == C_SWITCHING)
			poll_switching(step);
	} while (t->channel.state != before);
	ptt_tracker_members_offer(step);
}

uint64_t ptt_tracker_next_ms(const struct ptt_tracker *t)
{
	uint64_t next = t->wait.len > 0 ? t->wait.heap[0].due_ms : PTT_TRACKER_NEVER;

	if (t->channel.state == C_STABLE)
		next = ptt_min_ms(next, ptt_min_ms(t->clock.leave_ms, t->clock.period_ms));
	if (t->channel.state == C_REKEYING)
		next = ptt_min_ms(next, switch_ms(t));
	if (t->channel.state == C_SWITCHING)
		next = ptt_min_ms(next, ptt_min_ms(t->clock.cutover_retry_ms, silence_ms(t)));
	if (ptt_tracker_may_rotate_mtk(t))
		next = ptt_min_ms(next, ptt_min_ms(t->clock.mtk_ms, t->clock.mtk_join_ms));
	if (t->write.state == W_IDLE && ptt_tracker_wants_key(t))
		next = ptt_min_ms(next, t->write.retry_ms);
	return t->channel.state == C_NEW ? PTT_TRACKER_NEVER : next;
}
