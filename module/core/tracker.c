/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tracker's table, and the step that runs it. A rule: in one of these states, on this event, go
 * to that state and do these things, in order; KEEP stays. Three small machines share the table:
 * the channel (C_), the writer of intents (W_), and each member (M_). IGNORED pairs may happen and
 * change nothing. A pair that no rule mentions is a fault.
 */
#include "module/core/tracker_impl.h"

#include <stdlib.h>
#include <string.h>

#define IN(state)  (1u << (state))
#define KEEP       0xff
#define IGNORE     0xfe
#define RUNNING    (IN(C_STABLE) | IN(C_REKEYING) | IN(C_SWITCHING))
#define WAITING    (IN(M_GLARE) | IN(M_RETRYING))
#define OFFERABLE  (IN(M_IDLE) | IN(M_NEED) | IN(M_UNICAST_ONLY) | WAITING)
#define DEALT_WITH (OFFERABLE | IN(M_BLOCKED) | IN(M_OFFERED))

struct rule {
	uint16_t states;
	uint8_t event, next, reason;
	ptt_tracker_verb *verbs[3];
};

#define RULE(states, event, next, reason, ...) \
	{ \
		states, event, next, PTT_REASON_##reason, \
		{ \
			__VA_ARGS__ \
		} \
	}

#define IGNORED(states, event) RULE(states, event, IGNORE, NONE, NULL)

