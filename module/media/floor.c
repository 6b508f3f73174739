/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/media/floor.h"

#include <string.h>

#include "module/media/floor_table.h"
#include "module/rtp/tbcp.h"

const struct ptt_floor_policy ptt_floor_policy_default = {
	.max_burst_ms = 30000,
	.quiet_ms = 4000,
	.talk_end_ms = 600,
	.late_ms = 500,
	.grace_ms = 1000,
	.retry_ms = 3000,
	.idle_again_ms = 250,
	.revoke_again_ms = 400,
	.grant_again_ms = 500,
	.repeats = 3,
	.queue_max = 8,
};

void ptt_floor_init(struct ptt_floor *floor, const struct ptt_floor_policy *policy)
{
	memset(floor, 0, sizeof(*floor));
	floor->again_ms = INT64_MAX;
	ptt_floor_set_policy(floor, policy);
}

void ptt_floor_set_policy(struct ptt_floor *floor, const struct ptt_floor_policy *policy)
{
	floor->policy = *policy;
	if (floor->policy.queue_max > PTT_FLOOR_QUEUE_MAX)
		floor->policy.queue_max = PTT_FLOOR_QUEUE_MAX;
}

/* ---- judging: which input of the table an event is ---- */

static bool is_holder(const struct ptt_floor *floor, const struct ptt_floor_member *member)
{
	return floor->holder && floor->holder == member;
}

static bool is_alone(const struct ptt_floor *floor)
{
	return floor->members < 2 && !floor->policy.alone;
}

static enum input end_input(const struct ptt_floor *floor)
{
	return floor->queue.first ? IN_END_NEXT : IN_END;
}

static uint8_t asked_priority(const struct ptt_floor_event *event)
{
	uint8_t most = event->member->priority > 0 ? event->member->priority : 1;
	uint8_t asked = event->priority > 0 ? event->priority : 1;

	return asked < most ? asked : most;
}

static enum input judge_request(
	const struct ptt_floor *floor, const struct ptt_floor_event *event, int64_t now_ms)
{
	const struct ptt_floor_member *member = event->member;

	if (is_holder(floor, member))
		return IN_ASK_HOLDER;
	if (member->listen_only)
		return IN_ASK_LISTENER;
	if (is_alone(floor))
		return IN_ASK_ALONE;
	if (now_ms < member->retry_at_ms)
		return IN_ASK_EARLY;
	if (floor->closed && !member->waiting)
		return IN_ASK_CLOSED;
	if (floor->state == PTT_FLOOR_TAKEN && asked_priority(event) >= PTT_FLOOR_PREEMPT &&
		floor->holder->asked < PTT_FLOOR_PREEMPT)
		return IN_ASK_PREEMPT;
	if (member->waiting || (member->queuing && floor->queue.count < floor->policy.queue_max))
		return IN_ASK_QUEUE;
	return IN_ASK;
}

static enum input judge_media(
	const struct ptt_floor *floor, const struct ptt_floor_member *member, int64_t now_ms)
{
	if (is_holder(floor, member))
		return IN_NOTHING;
	if (member->tbcp)
		return now_ms < member->late_until_ms || now_ms < member->warn_at_ms
			       ? IN_NOTHING
			       : IN_TALK_WRONG;
	if (member->listen_only || is_alone(floor) || now_ms < member->retry_at_ms)
		return IN_NOTHING;
	return IN_TALK;
}

/* Are packets up to the holder's last one still to come? */
static bool is_behind(const struct ptt_floor *floor, const struct ptt_floor_event *event)
{
	return event->seq_known &&
	       (!floor->heard || (int16_t)(uint16_t)(event->seq - floor->seq) > 0);
}

static enum input judge_release(const struct ptt_floor *floor, const struct ptt_floor_event *event)
{
	if (!is_holder(floor, event->member))
		return IN_NOTHING;
	return floor->state == PTT_FLOOR_ENDING || is_behind(floor, event) ? IN_RELEASE
									   : end_input(floor);
}

static int64_t quiet_ms(const struct ptt_floor *floor)
{
	return floor->media_ms +
	       (floor->by_talking ? floor->policy.talk_end_ms : floor->policy.quiet_ms);
}

