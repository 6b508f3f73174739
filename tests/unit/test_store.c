/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sofia-sip/su.h>

#include "module/ops/log.h"
#include "module/store/store_read.h"

#define GROUP "sip:alpha@poc.example.org"

static char dir[64], path[96], text[256];
static const struct ptt_kek kek = {{1, 2, 3}};
static struct ptt_store *store;

static struct ptt_store *open_store(su_root_t *root)
{
	struct ptt_store_options options = {.path = path, .kek = &kek, .root = root};
	struct ptt_store *out = NULL;

	ck_assert_msg(ptt_store_open(&out, &options, text, sizeof(text)) == PTT_OK, "%s", text);
	return out;
}

static void set_up(void)
{
	strcpy(dir, "/tmp/ptt-store-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/state.db", dir);
	store = open_store(NULL);
}

static void tear_down(void)
{
	char name[160];
	static const char *const tails[] = {"", "-wal", "-shm"};

	ptt_store_close(store);
	store = NULL;
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s%s", path, tails[i]);
		unlink(name);
	}
	rmdir(dir);
}

static void sql(const char *statement)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, statement, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static struct ptt_subscriber_row subscriber(const char *impi, const char *impu)
{
	struct ptt_subscriber_row row = {
		.impu_count = 2, .sqn = 32, .amf = {0x80, 0x01}, .gba_u = true};

	strcpy(row.impi, impi);
	strcpy(row.impu[0], impu);
	snprintf(row.impu[1], sizeof(row.impu[1]), "tel:%s", impi);
	memset(row.k.b, 0x4b, sizeof(row.k.b));
	memset(row.opc.b, 0x4f, sizeof(row.opc.b));
	return row;
}

static enum ptt_err commit(struct ptt_store_batch *batch)
{
	return ptt_store_commit_sync(batch, PTT_STORE_FULL);
}

static enum ptt_err put_subscriber(struct ptt_subscriber_row row)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(store);

	ptt_batch_put_subscriber(batch, &row);
	return commit(batch);
}

static enum ptt_err reserve(struct ptt_reservation r)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(store);

	ptt_batch_reserve(batch, &r);
	return commit(batch);
}

START_TEST(test_subscriber)
{
	struct ptt_subscriber_row in = subscriber("a@x", "sip:a@x"), out;
	struct ptt_store_batch *batch;

	ck_assert_int_eq(put_subscriber(in), PTT_OK);
	ck_assert_int_eq(ptt_store_get_subscriber(store, &out, "a@x"), PTT_OK);
	ck_assert_int_eq(memcmp(&out.k, &in.k, sizeof(out.k)), 0);
	ck_assert_int_eq(memcmp(&out.opc, &in.opc, sizeof(out.opc)), 0);
	ck_assert_uint_eq(out.impu_count, 2);
	ck_assert_str_eq(out.impu[1], "tel:a@x");
	ck_assert_uint_eq(out.sqn, 32);
	ck_assert_int_eq(out.amf[0], 0x80);
	ck_assert(out.gba_u);
	ck_assert_int_eq(ptt_store_find_subscriber(store, &out, "sip:a@x"), PTT_OK);
	ck_assert_int_eq(ptt_store_find_subscriber(store, &out, "sip:b@x"), PTT_ERR_NO_KEY);
	/* a public identity belongs to one subscriber */
	ck_assert_int_eq(put_subscriber(subscriber("b@x", "sip:a@x")), PTT_ERR_MISMATCH);
	ck_assert_int_eq(ptt_store_get_subscriber(store, &out, "b@x"), PTT_ERR_NO_KEY);
	/* SQN does not go back when the record is put again */
	in.sqn = 5;
	in.impu_count = 1;
	ck_assert_int_eq(put_subscriber(in), PTT_OK);
	ck_assert_int_eq(ptt_store_get_subscriber(store, &out, "a@x"), PTT_OK);
	ck_assert_uint_eq(out.sqn, 32);
	ck_assert_uint_eq(out.impu_count, 1);
	batch = ptt_store_batch_new(store);
	ptt_batch_del_subscriber(batch, "a@x");
	ck_assert_int_eq(commit(batch), PTT_OK);
	ck_assert_int_eq(ptt_store_get_subscriber(store, &out, "a@x"), PTT_ERR_NO_KEY);
}
END_TEST