static const struct rule rules[] = {
	/* A member. The rules of a re-key come first: it runs them for thousands of members. */
	RULE(IN(M_IDLE), X_REKEY, M_NEED, NONE, ptt_tracker_member_await),
	RULE(IN(M_OFFERED), PTT_EV_ANSWERED, M_IDLE, NONE, ptt_tracker_member_answer,
		ptt_tracker_member_catch_up),
	RULE(IN(M_NEED), X_OFFER, M_OFFERED, NONE, ptt_tracker_member_offer),
	RULE(IN(M_IDLE), X_BEHIND, M_NEED, NONE, NULL),
	RULE(IN(M_BLOCKED), X_REKEY, M_NEED, NONE, ptt_tracker_member_await),
	RULE(IN(M_NEED) | IN(M_OFFERED) | WAITING, X_REKEY, KEEP, NONE, ptt_tracker_member_await),
	RULE(IN(M_NONE), PTT_EV_JOIN, M_NEED, NONE, ptt_tracker_member_admit, ptt_tracker_joined),
	RULE(IN(M_NONE), X_JOIN_WITH_KEY, M_OFFERED, NONE, ptt_tracker_member_admit,
		ptt_tracker_member_admit_with_key, ptt_tracker_joined),
	RULE(IN(M_NONE), X_JOIN_BLOCKED, M_BLOCKED, JOIN, ptt_tracker_member_admit,
		ptt_tracker_want),
	RULE(IN(M_NONE), PTT_EV_RESTORE_MEMBER, M_IDLE, NONE, ptt_tracker_member_admit,
		ptt_tracker_member_restore),
	RULE(OFFERABLE | IN(M_BLOCKED), PTT_EV_SENT, M_OFFERED, NONE,
		ptt_tracker_member_admit_with_key),
	RULE(OFFERABLE, PTT_EV_PULL, M_NEED, NONE, ptt_tracker_member_pulled),
	RULE(IN(M_BLOCKED), PTT_EV_PULL, KEEP, NONE, ptt_tracker_member_pulled),
	RULE(IN(M_IDLE), PTT_EV_STALE_ANSWER, KEEP, NONE, ptt_tracker_member_catch_up),
	/* The former process's offer: only a member without one of ours can be behind by it. */
	IGNORED(DEALT_WITH, PTT_EV_STALE_ANSWER),
	RULE(IN(M_OFFERED), PTT_EV_GLARE, M_GLARE, NONE, NULL),
	RULE(IN(M_OFFERED), PTT_EV_UNSENT, M_GLARE, NONE, NULL),
	RULE(IN(M_OFFERED), PTT_EV_REFUSED_KEY, M_NEED, NONE, ptt_tracker_member_try),
	RULE(IN(M_OFFERED), PTT_EV_SERVER_ERROR, M_RETRYING, NONE, ptt_tracker_member_try),
	RULE(IN(M_OFFERED), PTT_EV_UNAVAILABLE, M_RETRYING, NONE, ptt_tracker_member_try),
	RULE(IN(M_OFFERED), PTT_EV_OTHER_FAIL, M_RETRYING, NONE, ptt_tracker_member_try),
	RULE(WAITING, X_DUE, M_NEED, NONE, NULL),
	RULE(DEALT_WITH, X_GIVE_UP, M_NONE, NONE, ptt_tracker_member_bye_failed,
		ptt_tracker_member_forget),
	RULE(DEALT_WITH, PTT_EV_CHANNEL_REFUSED, M_UNICAST_ONLY, NONE, ptt_tracker_member_settle),
	RULE(DEALT_WITH, PTT_EV_LEAVE, M_NONE, NONE, ptt_tracker_member_forget),
	RULE(DEALT_WITH, PTT_EV_GONE, M_NONE, NONE, ptt_tracker_member_forget),
	RULE(IN(M_NEED), X_BLOCK, M_BLOCKED, NONE, NULL),
	RULE(IN(M_BLOCKED), X_UNBLOCK, M_NEED, NONE, NULL),
	RULE(DEALT_WITH, X_EXPELLED, M_NONE, EXPELLED, ptt_tracker_member_bye,
		ptt_tracker_member_forget),
	/* It asks for an MSK itself, by SENT or PULL, when it wants the channel again. */
	IGNORED(IN(M_UNICAST_ONLY), X_REKEY),
	IGNORED(IN(M_UNICAST_ONLY), X_BEHIND),
	/* set_state() turns NEED into BLOCKED while an expulsion is being written. */
	IGNORED(DEALT_WITH, X_BLOCK),
	IGNORED(DEALT_WITH, X_UNBLOCK),

	/* Wanting a new MSK. */
	RULE(IN(C_NEW), X_START, C_STABLE, START, ptt_tracker_resume, ptt_tracker_want),
	RULE(IN(C_NEW), X_RESUME_STABLE, C_STABLE, NONE, ptt_tracker_resume),
	RULE(IN(C_NEW), X_RESUME_PENDING, C_REKEYING, RESUME, ptt_tracker_resume),
	RULE(RUNNING, PTT_EV_EXPEL, KEEP, EXPELLED, ptt_tracker_ask_expel),
	RULE(RUNNING, PTT_EV_ADMIT, KEEP, NONE, ptt_tracker_admit_subject),
	RULE(RUNNING, PTT_EV_PERIOD, KEEP, PERIOD, ptt_tracker_want),
	RULE(RUNNING, PTT_EV_OPERATOR, KEEP, OPERATOR, ptt_tracker_want),
	RULE(RUNNING, PTT_EV_MTK_EXHAUSTED, KEEP, MTK_EXHAUSTED, ptt_tracker_want),
	RULE(RUNNING, PTT_EV_MTK_DUE, KEEP, NONE, ptt_tracker_new_mtk),
	RULE(RUNNING, PTT_EV_DRAIN, KEEP, NONE, ptt_tracker_drain),
	IGNORED(RUNNING, PTT_EV_TIMER), /* the step polls after each event */
	RULE(IN(C_STABLE) | IN(C_SWITCHING), X_LEFT, KEEP, LEAVE, ptt_tracker_want),
	RULE(IN(C_REKEYING), X_LEFT, KEEP, LEAVE, ptt_tracker_restart),
	RULE(IN(C_STABLE), X_BATCH, KEEP, LEAVE, ptt_tracker_batch),

	/* The writer: one intent at a time; what is asked meanwhile is in the next. */
	RULE(IN(W_IDLE), X_WRITE, W_BUSY, NONE, ptt_tracker_write),
	IGNORED(IN(W_BUSY), X_WRITE), /* the poll after the verdict asks again */
	RULE(IN(W_BUSY), PTT_EV_PERSISTED, W_IDLE, NONE, ptt_tracker_accept),
	RULE(IN(W_BUSY), PTT_EV_PERSIST_FAILED, W_IDLE, NONE, ptt_tracker_refuse),

	/* The re-key. */
	RULE(IN(C_STABLE) | IN(C_REKEYING), X_STAGED, C_REKEYING, NONE, ptt_tracker_stage),
	RULE(IN(C_SWITCHING), X_STAGED, KEEP, NONE, ptt_tracker_keep),
	RULE(IN(C_REKEYING), X_SETTLED, C_SWITCHING, NONE, ptt_tracker_promote),
	RULE(IN(C_REKEYING), X_DEADLINE, C_SWITCHING, NONE, ptt_tracker_promote),
	RULE(IN(C_SWITCHING), PTT_EV_CUT_OVER, C_STABLE, NONE, ptt_tracker_done),
	RULE(IN(C_SWITCHING), PTT_EV_CUTOVER_FAILED, KEEP, NONE, ptt_tracker_cut_failed),
	RULE(IN(C_SWITCHING), X_SILENCE_DUE, KEEP, EXPELLED, ptt_tracker_silence_due),
	RULE(IN(C_SWITCHING), X_RETRY_CUTOVER, KEEP, NONE, ptt_tracker_cut_again),
	RULE(IN(C_SWITCHING), X_SKIP, C_STABLE, NONE, ptt_tracker_skip),
};

