/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The BSF's tables: sequence numbers, challenges, bootstrappings, and their bounds. */
#include <check.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/aka.h"
#include "module/gba/bsf_state.h"
#include "module/gba/ub_many.h"
#include "tests/unit/gba/bsf_fixture.h"
#include "tests/unit/check_main.h"

static struct ptt_bsf_state state;
static const struct ptt_subscriber_row subscriber = {.impi = FIX_IMPI};

static void start_state(uint32_t max_challenges)
{
	struct ptt_bsf_param param = {
		.host = FIX_HOST, .max_challenges = max_challenges, .challenge_life_ms = 1000};

	ck_assert_int_eq(ptt_bsf_state_init(&state, &param), PTT_OK);
}

START_TEST(hundred_thousand_challenges)
{
	struct ptt_ub_digest first = {0}, last = {0};
	struct ptt_bsf_challenge challenge;
	struct ptt_bsf_sub *sub;
	uint64_t sqn;

	start_state(0);
	sub = ptt_bsf_sub_of(&state, FIX_IMPI);
	for (unsigned int i = 0; i < 100000; i++) {
		if (ptt_bsf_sqn_take(sub, &sqn) != PTT_OK) {
			ck_assert_int_eq(
				ptt_bsf_sqn_block(&sub->sqn_reserved, sub->sqn_last), PTT_OK);
			ck_assert_int_eq(ptt_bsf_sqn_take(sub, &sqn), PTT_OK);
		}
		ck_assert_int_eq(
			ptt_bsf_challenge_make(&state, &last, &subscriber, sqn, 0), PTT_OK);
		if (i == 0)
			first = last;
	}
	ck_assert_uint_eq(ptt_lru_count(state.challenges), 8192);
	ck_assert_uint_eq(state.stats.evicted, 100000 - 8192);
	ck_assert_int_eq(
		ptt_bsf_challenge_take(&state, &challenge, first.nonce, 1), PTT_ERR_NO_KEY);
	ck_assert_int_eq(ptt_bsf_challenge_take(&state, &challenge, last.nonce, 1), PTT_OK);
	ck_assert_int_eq(ptt_bsf_challenge_take(&state, &challenge, last.nonce, 1), PTT_ERR_NO_KEY);
	ptt_bsf_state_wipe(&state);
}
END_TEST

START_TEST(challenges_expire)
{
	struct ptt_ub_digest one, two;
	struct ptt_bsf_challenge challenge;

	start_state(10);
	ck_assert_int_eq(ptt_bsf_challenge_make(&state, &one, &subscriber, 33, 5000), PTT_OK);
	ck_assert_int_eq(ptt_bsf_challenge_make(&state, &two, &subscriber, 66, 5500), PTT_OK);
	ptt_bsf_state_expire(&state, 5999);
	ck_assert_uint_eq(ptt_lru_count(state.challenges), 2);
	ck_assert_int_eq(
		ptt_bsf_challenge_take(&state, &challenge, one.nonce, 6000), PTT_ERR_NO_KEY);
	ck_assert_int_eq(ptt_bsf_challenge_take(&state, &challenge, two.nonce, 6499), PTT_OK);
	ck_assert_int_eq(ptt_bsf_challenge_make(&state, &one, &subscriber, 99, 7000), PTT_OK);
	ptt_bsf_state_expire(&state, 8000);
	ck_assert_uint_eq(ptt_lru_count(state.challenges), 0);
	ptt_bsf_state_wipe(&state);
}
END_TEST

/* TS 33.102 C.1.1.1 */
START_TEST(sqn_blocks)
{
	struct ptt_bsf_sub sub = {.sqn_last = (UINT64_C(7) << 5) | 31};
	uint64_t sqn, before = sub.sqn_last;
	unsigned int taken = 0;

	ck_assert_int_eq(ptt_bsf_sqn_take(&sub, &sqn), PTT_ERR_NO_KEY);
	ck_assert_int_eq(ptt_bsf_sqn_block(&sub.sqn_reserved, sub.sqn_last), PTT_OK);
	while (ptt_bsf_sqn_take(&sub, &sqn) == PTT_OK) {
		ck_assert_uint_eq(sqn >> 5, (before >> 5) + 1);
		ck_assert_uint_eq(sqn & 31, (before + 1) & 31);
		ck_assert_uint_lt(sqn, sub.sqn_reserved);
		before = sqn;
		taken++;
	}
	ck_assert_uint_eq(taken, 32);
	ck_assert_int_eq(ptt_bsf_sqn_block(&sqn, PTT_AKA_SQN_MAX), PTT_ERR_EXHAUSTED);
	ck_assert_int_eq(ptt_bsf_sqn_block(&sqn, UINT64_MAX), PTT_ERR_EXHAUSTED);
}
END_TEST

