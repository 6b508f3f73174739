/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The re-key of a group: rows of docs/faults.md, rules of docs/wire.md 6. */
#include "tests/unit/core/tracker_play.h"

START_TEST(an_expulsion_rekeys_everybody_else)
{
	group_of(3);
	PLAY("new-msk g2; ban s3; persist g2 expel", EXPEL, S(3));
	ck_assert(ptt_tracker_may_rotate_mtk(tracker));
	PLAY("expel-accepted s3; bye 3 expelled; stage g2; offer 1 g2; offer 2 g2", PERSISTED,
		G(2));
	ck_assert(!ptt_tracker_may_rotate_mtk(tracker));
	PLAY("", ANSWERED, M(1), G(2));
	PLAY(ERROR_NO_KEY, ANSWERED, M(3), G(2));
	PLAY("promote g2 expel", ANSWERED, M(2), G(2));
	ck_assert_uint_eq(actions.list[0].at_ms, 10000);
	PLAY("retire g1; done g2", CUT_OVER, G(2));
	ck_assert(ptt_tracker_may_rotate_mtk(tracker));
	PLAY(ERROR_AUTH, JOIN, M(9), S(3));
	ck_assert_uint_eq(ptt_tracker_msk_for_answer(tracker, handle(3), true), 0);
	PLAY("expel-accepted s3", EXPEL, S(3));
	PLAY("", ADMIT, S(3));
	PLAY("offer 9 g2", JOIN, M(9), S(3));
}
END_TEST

START_TEST(the_dead_do_not_delay_the_cut_over)
{
	group_of(3);
	PLAY("new-msk g2; ban s3; persist g2 expel", EXPEL, S(3));
	ck_assert_uint_eq(actions.list[2].at_ms, 12000);
	PLAY("expel-accepted s3; bye 3 expelled; stage g2; offer 1 g2; offer 2 g2", PERSISTED,
		G(2));
	PLAY("", ANSWERED, M(1), G(2));
	/* 20 ms to spare: the switch shall be reported when the deadline comes */
	ck_assert_uint_eq(ptt_tracker_next_ms(tracker), 12000 - policy.mtk_lead_ms - 20);
	now_ms = 11929;
	PLAY("", TIMER, G(0));
	now_ms = 11930;
	PLAY("promote g2 expel", TIMER, G(0));
	PLAY("retire g1; done g2", CUT_OVER, G(2));
	now_ms = 42000;
	PLAY("", GONE, M(2));
	PLAY("offer 4 g2", JOIN, M(4), S(2));
}
END_TEST

START_TEST(expulsions_coalesce_and_the_deadline_stands)
{
	group_of(4);
	PLAY("new-msk g2; ban s4; persist g2 expel", EXPEL, S(4));
	PLAY("", EXPEL, S(4));
	PLAY("", EXPEL, S(3));
	PLAY("expel-accepted s4; bye 4 expelled; stage g2; ban s3; persist g2 expel; offer 1 "
	     "g2; offer 2 g2",
		PERSISTED, G(2));
	now_ms += 500;
	PLAY("expel-accepted s3; bye 3 expelled", PERSISTED, G(2));
	PLAY("new-msk g3; ban s2; persist g3 expel", EXPEL, S(2)); /* it was offered g2 */
	ck_assert_uint_eq(actions.list[2].at_ms, 12000);
	PLAY("", ANSWERED, M(1), G(2));
	PLAY("expel-accepted s2; bye 2 expelled; stage g3; offer 1 g3", PERSISTED, G(3));
	ck_assert_uint_eq(ptt_tracker_status(tracker).deadline_ms, 12000);
	PLAY("promote g3 expel", ANSWERED, M(1), G(3));
}
END_TEST

START_TEST(one_who_left_earlier_holds_the_key)
{
	group_of(2);
	PLAY("", LEAVE, M(2));
	ck_assert(ptt_tracker_holds_key(tracker, handle(2)));
	PLAY("new-msk g2; ban s2; persist g2 expel", EXPEL, S(2));
	PLAY("expel-accepted s2; stage g2; offer 1 g2", PERSISTED, G(2));
	PLAY("promote g2 expel", ANSWERED, M(1), G(2));
	PLAY("retire g1; done g2", CUT_OVER, G(2));
	ck_assert(!ptt_tracker_holds_key(tracker, handle(2)));
	PLAY("ban s7; persist expel", EXPEL, S(7)); /* it never had a key: a ban, no re-key */
	PLAY("expel-accepted s7", PERSISTED, G(0));
}
END_TEST