/* Running the table */

static const struct rule *rule_find(unsigned int event, unsigned int state)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].event == event && (rules[i].states & IN(state)))
			return &rules[i];
	return NULL;
}

static void rule_run(struct ptt_step *step, const struct rule *rule)
{
	for (size_t i = 0; i < 3 && rule->verbs[i]; i++) {
		step->reason = (enum ptt_rekey_reason)rule->reason;
		rule->verbs[i](step);
	}
}

/** No rule mentions the pair. */
static void fault(
	const struct ptt_tracker *t, enum ptt_state state, unsigned int event, uint32_t member)
{
	const struct ptt_tracker_fault fault = {.machine = ptt_tracker_machine_str(state),
		.state = ptt_tracker_state_str(state),
		.event = ptt_tracker_word_of(event),
		.member = member};

	if (t->fault)
		t->fault(t->fault_ctx, &fault);
}

/** The rule to run, or NULL: none is needed, or the pair is a fault. */
static const struct rule *rule_for(
	const struct ptt_tracker *t, enum ptt_state state, unsigned int event, uint32_t member)
{
	const struct rule *rule = rule_find(event, state);

	if (!rule)
		fault(t, state, event, member);
	return rule && rule->next != IGNORE ? rule : NULL;
}

/** The reasons of the re-key that a group's event is about. */
static uint32_t reasons_of(const struct ptt_tracker *t, unsigned int event)
{
	bool of_write = event == PTT_EV_PERSISTED || event == PTT_EV_PERSIST_FAILED;

	if (event == X_STAGED || (of_write && t->write.fresh))
		return t->rekey.staged.reasons;
	if (of_write)
		return t->write.len > 0 ? PTT_REASON_BIT(PTT_REASON_EXPELLED) : 0;
	return t->rekey.flight.reasons;
}

/** The rule's own reason, or that of the re-key concerned. */
static uint8_t reason_of(const struct rule *rule, uint32_t reasons)
{
	return rule->reason != PTT_REASON_NONE ? rule->reason
					       : (uint8_t)ptt_tracker_reason_top(reasons);
}

/** A member's change of state, before the rule's verbs run. */
static void mark_member(struct ptt_step *step, enum ptt_state former, const struct rule *rule)
{
	struct ptt_tracker *t = step->t;
	const struct ptt_tracker_member *mem = &t->members[step->slot];
	struct ptt_tracker_mark mark = {.state = (uint8_t)former,
		.event = rule->event,
		.next = mem->state,
		.reason = reason_of(rule, t->rekey.flight.reasons),
		.member = mem->handle,
		.subject = t->subjects[mem->subject].handle,
		.generation = former == M_OFFERED ? mem->offered : ptt_tracker_newest(t)};

	if (mark.state != mark.next)
		ptt_tracker_mark(t, &mark);
}

void ptt_tracker_fire_member(struct ptt_step *step, uint32_t slot, unsigned int event)
{
	const struct ptt_tracker_member *mem = &step->t->members[slot];
	enum ptt_state former = (enum ptt_state)mem->state;
	const struct rule *rule = rule_for(step->t, former, event, mem->handle);
	uint32_t outer = step->slot;

	if (!rule)
		return;
	step->slot = slot;
	if (rule->next != KEEP)
		ptt_tracker_member_set_state(step, (enum ptt_state)rule->next);
	mark_member(step, former, rule);
	rule_run(step, rule);
	step->slot = outer;
}

