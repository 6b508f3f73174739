/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/prop_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect(struct world *w, bool holds, const char *what)
{
	if (!holds && w->broken == NULL)
		w->broken = what;
}

static struct world_member *member_at(struct world *w, uint32_t handle)
{
	for (size_t i = 0; i < WORLD_MEMBERS; i++)
		if (handle != 0 && w->members[i].handle == handle)
			return &w->members[i];
	return NULL;
}

static uint32_t subject_at(const struct world *w, uint32_t handle)
{
	for (uint32_t i = 0; i < WORLD_SUBJECTS; i++)
		if (w->subjects[i].handle == handle)
			return i;
	return 0;
}

static uint32_t newest_key(const struct world *w)
{
	return w->next != 0 ? w->next : w->current;
}

/** I8, and the reason for a re-key: an expelled one who holds this MSK can read what goes under it.
 */
static bool adversary_reads(const struct world *w, uint32_t generation)
{
	for (size_t i = 0; i < WORLD_SUBJECTS; i++)
		if (generation != 0 && w->subjects[i].expelled && w->subjects[i].ever[generation])
			return true;
	return false;
}

static void key_sent(struct world *w, struct world_member *mem, uint32_t generation)
{
	const struct world_subject *sub = &w->subjects[mem->subject];

	expect(w, generation < WORLD_GENERATIONS && w->durable[generation],
		"I3: key sent before durable");
	expect(w, !sub->expelled && !sub->asked, "I6: key sent to an expelled subject");
	expect(w, mem->outstanding == 0, "second offer while one is outstanding");
	expect(w, generation == newest_key(w), "6.5: key sent is not the newest");
	mem->outstanding = generation;
	w->subjects[mem->subject].ever[generation] = true;
}

/* Actions */

static void on_new_msk(struct world *w, const struct ptt_tracker_action *act)
{
	bool cause = w->next == 0 || w->leaver_held_next;

	for (size_t i = 0; i < WORLD_SUBJECTS; i++)
		cause = cause || (w->subjects[i].asked && w->subjects[i].ever[w->next]);
	expect(w, act->generation == w->newest + 1, "I2: generation re-used or gone back");
	expect(w, cause, "6.5: restart though nobody outside was offered the MSK in flight");
	w->newest = w->staged = act->generation;
}

static void on_stage(struct world *w, const struct ptt_tracker_action *act)
{
	expect(w, w->durable[act->generation] && act->generation == w->staged,
		"STAGE before durable");
	/* A cut-over that failed is given up, in silence, when a newer MSK is there. */
	w->switching = w->switching && !w->silent;
	expect(w, !w->switching && w->previous == 0, "more than two MSKs live");
	w->next = act->generation;
	w->staged = 0;
	w->leaver_held_next = false;
}

static void on_promote(struct world *w, const struct ptt_tracker_action *act)
{
	expect(w, act->generation == w->next && !w->switching, "PROMOTE of what is not next");
	expect(w, !w->promoted[act->generation], "promoted twice");
	expect(w, !adversary_reads(w, act->generation),
		"I8: PROMOTE of an MSK an expelled one holds");
	w->promoted[act->generation] = true;
	w->previous = w->current;
	w->current = act->generation;
	w->next = 0;
	w->switching = true;
}

static void forget(struct world *w, struct world_member *mem)
{
	uint32_t subject = mem->subject;
	bool departed = true;

	ptt_roster_leave(w->roster, mem->handle);
	*mem = (struct world_member){.handle = 0};
	for (size_t i = 0; i < WORLD_MEMBERS; i++)
		departed =
			departed && (w->members[i].handle == 0 || w->members[i].subject != subject);
	if (departed && w->policy.on_leave == PTT_ON_LEAVE_ALWAYS && w->next != 0)
		w->leaver_held_next = w->leaver_held_next || w->subjects[subject].ever[w->next];
}

static void on_bye(struct world *w, const struct ptt_tracker_action *act)
{
	struct world_member *mem = member_at(w, act->member);

	expect(w, mem != NULL, "BYE to nobody");
	if (mem == NULL)
		return;
	if (act->cause == PTT_BYE_EXPELLED)
		expect(w, w->subjects[mem->subject].expelled, "BYE expelled to one who is not");
	else
		expect(w, mem->failures > w->policy.retries, "BYE before the retries are used up");
	forget(w, mem);
}

static void on_verdict(struct world *w, const struct ptt_tracker_action *act, bool accepted)
{
	struct world_subject *sub = &w->subjects[subject_at(w, act->subject)];

	expect(w, sub->asked || sub->expelled, "verdict nobody asked for");
	expect(w, !accepted || w->disk_bans[subject_at(w, act->subject)],
		"accepted before durable");
	sub->asked = false;
	if (accepted && !sub->expelled) {
		sub->expelled = true;
		sub->accepted_ms = w->now_ms;
		ptt_roster_set_ban(w->roster, sub->handle, true);
	}
}

