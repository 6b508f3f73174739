/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each final answer to an offer, and what follows from it, as one table.
 * The tap changes the real client's 200.
 * Spec: docs/wire.md 6.4; RFC 3261 8.1.3.2,
 * 12.2.1.2, 14.1; RFC 5057 section 5.1.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/flow/play.h"
#include "tests/unit/check_main.h"
#include "tests/unit/media/media_lab.h"

enum { CLIENTS = 3 };

/* The offer goes again, and a try is counted: nothing is wrong with the dialog. */
static const int again[] = {300, 302, 305, 380, 399, 400, 401, 402, 403, 406, 407, 413, 414, 415,
	420, 421, 423, 430, 433, 483, 486, 487, 488, 493, 494, 499, 500, 501, 503, 504, 505, 513,
	580, 599, 600, 603, 606};
/* There is no dialog any more: a leave. */
static const int gone[][CLIENTS] = {
	{404, 410, 416}, {480, 482, 485}, {502, 604, 405}, {408, 481, 502}};

static struct play play;
static struct actor *client[CLIENTS], *witness;
static int status[CLIENTS]; /* 0: what it says itself */
static int times;           /* each so often */

static enum tap_fate change_status(struct tap *tap, struct tap_message *message)
{
	char digits[16];

	for (int i = 0; i < CLIENTS; i++) {
		if (message->from_server || !tap_is(message, 200, "INVITE") ||
			tap != &client[i]->tap || status[i] == 0)
			continue;
		snprintf(digits, sizeof(digits), "%03d", status[i]);
		memcpy(message->text + strlen("SIP/2.0 "), digits, 3);
		if (times == 1)
			status[i] = 0;
	}
	return TAP_PASS;
}

static void set_up(void)
{
	play_open(&play, "on_leave = \"always\"; cutover_ms = 4000; retries = 1;");
	for (int i = 0; i < CLIENTS; i++) {
		client[i] = play_enter_settled(&play, i);
		client[i]->tap.rule = change_status;
	}
	witness = play_enter_settled(&play, CLIENTS);
	ptt_metrics_reset();
	times = 1;
}

static void tear_down(void)
{
	play_close(&play);
}

static bool all_on(uint32_t msk_id)
{
	for (int i = 0; i < CLIENTS; i++)
		if (!actor_is_on(client[i], msk_id))
			return false;
	return actor_is_on(witness, msk_id);
}

START_TEST(tried_again)
{
	size_t done = 0, count = sizeof(again) / sizeof(again[0]);

	while (done < count) {
		uint32_t before = play_current(&play);
		int offers = tap_number(&client[0]->tap, true, 0, "INVITE");

		for (int i = 0; i < CLIENTS && done < count; i++)
			status[i] = again[done++];
		play_rekey(&play);
		PLAY_UNTIL(&play, play_is_stable(&play) && play_current(&play) != before &&
					  all_on(play_current(&play)));
		ck_assert_msg(tap_number(&client[0]->tap, true, 0, "INVITE") == offers + 2,
			"%d: offered %d times", again[done - CLIENTS],
			tap_number(&client[0]->tap, true, 0, "INVITE") - offers);
	}
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_OFFERS, "failed"), (int64_t)count);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_MIKEY_FAILURES, "refused"), 2); /* 488, 606 */
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_LEAVES, NULL), 0);
	for (int i = 0; i < CLIENTS; i++)
		ck_assert_int_eq(tap_number(&client[i]->tap, true, 0, "BYE"), 0);
}
END_TEST

START_TEST(tried_in_vain)
{
	static const int never[CLIENTS] = {302, 403, 603};

	times = 2;
	memcpy(status, never, sizeof(status));
	play_rekey(&play);
	for (int i = 0; i < CLIENTS; i++) {
		PLAY_UNTIL(&play, client[i]->seen.ended);
		ck_assert_int_eq(client[i]->seen.end, PTT_SIP_END_BYE);
		ck_assert_int_eq(tap_number(&client[i]->tap, false, never[i], "INVITE"), 2);
	}
	PLAY_UNTIL(&play, play_is_stable(&play) && actor_is_on(witness, play_current(&play)));
	ck_assert_uint_eq(ptt_roster_members(play_group(&play)->roster), 1);
	ck_assert_uint_eq(ptt_roster_bans(play_group(&play)->roster), 0);
}
END_TEST

START_TEST(dialog_is_gone)
{
	uint32_t first;

	memcpy(status, gone[_i], sizeof(status));
	play_rekey(&play);
	first = play_group(&play)->keys.next.msk_id;
	/* A leave, and who was offered the one in flight: another one takes its place. */
	PLAY_UNTIL(&play, play_is_stable(&play) && play_current(&play) > first &&
				  actor_is_on(witness, play_current(&play)));
	ck_assert_uint_eq(ptt_roster_members(play_group(&play)->roster), 1);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_LEAVES, "dialog-gone"), CLIENTS);
	for (int i = 0; i < CLIENTS; i++) {
		bool told = gone[_i][i] != 408 && gone[_i][i] != 481;

		PLAY_UNTIL(&play, client[i]->seen.ended == told);
		ck_assert_int_eq(tap_number(&client[i]->tap, true, 0, "BYE"), told);
		ck_assert_int_eq(tap_number(&client[i]->tap, true, 0, "INVITE"), 2);
	}
}
END_TEST

/* 14.1: later, and no try is counted, however often: retries is 1. */
START_TEST(pending)
{
	uint32_t before = play_current(&play);

	times = 2;
	status[0] = 491;
	play_rekey(&play);
	PLAY_UNTIL(&play, ptt_metric_get(PTT_METRIC_OFFERS, "glared") == 3);
	status[0] = 0;
	PLAY_UNTIL(&play, play_is_stable(&play) && play_current(&play) != before &&
				  all_on(play_current(&play)));
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_LEAVES, NULL), 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("plays");

	lab_enter();
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, tried_again);
	tcase_add_test(tc, tried_in_vain);
	tcase_add_loop_test(tc, dialog_is_gone, 0, 4);
	tcase_add_test(tc, pending);
	return check_run_case("flow_statuses", tc);
}
