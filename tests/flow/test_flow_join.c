/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Joining when messages are lost, when the client changes its mind, when
 * it is not wanted any more, as plays.
 * Spec: RFC 3261 9, 13.3.1.4, 17.1.1, 17.2.1; docs/wire.md 4.2.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/base/clock.h"
#include "tests/flow/play.h"
#include "tests/unit/check_main.h"
#include "tests/unit/media/media_lab.h"

#define JOIN_MESSAGES 9 /* INVITE 401 ACK INVITE 200 ACK INVITE 200 ACK */

static const struct actor_way ways[] = {
	{.join = PTT_UE_JOIN_SDP}, {.join = PTT_UE_JOIN_OFFERLESS}, {.join = PTT_UE_JOIN_CHANNEL}};

static struct play play;
static struct actor *a;

static void open_with_one(void)
{
	play_open(&play, "on_leave = \"always\"; cutover_ms = 1000;");
	a = play_enter_settled(&play, 0);
}

static void tear_down(void)
{
	play_close(&play);
}

static size_t to_lose; /* the number of a message of either side */

static enum tap_fate lose_one(struct tap *tap, struct tap_message *message)
{
	(void)message;
	return tap->count - 1 == to_lose ? TAP_DROP : TAP_PASS;
}

/* All three ways at once, each with that message lost. */
START_TEST(one_message_lost)
{
	struct actor *joiner[3];

	to_lose = (size_t)_i;
	for (int i = 0; i < 3; i++) {
		joiner[i] = play_enter(&play, 1 + i, &ways[i]);
		joiner[i]->tap.rule = lose_one;
	}
	for (int i = 0; i < 3; i++)
		PLAY_UNTIL(&play, actor_is_on(joiner[i], play_current(&play)));
	PLAY_UNTIL(&play, play_is_stable(&play) && ptt_sip_pending(play.server->env.sip) == 0);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(joiner[i]->seen.joined, 1);
		ck_assert_int_eq(joiner[i]->seen.msks, 1);
		ck_assert_int_eq(joiner[i]->seen.refused + joiner[i]->seen.ended, 0);
	}
	ck_assert_uint_eq(ptt_roster_members(play_group(&play)->roster), 4);
	ck_assert_uint_eq(a->msk_id, play_current(&play)); /* nobody was re-keyed */
}
END_TEST

static enum tap_fate hold_200(struct tap *tap, struct tap_message *message)
{
	(void)tap;
	return message->from_server && tap_is(message, 200, "INVITE") ? TAP_HOLD : TAP_PASS;
}

static enum tap_fate lose_acks(struct tap *tap, struct tap_message *message)
{
	(void)tap;
	return !message->from_server && tap_is(message, 0, "ACK") ? TAP_DROP : TAP_PASS;
}

/* Nothing to CANCEL without a provisional answer: the client ACKs the
 * 200 when it comes, and says BYE. */
START_TEST(leaves_before_his_200)
{
	uint32_t old = play_current(&play);
	struct actor *b = play_enter(&play, 1, &ways[_i]);

	b->tap.rule = hold_200;
	PLAY_UNTIL(&play, tap_number(&b->tap, true, 200, "INVITE") > 0);
	ptt_sip_client_leave(b->sc, ptt_clock_ms());
	b->tap.rule = NULL;
	tap_release(&b->tap);
	PLAY_UNTIL(&play, b->seen.ended);
	ck_assert_int_eq(b->seen.end, PTT_SIP_END_LEFT);
	PLAY_UNTIL(
		&play, ptt_roster_members(play_group(&play)->roster) == 1 && play_is_stable(&play));
	/* He was sent the MSK if it stood in the 200; then his going re-keys. */
	if (_i != 0)
		PLAY_UNTIL(
			&play, play_current(&play) != old && actor_is_on(a, play_current(&play)));
	PLAY_UNTIL(&play, ptt_sip_pending(play.server->env.sip) == 0);
}
END_TEST

/* The BYE to somebody expelled whose ACK has not come waits for it (RFC
 * 3261 15), but not he for his ban. */
START_TEST(expelled_before_his_ack)
{
	uint32_t old = play_current(&play);
	struct actor *b = play_enter(&play, 1, &ways[_i]), *again;

	b->tap.rule = lose_acks;
	PLAY_UNTIL(
		&play, tap_number(&b->tap, false, 0, "ACK") >= 2); /* of the 401, and of the 200 */
	play_expel(&play, 1);
	ck_assert_uint_eq(ptt_roster_members(play_group(&play)->roster), 1);
	b->tap.rule = NULL; /* the 200 is repeated, the ACK comes */
	PLAY_UNTIL(&play, b->seen.ended);
	ck_assert_int_eq(b->seen.end, PTT_SIP_END_EXPELLED);
	PLAY_UNTIL(&play, play_is_stable(&play));
	if (_i != 0)
		PLAY_UNTIL(
			&play, play_current(&play) != old && actor_is_on(a, play_current(&play)));
	again = play_enter(&play, 1, NULL);
	PLAY_UNTIL(&play, again->seen.ended);
	ck_assert_int_eq(again->seen.end_status, 403);
}
END_TEST

/* The text of the play's log behind the last @p event, up to the end of the line. */
static const char *logged(const char *event)
{
	static char text[1 << 20];
	char path[128];
	char *at, *last = NULL;
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "%s/log", play.dir);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	for (at = text; (at = strstr(at, event)) != NULL; at++)
		last = at;
	ck_assert_msg(last != NULL, "no %s in the log", event);
	last[strcspn(last, "\n")] = '\0';
	return last;
}

/* What "joined" says: the MSK that was in the 200, or 0 where it is still to come. */
START_TEST(joined_is_logged_with_its_key)
{
	struct actor *b = play_enter(&play, 1, &ways[_i]);
	char word[32];

	PLAY_UNTIL(&play, b->seen.msks > 0 && b->seen.joined);
	PLAY_UNTIL(&play, tap_number(&b->tap, false, 0, "ACK") >= 2 && play_is_stable(&play));
	snprintf(word, sizeof(word), " generation=%u ",
		_i == 0 ? 0 : play_group(&play)->keys.current.generation);
	ck_assert_msg(strstr(logged(" joined "), word) != NULL, "%s: %s", word, logged(" joined "));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("plays");

	lab_enter();
	tcase_set_timeout(tc, 20);
	tcase_add_checked_fixture(tc, open_with_one, tear_down);
	tcase_add_loop_test(tc, one_message_lost, 0, JOIN_MESSAGES);
	tcase_add_loop_test(tc, leaves_before_his_200, 0, 3);
	tcase_add_loop_test(tc, expelled_before_his_ack, 0, 3);
	tcase_add_loop_test(tc, joined_is_logged_with_its_key, 0, 3);
	return check_run_case("flow_join", tc);
}
