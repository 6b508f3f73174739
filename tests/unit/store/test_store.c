/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows of every kind, written and read again. */
#include "tests/unit/check_main.h"
#include "tests/unit/store/store_fixture.h"

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
	ck_assert_int_eq(ptt_store_get_subscriber(store, NULL, "b@x"), PTT_ERR_NO_KEY);
	ck_assert_int_eq(ptt_store_get_subscriber(store, NULL, "a@x"), PTT_OK);
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
	ck_assert_uint_eq(out.counter_base, 77);
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
		.mtk_id_reserved = 1};

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

static void sent_is(const char *list)
{
	struct seen seen = {0};

	ck_assert_int_eq(ptt_store_each_sent(store, GROUP, see_sent, &seen), PTT_OK);
	ck_assert_str_eq(seen.list, list);
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
	row.suite = PTT_SUITE_AEAD_AES_256_GCM;
	ptt_batch_put_msk(batch, &row);
	ptt_batch_add_sent(batch, GROUP, 2, "c@x");
	ptt_batch_add_sent(batch, GROUP, 1, "d@x");
	ptt_batch_add_sent(batch, GROUP, 1, "a@x"); /* again */
	ptt_batch_promote_msk(batch, GROUP, row.msk_id);
	ck_assert_int_eq(commit(batch), PTT_OK);
	seen = all_msks();
	ck_assert_uint_eq(seen.count, 2);
	ck_assert_uint_eq(seen.msk.msk_id, row.msk_id);
	ck_assert_int_eq(seen.msk.state, PTT_MSK_CURRENT);
	ck_assert_int_eq(seen.msk.suite, PTT_SUITE_AEAD_AES_256_GCM);
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
	seen = all_msks();
	ck_assert_uint_eq(seen.msk.mtk_id_reserved, 1001);
	sent_is("1:a@x 1:b@x 1:d@x 2:c@x ");
	batch = ptt_store_batch_new(store);
	ptt_batch_retire_msk(batch, GROUP, 1u << 16 | 1);
	ck_assert_int_eq(commit(batch), PTT_OK);
	ck_assert_uint_eq(all_msks().count, 1);
	sent_is("2:c@x ");
	batch = ptt_store_batch_new(store);
	row = msk(3, 3);
	ptt_batch_put_msk(batch, &row);
	ptt_batch_add_sent(batch, GROUP, 3, "f@x");
	ptt_batch_retire_older(batch, GROUP, row.msk_id);
	ck_assert_int_eq(commit(batch), PTT_OK);
	ck_assert_uint_eq(all_msks().count, 1);
	ck_assert_uint_eq(all_msks().msk.msk_id, row.msk_id);
	sent_is("3:f@x ");
}
END_TEST

static enum ptt_err see_intent(void *ctx, const struct ptt_intent_row *row)
{
	struct seen *seen = ctx;

	seen->count++;
	snprintf(seen->list, sizeof(seen->list), "%s %u %d %lld %s", row->group, row->generation,
		row->reason, (long long)row->deadline_ms, row->boot_id);
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
	struct ptt_intent_row row = {.group = GROUP,
		.generation = 7,
		.reason = 3,
		.deadline_ms = 123456789012,
		.boot_id = "boot"};
	struct ptt_store_batch *batch = ptt_store_batch_new(store);
	struct seen seen = {0};
	int64_t since;

	ptt_batch_put_intent(batch, &row);
	ptt_batch_put_ban(batch, GROUP, "a@x", 77);
	ptt_batch_put_ban(batch, GROUP, "b@x", 77);
	ptt_batch_put_ban(batch, GROUP, "b@x", 99);
	ck_assert_int_eq(commit(batch), PTT_OK);
	ck_assert_int_eq(ptt_store_each_intent(store, see_intent, &seen), PTT_OK);
	ck_assert_str_eq(seen.list, GROUP " 7 3 123456789012 boot");
	/* an older version wrote the subscribers expelled into the row */
	sql("UPDATE intent SET expelled = 'a@x' || char(10) || 'b@x' || char(10)");
	ck_assert_int_eq(ptt_store_each_intent(store, see_intent, &seen), PTT_OK);
	ck_assert_str_eq(seen.list, GROUP " 7 3 123456789012 boot");
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
	snprintf(seen->list, sizeof(seen->list), "%s %s %s %s %s %u %u %u %zu %s %d %u %d",
		row->call_id, row->route_set, row->transport, row->impu, row->btid,
		row->cseq_reserved, row->o_version_reserved, row->remote_cseq, row->media.len,
		row->remote_uri, row->allows_update, row->session_s, row->refresher);
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
		.allows_update = true,
		.session_s = 90,
		.refresher = true,
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
	ck_assert_str_eq(seen.list, "c1  udp sip:a@x b 2000 4000000000 4 3  1 90 1");
	batch = ptt_store_batch_new(store);
	ptt_batch_reserve_dialogs(batch);
	ck_assert_int_eq(commit(batch), PTT_OK);
	seen.count = 0;
	ck_assert_int_eq(ptt_store_each_dialog(store, see_dialog, &seen), PTT_OK);
	ck_assert_str_eq(seen.list, "c1  udp sip:a@x b 3000 4000001000 4 3  1 90 1");
	/* a former process, still there, reserves for itself; then the one that has started */
	for (uint64_t expected = 2000; expected <= 3000; expected += 1000)
		ck_assert_int_eq(reserve((struct ptt_reservation){.counter = PTT_COUNTER_CSEQ,
					 .key = "c1",
					 .local_tag = "l",
					 .remote_tag = "r",
					 .expected = expected,
					 .reserved = expected + 1000}),
			expected == 2000 ? PTT_ERR_MISMATCH : PTT_OK);
	seen.count = 0;
	ck_assert_int_eq(ptt_store_each_dialog(store, see_dialog, &seen), PTT_OK);
	ck_assert_str_eq(seen.list, "c1  udp sip:a@x b 4000 4000001000 4 3  1 90 1");
	batch = ptt_store_batch_new(store);
	ptt_batch_del_dialog(batch, "c1", "l", "r");
	ck_assert_int_eq(commit(batch), PTT_OK);
	seen.count = 0;
	ck_assert_int_eq(ptt_store_each_dialog(store, see_dialog, &seen), PTT_OK);
	ck_assert_uint_eq(seen.count, 0);
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("store");

	tcase_add_checked_fixture(c, store_set_up, store_tear_down);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, test_subscriber);
	tcase_add_test(c, test_reserve);
	tcase_add_test(c, test_bootstrap);
	tcase_add_test(c, test_group);
	tcase_add_test(c, test_msk);
	tcase_add_test(c, test_intent_and_ban);
	tcase_add_test(c, test_dialog);
	return check_run_case("store", c);
}
