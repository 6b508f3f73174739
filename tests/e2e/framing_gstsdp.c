/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libgstsdp, of other authors, reads our framing, and we read theirs. NULL algorithms only, because
 * it opens nothing. HDR, T, RAND, SP, KEMAC only, because it loops for ever on ID and EXT payloads;
 * an alarm bounds the run.
 */
#include <check.h>
#include <gst/gst.h>
#include <gst/sdp/gstmikey.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/mbms_profile.h"
#include "crypto/mikey.h"

#define TIME_LIMIT_S 20

static uint8_t wire[512];
static size_t wire_len;

static const uint8_t srtp_map[2 * PTT_MIKEY_SRTP_ID_LEN];
static const uint8_t counter[4] = {0, 0, 1, 2};
static const uint8_t rand16[16] = {0xa0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xaf};
static const uint8_t key16[16] = {0x10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0x1f};
static const uint8_t salt14[14] = {0x50, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x5d};

static void add_item(struct ptt_mikey_msg *msg, uint8_t type)
{
	msg->items[msg->item_count++] = (struct ptt_mikey_item){type, 0};
}

/* HDR with the map of two zero entries and a counter, as in both of our messages. */
static struct ptt_mikey_msg start_message(void)
{
	struct ptt_mikey_msg msg = {.type = PTT_MIKEY_PSK_INIT,
		.csb_id = 0x11223344,
		.cs_count = 2,
		.map_type = PTT_MIKEY_MAP_SRTP_ID,
		.map = PTT_BYTES_OF(srtp_map),
		.has_t = true,
		.t_type = PTT_MIKEY_TS_COUNTER,
		.t = PTT_BYTES_OF(counter)};

	add_item(&msg, PTT_MIKEY_T);
	return msg;
}

/* Ends the message with a KEMAC of NULL cipher and NULL MAC around one key. */
static void finish_message(struct ptt_mikey_msg *msg, const struct ptt_mikey_key_data *key)
{
	uint8_t data[128];
	struct ptt_writer key_wr = ptt_writer_of(data, sizeof(data));
	struct ptt_writer wr = ptt_writer_of(wire, sizeof(wire));
	size_t len = 0;

	ptt_mikey_key_data_put(&key_wr, key, PTT_MIKEY_LAST);
	ck_assert_int_eq(ptt_writer_end(&key_wr, &len), PTT_OK);
	msg->has_kemac = true;
	msg->kemac.encr_alg = PTT_MIKEY_ENCR_NULL;
	msg->kemac.mac_alg = PTT_MIKEY_MAC_NULL;
	msg->kemac.encr = (struct ptt_bytes){data, len};
	add_item(msg, PTT_MIKEY_KEMAC);
	ck_assert_int_eq(ptt_mikey_encode(&wr, msg), PTT_OK);
	ck_assert_int_eq(ptt_writer_end(&wr, &wire_len), PTT_OK);
}

static GstMIKEYMessage *gst_reads(void)
{
	GError *error = NULL;
	GstMIKEYMessage *msg = gst_mikey_message_new_from_data(wire, wire_len, NULL, &error);

	ck_assert_msg(msg != NULL, "%s", error ? error->message : "no message");
	return msg;
}

static void check_header(const GstMIKEYMessage *msg)
{
	ck_assert_uint_eq(msg->version, 1);
	ck_assert_int_eq(msg->type, GST_MIKEY_TYPE_PSK_INIT);
	ck_assert_int_eq(msg->V, FALSE);
	ck_assert_int_eq(msg->prf_func, GST_MIKEY_PRF_MIKEY_1);
	ck_assert_uint_eq(msg->CSB_id, 0x11223344);
	ck_assert_int_eq(msg->map_type, GST_MIKEY_MAP_TYPE_SRTP);
	ck_assert_uint_eq(gst_mikey_message_get_n_cs(msg), 2);
	for (guint i = 0; i < 2; i++) {
		const GstMIKEYMapSRTP *cs = gst_mikey_message_get_cs_srtp(msg, i);

		ck_assert(cs->policy == 0 && cs->ssrc == 0 && cs->roc == 0);
	}
}

