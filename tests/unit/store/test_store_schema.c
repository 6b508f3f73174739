/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stores of other schema versions: refused, or brought up to date. */
#include "crypto/replay.h"
#include "tests/unit/check_main.h"
#include "tests/unit/store/store_fixture.h"

/* Up to version 3: a list of subscribers in a row. */
#define OLD_TABLES \
	"CREATE TABLE sent (seq INTEGER PRIMARY KEY, uri TEXT NOT NULL, generation INTEGER NOT NULL, impis TEXT NOT NULL);" \
	"DROP TABLE sent_to;" \
	"DROP TABLE start;"

/* Before version 6: a counter in each bootstrapping. */
#define TO_VERSION_5 \
	"DROP TABLE numbers; ALTER TABLE bootstrap RENAME COLUMN born TO reserved;" \
	"ALTER TABLE msk DROP COLUMN boot_id;"

START_TEST(test_other_schema)
{
	struct ptt_store_options options = {.path = store_path, .kek = &kek};
	struct ptt_store *out;

	sql("PRAGMA user_version = 99");
	ck_assert_int_eq(
		ptt_store_open(&out, &options, bytes_of, sizeof(bytes_of)), PTT_ERR_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(bytes_of, "version 99"));
	options.path = store_dir;
	ck_assert_int_eq(
		ptt_store_open(&out, &options, bytes_of, sizeof(bytes_of)), PTT_ERR_SYSTEM);
	options.path = "/nonexistent/state.db";
	ck_assert_int_eq(
		ptt_store_open(&out, &options, bytes_of, sizeof(bytes_of)), PTT_ERR_SYSTEM);
	ck_assert_uint_gt(strlen(bytes_of), 0);
}
END_TEST

static enum ptt_err take_dialog(void *ctx, const struct ptt_dialog_row *row)
{
	struct ptt_dialog_row *out = ctx;

	ck_assert_str_eq(row->call_id, "c1");
	out->remote_cseq = row->remote_cseq;
	out->allows_update = row->allows_update;
	out->session_s = row->session_s;
	return PTT_OK;
}

static void put_msk(struct ptt_store_batch *batch, uint32_t number, enum ptt_suite suite)
{
	struct ptt_msk_row row = {.group = GROUP,
		.msk_id = number,
		.generation = number,
		.state = number == 1 ? PTT_MSK_CURRENT : PTT_MSK_NEXT,
		.suite = suite};

	ptt_batch_put_msk(batch, &row);
}

static enum ptt_err see_msk(void *ctx, const struct ptt_msk_row *row)
{
	char *out = ctx;
	size_t len = strlen(out);

	snprintf(out + len, 64 - len, "%u:%d:%d ", row->msk_id, row->state, row->suite);
	return PTT_OK;
}

/* A file of version 1, or 2, is brought up to date as it is opened, with its rows. */
START_TEST(test_older_schema)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(store);
	struct ptt_dialog_row row = {.call_id = "c1",
		.local_tag = "l",
		.remote_tag = "r",
		.remote_cseq = 7,
		.allows_update = true,
		.session_s = 90};
	char msks[64] = "";

	ptt_batch_put_dialog(batch, &row);
	put_msk(batch, 1, PTT_SUITE_AES_CM_128_SHA1_80);
	put_msk(batch, 2, PTT_SUITE_AES_CM_128_SHA1_80);
	ck_assert_int_eq(commit(batch), PTT_OK);
	ptt_store_close(store);
	sql(TO_VERSION_5 "ALTER TABLE msk DROP COLUMN suite;"
			 "ALTER TABLE dialog DROP COLUMN allows_update;"
			 "ALTER TABLE dialog DROP COLUMN session_s;"
			 "ALTER TABLE dialog DROP COLUMN refresher;" OLD_TABLES
			 "PRAGMA user_version = 1");
	store = open_store(NULL);
	ck_assert_int_eq(ptt_store_each_dialog(store, take_dialog, &row), PTT_OK);
	ck_assert_uint_eq(row.remote_cseq, 7);
	ck_assert(!row.allows_update);
	ck_assert_uint_eq(row.session_s, 0);
	ck_assert_int_eq(ptt_store_each_msk(store, GROUP, see_msk, msks), PTT_OK);
	ck_assert_str_eq(msks, "1:1:0 2:2:0 ");
}
END_TEST

