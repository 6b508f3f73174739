/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Somebody on the way, or a PF gone astray, offers less than was
 * agreed: refused, and nothing starts. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/client/client_fixture.h"
#include "tests/unit/check_main.h"

static struct fix_client ue;
static struct ptt_rekey_msk msk;
static struct ptt_rekey_mtk mtk;

static void setup(void)
{
	fix_client_init(&ue, PTT_UE_JOIN_SDP, false);
}

static void teardown(void)
{
	fix_client_wipe(&ue);
}

static enum ptt_err take(enum ptt_suite suite, uint16_t number)
{
	ue.pf.suite = suite;
	return ptt_rekey_client_on_msk(ue.keys, &msk, fix_msk(&ue.pf, number, 0, 65535));
}

/* The minimum suite of the client's configuration; a refused message changes nothing. */
START_TEST(a_lesser_suite)
{
	ptt_rekey_client_set_min_suite(ue.keys, PTT_SUITE_AEAD_AES_128_GCM);
	ck_assert_int_eq(take(PTT_SUITE_AES_CM_128_SHA1_80, 1), PTT_ERR_UNSUPPORTED);
	ck_assert(!ptt_rekey_client_has_msk(ue.keys));
	ck_assert_int_eq(take(PTT_SUITE_AEAD_AES_128_GCM, 1), PTT_OK);
	ck_assert_int_eq(msk.suite, PTT_SUITE_AEAD_AES_128_GCM);
	ck_assert_int_eq(take(PTT_SUITE_AEAD_AES_256_GCM, 2), PTT_OK);
	ptt_rekey_client_set_min_suite(ue.keys, PTT_SUITE_AEAD_AES_256_GCM);
	ck_assert_int_eq(take(PTT_SUITE_AEAD_AES_128_GCM, 3), PTT_ERR_UNSUPPORTED);
	ck_assert_int_eq(
		ptt_rekey_client_on_mtk(ue.keys, &mtk, fix_mtk(&ue.pf, 3, 1)), PTT_ERR_NO_KEY);
	ue.pf.suite = PTT_SUITE_AEAD_AES_256_GCM;
	ck_assert_int_eq(ptt_rekey_client_on_mtk(ue.keys, &mtk, fix_mtk(&ue.pf, 2, 1)), PTT_OK);
	ck_assert_uint_eq(mtk.mtk.key_len, 32);
}
END_TEST

/* Whoever has the MSK could send an MTK of another suite: that of the MSK message counts. */
START_TEST(an_mtk_of_another_suite)
{
	ck_assert_int_eq(take(PTT_SUITE_AEAD_AES_256_GCM, 1), PTT_OK);
	ue.pf.suite = PTT_SUITE_AES_CM_128_SHA1_80;
	ck_assert_int_eq(
		ptt_rekey_client_on_mtk(ue.keys, &mtk, fix_mtk(&ue.pf, 1, 1)), PTT_ERR_MISMATCH);
	ue.pf.suite = PTT_SUITE_AEAD_AES_128_GCM;
	ck_assert_int_eq(
		ptt_rekey_client_on_mtk(ue.keys, &mtk, fix_mtk(&ue.pf, 1, 1)), PTT_ERR_MISMATCH);
	ue.pf.suite = PTT_SUITE_AEAD_AES_256_GCM;
	ck_assert_int_eq(ptt_rekey_client_on_mtk(ue.keys, &mtk, fix_mtk(&ue.pf, 1, 1)), PTT_OK);
}
END_TEST

/* An MSK keeps the suite of its first message: no other suite is accepted under its id. */
START_TEST(a_held_msk_keeps_its_suite)
{
	ck_assert_int_eq(take(PTT_SUITE_AEAD_AES_128_GCM, 1), PTT_OK);
	ck_assert_int_eq(take(PTT_SUITE_AES_CM_128_SHA1_80, 1), PTT_ERR_MISMATCH);
	ck_assert_int_eq(take(PTT_SUITE_AEAD_AES_256_GCM, 1), PTT_ERR_MISMATCH);
	ck_assert_int_eq(take(PTT_SUITE_AEAD_AES_128_GCM, 1), PTT_OK);
	ck_assert_int_eq(msk.change, PTT_KEYRING_UNCHANGED);
	ck_assert_int_eq(ptt_rekey_client_on_mtk(ue.keys, &mtk, fix_mtk(&ue.pf, 1, 1)), PTT_OK);
}
END_TEST

/* The first @p from in the body becomes @p by. */
static void replace(const char *from, const char *by)
{
	char copy[sizeof(ue.body)], *at = strstr(ue.body, from), *end;

	ck_assert_ptr_nonnull(at);
	end = at + strlen(from);
	strcpy(copy, end);
	strcpy(at, by);
	strcat(ue.body, copy);
}

static void give(void)
{
	ptt_ue_session_on_offer(ue.session, &ue.res, ptt_bytes_of_str(ue.body));
}

static void nothing_started(void)
{
	ck_assert(!ue.res.channel_new);
	ck_assert_ptr_null(ptt_ue_session_channel(ue.session));
	ck_assert(!ptt_rekey_client_has_msk(ue.keys));
}

START_TEST(savp_to_avp)
{
	fix_client_write_offer(&ue, 1, 2);
	replace("RTP/SAVP", "RTP/AVP");
	give();
	nothing_started();
	fix_client_write_offer(&ue, 1, 3);
	give();
	ck_assert_int_eq(ue.res.status, 200);
	ck_assert_ptr_nonnull(ptt_ue_session_channel(ue.session));
}
END_TEST

START_TEST(key_mgmt_removed)
{
	fix_client_write_offer(&ue, 1, 2);
	replace("a=key-mgmt:", "a=other:");
	give();
	ck_assert_int_eq(ue.res.status, 488);
	ck_assert_int_eq(ue.res.warning, 306);
	nothing_started();
}
END_TEST

START_TEST(a_lesser_suite_in_an_offer)
{
	ptt_rekey_client_set_min_suite(ue.keys, PTT_SUITE_AEAD_AES_128_GCM);
	fix_client_write_offer(&ue, 1, 2);
	give();
	ck_assert_int_eq(ue.res.status, 488);
	ck_assert_int_eq(ue.res.warning, 306);
	ck_assert_int_eq(ue.res.err, PTT_ERR_UNSUPPORTED);
	nothing_started();
	ue.pf.suite = PTT_SUITE_AEAD_AES_128_GCM;
	fix_client_write_offer(&ue, 1, 3);
	give();
	ck_assert_int_eq(ue.res.status, 200);
}
END_TEST

/* Later, in a session that has its keys: the offer goes, the session and its keys stay. */
START_TEST(in_session)
{
	fix_client_write_offer(&ue, 1, 2);
	give();
	ck_assert_int_eq(ue.res.status, 200);
	ptt_rekey_client_set_min_suite(ue.keys, PTT_SUITE_AEAD_AES_128_GCM);
	fix_client_write_offer(&ue, 2, 3);
	give();
	ck_assert_int_eq(ue.res.status, 488);
	ck_assert_ptr_nonnull(ptt_ue_session_channel(ue.session));
	ck_assert_int_eq(ptt_rekey_client_on_mtk(ue.keys, &mtk, fix_mtk(&ue.pf, 1, 1)), PTT_OK);
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
