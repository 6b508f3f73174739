/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/core/prop_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** A pair of state and event that no rule of the tracker mentions. */
static void on_fault(void *ctx, const struct ptt_tracker_fault *fault)
{
	struct world *w = ctx;

	if (w->trace)
		printf("          !! %s %s: %s\n", fault->machine, fault->state, fault->event);
	world_expect(w, false, "a fault: no rule for this state and event");
}

static bool tracker_new(struct world *w)
{
	if (ptt_tracker_new(&w->tracker, &w->policy) != PTT_OK)
		return false;
	ptt_tracker_set_fault(w->tracker, on_fault, w);
	ptt_tracker_set_window(w->tracker, w->window);
	return true;
}

/* What can happen */

void world_join(struct world *w, uint32_t subject, bool carried)
{
	struct world_subject *sub = &w->subjects[subject];
	struct ptt_tracker_event ev = {.kind = PTT_EV_JOIN, .subject = sub->handle};
	struct world_member *mem = NULL;

	for (size_t i = 0; i < WORLD_MEMBERS && !mem; i++)
		if (w->members[i].handle == 0)
			mem = &w->members[i];
	if (!mem || sub->expelled || sub->asked || w->draining ||
		ptt_roster_join(&ev.member, w->roster, sub->handle, mem) != PTT_OK)
		return;
	ev.generation = carried ? ptt_tracker_msk_for_answer(w->tracker, sub->handle, true) : 0;
	*mem = (struct world_member){.handle = ev.member, .subject = subject};
	if (ev.generation != 0)
		world_key_sent(w, mem, ev.generation);
	if (w->policy.on_join == PTT_ON_JOIN_MSK && ev.generation != 0)
		world_expect(w, w->next != 0, "on_join = msk: joiner given the old MSK");
	world_feed_ok(w, ev);
}

void world_pull(struct world *w, uint32_t member, bool carried)
{
	struct world_member *mem = &w->members[member];
	struct ptt_tracker_event ev = {.kind = PTT_EV_PULL, .member = mem->handle};

	if (mem->handle == 0)
		return;
	if (carried)
		ev.generation = ptt_tracker_msk_for_answer(
			w->tracker, w->subjects[mem->subject].handle, false);
	if (mem->outstanding != 0) {
		world_expect(w, !world_feed(w, ev), "pull taken with an offer outstanding");
		return;
	}
	mem->mute = false;
	if (ev.generation != 0)
		world_key_sent(w, mem, ev.generation);
	world_feed_ok(w, ev);
}

void world_answer(
	struct world *w, uint32_t member, enum ptt_tracker_event_kind kind, uint64_t wait_ms)
{
	struct world_member *mem = &w->members[member];
	struct ptt_tracker_event ev = {
		.kind = kind, .member = mem->handle, .at_ms = w->now_ms + wait_ms};
	bool leaves = kind == PTT_EV_GONE || kind == PTT_EV_LEAVE;
	bool any_time = leaves || kind == PTT_EV_CHANNEL_REFUSED || kind == PTT_EV_STALE_ANSWER;
	bool counted = kind == PTT_EV_REFUSED_KEY || kind == PTT_EV_SERVER_ERROR ||
		       kind == PTT_EV_UNAVAILABLE || kind == PTT_EV_OTHER_FAIL;

	if (mem->handle == 0 || (mem->outstanding == 0 && !any_time))
		return;
	ev.generation = kind == PTT_EV_ANSWERED ? mem->outstanding : 0;
	if (leaves) {
		world_forget(w, mem);
	} else if (kind != PTT_EV_STALE_ANSWER) {
		mem->outstanding = 0;
		mem->mute = mem->mute || kind == PTT_EV_CHANNEL_REFUSED;
		mem->failures += counted;
	}
	if (kind == PTT_EV_ANSWERED) {
		mem->answered = ev.generation;
		mem->failures = 0;
	}
	world_feed_ok(w, ev);
	if (counted && mem->handle == ev.member)
		world_expect(w, mem->failures <= w->policy.retries, "retried too often");
}

void world_expel(struct world *w, uint32_t subject)
{
	w->subjects[subject].asked = true;
	world_feed_ok(w, (struct ptt_tracker_event){
				 .kind = PTT_EV_EXPEL, .subject = w->subjects[subject].handle});
}