static void on_done(struct world *w, const struct ptt_tracker_action *act)
{
	expect(w, act->generation == w->current && w->air == w->current,
		"DONE before the cut-over");
	w->disk_current = act->generation;
	if (w->disk_intent.generation == act->generation)
		w->disk_intent = (struct ptt_tracker_action){.generation = 0};
}

static void on_persist(struct world *w, const struct ptt_tracker_action *act)
{
	expect(w, !w->writing, "two writes at once");
	w->write = *act;
	w->writing = true;
}

static void execute(struct world *w, const struct ptt_tracker_action *act)
{
	struct world_member *mem = member_at(w, act->member);

	switch (act->kind) {
	case PTT_ACT_NEW_MSK:
		on_new_msk(w, act);
		break;
	case PTT_ACT_BAN:
		w->write_bans[subject_at(w, act->subject)] = true;
		break;
	case PTT_ACT_PERSIST:
		on_persist(w, act);
		break;
	case PTT_ACT_DROP:
		expect(w, w->staged == act->generation, "DROP of what is not staged");
		w->staged = 0;
		break;
	case PTT_ACT_EXPEL_ACCEPTED:
	case PTT_ACT_EXPEL_REFUSED:
		on_verdict(w, act, act->kind == PTT_ACT_EXPEL_ACCEPTED);
		break;
	case PTT_ACT_BYE:
		on_bye(w, act);
		break;
	case PTT_ACT_STAGE:
		on_stage(w, act);
		break;
	case PTT_ACT_OFFER:
		expect(w, mem != NULL, "OFFER to somebody outside the roster");
		if (mem != NULL)
			key_sent(w, mem, act->generation);
		break;
	case PTT_ACT_PROMOTE:
		on_promote(w, act);
		break;
	case PTT_ACT_SILENCE:
		w->silent = true;
		break;
	case PTT_ACT_UNSILENCE:
		expect(w, !adversary_reads(w, act->generation), "I1: UNSILENCE under a lost MSK");
		w->silent = false;
		break;
	case PTT_ACT_RETIRE:
		expect(w, act->generation == w->previous, "RETIRE of what is not previous");
		w->previous = 0;
		break;
	case PTT_ACT_DONE:
		on_done(w, act);
		break;
	case PTT_ACT_NEW_MTK:
		expect(w, act->generation == w->current, "NEW_MTK under what is not current");
		expect(w, !adversary_reads(w, act->generation),
			"I8: MTK under an MSK an expelled one holds");
		if (!w->switching)
			w->air = w->current;
		break;
	case PTT_ACT_ALARM:
		break;
	}
}

/* The world as a whole, after each event */

static void check(struct world *w)
{
	uint32_t in_flight = 0;

	for (size_t i = 0; i < WORLD_MEMBERS; i++) {
		const struct world_member *mem = &w->members[i];

		if (mem->handle == 0)
			continue;
		in_flight += mem->outstanding != 0;
		expect(w, !w->subjects[mem->subject].expelled, "expelled, and no BYE");
		if (ptt_tracker_member_generation(w->tracker, mem->handle) != 0)
			expect(w,
				ptt_tracker_member_generation(w->tracker, mem->handle) ==
					mem->answered,
				"I4: current without having answered");
	}
	expect(w, in_flight == ptt_tracker_status(w->tracker).in_flight, "in flight miscounted");
	for (size_t i = 0; i < WORLD_SUBJECTS; i++) {
		const struct world_subject *sub = &w->subjects[i];

		if (sub->expelled && !w->silent &&
			w->now_ms >= sub->accepted_ms + w->policy.cutover_ms)
			expect(w, w->air == 0 || !sub->ever[w->air],
				"I1: audible after cutover_ms");
	}
	if (ptt_tracker_may_rotate_mtk(w->tracker))
		expect(w, !adversary_reads(w, w->current),
			"I8: MTK may rotate before the cut-over");
	expect(w, ptt_tracker_newest(w->tracker) == newest_key(w), "newest MSK differs");
	expect(w, ptt_tracker_current(w->tracker) == w->current, "current MSK differs");
}

