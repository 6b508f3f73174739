/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Session timers as plays: who refreshes, the key in a refresh, the end of a session that nobody refreshes, a restart.
 * Spec: RFC 4028 sections 5 to 10; wire profile section 4 "Replay exception" (docs/wire.md).
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/flow/play.h"
#include "tests/unit/check_main.h"
#include "tests/unit/media_lab.h"

#define SESSION_S 3 /* session_min_s of a play is 2 */

static struct play play;
static struct actor *a;
static bool deaf; /* the tap loses all */

/* As a proxy does that asks for a timer on behalf of a client without one. */
static enum tap_fate without_timer(struct tap *tap, struct tap_message *message)
{
	char *option = message->from_server ? NULL : strstr(message->text, "Supported: timer");

	(void)tap;
	if (option != NULL)
		memcpy(option, "Supported: tomer", 16);
	return deaf ? TAP_DROP : TAP_PASS;
}

static enum tap_fate listen_only(struct tap *tap, struct tap_message *message)
{
	(void)tap;
	(void)message;
	return deaf ? TAP_DROP : TAP_PASS;
}

static void set_up(void)
{
	play_open(&play, "on_leave = \"always\";");
	deaf = false;
}

static void tear_down(void)
{
	play_close(&play);
}

static void enter(uint32_t session_s, tap_rule *rule)
{
	struct actor_way way = {.session_s = session_s, .rule = rule};

	a = play_enter(&play, 0, &way);
	PLAY_UNTIL(&play,
		a->seen.msks > 0 && play_is_stable(&play) && actor_is_on(a, play_current(&play)));
	ptt_metrics_reset();
}

static void check_at_peace(void)
{
	ck_assert_int_eq(a->seen.refused + a->seen.ended, 0);
	ck_assert_int_eq(a->seen.joined, 1);
	ck_assert_int_eq(
		tap_number(&a->tap, true, 0, "BYE") + tap_number(&a->tap, false, 0, "BYE"), 0);
}

START_TEST(client_refreshes)
{
	const struct tap_message *update, *offer, *answer;
	int msks;

	enter(SESSION_S, NULL);
	ck_assert_str_eq(tap_line(tap_find(&a->tap, true, 200, "INVITE", 0), "Session-Expires: "),
		"3;refresher=uac");
	/* The offer of the channel repeats it. */
	offer = tap_find(&a->tap, true, 0, "INVITE", 0);
	ck_assert_str_eq(tap_line(offer, "x: "), "3;refresher=uas");
	ck_assert_str_eq(tap_line(offer, "k: "), "timer");
	answer = tap_find(&a->tap, false, 200, "INVITE", 0);
	ck_assert_str_eq(tap_line(answer, "Session-Expires: "), "3;refresher=uas");
	msks = a->seen.msks;
	PLAY_UNTIL(&play, tap_number(&a->tap, true, 200, "UPDATE") >= 2);
	update = tap_find(&a->tap, false, 0, "UPDATE", 0);
	ck_assert_str_eq(tap_line(update, "Session-Expires: "), "3;refresher=uac");
	ck_assert_ptr_null(tap_line(update, "v=0"));
	ck_assert_int_eq(a->seen.msks, msks); /* no key travels for it */
	play_rekey(&play);
	PLAY_UNTIL(&play, a->seen.msks > msks && play_is_stable(&play));
	PLAY_UNTIL(&play, tap_number(&a->tap, true, 200, "UPDATE") >= 3);
	check_at_peace();
}
END_TEST

START_TEST(server_refreshes)
{
	const struct tap_message *offer;
	uint32_t before;

	enter(SESSION_S, without_timer);
	ck_assert_str_eq(tap_line(tap_find(&a->tap, true, 200, "INVITE", 0), "Session-Expires: "),
		"3;refresher=uas");
	ck_assert_ptr_null(tap_line(tap_find(&a->tap, true, 200, "INVITE", 0), "Require:"));
	before = play_open_msk(tap_find(&a->tap, true, 0, "INVITE", 0), a->who).counter;
	PLAY_UNTIL(&play, tap_number(&a->tap, false, 200, "INVITE") >= 3);
	offer = tap_find(&a->tap, true, 0, "INVITE", 1);
	ck_assert_str_eq(tap_line(offer, "x: "), "3;refresher=uac");
	/* The MSK that he has, under a fresh T: no replay, no new key, and no re-key of the group. */
	ck_assert_uint_gt(play_open_msk(offer, a->who).counter, before);
	ck_assert_uint_eq(play_open_msk(offer, a->who).msk_id, play_current(&play));
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_REKEYS, NULL), 0);
	ck_assert_int_eq(tap_number(&a->tap, false, 0, "UPDATE"), 0);
	check_at_peace();
}
END_TEST