void world_admit(struct world *w, uint32_t subject)
{
	struct world_subject *sub = &w->subjects[subject];

	if (!sub->expelled || sub->asked)
		return;
	sub->expelled = w->disk_bans[subject] = false;
	ptt_roster_set_ban(w->roster, sub->handle, false);
	world_feed_ok(w, (struct ptt_tracker_event){.kind = PTT_EV_ADMIT, .subject = sub->handle});
}

static void write_lands(struct world *w)
{
	for (size_t i = 0; i < WORLD_SUBJECTS; i++)
		w->disk_bans[i] = w->disk_bans[i] || w->write_bans[i];
	if (w->write.generation == 0)
		return;
	w->durable[w->write.generation] = true;
	w->disk_intent = w->write;
	if (w->write.generation > w->disk_newest)
		w->disk_newest = w->write.generation;
}

void world_persisted(struct world *w, bool ok)
{
	struct ptt_tracker_event ev = {.kind = ok ? PTT_EV_PERSISTED : PTT_EV_PERSIST_FAILED,
		.generation = w->write.generation,
		.err = ok ? PTT_OK : PTT_ERR_SYSTEM};

	if (!w->writing)
		return;
	if (ok)
		write_lands(w);
	w->writing = false;
	memset(w->write_bans, 0, sizeof(w->write_bans));
	world_feed_ok(w, ev);
}

void world_cut_over(struct world *w, bool ok)
{
	struct ptt_tracker_event ev = {.kind = ok ? PTT_EV_CUT_OVER : PTT_EV_CUTOVER_FAILED,
		.generation = w->current,
		.err = ok ? PTT_OK : PTT_ERR_SYSTEM};

	if (!w->switching)
		return;
	if (ok) {
		w->switching = false;
		world_air(w, w->current);
	}
	world_feed_ok(w, ev);
}

void world_advance(struct world *w, uint64_t ms)
{
	uint64_t until = w->now_ms + ms;

	for (unsigned int turns = 0; ptt_tracker_next_ms(w->tracker) <= until; turns++) {
		uint64_t next = ptt_tracker_next_ms(w->tracker);

		if (next > w->now_ms)
			w->now_ms = next;
		world_feed_ok(w, (struct ptt_tracker_event){.kind = PTT_EV_TIMER});
		world_expect(w, ptt_tracker_next_ms(w->tracker) > w->now_ms,
			"timer does not come to rest");
		if (w->broken || turns > 10000)
			return;
	}
	w->now_ms = until;
	world_check(w);
}

void world_reload(struct world *w, uint32_t choice)
{
	w->policy.on_leave = (enum ptt_on_leave)(choice % 3);
	w->policy.on_join = (enum ptt_on_join)(choice / 3 % 3);
	w->policy.retries = choice / 9 % 3;
	w->policy.period_s = choice / 27 % 2 * 2;
	w->policy.mtk_period_s = choice / 54 % 2;
	ptt_tracker_set_policy(w->tracker, &w->policy, w->now_ms);
	world_feed_ok(w, (struct ptt_tracker_event){.kind = PTT_EV_TIMER});
}

void world_drain(struct world *w)
{
	w->draining = true;
	world_feed_ok(w, (struct ptt_tracker_event){.kind = PTT_EV_DRAIN});
}

/* Restart */

static void restore_members(struct world *w, bool answers_kept)
{
	for (size_t i = 0; i < WORLD_MEMBERS; i++) {
		struct world_member *mem = &w->members[i];
		struct ptt_tracker_event ev = {.kind = PTT_EV_RESTORE_MEMBER,
			.member = mem->handle,
			.subject = w->subjects[mem->subject].handle};
		bool live = mem->answered != 0 && mem->answered == world_newest_key(w);

		if (mem->handle == 0)
			continue;
		mem->outstanding = mem->failures = 0;
		ev.generation = answers_kept && live ? mem->answered : 0;
		world_feed_ok(w, ev);
		ev = (struct ptt_tracker_event){
			.kind = PTT_EV_CHANNEL_REFUSED, .member = mem->handle};
		if (mem->mute && mem->handle != 0)
			world_feed_ok(w, ev);
	}
}