START_TEST(test_reserve)
{
	struct ptt_reservation r = {
		.counter = PTT_COUNTER_SQN, .key = "a@x", .expected = 32, .reserved = 1032};
	struct ptt_subscriber_row out;

	ck_assert_int_eq(reserve(r), PTT_ERR_MISMATCH);
	ck_assert_int_eq(put_subscriber(subscriber("a@x", "sip:a@x")), PTT_OK);
	ck_assert_int_eq(reserve(r), PTT_OK);
	ck_assert_int_eq(reserve(r), PTT_ERR_MISMATCH);
	r.expected = 1032;
	ck_assert_int_eq(reserve(r), PTT_ERR_EXHAUSTED);
	r.reserved = UINT64_MAX;
	ck_assert_int_eq(reserve(r), PTT_ERR_EXHAUSTED);
	ck_assert_int_eq(ptt_store_get_subscriber(store, &out, "a@x"), PTT_OK);
	ck_assert_uint_eq(out.sqn, 1032);
	ck_assert(!ptt_store_is_failing(store));
}
END_TEST

static enum ptt_err put_bootstrap(const char *btid, int64_t expires)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(store);
	struct ptt_bootstrap_row row = {
		.impi = "a@x", .expires_utc_s = expires, .muk_counter_reserved = 1};

	strcpy(row.btid, btid);
	memset(row.ks.b, 0x11, sizeof(row.ks.b));
	memset(row.rand, 0x22, sizeof(row.rand));
	ptt_batch_put_bootstrap(batch, &row);
	return commit(batch);
}

START_TEST(test_bootstrap)
{
	struct ptt_bootstrap_row out;
	struct ptt_store_batch *batch;
	char btid[32];

	for (int i = 0; i < 6; i++) {
		snprintf(btid, sizeof(btid), "b%d@bsf", i);
		ck_assert_int_eq(put_bootstrap(btid, 1000 + i), PTT_OK);
	}
	ck_assert_int_eq(put_bootstrap("b5@bsf", 1), PTT_ERR_MISMATCH);
	/* the newest four are kept */
	ck_assert_int_eq(ptt_store_get_bootstrap(store, &out, "b1@bsf"), PTT_ERR_NO_KEY);
	ck_assert_int_eq(ptt_store_get_bootstrap(store, &out, "b2@bsf"), PTT_OK);
	ck_assert_int_eq(out.ks.b[31], 0x11);
	ck_assert_int_eq(out.rand[15], 0x22);
	ck_assert_int_eq(ptt_store_find_bootstrap(store, &out, "a@x"), PTT_OK);
	ck_assert_str_eq(out.btid, "b5@bsf");
	ck_assert_int_eq(reserve((struct ptt_reservation){.counter = PTT_COUNTER_MUK,
				 .key = "b5@bsf",
				 .expected = 1,
				 .reserved = 1001}),
		PTT_OK);
	ck_assert_int_eq(ptt_store_get_bootstrap(store, &out, "b5@bsf"), PTT_OK);
	ck_assert_uint_eq(out.muk_counter_reserved, 1001);
	batch = ptt_store_batch_new(store);
	ptt_batch_purge_bootstraps(batch, 1005);
	ck_assert_int_eq(commit(batch), PTT_OK);
	ck_assert_int_eq(ptt_store_get_bootstrap(store, &out, "b4@bsf"), PTT_ERR_NO_KEY);
	ck_assert_int_eq(ptt_store_get_bootstrap(store, &out, "b5@bsf"), PTT_OK);
}
END_TEST

static enum ptt_err put_group(
	const char *uri, uint16_t key_group, uint32_t next, uint32_t generation)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(store);
	struct ptt_group_row row = {.key_group = key_group,
		.csb_id = 0xfedcba98,
		.next_key_number = next,
		.generation = generation};

	strcpy(row.uri, uri);
	ptt_batch_put_group(batch, &row);
	return commit(batch);
}