static const void *payload(const GstMIKEYMessage *msg, guint index, GstMIKEYPayloadType type)
{
	const GstMIKEYPayload *p = gst_mikey_message_get_payload(msg, index);

	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(p->type, type);
	return p;
}

static const GstMIKEYPayloadKeyData *only_key(const GstMIKEYMessage *msg, guint index)
{
	const GstMIKEYPayloadKEMAC *kemac = payload(msg, index, GST_MIKEY_PT_KEMAC);
	const GstMIKEYPayload *sub;

	ck_assert_int_eq(kemac->enc_alg, GST_MIKEY_ENC_NULL);
	ck_assert_int_eq(kemac->mac_alg, GST_MIKEY_MAC_NULL);
	ck_assert_uint_eq(gst_mikey_payload_kemac_get_n_sub(&kemac->pt), 1);
	sub = gst_mikey_payload_kemac_get_sub(&kemac->pt, 0);
	ck_assert_int_eq(sub->type, GST_MIKEY_PT_KEY_DATA);
	return (const GstMIKEYPayloadKeyData *)sub;
}

static void check_counter(const GstMIKEYMessage *msg)
{
	const GstMIKEYPayloadT *t = payload(msg, 0, GST_MIKEY_PT_T);

	ck_assert_int_eq(t->type, GST_MIKEY_TS_TYPE_COUNTER);
	ck_assert_mem_eq(t->ts_value, counter, sizeof(counter));
}

START_TEST(test_msk_form)
{
	static const uint8_t low[2] = {0, 0}, high[2] = {0xff, 0xff};
	const struct ptt_mikey_key_data tgk = {.type = ptt_mbms_profile.msk_key_type,
		.kv = ptt_mbms_profile.msk_kv,
		.key = PTT_BYTES_OF(key16),
		.from = PTT_BYTES_OF(low),
		.to = PTT_BYTES_OF(high)};
	struct ptt_mikey_msg msg = start_message();
	const GstMIKEYPayloadRAND *rnd;
	const GstMIKEYPayloadSP *sp;
	const GstMIKEYPayloadKeyData *key;
	GstMIKEYMessage *seen;

	msg.has_rand = true;
	msg.rand = PTT_BYTES_OF(rand16);
	add_item(&msg, PTT_MIKEY_RAND);
	msg.sp_count = 1;
	msg.sp[0] = (struct ptt_mikey_sp){
		0, PTT_MIKEY_PROTO_SRTP, ptt_suite_def(PTT_SUITE_AEAD_AES_128_GCM)->sp};
	add_item(&msg, PTT_MIKEY_SP);
	finish_message(&msg, &tgk);

	seen = gst_reads();
	check_header(seen);
	ck_assert_uint_eq(gst_mikey_message_get_n_payloads(seen), 4);
	check_counter(seen);
	rnd = payload(seen, 1, GST_MIKEY_PT_RAND);
	ck_assert_uint_eq(rnd->len, sizeof(rand16));
	ck_assert_mem_eq(rnd->rand, rand16, sizeof(rand16));
	sp = payload(seen, 2, GST_MIKEY_PT_SP);
	ck_assert_uint_eq(sp->policy, 0);
	ck_assert_int_eq(sp->proto, GST_MIKEY_SEC_PROTO_SRTP);
	ck_assert_uint_gt(gst_mikey_payload_sp_get_n_params(&sp->pt), 0);
	key = only_key(seen, 3);
	ck_assert_int_eq(key->key_type, GST_MIKEY_KD_TGK);
	ck_assert_uint_eq(key->key_len, sizeof(key16));
	ck_assert_mem_eq(key->key_data, key16, sizeof(key16));
	ck_assert_int_eq(key->kv_type, GST_MIKEY_KV_INTERVAL);
	ck_assert(key->kv_len[0] == 2 && key->kv_len[1] == 2);
	ck_assert_mem_eq(key->kv_data[0], low, 2);
	ck_assert_mem_eq(key->kv_data[1], high, 2);
	gst_mikey_message_unref(seen);
}
END_TEST

