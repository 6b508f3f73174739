/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Session timers as plays: who refreshes, the key in a refresh, the end of
 * a session that nobody refreshes, a restart.
 * Spec: RFC 4028 sections 5 to 10; docs/wire.md 3.8, 4.6.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/flow/play.h"
#include "tests/unit/check_main.h"
#include "tests/unit/media/media_lab.h"

#define SESSION_S 3 /* session_min_s of a play is 2 */

static struct play play;
static struct actor *a;

/* As a proxy does that asks for a timer on behalf of a client without one. */
static enum tap_fate without_timer(struct tap *tap, struct tap_message *message)
{
	char *option = message->from_server ? NULL : strstr(message->text, "Supported: timer");

	(void)tap;
	if (option)
		memcpy(option, "Supported: tomer", 16);
	return TAP_PASS;
}

static void set_up(void)
{
	play_open(&play, "on_leave = \"always\";");
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
	/* The MSK that he has, under a fresh T: no replay, no new key,
	 * and no re-key of the group. */
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

/* --- 422 to an offer of ours (RFC 4028 7.3) --- */

static const char *min_se; /* of a proxy or peer to whom the session is too short */
static int too_short_left; /* so many more answers become a 422 */

/* Puts it in the place of a header line, with blanks as before any value. */
static void say_min(char *line, const char *value)
{
	memset(line, ' ', strcspn(line, "\r"));
	memcpy(line, "Min-SE:", strlen("Min-SE:"));
	memcpy(line + strlen("Min-SE: "), value, strlen(value));
}

/* The client's 200 becomes the 422 of a proxy behind it, which has asked for a longer timer. */
static enum tap_fate refuse_timer(struct tap *tap, struct tap_message *message)
{
	char *line = message->from_server ? NULL : strstr(message->text, "\r\nAllow: ");

	(void)tap;
	if (!line || strncmp(message->text, "SIP/2.0 200", 11) != 0 ||
		(!tap_line(message, "v=0")) || too_short_left-- <= 0)
		return TAP_PASS;
	memcpy(message->text + strlen("SIP/2.0 "), "422", 3);
	say_min(line + 2, min_se);
	return TAP_PASS;
}

static const struct tap_message *offer_of(int nth, bool update)
{
	return tap_find(&a->tap, true, 0, update ? "UPDATE" : "INVITE", nth);
}

START_TEST(offer_too_short)
{
	bool update = _i == 1;
	const char *method = update ? "UPDATE" : "INVITE";
	int offers;

	play_close(&play);
	play_open(&play, update ? "retries = 0; rekey_method = \"update\";" : "retries = 0;");
	min_se = "120";
	enter(SESSION_S, refuse_timer);
	offers = tap_number(&a->tap, true, 0, method);
	too_short_left = 1;
	play_rekey(&play);
	PLAY_UNTIL(&play, play_is_stable(&play) && actor_is_on(a, play_current(&play)) &&
				  tap_number(&a->tap, true, 0, method) == offers + 2);
	ck_assert_str_eq(tap_line(offer_of(offers, update), "x: "), "3;refresher=uas");
	ck_assert_ptr_null(tap_line(offer_of(offers, update), "Min-SE:"));
	ck_assert_str_eq(tap_line(offer_of(offers + 1, update), "x: "), "120;refresher=uas");
	ck_assert_str_eq(tap_line(offer_of(offers + 1, update), "Min-SE: "), "120");
	/* From then on each of them says so; the same MSK went twice, under a fresh T. */
	ck_assert_uint_gt(play_open_msk(offer_of(offers + 1, update), a->who).counter,
		play_open_msk(offer_of(offers, update), a->who).counter);
	play_rekey(&play);
	PLAY_UNTIL(&play, play_is_stable(&play) && actor_is_on(a, play_current(&play)));
	ck_assert_str_eq(tap_line(offer_of(offers + 2, update), "Min-SE: "), "120");
	ck_assert_int_eq(tap_number(&a->tap, true, 0, method), offers + 3);
	check_at_peace();
}
END_TEST

/* Who is never content uses up his tries: the first 422 is free, then 1 + retries. */
START_TEST(never_long_enough)
{
	static const struct {
		const char *min_se;
		int tries;
	} never[] = {{"120", 3}, {"999999", 3}, {"3", 2}};
	int offers;

	play_close(&play);
	play_open(&play, "retries = 1;");
	min_se = never[_i].min_se;
	enter(SESSION_S, refuse_timer);
	offers = tap_number(&a->tap, true, 0, "INVITE");
	too_short_left = 100;
	play_rekey(&play);
	PLAY_UNTIL(&play, ptt_metric_get(PTT_METRIC_LEAVES, "refused") == 1);
	PLAY_UNTIL(&play, tap_number(&a->tap, true, 0, "BYE") == 1);
	ck_assert_int_eq(tap_number(&a->tap, true, 0, "INVITE"), offers + never[_i].tries);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_MIKEY_FAILURES, "refused"), 0);
}
END_TEST

/* The server's 200 to the client's refresh becomes a 422 of a proxy: again at once, as it says. */
static enum tap_fate refuse_refresh(struct tap *tap, struct tap_message *message)
{
	char *line = strstr(message->text, "\r\nSession-Expires: ");

	(void)tap;
	if (!message->from_server || !tap_is(message, 200, "UPDATE") || !line ||
		too_short_left-- <= 0)
		return TAP_PASS;
	memcpy(message->text + strlen("SIP/2.0 "), "422", 3);
	say_min(line + 2, "120");
	return TAP_PASS;
}

START_TEST(refresh_too_short)
{
	const struct tap_message *again;

	enter(SESSION_S, refuse_refresh);
	too_short_left = 1;
	PLAY_UNTIL(&play, tap_number(&a->tap, false, 0, "UPDATE") == 2);
	again = tap_find(&a->tap, false, 0, "UPDATE", 1);
	ck_assert_str_eq(tap_line(again, "Session-Expires: "), "120;refresher=uac");
	ck_assert_str_eq(tap_line(again, "Min-SE: "), "120");
	PLAY_UNTIL(&play, tap_number(&a->tap, true, 200, "UPDATE") == 1);
	check_at_peace();
}
END_TEST

/* What his INVITE says must be (section 7.4) is repeated by our offers. */
static enum tap_fate say_min_se(struct tap *tap, struct tap_message *message)
{
	char *line = message->from_server ? NULL : strstr(message->text, "\r\nUser-Agent: ");

	(void)tap;
	if (line)
		say_min(line + 2, "91");
	return TAP_PASS;
}

START_TEST(min_se_of_the_invite)
{
	enter(100, say_min_se);
	ck_assert_str_eq(tap_line(offer_of(0, false), "Min-SE: "), "91");
	check_at_peace();
}
END_TEST

/* Nobody hears the other any more: each ends it by a BYE, and for the
 * group it is a leave; after a restart too. */
START_TEST(expires)
{
	enter(SESSION_S, _i == 1 ? without_timer : NULL);
	a->tap.rule = tap_lose_all;
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

/* The server forgets nothing: as the refresher it does it soon, and its
 * offers still name the timer. */
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
	tcase_add_loop_test(tc, offer_too_short, 0, 2);
	tcase_add_loop_test(tc, never_long_enough, 0, 3);
	tcase_add_test(tc, refresh_too_short);
	tcase_add_test(tc, min_se_of_the_invite);
	tcase_add_test(tc, not_asked_for);
	tcase_add_loop_test(tc, expires, 0, 3);
	tcase_add_test(tc, restart);
	return check_run_case("flow_session", tc);
}
