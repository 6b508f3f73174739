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
	uint64_t got = 0;

	ptt_counter_init(&ctr, 5);
	ck_assert_int_eq(ptt_counter_take(&ctr, &got), PTT_ERR_BUSY);
	ptt_counter_reserved(&ctr, 7);
	ck_assert_uint_eq(ptt_counter_left(&ctr), 2);
	ck_assert_int_eq(ptt_counter_take(&ctr, &got), PTT_OK);
	ck_assert_uint_eq(got, 5);
	ck_assert_int_eq(ptt_counter_take(&ctr, &got), PTT_OK);
	ck_assert_uint_eq(got, 6);
	ck_assert_int_eq(ptt_counter_take(&ctr, &got), PTT_ERR_BUSY);
	ptt_counter_reserved(
		&ctr, 6); /* a completion of the store that comes late, with a lower bound */
	ck_assert_int_eq(ptt_counter_take(&ctr, &got), PTT_ERR_BUSY);
	ck_assert_uint_eq(got, 6);
}
END_TEST

static uint32_t t_of(uint64_t number, uint64_t counter_base)
{
	uint32_t t = 0;

	ck_assert_int_eq(ptt_counter_t(&t, number, counter_base), PTT_OK);
	return t;
}

/*
 * For any counter_base: T begins above 0, rises by one with each number, and 2^31 numbers are left.
 */
START_TEST(t_rises_with_the_number)
{
	static const uint64_t births[] = {0, 1, 1000, UINT32_MAX / 4, UINT32_MAX / 2, UINT32_MAX,
		UINT64_C(1) << 40, (UINT64_C(1) << 40) + 12345};

	for (size_t i = 0; i < sizeof(births) / sizeof(births[0]); i++) {
		uint64_t counter_base = births[i];

		ck_assert_uint_gt(t_of(counter_base, counter_base), 0);
		ck_assert_uint_eq(
			t_of(counter_base + 1, counter_base), t_of(counter_base, counter_base) + 1);
		ck_assert_uint_eq(t_of(counter_base + (1U << 30), counter_base),
			t_of(counter_base, counter_base) + (1U << 30));
		ck_assert_uint_eq(t_of(counter_base + (1U << 31) - 3, counter_base),
			t_of(counter_base, counter_base) + (1U << 31) - 3);
	}
	ck_assert_uint_eq(t_of(0, 0), 1);
}
END_TEST

/* A process whose block lies below counter_base, and a row that was lost and made again later. */
START_TEST(t_is_the_same_whoever_counts)
{
	uint64_t counter_base = UINT64_C(7) << 30;

	ck_assert_uint_eq(t_of(counter_base + 100000, counter_base),
		t_of(counter_base + 100000, counter_base + 90000));
	ck_assert_uint_lt(
		t_of(counter_base - 100000, counter_base), t_of(counter_base, counter_base));
}
END_TEST

START_TEST(pf_never_wraps)
{
	uint64_t last = UINT32_MAX - 2;
	uint32_t t = 0;

	ck_assert_uint_eq(t_of(last, 0), UINT32_MAX - 1);
	ck_assert_int_eq(ptt_counter_t(&t, last + 1, 0), PTT_ERR_EXHAUSTED);
	ck_assert_int_eq(ptt_counter_t(&t, UINT64_MAX, 0), PTT_ERR_EXHAUSTED);
	ck_assert_int_eq(ptt_counter_t(&t, 0, UINT64_C(3) << 30), PTT_ERR_EXHAUSTED);
	last = (UINT64_C(9) << 30) - 3;
	ck_assert_uint_eq(t_of(last, UINT64_C(6) << 30), UINT32_MAX - 1);
	ck_assert_int_eq(ptt_counter_t(&t, last + 1, UINT64_C(6) << 30), PTT_ERR_EXHAUSTED);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, ue_takes_only_newer);
	tcase_add_test(tc, pf_takes_only_what_is_durable);
	tcase_add_test(tc, t_rises_with_the_number);
	tcase_add_test(tc, t_is_the_same_whoever_counts);
	tcase_add_test(tc, pf_never_wraps);
	return check_run_case("replay", tc);
}