/** The MSK that an event of the channel or of the writer is about; X_WRITE chooses it later. */
static uint32_t generation_of(
	const struct ptt_tracker *t, const struct ptt_tracker_event *ev, unsigned int event)
{
	if (event == X_STAGED)
		return t->rekey.staged.generation;
	if (ev->kind == PTT_EV_RESUME && t->channel.state == C_NEW)
		return ev->next > ev->generation ? ev->next : ev->generation;
	return t->write.state == W_BUSY && event == (unsigned int)ev->kind &&
			       ptt_tracker_event_in(ev, PTT_EV_WRITE_FIRST, PTT_EV_WRITE_LAST)
		       ? t->write.generation
		       : ptt_tracker_newest(t);
}

static void fire(struct ptt_step *step, enum ptt_state *state, unsigned int event)
{
	struct ptt_tracker *t = step->t;
	const struct rule *rule = rule_for(t, *state, event, PTT_HANDLE_NONE);
	struct ptt_tracker_mark mark = {.state = (uint8_t)*state, .event = (uint8_t)event};

	if (!rule)
		return;
	mark.generation = generation_of(t, step->ev, event);
	mark.reason = reason_of(rule, reasons_of(t, event));
	if (rule->next != KEEP)
		*state = (enum ptt_state)rule->next;
	mark.next = (uint8_t)*state;
	ptt_tracker_mark(t, &mark);
	rule_run(step, rule);
}

void ptt_tracker_fire_channel(struct ptt_step *step, unsigned int event)
{
	fire(step, &step->t->channel.state, event);
}

void ptt_tracker_fire_writer(struct ptt_step *step, unsigned int event)
{
	fire(step, &step->t->write.state, event);
}

struct ptt_tracker_action *ptt_tracker_emit(
	struct ptt_step *step, enum ptt_tracker_action_kind kind)
{
	struct ptt_tracker_action *act = &step->out->list[step->out->len++];

	*act = (struct ptt_tracker_action){.kind = kind};
	return act;
}

/* Refusals come before any change */

static enum ptt_err check_carried(const struct ptt_tracker *t, const struct ptt_tracker_event *ev,
	uint32_t subject, bool joining)
{
	if (ev->generation != 0 &&
		ev->generation != ptt_tracker_msk_for_answer(t, subject, joining))
		return PTT_ERR_MISMATCH;
	return PTT_OK;
}

static enum ptt_err expels_reserve(struct ptt_tracker *t)
{
	uint32_t size = t->expel.size == 0 ? 16 : t->expel.size * 2;
	uint32_t *grown;

	if (t->expel.len < t->expel.size)
		return PTT_OK;
	grown = realloc(t->expel.list, size * sizeof(*grown));
	if (!grown)
		return PTT_ERR_SYSTEM;
	t->expel.list = grown;
	t->expel.size = size;
	return PTT_OK;
}

static enum ptt_err check_restore(struct ptt_tracker *t, const struct ptt_tracker_event *ev)
{
	if (t->channel.state != C_NEW)
		return PTT_ERR_MISMATCH;
	if (ev->kind == PTT_EV_RESUME)
		return ev->newest >= ev->generation && ev->newest >= ev->next ? PTT_OK
									      : PTT_ERR_MISMATCH;
	return ev->subject == PTT_HANDLE_NONE ? PTT_ERR_NO_KEY
					      : ptt_tracker_subject_reserve(t, ev->subject);
}

static enum ptt_err check_join(struct ptt_tracker *t, const struct ptt_tracker_event *ev)
{
	const struct ptt_tracker_subject *sub;

	if (ev->member == PTT_HANDLE_NONE || ev->subject == PTT_HANDLE_NONE)
		return PTT_ERR_NO_KEY;
	PTT_TRY(ptt_tracker_subject_reserve(t, ev->subject));
	sub = ptt_tracker_subject_find(t, ev->subject);
	if (ev->kind == PTT_EV_JOIN && sub->flags != 0)
		return PTT_ERR_AUTH;
	if (ev->kind == PTT_EV_JOIN)
		PTT_TRY(check_carried(t, ev, ev->subject, true));
	return ptt_tracker_member_reserve(t, ev->member);
}

