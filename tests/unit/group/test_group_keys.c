/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A group's MSKs over a restart: which of the rows that a crash can
 * leave is current, and which is gone. */
#include "module/group/group_keys.h"

#include "tests/unit/check_main.h"
#include "tests/unit/store/store_fixture.h"

static struct ptt_group_keys keys;
static const char *boot_id = "one";

static void put_row(uint32_t generation, enum ptt_msk_state state)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(store);
	struct ptt_msk_row row = {.msk_id = 1u << 16 | generation,
		.generation = generation,
		.state = PTT_MSK_NEXT,
		.mtk_id_reserved = 1};

	strcpy(row.group, GROUP);
	ptt_batch_put_msk(batch, &row);
	ptt_batch_add_sent(batch, GROUP, generation, "a@x");
	if (state == PTT_MSK_CURRENT)
		ptt_batch_promote_msk(batch, GROUP, row.msk_id);
	ck_assert_int_eq(commit(batch), PTT_OK);
}

static void put_intent(uint32_t generation)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(store);
	struct ptt_intent_row row = {.group = GROUP, .generation = generation, .boot_id = ""};

	ptt_batch_put_intent(batch, &row);
	ck_assert_int_eq(commit(batch), PTT_OK);
}

static enum ptt_err count_msk(void *ctx, const struct ptt_msk_row *row)
{
	(void)row;
	++*(unsigned *)ctx;
	return PTT_OK;
}

static enum ptt_err count_sent(void *ctx, uint32_t generation, const char *impi)
{
	(void)generation;
	(void)impi;
	++*(unsigned *)ctx;
	return PTT_OK;
}

static enum ptt_err count_intent(void *ctx, const struct ptt_intent_row *row)
{
	(void)row;
	++*(unsigned *)ctx;
	return PTT_OK;
}

/* So many MSKs are in the store, and rows of who was sent one; and intents. */
static void expect_rows(unsigned msks, unsigned intents)
{
	unsigned found[3] = {0};

	ck_assert_int_eq(ptt_store_each_msk(store, GROUP, count_msk, &found[0]), PTT_OK);
	ck_assert_int_eq(ptt_store_each_sent(store, GROUP, count_sent, &found[1]), PTT_OK);
	ck_assert_int_eq(ptt_store_each_intent(store, count_intent, &found[2]), PTT_OK);
	ck_assert_uint_eq(found[0], msks);
	ck_assert_uint_eq(found[1], msks);
	ck_assert_uint_eq(found[2], intents);
}

/* The generations that live after a start; 0: none. */
static void expect_load(uint32_t intent, uint32_t current, uint32_t next)
{
	ptt_group_keys_wipe(&keys);
	keys = (struct ptt_group_keys){.store = store, .profile.boot_id = boot_id};
	ck_assert_int_eq(ptt_group_keys_load(&keys, GROUP, 1, intent), PTT_OK);
	ck_assert_uint_eq(keys.current.live ? keys.current.generation : 0, current);
	ck_assert_uint_eq(keys.next.live ? keys.next.generation : 0, next);
}

static void set_up_group(void)
{
	store_set_up();
	expect_load(0, 0, 0);
}

START_TEST(killed_before_the_switch)
{
	put_row(4, PTT_MSK_CURRENT);
	put_row(5, PTT_MSK_NEXT);
	put_intent(5);
	expect_load(5, 4, 5);
	expect_rows(2, 1);
}
END_TEST

START_TEST(killed_between_the_switch_and_its_end)
{
	put_row(4, PTT_MSK_CURRENT);
	put_row(5, PTT_MSK_CURRENT);
	put_intent(5);
	expect_load(5, 5, 0);
	expect_rows(1, 0);
	expect_load(0, 5, 0);
}
END_TEST

/* The end of re-key 5 was lost to the store, that of 6 was not: what is older goes with it. */
START_TEST(an_end_takes_all_older_ones_with_it)
{
	struct ptt_store_batch *batch;

	put_row(4, PTT_MSK_CURRENT);
	put_row(5, PTT_MSK_NEXT);
	put_row(6, PTT_MSK_NEXT);
	keys.current = (struct ptt_msk_slot){.live = true, .msk_id = 1u << 16 | 6, .generation = 6};
	batch = ptt_store_batch_new(store);
	ptt_group_keys_done(&keys, batch);
	ck_assert_int_eq(commit(batch), PTT_OK);
	expect_rows(1, 0);
	expect_load(0, 6, 0);
}
END_TEST

/* Perhaps 5 was in use, and who was expelled with it holds 4: nothing goes under 4 any more. */
START_TEST(none_before_a_switch_that_may_have_been)
{
	put_row(4, PTT_MSK_CURRENT);
	put_row(5, PTT_MSK_NEXT);
	put_row(6, PTT_MSK_NEXT);
	put_intent(6);
	expect_load(6, 0, 6);
	expect_rows(1, 1);
	expect_load(6, 0, 6);
}
END_TEST

START_TEST(the_store_hears_of_a_switch_when_it_begins)
{
	struct ptt_store_batch *batch;
	su_root_t *root;

	su_init();
	root = su_root_create(NULL);
	ck_assert_ptr_nonnull(root);
	su_root_threading(root, 1);
	put_row(4, PTT_MSK_CURRENT);
	expect_load(0, 4, 0);
	put_intent(5);
	ptt_store_close(store);
	store = keys.store = open_store(root);
	ck_assert_int_eq(ptt_group_keys_make(&keys, 5), PTT_OK);
	batch = ptt_store_batch_new(store);
	ck_assert_int_eq(ptt_group_keys_put(&keys, batch), PTT_OK);
	ptt_batch_add_sent(batch, GROUP, 5, "a@x");
	ptt_group_keys_stage(&keys, batch);
	ck_assert_int_eq(ptt_store_commit(batch, PTT_STORE_FULL, NULL, NULL), PTT_OK);
	ck_assert_int_eq(ptt_group_keys_promote(&keys), PTT_OK);
	ptt_store_close(store); /* killed: the end is not written */
	store = open_store(NULL);
	expect_load(5, 5, 0);
	expect_rows(1, 0);
	ck_assert_uint_eq(ptt_group_keys_sent_unknown(&keys), 0);
	boot_id = "another"; /* what was written last of who was sent it may be lost */
	expect_load(0, 5, 0);
	ck_assert_uint_eq(ptt_group_keys_sent_unknown(&keys), 5);
	su_root_destroy(root);
	su_deinit();
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("group_keys");

	tcase_add_checked_fixture(tc, set_up_group, store_tear_down);
	tcase_add_test(tc, killed_before_the_switch);
	tcase_add_test(tc, killed_between_the_switch_and_its_end);
	tcase_add_test(tc, an_end_takes_all_older_ones_with_it);
	tcase_add_test(tc, none_before_a_switch_that_may_have_been);
	tcase_add_test(tc, the_store_hears_of_a_switch_when_it_begins);
	return check_run_case("group_keys", tc);
}
