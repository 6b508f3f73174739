/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The floor as members see it; the test moves the time. Cell by cell: test_floor_table.c. */
#include "tests/unit/check_main.h"
#include "tests/unit/media/floor_stage.h"

START_TEST(ask_talk_release)
{
	ck_assert(!ptt_floor_may_talk(&fl, &cast[H], 1));
	ck_assert_int_eq(ptt_floor_due_ms(&fl), INT64_MAX);
	ck_assert_str_eq(ask(H, 1, 0, 0), "grant:h begin:h tell:h");
	ck_assert(ptt_floor_may_talk(&fl, &cast[H], 1));
	ck_assert(!ptt_floor_may_talk(&fl, &cast[O], 1));
	ck_assert_str_eq(ask(H, 1, 0, 10), "grant:h*"); /* Granted was lost */
	ck_assert_str_eq(ask(O, 1, 0, 20), "deny1:o");
	ck_assert_str_eq(floor_media(H, 5, 30), "");
	ck_assert_str_eq(release(O, -1, 40), "state:o");
	ck_assert_str_eq(release(H, 5, 50), "end:h tell:- state:h");
	ck_assert(!ptt_floor_may_talk(&fl, &cast[H], 5));
	ck_assert_str_eq(release(H, 5, 60), "state:h"); /* our answer was lost */
	ck_assert_str_eq(floor_media(H, 5, 549), "");   /* its late packets */
	ck_assert_str_eq(floor_media(H, 6, 550), "revoke3:h");
	ck_assert_str_eq(ask(H, 1, 0, 560), "grant:h begin:h tell:h");
}
END_TEST

/* The floor repeats Granted while no RTP comes, a few times; an Ack or a packet ends that. */
START_TEST(granted_is_repeated)
{
	ask(H, 1, 0, 0);
	for (int64_t t = 500; t <= 1500; t += 500) {
		ck_assert_int_eq(ptt_floor_due_ms(&fl), t);
		ck_assert_str_eq(tick(t), "grant:h*");
	}
	ck_assert_int_eq(ptt_floor_due_ms(&fl), 4000); /* T1 */
	ck_assert_str_eq(tick(4000), "end:h tell:- state:h");
	ask(H, 1, 0, 5000);
	floor_media(H, 1, 5100);
	ck_assert_int_eq(ptt_floor_due_ms(&fl), 9100);
	release(H, -1, 5200);
	ask(H, 1, 0, 6000);
	step(PTT_FLOOR_ACK, O, 6001); /* an Ack of another member */
	ck_assert_int_eq(ptt_floor_due_ms(&fl), 6500);
	step(PTT_FLOOR_ACK, H, 6001);
	ck_assert_int_eq(ptt_floor_due_ms(&fl), 10000);
}
END_TEST

START_TEST(idle_is_repeated)
{
	ask(H, 1, 0, 0);
	release(H, -1, 100);
	for (int64_t t = 350; t <= 850; t += 250) {
		ck_assert_int_eq(ptt_floor_due_ms(&fl), t);
		ck_assert_str_eq(tick(t), "tell:-");
	}
	ck_assert_int_eq(ptt_floor_due_ms(&fl), INT64_MAX);
}
END_TEST

START_TEST(free_floor_by_talking)
{
	ck_assert_str_eq(floor_media(S, 1, 100), "begin:s tell:s");
	ck_assert_str_eq(floor_media(S, 2, 200), "");
	ck_assert_str_eq(floor_media(O, 1, 200), "revoke3:o");
	ck_assert_str_eq(floor_media(O, 2, 599), ""); /* not at every packet */
	ck_assert_str_eq(floor_media(O, 3, 600), "revoke3:o");
	ck_assert_str_eq(ask(O, 1, 0, 650), "deny1:o");
	ck_assert_int_eq(ptt_floor_due_ms(&fl), 800);
	ck_assert_str_eq(tick(799), "");
	ck_assert_str_eq(tick(800), "end:s tell:- state:s");
	ck_assert_str_eq(floor_media(S, 9, 801), "begin:s tell:s");
}
END_TEST

