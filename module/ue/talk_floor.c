/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/ue/talk_floor.h"

#define AGAIN_MS 500 /* T10, T11 */
#define TIMES    3
#define QUERY_MS 5000

struct cell {
	enum ptt_talk_floor_state next;
	unsigned int todo;
};

#define TO(state, todo) \
	{ \
		PTT_TALK_FLOOR_##state, (todo) \
	}
#define STAY(state) TO(state, 0)
#define REQUEST     PTT_TALK_FLOOR_REQUEST
#define RELEASE     PTT_TALK_FLOOR_RELEASE
#define QUERY       PTT_TALK_FLOOR_QUERY
#define START       PTT_TALK_FLOOR_START
#define STOP        PTT_TALK_FLOOR_STOP
#define NO          PTT_TALK_FLOOR_TELL_NO
#define LOST        PTT_TALK_FLOOR_TELL_LOST
#define QUEUED_NOW  PTT_TALK_FLOOR_TELL_QUEUED

static const struct cell table[PTT_TALK_FLOOR_STATES][PTT_TALK_FLOOR_EVENTS] = {
	[PTT_TALK_FLOOR_WITHOUT] =
		{
			[PTT_TALK_FLOOR_ASK] = TO(ASKING, REQUEST),
			[PTT_TALK_FLOOR_GIVE_BACK] = STAY(WITHOUT),
			[PTT_TALK_FLOOR_GRANTED] =
				TO(RELEASING, RELEASE), /* this UE has given up meanwhile */
			[PTT_TALK_FLOOR_DENIED] = STAY(WITHOUT),
			[PTT_TALK_FLOOR_LINED] = TO(RELEASING, RELEASE), /* as for Granted */
			[PTT_TALK_FLOOR_REVOKED] = STAY(WITHOUT),
			[PTT_TALK_FLOOR_OTHERS] = STAY(WITHOUT),
			[PTT_TALK_FLOOR_TIMER] = STAY(WITHOUT),
			[PTT_TALK_FLOOR_OVER] = STAY(WITHOUT),
		},
	[PTT_TALK_FLOOR_ASKING] =
		{
			[PTT_TALK_FLOOR_ASK] = STAY(ASKING),
			[PTT_TALK_FLOOR_GIVE_BACK] = TO(RELEASING, RELEASE),
			[PTT_TALK_FLOOR_GRANTED] = TO(TALKING, START),
			[PTT_TALK_FLOOR_DENIED] = TO(WITHOUT, NO),
			[PTT_TALK_FLOOR_LINED] = TO(QUEUED, QUEUED_NOW),
			[PTT_TALK_FLOOR_REVOKED] = STAY(ASKING), /* revokes an earlier grant */
			[PTT_TALK_FLOOR_OTHERS] = STAY(ASKING),
			[PTT_TALK_FLOOR_TIMER] = TO(ASKING, REQUEST),
			[PTT_TALK_FLOOR_OVER] = TO(WITHOUT, NO),
		},
	[PTT_TALK_FLOOR_QUEUED] =
		{
			[PTT_TALK_FLOOR_ASK] = TO(ASKING, REQUEST), /* with another priority */
			[PTT_TALK_FLOOR_GIVE_BACK] = TO(RELEASING, RELEASE),
			[PTT_TALK_FLOOR_GRANTED] = TO(TALKING, START),
			[PTT_TALK_FLOOR_DENIED] = TO(WITHOUT, NO),
			[PTT_TALK_FLOOR_LINED] = TO(QUEUED, QUEUED_NOW),
			[PTT_TALK_FLOOR_REVOKED] = STAY(QUEUED),
			[PTT_TALK_FLOOR_OTHERS] = STAY(QUEUED),
			[PTT_TALK_FLOOR_TIMER] = TO(QUEUED, QUERY),
			[PTT_TALK_FLOOR_OVER] =
				TO(WITHOUT, NO), /* the PF does not respond any more */
		},
	[PTT_TALK_FLOOR_TALKING] =
		{
			[PTT_TALK_FLOOR_ASK] = STAY(TALKING),
			[PTT_TALK_FLOOR_GIVE_BACK] = TO(RELEASING, STOP | RELEASE),
			[PTT_TALK_FLOOR_GRANTED] = STAY(TALKING), /* a repeated Granted */
			[PTT_TALK_FLOOR_DENIED] = STAY(TALKING),
			[PTT_TALK_FLOOR_LINED] = STAY(TALKING),
			[PTT_TALK_FLOOR_REVOKED] = TO(RELEASING, STOP | RELEASE | LOST),
			[PTT_TALK_FLOOR_OTHERS] = TO(WITHOUT, STOP | LOST),
			[PTT_TALK_FLOOR_TIMER] = STAY(TALKING),
			[PTT_TALK_FLOOR_OVER] = STAY(TALKING),
		},
	[PTT_TALK_FLOOR_RELEASING] =
		{
			[PTT_TALK_FLOOR_ASK] = TO(ASKING, REQUEST),
			[PTT_TALK_FLOOR_GIVE_BACK] = STAY(RELEASING),
			[PTT_TALK_FLOOR_GRANTED] = TO(RELEASING, RELEASE),
			[PTT_TALK_FLOOR_DENIED] = STAY(WITHOUT),
			[PTT_TALK_FLOOR_LINED] = TO(RELEASING, RELEASE),
			[PTT_TALK_FLOOR_REVOKED] =
				TO(RELEASING, RELEASE), /* the PF has lost the Release */
			[PTT_TALK_FLOOR_OTHERS] = STAY(WITHOUT),
			[PTT_TALK_FLOOR_TIMER] = TO(RELEASING, RELEASE),
			[PTT_TALK_FLOOR_OVER] = STAY(WITHOUT),
		},
};

void ptt_talk_floor_init(struct ptt_talk_floor *floor)
{
	*floor = (struct ptt_talk_floor){.due_ms = INT64_MAX};
}

/* Entering a state starts its timer; staying in it keeps the count of repeats. */
static void arm(struct ptt_talk_floor *floor, bool entered, int64_t now_ms)
{
	if (floor->state == PTT_TALK_FLOOR_WITHOUT || floor->state == PTT_TALK_FLOOR_TALKING) {
		floor->due_ms = INT64_MAX;
		return;
	}
	if (entered)
		floor->left = TIMES;
	floor->due_ms = now_ms + (floor->state == PTT_TALK_FLOOR_QUEUED ? QUERY_MS : AGAIN_MS);
}

unsigned int ptt_talk_floor_step(
	struct ptt_talk_floor *floor, enum ptt_talk_floor_event event, int64_t now_ms)
{
	enum ptt_talk_floor_state was = floor->state;
	const struct cell *cell;
	bool entered;

	if (event == PTT_TALK_FLOOR_TIMER && now_ms < floor->due_ms)
		return 0;
	if (event == PTT_TALK_FLOOR_TIMER && --floor->left == 0)
		event = PTT_TALK_FLOOR_OVER;
	/* An Idle sent before our Granted may arrive just after it. */
	if (event == PTT_TALK_FLOOR_OTHERS && was == PTT_TALK_FLOOR_TALKING &&
		now_ms < floor->since_ms + AGAIN_MS)
		return 0;
	cell = &table[was][event];
	floor->state = cell->next;
	entered = was != cell->next || event == PTT_TALK_FLOOR_LINED;
	if (was != cell->next)
		floor->since_ms = now_ms;
	if (entered || event == PTT_TALK_FLOOR_TIMER)
		arm(floor, entered, now_ms);
	return cell->todo;
}
