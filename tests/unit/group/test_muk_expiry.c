/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdlib.h>

#include "module/ue/ue_renew.h"
#include "module/group/muk.h"

#define NOW 1800000000

static struct ptt_muk_table keys;
static struct ptt_session_muk key[4];

static void setup(void)
{
	memset(&keys, 0, sizeof(keys));
	memset(key, 0, sizeof(key));
}

START_TEST(test_due_in_time)
{
	ptt_muk_due_at(&keys, &key[0], NOW - 100); /* before the first look */
	ptt_muk_due_at(&keys, &key[1], NOW + 2);
	ptt_muk_due_at(&keys, &key[2], NOW + 2 + PTT_MUK_SLOTS); /* the same slot */
	ck_assert_ptr_eq(ptt_muk_table_due(&keys, NOW), &key[0]);
	ck_assert_ptr_null(ptt_muk_table_due(&keys, NOW));
	ck_assert_ptr_null(ptt_muk_table_due(&keys, NOW + 1));
	ck_assert_ptr_eq(ptt_muk_table_due(&keys, NOW + 5), &key[1]); /* a late look */
	ck_assert_ptr_null(ptt_muk_table_due(&keys, NOW + 5));
	for (int64_t t = NOW + 6; t < NOW + 2 + PTT_MUK_SLOTS; t++)
		ck_assert_ptr_null(ptt_muk_table_due(&keys, t));
	ck_assert_ptr_eq(ptt_muk_table_due(&keys, NOW + 2 + PTT_MUK_SLOTS), &key[2]);
}
END_TEST

START_TEST(test_moved_and_late)
{
	ck_assert_ptr_null(ptt_muk_table_due(&keys, NOW));
	ptt_muk_due_at(&keys, &key[0], NOW + 50);
	ptt_muk_due_at(&keys, &key[1], NOW + 50);
	ptt_muk_due_at(&keys, &key[0], NOW - 50); /* over: in the next second */
	ck_assert_ptr_null(ptt_muk_table_due(&keys, NOW));
	ck_assert_ptr_eq(ptt_muk_table_due(&keys, NOW + 1), &key[0]);
	ck_assert_ptr_eq(ptt_muk_table_due(&keys, NOW + 50), &key[1]);
	ck_assert_ptr_null(ptt_muk_table_due(&keys, NOW + 60));
}
END_TEST

START_TEST(test_clock_jumps)
{
	ck_assert_ptr_null(ptt_muk_table_due(&keys, NOW));
	ptt_muk_due_at(&keys, &key[0], NOW - 3000);
	ck_assert_ptr_null(ptt_muk_table_due(&keys, NOW - 3600)); /* set back an hour */
	ptt_muk_due_at(&keys, &key[1], NOW - 3590);
	ck_assert_ptr_eq(ptt_muk_table_due(&keys, NOW - 3590), &key[1]);
	ck_assert_ptr_eq(ptt_muk_table_due(&keys, NOW + 100000), &key[0]); /* and forth a day */
}
END_TEST

START_TEST(test_owners)
{
	struct ptt_muk_lease turn[3] = {0};

	for (int i = 0; i < 3; i++)
		ptt_muk_add_owner(&key[0], &turn[i]);
	ptt_muk_remove_owner(&turn[1]);
	ptt_muk_remove_owner(&turn[1]); /* twice does no harm */
	ck_assert_ptr_eq(key[0].owners, &turn[2]);
	ck_assert_ptr_eq(key[0].owners->sibling, &turn[0]);
	ptt_muk_remove_owner(&turn[2]);
	ptt_muk_remove_owner(&turn[0]);
	ck_assert_ptr_null(key[0].owners);
}
END_TEST

START_TEST(test_ue_renews_before_the_end)
{
	for (unsigned int jitter = 0; jitter < 100; jitter++) {
		int64_t day = ptt_ue_renew_delay_ms(86400000, jitter);
		int64_t ten = ptt_ue_renew_delay_ms(10000, jitter);

		ck_assert(day >= 86400000 / 10 * 8 && day < 86400000 / 10 * 9);
		ck_assert_int_eq(ten, 7000);
	}
	ck_assert_int_eq(ptt_ue_renew_delay_ms(4000, 50), 2000);
	ck_assert_int_eq(ptt_ue_renew_delay_ms(0, 50), 0);
	ck_assert_int_eq(ptt_ue_renew_delay_ms(-5000, 50), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("key life");
	TCase *tcase = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, test_due_in_time);
	tcase_add_test(tcase, test_moved_and_late);
	tcase_add_test(tcase, test_clock_jumps);
	tcase_add_test(tcase, test_owners);
	tcase_add_test(tcase, test_ue_renews_before_the_end);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