/* The Release overtook the last packets: these are relayed, later ones are not. */
START_TEST(packets_up_to_the_last_one)
{
	ask(H, 1, 0, 0);
	floor_media(H, 65534, 100);
	ck_assert_str_eq(release(H, 1, 110), "");
	ck_assert_int_eq(fl.state, PTT_FLOOR_ENDING);
	ck_assert_str_eq(ask(O, 1, 0, 115), "deny1:o");
	ck_assert(ptt_floor_may_talk(&fl, &cast[H], 65535));
	ck_assert(ptt_floor_may_talk(&fl, &cast[H], 1));
	ck_assert(!ptt_floor_may_talk(&fl, &cast[H], 2));
	ck_assert_str_eq(floor_media(H, 0, 120), "");
	ck_assert_int_eq(ptt_floor_due_ms(&fl), 610);
	ck_assert_str_eq(floor_media(H, 1, 130), "");
	ck_assert(ptt_floor_may_talk(&fl, &cast[H], 1));
	ck_assert_int_eq(ptt_floor_due_ms(&fl), 130);
	ck_assert_str_eq(tick(130), "end:h tell:- state:h");
	ask(H, 1, 0, 1000); /* if the last packets never come: */
	ck_assert_str_eq(release(H, 77, 1010), "");
	ck_assert_str_eq(release(H, 77, 1100), "");
	ck_assert_str_eq(tick(1509), "");
	ck_assert_str_eq(tick(1510), "end:h tell:- state:h");
	ask(H, 1, 0, 2000); /* a Request meanwhile begins a new burst */
	release(H, 77, 2010);
	ck_assert_str_eq(ask(H, 1, 0, 2020), "end:h tell:- grant:h begin:h tell:h");
}
END_TEST

START_TEST(too_long)
{
	ask(H, 1, 0, 0);
	floor_media(H, 1, 29990);
	ck_assert_int_eq(ptt_floor_due_ms(&fl), 30000);
	ck_assert_str_eq(tick(30000), "revoke2:h");
	ck_assert(ptt_floor_may_talk(&fl, &cast[H], 2)); /* may talk until T3 */
	ck_assert_str_eq(ask(H, 1, 0, 30100), "deny4:h");
	ck_assert_str_eq(ask(O, 1, 0, 30100), "deny1:o");
	ck_assert_int_eq(ptt_floor_due_ms(&fl), 30400);
	ck_assert_str_eq(tick(30400), "revoke2:h*");
	step(PTT_FLOOR_ACK, H, 30410);
	ck_assert_int_eq(ptt_floor_due_ms(&fl), 31000);
	ck_assert_str_eq(tick(31000), "end:h tell:- state:h");
	ck_assert_str_eq(floor_media(H, 3, 31001), "");
	ck_assert_str_eq(ask(H, 1, 0, 33999), "deny4:h");
	ck_assert_str_eq(ask(H, 1, 0, 34000), "grant:h begin:h tell:h");
}
END_TEST

START_TEST(a_softphone_talks_too_long)
{
	floor_media(S, 1, 0);
	for (int64_t t = 500; t < 30000; t += 500)
		floor_media(S, (uint16_t)t, t);
	ck_assert_str_eq(tick(30000), "revoke2:s");
	ck_assert_str_eq(tick(31000), "end:s tell:- state:s");
	ck_assert_str_eq(floor_media(S, 1, 33999), "");
	ck_assert_str_eq(floor_media(S, 1, 34000), "begin:s tell:s");
}
END_TEST

START_TEST(revoked_and_released)
{
	ask(H, 1, 0, 0);
	floor_media(H, 1, 29990);
	tick(30000);
	ck_assert_str_eq(release(H, 1, 30010), "end:h tell:- state:h");
	ck_assert_str_eq(ask(O, 1, 0, 30020), "grant:o begin:o tell:o");
	ck_assert_str_eq(ask(H, 1, 0, 30030), "deny4:h");
}
END_TEST

START_TEST(the_queue)
{
	ask(H, 1, 0, 0);
	ck_assert_str_eq(ask(Q, 1, 0, 10), "queue1:q");
	ck_assert_str_eq(ask(Q, 1, 0, 11), "queue1:q"); /* our answer was lost */
	ck_assert_str_eq(ask(R, 2, 0, 20), "queue1:r queue2:q");
	ck_assert_str_eq(ask(P, 2, 0, 30), "deny1:p"); /* full */
	ck_assert_str_eq(step(PTT_FLOOR_QUERY, Q, 40), "queue2:q");
	ck_assert_str_eq(step(PTT_FLOOR_QUERY, O, 40), "queue0:o");
	ck_assert_str_eq(release(H, -1, 50), "end:h grant:r begin:r tell:r state:h queue1:q");
	ck_assert_str_eq(release(Q, -1, 60), "state:q"); /* the Request is withdrawn */
	ck_assert_str_eq(release(R, -1, 70), "end:r tell:- state:r");
	ck_assert_uint_eq(fl.queue.count, 0);
}
END_TEST