/* Version 2 had the suite in the state. */
START_TEST(test_packed_suite)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(store);
	char msks[64] = "";

	put_msk(batch, 1, PTT_SUITE_AEAD_AES_128_GCM);
	put_msk(batch, 2, PTT_SUITE_AEAD_AES_256_GCM);
	put_msk(batch, 3, PTT_SUITE_AES_CM_128_SHA1_80);
	ck_assert_int_eq(commit(batch), PTT_OK);
	ptt_store_close(store);
	sql(TO_VERSION_5 "UPDATE msk SET state = state | (suite << 4);"
			 "ALTER TABLE msk DROP COLUMN suite;" OLD_TABLES "PRAGMA user_version = 2");
	store = open_store(NULL);
	ck_assert_int_eq(ptt_store_each_msk(store, GROUP, see_msk, msks), PTT_OK);
	ck_assert_str_eq(msks, "1:1:1 2:2:2 3:2:0 ");
	sql("UPDATE msk SET suite = 99 WHERE msk_id = 1");
	ck_assert_int_eq(ptt_store_each_msk(store, GROUP, see_msk, msks), PTT_ERR_UNSUPPORTED);
}
END_TEST

/* A step that fails leaves the file as it was, and is no other version. */
START_TEST(test_step_fails)
{
	struct ptt_store_options options = {.path = store_path, .kek = &kek};
	struct ptt_store *out;

	ptt_store_close(store);
	store = NULL;
	sql(TO_VERSION_5
		"ALTER TABLE msk DROP COLUMN suite; ALTER TABLE msk RENAME TO other;" OLD_TABLES
		"PRAGMA user_version = 2");
	ck_assert_int_eq(
		ptt_store_open(&out, &options, bytes_of, sizeof(bytes_of)), PTT_ERR_SYSTEM);
	ck_assert_ptr_nonnull(strstr(bytes_of, "no such table: msk"));
	sql("ALTER TABLE other RENAME TO msk");
	store = open_store(NULL);
}
END_TEST

static enum ptt_err see_sent(void *ctx, uint32_t generation, const char *impi)
{
	char *out = ctx;
	size_t len = strlen(out);

	snprintf(out + len, 64 - len, "%u:%s ", generation, impi);
	return PTT_OK;
}

START_TEST(test_sent_in_lists)
{
	char sent[64] = "";

	ptt_store_close(store);
	sql(TO_VERSION_5 OLD_TABLES "INSERT INTO sent VALUES (1, '" GROUP
				    "', 1, 'b@x' || char(10) || 'a@x' || char(10)),"
				    " (2, '" GROUP "', 2, 'a@x' || char(10)), (3, '" GROUP
				    "', 1, 'a@x' || char(10));"
				    "PRAGMA user_version = 3");
	store = open_store(NULL);
	ck_assert_int_eq(ptt_store_each_sent(store, GROUP, see_sent, sent), PTT_OK);
	ck_assert_str_eq(sent, "1:a@x 1:b@x 2:a@x ");
}
END_TEST

static enum ptt_err see_boot_id(void *ctx, const struct ptt_msk_row *row)
{
	strcpy(ctx, row->boot_id);
	return PTT_OK;
}

/* The numbers begin above all counters, and so does every T. */
START_TEST(test_counters_of_each_muk)
{
	struct ptt_bootstrap_row row;
	char boot_id[PTT_STORE_BOOT_ID_MAX] = "?";
	struct ptt_store_batch *batch = ptt_store_batch_new(store);
	uint64_t numbers = 0;
	uint32_t t = 0;

	put_msk(batch, 1, PTT_SUITE_AES_CM_128_SHA1_80);
	ck_assert_int_eq(commit(batch), PTT_OK);
	ck_assert_int_eq(put_bootstrap("b1@bsf", 1), PTT_OK);
	ck_assert_int_eq(put_bootstrap("b2@bsf", 1), PTT_OK);
	ptt_store_close(store);
	sql(TO_VERSION_5
		"UPDATE bootstrap SET reserved = 2001 WHERE btid = 'b1@bsf';"
		"UPDATE bootstrap SET reserved = 1 WHERE btid = 'b2@bsf'; PRAGMA user_version = 5");
	store = open_store(NULL);
	ck_assert_int_eq(ptt_store_get_numbers(store, &numbers), PTT_OK);
	ck_assert_uint_eq(numbers, 2001);
	ck_assert_int_eq(ptt_store_get_bootstrap(store, &row, "b1@bsf"), PTT_OK);
	ck_assert_int_eq(ptt_counter_t(&t, numbers, row.counter_base), PTT_OK);
	ck_assert_uint_ge(t, 2001);
	ck_assert_int_eq(ptt_store_each_msk(store, GROUP, see_boot_id, boot_id), PTT_OK);
	ck_assert_str_eq(boot_id, "");
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("schema");

	tcase_add_checked_fixture(c, store_set_up, store_tear_down);
	tcase_add_test(c, test_other_schema);
	tcase_add_test(c, test_older_schema);
	tcase_add_test(c, test_packed_suite);
	tcase_add_test(c, test_step_fails);
	tcase_add_test(c, test_sent_in_lists);
	tcase_add_test(c, test_counters_of_each_muk);
	return check_run_case("store_schema", c);
}
