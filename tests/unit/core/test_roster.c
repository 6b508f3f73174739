/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/core/roster.h"
#include "tests/unit/check_main.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ptt_roster *roster;

static void setup(void)
{
	ck_assert_int_eq(ptt_roster_new(&roster, 0), PTT_OK);
}

static void teardown(void)
{
	ptt_roster_free(roster);
}

static uint32_t subject(const char *impi)
{
	uint32_t handle = PTT_HANDLE_NONE;

	ck_assert_int_eq(ptt_roster_subject(&handle, roster, impi), PTT_OK);
	ck_assert_uint_ne(handle, PTT_HANDLE_NONE);
	return handle;
}

static uint32_t member(uint32_t of, void *dialog)
{
	uint32_t handle = PTT_HANDLE_NONE;

	ck_assert_int_eq(ptt_roster_join(&handle, roster, of, dialog), PTT_OK);
	return handle;
}

static bool held_none(const void *arg, uint32_t handle)
{
	return arg && *(const uint32_t *)arg == handle;
}

START_TEST(a_subject_is_found_by_every_name)
{
	uint32_t anna = subject("anna@ims"), ben = subject("ben@ims");

	ck_assert_uint_eq(subject("anna@ims"), anna);
	ck_assert_int_eq(ptt_roster_add_impu(roster, anna, "sip:anna@x"), PTT_OK);
	ck_assert_int_eq(ptt_roster_add_impu(roster, anna, "tel:+1"), PTT_OK);
	ck_assert_int_eq(ptt_roster_add_impu(roster, anna, "sip:anna@x"), PTT_OK);
	ck_assert_int_eq(ptt_roster_add_impu(roster, ben, "sip:anna@x"), PTT_ERR_MISMATCH);
	ck_assert_int_eq(ptt_roster_add_impu(roster, ben, ""), PTT_ERR_MALFORMED);
	ck_assert_int_eq(ptt_roster_add_impu(roster, 77, "sip:z@x"), PTT_ERR_NO_KEY);
	ck_assert_uint_eq(ptt_roster_find(roster, "sip:anna@x"), anna);
	ck_assert_uint_eq(ptt_roster_find(roster, "tel:+1"), anna);
	ck_assert_uint_eq(ptt_roster_find(roster, "anna@ims"), anna);
	ck_assert_uint_eq(ptt_roster_find(roster, "sip:Anna@x"), PTT_HANDLE_NONE);
	ck_assert_str_eq(ptt_roster_impi(roster, anna), "anna@ims");
	ck_assert_str_eq(ptt_roster_impu(roster, anna, 0), "sip:anna@x");
	ck_assert_str_eq(ptt_roster_impu(roster, anna, 1), "tel:+1");
	ck_assert_ptr_null(ptt_roster_impu(roster, anna, 2));
	ck_assert_ptr_null(ptt_roster_impi(roster, 12345));
	ck_assert_uint_eq(ptt_roster_subjects(roster), 2);
}
END_TEST

START_TEST(members_come_and_go)
{
	uint32_t anna = subject("anna@ims"), one, two, three;
	int dialog_one, dialog_two;

	one = member(anna, &dialog_one);
	two = member(anna, &dialog_two);
	ck_assert_uint_eq(ptt_roster_members(roster), 2);
	ck_assert_ptr_eq(ptt_roster_dialog(roster, one), &dialog_one);
	ck_assert_ptr_eq(ptt_roster_dialog(roster, two), &dialog_two);
	ck_assert_uint_eq(ptt_roster_subject_of(roster, two), anna);
	ck_assert_uint_eq(ptt_roster_next_of(roster, anna, PTT_HANDLE_NONE), two);
	ck_assert_uint_eq(ptt_roster_next_of(roster, anna, two), one);
	ck_assert_uint_eq(ptt_roster_next_of(roster, anna, one), PTT_HANDLE_NONE);
	ck_assert_uint_eq(ptt_roster_next_member(roster, PTT_HANDLE_NONE), one);
	ck_assert_uint_eq(ptt_roster_next_member(roster, two), PTT_HANDLE_NONE);
	ptt_roster_leave(roster, one);
	ptt_roster_leave(roster, one);
	ck_assert_uint_eq(ptt_roster_members(roster), 1);
	ck_assert_uint_eq(ptt_roster_next_of(roster, anna, two), PTT_HANDLE_NONE);
	three = member(anna, NULL);
	ck_assert_uint_eq(ptt_handle_index(three), ptt_handle_index(one));
	ck_assert_uint_ne(three, one);
	ck_assert_ptr_null(ptt_roster_dialog(roster, one));
	ck_assert_uint_eq(ptt_roster_subject_of(roster, one), PTT_HANDLE_NONE);
}
END_TEST

