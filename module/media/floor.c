/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/media/floor.h"

#include <string.h>

const struct ptt_floor_policy ptt_floor_policy_default = {.max_burst_ms = 30000,
	.quiet_ms = 4000,
	.talk_end_ms = 600,
	.late_ms = 500,
	.grace_ms = 1000,
	.retry_ms = 3000};

/* Events as the table sees them: who of the two it is, and which timer. */
enum input {
	IN_REQUEST_HOLDER,
	IN_REQUEST_OTHER,
	IN_REQUEST_BARRED,
	IN_TALK_OTHER,
	IN_END, /* release, leave or silence of the holder */
	IN_TOO_LONG,
	IN_GRACE_OVER,
	INPUTS,
	IN_NOTHING = INPUTS,
};

struct cell {
	enum ptt_floor_state next;
	unsigned int todo;
};

#define TO(state, actions) \
	{ \
		PTT_FLOOR_##state, (actions) \
	}

static const struct cell table[PTT_FLOOR_STATES][INPUTS] = {
	[PTT_FLOOR_IDLE] =
		{
			[IN_REQUEST_HOLDER] = TO(IDLE, 0), /* cannot be: nobody holds it */
			[IN_REQUEST_OTHER] = TO(TAKEN, PTT_FLOOR_DO_GRANT | PTT_FLOOR_DO_TAKEN),
			[IN_REQUEST_BARRED] = TO(IDLE, PTT_FLOOR_DO_DENY_RETRY),
			[IN_TALK_OTHER] = TO(TAKEN, PTT_FLOOR_DO_TAKEN),
			[IN_END] = TO(IDLE, 0),
			[IN_TOO_LONG] = TO(IDLE, 0),
			[IN_GRACE_OVER] = TO(IDLE, 0),
		},
	[PTT_FLOOR_TAKEN] =
		{
			[IN_REQUEST_HOLDER] =
				TO(TAKEN, PTT_FLOOR_DO_GRANT), /* our Granted was lost */
			[IN_REQUEST_OTHER] = TO(TAKEN, PTT_FLOOR_DO_DENY),
			[IN_REQUEST_BARRED] = TO(TAKEN, PTT_FLOOR_DO_DENY),
			[IN_TALK_OTHER] = TO(TAKEN, 0),
			[IN_END] = TO(IDLE, PTT_FLOOR_DO_IDLE),
			[IN_TOO_LONG] = TO(REVOKED, PTT_FLOOR_DO_REVOKE),
			[IN_GRACE_OVER] = TO(TAKEN, 0),
		},
	[PTT_FLOOR_REVOKED] =
		{
			[IN_REQUEST_HOLDER] = TO(REVOKED, PTT_FLOOR_DO_DENY_RETRY),
			[IN_REQUEST_OTHER] = TO(REVOKED, PTT_FLOOR_DO_DENY),
			[IN_REQUEST_BARRED] = TO(REVOKED, PTT_FLOOR_DO_DENY_RETRY),
			[IN_TALK_OTHER] = TO(REVOKED, 0),
			[IN_END] = TO(IDLE, PTT_FLOOR_DO_IDLE),
			[IN_TOO_LONG] = TO(REVOKED, 0),
			[IN_GRACE_OVER] = TO(IDLE, PTT_FLOOR_DO_IDLE),
		},
};

void ptt_floor_init(struct ptt_floor *floor, const struct ptt_floor_policy *policy)
{
	memset(floor, 0, sizeof(*floor));
	floor->policy = *policy;
}

static bool is_holder(const struct ptt_floor *floor, const void *member)
{
	return floor->state != PTT_FLOOR_IDLE && floor->holder == member;
}

static bool is_barred(const struct ptt_floor *floor, const void *member, int64_t now_ms)
{
	return floor->barred == member && now_ms < floor->barred_until_ms;
}

static bool is_late(const struct ptt_floor *floor, const void *member, int64_t now_ms)
{
	return floor->released == member && now_ms < floor->late_until_ms;
}

static int64_t quiet_at_ms(const struct ptt_floor *floor)
{
	uint32_t limit_ms = floor->by_talking ? floor->policy.talk_end_ms : floor->policy.quiet_ms;

	return floor->media_ms + limit_ms;
}

