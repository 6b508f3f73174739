/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a ring refuses: unknown, forged and replayed messages, and keys of another network or suite
 * (docs/wire.md section 3.7).
 */
#include "tests/unit/check_main.h"
#include "tests/unit/crypto/keyring_fixture.h"

START_TEST(msk_not_held_means_pull)
{
	struct pf_msk a = pf_msk_make(1), b = pf_msk_make(2);
	enum ptt_keyring_change change;

	ck_assert_int_eq(cast_mtk(&a, &change, 1), PTT_ERR_NO_KEY);
	EXPECT(give_msk(&a, &change), PTT_KEYRING_NEW_MSK);
	ck_assert_int_eq(cast_mtk(&b, &change, 1), PTT_ERR_NO_KEY);
	b.ids.msk_id = a.ids.msk_id;
	b.ids.key_domain[2] ^= 1; /* same id, another network */
	ck_assert_int_eq(cast_mtk(&b, &change, 1), PTT_ERR_NO_KEY);
}
END_TEST

/* I2: no key id is ever bound to two keys. */
START_TEST(one_key_an_id)
{
	struct pf_msk a = pf_msk_make(1), forged = a;
	struct ptt_mtk other = mtk_make(9);
	enum ptt_keyring_change change;

	EXPECT(give_msk(&a, &change), PTT_KEYRING_NEW_MSK);
	forged.msk.msk.b[0] ^= 1;
	ck_assert_int_eq(give_msk(&forged, &change), PTT_ERR_MISMATCH);
	forged = a;
	forged.ids.rand[0] ^= 1;
	ck_assert_int_eq(give_msk(&forged, &change), PTT_ERR_MISMATCH);
	EXPECT(cast_mtk(&a, &change, 1), PTT_KEYRING_PROMOTED);
	ck_assert_int_eq(cast_mtk_as(&a, &change, 1, &other), PTT_ERR_MISMATCH);
	ck_assert_uint_eq(find_mtk(&a, 1, 0)->key[0], 1);
	other.salt_len = 12; /* lengths of another suite than the channel's */
	ck_assert_int_eq(cast_mtk_as(&a, &change, 2, &other), PTT_ERR_MISMATCH);
}
END_TEST

START_TEST(key_number_0_and_csb)
{
	struct pf_msk a = pf_msk_make(1), other;
	enum ptt_keyring_change change;

	EXPECT(give_msk(&a, &change), PTT_KEYRING_NEW_MSK);
	other = a;
	other.ids.msk_id = ptt_msk_id_make(7, 0);
	ck_assert_int_eq(
		ptt_keyring_put_msk(&ring, &change, &other.ids, &other.msk), PTT_ERR_MISMATCH);
	other = a;
	other.ids.csb_id++;
	ck_assert_int_eq(cast_mtk(&other, &change, 1), PTT_ERR_MISMATCH);
	ck_assert_int_eq(give_msk(&other, &change), PTT_ERR_MISMATCH);
}
END_TEST

START_TEST(replayed_and_forged_msk)
{
	const struct ptt_keyring_muk key = {&muk, &replay};
	struct pf_msk a = pf_msk_make(1), b = pf_msk_make(2);
	struct ptt_muk wrong = muk;
	enum ptt_keyring_change change;
	uint8_t buf[PTT_MIKEY_SEALED_MAX];
	struct ptt_writer wr = ptt_writer_of(buf, sizeof(buf));
	struct ptt_bytes in;

	EXPECT(give_msk(&a, &change), PTT_KEYRING_NEW_MSK);
	b.ids.counter = counter; /* used */
	ck_assert_int_eq(ptt_mikey_seal_msk(&ctx, &wr, &b.ids, &b.msk, &muk), PTT_OK);
	in = (struct ptt_bytes){buf, ptt_writer_len(&wr)};
	ck_assert_int_eq(ptt_keyring_take_msk(&ring, &change, &ctx, in, &key), PTT_ERR_REPLAY);
	wrong.b[0] ^= 1;
	b.ids.counter = 1000000; /* a forger must not push the counter up */
	wr = ptt_writer_of(buf, sizeof(buf));
	ck_assert_int_eq(ptt_mikey_seal_msk(&ctx, &wr, &b.ids, &b.msk, &wrong), PTT_OK);
	in.len = ptt_writer_len(&wr);
	ck_assert_int_eq(ptt_keyring_take_msk(&ring, &change, &ctx, in, &key), PTT_ERR_AUTH);
	ck_assert_uint_eq(replay.last, counter);
	ck_assert(!held(&b));
}
END_TEST

START_TEST(kinds_do_not_mix)
{
	const struct ptt_keyring_muk key = {&muk, &replay};
	struct pf_msk a = pf_msk_make(1);
	struct ptt_mtk mtk = mtk_make(1);
	enum ptt_keyring_change change;
	uint8_t buf[PTT_MIKEY_SEALED_MAX];
	struct ptt_writer wr = ptt_writer_of(buf, sizeof(buf));

	ck_assert_int_eq(ptt_mikey_seal_mtk(&ctx, &wr, &a.ids, &mtk, &a.msk.msk), PTT_OK);
	ck_assert_int_eq(ptt_keyring_take_msk(&ring, &change, &ctx,
				 (struct ptt_bytes){buf, ptt_writer_len(&wr)}, &key),
		PTT_ERR_MISMATCH);
	wr = ptt_writer_of(buf, sizeof(buf));
	ck_assert_int_eq(ptt_mikey_seal_msk(&ctx, &wr, &a.ids, &a.msk, &muk), PTT_OK);
	ck_assert_int_eq(ptt_keyring_take_mtk(&ring, &change, &ctx,
				 (struct ptt_bytes){buf, ptt_writer_len(&wr)}),
		PTT_ERR_MISMATCH);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, keyring_set_up, keyring_tear_down);
	tcase_add_test(tc, msk_not_held_means_pull);
	tcase_add_test(tc, one_key_an_id);
	tcase_add_test(tc, key_number_0_and_csb);
	tcase_add_test(tc, replayed_and_forged_msk);
	tcase_add_test(tc, kinds_do_not_mix);
	return check_run_case("keyring_refused", tc);
}
