/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Invariant I3: no number of an MSK message comes twice, whoever is killed, and whoever shares the store. */
#include "module/group/msk_numbers.h"

#include "module/store/store_read.h"
#include "tests/unit/check_main.h"
#include "tests/unit/store/store_fixture.h"

static su_root_t *root;
static struct ptt_store *threaded;

static void set_up_thread(void)
{
	store_set_up();
	su_init();
	root = su_root_create(NULL);
	threaded = open_store(root);
}

static void tear_down_thread(void)
{
	ptt_store_close(threaded);
	su_root_destroy(root);
	su_deinit();
	store_tear_down();
}

static void open_numbers(struct ptt_msk_numbers *numbers, struct ptt_store *on)
{
	ck_assert_int_eq(ptt_msk_numbers_open(numbers, on), PTT_OK);
}

static uint64_t take(struct ptt_msk_numbers *numbers)
{
	uint64_t number = 0;

	ck_assert_int_eq(ptt_msk_numbers_take(numbers, &number), PTT_OK);
	return number;
}

static void until_reserved(struct ptt_msk_numbers *numbers)
{
	for (int i = 0; i < 1000 && numbers->reserving != 0; i++)
		su_root_step(root, 10);
	ck_assert_uint_eq(numbers->reserving, 0);
}

START_TEST(each_process_goes_on_behind)
{
	struct ptt_msk_numbers numbers;
	uint64_t last = 0;

	for (int i = 0; i < 5; i++) {
		uint64_t number;

		open_numbers(&numbers, store);
		number = take(&numbers);
		ck_assert(i == 0 || number > last);
		last = take(&numbers);
		ck_assert_uint_eq(last, number + 1);
	}
}
END_TEST

START_TEST(half_a_block_before_the_end_the_next_one_comes)
{
	struct ptt_msk_numbers numbers;
	uint64_t first, stored = 0;

	open_numbers(&numbers, threaded);
	first = take(&numbers);
	for (uint64_t n = 1; n <= PTT_MSK_NUMBERS_BLOCK / 2; n++)
		ck_assert_uint_eq(take(&numbers), first + n);
	ck_assert_uint_ne(numbers.reserving, 0);
	until_reserved(&numbers);
	ck_assert_int_eq(ptt_store_get_numbers(store, &stored), PTT_OK);
	ck_assert_uint_eq(stored, first + 2 * PTT_MSK_NUMBERS_BLOCK);
	for (uint64_t n = PTT_MSK_NUMBERS_BLOCK / 2 + 1; n < 3 * PTT_MSK_NUMBERS_BLOCK / 2; n++)
		ck_assert_uint_eq(take(&numbers), first + n);
	until_reserved(&numbers);
}
END_TEST

/* Without a block none goes out; when the store takes one again they go on, above. */
START_TEST(none_without_the_store)
{
	struct ptt_msk_numbers numbers;
	uint64_t number = 0, last = 0;

	open_numbers(&numbers, threaded);
	sql("CREATE TRIGGER full BEFORE UPDATE ON numbers BEGIN SELECT RAISE(ABORT, 'full'); END");
	for (uint64_t n = 0; n < PTT_MSK_NUMBERS_BLOCK; n++)
		last = take(&numbers);
	until_reserved(&numbers);
	ck_assert_int_eq(ptt_msk_numbers_take(&numbers, &number), PTT_ERR_BUSY);
	until_reserved(&numbers);
	sql("DROP TRIGGER full");
	ck_assert_int_eq(ptt_msk_numbers_take(&numbers, &number), PTT_ERR_BUSY);
	until_reserved(&numbers);
	ck_assert_uint_gt(take(&numbers), last);
}
END_TEST

/* Another process takes the block that this one wanted. */
START_TEST(two_share_a_store)
{
	struct ptt_msk_numbers mine, other;
	uint64_t number = 0, bound;

	open_numbers(&mine, threaded);
	open_numbers(&other, store);
	bound = other.stored;
	ck_assert_uint_eq(take(&other), mine.stored);
	mine.counter.next = mine.counter.reserved;
	ck_assert_int_eq(ptt_msk_numbers_take(&mine, &number), PTT_ERR_BUSY);
	until_reserved(&mine); /* refused: it has moved on */
	ck_assert_int_eq(ptt_msk_numbers_take(&mine, &number), PTT_ERR_BUSY);
	until_reserved(&mine);
	ck_assert_uint_eq(take(&mine), bound);
}
END_TEST

static void spend(int fd)
{
	struct ptt_msk_numbers numbers;
	struct ptt_store *own = open_store(NULL);

	for (;;) {
		uint64_t number = 0;

		if (ptt_msk_numbers_open(&numbers, own) != PTT_OK)
			_exit(1);
		for (int i = 0; i < 3; i++)
			if (ptt_msk_numbers_take(&numbers, &number) != PTT_OK ||
				write(fd, &number, sizeof(number)) != sizeof(number))
				_exit(1);
	}
}

START_TEST(killed)
{
	kill_while_it_spends(spend, 10);
}
END_TEST

int main(void)
{
	TCase *alone = tcase_create("alone"), *thread = tcase_create("thread");
	Suite *suite = suite_create("msk_numbers");

	tcase_add_checked_fixture(alone, store_set_up, store_tear_down);
	tcase_add_test(alone, each_process_goes_on_behind);
	tcase_add_test(alone, killed);
	tcase_add_checked_fixture(thread, set_up_thread, tear_down_thread);
	tcase_add_test(thread, half_a_block_before_the_end_the_next_one_comes);
	tcase_add_test(thread, none_without_the_store);
	tcase_add_test(thread, two_share_a_store);
	tcase_set_timeout(alone, 60);
	tcase_set_timeout(thread, 60);
	suite_add_tcase(suite, alone);
	suite_add_tcase(suite, thread);
	return check_run(suite);
}
