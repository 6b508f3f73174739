/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What can go wrong in a re-key, as plays: messages lost, crossing, two
 * offers at once, a server that goes.
 * Spec: RFC 3261 13.2.2.4, 13.3.1.4, 14.1, 15.1, 17.1.1.2; docs/wire.md 6.
 */
#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/base/clock.h"
#include "tests/flow/two.h"
#include "tests/unit/check_main.h"

/* --- loss --- */

static enum tap_fate lose_acks(struct tap *tap, struct tap_message *message)
{
	(void)tap;
	return two_lose(message->from_server && tap_is(message, 0, "ACK"));
}

/* One MSK, taken once, however many copies went round. */
static void check_counted_once(void)
{
	ck_assert_int_eq(a->seen.msks, 2);
	ck_assert_int_eq(a->seen.refused, 0);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_OFFERS, "sent"), 2);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_OFFERS, "failed"), 0);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_REKEYS, NULL), 1);
}

START_TEST(lost_offer)
{
	two_to_lose = 1;
	a->tap.rule = two_lose_offers;
	play_rekey(&play);
	two_until_on_new(a);
	two_check_copies(true);
	ck_assert_int_eq(tap_number(&a->tap, true, 0, "INVITE"), 3);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_OFFERS, "retried"), 1);
	check_counted_once();
}
END_TEST

START_TEST(lost_200)
{
	two_to_lose = 1;
	a->tap.rule = two_lose_answers;
	play_rekey(&play);
	two_until_on_new(a);
	PLAY_UNTIL(&play,
		tap_number(&a->tap, true, 0, "ACK") >= 2); /* the first is of the first offer */
	two_check_copies(false);
	if (tap_number(&a->tap, true, 0, "INVITE") >
		2) /* both sides' timers run out at about the same time */
		two_check_copies(true);
	check_counted_once();
}
END_TEST

START_TEST(lost_200_twice)
{
	/* The client's own repetition too: now the server has repeated its offer. */
	two_to_lose = 2;
	a->tap.rule = two_lose_answers;
	play_rekey(&play);
	two_until_on_new(a);
	two_check_copies(true);
	check_counted_once();
}
END_TEST

START_TEST(lost_ack)
{
	const struct tap_message *first, *second;

	two_to_lose = 1;
	a->tap.rule = lose_acks;
	play_rekey(&play);
	two_until_on_new(a);
	PLAY_UNTIL(&play,
		tap_number(&a->tap, true, 0, "ACK") == 3); /* the 200 came again: ACKed again */
	first = tap_find(&a->tap, true, 0, "ACK", 1);
	second = tap_find(&a->tap, true, 0, "ACK", 2);
	ck_assert_str_eq(tap_line(first, "CSeq:"), tap_line(second, "CSeq:"));
	ck_assert_int_eq(tap_number(&a->tap, true, 0, "INVITE"), 2);
	check_counted_once();
}
END_TEST

/* --- crossing --- */

START_TEST(glare)
{
	two_glare();
	/* Both refusals were ACKed. */
	ck_assert_int_ge(tap_number(&a->tap, true, 0, "ACK"), 2);
}
END_TEST

START_TEST(bye_crosses_the_offer)
{
	const struct tap_message *offer;

	a->tap.rule = two_hold_offers;
	play_rekey(&play);
	PLAY_UNTIL(&play, (offer = tap_find(&a->tap, true, 0, "INVITE", 1)) != NULL);
	ptt_sip_client_leave(a->sc, ptt_clock_ms());
	PLAY_UNTIL(&play, a->seen.ended);
	tap_release(&a->tap);
	PLAY_UNTIL(&play, tap_number(&a->tap, false, 481, "INVITE") > 0);
	two_until_on_new(b);
	ck_assert_int_eq(a->seen.end, PTT_SIP_END_LEFT);
	ck_assert_int_eq(a->seen.msks, 1);
	/* He was offered the one in flight: with on_leave = always another one takes its place. */
	ck_assert_uint_gt(play_current(&play), play_open_msk(offer, a->who).msk_id);
	ck_assert_uint_eq(ptt_roster_members(play_group(&play)->roster), 1);
}
END_TEST

START_TEST(expelled_while_offered)
{
	const struct tap_message *offer;

	a->tap.rule = two_hold_offers;
	play_rekey(&play);
	PLAY_UNTIL(&play, (offer = tap_find(&a->tap, true, 0, "INVITE", 1)) != NULL);
	play_expel(&play, 0);
	PLAY_UNTIL(&play, a->seen.ended); /* the BYE does not wait for the answer to the offer */
	ck_assert_int_eq(a->seen.end, PTT_SIP_END_EXPELLED);
	tap_release(&a->tap);
	two_until_on_new(b);
	ck_assert_int_eq(a->seen.msks, 1);
	ck_assert_uint_gt(play_current(&play), play_open_msk(offer, a->who).msk_id);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_EXPOSURE_SECONDS, NULL), 1);
}
END_TEST

