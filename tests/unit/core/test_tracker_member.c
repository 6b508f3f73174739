/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Members under a re-key, and the policies: answers, refusals, joins, leaves, periods. */
#include "tests/unit/core/tracker_play.h"

#include <stdio.h>

START_TEST(on_leave_by_policy)
{
	group_of(4);
	PLAY("", LEAVE, M(4)); /* never */
	ck_assert_uint_eq(ptt_tracker_next_ms(tracker), PTT_TRACKER_NEVER);
	policy.on_leave = PTT_ON_LEAVE_BATCH;
	new_policy();
	PLAY("", LEAVE, M(3));
	ck_assert_uint_eq(ptt_tracker_next_ms(tracker), now_ms + policy.leave_batch_ms);
	now_ms += 1000;
	PLAY("", GONE, M(2));
	now_ms += 1000;
	PLAY("new-msk g2; persist g2 leave", TIMER, G(0));
	PLAY("stage g2; offer 1 g2", PERSISTED, G(2));
	PLAY("promote g2 leave", ANSWERED, M(1), G(2));
	PLAY("retire g1; done g2", CUT_OVER, G(2));
	policy.on_leave = PTT_ON_LEAVE_ALWAYS;
	new_policy();
	PLAY("offer 5 g2", JOIN, M(5), S(5));
	PLAY("offer 6 g2", JOIN, M(6), S(5)); /* a second dialog of the same subscriber */
	PLAY("", LEAVE, M(6));
	PLAY("new-msk g3; persist g3 leave", LEAVE, M(5));
}
END_TEST

START_TEST(a_leave_restarts_only_what_he_was_offered)
{
	policy.on_leave = PTT_ON_LEAVE_ALWAYS;
	new_policy();
	ptt_tracker_set_window(tracker, 1);
	group_of(3);
	PLAY("new-msk g2; persist g2 operator", OPERATOR, G(0));
	PLAY("stage g2; offer 1 g2", PERSISTED, G(2));
	PLAY("", LEAVE, M(3)); /* not offered yet: struck */
	PLAY("new-msk g3; persist g3 operator", LEAVE, M(1));
}
END_TEST

START_TEST(refusals_and_retries)
{
	group_of(1);
	PLAY("new-msk g2; persist g2 operator", OPERATOR, G(0));
	PLAY("stage g2; offer 1 g2", PERSISTED, G(2));
	PLAY("", GLARE, M(1), .at_ms = now_ms + 2100); /* 491 is not counted */
	PLAY(ERROR_MISMATCH ", fault member glare: glare", GLARE, M(1), .at_ms = now_ms);
	now_ms += 1950;
	PLAY("promote g2 operator", TIMER, G(0));
	PLAY("retire g1; done g2", CUT_OVER, G(2));
	now_ms += 150;
	PLAY("offer 1 g2", TIMER, G(0));
	PLAY("offer 1 g2", REFUSED_KEY, M(1)); /* 488: sealed again at once */
	PLAY("", SERVER_ERROR, M(1));
	ck_assert_uint_eq(ptt_tracker_next_ms(tracker), now_ms + PTT_TRACKER_BACKOFF_MS);
	now_ms += PTT_TRACKER_BACKOFF_MS;
	PLAY("offer 1 g2", TIMER, G(0));
	PLAY("", UNAVAILABLE, M(1), .at_ms = now_ms + 3600000); /* Retry-After, 30 s at most */
	ck_assert_uint_eq(ptt_tracker_next_ms(tracker), now_ms + PTT_TRACKER_RETRY_AFTER_MS);
	now_ms += PTT_TRACKER_RETRY_AFTER_MS;
	PLAY("offer 1 g2", TIMER, G(0));
	PLAY("bye 1 failed", OTHER_FAIL, M(1));
	ck_assert_uint_eq(ptt_tracker_status(tracker).members, 0);
}
END_TEST

