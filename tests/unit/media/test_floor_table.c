/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every cell of the floor's table: events make the state, one event the input; then the actions. */
#include "tests/unit/check_main.h"
#include "tests/unit/media/floor_stage.h"

struct expected {
	enum ptt_floor_state next;
	const char *text; /* NULL: this input cannot come in this state */
};

#define IDLE    PTT_FLOOR_IDLE
#define TAKEN   PTT_FLOOR_TAKEN
#define ENDING  PTT_FLOOR_ENDING
#define REVOKED PTT_FLOOR_REVOKED

static const struct expected cells[PTT_FLOOR_STATES][INPUTS] =
	{
		[PTT_FLOOR_IDLE] =
			{
				[IN_ASK] = {TAKEN, "grant:o begin:o tell:o"},
				[IN_ASK_QUEUE] = {TAKEN, "grant:q begin:q tell:q"},
				[IN_ASK_LISTENER] = {IDLE, "deny5:l"},
				[IN_ASK_ALONE] = {IDLE, "deny3:o"},
				[IN_ASK_EARLY] = {IDLE, "deny4:o"},
				[IN_ASK_CLOSED] = {IDLE, "deny2:o"},
				[IN_TALK] = {TAKEN, "begin:s tell:s"},
				[IN_TALK_WRONG] = {IDLE, "revoke3:o"},
				[IN_AGAIN] = {IDLE, "tell:-"},
			},
		[PTT_FLOOR_TAKEN] =
			{
				[IN_ASK] = {TAKEN, "deny1:o"},
				[IN_ASK_QUEUE] = {TAKEN, "queue1:q"},
				[IN_ASK_PREEMPT] = {REVOKED, "revoke4:h queue1:p"},
				[IN_ASK_HOLDER] = {TAKEN, "grant:h*"},
				[IN_ASK_LISTENER] = {TAKEN, "deny5:l"},
				[IN_ASK_ALONE] = {TAKEN, "deny3:o"},
				[IN_ASK_EARLY] = {TAKEN, "deny4:o"},
				[IN_ASK_CLOSED] = {TAKEN, "deny2:o"},
				[IN_TALK] = {TAKEN, ""},
				[IN_TALK_WRONG] = {TAKEN, "revoke3:o"},
				[IN_RELEASE] = {ENDING, ""},
				[IN_END] = {IDLE, "end:h tell:- state:h"},
				[IN_END_NEXT] = {TAKEN, "end:h grant:r begin:r tell:r state:h"},
				[IN_TOO_LONG] = {REVOKED, "revoke2:h"},
				[IN_LONELY] = {REVOKED, "revoke1:h"},
				[IN_NO_RIGHT] = {REVOKED, "revoke3:h"},
				[IN_AGAIN] = {TAKEN, "grant:h*"},
			},
		[PTT_FLOOR_ENDING] =
			{
				[IN_ASK] = {ENDING, "deny1:o"},
				[IN_ASK_QUEUE] = {ENDING, "queue1:q"},
				[IN_ASK_LISTENER] = {ENDING, "deny5:l"},
				[IN_ASK_ALONE] = {ENDING, "deny3:o"},
				[IN_ASK_EARLY] = {ENDING, "deny4:o"},
				[IN_ASK_CLOSED] = {ENDING, "deny2:o"},
				[IN_TALK] = {ENDING, ""},
				[IN_TALK_WRONG] = {ENDING, "revoke3:o"},
				[IN_RELEASE] = {ENDING, ""},
				[IN_END] = {IDLE, "end:h tell:- state:h"},
				[IN_END_NEXT] = {TAKEN, "end:h grant:r begin:r tell:r state:h"},
				[IN_LONELY] = {ENDING, ""},
				[IN_NO_RIGHT] = {ENDING, ""},
			},
		[PTT_FLOOR_REVOKED] =
			{
				[IN_ASK] = {REVOKED, "deny1:o"},
				[IN_ASK_QUEUE] = {REVOKED, "queue1:q"},
				[IN_ASK_HOLDER] = {REVOKED, "deny4:h"},
				[IN_ASK_LISTENER] = {REVOKED, "deny5:l"},
				[IN_ASK_ALONE] = {REVOKED, "deny3:o"},
				[IN_ASK_EARLY] = {REVOKED, "deny4:o"},
				[IN_ASK_CLOSED] = {REVOKED, "deny2:o"},
				[IN_TALK] = {REVOKED, ""},
				[IN_TALK_WRONG] = {REVOKED, "revoke3:o"},
				[IN_RELEASE] = {ENDING, ""},
				[IN_END] = {IDLE, "end:h tell:- state:h"},
				[IN_END_NEXT] = {TAKEN, "end:h grant:r begin:r tell:r state:h"},
				[IN_LONELY] = {REVOKED, ""},
				[IN_NO_RIGHT] = {REVOKED, ""},
				[IN_AGAIN] = {REVOKED, "revoke2:h*"},
			},
};