static enum ptt_err check_member(struct ptt_tracker *t, const struct ptt_tracker_event *ev)
{
	uint32_t slot = ptt_handle_index(ev->member);
	const struct ptt_tracker_member *mem = &t->members[slot];
	bool carries = ev->kind == PTT_EV_SENT || ev->kind == PTT_EV_PULL;

	if (ev->member == PTT_HANDLE_NONE || slot >= t->top || mem->handle != ev->member)
		return PTT_ERR_NO_KEY;
	if (carries && mem->state == M_OFFERED)
		return PTT_ERR_BUSY;
	if (carries)
		PTT_TRY(check_carried(t, ev, t->subjects[mem->subject].handle, false));
	if (ev->kind == PTT_EV_SENT && ev->generation == 0)
		return PTT_ERR_MISMATCH;
	if (ev->kind == PTT_EV_ANSWERED && ev->generation != mem->offered)
		return PTT_ERR_MISMATCH;
	if (!rule_find(ev->kind, mem->state)) {
		fault(t, (enum ptt_state)mem->state, ev->kind, ev->member);
		return PTT_ERR_MISMATCH;
	}
	return ptt_tracker_wait_reserve(t); /* one step makes at most one member wait */
}

static enum ptt_err check_group(struct ptt_tracker *t, const struct ptt_tracker_event *ev)
{
	const struct ptt_tracker_subject *sub = ptt_tracker_subject_find(t, ev->subject);
	bool report = ev->kind == PTT_EV_PERSISTED || ev->kind == PTT_EV_PERSIST_FAILED;

	if (report && (t->write.state != W_BUSY || ev->generation != t->write.generation))
		return PTT_ERR_NO_KEY;
	if ((ev->kind == PTT_EV_CUT_OVER || ev->kind == PTT_EV_CUTOVER_FAILED) &&
		(t->channel.state != C_SWITCHING || ev->generation != t->channel.current))
		return PTT_ERR_NO_KEY;
	if (ev->kind == PTT_EV_ADMIT && sub && (sub->flags & PTT_SUBJECT_EXPELLING))
		return PTT_ERR_BUSY;
	if (ev->kind == PTT_EV_EXPEL) {
		if (ev->subject == PTT_HANDLE_NONE)
			return PTT_ERR_NO_KEY;
		PTT_TRY(ptt_tracker_subject_reserve(t, ev->subject));
		PTT_TRY(expels_reserve(t));
	}
	return PTT_OK;
}

static bool is_restore(const struct ptt_tracker_event *ev)
{
	return ptt_tracker_event_in(ev, PTT_EV_RESTORE_FIRST, PTT_EV_RESTORE_LAST);
}

static bool adds_member(const struct ptt_tracker_event *ev)
{
	return ev->kind == PTT_EV_JOIN || ev->kind == PTT_EV_RESTORE_MEMBER;
}

static bool is_of_member(const struct ptt_tracker_event *ev)
{
	return ptt_tracker_event_in(ev, PTT_EV_MEMBER_FIRST, PTT_EV_MEMBER_LAST);
}

static enum ptt_err check(struct ptt_tracker *t, const struct ptt_tracker_event *ev)
{
	if (is_restore(ev))
		PTT_TRY(check_restore(t, ev));
	else if (t->channel.state == C_NEW && ev->kind != PTT_EV_CHANNEL_REFUSED)
		return PTT_ERR_MISMATCH;
	if (adds_member(ev))
		return check_join(t, ev);
	if (is_of_member(ev))
		return check_member(t, ev);
	return is_restore(ev) ? PTT_OK : check_group(t, ev);
}