START_TEST(test_group)
{
	struct ptt_group_row out;
	uint16_t number;

	ck_assert_int_eq(ptt_store_free_key_group(store, &number), PTT_OK);
	ck_assert_uint_eq(number, 1);
	ck_assert_int_eq(put_group(GROUP, 1, 10, 9), PTT_OK);
	ck_assert_int_eq(put_group("sip:beta@x", 1, 1, 0), PTT_ERR_MISMATCH);
	ck_assert_int_eq(put_group("sip:beta@x", 3, 1, 0), PTT_OK);
	ck_assert_int_eq(put_group(GROUP, 1, 5, 5), PTT_OK);
	ck_assert_int_eq(ptt_store_get_group(store, &out, GROUP), PTT_OK);
	ck_assert_uint_eq(out.next_key_number, 10);
	ck_assert_uint_eq(out.generation, 9);
	ck_assert_uint_eq(out.csb_id, 0xfedcba98);
	/* a new key group starts anew; the old one stays taken */
	ck_assert_int_eq(put_group(GROUP, 2, 1, 10), PTT_OK);
	ck_assert_int_eq(ptt_store_get_group(store, &out, GROUP), PTT_OK);
	ck_assert_uint_eq(out.next_key_number, 1);
	ck_assert_int_eq(put_group("sip:beta@x", 1, 1, 0), PTT_ERR_MISMATCH);
	ck_assert_int_eq(ptt_store_free_key_group(store, &number), PTT_OK);
	ck_assert_uint_eq(number, 4);
}
END_TEST

struct seen {
	unsigned count;
	struct ptt_msk_row msk;
	char list[512];
};

static enum ptt_err see_msk(void *ctx, const struct ptt_msk_row *row)
{
	struct seen *seen = ctx;

	seen->count++;
	seen->msk = *row;
	return PTT_OK;
}

static enum ptt_err see_sent(void *ctx, uint32_t generation, const char *impi)
{
	struct seen *seen = ctx;
	size_t len = strlen(seen->list);

	seen->count++;
	snprintf(seen->list + len, sizeof(seen->list) - len, "%u:%s ", generation, impi);
	return PTT_OK;
}

static struct ptt_msk_row msk(uint32_t number, uint32_t generation)
{
	struct ptt_msk_row row = {.group = GROUP,
		.msk_id = 1u << 16 | number,
		.generation = generation,
		.state = PTT_MSK_NEXT,
		.mtk_id_reserved = 1,
		.mtk_counter_reserved = 1};

	memset(row.msk.b, (int)number, sizeof(row.msk.b));
	memset(row.rand, 0x77, sizeof(row.rand));
	return row;
}

static struct seen all_msks(void)
{
	struct seen seen = {0};

	ck_assert_int_eq(ptt_store_each_msk(store, GROUP, see_msk, &seen), PTT_OK);
	return seen;
}