START_TEST(what_cannot_be_made_durable_is_refused)
{
	group_of(2);
	PLAY("new-msk g2; ban s2; persist g2 expel", EXPEL, S(2));
	PLAY(ERROR_BUSY, ADMIT, S(2));
	PLAY("drop g2; alarm; expel-refused s2", PERSIST_FAILED, G(2), .err = PTT_ERR_SYSTEM);
	ck_assert_int_eq(actions.list[2].err, PTT_ERR_SYSTEM);
	ck_assert(ptt_tracker_may_rotate_mtk(tracker));
	PLAY("", OPERATOR, G(0)); /* the next write waits a second */
	now_ms += PTT_TRACKER_RETRY_MS;
	PLAY("new-msk g3; persist g3 operator", TIMER, G(0));
	PLAY("drop g3; alarm", PERSIST_FAILED, G(3), .err = PTT_ERR_SYSTEM);
	PLAY("", TIMER, G(0));
	ck_assert_uint_eq(ptt_tracker_next_ms(tracker), now_ms + PTT_TRACKER_RETRY_MS);
	now_ms += PTT_TRACKER_RETRY_MS;
	PLAY("new-msk g4; persist g4 operator", TIMER, G(0));
	PLAY(ERROR_NO_KEY, PERSISTED, G(3));
	PLAY("stage g4; offer 1 g4; offer 2 g4", PERSISTED, G(4));
}
END_TEST

START_TEST(a_channel_that_cannot_cut_over_falls_silent)
{
	group_of(2);
	PLAY("new-msk g2; ban s2; persist g2 expel", EXPEL, S(2));
	PLAY("expel-accepted s2; bye 2 expelled; stage g2; offer 1 g2", PERSISTED, G(2));
	PLAY("promote g2 expel", ANSWERED, M(1), G(2));
	PLAY("alarm", CUTOVER_FAILED, G(2), .err = PTT_ERR_SYSTEM);
	now_ms = 11000;
	PLAY("new-mtk g2", TIMER, G(0));
	PLAY("alarm", CUTOVER_FAILED, G(2), .err = PTT_ERR_SYSTEM);
	now_ms = 12000;
	PLAY("silence; new-mtk g2", TIMER, G(0));
	ck_assert(ptt_tracker_status(tracker).silent);
	PLAY("unsilence; retire g1; done g2", CUT_OVER, G(2));
}
END_TEST

START_TEST(resumed_after_kill_9)
{
	PLAY("", RESTORE_BAN, S(3));
	PLAY("", RESTORE_SENT, S(1), G(4));
	PLAY("", RESTORE_SENT, S(1), G(6));
	PLAY("", RESTORE_MEMBER, M(1), S(1));
	PLAY("", RESTORE_MEMBER, M(2), S(2));
	PLAY("bye 3 expelled", RESTORE_MEMBER, M(3), S(3));
	PLAY("", CHANNEL_REFUSED, M(2));
	PLAY(ERROR_MISMATCH, OPERATOR, G(0));
	PLAY("silence; offer 1 g6", RESUME, G(4), .next = 6, .newest = 6,
		.reason = PTT_REASON_EXPELLED, .at_ms = now_ms + 700);
	PLAY("", STALE_ANSWER, M(1));
	ck_assert_uint_eq(ptt_tracker_status(tracker).deadline_ms, now_ms + 700);
	ck_assert(!ptt_tracker_may_rotate_mtk(tracker));
	PLAY("promote g6 expel", ANSWERED, M(1), G(6));
	PLAY("unsilence; retire g4; done g6", CUT_OVER, G(6));
	PLAY("new-msk g7; ban s1; persist g7 expel", EXPEL, S(1));
}
END_TEST