static void trace(const struct world *w, const struct ptt_tracker_event *ev, enum ptt_err err)
{
	printf("  %6llu %-15s m=%x s=%x g=%u%s\n", (unsigned long long)w->now_ms,
		ptt_tracker_event_str(ev->kind), ev->member, ev->subject, ev->generation,
		err == PTT_OK ? "" : " REFUSED");
	for (size_t i = 0; i < w->actions.len; i++) {
		const struct ptt_tracker_action *act = &w->actions.list[i];

		printf("           -> %-14s m=%x s=%x g=%u %s at %llu\n",
			ptt_tracker_action_str(act->kind), act->member, act->subject,
			act->generation, ptt_rekey_reason_str(act->reason),
			(unsigned long long)act->at_ms);
	}
}

bool world_feed(struct world *w, struct ptt_tracker_event ev)
{
	enum ptt_err err = ptt_tracker_step(w->tracker, &ev, w->now_ms, &w->actions);

	if (w->trace)
		trace(w, &ev, err);
	expect(w, err == PTT_OK || w->actions.len == 0, "actions of a refused event");
	for (size_t i = 0; i < w->actions.len; i++)
		execute(w, &w->actions.list[i]);
	if (!w->restoring)
		check(w);
	return err == PTT_OK;
}

static void feed_ok(struct world *w, struct ptt_tracker_event ev)
{
	expect(w, world_feed(w, ev), ptt_tracker_event_str(ev.kind));
}

/* What can happen */

void world_join(struct world *w, uint32_t subject, bool carried)
{
	struct world_subject *sub = &w->subjects[subject];
	struct ptt_tracker_event ev = {.kind = PTT_EV_JOIN, .subject = sub->handle};
	struct world_member *mem = NULL;

	for (size_t i = 0; i < WORLD_MEMBERS && mem == NULL; i++)
		if (w->members[i].handle == 0)
			mem = &w->members[i];
	if (mem == NULL || sub->expelled || sub->asked ||
		ptt_roster_join(&ev.member, w->roster, sub->handle, mem) != PTT_OK)
		return;
	ev.generation = carried ? ptt_tracker_carry(w->tracker, sub->handle, true) : 0;
	*mem = (struct world_member){.handle = ev.member, .subject = subject};
	if (ev.generation != 0)
		key_sent(w, mem, ev.generation);
	if (w->policy.on_join == PTT_ON_JOIN_MSK && ev.generation != 0)
		expect(w, w->next != 0, "on_join = msk: joiner given the old MSK");
	feed_ok(w, ev);
}

void world_pull(struct world *w, uint32_t member, bool carried)
{
	struct world_member *mem = &w->members[member];
	struct ptt_tracker_event ev = {.kind = PTT_EV_PULL, .member = mem->handle};

	if (mem->handle == 0)
		return;
	if (carried)
		ev.generation =
			ptt_tracker_carry(w->tracker, w->subjects[mem->subject].handle, false);
	if (mem->outstanding != 0) {
		expect(w, !world_feed(w, ev), "pull taken with an offer outstanding");
		return;
	}
	mem->mute = false;
	if (ev.generation != 0)
		key_sent(w, mem, ev.generation);
	feed_ok(w, ev);
}

void world_answer(
	struct world *w, uint32_t member, enum ptt_tracker_event_kind kind, uint64_t wait_ms)
{
	struct world_member *mem = &w->members[member];
	struct ptt_tracker_event ev = {
		.kind = kind, .member = mem->handle, .at_ms = w->now_ms + wait_ms};
	bool leaves = kind == PTT_EV_GONE || kind == PTT_EV_LEAVE;
	bool any_time = leaves || kind == PTT_EV_CHANNEL_REFUSED || kind == PTT_EV_STALE_ANSWER;

	if (mem->handle == 0 || (mem->outstanding == 0 && !any_time))
		return;
	ev.generation = kind == PTT_EV_ANSWERED ? mem->outstanding : 0;
	if (leaves) {
		forget(w, mem);
	} else if (kind != PTT_EV_STALE_ANSWER) {
		mem->outstanding = 0;
		mem->mute = mem->mute || kind == PTT_EV_CHANNEL_REFUSED;
		mem->failures += kind != PTT_EV_GLARE && kind != PTT_EV_UNSENT;
	}
	if (kind == PTT_EV_ANSWERED) {
		mem->answered = ev.generation;
		mem->failures = 0;
	}
	feed_ok(w, ev);
}

void world_expel(struct world *w, uint32_t subject)
{
	w->subjects[subject].asked = true;
	feed_ok(w, (struct ptt_tracker_event){
			   .kind = PTT_EV_EXPEL, .subject = w->subjects[subject].handle});
}

void world_admit(struct world *w, uint32_t subject)
{
	struct world_subject *sub = &w->subjects[subject];

	if (!sub->expelled || sub->asked)
		return;
	sub->expelled = w->disk_bans[subject] = false;
	ptt_roster_set_ban(w->roster, sub->handle, false);
	feed_ok(w, (struct ptt_tracker_event){.kind = PTT_EV_ADMIT, .subject = sub->handle});
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
	feed_ok(w, ev);
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
		w->air = w->current;
	}
	feed_ok(w, ev);
}

