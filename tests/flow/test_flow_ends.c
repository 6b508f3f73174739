/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many who end in one moment: a few in each turn of the loop, and none is forgotten. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "module/group/group_int.h"
#include "module/base/clock.h"
#include "module/group/group_int.h"
#include "module/sip/sip_internal.h"
#include "tests/flow/play.h"
#include "tests/unit/check_main.h"
#include "tests/unit/media/media_lab.h"

static struct play play;
static struct actor *actor[PLAY_ACTORS];

static void set_up(void)
{
	play_open(&play, "on_leave = \"never\";");
}

static void tear_down(void)
{
	play_close(&play);
}

static unsigned int members(void)
{
	return ptt_roster_members(play_group(&play)->roster);
}

/* All MUKs have ended ten seconds ago: nobody authenticates anew, so
 * all are put out; one a turn here. */
START_TEST(keys_end_a_few_a_turn)
{
	struct ptt_group *group = play_group(&play);
	uint32_t handle = PTT_HANDLE_NONE;
	int64_t now = ptt_clock_utc_s();

	for (int i = 0; i < PLAY_ACTORS; i++)
		actor[i] = play_enter_settled(&play, i);
	ck_assert_uint_eq(members(), PLAY_ACTORS);
	play.server->env.ends_a_turn = 1;
	while ((handle = ptt_roster_next_member(group->roster, handle)) != PTT_HANDLE_NONE) {
		struct ptt_session_muk *muk = ptt_member_of(group, handle)->muk;

		muk->expires_utc_s = now - 10;
		ptt_muk_due_at(&play.server->env.muks, muk, now);
	}
	ck_assert(ptt_muk_expiry_some(&play.server->env, now + 1));
	ck_assert_uint_eq(members(), PLAY_ACTORS - 1);
	ck_assert(ptt_muk_expiry_some(&play.server->env, now + 1));
	ck_assert_uint_eq(members(), PLAY_ACTORS - 2);
	/* The rest by the loop: the tick of a second begins it, and it goes on without another. */
	PLAY_UNTIL(&play, members() < PLAY_ACTORS - 2);
	for (int turns = 0; members() > 0; turns++) {
		ck_assert_int_lt(turns, 20);
		play_step(&play);
	}
	for (int i = 0; i < PLAY_ACTORS; i++)
		PLAY_UNTIL(&play, actor[i]->seen.ended);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_USER_KEYS, "expired"), PLAY_ACTORS);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_LEAVES, "key-expired"), PLAY_ACTORS);
}
END_TEST

/* As if thousands had expired just before: his turn comes behind theirs, and then he ends. */
START_TEST(sessions_end_one_behind_the_other)
{
	struct actor_way way = {.session_s = 3};
	int64_t turn_ms;

	actor[0] = play_enter(&play, 0, &way);
	PLAY_UNTIL(&play, actor[0]->seen.msks > 0 && play_is_stable(&play));
	ptt_metrics_reset();
	actor[0]->tap.rule = tap_lose_all;
	turn_ms = ptt_clock_ms() + 5000;
	play.server->env.sip->next_end = turn_ms * PTT_SIP_ENDS_A_MS;
	PLAY_UNTIL(&play, ptt_metric_get(PTT_METRIC_LEAVES, "session-expired") == 1);
	ck_assert_int_ge(ptt_clock_ms(), turn_ms);
	ck_assert_int_eq(play.server->env.sip->next_end, turn_ms * PTT_SIP_ENDS_A_MS + 1);
	ck_assert_uint_eq(members(), 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("plays");

	lab_enter();
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, keys_end_a_few_a_turn);
	tcase_add_test(tc, sessions_end_one_behind_the_other);
	return check_run_case("flow_ends", tc);
}
