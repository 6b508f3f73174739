/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an event means to the floor: the input of its table. */
#include "module/media/floor_table.h"

bool ptt_floor_is_holder(const struct ptt_floor *floor, const struct ptt_floor_member *member)
{
	return floor->holder && floor->holder == member;
}

bool ptt_floor_is_alone(const struct ptt_floor *floor)
{
	return floor->members < 2 && !floor->policy.alone;
}

enum input ptt_floor_end_input(const struct ptt_floor *floor)
{
	return floor->queue.first ? IN_END_NEXT : IN_END;
}

uint8_t ptt_floor_asked(const struct ptt_floor_event *event)
{
	uint8_t most = event->member->priority > 0 ? event->member->priority : 1;
	uint8_t asked = event->priority > 0 ? event->priority : 1;

	return asked < most ? asked : most;
}

static enum input judge_request(
	const struct ptt_floor *floor, const struct ptt_floor_event *event, int64_t now_ms)
{
	const struct ptt_floor_member *member = event->member;

	if (ptt_floor_is_holder(floor, member))
		return IN_ASK_HOLDER;
	if (member->listen_only)
		return IN_ASK_LISTENER;
	if (ptt_floor_is_alone(floor))
		return IN_ASK_ALONE;
	if (now_ms < member->retry_at_ms)
		return IN_ASK_EARLY;
	if (floor->closed && !member->waiting)
		return IN_ASK_CLOSED;
	if (floor->state == PTT_FLOOR_TAKEN && ptt_floor_asked(event) >= PTT_FLOOR_PREEMPT &&
		floor->holder->asked < PTT_FLOOR_PREEMPT)
		return IN_ASK_PREEMPT;
	if (member->waiting || (member->queuing && floor->queue.count < floor->policy.queue_max))
		return IN_ASK_QUEUE;
	return IN_ASK;
}

static enum input judge_media(
	const struct ptt_floor *floor, const struct ptt_floor_member *member, int64_t now_ms)
{
	if (ptt_floor_is_holder(floor, member))
		return IN_NOTHING;
	if (member->tbcp)
		return now_ms < member->late_until_ms || now_ms < member->warn_at_ms
			       ? IN_NOTHING
			       : IN_TALK_WRONG;
	if (member->listen_only || ptt_floor_is_alone(floor) || now_ms < member->retry_at_ms)
		return IN_NOTHING;
	return IN_TALK;
}

/* Are packets before his last one still to come? */
static bool is_behind(const struct ptt_floor *floor, const struct ptt_floor_event *event)
{
	return event->seq_known &&
	       (!floor->heard || (int16_t)(uint16_t)(event->seq - floor->seq) > 0);
}

static enum input judge_release(const struct ptt_floor *floor, const struct ptt_floor_event *event)
{
	if (!ptt_floor_is_holder(floor, event->member))
		return IN_NOTHING;
	return floor->state == PTT_FLOOR_ENDING || is_behind(floor, event)
		       ? IN_RELEASE
		       : ptt_floor_end_input(floor);
}

int64_t ptt_floor_quiet_ms(const struct ptt_floor *floor)
{
	return floor->media_ms +
	       (floor->by_talking ? floor->policy.talk_end_ms : floor->policy.quiet_ms);
}

static enum input judge_timer(const struct ptt_floor *floor, int64_t now_ms)
{
	if (floor->state == PTT_FLOOR_TAKEN && now_ms >= ptt_floor_quiet_ms(floor))
		return ptt_floor_end_input(floor);
	if (floor->state == PTT_FLOOR_TAKEN &&
		now_ms >= floor->taken_ms + floor->policy.max_burst_ms)
		return IN_TOO_LONG;
	if (floor->state >= PTT_FLOOR_ENDING && now_ms >= floor->end_ms)
		return ptt_floor_end_input(floor);
	return now_ms >= floor->again_ms ? IN_AGAIN : IN_NOTHING;
}

enum input ptt_floor_judge(
	const struct ptt_floor *floor, const struct ptt_floor_event *event, int64_t now_ms)
{
	bool holder = ptt_floor_is_holder(floor, event->member);

	switch (event->type) {
	case PTT_FLOOR_REQUEST:
		return judge_request(floor, event, now_ms);
	case PTT_FLOOR_RELEASE:
		return judge_release(floor, event);
	case PTT_FLOOR_MEDIA:
		return judge_media(floor, event->member, now_ms);
	case PTT_FLOOR_LEAVE:
		if (holder)
			return ptt_floor_end_input(floor);
		return floor->holder && ptt_floor_is_alone(floor) ? IN_LONELY : IN_NOTHING;
	case PTT_FLOOR_RIGHTS:
		return holder && event->member->listen_only ? IN_NO_RIGHT : IN_NOTHING;
	case PTT_FLOOR_TICK:
		return judge_timer(floor, now_ms);
	default:
		return IN_NOTHING;
	}
}