START_TEST(test_msk)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(store);
	struct ptt_msk_row row = msk(1, 1);
	struct seen seen = {0};

	ptt_batch_put_msk(batch, &row);
	ptt_batch_add_sent(batch, GROUP, 1, "a@x");
	ptt_batch_add_sent(batch, GROUP, 1, "b@x");
	row = msk(2, 2);
	ptt_batch_put_msk(batch, &row);
	ptt_batch_add_sent(batch, GROUP, 2, "c@x");
	ptt_batch_add_sent(batch, GROUP, 1, "d@x");
	ptt_batch_add_sent(batch, GROUP, 1, "e@x");
	ptt_batch_promote_msk(batch, GROUP, row.msk_id);
	ck_assert_int_eq(commit(batch), PTT_OK);
	seen = all_msks();
	ck_assert_uint_eq(seen.count, 2);
	ck_assert_uint_eq(seen.msk.msk_id, row.msk_id);
	ck_assert_int_eq(seen.msk.state, PTT_MSK_CURRENT);
	ck_assert_int_eq(seen.msk.msk.b[15], 2);
	ck_assert_int_eq(seen.msk.rand[0], 0x77);
	/* an id is never bound to a second key */
	batch = ptt_store_batch_new(store);
	ptt_batch_put_msk(batch, &row);
	ck_assert_int_eq(commit(batch), PTT_ERR_MISMATCH);
	ck_assert_int_eq(reserve((struct ptt_reservation){.counter = PTT_COUNTER_MTK_ID,
				 .key = GROUP,
				 .msk_id = row.msk_id,
				 .expected = 1,
				 .reserved = 1001}),
		PTT_OK);
	ck_assert_int_eq(reserve((struct ptt_reservation){.counter = PTT_COUNTER_MTK,
				 .key = GROUP,
				 .msk_id = row.msk_id,
				 .expected = 1,
				 .reserved = 2001}),
		PTT_OK);
	seen = all_msks();
	ck_assert_uint_eq(seen.msk.mtk_id_reserved, 1001);
	ck_assert_uint_eq(seen.msk.mtk_counter_reserved, 2001);
	memset(&seen, 0, sizeof(seen));
	ck_assert_int_eq(ptt_store_each_sent(store, GROUP, see_sent, &seen), PTT_OK);
	ck_assert_str_eq(seen.list, "1:a@x 1:b@x 2:c@x 1:d@x 1:e@x ");
	batch = ptt_store_batch_new(store);
	ptt_batch_retire_msk(batch, GROUP, 1u << 16 | 1);
	ck_assert_int_eq(commit(batch), PTT_OK);
	ck_assert_uint_eq(all_msks().count, 1);
	memset(&seen, 0, sizeof(seen));
	ck_assert_int_eq(ptt_store_each_sent(store, GROUP, see_sent, &seen), PTT_OK);
	ck_assert_str_eq(seen.list, "2:c@x ");
}
END_TEST

static enum ptt_err see_intent(void *ctx, const struct ptt_intent_row *row)
{
	struct seen *seen = ctx;

	seen->count++;
	snprintf(seen->list, sizeof(seen->list), "%s %u %d %lld %s %zu %s %s", row->group,
		row->generation, row->reason, (long long)row->deadline_ms, row->boot_id,
		row->expelled_count, row->expelled_count > 0 ? row->expelled[0] : "",
		row->expelled_count > 1 ? row->expelled[1] : "");
	return PTT_OK;
}

static enum ptt_err see_ban(void *ctx, const char *group, const char *impi, int64_t since_utc_s)
{
	struct seen *seen = ctx;

	(void)group;
	(void)impi;
	seen->count++;
	ck_assert_int_eq(since_utc_s, 77);
	return PTT_OK;
}

START_TEST(test_intent_and_ban)
{
	const char *const expelled[] = {"a@x", "b@x"};
	struct ptt_intent_row row = {.group = GROUP,
		.generation = 7,
		.reason = 3,
		.deadline_ms = 123456789012,
		.boot_id = "boot",
		.expelled = expelled,
		.expelled_count = 2};
	struct ptt_store_batch *batch = ptt_store_batch_new(store);
	struct seen seen = {0};
	int64_t since;

	ptt_batch_put_intent(batch, &row);
	ptt_batch_put_ban(batch, GROUP, "a@x", 77);
	ptt_batch_put_ban(batch, GROUP, "b@x", 77);
	ptt_batch_put_ban(batch, GROUP, "b@x", 99);
	ck_assert_int_eq(commit(batch), PTT_OK);
	ck_assert_int_eq(ptt_store_each_intent(store, see_intent, &seen), PTT_OK);
	ck_assert_str_eq(seen.list, GROUP " 7 3 123456789012 boot 2 a@x b@x");
	ck_assert_int_eq(ptt_store_get_ban(store, &since, GROUP, "a@x"), PTT_OK);
	ck_assert_int_eq(since, 77);
	ck_assert_int_eq(ptt_store_get_ban(store, NULL, GROUP, "c@x"), PTT_ERR_NO_KEY);
	seen.count = 0;
	ck_assert_int_eq(ptt_store_each_ban(store, NULL, see_ban, &seen), PTT_OK);
	ck_assert_int_eq(ptt_store_each_ban(store, GROUP, see_ban, &seen), PTT_OK);
	ck_assert_int_eq(ptt_store_each_ban(store, "sip:other@x", see_ban, &seen), PTT_OK);
	ck_assert_uint_eq(seen.count, 4);
	batch = ptt_store_batch_new(store);
	ptt_batch_del_ban(batch, GROUP, "a@x");
	ptt_batch_del_intent(batch, GROUP);
	ck_assert_int_eq(commit(batch), PTT_OK);
	ck_assert_int_eq(ptt_store_get_ban(store, NULL, GROUP, "a@x"), PTT_ERR_NO_KEY);
	seen.count = 0;
	ck_assert_int_eq(ptt_store_each_intent(store, see_intent, &seen), PTT_OK);
	ck_assert_uint_eq(seen.count, 0);
}
END_TEST

