/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Somebody on the way, or a PF gone astray, offers less than was agreed: refused, and nothing starts. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "client_fixture.h"
#include "tests/unit/check_main.h"

static struct fix_pf pf;
static struct ptt_rekey_client *rc;
static struct ptt_ue_session *ue;
static struct ptt_ue_result res;
static struct ptt_rekey_msk msk;
static struct ptt_rekey_mtk mtk;
static char body[PTT_SDP_BODY_SIZE];

static void setup(void)
{
	struct ptt_ue_session_param param = {
		.session_id = 1, .local = {.audio_port = 30000, .floor_port = 30001}};
	size_t len;

	fix_pf_init(&pf);
	ck_assert_int_eq(ptt_rekey_client_new(&rc, false), PTT_OK);
	ck_assert_int_eq(ptt_rekey_client_set_muk(rc, FIX_BTID, FIX_NAF, &pf.muk), PTT_OK);
	param.keys = rc;
	fix_channel(&param.channel);
	param.local.codec = param.channel.codec;
	ck_assert(ptt_sdp_addr_get(&param.local.address, "127.0.0.1"));
	ck_assert_int_eq(ptt_ue_session_new(&ue, &param), PTT_OK);
	ck_assert_int_eq(ptt_ue_session_offer(ue, body, &len, sizeof(body)), PTT_OK);
}

static void teardown(void)
{
	ptt_ue_session_free(ue);
	ptt_rekey_client_free(rc);
	fix_pf_wipe(&pf);
}

static enum ptt_err take(enum ptt_suite suite, uint16_t number)
{
	pf.suite = suite;
	return ptt_rekey_client_on_msk(rc, &msk, fix_msk(&pf, number, 0, 65535));
}

/* The least suite of the client's own configuration; what is refused leaves no trace. */
START_TEST(a_lesser_suite)
{
	ptt_rekey_client_set_min_suite(rc, PTT_SUITE_AEAD_AES_128_GCM);
	ck_assert_int_eq(take(PTT_SUITE_AES_CM_128_SHA1_80, 1), PTT_ERR_UNSUPPORTED);
	ck_assert(!ptt_rekey_client_has_msk(rc));
	ck_assert_int_eq(take(PTT_SUITE_AEAD_AES_128_GCM, 1), PTT_OK);
	ck_assert_int_eq(msk.suite, PTT_SUITE_AEAD_AES_128_GCM);
	ck_assert_int_eq(take(PTT_SUITE_AEAD_AES_256_GCM, 2), PTT_OK);
	ptt_rekey_client_set_min_suite(rc, PTT_SUITE_AEAD_AES_256_GCM);
	ck_assert_int_eq(take(PTT_SUITE_AEAD_AES_128_GCM, 3), PTT_ERR_UNSUPPORTED);
	ck_assert_int_eq(ptt_rekey_client_on_mtk(rc, &mtk, fix_mtk(&pf, 3, 1)), PTT_ERR_NO_KEY);
	pf.suite = PTT_SUITE_AEAD_AES_256_GCM;
	ck_assert_int_eq(ptt_rekey_client_on_mtk(rc, &mtk, fix_mtk(&pf, 2, 1)), PTT_OK);
	ck_assert_uint_eq(mtk.mtk.key_len, 32);
}
END_TEST

/* Whoever has the MSK could send an MTK of another suite: that of the MSK message counts. */
START_TEST(an_mtk_of_another_suite)
{
	ck_assert_int_eq(take(PTT_SUITE_AEAD_AES_256_GCM, 1), PTT_OK);
	pf.suite = PTT_SUITE_AES_CM_128_SHA1_80;
	ck_assert_int_eq(ptt_rekey_client_on_mtk(rc, &mtk, fix_mtk(&pf, 1, 1)), PTT_ERR_MISMATCH);
	pf.suite = PTT_SUITE_AEAD_AES_128_GCM;
	ck_assert_int_eq(ptt_rekey_client_on_mtk(rc, &mtk, fix_mtk(&pf, 1, 1)), PTT_ERR_MISMATCH);
	pf.suite = PTT_SUITE_AEAD_AES_256_GCM;
	ck_assert_int_eq(ptt_rekey_client_on_mtk(rc, &mtk, fix_mtk(&pf, 1, 1)), PTT_OK);
}
END_TEST