START_TEST(without_the_channel)
{
	struct actor_way way = {
		.session_s = SESSION_S, .rule = without_timer, .refuse_channel = true};
	const struct tap_message *refresh;

	a = play_enter(&play, 0, &way);
	PLAY_UNTIL(&play, tap_number(&a->tap, false, 200, "INVITE") >= 3);
	refresh = tap_find(&a->tap, true, 0, "INVITE", tap_number(&a->tap, true, 0, "INVITE") - 1);
	ck_assert_str_eq(tap_line(refresh, "x: "), "3;refresher=uac");
	ck_assert_ptr_null(tap_line(refresh, "a=key-mgmt"));
	check_at_peace();
}
END_TEST

START_TEST(too_short)
{
	const struct tap_message *again;
	int invites;

	enter(1, NULL);
	ck_assert_str_eq(tap_line(tap_find(&a->tap, true, 422, "INVITE", 0), "Min-SE: "), "2");
	invites = tap_number(&a->tap, false, 0, "INVITE");
	again = tap_find(&a->tap, false, 0, "INVITE", invites - 1);
	ck_assert_str_eq(tap_line(again, "Session-Expires: "), "2");
	ck_assert_str_eq(tap_line(again, "Min-SE: "), "2");
	check_at_peace();
}
END_TEST

START_TEST(not_asked_for)
{
	enter(0, NULL);
	ck_assert_ptr_null(tap_line(tap_find(&a->tap, true, 200, "INVITE", 0), "Session-Expires:"));
	ck_assert_ptr_null(tap_line(tap_find(&a->tap, true, 0, "INVITE", 0), "x:"));
}
END_TEST

/* Nobody hears the other any more: each ends it by a BYE, and for the group it is a leave; after a restart too. */
START_TEST(expires)
{
	enter(SESSION_S, _i == 1 ? without_timer : listen_only);
	deaf = true;
	if (_i == 2) {
		play_stop_server(&play);
		play_start_server(&play);
	}
	PLAY_UNTIL(
		&play, ptt_metric_get(PTT_METRIC_LEAVES, "session-expired") == 1 && a->seen.ended);
	ck_assert_int_eq(a->seen.end, PTT_SIP_END_ERROR);
	ck_assert_int_eq(a->seen.end_status, 408);
	PLAY_UNTIL(&play, tap_number(&a->tap, true, 0, "BYE") > 0 &&
				  tap_number(&a->tap, false, 0, "BYE") > 0);
	ck_assert_str_eq(tap_line(tap_find(&a->tap, true, 0, "BYE", 0), "Reason: "),
		"SIP;cause=408;text=\"session expired\"");
	ck_assert_uint_eq(ptt_roster_members(play_group(&play)->roster), 0);
}
END_TEST

/* The server forgets nothing: as the refresher it does it soon, and its offers still name the timer. */
START_TEST(restart)
{
	const struct tap_message *offer;
	int offers;

	enter(SESSION_S, without_timer);
	offers = tap_number(&a->tap, true, 0, "INVITE");
	play_stop_server(&play);
	play_start_server(&play);
	PLAY_UNTIL(&play, tap_number(&a->tap, true, 0, "INVITE") >= offers + 2);
	offer = tap_find(&a->tap, true, 0, "INVITE", offers);
	ck_assert_str_eq(tap_line(offer, "x: "), "3;refresher=uac");
	check_at_peace();
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("plays");

	lab_enter();
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, client_refreshes);
	tcase_add_test(tc, server_refreshes);
	tcase_add_test(tc, without_the_channel);
	tcase_add_test(tc, too_short);
	tcase_add_test(tc, not_asked_for);
	tcase_add_loop_test(tc, expires, 0, 3);
	tcase_add_test(tc, restart);
	return check_run_case("flow_session", tc);
}