static enum ptt_err see_dialog(void *ctx, const struct ptt_dialog_row *row)
{
	struct seen *seen = ctx;

	seen->count++;
	snprintf(seen->list, sizeof(seen->list), "%s %s %s %s %s %u %u %u %zu %s", row->call_id,
		row->route_set, row->transport, row->impu, row->btid, row->cseq_reserved,
		row->o_version_reserved, row->remote_cseq, row->media.len, row->remote_uri);
	return PTT_OK;
}

START_TEST(test_dialog)
{
	static const uint8_t plan[] = {0, 1, 2};
	struct ptt_dialog_row row = {.call_id = "c1",
		.local_tag = "l",
		.remote_tag = "r",
		.group = GROUP,
		.transport = "udp",
		.impu = "sip:a@x",
		.btid = "b",
		.cseq_reserved = 1000,
		.o_version_reserved = 4000000000,
		.remote_cseq = 3,
		.media = PTT_BYTES_OF(plan)};
	struct ptt_store_batch *batch = ptt_store_batch_new(store);
	struct seen seen = {0};

	ptt_batch_put_dialog(batch, &row);
	ck_assert_int_eq(commit(batch), PTT_OK);
	ck_assert_int_eq(reserve((struct ptt_reservation){.counter = PTT_COUNTER_CSEQ,
				 .key = "c1",
				 .local_tag = "l",
				 .remote_tag = "r",
				 .expected = 1000,
				 .reserved = 2000}),
		PTT_OK);
	/* putting the dialog again with what a caller still believes does not lower the counters */
	batch = ptt_store_batch_new(store);
	row.remote_cseq = 4;
	ptt_batch_put_dialog(batch, &row);
	ck_assert_int_eq(commit(batch), PTT_OK);
	ck_assert_int_eq(ptt_store_each_dialog(store, see_dialog, &seen), PTT_OK);
	ck_assert_uint_eq(seen.count, 1);
	ck_assert_str_eq(seen.list, "c1  udp sip:a@x b 2000 4000000000 4 3 ");
	batch = ptt_store_batch_new(store);
	ptt_batch_del_dialog(batch, "c1", "l", "r");
	ck_assert_int_eq(commit(batch), PTT_OK);
	seen.count = 0;
	ck_assert_int_eq(ptt_store_each_dialog(store, see_dialog, &seen), PTT_OK);
	ck_assert_uint_eq(seen.count, 0);
}
END_TEST

START_TEST(test_all_or_nothing)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(store);
	struct ptt_reservation r = {
		.counter = PTT_COUNTER_MUK, .key = "none", .expected = 1, .reserved = 2};
	char long_id[PTT_STORE_ID_MAX + 1];

	ptt_batch_put_ban(batch, GROUP, "a@x", 1);
	ptt_batch_reserve(batch, &r);
	ck_assert_int_eq(commit(batch), PTT_ERR_MISMATCH);
	ck_assert_int_eq(ptt_store_get_ban(store, NULL, GROUP, "a@x"), PTT_ERR_NO_KEY);
	memset(long_id, 'x', sizeof(long_id));
	long_id[PTT_STORE_ID_MAX] = '\0';
	batch = ptt_store_batch_new(store);
	ptt_batch_put_ban(batch, GROUP, long_id, 1);
	ck_assert_int_eq(commit(batch), PTT_ERR_MALFORMED);
	batch = ptt_store_batch_new(store);
	ptt_batch_put_ban(batch, GROUP, "a\nb", 1);
	ck_assert_int_eq(commit(batch), PTT_ERR_MALFORMED);
	ck_assert_int_eq(commit(NULL), PTT_ERR_SYSTEM);
}
END_TEST