static enum tap_fate hold_byes(struct tap *tap, struct tap_message *message)
{
	(void)tap;
	return tap_is(message, 0, "BYE") ? TAP_HOLD : TAP_PASS;
}

START_TEST(byes_cross)
{
	a->tap.rule = hold_byes;
	play_expel(&play, 0);
	PLAY_UNTIL(&play, tap_number(&a->tap, true, 0, "BYE") == 1);
	ptt_sip_client_leave(a->sc, ptt_clock_ms());
	PLAY_UNTIL(&play, tap_number(&a->tap, false, 0, "BYE") == 1);
	a->tap.rule = NULL;
	tap_release(&a->tap);
	PLAY_UNTIL(&play, a->seen.ended);
	two_until_on_new(b);
	PLAY_UNTIL(&play, ptt_sip_pending(play.server->env.sip) == 0);
	ck_assert_uint_eq(ptt_roster_members(play_group(&play)->roster), 1);
}
END_TEST

START_TEST(two_expelled_at_once)
{
	struct actor *c = play_enter_settled(&play, 2);
	struct ptt_group *group = play_group(&play);
	struct ptt_expel_wait nobody = {0};

	ptt_group_expel(group, ptt_group_find_subject(group, a->who->impu), "operator", &nobody);
	ptt_group_expel(group, ptt_group_find_subject(group, c->who->impi), "operator", &nobody);
	PLAY_UNTIL(&play, a->seen.ended && c->seen.ended);
	two_until_on_new(b);
	ck_assert_int_eq(a->seen.msks + c->seen.msks, 2); /* the first, each */
	ck_assert_uint_eq(ptt_roster_members(group->roster), 1);
	ck_assert_uint_eq(ptt_roster_bans(group->roster), 2);
}
END_TEST

START_TEST(late_joiner_gets_the_newest_only)
{
	struct actor *c;

	a->tap.rule = two_hold_offers; /* the re-key lasts until cutover_ms */
	play_rekey(&play);
	c = play_enter(&play, 2, NULL);
	PLAY_UNTIL(&play, c->seen.msks == 1);
	ck_assert_uint_ne(c->msk_id, old);
	a->tap.rule = NULL;
	tap_release(&a->tap);
	two_until_on_new(a);
	two_until_on_new(b);
	two_until_on_new(c);
	ck_assert_int_eq(c->seen.msks, 1);
}
END_TEST

/* --- a server that goes and comes back --- */

START_TEST(restart_while_re_keying)
{
	uint32_t next, current, counter;
	struct opened again;

	a->tap.rule = two_hold_offers;
	play_rekey(&play);
	PLAY_UNTIL(&play, tap_number(&a->tap, true, 0, "INVITE") == 2);
	next = play_group(&play)->keys.next.msk_id;
	counter = play_open_msk(tap_find(&a->tap, true, 0, "INVITE", 1), a->who).counter;
	play_stop_server(&play);
	a->tap.rule = NULL;
	play_start_server(&play);
	two_until_on_new(a);
	two_until_on_new(b);
	current = play_current(&play);
	ck_assert_uint_eq(current, next); /* no third key */
	again = play_open_msk(
		tap_find(&a->tap, true, 0, "INVITE", tap_number(&a->tap, true, 0, "INVITE") - 1),
		a->who);
	ck_assert_uint_gt(again.counter, counter);
	ck_assert_int_eq(a->seen.ended + b->seen.ended, 0);
	ck_assert_int_eq(a->seen.refused + b->seen.refused, 0);
	ck_assert_uint_eq(ptt_roster_members(play_group(&play)->roster), 2);
}
END_TEST

START_TEST(restart_at_peace)
{
	int mtks = a->seen.mtks;

	play_stop_server(&play);
	play_start_server(&play);
	PLAY_UNTIL(&play, a->seen.mtks > mtks); /* the first thing on the channel is a new MTK */
	ck_assert_uint_eq(a->mtk.msk_id, old);
	play_rekey(&play);
	two_until_on_new(a);
	two_until_on_new(b);
	ck_assert_int_eq(a->seen.ended + a->seen.refused + b->seen.ended + b->seen.refused, 0);
	ptt_sip_client_leave(b->sc, ptt_clock_ms());
	PLAY_UNTIL(&play, b->seen.ended);
	ck_assert_int_eq(b->seen.end, PTT_SIP_END_LEFT);
}
END_TEST

static sqlite3 *store_open(void)
{
	char path[128];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/state.db", play.dir);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_busy_timeout(db, 5000), SQLITE_OK);
	return db;
}