START_TEST(a_full_group_and_a_ban_refuse)
{
	uint32_t anna = subject("anna@ims"), ben = subject("ben@ims"), handle = 0;

	ptt_roster_set_max(roster, 1);
	(void)member(anna, NULL);
	ck_assert_int_eq(ptt_roster_join(&handle, roster, ben, NULL), PTT_ERR_NO_SPACE);
	ptt_roster_set_max(roster, 0);
	ptt_roster_set_ban(roster, ben, true);
	ptt_roster_set_ban(roster, ben, true);
	ck_assert_uint_eq(ptt_roster_bans(roster), 1);
	ck_assert(ptt_roster_is_banned(roster, ben));
	ck_assert_int_eq(ptt_roster_join(&handle, roster, ben, NULL), PTT_ERR_AUTH);
	ptt_roster_set_ban(roster, ben, false);
	ck_assert_uint_eq(ptt_roster_bans(roster), 0);
	(void)member(ben, NULL);
	ck_assert_int_eq(ptt_roster_join(&handle, roster, 99, NULL), PTT_ERR_NO_KEY);
}
END_TEST

START_TEST(sweep_keeps_whom_somebody_needs)
{
	uint32_t anna = subject("anna@ims"), ben = subject("ben@ims"), carl = subject("carl@ims");
	uint32_t dora = subject("dora@ims");

	(void)member(anna, NULL);
	ptt_roster_set_ban(roster, ben, true);
	ptt_roster_sweep(roster, held_none, &carl, 100);
	ck_assert_uint_eq(ptt_roster_subjects(roster), 3);
	ck_assert_uint_eq(ptt_roster_find(roster, "dora@ims"), PTT_HANDLE_NONE);
	ck_assert_ptr_null(ptt_roster_impi(roster, dora));
	ck_assert_uint_eq(ptt_roster_find(roster, "anna@ims"), anna);
	ck_assert_uint_eq(ptt_roster_find(roster, "ben@ims"), ben);
	ck_assert_uint_eq(ptt_roster_find(roster, "carl@ims"), carl);
	ck_assert_uint_ne(subject("dora@ims"), dora);
}
END_TEST

/** Many names, random removals: closing gaps in the table loses no name. */
START_TEST(the_table_survives_churn)
{
	enum { N = 2000 };
	static uint32_t handles[N];
	char name[32];
	uint32_t state = 1;

	for (uint32_t turn = 0; turn < 20000; turn++) {
		uint32_t i = (state = state * 1664525u + 1013904223u) >> 8 & 1023;

		(void)snprintf(name, sizeof(name), "user%u@ims", i);
		if (handles[i] == 0) {
			handles[i] = subject(name);
			ptt_roster_set_ban(roster, handles[i], true);
		} else {
			ptt_roster_set_ban(roster, handles[i], false);
			ptt_roster_sweep(roster, held_none, NULL, UINT32_MAX);
			handles[i] = 0;
		}
	}
	for (uint32_t i = 0; i < 1024; i++) {
		(void)snprintf(name, sizeof(name), "user%u@ims", i);
		ck_assert_uint_eq(ptt_roster_find(roster, name), handles[i]);
	}
}
END_TEST

START_TEST(handles_stay_apart_over_many_tenants)
{
	uint32_t anna = subject("anna@ims"), before = member(anna, NULL);

	for (uint32_t i = 0; i < 10000; i++) {
		uint32_t now;

		ptt_roster_leave(roster, before);
		now = member(anna, NULL);
		ck_assert_uint_ne(now, before);
		ck_assert_uint_ne(ptt_handle_tenancy(now), 0);
		ck_assert_uint_eq(ptt_roster_members(roster), 1);
		before = now;
	}
}
END_TEST

START_TEST(a_hundred_thousand_members)
{
	char name[32];

	for (uint32_t i = 0; i < 100000; i++) {
		(void)snprintf(name, sizeof(name), "user%u@ims", i);
		(void)member(subject(name), NULL);
	}
	ck_assert_uint_eq(ptt_roster_members(roster), 100000);
	ck_assert_str_eq(
		ptt_roster_impi(roster, ptt_roster_find(roster, "user99999@ims")), "user99999@ims");
	ck_assert_uint_lt(ptt_roster_size(roster) / 100000, 150);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("roster");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_subject_is_found_by_every_name);
	tcase_add_test(tcase, members_come_and_go);
	tcase_add_test(tcase, a_full_group_and_a_ban_refuse);
	tcase_add_test(tcase, sweep_keeps_whom_somebody_needs);
	tcase_add_test(tcase, the_table_survives_churn);
	tcase_add_test(tcase, handles_stay_apart_over_many_tenants);
	tcase_add_test(tcase, a_hundred_thousand_members);
	return check_run_case("roster", tcase);
}