START_TEST(test_wrong_kek)
{
	static const struct ptt_kek other = {{9}};
	struct ptt_store_options options = {.path = path, .kek = &other};
	struct ptt_store *out;

	ck_assert_int_eq(ptt_store_open(&out, &options, text, sizeof(text)), PTT_ERR_AUTH);
	ck_assert_ptr_null(out);
	ck_assert_ptr_nonnull(strstr(text, "kek_file"));
}
END_TEST

START_TEST(test_moved_row)
{
	struct ptt_subscriber_row out;

	ck_assert_int_eq(put_subscriber(subscriber("a@x", "sip:a@x")), PTT_OK);
	ck_assert_int_eq(put_subscriber(subscriber("b@x", "sip:b@x")), PTT_OK);
	sql("UPDATE subscriber SET wrapped = (SELECT wrapped FROM subscriber WHERE impi = 'a@x')");
	ck_assert_int_eq(ptt_store_get_subscriber(store, &out, "a@x"), PTT_OK);
	ck_assert_int_eq(ptt_store_get_subscriber(store, &out, "b@x"), PTT_ERR_AUTH);
	sql("UPDATE subscriber SET wrapped = x'00'");
	ck_assert_int_eq(ptt_store_get_subscriber(store, &out, "a@x"), PTT_ERR_MALFORMED);
}
END_TEST

START_TEST(test_other_schema)
{
	struct ptt_store_options options = {.path = path, .kek = &kek};
	struct ptt_store *out;

	sql("PRAGMA user_version = 99");
	ck_assert_int_eq(ptt_store_open(&out, &options, text, sizeof(text)), PTT_ERR_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(text, "version 99"));
	options.path = dir;
	ck_assert_int_eq(ptt_store_open(&out, &options, text, sizeof(text)), PTT_ERR_SYSTEM);
	options.path = "/nonexistent/state.db";
	ck_assert_int_eq(ptt_store_open(&out, &options, text, sizeof(text)), PTT_ERR_SYSTEM);
	ck_assert_uint_gt(strlen(text), 0);
}
END_TEST

START_TEST(test_private_and_wrapped)
{
	struct stat st;
	char *bytes;
	FILE *file;
	char name[160];

	ck_assert_int_eq(put_subscriber(subscriber("a@x", "sip:a@x")), PTT_OK);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	snprintf(name, sizeof(name), "%s-wal", path);
	file = fopen(name, "re");
	ck_assert_ptr_nonnull(file);
	bytes = calloc(1, 1 << 20);
	if (bytes == NULL)
		ck_abort_msg("no memory");
	ck_assert_uint_gt(fread(bytes, 1, 1 << 20, file), 0);
	fclose(file);
	ck_assert_ptr_null(memmem(bytes, 1 << 20, "KKKKKKKKKKKKKKKK", 16));
	ck_assert_ptr_null(memmem(bytes, 1 << 20, "OOOOOOOOOOOOOOOO", 16));
	ck_assert_ptr_nonnull(memmem(bytes, 1 << 20, "sip:a@x", 7));
	free(bytes);
}
END_TEST

/* disk full: no file of this process may grow past what is there */
START_TEST(test_disk_full)
{
	struct rlimit limit, was;
	struct stat st;
	char name[160];

	ck_assert_int_eq(put_subscriber(subscriber("a@x", "sip:a@x")), PTT_OK);
	snprintf(name, sizeof(name), "%s-wal", path);
	ck_assert_int_eq(stat(name, &st), 0);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &was), 0);
	limit = was;
	limit.rlim_cur = (rlim_t)st.st_size;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ptt_log_set_level(PTT_LOG_ERROR);
	ck_assert_int_eq(put_subscriber(subscriber("b@x", "sip:b@x")), PTT_ERR_SYSTEM);
	ck_assert(ptt_store_is_failing(store));
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &was), 0);
	ck_assert_int_eq(put_subscriber(subscriber("b@x", "sip:b@x")), PTT_OK);
	ck_assert(!ptt_store_is_failing(store));
}
END_TEST

