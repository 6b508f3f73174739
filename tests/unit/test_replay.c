/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "crypto/replay.h"
#include "tests/kat/kat.h"
#include "tests/unit/check_main.h"

START_TEST(ue_takes_only_newer)
{
	struct ptt_replay rp = {0};

	ck_assert_int_eq(ptt_replay_check(&rp, 0), PTT_ERR_REPLAY);
	ck_assert_int_eq(ptt_replay_accept(&rp, 5), PTT_OK);
	ck_assert_int_eq(ptt_replay_accept(&rp, 5), PTT_ERR_REPLAY);
	ck_assert_int_eq(ptt_replay_accept(&rp, 4), PTT_ERR_REPLAY);
	ck_assert_int_eq(ptt_replay_check(&rp, 6), PTT_OK);
	ck_assert_uint_eq(rp.last, 5);
	ck_assert_int_eq(ptt_replay_accept(&rp, UINT32_MAX), PTT_OK);
	ck_assert_int_eq(ptt_replay_accept(&rp, 0), PTT_ERR_REPLAY);
}
END_TEST

START_TEST(pf_takes_only_what_is_durable)
{
	struct ptt_counter ctr;
	uint32_t got = 0, bound;

	ptt_counter_init(&ctr, 0);
	ck_assert_int_eq(ptt_counter_take(&ctr, &got), PTT_ERR_BUSY);
	bound = ptt_counter_want(&ctr, 2);
	ck_assert_uint_eq(bound, 3);
	ptt_counter_reserved(&ctr, bound);
	ck_assert_uint_eq(ptt_counter_left(&ctr), 2);
	ck_assert_int_eq(ptt_counter_take(&ctr, &got), PTT_OK);
	ck_assert_uint_eq(got, 1);
	ck_assert_int_eq(ptt_counter_take(&ctr, &got), PTT_OK);
	ck_assert_uint_eq(got, 2);
	ck_assert_int_eq(ptt_counter_take(&ctr, &got), PTT_ERR_BUSY);
	ptt_counter_reserved(&ctr, 2); /* a late, lower answer of the store */
	ck_assert_int_eq(ptt_counter_take(&ctr, &got), PTT_ERR_BUSY);
	ck_assert_uint_eq(got, 2);
}
END_TEST

/* Invariant I3: whatever was handed out before a crash, the next process is behind it. */
START_TEST(pf_restart_goes_on_behind)
{
	struct ptt_counter ctr;
	uint32_t got = 0, last = 0, stored = 0, i;

	for (i = 0; i < 20; i++) {
		ptt_counter_init(&ctr, stored);
		stored = ptt_counter_want(&ctr, 10);
		ptt_counter_reserved(&ctr, stored);
		ck_assert_int_eq(ptt_counter_take(&ctr, &got), PTT_OK);
		ck_assert_uint_gt(got, last);
		last = got;
	}
	ck_assert_uint_eq(stored, 201);
}
END_TEST

START_TEST(pf_never_wraps)
{
	struct ptt_counter ctr;
	uint32_t got = 0;

	ptt_counter_init(&ctr, UINT32_MAX - 2);
	ck_assert_uint_eq(ptt_counter_want(&ctr, 1000), PTT_COUNTER_END);
	ptt_counter_reserved(&ctr, ptt_counter_want(&ctr, 1000));
	ck_assert_int_eq(ptt_counter_take(&ctr, &got), PTT_OK);
	ck_assert_int_eq(ptt_counter_take(&ctr, &got), PTT_OK);
	ck_assert_uint_eq(got, UINT32_MAX - 1);
	ck_assert_int_eq(ptt_counter_take(&ctr, &got), PTT_ERR_EXHAUSTED);
	ck_assert_uint_eq(ptt_counter_want(&ctr, 1), PTT_COUNTER_END);
	ptt_counter_init(&ctr, PTT_COUNTER_END);
	ck_assert_int_eq(ptt_counter_take(&ctr, &got), PTT_ERR_EXHAUSTED);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, ue_takes_only_newer);
	tcase_add_test(tc, pf_takes_only_what_is_durable);
	tcase_add_test(tc, pf_restart_goes_on_behind);
	tcase_add_test(tc, pf_never_wraps);
	return check_run_case("replay", tc);
}
