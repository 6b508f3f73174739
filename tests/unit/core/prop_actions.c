/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/core/prop_world.h"

#include <inttypes.h>
#include <stdio.h>

void world_expect(struct world *w, bool holds, const char *what)
{
	if (!holds && !w->broken)
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

uint32_t world_newest_key(const struct world *w)
{
	return w->next != 0 ? w->next : w->current;
}

/** I8, and the reason for a re-key: an expelled subject that holds this MSK reads what it protects.
 */
static bool adversary_reads(const struct world *w, uint32_t generation)
{
	for (size_t i = 0; i < WORLD_SUBJECTS; i++)
		if (generation != 0 && w->subjects[i].expelled && w->subjects[i].ever[generation])
			return true;
	return false;
}

void world_key_sent(struct world *w, struct world_member *mem, uint32_t generation)
{
	const struct world_subject *sub = &w->subjects[mem->subject];

	world_expect(w, generation < WORLD_GENERATIONS && w->durable[generation],
		"I3: key sent before durable");
	world_expect(w, !sub->expelled && !sub->asked, "I6: key sent to an expelled subject");
	world_expect(w, mem->outstanding == 0, "second offer while one is outstanding");
	world_expect(w, generation == world_newest_key(w), "6.5: key sent is not the newest");
	world_expect(
		w, generation >= mem->used, "I7: key sent is older than one the member has used");
	mem->outstanding = generation;
	w->subjects[mem->subject].ever[generation] = true;
}

/**
 * The MTK in use is now one under this MSK. Members that hold it, and have used no newer one,
 * follow.
 */
void world_air(struct world *w, uint32_t generation)
{
	w->air = generation;
	for (size_t i = 0; i < WORLD_MEMBERS; i++) {
		struct world_member *mem = &w->members[i];

		if (mem->answered == generation && generation > mem->used)
			mem->used = generation;
	}
}

/* Actions */

static void on_new_msk(struct world *w, const struct ptt_tracker_action *act)
{
	bool cause = w->next <= w->sent_unknown || w->leaver_held_next; /* 0: none is in flight */

	for (size_t i = 0; i < WORLD_SUBJECTS; i++)
		cause = cause || (w->subjects[i].asked && w->subjects[i].ever[w->next]);
	world_expect(w, act->generation == w->newest + 1, "I2: generation re-used or gone back");
	world_expect(w, cause, "6.5: restart though only members were offered the MSK in flight");
	w->newest = w->staged = act->generation;
}

static void on_stage(struct world *w, const struct ptt_tracker_action *act)
{
	world_expect(w, w->durable[act->generation] && act->generation == w->staged,
		"STAGE before durable");
	/* A newer MSK replaces a failed cut-over, while the channel is silent. */
	w->switching = w->switching && !w->silent;
	world_expect(w, !w->switching && w->previous == 0, "more than two MSKs live");
	w->next = act->generation;
	w->staged = 0;
	w->leaver_held_next = false;
}

static void on_promote(struct world *w, const struct ptt_tracker_action *act)
{
	world_expect(w, act->generation == w->next && !w->switching, "PROMOTE of what is not next");
	world_expect(w, !w->promoted[act->generation], "I3: promoted twice");
	world_expect(w, !adversary_reads(w, act->generation),
		"I8: PROMOTE of an MSK an expelled one holds");
	w->promoted[act->generation] = true;
	w->previous = w->current;
	w->current = act->generation;
	w->next = 0;
	w->switching = true;
}

/** on_leave = always: a leaver that holds the MSK in flight is a reason to replace that MSK. */
static void departed(struct world *w, uint32_t subject)
{
	for (size_t i = 0; i < WORLD_MEMBERS; i++)
		if (w->members[i].handle != 0 && w->members[i].subject == subject)
			return;
	if (w->policy.on_leave == PTT_ON_LEAVE_ALWAYS && w->next != 0)
		w->leaver_held_next = w->leaver_held_next || w->subjects[subject].ever[w->next];
}

void world_forget(struct world *w, struct world_member *mem)
{
	uint32_t subject = mem->subject;

	ptt_roster_leave(w->roster, mem->handle);
	*mem = (struct world_member){.handle = 0};
	departed(w, subject);
}

static void on_bye(struct world *w, const struct ptt_tracker_action *act)
{
	struct world_member *mem = member_at(w, act->member);

	world_expect(w, mem != NULL, "BYE to an unknown member");
	if (!mem)
		return;
	if (act->cause == PTT_BYE_EXPELLED)
		world_expect(w, w->subjects[mem->subject].expelled,
			"BYE expelled to a member that is not");
	else
		world_expect(
			w, mem->failures > w->policy.retries, "BYE before the retries are used up");
	world_forget(w, mem);
}

static void on_verdict(struct world *w, const struct ptt_tracker_action *act, bool accepted)
{
	struct world_subject *sub = &w->subjects[subject_at(w, act->subject)];

	world_expect(w, sub->asked || sub->expelled, "verdict without a command");
	world_expect(w, !accepted || w->disk_bans[subject_at(w, act->subject)],
		"accepted before durable");
	sub->asked = false;
	if (!accepted)
		departed(w,
			/* it left while its expulsion was undecided; the present policy counts */
			subject_at(w, act->subject));
	if (accepted && !sub->expelled) {
		sub->expelled = true;
		sub->accepted_ms = w->now_ms;
		ptt_roster_set_ban(w->roster, sub->handle, true);
	}
}

static void on_done(struct world *w, const struct ptt_tracker_action *act)
{
	world_expect(w, act->generation == w->current && w->air == w->current,
		"DONE before the cut-over");
	w->disk_current = act->generation;
	if (w->disk_intent.generation == act->generation)
		w->disk_intent = (struct ptt_tracker_action){.generation = 0};
}

static void on_persist(struct world *w, const struct ptt_tracker_action *act)
{
	world_expect(w, !w->writing, "two writes at once");
	w->write = *act;
	w->writing = true;
}

static void on_new_mtk(struct world *w, const struct ptt_tracker_action *act)
{
	world_expect(w, act->generation == w->current, "NEW_MTK under what is not current");
	world_expect(w, !adversary_reads(w, act->generation),
		"I8: MTK under an MSK an expelled one holds");
	if (!w->switching)
		world_air(w, w->current);
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
		world_expect(w, w->staged == act->generation, "DROP of what is not staged");
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
		world_expect(w, mem != NULL, "OFFER to a member outside the roster");
		if (mem)
			world_key_sent(w, mem, act->generation);
		break;
	case PTT_ACT_PROMOTE:
		on_promote(w, act);
		break;
	case PTT_ACT_SILENCE:
		w->silent = true;
		break;
	case PTT_ACT_UNSILENCE:
		world_expect(
			w, !adversary_reads(w, act->generation), "I1: UNSILENCE under a lost MSK");
		w->silent = false;
		break;
	case PTT_ACT_RETIRE:
		world_expect(w, act->generation == w->previous, "RETIRE of what is not previous");
		w->previous = 0;
		break;
	case PTT_ACT_DONE:
		on_done(w, act);
		break;
	case PTT_ACT_NEW_MTK:
		on_new_mtk(w, act);
		break;
	case PTT_ACT_ALARM:
		break;
	}
}

