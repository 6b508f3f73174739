/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/core/policy.h"
#include "tests/unit/check_main.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(defaults_are_those_of_the_product)
{
	struct ptt_policy policy = ptt_policy_default();
	const char *why;

	ck_assert_int_eq(policy.on_leave, PTT_ON_LEAVE_BATCH);
	ck_assert_int_eq(policy.on_join, PTT_ON_JOIN_NEVER);
	ck_assert_int_eq(policy.rekey_method, PTT_REKEY_INVITE);
	ck_assert_uint_eq(policy.leave_batch_ms, 2000);
	ck_assert_uint_eq(policy.period_s, 3600);
	ck_assert_uint_eq(policy.cutover_ms, 2000);
	ck_assert_uint_eq(policy.retries, 3);
	ck_assert_uint_eq(policy.mtk_period_s, 0);
	ck_assert_uint_eq(policy.mtk_repeat_ms, 1000);
	ck_assert_uint_eq(policy.mtk_lead_ms, 50);
	ck_assert_uint_eq(policy.mtk_packets, 0);
	ck_assert_int_eq(ptt_policy_check(&why, &policy), PTT_OK);
	ck_assert_ptr_null(why);
}
END_TEST

static const struct {
	const char *name;
	long long value;
	enum ptt_err err;
	const char *why;
} numbers[] = {
	{"cutover_ms", 200, PTT_OK, NULL},
	{"cutover_ms", 20, PTT_OK, NULL},
	{"cutover_ms", 19, PTT_ERR_MISMATCH, "cutover_ms must be 20 to 60000"},
	{"cutover_ms", 60001, PTT_ERR_MISMATCH, "cutover_ms must be 20 to 60000"},
	{"cutover_ms", -1, PTT_ERR_MISMATCH, "cutover_ms must be 20 to 60000"},
	{"cutover_ms", 4294967296 + 200, PTT_ERR_MISMATCH, "cutover_ms must be 20 to 60000"},
	{"retries", 0, PTT_OK, NULL},
	{"retries", 21, PTT_ERR_MISMATCH, "retries must be 0 to 20"},
	{"period_s", 0, PTT_OK, NULL},
	{"leave_batch_ms", 60001, PTT_ERR_MISMATCH, "leave_batch_ms must be 0 to 60000"},
	{"mtk_period_s", 60, PTT_OK, NULL},
	{"mtk_repeat_ms", 0, PTT_ERR_MISMATCH, "mtk_repeat_ms must be 20 to 60000"},
	{"mtk_lead_ms", 1001, PTT_ERR_MISMATCH, "mtk_lead_ms must be 0 to 1000"},
	{"mtk_packets", 2147483647, PTT_OK, NULL},
	{"mtk_packets", 2147483648, PTT_ERR_MISMATCH, "mtk_packets must be 0 to 2147483647"},
	{"on_leave", 1, PTT_ERR_NO_KEY, NULL},
	{"cutover", 1, PTT_ERR_NO_KEY, NULL},
};

START_TEST(a_number_is_taken_or_refused)
{
	struct ptt_policy policy = ptt_policy_default(), before = policy;
	const char *why = "";

	ck_assert_int_eq(ptt_policy_set_int(&why, &policy, numbers[_i].name, numbers[_i].value),
		numbers[_i].err);
	if (!numbers[_i].why)
		ck_assert_ptr_null(why);
	else
		ck_assert_str_eq(why, numbers[_i].why);
	if (numbers[_i].err != PTT_OK)
		ck_assert_int_eq(memcmp(&policy, &before, sizeof(policy)), 0);
}
END_TEST

START_TEST(words_are_taken_or_refused)
{
	struct ptt_policy policy = ptt_policy_default();
	const char *why;

	ck_assert_int_eq(ptt_policy_set_str(&why, &policy, "on_leave", "always"), PTT_OK);
	ck_assert_int_eq(policy.on_leave, PTT_ON_LEAVE_ALWAYS);
	ck_assert_int_eq(ptt_policy_set_str(&why, &policy, "on_join", "msk"), PTT_OK);
	ck_assert_int_eq(policy.on_join, PTT_ON_JOIN_MSK);
	ck_assert_int_eq(ptt_policy_set_str(&why, &policy, "rekey_method", "update"), PTT_OK);
	ck_assert_int_eq(policy.rekey_method, PTT_REKEY_UPDATE);
	ck_assert_int_eq(ptt_policy_set_str(&why, &policy, "on_leave", "Always"), PTT_ERR_MISMATCH);
	ck_assert_str_eq(why, "on_leave must be \"never\", \"batch\" or \"always\"");
	ck_assert_int_eq(ptt_policy_set_str(&why, &policy, "on_join", ""), PTT_ERR_MISMATCH);
	ck_assert_str_eq(why, "on_join must be \"never\", \"mtk\" or \"msk\"");
	ck_assert_int_eq(ptt_policy_set_str(&why, &policy, "cutover_ms", "1"), PTT_ERR_NO_KEY);
	ck_assert_ptr_null(why);
	ck_assert_int_eq(policy.on_leave, PTT_ON_LEAVE_ALWAYS);
	ck_assert_str_eq(ptt_on_leave_str(PTT_ON_LEAVE_BATCH), "batch");
	ck_assert_str_eq(ptt_on_join_str(PTT_ON_JOIN_MTK), "mtk");
	ck_assert_str_eq(ptt_rekey_method_str(PTT_REKEY_INVITE), "invite");
	ck_assert_str_eq(ptt_on_leave_str((enum ptt_on_leave)7), "?");
}
END_TEST

START_TEST(a_whole_policy_is_checked)
{
	struct ptt_policy policy = ptt_policy_default();
	const char *why;

	policy.cutover_ms = 50;
	ck_assert_int_eq(ptt_policy_check(&why, &policy), PTT_ERR_MISMATCH);
	ck_assert_str_eq(why, "mtk_lead_ms must be below cutover_ms");
	policy.mtk_lead_ms = 49;
	ck_assert_int_eq(ptt_policy_check(&why, &policy), PTT_OK);
	policy.retries = 99;
	ck_assert_int_eq(ptt_policy_check(&why, &policy), PTT_ERR_MISMATCH);
	ck_assert_str_eq(why, "retries must be 0 to 20");
}
END_TEST

START_TEST(every_name_is_listed_once)
{
	size_t count = 0;

	for (; ptt_policy_name(count) != NULL; count++)
		for (size_t i = 0; i < count; i++)
			ck_assert_str_ne(ptt_policy_name(i), ptt_policy_name(count));
	ck_assert_uint_eq(count, 11);
	ck_assert_ptr_null(ptt_policy_name(1000));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("policy");

	tcase_add_test(tcase, defaults_are_those_of_the_product);
	tcase_add_loop_test(tcase, a_number_is_taken_or_refused, 0,
		(int)(sizeof(numbers) / sizeof(numbers[0])));
	tcase_add_test(tcase, words_are_taken_or_refused);
	tcase_add_test(tcase, a_whole_policy_is_checked);
	tcase_add_test(tcase, every_name_is_listed_once);
	return check_run_case("policy", tcase);
}