START_TEST(the_queue_s_order)
{
	fl.policy.queue_max = 8;
	ask(H, 1, 0, 0);
	ck_assert_str_eq(ask(Q, 1, 200, 10), "queue1:q");
	ck_assert_str_eq(ask(R, 1, 100, 20), "queue1:r queue2:q"); /* asked earlier */
	ck_assert_str_eq(ask(P, 1, 0, 30), "queue3:p");            /* without a timestamp */
	ck_assert_str_eq(ask(P, 2, 0, 40), "queue1:p queue2:r queue3:q");
	ck_assert_str_eq(ask(Q, 9, 300, 50), "queue2:q queue3:r"); /* capped as agreed */
	step(PTT_FLOOR_LEAVE, R, 60);
	ck_assert_str_eq(step(PTT_FLOOR_LEAVE, P, 70), "queue1:q");
}
END_TEST

START_TEST(pre_emption)
{
	ask(H, 2, 0, 0);
	ck_assert_str_eq(ask(Q, 2, 0, 5), "queue1:q");
	ck_assert_str_eq(ask(P, 3, 0, 10), "revoke4:h queue1:p queue2:q");
	ck_assert_str_eq(ask(V, 3, 0, 15), "deny1:v"); /* one pre-emption at a time */
	ck_assert_str_eq(release(H, -1, 20), "end:h grant:p begin:p tell:p state:h queue1:q");
	ck_assert_str_eq(ask(V, 3, 0, 30), "deny1:v"); /* not before one of the same priority */
	ck_assert_str_eq(ask(H, 1, 0, 40), "deny1:h"); /* a pre-empted member is not queued */
	ck_assert_str_eq(release(P, -1, 50), "end:p grant:q begin:q tell:q state:p");
	ck_assert_str_eq(ask(V, 3, 0, 60), "revoke4:q"); /* not queued, but served */
	ck_assert_str_eq(ask(V, 3, 0, 70), "");
	ck_assert_str_eq(tick(460), "revoke4:q*");
	ck_assert_str_eq(tick(1060), "end:q grant:v begin:v tell:v state:q");
}
END_TEST

START_TEST(alone)
{
	for (int i = O; i < CAST; i++)
		if (i != Q)
			step(PTT_FLOOR_LEAVE, i, 0);
	ck_assert_str_eq(ask(H, 1, 0, 10), "grant:h begin:h tell:h");
	ck_assert_str_eq(ask(Q, 1, 0, 20), "queue1:q");
	ck_assert_str_eq(step(PTT_FLOOR_LEAVE, H, 30), "deny3:q end:h tell:-");
	ck_assert_str_eq(ask(Q, 1, 0, 40), "deny3:q");
	memset(&cast[S], 0, sizeof(cast[S]));
	step(PTT_FLOOR_JOIN, S, 50);
	ck_assert_str_eq(ask(Q, 1, 0, 60), "grant:q begin:q tell:q");
	ck_assert_str_eq(step(PTT_FLOOR_LEAVE, S, 70), "revoke1:q");
	ck_assert_str_eq(tick(1070), "end:q tell:- state:q");
	fl.policy.alone = true;
	ck_assert_str_eq(ask(Q, 1, 0, 2000), "grant:q begin:q tell:q");
}
END_TEST

START_TEST(listeners)
{
	ck_assert_str_eq(ask(L, 3, 0, 0), "deny5:l");
	ck_assert_str_eq(floor_media(L, 1, 0), "revoke3:l");
	ask(H, 1, 0, 10);
	ask(Q, 1, 0, 20);
	cast[Q].listen_only = cast[H].listen_only = cast[S].listen_only = true;
	ck_assert_str_eq(step(PTT_FLOOR_RIGHTS, Q, 30), "deny5:q");
	ck_assert_str_eq(step(PTT_FLOOR_RIGHTS, H, 40), "revoke3:h");
	ck_assert_str_eq(release(H, -1, 50), "end:h tell:- state:h");
	ck_assert_str_eq(floor_media(S, 1, 60), "");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("scenes");

	tcase_add_checked_fixture(t, stage_setup, NULL);
	tcase_add_test(t, ask_talk_release);
	tcase_add_test(t, granted_is_repeated);
	tcase_add_test(t, idle_is_repeated);
	tcase_add_test(t, free_floor_by_talking);
	tcase_add_test(t, packets_up_to_the_last_one);
	tcase_add_test(t, too_long);
	tcase_add_test(t, a_softphone_talks_too_long);
	tcase_add_test(t, revoked_and_released);
	tcase_add_test(t, the_queue);
	tcase_add_test(t, the_queue_s_order);
	tcase_add_test(t, pre_emption);
	tcase_add_test(t, alone);
	tcase_add_test(t, listeners);
	return check_run_case("floor", t);
}