/* The world as a whole, after each event */

void world_check(struct world *w)
{
	uint32_t in_flight = 0;

	for (size_t i = 0; i < WORLD_MEMBERS; i++) {
		const struct world_member *mem = &w->members[i];

		if (mem->handle == 0)
			continue;
		in_flight += mem->outstanding != 0;
		world_expect(w, !w->subjects[mem->subject].expelled, "expelled, and no BYE");
		if (ptt_tracker_member_generation(w->tracker, mem->handle) != 0)
			world_expect(w,
				ptt_tracker_member_generation(w->tracker, mem->handle) ==
					mem->answered,
				"I4: current without having answered");
	}
	world_expect(
		w, in_flight == ptt_tracker_status(w->tracker).in_flight, "in flight miscounted");
	for (size_t i = 0; i < WORLD_SUBJECTS; i++) {
		const struct world_subject *sub = &w->subjects[i];

		if (sub->expelled && !w->silent &&
			w->now_ms >= sub->accepted_ms + w->policy.cutover_ms)
			world_expect(w, w->air == 0 || !sub->ever[w->air],
				"I1: audible after cutover_ms");
	}
	if (ptt_tracker_may_rotate_mtk(w->tracker))
		world_expect(w, !adversary_reads(w, w->current),
			"I8: MTK may rotate before the cut-over");
	world_expect(
		w, ptt_tracker_newest(w->tracker) == world_newest_key(w), "newest MSK differs");
	world_expect(w, ptt_tracker_current(w->tracker) == w->current, "current MSK differs");
}

/* The play: a line for each event and each action. Members are m1, m2 ..., subjects a to e. */

static void trace_who(const struct world *w, uint32_t member, uint32_t subject)
{
	if (member != 0)
		printf(" m%u", ptt_handle_index(member));
	if (subject != 0)
		printf(" %c", (int)('a' + subject_at(w, subject)));
}

static void trace_action(const struct world *w, const struct ptt_tracker_action *act)
{
	printf("          -> %s", ptt_tracker_action_str(act->kind));
	trace_who(w, act->member, act->subject);
	if (act->generation != 0)
		printf(" g%u", act->generation);
	if (act->reason != PTT_REASON_NONE)
		printf(" (%s)", ptt_rekey_reason_str(act->reason));
	if (act->cause != PTT_BYE_NONE)
		printf(" (%s)", act->cause == PTT_BYE_EXPELLED ? "expelled" : "failed");
	if (act->at_ms != 0)
		printf(" at %" PRIu64 " ms", act->at_ms);
	printf("\n");
}

static void trace(const struct world *w, const struct ptt_tracker_event *ev, enum ptt_err err)
{
	printf("  %6" PRIu64 " %s", w->now_ms, ptt_tracker_event_str(ev->kind));
	trace_who(w, ev->member, ev->subject);
	if (ev->generation != 0)
		printf(" g%u", ev->generation);
	printf("%s\n", err == PTT_OK ? "" : " REFUSED");
	for (size_t i = 0; i < w->actions.len; i++)
		trace_action(w, &w->actions.list[i]);
}

bool world_feed(struct world *w, struct ptt_tracker_event ev)
{
	enum ptt_err err = ptt_tracker_step(w->tracker, &ev, w->now_ms, &w->actions);

	if (w->trace)
		trace(w, &ev, err);
	world_expect(w, err == PTT_OK || w->actions.len == 0, "actions of a refused event");
	for (size_t i = 0; i < w->actions.len; i++)
		execute(w, &w->actions.list[i]);
	if (!w->restoring)
		world_check(w);
	return err == PTT_OK;
}

void world_feed_ok(struct world *w, struct ptt_tracker_event ev)
{
	world_expect(w, world_feed(w, ev), ptt_tracker_event_str(ev.kind));
}