#define NOW 40000

/* At NOW the floor is in this state. */
static void enter(enum ptt_floor_state state)
{
	int64_t taken = state == REVOKED ? NOW - 30000 : NOW - 100;

	if (state == IDLE)
		return;
	ask(H, 1, 0, taken);
	if (state == ENDING) {
		floor_media(H, 1, NOW - 50);
		release(H, 5, NOW - 40);
	} else if (state == REVOKED) {
		floor_media(H, 1, NOW - 1);
		tick(NOW);
	}
	ck_assert_int_eq(fl.state, state);
}

/* The end of the holder's burst: its Release, or the time after it is over. */
static void prepare_end(struct ptt_floor_event *event, enum ptt_floor_state state, enum input input)
{
	bool by_time = state == ENDING && input != IN_RELEASE;

	event->type = by_time ? PTT_FLOOR_TICK : PTT_FLOOR_RELEASE;
	event->member = by_time ? NULL : &cast[H];
	event->seq_known = input == IN_RELEASE;
	event->seq = 9;
	if (by_time)
		fl.end_ms = NOW;
	if (input == IN_END_NEXT)
		ask(R, 1, 0, NOW);
}

/* Prepares the floor for the input. @return its event */
static struct ptt_floor_event prepare(enum ptt_floor_state state, enum input input)
{
	struct ptt_floor_event event = {.type = PTT_FLOOR_REQUEST, .member = &cast[O]};

	switch (input) {
	case IN_ASK_QUEUE:
		event.member = &cast[Q];
		break;
	case IN_ASK_PREEMPT:
		event.member = &cast[P];
		event.priority = 3;
		break;
	case IN_ASK_HOLDER:
		event.member = &cast[H];
		break;
	case IN_ASK_LISTENER:
		event.member = &cast[L];
		break;
	case IN_ASK_ALONE:
		fl.members = 1;
		break;
	case IN_ASK_EARLY:
		cast[O].retry_at_ms = INT64_MAX;
		break;
	case IN_ASK_CLOSED:
		fl.closed = true;
		break;
	case IN_TALK:
		event = (struct ptt_floor_event){.type = PTT_FLOOR_MEDIA, .member = &cast[S]};
		break;
	case IN_TALK_WRONG:
		event.type = PTT_FLOOR_MEDIA;
		break;
	case IN_RELEASE:
	case IN_END_NEXT:
	case IN_END:
		prepare_end(&event, state, input);
		break;
	case IN_TOO_LONG:
		fl.taken_ms = NOW - 30000;
		event = (struct ptt_floor_event){.type = PTT_FLOOR_TICK};
		break;
	case IN_LONELY:
		fl.members = 2;
		event.type = PTT_FLOOR_LEAVE;
		break;
	case IN_NO_RIGHT:
		cast[H].listen_only = true;
		event = (struct ptt_floor_event){.type = PTT_FLOOR_RIGHTS, .member = &cast[H]};
		break;
	case IN_AGAIN:
		fl.again_ms = NOW;
		fl.repeats = 2;
		event = (struct ptt_floor_event){.type = PTT_FLOOR_TICK};
		break;
	default:
		break;
	}
	return event;
}

START_TEST(cell)
{
	enum ptt_floor_state state = (enum ptt_floor_state)(_i / INPUTS);
	enum input input = (enum input)(_i % INPUTS);
	const struct expected *want = &cells[state][input];
	struct ptt_floor_event event;

	if (!want->text) {
		/* no such input, or the table does nothing with it */
		ck_assert_int_eq(ptt_floor_table[state][input].next, state);
		return;
	}
	enter(state);
	event = prepare(state, input);
	if (event.type != PTT_FLOOR_LEAVE) /* a leave counts before it is judged */
		ck_assert_int_eq(ptt_floor_judge(&fl, &event, NOW), input);
	ck_assert_str_eq(run(&event, NOW), want->text);
	ck_assert_int_eq(fl.state, want->next);
	ck_assert_int_eq(fl.holder != NULL, fl.state != IDLE);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("cells");

	tcase_add_checked_fixture(t, stage_setup, NULL);
	tcase_add_loop_test(t, cell, 0, PTT_FLOOR_STATES * INPUTS);
	return check_run_case("floor_table", t);
}