/* The suite of an MSK is what it came with: neither less nor more under the same id. */
START_TEST(a_held_msk_keeps_its_suite)
{
	ck_assert_int_eq(take(PTT_SUITE_AEAD_AES_128_GCM, 1), PTT_OK);
	ck_assert_int_eq(take(PTT_SUITE_AES_CM_128_SHA1_80, 1), PTT_ERR_MISMATCH);
	ck_assert_int_eq(take(PTT_SUITE_AEAD_AES_256_GCM, 1), PTT_ERR_MISMATCH);
	ck_assert_int_eq(take(PTT_SUITE_AEAD_AES_128_GCM, 1), PTT_OK);
	ck_assert_int_eq(msk.change, PTT_KEYRING_UNCHANGED);
	ck_assert_int_eq(ptt_rekey_client_on_mtk(rc, &mtk, fix_mtk(&pf, 1, 1)), PTT_OK);
}
END_TEST

/* The first @p from in the body becomes @p by. */
static void replace(const char *from, const char *by)
{
	char copy[sizeof(body)], *at = strstr(body, from), *end;

	ck_assert_ptr_nonnull(at);
	end = at + strlen(from);
	strcpy(copy, end);
	strcpy(at, by);
	strcat(body, copy);
}

static void offer(uint16_t number, unsigned version)
{
	struct ptt_bytes key = fix_msk(&pf, number, 0, 65535);

	fix_offer(body, sizeof(body), &key, version);
}

static void give(void)
{
	ptt_ue_session_on_offer(ue, &res, ptt_bytes_of_str(body));
}

static void nothing_started(void)
{
	ck_assert(!res.channel_new);
	ck_assert_ptr_null(ptt_ue_session_channel(ue));
	ck_assert(!ptt_rekey_client_has_msk(rc));
}

START_TEST(savp_to_avp)
{
	offer(1, 2);
	replace("RTP/SAVP", "RTP/AVP");
	give();
	nothing_started();
	offer(1, 3);
	give();
	ck_assert_int_eq(res.status, 200);
	ck_assert_ptr_nonnull(ptt_ue_session_channel(ue));
}
END_TEST

START_TEST(key_mgmt_removed)
{
	offer(1, 2);
	replace("a=key-mgmt:", "a=other:");
	give();
	ck_assert_int_eq(res.status, 488);
	ck_assert_int_eq(res.warning, 306);
	nothing_started();
}
END_TEST

START_TEST(a_lesser_suite_in_an_offer)
{
	ptt_rekey_client_set_min_suite(rc, PTT_SUITE_AEAD_AES_128_GCM);
	offer(1, 2);
	give();
	ck_assert_int_eq(res.status, 488);
	ck_assert_int_eq(res.warning, 306);
	ck_assert_int_eq(res.err, PTT_ERR_UNSUPPORTED);
	nothing_started();
	pf.suite = PTT_SUITE_AEAD_AES_128_GCM;
	offer(1, 3);
	give();
	ck_assert_int_eq(res.status, 200);
}
END_TEST

/* Later, in a session that has its keys: the offer goes, the session and its keys stay. */
START_TEST(in_session)
{
	offer(1, 2);
	give();
	ck_assert_int_eq(res.status, 200);
	ptt_rekey_client_set_min_suite(rc, PTT_SUITE_AEAD_AES_128_GCM);
	offer(2, 3);
	give();
	ck_assert_int_eq(res.status, 488);
	ck_assert_ptr_nonnull(ptt_ue_session_channel(ue));
	ck_assert_int_eq(ptt_rekey_client_on_mtk(rc, &mtk, fix_mtk(&pf, 1, 1)), PTT_OK);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("bid-down");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_lesser_suite);
	tcase_add_test(t, an_mtk_of_another_suite);
	tcase_add_test(t, a_held_msk_keeps_its_suite);
	tcase_add_test(t, savp_to_avp);
	tcase_add_test(t, key_mgmt_removed);
	tcase_add_test(t, a_lesser_suite_in_an_offer);
	tcase_add_test(t, in_session);
	return check_run_case("bid_down", t);
}