static enum input timer_input(const struct ptt_floor *floor, int64_t now_ms)
{
	if (floor->state == PTT_FLOOR_REVOKED)
		return now_ms >= floor->revoked_ms + floor->policy.grace_ms ? IN_GRACE_OVER
									    : IN_NOTHING;
	if (floor->state != PTT_FLOOR_TAKEN)
		return IN_NOTHING;
	if (now_ms >= quiet_at_ms(floor))
		return IN_END;
	return now_ms >= floor->taken_ms + floor->policy.max_burst_ms ? IN_TOO_LONG : IN_NOTHING;
}

static enum input input_of(const struct ptt_floor *floor, enum ptt_floor_event event,
	const void *member, int64_t now_ms)
{
	bool holder = is_holder(floor, member);

	switch (event) {
	case PTT_FLOOR_REQUEST:
		if (holder)
			return IN_REQUEST_HOLDER;
		return is_barred(floor, member, now_ms) ? IN_REQUEST_BARRED : IN_REQUEST_OTHER;
	case PTT_FLOOR_MEDIA:
		return holder || is_barred(floor, member, now_ms) || is_late(floor, member, now_ms)
			       ? IN_NOTHING
			       : IN_TALK_OTHER;
	case PTT_FLOOR_RELEASE:
	case PTT_FLOOR_LEAVE:
		return holder ? IN_END : IN_NOTHING;
	case PTT_FLOOR_TICK:
		return timer_input(floor, now_ms);
	default:
		return IN_NOTHING;
	}
}

static void enter(struct ptt_floor *floor, unsigned int todo, const void *member, int64_t now_ms)
{
	if (todo & PTT_FLOOR_DO_TAKEN) {
		floor->holder = member;
		floor->by_talking = !(todo & PTT_FLOOR_DO_GRANT);
		floor->taken_ms = floor->media_ms = now_ms;
	}
	if (todo & PTT_FLOOR_DO_REVOKE) {
		floor->revoked_ms = now_ms;
		floor->barred = floor->holder;
		floor->barred_until_ms = now_ms + floor->policy.grace_ms + floor->policy.retry_ms;
	}
	if (todo & PTT_FLOOR_DO_IDLE)
		floor->holder = NULL;
}

/* What an event leaves behind, whatever the state does with it. */
static void note(
	struct ptt_floor *floor, enum ptt_floor_event event, const void *member, int64_t now_ms)
{
	bool holder = is_holder(floor, member);

	if (event == PTT_FLOOR_MEDIA && holder)
		floor->media_ms = now_ms;
	if (event == PTT_FLOOR_RELEASE && holder) {
		floor->released = member;
		floor->late_until_ms = now_ms + floor->policy.late_ms;
	}
	if (event == PTT_FLOOR_LEAVE && floor->barred == member)
		floor->barred = NULL; /* the address may serve another member */
	if (event == PTT_FLOOR_LEAVE && floor->released == member)
		floor->released = NULL;
}

unsigned int ptt_floor_step(struct ptt_floor *floor, const void **last, enum ptt_floor_event event,
	const void *member, int64_t now_ms)
{
	enum input input = input_of(floor, event, member, now_ms);
	const struct cell *cell;

	*last = floor->holder;
	note(floor, event, member, now_ms);
	if (input == IN_NOTHING)
		return 0;
	cell = &table[floor->state][input];
	floor->state = cell->next;
	enter(floor, cell->todo, member, now_ms);
	return cell->todo;
}

bool ptt_floor_may_talk(const struct ptt_floor *floor, const void *member)
{
	return is_holder(floor, member);
}

int64_t ptt_floor_due_ms(const struct ptt_floor *floor)
{
	int64_t quiet_ms = quiet_at_ms(floor),
		long_ms = floor->taken_ms + floor->policy.max_burst_ms;

	if (floor->state == PTT_FLOOR_REVOKED)
		return floor->revoked_ms + floor->policy.grace_ms;
	if (floor->state != PTT_FLOOR_TAKEN)
		return INT64_MAX;
	return quiet_ms < long_ms ? quiet_ms : long_ms;
}