START_TEST(never_two_offers_to_one_member)
{
	group_of(1);
	PLAY("new-msk g2; persist g2 operator", OPERATOR, G(0));
	PLAY("stage g2; offer 1 g2", PERSISTED, G(2));
	now_ms += 1950;
	PLAY("promote g2 operator", TIMER, G(0));
	PLAY("retire g1; done g2", CUT_OVER, G(2));
	PLAY("new-msk g3; persist g3 period", PERIOD, G(0));
	PLAY("stage g3", PERSISTED, G(3)); /* the offer of g2 is still out */
	PLAY(ERROR_BUSY, PULL, M(1), G(3));
	PLAY(ERROR_MISMATCH, ANSWERED, M(1), G(3));
	PLAY("offer 1 g3", ANSWERED, M(1), G(2));
	PLAY("promote g3 period", ANSWERED, M(1), G(3));
}
END_TEST

START_TEST(who_refuses_the_channel_holds_the_key_all_the_same)
{
	group_of(1);
	PLAY("offer 2 g1", JOIN, M(2), S(2));
	PLAY("", CHANNEL_REFUSED, M(2));
	PLAY("new-msk g2; persist g2 operator", OPERATOR, G(0));
	PLAY("stage g2; offer 1 g2", PERSISTED, G(2));
	PLAY("promote g2 operator", ANSWERED, M(1), G(2));
	PLAY("retire g1; done g2", CUT_OVER, G(2));
	PLAY("", PULL, M(2), G(2)); /* the 200 carries it */
	PLAY("", ANSWERED, M(2), G(2));
	PLAY("new-msk g3; ban s2; persist g3 expel", EXPEL, S(2));
}
END_TEST

START_TEST(a_joiner_gets_the_newest_only)
{
	group_of(1);
	PLAY("new-msk g2; persist g2 operator", OPERATOR, G(0));
	PLAY("stage g2; offer 1 g2", PERSISTED, G(2));
	ck_assert_uint_eq(ptt_tracker_msk_for_answer(tracker, handle(2), true), 2);
	PLAY(ERROR_MISMATCH, JOIN, M(2), S(2), G(1));
	PLAY("", JOIN, M(2), S(2), G(2));
	PLAY("promote g2 operator", ANSWERED, M(1), G(2)); /* the joiner does not delay it */
	PLAY("", ANSWERED, M(2), G(2));
	PLAY("offer 3 g2", JOIN, M(3), S(3));
	ck_assert_uint_eq(ptt_tracker_member_generation(tracker, handle(2)), 2);
	ck_assert_uint_eq(ptt_tracker_member_generation(tracker, handle(3)), 0);
}
END_TEST

START_TEST(on_join_by_policy)
{
	group_of(1);
	policy.on_join = PTT_ON_JOIN_MTK;
	new_policy();
	now_ms += 1000;
	PLAY("new-mtk g1; offer 2 g1", JOIN, M(2), S(2));
	PLAY("offer 3 g1", JOIN, M(3), S(3));
	ck_assert_uint_eq(ptt_tracker_next_ms(tracker), now_ms + PTT_TRACKER_MTK_GAP_MS);
	now_ms += PTT_TRACKER_MTK_GAP_MS;
	PLAY("new-mtk g1", TIMER, G(0));
	PLAY("", ANSWERED, M(2), G(1));
	PLAY("", ANSWERED, M(3), G(1));
	policy.on_join = PTT_ON_JOIN_MSK;
	new_policy();
	ck_assert_uint_eq(ptt_tracker_msk_for_answer(tracker, handle(4), true), 0);
	PLAY("new-msk g2; persist g2 join", JOIN, M(4), S(4));
	ck_assert_uint_eq(ptt_tracker_msk_for_answer(tracker, handle(4), false), 0);
	PLAY("", PULL, M(4));
	PLAY("stage g2; offer 1 g2; offer 2 g2; offer 3 g2; offer 4 g2", PERSISTED, G(2));
}
END_TEST

START_TEST(periods_and_used_up_ids)
{
	policy.period_s = 60;
	policy.mtk_period_s = 10;
	new_policy();
	group_of(1);
	ck_assert_uint_eq(ptt_tracker_next_ms(tracker), now_ms + 10000);
	now_ms += 10000;
	PLAY("new-mtk g1", TIMER, G(0));
	PLAY("new-mtk g1", MTK_DUE, G(0));
	now_ms += 50000;
	PLAY("new-mtk g1; new-msk g2; persist g2 period", TIMER, G(0));
	PLAY("", MTK_EXHAUSTED, G(0)); /* the same re-key serves it */
	PLAY("stage g2; offer 1 g2", PERSISTED, G(2));
	PLAY("promote g2 exhausted", ANSWERED, M(1), G(2));
	PLAY("", MTK_DUE, G(0)); /* the cut-over brings one */
}
END_TEST