static void store_exec(const char *sql)
{
	sqlite3 *db = store_open();

	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static int store_count(const char *sql)
{
	sqlite3 *db = store_open();
	sqlite3_stmt *stmt;
	int count;

	ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
	count = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return count;
}

/* The row of one whose offer was answered says so before anybody stops the server. */
START_TEST(answers_are_known_over_a_restart)
{
	uint32_t handle = PTT_HANDLE_NONE;
	unsigned known = 0;

	PLAY_UNTIL(&play, store_count("SELECT count(*) FROM dialog"
				      " WHERE substr(media, -8) <> zeroblob(8)") == 2);
	play_stop_server(&play);
	play_start_server(&play);
	while ((handle = ptt_roster_next_member(play_group(&play)->roster, handle)) !=
		PTT_HANDLE_NONE) {
		const struct ptt_member *member = ptt_member_of(play_group(&play), handle);

		known += member->answer_fingerprint != 0 && member->plan.channel == PTT_CHANNEL_ON;
	}
	ck_assert_uint_eq(known, 2);
}
END_TEST

/* As a disk that is full for a moment: the switch to the new MSK is not recorded. */
START_TEST(a_switch_the_store_did_not_take_is_written_again)
{
	uint32_t second;

	store_exec("CREATE TRIGGER full BEFORE UPDATE OF state ON msk"
		   " BEGIN SELECT RAISE(ABORT, 'full'); END");
	play_expel(&play, 1); /* he holds the first MSK */
	PLAY_UNTIL(&play, b->seen.ended);
	two_until_on_new(a);
	second = play_current(&play);
	PLAY_UNTIL(&play, play_group(&play)->switch_unrecorded);
	store_exec("DROP TRIGGER full");
	a->tap.rule = two_hold_offers;
	play_rekey(&play); /* pending, and the expulsion no longer its reason */
	PLAY_UNTIL(&play, tap_number(&a->tap, true, 0, "INVITE") == 3);
	ck_assert(!play_group(&play)->switch_unrecorded);
	play_stop_server(&play);
	a->tap.rule = NULL;
	play_start_server(&play);
	ck_assert_uint_eq(
		play_group(&play)->keys.current.msk_id, second); /* never the first again */
	PLAY_UNTIL(&play, play_is_stable(&play) && play_current(&play) != second &&
				  actor_is_on(a, play_current(&play)));
}
END_TEST

static uint32_t last_counter(struct actor *actor)
{
	int offers = tap_number(&actor->tap, true, 0, "INVITE");

	return play_open_msk(tap_find(&actor->tap, true, 0, "INVITE", offers - 1), actor->who)
		.counter;
}

/*
 * The host lost its power, and the store what was not on the disk: that b is in, and so who was sent the MSK. The group
 * gets another one, once; no T comes again.
 */
START_TEST(restart_after_a_loss_of_power)
{
	char sql[256];
	uint32_t counter = last_counter(a), fresh;

	play_stop_server(&play);
	snprintf(sql, sizeof(sql),
		"UPDATE msk SET boot_id = 'another'; DELETE FROM sent_to; DELETE FROM dialog WHERE impu = '%s'",
		b->who->impu);
	store_exec(sql);
	play_start_server(&play);
	two_until_on_new(a);
	PLAY_UNTIL(&play, a->mtk.msk_id == a->msk_id);
	fresh = a->msk_id;
	ck_assert_uint_gt(last_counter(a), counter);
	ck_assert_uint_eq(b->msk_id, old);
	ck_assert_uint_eq(ptt_roster_members(play_group(&play)->roster), 1);
	counter = last_counter(a);
	play_stop_server(&play);
	play_start_server(&play);
	PLAY_UNTIL(&play, ptt_tracker_is_idle(play_group(&play)->tracker));
	ck_assert_uint_eq(play_current(&play), fresh); /* once */
	play_rekey(&play);
	two_until_on_new(a);
	ck_assert_uint_gt(last_counter(a), counter);
	ck_assert_int_eq(a->seen.refused + a->seen.ended, 0);
}
END_TEST

int main(void)
{
	TCase *tc = two_case("on_leave = \"always\"; cutover_ms = 1000;");

	tcase_add_test(tc, lost_offer);
	tcase_add_test(tc, lost_200);
	tcase_add_test(tc, lost_200_twice);
	tcase_add_test(tc, lost_ack);
	tcase_add_test(tc, glare);
	tcase_add_test(tc, bye_crosses_the_offer);
	tcase_add_test(tc, expelled_while_offered);
	tcase_add_test(tc, byes_cross);
	tcase_add_test(tc, two_expelled_at_once);
	tcase_add_test(tc, late_joiner_gets_the_newest_only);
	tcase_add_test(tc, restart_while_re_keying);
	tcase_add_test(tc, restart_at_peace);
	tcase_add_test(tc, restart_after_a_loss_of_power);
	tcase_add_test(tc, answers_are_known_over_a_restart);
	tcase_add_test(tc, a_switch_the_store_did_not_take_is_written_again);
	return check_run_case("flow_faults", tc);
}
