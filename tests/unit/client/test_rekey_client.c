/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The UE's keys: docs/wire.md sections 3.7 and 3.8. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/client/client_fixture.h"
#include "tests/unit/check_main.h"

static struct fix_pf pf;
static struct ptt_rekey_client *rc;
static struct ptt_rekey_msk msk;
static struct ptt_rekey_mtk mtk;

static void start(bool hostile)
{
	fix_pf_init(&pf);
	ck_assert_int_eq(ptt_rekey_client_new(&rc, hostile), PTT_OK);
	ck_assert_int_eq(ptt_rekey_client_set_muk(rc, FIX_BTID, FIX_NAF, &pf.muk), PTT_OK);
}

static void polite(void)
{
	start(false);
}

static void stop(void)
{
	ptt_rekey_client_free(rc);
	fix_pf_wipe(&pf);
}

static enum ptt_err take_msk(uint16_t number)
{
	return ptt_rekey_client_on_msk(rc, &msk, fix_msk(&pf, number, 0, 65535));
}

static enum ptt_err take_mtk(uint16_t number, uint16_t id)
{
	return ptt_rekey_client_on_mtk(rc, &mtk, fix_mtk(&pf, number, id));
}

START_TEST(test_msk_then_mtk)
{
	ck_assert(!ptt_rekey_client_has_msk(rc));
	ck_assert_int_eq(take_mtk(1, 1), PTT_ERR_NO_KEY);
	ck_assert_int_eq(take_msk(1), PTT_OK);
	ck_assert_int_eq(msk.change, PTT_KEYRING_NEW_MSK);
	ck_assert_uint_eq(msk.msk_id, 0x00070001);
	ck_assert_uint_eq(msk.counter, 1);
	ck_assert(!msk.repeated && msk.verify_len == 0);
	ck_assert(ptt_rekey_client_has_msk(rc));
	ck_assert_uint_eq(ptt_rekey_client_current_msk_id(rc), 0);
	ck_assert_int_eq(take_mtk(1, 1), PTT_OK);
	ck_assert_int_eq(mtk.change, PTT_KEYRING_PROMOTED);
	ck_assert_mem_eq(mtk.mki, "\x00\x07\x00\x01\x00\x01", 6);
	ck_assert_uint_eq(mtk.mtk.key[0], 1);
	ck_assert_uint_eq(ptt_rekey_client_current_msk_id(rc), 0x00070001);
}
END_TEST

START_TEST(test_rekey_promotes_and_refuses_the_old)
{
	ck_assert_int_eq(take_msk(1), PTT_OK);
	ck_assert_int_eq(take_mtk(1, 1), PTT_OK);
	ck_assert_int_eq(take_msk(2), PTT_OK);
	ck_assert_int_eq(take_mtk(1, 2), PTT_OK); /* until the cut-over the old one serves */
	ck_assert_int_eq(take_mtk(2, 1), PTT_OK);
	ck_assert_int_eq(mtk.change, PTT_KEYRING_PROMOTED);
	ck_assert_int_ne(take_mtk(1, 3), PTT_OK); /* an expelled member could forge it */
}
END_TEST

START_TEST(test_identical_bytes_are_a_repeat)
{
	uint8_t copy[PTT_MIKEY_SEALED_MAX];
	struct ptt_bytes first = fix_msk(&pf, 1, 0, 65535), again = {copy, first.len};

	memcpy(copy, first.data, first.len);
	ck_assert_int_eq(ptt_rekey_client_on_msk(rc, &msk, again), PTT_OK);
	ck_assert(!msk.repeated);
	ck_assert_int_eq(ptt_rekey_client_on_msk(rc, &msk, again), PTT_OK);
	ck_assert(msk.repeated);
	/* In another dialog they are a replay. */
	ptt_rekey_client_new_dialog(rc);
	ck_assert_int_eq(ptt_rekey_client_on_msk(rc, &msk, again), PTT_ERR_REPLAY);
}
END_TEST

START_TEST(test_bad_messages_change_nothing)
{
	uint8_t copy[PTT_MIKEY_SEALED_MAX];
	struct ptt_bytes in;

	ck_assert_int_eq(take_msk(1), PTT_OK);
	ck_assert_int_eq(take_mtk(1, 1), PTT_OK);
	pf.counter = 1; /* stale */
	ck_assert_int_eq(take_msk(2), PTT_ERR_REPLAY);
	in = fix_msk(&pf, 2, 0, 65535);
	memcpy(copy, in.data, in.len);
	copy[in.len - 1] ^= 1;
	ck_assert_int_eq(
		ptt_rekey_client_on_msk(rc, &msk, (struct ptt_bytes){copy, in.len}), PTT_ERR_AUTH);
	for (size_t len = 0; len < in.len; len++)
		ck_assert_int_ne(
			ptt_rekey_client_on_msk(rc, &msk, (struct ptt_bytes){copy, len}), PTT_OK);
	pf.btid = "nobody@bsf.poc.example.org";
	ck_assert_int_eq(take_msk(3), PTT_ERR_NO_KEY);
	pf.btid = FIX_BTID;
	pf.naf = "pf2.poc.example.org";
	ck_assert_int_eq(take_msk(3), PTT_ERR_MISMATCH);
	ck_assert_int_eq(ptt_rekey_client_on_msk(rc, &msk, fix_mtk(&pf, 1, 2)), PTT_ERR_MISMATCH);
	/* The first MSK still serves, and the counter was not moved by any of them. */
	pf.naf = FIX_NAF;
	pf.counter = 2;
	ck_assert_int_eq(take_mtk(1, 2), PTT_OK);
	ck_assert_int_eq(take_msk(2), PTT_OK);
}
END_TEST