/* a store whose file was taken away takes nothing any more */
START_TEST(test_file_gone)
{
	char moved[128];

	ptt_log_set_level(PTT_LOG_ERROR);
	snprintf(moved, sizeof(moved), "%s.moved", path);
	ck_assert_int_eq(rename(path, moved), 0);
	ck_assert_int_eq(put_subscriber(subscriber("a@x", "sip:a@x")), PTT_ERR_SYSTEM);
	ck_assert(ptt_store_is_failing(store));
	ck_assert_int_eq(rename(moved, path), 0);
	ck_assert_int_eq(put_subscriber(subscriber("a@x", "sip:a@x")), PTT_OK);
	ck_assert(!ptt_store_is_failing(store));
}
END_TEST

struct waiting {
	unsigned done;
	enum ptt_err err;
	unsigned order[64];
};

struct one {
	struct waiting *waiting;
	unsigned number;
};

static void on_done(void *ctx, enum ptt_err err)
{
	struct one *one = ctx;

	one->waiting->order[one->waiting->done++] = one->number;
	one->waiting->err = err;
}

START_TEST(test_async)
{
	su_root_t *root;
	struct ptt_store *threaded;
	struct waiting waiting = {0};
	struct one ones[50];

	su_init();
	root = su_root_create(NULL);
	threaded = open_store(root);
	for (unsigned i = 0; i < 50; i++) {
		struct ptt_store_batch *batch = ptt_store_batch_new(threaded);
		char impi[16];

		ones[i] = (struct one){&waiting, i};
		snprintf(impi, sizeof(impi), "m%u@x", i);
		ptt_batch_put_ban(batch, GROUP, impi, 1);
		ck_assert_int_eq(ptt_store_commit(batch, i % 2 ? PTT_STORE_FULL : PTT_STORE_NORMAL,
					 on_done, &ones[i]),
			PTT_OK);
	}
	for (int i = 0; i < 1000 && waiting.done < 25; i++)
		su_root_step(root, 100);
	/* closing completes the rest */
	ptt_store_close(threaded);
	ck_assert_uint_eq(waiting.done, 50);
	ck_assert_int_eq(waiting.err, PTT_OK);
	for (unsigned i = 0; i < 50; i++)
		ck_assert_uint_eq(waiting.order[i], i);
	ck_assert_int_eq(ptt_store_get_ban(store, NULL, GROUP, "m49@x"), PTT_OK);
	su_root_destroy(root);
	su_deinit();
}
END_TEST

START_TEST(test_queue_bound)
{
	su_root_t *root;
	struct ptt_store_options options = {.path = path, .kek = &kek, .queue_max = 3};
	struct ptt_store *threaded;
	struct waiting waiting = {0};
	struct one one = {&waiting, 0};
	unsigned taken = 0;

	su_init();
	options.root = root = su_root_create(NULL);
	ck_assert_int_eq(ptt_store_open(&threaded, &options, text, sizeof(text)), PTT_OK);
	for (int i = 0; i < 10; i++) {
		struct ptt_store_batch *batch = ptt_store_batch_new(threaded);
		enum ptt_err err;

		ptt_batch_put_ban(batch, GROUP, "a@x", 1);
		err = ptt_store_commit(batch, PTT_STORE_NORMAL, on_done, &one);
		ck_assert(err == PTT_OK || err == PTT_ERR_BUSY);
		taken += err == PTT_OK;
	}
	ck_assert_uint_eq(taken, 3);
	ptt_store_close(threaded);
	ck_assert_uint_eq(waiting.done, 3);
	su_root_destroy(root);
	su_deinit();
}
END_TEST

/**
 * The child uses counters as the server does: reserves a block, then tells each number before it is
 * "sent".
 */