/** Reserves room for all actions of one step, so that no verb can fail half-way. */
static enum ptt_err actions_reserve(struct ptt_tracker_actions *out, const struct ptt_tracker *t,
	const struct ptt_tracker_event *ev)
{
	size_t need = 32 + t->offers.window + 3 * ((size_t)t->expel.len + 1);
	struct ptt_tracker_action *grown;

	if (ev->kind == PTT_EV_PERSISTED)
		for (uint32_t i = 0; i < t->write.len; i++)
			for (uint32_t m = t->subjects[t->expel.list[i]].first; m != PTT_NO_SLOT;
				m = t->members[m].sibling)
				need++;
	out->len = 0;
	if (need <= out->size)
		return PTT_OK;
	grown = realloc(out->list, need * sizeof(*grown));
	if (!grown)
		return PTT_ERR_SYSTEM;
	out->list = grown;
	out->size = need;
	return PTT_OK;
}

/* The step */

static void step_join(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;
	const struct ptt_tracker_event *ev = step->ev;
	uint32_t slot = ptt_handle_index(ev->member);
	unsigned int event = (unsigned int)ev->kind;

	t->members[slot].handle = ev->member;
	t->members[slot].subject = ptt_handle_index(ev->subject);
	if (ev->kind == PTT_EV_JOIN && ev->generation != 0)
		event = X_JOIN_WITH_KEY;
	else if (ev->kind == PTT_EV_JOIN && t->policy.on_join == PTT_ON_JOIN_MSK &&
		 t->channel.current != 0 && t->channel.state != C_REKEYING)
		event = X_JOIN_BLOCKED;
	ptt_tracker_fire_member(step, slot, event);
	/* The former process died before it sent the BYE of this expulsion. */
	if (ptt_tracker_subject_find(t, ev->subject)->flags & PTT_SUBJECT_BANNED)
		ptt_tracker_fire_member(step, slot, X_EXPELLED);
}

static void step_member(struct ptt_step *step)
{
	const struct ptt_tracker_event *ev = step->ev;
	uint64_t now_ms = step->t->now_ms, latest_ms = now_ms + PTT_TRACKER_RETRY_AFTER_MS;
	unsigned int event = (unsigned int)ev->kind;

	if (ev->kind == PTT_EV_PULL && ev->generation != 0)
		event = PTT_EV_SENT;
	step->due_ms = ev->at_ms < now_ms ? now_ms : ev->at_ms;
	if (ev->kind == PTT_EV_SERVER_ERROR || ev->kind == PTT_EV_OTHER_FAIL)
		step->due_ms = now_ms + PTT_TRACKER_BACKOFF_MS;
	else if (step->due_ms > latest_ms)
		step->due_ms = latest_ms;
	ptt_tracker_fire_member(step, ptt_handle_index(ev->member), event);
}

static void step_restore(struct ptt_step *step)
{
	const struct ptt_tracker_event *ev = step->ev;
	struct ptt_tracker_subject *sub = ptt_tracker_subject_find(step->t, ev->subject);
	bool pending = ev->next > ev->generation; /* else the DONE is newer than the intent's row */

	if (ev->kind == PTT_EV_RESTORE_BAN)
		sub->flags |= PTT_SUBJECT_BANNED;
	else if (ev->kind == PTT_EV_RESTORE_SENT)
		ptt_tracker_subject_mark_sent(step->t, sub, ev->generation);
	else if (pending)
		ptt_tracker_fire_channel(step, X_RESUME_PENDING);
	else
		ptt_tracker_fire_channel(step, ev->generation == 0 ? X_START : X_RESUME_STABLE);
}

enum ptt_err ptt_tracker_step(struct ptt_tracker *t, const struct ptt_tracker_event *ev,
	uint64_t now_ms, struct ptt_tracker_actions *out)
{
	struct ptt_step step = {.t = t, .ev = ev, .out = out, .slot = PTT_NO_SLOT};

	PTT_TRY(actions_reserve(out, t, ev));
	PTT_TRY(check(t, ev));
	if (now_ms > t->now_ms)
		t->now_ms = now_ms;
	if (adds_member(ev))
		step_join(&step);
	else if (is_restore(ev))
		step_restore(&step);
	else if (is_of_member(ev))
		step_member(&step);
	else if (ptt_tracker_event_in(ev, PTT_EV_WRITE_FIRST, PTT_EV_WRITE_LAST))
		ptt_tracker_fire_writer(&step, (unsigned int)ev->kind);
	else
		ptt_tracker_fire_channel(&step, (unsigned int)ev->kind);
	ptt_tracker_poll(&step);
	return PTT_OK;
}