static void restore_subjects(struct world *w)
{
	for (size_t i = 0; i < WORLD_SUBJECTS; i++) {
		struct world_subject *sub = &w->subjects[i];
		uint32_t live[2] = {w->current, w->next};
		struct ptt_tracker_event ev = {.kind = PTT_EV_RESTORE_BAN, .subject = sub->handle};

		sub->asked = false;
		if (w->disk_bans[i] && !sub->expelled) {
			sub->expelled = true;
			sub->accepted_ms = w->now_ms;
		}
		ptt_roster_set_ban(w->roster, sub->handle, w->disk_bans[i]);
		if (w->disk_bans[i])
			world_feed_ok(w, ev);
		ev.kind = PTT_EV_RESTORE_SENT;
		for (size_t k = 0; k < 2; k++) {
			ev.generation = live[k];
			if (live[k] > w->sent_unknown && sub->ever[live[k]])
				world_feed_ok(w, ev);
		}
	}
}

void world_restart(struct world *w, bool write_landed, bool same_boot, bool answers_kept)
{
	struct ptt_tracker_event ev = {.kind = PTT_EV_RESUME};

	if (w->writing && write_landed)
		write_lands(w);
	memset(w->write_bans, 0, sizeof(w->write_bans));
	w->writing = w->switching = w->silent = w->leaver_held_next = w->draining = false;
	w->staged = w->previous = w->air = 0;
	w->current = w->disk_current;
	w->next = w->disk_intent.generation > w->current ? w->disk_intent.generation : 0;
	w->newest = w->disk_newest;
	if (!same_boot) /* a loss of power lost every "sent to" of the live MSKs */
		w->sent_unknown = w->next != 0 ? w->next : w->current;
	w->promoted[w->next] = false; /* the store has no record of that cut-over: it comes again */
	ptt_tracker_free(w->tracker);
	w->tracker = NULL;
	if (!tracker_new(w))
		abort();
	w->restoring = true;
	restore_subjects(w);
	restore_members(w, answers_kept);
	w->restoring = false;
	ev.generation = w->current;
	ev.next = w->disk_intent.generation;
	ev.newest = w->newest;
	ev.sent_unknown = w->sent_unknown;
	ev.reason = w->disk_intent.reason;
	ev.at_ms = same_boot ? w->disk_intent.at_ms : w->now_ms;
	world_feed_ok(w, ev);
}

/* The end */

static bool settled(const struct world *w)
{
	if (!ptt_tracker_is_idle(w->tracker) || w->silent)
		return false;
	for (size_t i = 0; i < WORLD_MEMBERS; i++)
		if (w->members[i].handle != 0 && !w->members[i].mute &&
			w->members[i].answered != w->current)
			return false;
	return true;
}

void world_settle(struct world *w)
{
	if (w->draining)
		world_restart(w, true, true, true);
	for (unsigned int turn = 0; turn < 400 && !w->broken && !settled(w); turn++) {
		world_persisted(w, true);
		for (uint32_t i = 0; i < WORLD_MEMBERS; i++)
			world_answer(w, i, PTT_EV_ANSWERED, 0);
		world_cut_over(w, true);
		world_advance(w, turn < 20 ? 0 : 300);
	}
	world_expect(w, settled(w), "I5: a live member did not become current");
	for (size_t i = 0; i < WORLD_SUBJECTS; i++) {
		world_expect(w, !w->subjects[i].asked, "a command was never answered");
		world_expect(w, !w->subjects[i].expelled || !w->subjects[i].ever[w->current],
			"I6: inside");
	}
}

bool world_init(struct world *w, const struct ptt_policy *policy, uint32_t window)
{
	static const char *const names[WORLD_SUBJECTS] = {"a@x", "b@x", "c@x", "d@x", "e@x"};
	struct ptt_tracker_actions actions = w->actions;

	*w = (struct world){.policy = *policy, .window = window, .now_ms = 1000, .trace = w->trace};
	w->actions = actions;
	if (ptt_roster_new(&w->roster, 0) != PTT_OK || !tracker_new(w))
		return false;
	for (size_t i = 0; i < WORLD_SUBJECTS; i++)
		if (ptt_roster_subject(&w->subjects[i].handle, w->roster, names[i]) != PTT_OK)
			return false;
	return world_feed(w, (struct ptt_tracker_event){.kind = PTT_EV_RESUME});
}

void world_wipe(struct world *w)
{
	ptt_tracker_free(w->tracker);
	ptt_roster_free(w->roster);
	w->tracker = NULL;
	w->roster = NULL;
}