static void spend(int fd)
{
	struct ptt_store *mine = open_store(NULL);
	struct ptt_bootstrap_row row;

	for (;;) {
		struct ptt_store_batch *batch = ptt_store_batch_new(mine);
		struct ptt_reservation r = {.counter = PTT_COUNTER_MUK, .key = "b@bsf"};

		if (ptt_store_get_bootstrap(mine, &row, "b@bsf") != PTT_OK)
			_exit(1);
		r.expected = row.muk_counter_reserved;
		r.reserved = r.expected + 3;
		ptt_batch_reserve(batch, &r);
		if (ptt_store_commit_sync(batch, PTT_STORE_FULL) != PTT_OK)
			_exit(1);
		for (uint64_t t = r.expected; t < r.reserved; t++) {
			if (write(fd, &t, sizeof(t)) != sizeof(t))
				_exit(1);
		}
	}
}

START_TEST(test_kill)
{
	uint64_t last = 0;
	unsigned total = 0;

	ck_assert_int_eq(put_bootstrap("b@bsf", 1), PTT_OK);
	for (int round = 0; round < 25; round++) {
		struct timespec nap = {0, 1000000L * (2 + round * 7 % 31)};
		int fds[2];
		uint64_t t;
		pid_t pid;

		ck_assert_int_eq(pipe(fds), 0);
		pid = fork();
		if (pid == 0) {
			close(fds[0]);
			spend(fds[1]);
		}
		close(fds[1]);
		/* the instant of the kill is the test's input, not a wait for something */
		nanosleep(&nap, NULL);
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		while (read(fds[0], &t, sizeof(t)) == sizeof(t)) {
			ck_assert_msg(t > last || total == 0, "T %llu after %llu",
				(unsigned long long)t, (unsigned long long)last);
			last = t;
			total++;
		}
		close(fds[0]);
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	}
	ck_assert_uint_gt(total, 0);
}
END_TEST

/* two processes on one store: every number goes to one of them */
START_TEST(test_two_processes)
{
	unsigned failed = 0;
	pid_t pids[2];
	struct ptt_bootstrap_row row;

	ck_assert_int_eq(put_bootstrap("b@bsf", 1), PTT_OK);
	for (int i = 0; i < 2; i++) {
		pids[i] = fork();
		if (pids[i] != 0)
			continue;
		store = open_store(NULL);
		for (unsigned won = 0; won < 50;) {
			enum ptt_err err;

			if (ptt_store_get_bootstrap(store, &row, "b@bsf") != PTT_OK)
				_exit(1);
			err = reserve((struct ptt_reservation){.counter = PTT_COUNTER_MUK,
				.key = "b@bsf",
				.expected = row.muk_counter_reserved,
				.reserved = row.muk_counter_reserved + 10});
			if (err != PTT_OK && err != PTT_ERR_MISMATCH)
				_exit(1);
			won += err == PTT_OK;
		}
		_exit(0);
	}
	for (int i = 0; i < 2; i++) {
		int status;

		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		failed += status != 0;
	}
	ck_assert_uint_eq(failed, 0);
	ck_assert_int_eq(ptt_store_get_bootstrap(store, &row, "b@bsf"), PTT_OK);
	ck_assert_uint_eq(row.muk_counter_reserved, 1 + 2 * 50 * 10);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("store");
	TCase *c = tcase_create("store");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, test_subscriber);
	tcase_add_test(c, test_reserve);
	tcase_add_test(c, test_bootstrap);
	tcase_add_test(c, test_group);
	tcase_add_test(c, test_msk);
	tcase_add_test(c, test_intent_and_ban);
	tcase_add_test(c, test_dialog);
	tcase_add_test(c, test_all_or_nothing);
	tcase_add_test(c, test_wrong_kek);
	tcase_add_test(c, test_moved_row);
	tcase_add_test(c, test_other_schema);
	tcase_add_test(c, test_private_and_wrapped);
	tcase_add_test(c, test_disk_full);
	tcase_add_test(c, test_file_gone);
	tcase_add_test(c, test_async);
	tcase_add_test(c, test_queue_bound);
	tcase_add_test(c, test_kill);
	tcase_add_test(c, test_two_processes);
	suite_add_tcase(s, c);
	return s;
}

int main(void)
{
	SRunner *sr = srunner_create(suite());
	int failed;

	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