START_TEST(test_another_key_under_a_held_id)
{
	struct ptt_writer wr = ptt_writer_of(pf.out, sizeof(pf.out));
	struct ptt_mikey_ids ids = {.csb_id = 0x23bfa812,
		.msk_id = 0x00070001,
		.counter = 9,
		.key_domain = {0x00, 0xf1, 0x10},
		.idi = ptt_bytes_of_str(FIX_NAF),
		.idr = ptt_bytes_of_str(FIX_BTID)};
	struct ptt_mikey_msk other = {.sequ = 65535};
	size_t len;

	ck_assert_int_eq(take_msk(1), PTT_OK);
	ck_assert_int_eq(ptt_mikey_seal_msk(&pf.ctx, &wr, &ids, &other, &pf.muk), PTT_OK);
	ck_assert_int_eq(ptt_writer_end(&wr, &len), PTT_OK);
	ck_assert_int_eq(ptt_rekey_client_on_msk(rc, &msk, (struct ptt_bytes){pf.out, len}),
		PTT_ERR_MISMATCH);
	ck_assert_int_eq(take_mtk(1, 1), PTT_OK);
}
END_TEST

START_TEST(test_new_bootstrap_keeps_the_old_muk_for_a_while)
{
	struct ptt_muk former = pf.muk, fresh;

	memset(&fresh, 0x77, sizeof(fresh));
	ck_assert_int_eq(take_msk(1), PTT_OK);
	ck_assert_int_eq(ptt_rekey_client_set_muk(rc, "new@bsf", FIX_NAF, &fresh), PTT_OK);
	ck_assert_int_eq(take_msk(2), PTT_OK); /* under the former */
	pf.btid = "new@bsf";
	pf.muk = fresh;
	pf.counter = 1;
	ck_assert_int_eq(take_msk(3), PTT_OK);
	pf.btid = FIX_BTID;
	pf.muk = former;
	pf.counter = 50;
	ck_assert_int_eq(take_msk(4), PTT_ERR_NO_KEY); /* had its day */
}
END_TEST

START_TEST(test_same_muk_again_keeps_the_counter)
{
	ck_assert_int_eq(take_msk(1), PTT_OK);
	ck_assert_int_eq(ptt_rekey_client_set_muk(rc, FIX_BTID, FIX_NAF, &pf.muk), PTT_OK);
	pf.counter = 1;
	ck_assert_int_eq(take_msk(2), PTT_ERR_REPLAY);
}
END_TEST

START_TEST(test_verification_on_request)
{
	struct ptt_mikey_ids ids;
	uint8_t copy[PTT_MIKEY_SEALED_MAX];
	struct ptt_bytes in;

	pf.verify = true;
	in = fix_msk(&pf, 1, 0, 65535);
	memcpy(copy, in.data, in.len);
	in.data = copy;
	ck_assert_int_eq(ptt_rekey_client_on_msk(rc, &msk, in), PTT_OK);
	ck_assert_uint_gt(msk.verify_len, 0);
	ck_assert_int_eq(ptt_mikey_peek(&ids, in), PTT_OK);
	ck_assert_int_eq(ptt_mikey_open_verify(&pf.ctx,
				 (struct ptt_bytes){msk.verify, msk.verify_len}, &ids, &pf.muk),
		PTT_OK);
}
END_TEST

START_TEST(test_drop_keys)
{
	ck_assert_int_eq(take_msk(1), PTT_OK);
	ptt_rekey_client_drop_keys(rc);
	ck_assert(!ptt_rekey_client_has_msk(rc));
	ck_assert_int_eq(take_mtk(1, 1), PTT_ERR_NO_KEY);
}
END_TEST

/* What the demo relies on: a hostile client opens whatever its old MSKs open, and no more. */
START_TEST(test_hostile_hoards)
{
	stop();
	start(true);
	ck_assert_int_eq(take_msk(1), PTT_OK);
	ck_assert_int_eq(take_mtk(1, 1), PTT_OK);
	ck_assert_int_eq(take_msk(2), PTT_OK);
	ck_assert_int_eq(take_mtk(2, 1), PTT_OK);
	ck_assert_int_eq(take_msk(3), PTT_OK);
	ptt_rekey_client_drop_keys(rc);
	ck_assert_int_eq(take_mtk(1, 9), PTT_OK); /* no ring rule stops it */
	ck_assert_uint_eq(mtk.mtk.key[0], 9);
	ck_assert_int_eq(take_mtk(3, 1), PTT_OK);
	ck_assert_int_ne(take_mtk(4, 1), PTT_OK); /* never held */
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("keys");

	tcase_add_checked_fixture(tc, polite, stop);
	tcase_add_test(tc, test_msk_then_mtk);
	tcase_add_test(tc, test_rekey_promotes_and_refuses_the_old);
	tcase_add_test(tc, test_identical_bytes_are_a_repeat);
	tcase_add_test(tc, test_bad_messages_change_nothing);
	tcase_add_test(tc, test_another_key_under_a_held_id);
	tcase_add_test(tc, test_new_bootstrap_keeps_the_old_muk_for_a_while);
	tcase_add_test(tc, test_same_muk_again_keeps_the_counter);
	tcase_add_test(tc, test_verification_on_request);
	tcase_add_test(tc, test_drop_keys);
	tcase_add_test(tc, test_hostile_hoards);
	return check_run_case("rekey_client", tc);
}