/* Each challenge of a subscriber has another SQN, also over a restart. */
static uint64_t sqn_of(const struct ptt_ub_digest *challenge)
{
	struct ptt_milenage_in in = {&fix_k, &fix_opc, NULL};
	uint8_t rand[PTT_UB_RAND_LEN], autn[PTT_UB_AUTN_LEN];
	struct ptt_milenage_keys keys;

	ck_assert_int_eq(ptt_ub_nonce_get(rand, autn, challenge->nonce), PTT_OK);
	in.rand = rand;
	ck_assert_int_eq(ptt_milenage_f2345(&keys, &in), PTT_OK);
	for (size_t i = 0; i < PTT_AKA_SQN_LEN; i++)
		autn[i] ^= keys.ak[i];
	return ptt_aka_sqn_get(autn);
}

START_TEST(sqn_never_repeats)
{
	enum { THREADS = 16, ROUNDS = 6 };
	static struct fix_http http[THREADS];
	void *args[THREADS];
	uint64_t sqns[THREADS * ROUNDS];
	size_t count = 0;

	for (size_t round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < THREADS; i++) {
			http[i] = (struct fix_http){.authorization = FIX_FIRST};
			args[i] = &http[i];
		}
		fix_run_many(fix_request, args, THREADS);
		for (size_t i = 0; i < THREADS; i++) {
			struct ptt_ub_digest challenge = fix_challenge(&http[i]);

			sqns[count] = sqn_of(&challenge);
			for (size_t j = 0; j < count; j++) {
				ck_assert_uint_ne(sqns[j] >> 5, sqns[count] >> 5);
				if (j / THREADS < round)
					ck_assert_uint_lt(sqns[j], sqns[count]);
			}
			count++;
		}
		fix_stop_bsf(); /* the end writes nothing: the block was reserved before */
		fix_start_bsf();
	}
}
END_TEST

START_TEST(rebootstrapping_keeps_two)
{
	struct ptt_usim *usim = fix_usim();
	struct fix_boot boots[4];

	for (size_t i = 0; i < 4; i++) {
		boots[i] = fix_boot_now(NULL, ptt_usim_card(usim));
		ck_assert_int_eq(boots[i].err, PTT_OK);
		if (i == 1) { /* the restarted BSF finds the newest in the store */
			fix_stop_bsf();
			fix_start_bsf();
		}
	}
	for (size_t i = 1; i < 4; i++) {
		enum ptt_err want = i >= 2 ? PTT_OK : PTT_ERR_NO_KEY;

		ck_assert_int_eq(fix_look_up(fix.bsf, boots[i].result.btid).err, want);
		ck_assert_int_eq(fix_look_up(NULL, boots[i].result.btid).err, want);
	}
	ptt_usim_close(usim);
}
END_TEST

START_TEST(expired_or_removed_means_no_key)
{
	struct ptt_usim *usim = fix_usim();
	struct fix_boot boot = fix_boot_now(NULL, ptt_usim_card(usim));
	struct ptt_bootstrap_row row = {.btid = "old@" FIX_HOST, .impi = FIX_IMPI};
	struct ptt_store_batch *batch = ptt_store_batch_new(fix.store);

	row.expires_utc_s = (int64_t)time(NULL) - 1;
	ptt_batch_put_bootstrap(batch, &row);
	ck_assert_int_eq(ptt_store_commit_sync(batch, PTT_STORE_NORMAL), PTT_OK);
	ck_assert_int_eq(fix_look_up(fix.bsf, row.btid).err, PTT_ERR_NO_KEY);
	ck_assert_int_eq(fix_look_up(fix.bsf, boot.result.btid).err, PTT_OK);
	batch = ptt_store_batch_new(fix.store);
	ptt_batch_del_subscriber(batch, FIX_IMPI);
	ck_assert_int_eq(ptt_store_commit_sync(batch, PTT_STORE_NORMAL), PTT_OK);
	ck_assert_int_eq(fix_look_up(fix.bsf, boot.result.btid).err, PTT_ERR_NO_KEY);
	ptt_usim_close(usim);
}
END_TEST