START_TEST(resumed_with_nothing_pending)
{
	PLAY("", RESTORE_MEMBER, M(1), S(1), G(4));
	PLAY("", RESTORE_MEMBER, M(2), S(2));
	PLAY("new-mtk g4; offer 2 g4", RESUME, G(4), .newest = 5);
	PLAY("new-msk g6; persist g6 operator", OPERATOR, G(0));
}
END_TEST

START_TEST(resumed_on_another_boot)
{
	PLAY("", RESTORE_MEMBER, M(1), S(1));
	PLAY("new-mtk g4; promote g5 resume; offer 1 g5", RESUME, G(4), .next = 5, .newest = 5,
		.reason = PTT_REASON_PERIOD, .at_ms = now_ms);
}
END_TEST

/* The store may have lost who was sent g4: every subject counts as sent it, and a new MSK replaces
 * it at once. */
START_TEST(resumed_after_a_loss_of_power)
{
	PLAY("", RESTORE_MEMBER, M(1), S(1), G(4));
	PLAY("new-mtk g4; new-msk g5; persist g5 resume", RESUME, G(4), .newest = 4,
		.sent_unknown = 4);
	PLAY("stage g5; offer 1 g5", PERSISTED, G(5));
	PLAY("ban s2; persist g5 expel", EXPEL, S(2));
	PLAY("expel-accepted s2", PERSISTED, G(5));
	ck_assert(!ptt_tracker_may_rotate_mtk(tracker)); /* s2 may have g4 */
	PLAY("promote g5 expel", ANSWERED, M(1), G(5));
	PLAY("retire g4; done g5", CUT_OVER, G(5));
	PLAY("ban s3; persist expel", EXPEL, S(3)); /* s3 was not sent g5 */
}
END_TEST

/* The intent's MSK is of that boot, too: the channel never cuts over to it. */
START_TEST(resumed_in_a_rekey_after_a_loss_of_power)
{
	PLAY("", RESTORE_MEMBER, M(1), S(1));
	PLAY("new-mtk g4; new-msk g6; persist g6 resume", RESUME, G(4), .next = 5, .newest = 5,
		.sent_unknown = 5, .reason = PTT_REASON_PERIOD, .at_ms = now_ms + 500);
	PLAY("stage g6; offer 1 g6", PERSISTED, G(6));
	PLAY("promote g6 resume", ANSWERED, M(1), G(6));
	PLAY("retire g4; done g6", CUT_OVER, G(6));
}
END_TEST

/* The MSK on offer is of this boot, so no further one is needed. */
START_TEST(resumed_twice_after_a_loss_of_power)
{
	PLAY("", RESTORE_MEMBER, M(1), S(1));
	PLAY("new-mtk g4; offer 1 g5", RESUME, G(4), .next = 5, .newest = 5, .sent_unknown = 4,
		.reason = PTT_REASON_RESUME, .at_ms = now_ms + 500);
	PLAY("promote g5 resume", ANSWERED, M(1), G(5));
	PLAY("retire g4; done g5", CUT_OVER, G(5));
}
END_TEST

START_TEST(draining_begins_nothing_but_expulsions)
{
	group_of(2);
	PLAY("", DRAIN, G(0));
	PLAY("", OPERATOR, G(0));
	ck_assert(ptt_tracker_is_idle(tracker));
	PLAY("new-msk g2; ban s2; persist g2 expel", EXPEL, S(2));
	ck_assert(!ptt_tracker_is_idle(tracker));
}
END_TEST

int main(void)
{
	const TTest *const plays[] = {an_expulsion_rekeys_everybody_else,
		the_dead_do_not_delay_the_cut_over, expulsions_coalesce_and_the_deadline_stands,
		one_who_left_earlier_holds_the_key, what_cannot_be_made_durable_is_refused,
		a_channel_that_cannot_cut_over_falls_silent, resumed_after_kill_9,
		resumed_with_nothing_pending, resumed_on_another_boot,
		resumed_after_a_loss_of_power, resumed_in_a_rekey_after_a_loss_of_power,
		resumed_twice_after_a_loss_of_power, draining_begins_nothing_but_expulsions};

	return play_all("tracker", plays, sizeof(plays) / sizeof(plays[0]));
}