/** Offers leave in a window; 10,000 members answer one by one; memory stays within its bound. */
START_TEST(ten_thousand_members)
{
	enum { N = 10000 };
	struct ptt_tracker_event ev = {.kind = PTT_EV_ANSWERED};
	uint32_t offered = 0, promoted = 0;

	group_of(0);
	for (uint32_t i = 1; i <= N; i++) {
		ev = (struct ptt_tracker_event){.kind = PTT_EV_JOIN,
			.member = handle(i),
			.subject = handle(i),
			.generation = 1};
		ck_assert_int_eq(ptt_tracker_step(tracker, &ev, now_ms, &actions), PTT_OK);
		ev = (struct ptt_tracker_event){
			.kind = PTT_EV_ANSWERED, .member = handle(i), .generation = 1};
		ck_assert_int_eq(ptt_tracker_step(tracker, &ev, now_ms, &actions), PTT_OK);
	}
	PLAY("new-msk g2; persist g2 operator", OPERATOR, G(0));
	ev = (struct ptt_tracker_event){.kind = PTT_EV_PERSISTED, .generation = 2};
	for (uint32_t answered = 0; promoted == 0; answered++) {
		ck_assert_int_eq(ptt_tracker_step(tracker, &ev, now_ms, &actions), PTT_OK);
		for (size_t i = 0; i < actions.len; i++) {
			offered += actions.list[i].kind == PTT_ACT_OFFER;
			promoted += actions.list[i].kind == PTT_ACT_PROMOTE;
		}
		ck_assert_uint_le(ptt_tracker_status(tracker).in_flight, PTT_TRACKER_WINDOW);
		ev = (struct ptt_tracker_event){
			.kind = PTT_EV_ANSWERED, .member = handle(answered + 1), .generation = 2};
	}
	ck_assert_uint_eq(offered, N);
	ck_assert_uint_eq(ptt_tracker_status(tracker).unsettled, 0);
}
END_TEST

START_TEST(words)
{
	ck_assert_str_eq(ptt_rekey_reason_str(PTT_REASON_MTK_EXHAUSTED), "exhausted");
	ck_assert_str_eq(ptt_rekey_reason_str((enum ptt_rekey_reason)99), "?");
	ck_assert_str_eq(ptt_tracker_event_str(PTT_EV_CUTOVER_FAILED), "cutover-failed");
	ck_assert_str_eq(ptt_tracker_event_str(PTT_EV_JOIN), "join");
	ck_assert_str_eq(ptt_tracker_action_str(PTT_ACT_ALARM), "alarm");
	ck_assert_str_eq(ptt_tracker_event_str(PTT_EV_COUNT), "?");
	for (int i = 0; i < PTT_EV_COUNT; i++)
		ck_assert_str_ne(ptt_tracker_event_str((enum ptt_tracker_event_kind)i), "?");
	for (int i = 0; i <= PTT_ACT_LAST; i++)
		ck_assert_str_ne(ptt_tracker_action_str((enum ptt_tracker_action_kind)i), "?");
	for (int i = 0; i <= PTT_REASON_LAST; i++)
		ck_assert_str_ne(ptt_rekey_reason_str((enum ptt_rekey_reason)i), "?");
}
END_TEST

int main(void)
{
	const TTest *const plays[] = {on_leave_by_policy, a_leave_restarts_only_what_he_was_offered,
		refusals_and_retries, never_two_offers_to_one_member,
		who_refuses_the_channel_holds_the_key_all_the_same, a_joiner_gets_the_newest_only,
		on_join_by_policy, periods_and_used_up_ids, ten_thousand_members, words};

	return play_all("tracker-member", plays, sizeof(plays) / sizeof(plays[0]));
}
