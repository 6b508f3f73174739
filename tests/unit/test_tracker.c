/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tracker's plays, each named after its row of goals.md "Faults to survive" or its rule of
 * profile 6: an event, and the actions it must cause, as text. Members and subjects are written as
 * numbers.
 */
#include "module/core/tracker.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ptt_policy policy;
static struct ptt_tracker *tracker;
static struct ptt_tracker_actions actions;
static uint64_t now_ms;
static char said[4096];

static void setup(void)
{
	policy = ptt_policy_default();
	policy.period_s = 0;
	policy.on_leave = PTT_ON_LEAVE_NEVER;
	now_ms = 10000;
	ck_assert_int_eq(ptt_tracker_new(&tracker, &policy), PTT_OK);
}

static void teardown(void)
{
	ptt_tracker_free(tracker);
	ptt_tracker_actions_wipe(&actions);
}

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
	size_t len = strlen(said);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(said + len, sizeof(said) - len, format, args);
	va_end(args);
}

/** "offer 2 g3; " - the action's word, then member, subject, generation and reason where it has
 * them. */
static void say_action(const struct ptt_tracker_action *act)
{
	say("%s%s", said[0] == '\0' ? "" : "; ", ptt_tracker_action_str(act->kind));
	if (act->member != 0)
		say(" %u", ptt_handle_index(act->member));
	else if (act->subject != 0)
		say(" s%u", ptt_handle_index(act->subject));
	if (act->generation != 0 && act->kind != PTT_ACT_UNSILENCE)
		say(" g%u", act->generation);
	if (act->kind == PTT_ACT_PERSIST || act->kind == PTT_ACT_PROMOTE)
		say(" %s", ptt_rekey_reason_str(act->reason));
	if (act->cause != PTT_BYE_NONE)
		say(" %s", act->cause == PTT_BYE_EXPELLED ? "expelled" : "failed");
}

static uint32_t handle(uint32_t number)
{
	return number == 0 ? PTT_HANDLE_NONE : ptt_handle_of(1, number);
}

/** Feeds the event; what it caused is what `expected` says, or the error it names. */
static void play(int line, struct ptt_tracker_event ev, const char *expected)
{
	enum ptt_err err;

	ev.member = handle(ev.member);
	ev.subject = handle(ev.subject);
	said[0] = '\0';
	err = ptt_tracker_step(tracker, &ev, now_ms, &actions);
	if (err != PTT_OK)
		say("error %d", (int)err);
	for (size_t i = 0; i < actions.len; i++)
		say_action(&actions.list[i]);
	ck_assert_msg(strcmp(said, expected) == 0, "line %d: %s\n said     %s\n expected %s", line,
		ptt_tracker_event_str(ev.kind), said, expected);
}