START_TEST(test_mtk_form)
{
	const struct ptt_mikey_key_data tek = {.type = ptt_mbms_profile.mtk_key_type,
		.kv = ptt_mbms_profile.mtk_kv,
		.key = PTT_BYTES_OF(key16),
		.salt = PTT_BYTES_OF(salt14)};
	struct ptt_mikey_msg msg = start_message();
	const GstMIKEYPayloadKeyData *key;
	GstMIKEYMessage *seen;

	finish_message(&msg, &tek);
	seen = gst_reads();
	check_header(seen);
	ck_assert_uint_eq(gst_mikey_message_get_n_payloads(seen), 2);
	check_counter(seen);
	key = only_key(seen, 1);
	ck_assert_int_eq(key->key_type, GST_MIKEY_KD_TEK);
	ck_assert_mem_eq(key->key_data, key16, sizeof(key16));
	ck_assert_uint_eq(key->salt_len, sizeof(salt14));
	ck_assert_mem_eq(key->salt_data, salt14, sizeof(salt14));
	ck_assert_int_eq(key->kv_type, GST_MIKEY_KV_NULL);
	gst_mikey_message_unref(seen);
}
END_TEST

/* The reverse: we read a message as GStreamer's RTSP sends it. */
START_TEST(test_theirs)
{
	GstMIKEYMessage *msg = gst_mikey_message_new();
	GstMIKEYPayload *kemac, *key;
	struct ptt_mikey_key_data data[PTT_MIKEY_MAX_KEYS];
	struct ptt_mikey_msg seen;
	GBytes *bytes;
	gsize size;
	const uint8_t *raw;
	size_t count = 0;

	gst_mikey_message_set_info(msg, GST_MIKEY_VERSION, GST_MIKEY_TYPE_PSK_INIT, FALSE,
		GST_MIKEY_PRF_MIKEY_1, 0x55667788, GST_MIKEY_MAP_TYPE_SRTP);
	gst_mikey_message_add_cs_srtp(msg, 0, 0xcafebabe, 0);
	gst_mikey_message_add_t_now_ntp_utc(msg);
	gst_mikey_message_add_rand_len(msg, 16);
	kemac = gst_mikey_payload_new(GST_MIKEY_PT_KEMAC);
	gst_mikey_payload_kemac_set(kemac, GST_MIKEY_ENC_NULL, GST_MIKEY_MAC_NULL);
	key = gst_mikey_payload_new(GST_MIKEY_PT_KEY_DATA);
	gst_mikey_payload_key_data_set_key(key, GST_MIKEY_KD_TEK, sizeof(key16), key16);
	gst_mikey_payload_key_data_set_salt(key, sizeof(salt14), salt14);
	gst_mikey_payload_kemac_add_sub(kemac, key);
	gst_mikey_message_add_payload(msg, kemac);
	bytes = gst_mikey_message_to_bytes(msg, NULL, NULL);
	raw = g_bytes_get_data(bytes, &size);

	ck_assert_int_eq(ptt_mikey_decode(&seen, (struct ptt_bytes){raw, size}), PTT_OK);
	ck_assert_uint_eq(seen.csb_id, 0x55667788);
	ck_assert_uint_eq(seen.cs_count, 1);
	ck_assert(seen.has_t && seen.has_rand && seen.has_kemac);
	ck_assert_uint_eq(seen.t_type, PTT_MIKEY_TS_NTP_UTC);
	ck_assert_int_eq(ptt_mikey_key_data_get(data, &count, seen.kemac.encr), PTT_OK);
	ck_assert_uint_eq(count, 1);
	ck_assert(ptt_bytes_equal(data[0].key, PTT_BYTES_OF(key16)));
	ck_assert(ptt_bytes_equal(data[0].salt, PTT_BYTES_OF(salt14)));
	g_bytes_unref(bytes);
	gst_mikey_message_unref(msg);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("framing_gstsdp");
	TCase *tc = tcase_create("mikey");
	SRunner *runner;
	int failed;

	alarm(TIME_LIMIT_S);
	/* Load no plugins, and write no registry into the user's home. */
	setenv("GST_PLUGIN_SYSTEM_PATH_1_0", "", 1);
	setenv("GST_REGISTRY_UPDATE", "no", 1);
	gst_init(NULL, NULL);
	tcase_add_test(tc, test_msk_form);
	tcase_add_test(tc, test_mtk_form);
	tcase_add_test(tc, test_theirs);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