static enum input judge_timer(const struct ptt_floor *floor, int64_t now_ms)
{
	if (floor->state == PTT_FLOOR_TAKEN && now_ms >= quiet_ms(floor))
		return end_input(floor);
	if (floor->state == PTT_FLOOR_TAKEN &&
		now_ms >= floor->taken_ms + floor->policy.max_burst_ms)
		return IN_TOO_LONG;
	if (floor->state >= PTT_FLOOR_ENDING && now_ms >= floor->end_ms)
		return end_input(floor);
	return now_ms >= floor->again_ms ? IN_AGAIN : IN_NOTHING;
}

enum input ptt_floor_judge(
	const struct ptt_floor *floor, const struct ptt_floor_event *event, int64_t now_ms)
{
	bool holder = is_holder(floor, event->member);

	switch (event->type) {
	case PTT_FLOOR_REQUEST:
		return judge_request(floor, event, now_ms);
	case PTT_FLOOR_RELEASE:
		return judge_release(floor, event);
	case PTT_FLOOR_MEDIA:
		return judge_media(floor, event->member, now_ms);
	case PTT_FLOOR_LEAVE:
		if (holder)
			return end_input(floor);
		return floor->holder && is_alone(floor) ? IN_LONELY : IN_NOTHING;
	case PTT_FLOOR_RIGHTS:
		return holder && event->member->listen_only ? IN_NO_RIGHT : IN_NOTHING;
	case PTT_FLOOR_TICK:
		return judge_timer(floor, now_ms);
	default:
		return IN_NOTHING;
	}
}

/* ---- doing: the actions of a cell ---- */

static struct ptt_floor_act *push(
	struct ptt_floor_out *out, enum ptt_floor_do what, struct ptt_floor_member *member)
{
	struct ptt_floor_act *act = &out->act[out->count++];

	*act = (struct ptt_floor_act){.what = what, .member = member};
	return act;
}

static uint16_t deny_reason(const struct ptt_floor *floor, enum input input)
{
	switch (input) {
	case IN_ASK_LISTENER:
		return PTT_TBCP_DENY_LISTEN_ONLY;
	case IN_ASK_ALONE:
		return PTT_TBCP_DENY_ONLY_ONE;
	case IN_ASK_EARLY:
		return PTT_TBCP_DENY_RETRY_AFTER;
	case IN_ASK_CLOSED:
		return PTT_TBCP_DENY_INTERNAL;
	case IN_ASK_HOLDER:
		return floor->why == PTT_TBCP_REVOKE_TOO_LONG ? PTT_TBCP_DENY_RETRY_AFTER
							      : PTT_TBCP_DENY_OTHER_TALKS;
	default:
		return PTT_TBCP_DENY_OTHER_TALKS;
	}
}

static uint16_t revoke_reason(enum input input)
{
	switch (input) {
	case IN_TOO_LONG:
		return PTT_TBCP_REVOKE_TOO_LONG;
	case IN_LONELY:
		return PTT_TBCP_REVOKE_ONLY_ONE;
	case IN_ASK_PREEMPT:
		return PTT_TBCP_REVOKE_PREEMPTED;
	default:
		return PTT_TBCP_REVOKE_NO_PERMISSION;
	}
}

static void push_revoke(struct ptt_floor *floor, struct ptt_floor_out *out)
{
	push(out, PTT_FLOOR_DO_REVOKE, floor->holder)->reason = floor->why;
}

static void begin(struct ptt_floor *floor, struct ptt_floor_out *out,
	struct ptt_floor_member *member, int64_t now_ms)
{
	(void)ptt_floor_queue_drop(&floor->queue, member);
	floor->holder = member;
	floor->taken_ms = floor->media_ms = now_ms;
	floor->heard = false;
	floor->by_talking = !member->tbcp;
	floor->again_ms = INT64_MAX;
	if (!floor->by_talking) {
		push(out, PTT_FLOOR_DO_GRANT, member);
		floor->again_ms = now_ms + floor->policy.grant_again_ms;
		floor->repeats = floor->policy.repeats;
	}
	push(out, PTT_FLOOR_DO_BEGIN, member);
}

static void end(struct ptt_floor *floor, struct ptt_floor_out *out, int64_t now_ms)
{
	struct ptt_floor_member *former = floor->holder;

	if (floor->why == PTT_TBCP_REVOKE_TOO_LONG)
		former->retry_at_ms = now_ms + floor->policy.retry_ms;
	former->late_until_ms = now_ms + floor->policy.late_ms;
	push(out, PTT_FLOOR_DO_END, former);
	floor->holder = NULL;
	floor->why = 0;
	floor->again_ms = now_ms + floor->policy.idle_again_ms;
	floor->repeats = floor->policy.repeats;
}

