/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* module/gba/lru.c */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "module/gba/lru.h"
#include "tests/unit/check_main.h"

static int *add(struct ptt_lru *lru, bool *evicted, unsigned int number)
{
	char key[16];

	snprintf(key, sizeof(key), "key%u", number);
	return ptt_lru_add(lru, evicted, key);
}

static int *get(struct ptt_lru *lru, unsigned int number)
{
	char key[16];

	snprintf(key, sizeof(key), "key%u", number);
	return ptt_lru_get(lru, key);
}

START_TEST(oldest_goes_first)
{
	struct ptt_lru *lru = ptt_lru_new(3, sizeof(int));
	bool evicted;

	for (unsigned int i = 0; i < 3; i++) {
		*add(lru, &evicted, i) = (int)i;
		ck_assert(!evicted);
	}
	ptt_lru_touch(lru, "key0");
	*add(lru, &evicted, 3) = 3;
	ck_assert(evicted);
	ck_assert_ptr_null(get(lru, 1));
	ck_assert_int_eq(*get(lru, 0), 0);
	ck_assert_int_eq(*(int *)ptt_lru_oldest(lru), 2);
	ptt_lru_drop_oldest(lru);
	ck_assert_ptr_null(get(lru, 2));
	ck_assert_uint_eq(ptt_lru_count(lru), 2);
	ptt_lru_free(lru);
}
END_TEST

START_TEST(same_key_is_replaced)
{
	struct ptt_lru *lru = ptt_lru_new(2, sizeof(int));
	bool evicted;

	*add(lru, NULL, 1) = 1;
	*add(lru, NULL, 2) = 2;
	ck_assert_int_eq(*add(lru, &evicted, 1), 0);
	ck_assert(!evicted);
	ck_assert_uint_eq(ptt_lru_count(lru), 2);
	ck_assert_int_eq(*get(lru, 2), 2);
	ptt_lru_del(lru, "key1");
	ptt_lru_del(lru, "key1");
	ptt_lru_del(lru, "key2");
	ck_assert_ptr_null(ptt_lru_oldest(lru));
	ptt_lru_drop_oldest(lru);
	ck_assert_uint_eq(ptt_lru_count(lru), 0);
	ptt_lru_free(lru);
}
END_TEST

START_TEST(bounded_for_ever)
{
	struct ptt_lru *lru = ptt_lru_new(1000, sizeof(int));

	for (unsigned int i = 0; i < 50000; i++)
		*add(lru, NULL, i) = (int)i;
	ck_assert_uint_eq(ptt_lru_count(lru), 1000);
	for (unsigned int i = 49000; i < 50000; i++)
		ck_assert_int_eq(*get(lru, i), (int)i);
	ck_assert_ptr_null(get(lru, 48999));
	ptt_lru_free(lru);
	ptt_lru_free(NULL);
	ck_assert_ptr_null(ptt_lru_new(0, 1));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, oldest_goes_first);
	tcase_add_test(tc, same_key_is_replaced);
	tcase_add_test(tc, bounded_for_ever);
	return check_run_case("lru", tc);
}