START_TEST(unfinished_challenges_are_bounded)
{
	enum { THREADS = 10, ROUNDS = 20 };
	static struct fix_http http[THREADS];
	void *args[THREADS];

	fix_stop_bsf();
	fix.param.max_challenges = 50;
	fix_start_bsf();
	for (size_t i = 0; i < THREADS; i++)
		args[i] = &http[i];
	for (size_t round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < THREADS; i++)
			http[i] = (struct fix_http){.authorization = FIX_FIRST};
		fix_run_many(fix_request, args, THREADS);
	}
	ck_assert_uint_eq(fix_stats().open_challenges, 50);
	ck_assert_uint_eq(fix_stats().evicted, THREADS * ROUNDS - 50);
}
END_TEST

/* Its first request waits for the store when the BSF goes away. */
START_TEST(stops_with_requests_in_flight)
{
	struct ptt_usim *usim = fix_usim();
	struct fix_boot boot = {.card = ptt_usim_card(usim)};

	fix_stop_under(fix_bootstrap, &boot);
	ck_assert_int_eq(boot.err, PTT_ERR_BUSY);
	fix_start_bsf();
	ck_assert_int_eq(fix_boot_now(NULL, ptt_usim_card(usim)).err, PTT_OK);
	ptt_usim_close(usim);
}
END_TEST

struct crowd {
	unsigned int left, good;
};

static bool next_of_crowd(void *ctx, struct ptt_ub_param *param, void **job)
{
	struct crowd *crowd = ctx;
	struct ptt_usim *usim;

	if (crowd->left == 0)
		return false;
	crowd->left--;
	usim = fix_usim();
	*job = usim;
	*param = (struct ptt_ub_param){.bsf_url = fix.url,
		.bsf_host = FIX_HOST,
		.impi = crowd->left == 7 ? "nobody@poc.example.org" : FIX_IMPI,
		.card = ptt_usim_card(usim)};
	return true;
}

static void done_of_crowd(
	void *ctx, void *job, enum ptt_err err, const struct ptt_bootstrap *result)
{
	struct crowd *crowd = ctx;

	ptt_usim_close(job);
	crowd->good += err == PTT_OK && *result->btid;
}

static void run_crowd(void *ctx)
{
	struct ptt_ub_many many = {next_of_crowd, done_of_crowd, ctx, 16};

	ck_assert_int_eq(ptt_ub_many_run(&many), PTT_OK);
}

START_TEST(many_side_by_side)
{
	struct crowd crowd = {.left = 100};

	fix_run(run_crowd, &crowd);
	ck_assert_uint_eq(crowd.good, 99);
	ck_assert_uint_eq(fix_stats().bootstraps, 99);
	ck_assert_uint_eq(fix_stats().unknown, 1);
}
END_TEST

/*
 * Without the store there is no challenge and no 200, but 503; when the store is back, a
 * bootstrapping succeeds.
 */
START_TEST(store_that_cannot_be_written)
{
	struct ptt_usim *usim = fix_usim();
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(fix.path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(fix_boot_now(NULL, ptt_usim_card(usim)).err, PTT_ERR_BUSY);
	ck_assert_uint_eq(fix_stats().store_failures, 1);
	ck_assert_uint_eq(fix_stats().challenges, 0);
	ck_assert_int_eq(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(fix_boot_now(NULL, ptt_usim_card(usim)).err, PTT_OK);
	ck_assert_int_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(fix_boot_now(NULL, ptt_usim_card(usim)).err, PTT_ERR_BUSY);
	ck_assert_uint_eq(
		fix_stats().bootstraps, 1); /* the SQN was at hand, the row was not written */
	ck_assert_uint_eq(fix_stats().store_failures, 2);
	ck_assert_int_eq(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	ptt_usim_close(usim);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bsf_state");
	TCase *pure = tcase_create("state"), *tc = tcase_create("server");

	tcase_set_timeout(pure, 60);
	tcase_add_test(pure, hundred_thousand_challenges);
	tcase_add_test(pure, challenges_expire);
	tcase_add_test(pure, sqn_blocks);
	suite_add_tcase(suite, pure);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, fix_start, fix_stop);
	tcase_add_test(tc, sqn_never_repeats);
	tcase_add_test(tc, rebootstrapping_keeps_two);
	tcase_add_test(tc, expired_or_removed_means_no_key);
	tcase_add_test(tc, unfinished_challenges_are_bounded);
	tcase_add_test(tc, stops_with_requests_in_flight);
	tcase_add_test(tc, many_side_by_side);
	tcase_add_test(tc, store_that_cannot_be_written);
	suite_add_tcase(suite, tc);
	return check_run(suite);
}