static void again(struct ptt_floor *floor, int64_t now_ms)
{
	uint32_t gap_ms = floor->state == PTT_FLOOR_IDLE ? floor->policy.idle_again_ms
							 : floor->policy.grant_again_ms;

	if (floor->state == PTT_FLOOR_REVOKED) /* T3 bounds these repeats */
		floor->again_ms = now_ms + floor->policy.revoke_again_ms;
	else
		floor->again_ms = --floor->repeats > 0 ? now_ms + gap_ms : INT64_MAX;
}

/* Repeats Granted or Revoke to the holder: T20, T8, or a repeated Request. */
static void say_again(struct ptt_floor *floor, struct ptt_floor_out *out)
{
	if (floor->state == PTT_FLOOR_REVOKED)
		push_revoke(floor, out);
	else
		push(out, PTT_FLOOR_DO_GRANT, floor->holder);
	out->act[out->count - 1].again = true;
}

static void start_revoke(
	struct ptt_floor *floor, struct ptt_floor_out *out, enum input input, int64_t now_ms)
{
	floor->why = revoke_reason(input);
	floor->end_ms = now_ms + floor->policy.grace_ms;
	floor->again_ms = now_ms + floor->policy.revoke_again_ms;
	push_revoke(floor, out);
}

static void warn(struct ptt_floor *floor, struct ptt_floor_out *out,
	struct ptt_floor_member *member, int64_t now_ms)
{
	member->warn_at_ms = now_ms + floor->policy.revoke_again_ms;
	push(out, PTT_FLOOR_DO_REVOKE, member)->reason = PTT_TBCP_REVOKE_NO_PERMISSION;
}

static void drain(struct ptt_floor *floor, uint16_t last_seq, int64_t now_ms)
{
	floor->last_seq = last_seq;
	floor->end_ms = now_ms + floor->policy.late_ms;
	floor->again_ms = INT64_MAX;
}

static void apply(struct ptt_floor *floor, struct ptt_floor_out *out,
	const struct ptt_floor_event *event, enum input input, int64_t now_ms)
{
	const struct ptt_floor_cell *cell = &ptt_floor_table[floor->state][input];

	if (cell->todo & DENY)
		push(out, PTT_FLOOR_DO_DENY, event->member)->reason = deny_reason(floor, input);
	if (cell->todo & LINE)
		ptt_floor_queue_put(
			&floor->queue, event->member, asked_priority(event), event->timestamp);
	if (cell->todo & REVOKE)
		start_revoke(floor, out, input, now_ms);
	if (cell->todo & WARN)
		warn(floor, out, event->member, now_ms);
	if (cell->todo & DRAIN)
		drain(floor, event->seq, now_ms);
	if (cell->todo & END)
		end(floor, out, now_ms);
	if (cell->todo & GRANT)
		event->member->asked = asked_priority(event);
	if (cell->todo & (GRANT | NEXT))
		begin(floor, out, cell->todo & GRANT ? event->member : floor->queue.first, now_ms);
	if (cell->todo & SAY_AGAIN)
		say_again(floor, out);
	if (cell->todo & TELL)
		push(out, PTT_FLOOR_DO_TELL, floor->holder);
	if (input == IN_AGAIN)
		again(floor, now_ms);
	floor->state = cell->next;
}

/* ---- the effects of an event that do not depend on the state ---- */

static void deny_waiting(
	struct ptt_floor *floor, struct ptt_floor_out *out, struct ptt_floor_member *member)
{
	uint16_t reason = member->listen_only ? PTT_TBCP_DENY_LISTEN_ONLY : PTT_TBCP_DENY_ONLY_ONE;

	if (ptt_floor_queue_drop(&floor->queue, member))
		push(out, PTT_FLOOR_DO_DENY, member)->reason = reason;
}

static void leave(
	struct ptt_floor *floor, struct ptt_floor_out *out, struct ptt_floor_member *member)
{
	(void)ptt_floor_queue_drop(&floor->queue, member);
	floor->members--;
	if (is_alone(floor) && floor->queue.first)
		deny_waiting(floor, out, floor->queue.first); /* the only participant */
}