#define PLAY(expected, event, ...) \
	play(__LINE__, (struct ptt_tracker_event){.kind = PTT_EV_##event, __VA_ARGS__}, expected)
#define M(number)      .member = (number)
#define S(number)      .subject = (number)
#define G(number)      .generation = (number)
#define ERROR_MISMATCH "error 6"
#define ERROR_NO_KEY   "error 5"
#define ERROR_AUTH     "error 2"
#define ERROR_BUSY     "error 9"

static void new_policy(void)
{
	ptt_tracker_set_policy(tracker, &policy, now_ms);
}

/** A running group with MSK 1 and `count` members 1 ... of subjects 1 ..., all settled. */
static void group_of(uint32_t count)
{
	char expected[64];

	PLAY("new-msk g1; persist g1 start", RESUME, G(0));
	PLAY("stage g1; promote g1 start", PERSISTED, G(1));
	PLAY("done g1", CUT_OVER, G(1));
	for (uint32_t i = 1; i <= count; i++) {
		(void)snprintf(expected, sizeof(expected), "offer %u g1", i);
		PLAY(expected, JOIN, M(i), S(i));
		PLAY("", ANSWERED, M(i), G(1));
	}
	ck_assert_uint_eq(ptt_tracker_status(tracker).members, count);
	ck_assert(ptt_tracker_is_idle(tracker));
}

START_TEST(an_expulsion_rekeys_everybody_else)
{
	group_of(3);
	PLAY("new-msk g2; ban s3; persist g2 expelled", EXPEL, S(3));
	ck_assert(ptt_tracker_may_rotate_mtk(tracker));
	PLAY("expel-accepted s3; bye 3 expelled; stage g2; offer 1 g2; offer 2 g2", PERSISTED,
		G(2));
	ck_assert(!ptt_tracker_may_rotate_mtk(tracker));
	PLAY("", ANSWERED, M(1), G(2));
	PLAY(ERROR_NO_KEY, ANSWERED, M(3), G(2));
	PLAY("promote g2 expelled", ANSWERED, M(2), G(2));
	ck_assert_uint_eq(actions.list[0].at_ms, 10000);
	PLAY("retire g1; done g2", CUT_OVER, G(2));
	ck_assert(ptt_tracker_may_rotate_mtk(tracker));
	PLAY(ERROR_AUTH, JOIN, M(9), S(3));
	ck_assert_uint_eq(ptt_tracker_carry(tracker, handle(3), true), 0);
	PLAY("expel-accepted s3", EXPEL, S(3));
	PLAY("", ADMIT, S(3));
	PLAY("offer 9 g2", JOIN, M(9), S(3));
}
END_TEST

START_TEST(the_dead_do_not_delay_the_cut_over)
{
	group_of(3);
	PLAY("new-msk g2; ban s3; persist g2 expelled", EXPEL, S(3));
	ck_assert_uint_eq(actions.list[2].at_ms, 12000);
	PLAY("expel-accepted s3; bye 3 expelled; stage g2; offer 1 g2; offer 2 g2", PERSISTED,
		G(2));
	PLAY("", ANSWERED, M(1), G(2));
	ck_assert_uint_eq(ptt_tracker_next_ms(tracker), 12000 - policy.mtk_lead_ms);
	now_ms = 11949;
	PLAY("", TIMER, G(0));
	now_ms = 11950;
	PLAY("promote g2 expelled", TIMER, G(0));
	PLAY("retire g1; done g2", CUT_OVER, G(2));
	now_ms = 42000;
	PLAY("", GONE, M(2));
	PLAY("offer 4 g2", JOIN, M(4), S(2));
}
END_TEST

START_TEST(expulsions_coalesce_and_the_deadline_stands)
{
	group_of(4);
	PLAY("new-msk g2; ban s4; persist g2 expelled", EXPEL, S(4));
	PLAY("", EXPEL, S(4));
	PLAY("", EXPEL, S(3));
	PLAY("expel-accepted s4; bye 4 expelled; stage g2; ban s3; persist g2 expelled; offer 1 "
	     "g2; offer 2 g2",
		PERSISTED, G(2));
	now_ms += 500;
	PLAY("expel-accepted s3; bye 3 expelled", PERSISTED, G(2));
	PLAY("new-msk g3; ban s2; persist g3 expelled", EXPEL, S(2)); /* he was offered g2 */
	ck_assert_uint_eq(actions.list[2].at_ms, 12000);
	PLAY("", ANSWERED, M(1), G(2));
	PLAY("expel-accepted s2; bye 2 expelled; stage g3; offer 1 g3", PERSISTED, G(3));
	ck_assert_uint_eq(ptt_tracker_status(tracker).deadline_ms, 12000);
	PLAY("promote g3 expelled", ANSWERED, M(1), G(3));
}
END_TEST

START_TEST(one_who_left_earlier_holds_the_key)
{
	group_of(2);
	PLAY("", LEAVE, M(2));
	ck_assert(ptt_tracker_holds_key(tracker, handle(2)));
	PLAY("new-msk g2; ban s2; persist g2 expelled", EXPEL, S(2));
	PLAY("expel-accepted s2; stage g2; offer 1 g2", PERSISTED, G(2));
	PLAY("promote g2 expelled", ANSWERED, M(1), G(2));
	PLAY("retire g1; done g2", CUT_OVER, G(2));
	ck_assert(!ptt_tracker_holds_key(tracker, handle(2)));
	PLAY("ban s7; persist expelled", EXPEL,
		S(7)); /* one who never had a key: a ban, no re-key */
	PLAY("expel-accepted s7", PERSISTED, G(0));
}
END_TEST

START_TEST(what_cannot_be_made_durable_is_refused)
{
	group_of(2);
	PLAY("new-msk g2; ban s2; persist g2 expelled", EXPEL, S(2));
	PLAY(ERROR_BUSY, ADMIT, S(2));
	PLAY("drop g2; alarm; expel-refused s2", PERSIST_FAILED, G(2), .err = PTT_ERR_SYSTEM);
	ck_assert_int_eq(actions.list[2].err, PTT_ERR_SYSTEM);
	ck_assert(ptt_tracker_may_rotate_mtk(tracker));
	PLAY("", OPERATOR, G(0)); /* the disk is given a second */
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
	PLAY("new-msk g2; ban s2; persist g2 expelled", EXPEL, S(2));
	PLAY("expel-accepted s2; bye 2 expelled; stage g2; offer 1 g2", PERSISTED, G(2));
	PLAY("promote g2 expelled", ANSWERED, M(1), G(2));
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
	PLAY(ERROR_MISMATCH, GLARE, M(1), .at_ms = now_ms);
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
	PLAY("new-msk g3; ban s2; persist g3 expelled", EXPEL, S(2));
}
END_TEST

START_TEST(a_joiner_gets_the_newest_only)
{
	group_of(1);
	PLAY("new-msk g2; persist g2 operator", OPERATOR, G(0));
	PLAY("stage g2; offer 1 g2", PERSISTED, G(2));
	ck_assert_uint_eq(ptt_tracker_carry(tracker, handle(2), true), 2);
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
	ck_assert_uint_eq(ptt_tracker_carry(tracker, handle(4), true), 0);
	PLAY("new-msk g2; persist g2 join", JOIN, M(4), S(4));
	ck_assert_uint_eq(ptt_tracker_carry(tracker, handle(4), false), 0);
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
	PLAY("promote g2 mtk-exhausted", ANSWERED, M(1), G(2));
	PLAY("", MTK_DUE, G(0)); /* the cut-over brings one */
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
	PLAY("promote g6 expelled", ANSWERED, M(1), G(6));
	PLAY("unsilence; retire g4; done g6", CUT_OVER, G(6));
	PLAY("new-msk g7; ban s1; persist g7 expelled", EXPEL, S(1));
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

START_TEST(draining_begins_nothing_but_expulsions)
{
	group_of(2);
	PLAY("", DRAIN, G(0));
	PLAY("", OPERATOR, G(0));
	ck_assert(ptt_tracker_is_idle(tracker));
	PLAY("new-msk g2; ban s2; persist g2 expelled", EXPEL, S(2));
	ck_assert(!ptt_tracker_is_idle(tracker));
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
	ck_assert_str_eq(ptt_rekey_reason_str(PTT_REASON_MTK_EXHAUSTED), "mtk-exhausted");
	ck_assert_str_eq(ptt_rekey_reason_str((enum ptt_rekey_reason)99), "?");
	ck_assert_str_eq(ptt_tracker_event_str(PTT_EV_CUTOVER_FAILED), "cutover-failed");
	ck_assert_str_eq(ptt_tracker_event_str(PTT_EV_JOIN), "join");
	ck_assert_str_eq(ptt_tracker_action_str(PTT_ACT_ALARM), "alarm");
}
END_TEST

int main(void)
{
	const TTest *const plays[] = {an_expulsion_rekeys_everybody_else,
		the_dead_do_not_delay_the_cut_over, expulsions_coalesce_and_the_deadline_stands,
		one_who_left_earlier_holds_the_key, what_cannot_be_made_durable_is_refused,
		a_channel_that_cannot_cut_over_falls_silent, on_leave_by_policy,
		a_leave_restarts_only_what_he_was_offered, refusals_and_retries,
		never_two_offers_to_one_member, who_refuses_the_channel_holds_the_key_all_the_same,
		a_joiner_gets_the_newest_only, on_join_by_policy, periods_and_used_up_ids,
		resumed_after_kill_9, resumed_with_nothing_pending, resumed_on_another_boot,
		draining_begins_nothing_but_expulsions, ten_thousand_members, words};
	Suite *suite = suite_create("tracker");
	TCase *tcase = tcase_create("tracker");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	for (size_t i = 0; i < sizeof(plays) / sizeof(plays[0]); i++)
		tcase_add_test(tcase, plays[i]);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