void world_advance(struct world *w, uint64_t ms)
{
	uint64_t until = w->now_ms + ms;

	for (unsigned int turns = 0; ptt_tracker_next_ms(w->tracker) <= until; turns++) {
		uint64_t next = ptt_tracker_next_ms(w->tracker);

		if (next > w->now_ms)
			w->now_ms = next;
		feed_ok(w, (struct ptt_tracker_event){.kind = PTT_EV_TIMER});
		expect(w, ptt_tracker_next_ms(w->tracker) > w->now_ms,
			"timer does not come to rest");
		if (w->broken != NULL || turns > 10000)
			return;
	}
	w->now_ms = until;
	check(w);
}

/* Restart */

static void restore_members(struct world *w, bool answers_kept)
{
	for (size_t i = 0; i < WORLD_MEMBERS; i++) {
		struct world_member *mem = &w->members[i];
		struct ptt_tracker_event ev = {.kind = PTT_EV_RESTORE_MEMBER,
			.member = mem->handle,
			.subject = w->subjects[mem->subject].handle};
		bool live = mem->answered != 0 && mem->answered == newest_key(w);

		if (mem->handle == 0)
			continue;
		mem->outstanding = mem->failures = 0;
		ev.generation = answers_kept && live ? mem->answered : 0;
		feed_ok(w, ev);
		ev = (struct ptt_tracker_event){
			.kind = PTT_EV_CHANNEL_REFUSED, .member = mem->handle};
		if (mem->mute && mem->handle != 0)
			feed_ok(w, ev);
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
			feed_ok(w, ev);
		ev.kind = PTT_EV_RESTORE_SENT;
		for (size_t k = 0; k < 2; k++) {
			ev.generation = live[k];
			if (live[k] != 0 && sub->ever[live[k]])
				feed_ok(w, ev);
		}
	}
}

void world_restart(struct world *w, bool write_landed, bool same_boot, bool answers_kept)
{
	struct ptt_tracker_event ev = {.kind = PTT_EV_RESUME};

	if (w->writing && write_landed)
		write_lands(w);
	memset(w->write_bans, 0, sizeof(w->write_bans));
	w->writing = w->switching = w->silent = w->leaver_held_next = false;
	w->staged = w->previous = w->air = 0;
	w->current = w->disk_current;
	w->next = w->disk_intent.generation > w->current ? w->disk_intent.generation : 0;
	w->newest = w->disk_newest;
	w->promoted[w->next] = false; /* that cut-over was not recorded: it is made once more */
	ptt_tracker_free(w->tracker);
	w->tracker = NULL;
	if (ptt_tracker_new(&w->tracker, &w->policy) != PTT_OK)
		abort();
	ptt_tracker_set_window(w->tracker, w->window);
	w->restoring = true;
	restore_subjects(w);
	restore_members(w, answers_kept);
	w->restoring = false;
	ev.generation = w->current;
	ev.next = w->disk_intent.generation;
	ev.newest = w->newest;
	ev.reason = w->disk_intent.reason;
	ev.at_ms = same_boot ? w->disk_intent.at_ms : w->now_ms;
	feed_ok(w, ev);
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
	for (unsigned int turn = 0; turn < 400 && w->broken == NULL && !settled(w); turn++) {
		world_persisted(w, true);
		for (uint32_t i = 0; i < WORLD_MEMBERS; i++)
			world_answer(w, i, PTT_EV_ANSWERED, 0);
		world_cut_over(w, true);
		world_advance(w, turn < 20 ? 0 : 300);
	}
	expect(w, settled(w), "I5: a live member did not become current");
	for (size_t i = 0; i < WORLD_SUBJECTS; i++) {
		expect(w, !w->subjects[i].asked, "a command was never answered");
		expect(w, !w->subjects[i].expelled || !w->subjects[i].ever[w->current],
			"I6: inside");
	}
}

bool world_init(struct world *w, const struct ptt_policy *policy, uint32_t window)
{
	static const char *const names[WORLD_SUBJECTS] = {"a@x", "b@x", "c@x", "d@x", "e@x"};
	struct ptt_tracker_actions actions = w->actions;

	*w = (struct world){.policy = *policy, .window = window, .now_ms = 1000, .trace = w->trace};
	w->actions = actions;
	if (ptt_roster_new(&w->roster, 0) != PTT_OK ||
		ptt_tracker_new(&w->tracker, policy) != PTT_OK)
		return false;
	ptt_tracker_set_window(w->tracker, window);
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