static void hear(struct ptt_floor *floor, uint16_t seq, int64_t now_ms)
{
	if (!floor->heard || (int16_t)(uint16_t)(seq - floor->seq) > 0)
		floor->seq = seq;
	floor->heard = true;
	floor->media_ms = now_ms;
	if (floor->state == PTT_FLOOR_TAKEN)
		floor->again_ms = INT64_MAX; /* RTP proves that Granted arrived */
	if (floor->state == PTT_FLOOR_ENDING && (int16_t)(uint16_t)(floor->last_seq - seq) <= 0)
		floor->end_ms = now_ms; /* at the next tick, so that this packet is still relayed */
}

static void note(struct ptt_floor *floor, struct ptt_floor_out *out,
	const struct ptt_floor_event *event, int64_t now_ms)
{
	bool holder = is_holder(floor, event->member);

	if (event->type == PTT_FLOOR_JOIN)
		floor->members++;
	else if (event->type == PTT_FLOOR_LEAVE)
		leave(floor, out, event->member);
	else if (event->type == PTT_FLOOR_RIGHTS && event->member->listen_only)
		deny_waiting(floor, out, event->member);
	else if (event->type == PTT_FLOOR_RELEASE)
		(void)ptt_floor_queue_drop(&floor->queue, event->member);
	else if (event->type == PTT_FLOOR_ACK && holder)
		floor->again_ms = INT64_MAX;
	else if (event->type == PTT_FLOOR_MEDIA && holder)
		hear(floor, event->seq, now_ms);
	else if (event->type == PTT_FLOOR_REQUEST && holder && floor->state == PTT_FLOOR_ENDING)
		apply(floor, out, event, end_input(floor),
			now_ms); /* the Request is for another burst */
}

/* Answers that no cell gives: the state after a Release, the position where it changed. */
static void answer(struct ptt_floor *floor, struct ptt_floor_out *out,
	const struct ptt_floor_event *event, struct ptt_floor_member *former)
{
	uint16_t position = 1;

	if (former && former != floor->holder && event->type != PTT_FLOOR_LEAVE)
		push(out, PTT_FLOOR_DO_STATE, former);
	else if (event->type == PTT_FLOOR_RELEASE && event->member != floor->holder)
		push(out, PTT_FLOOR_DO_STATE, event->member);
	if (event->type == PTT_FLOOR_QUERY && !event->member->waiting)
		push(out, PTT_FLOOR_DO_QUEUE, event->member);
	else if (event->type == PTT_FLOOR_QUERY)
		event->member->position_sent = 0;
	for (struct ptt_floor_member *m = floor->queue.first; m; m = m->next, position++) {
		if (m->position_sent != position && m->queuing)
			push(out, PTT_FLOOR_DO_QUEUE, m)->position = position;
		m->position_sent = position;
	}
}

void ptt_floor_step(struct ptt_floor *floor, struct ptt_floor_out *out,
	const struct ptt_floor_event *event, int64_t now_ms)
{
	struct ptt_floor_member *former = floor->holder;
	enum input input;

	out->count = 0;
	note(floor, out, event, now_ms);
	input = ptt_floor_judge(floor, event, now_ms);
	if (input != IN_NOTHING)
		apply(floor, out, event, input, now_ms);
	answer(floor, out, event, former);
}

bool ptt_floor_may_talk(
	const struct ptt_floor *floor, const struct ptt_floor_member *member, uint16_t seq)
{
	return is_holder(floor, member) && (floor->state != PTT_FLOOR_ENDING ||
						   (int16_t)(uint16_t)(floor->last_seq - seq) >= 0);
}

int64_t ptt_floor_due_ms(const struct ptt_floor *floor)
{
	int64_t due_ms = floor->again_ms;

	if (floor->state >= PTT_FLOOR_ENDING && floor->end_ms < due_ms)
		due_ms = floor->end_ms;
	if (floor->state != PTT_FLOOR_TAKEN)
		return due_ms;
	if (quiet_ms(floor) < due_ms)
		due_ms = quiet_ms(floor);
	if (floor->taken_ms + floor->policy.max_burst_ms < due_ms)
		due_ms = floor->taken_ms + floor->policy.max_burst_ms;
	return due_ms;
}
