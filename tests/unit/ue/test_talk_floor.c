/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client's side of the floor, by its table alone. */
#include <check.h>
#include <stdio.h>

#include "module/ue/talk_floor.h"
#include "tests/unit/check_main.h"

/* Every cell of the client's table: the next state and the actions. */
START_TEST(cells)
{
	/* ask, give back, granted, denied, lined, revoked, others, timer, over */
	static const char *const rows[PTT_TALK_FLOOR_STATES] = {
		[PTT_TALK_FLOOR_WITHOUT] = "A2 W0 R4 W0 R4 W0 W0 W0 W0",
		[PTT_TALK_FLOOR_ASKING] = "A0 R4 T16 W32 Q128 A0 A0 A2 W32",
		[PTT_TALK_FLOOR_QUEUED] = "A2 R4 T16 W32 Q128 Q0 Q0 Q8 W32",
		[PTT_TALK_FLOOR_TALKING] = "T0 R5 T0 T0 T0 R69 W65 T0 T0",
		[PTT_TALK_FLOOR_RELEASING] = "A2 R0 R4 W0 R4 R4 W0 R4 W0",
	};
	const char *at = rows[_i];

	for (int event = 0; event < PTT_TALK_FLOOR_EVENTS; event++) {
		struct ptt_talk_floor floor = {
			.state = (enum ptt_talk_floor_state)_i, .left = 2, .due_ms = 1000};
		unsigned int todo, want;
		char state;
		int used;

		ck_assert_int_eq(sscanf(at, " %c%u%n", &state, &want, &used), 2);
		at += used;
		todo = ptt_talk_floor_step(&floor, (enum ptt_talk_floor_event)event, 1000);
		ck_assert_msg(todo == want && "WAQTR"[floor.state] == state, "%d %d: %c%u", _i,
			event, "WAQTR"[floor.state], todo);
		ck_assert((floor.due_ms == INT64_MAX) == (state == 'W' || state == 'T') ||
			  floor.due_ms == 1000);
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("cells");

	tcase_add_loop_test(t, cells, 0, PTT_TALK_FLOOR_STATES);
	return check_run_case("talk_floor", t);
}
