/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The UE's rules (TS 33.246 6.5; docs/wire.md section 3.7) as plays between a PF and a ring. */
#include "tests/unit/check_main.h"
#include "tests/unit/crypto/keyring_fixture.h"

START_TEST(join_and_hear)
{
	struct pf_msk a = pf_msk_make(1);
	enum ptt_keyring_change change;
	const struct ptt_mtk *mtk;

	EXPECT(give_msk(&a, &change), PTT_KEYRING_NEW_MSK);
	ck_assert(ring.msk[PTT_KEYRING_NEXT].held && !ring.msk[PTT_KEYRING_CURRENT].held);
	EXPECT(cast_mtk(&a, &change, 1), PTT_KEYRING_PROMOTED);
	ck_assert(!ring.msk[PTT_KEYRING_NEXT].held && ring.msk[PTT_KEYRING_CURRENT].held);
	EXPECT(cast_mtk(&a, &change, 1), PTT_KEYRING_REPEATED);
	mtk = find_mtk(&a, 1, 0);
	ck_assert_ptr_nonnull(mtk);
	ck_assert_uint_eq(mtk->key[0], 1);
	ck_assert_ptr_null(find_mtk(&a, 2, 0));
}
END_TEST

START_TEST(mtk_ids_rise)
{
	struct pf_msk a = pf_msk_make(1);
	enum ptt_keyring_change change;

	a.msk.seql = 4;
	a.msk.sequ = 7;
	EXPECT(give_msk(&a, &change), PTT_KEYRING_NEW_MSK);
	ck_assert_int_eq(cast_mtk(&a, &change, 4), PTT_ERR_REPLAY); /* SEQs < id */
	ck_assert_int_eq(cast_mtk(&a, &change, 8), PTT_ERR_REPLAY); /* id <= SEQu */
	EXPECT(cast_mtk(&a, &change, 5), PTT_KEYRING_PROMOTED);
	EXPECT(cast_mtk(&a, &change, 7), PTT_KEYRING_NEW_MTK);
	ck_assert_int_eq(cast_mtk(&a, &change, 6), PTT_ERR_REPLAY);
	ck_assert_int_eq(cast_mtk(&a, &change, 5), PTT_ERR_REPLAY);
	EXPECT(cast_mtk(&a, &change, 7), PTT_KEYRING_REPEATED);
}
END_TEST

START_TEST(interval_only_grows_above)
{
	struct pf_msk a = pf_msk_make(1);
	enum ptt_keyring_change change;

	a.msk.sequ = 10;
	EXPECT(give_msk(&a, &change), PTT_KEYRING_NEW_MSK);
	EXPECT(cast_mtk(&a, &change, 9), PTT_KEYRING_PROMOTED);
	EXPECT(give_msk(&a, &change), PTT_KEYRING_UNCHANGED);
	a.msk.seql = 0;
	a.msk.sequ = 5;
	EXPECT(give_msk(&a, &change), PTT_KEYRING_UNCHANGED);
	ck_assert_int_eq(cast_mtk(&a, &change, 8), PTT_ERR_REPLAY); /* SEQs was not lowered */
	a.msk.sequ = 20;
	EXPECT(give_msk(&a, &change), PTT_KEYRING_RAISED);
	EXPECT(cast_mtk(&a, &change, 20), PTT_KEYRING_NEW_MTK);
}
END_TEST

START_TEST(revoked)
{
	struct pf_msk a = pf_msk_make(1), b = pf_msk_make(2);
	enum ptt_keyring_change change;

	EXPECT(give_msk(&a, &change), PTT_KEYRING_NEW_MSK);
	EXPECT(cast_mtk(&a, &change, 1), PTT_KEYRING_PROMOTED);
	a.msk.seql = 2;
	a.msk.sequ = 1;
	EXPECT(give_msk(&a, &change), PTT_KEYRING_REVOKED);
	ck_assert(!held(&a));
	ck_assert_ptr_null(find_mtk(&a, 1, 0));
	ck_assert_int_eq(cast_mtk(&a, &change, 2), PTT_ERR_NO_KEY);
	b.msk.seql = 1;
	b.msk.sequ = 0;
	EXPECT(give_msk(&b, &change), PTT_KEYRING_REVOKED); /* not held: nothing to do */
}
END_TEST

/* A re-key, then the messages that an expelled member could still send. */
START_TEST(rekey_ends_the_old_msk)
{
	struct pf_msk a = pf_msk_make(1), b = pf_msk_make(2), c = pf_msk_make(3);
	enum ptt_keyring_change change;

	EXPECT(give_msk(&a, &change), PTT_KEYRING_NEW_MSK);
	EXPECT(cast_mtk(&a, &change, 1), PTT_KEYRING_PROMOTED);
	EXPECT(give_msk(&b, &change), PTT_KEYRING_NEW_MSK);
	EXPECT(cast_mtk(&a, &change, 2),
		PTT_KEYRING_NEW_MTK); /* before the cut-over MSK a is valid */
	EXPECT(cast_mtk(&b, &change, 1), PTT_KEYRING_PROMOTED);
	ck_assert_int_eq(cast_mtk(&a, &change, 3), PTT_ERR_REPLAY);
	ck_assert_int_eq(cast_mtk(&a, &change, 2), PTT_ERR_REPLAY);
	ck_assert(held(&a) && held(&b));
	ck_assert_int_eq(held_count(), 2);
	EXPECT(give_msk(&c, &change), PTT_KEYRING_NEW_MSK); /* wipes previous */
	ck_assert(!held(&a));
	ck_assert_int_eq(held_count(), 2);
	ck_assert_int_eq(
		give_msk(&a, &change), PTT_ERR_REPLAY); /* I7: older than the current MSK */
	ck_assert(held(&b) && held(&c));
}
END_TEST

START_TEST(next_is_replaced_current_never)
{
	struct pf_msk a = pf_msk_make(1), b = pf_msk_make(2), c = pf_msk_make(3);
	enum ptt_keyring_change change;

	EXPECT(give_msk(&a, &change), PTT_KEYRING_NEW_MSK);
	EXPECT(cast_mtk(&a, &change, 1), PTT_KEYRING_PROMOTED);
	EXPECT(give_msk(&b, &change), PTT_KEYRING_NEW_MSK);
	EXPECT(give_msk(&c, &change), PTT_KEYRING_NEW_MSK);
	ck_assert(held(&a) && !held(&b) && held(&c));
	ck_assert_int_eq(cast_mtk(&b, &change, 1), PTT_ERR_NO_KEY);
	EXPECT(cast_mtk(&c, &change, 1), PTT_KEYRING_PROMOTED);
}
END_TEST

/*
 * MSK and MTK messages of five MSKs in any order: at most two MSKs are held, a new MSK never
 * replaces the current one, and the Key Number of the current one never falls.
 */
START_TEST(two_at_most_in_any_order)
{
	uint32_t random = 1, before;
	struct pf_msk pf[5];

	for (uint16_t i = 0; i < 5; i++)
		pf[i] = pf_msk_make((uint16_t)(i + 1));
	for (uint16_t step = 1; step < 2000; step++) {
		struct pf_msk *one;
		enum ptt_keyring_change change;

		random = random * 1103515245 + 12345;
		one = &pf[(random >> 16) % 5 < 1 + step / 500u ? (random >> 16) % 5 : step / 500u];
		before = ring.msk[PTT_KEYRING_CURRENT].msk_id;
		if ((random >> 24) % 2) {
			(void)!give_msk(one, &change);
			ck_assert_uint_eq(ring.msk[PTT_KEYRING_CURRENT].msk_id, before);
		} else if (cast_mtk(one, &change, step) == PTT_OK) {
			ck_assert_uint_eq(ring.msk[PTT_KEYRING_CURRENT].msk_id, one->ids.msk_id);
		}
		ck_assert_uint_ge(ring.msk[PTT_KEYRING_CURRENT].msk_id, before);
		ck_assert_int_le(held_count(), 2);
	}
	ck_assert_uint_gt(ring.msk[PTT_KEYRING_CURRENT].msk_id, pf[0].ids.msk_id);
}
END_TEST

START_TEST(old_mtk_has_one_second)
{
	struct pf_msk a = pf_msk_make(1);
	enum ptt_keyring_change change;
	uint8_t mki[PTT_MBMS_MKI_LEN];

	EXPECT(give_msk(&a, &change), PTT_KEYRING_NEW_MSK);
	EXPECT(cast_mtk(&a, &change, 1), PTT_KEYRING_PROMOTED);
	EXPECT(cast_mtk(&a, &change, 2), PTT_KEYRING_NEW_MTK);
	ck_assert_uint_eq(
		ptt_keyring_tick(&ring, 100000), 0); /* no packet yet: both MTKs open packets */
	ck_assert_ptr_nonnull(find_mtk(&a, 1, 100000));
	ptt_mki_put(mki, a.ids.msk_id, 1);
	ptt_keyring_packet_good(&ring, mki, 100000); /* a packet under the old MTK */
	ck_assert_uint_eq(ptt_keyring_tick(&ring, 100000), 0);
	ptt_mki_put(mki, a.ids.msk_id, 2);
	ptt_keyring_packet_good(&ring, mki, 100500);
	ptt_keyring_packet_good(&ring, mki, 101000); /* later packets do not prolong its time */
	ck_assert_uint_eq(ptt_keyring_tick(&ring, 101499), 101500);
	ck_assert_ptr_nonnull(find_mtk(&a, 1, 101499));
	ck_assert_ptr_null(find_mtk(&a, 1, 101500));
	ck_assert_ptr_nonnull(find_mtk(&a, 2, 101500));
	ck_assert_uint_eq(ptt_keyring_tick(&ring, 101500), 0);
}
END_TEST

START_TEST(third_mtk_wipes_the_first)
{
	struct pf_msk a = pf_msk_make(1);
	enum ptt_keyring_change change;

	EXPECT(give_msk(&a, &change), PTT_KEYRING_NEW_MSK);
	EXPECT(cast_mtk(&a, &change, 1), PTT_KEYRING_PROMOTED);
	EXPECT(cast_mtk(&a, &change, 2), PTT_KEYRING_NEW_MTK);
	EXPECT(cast_mtk(&a, &change, 3), PTT_KEYRING_NEW_MTK);
	ck_assert_ptr_null(find_mtk(&a, 1, 0));
	ck_assert_ptr_nonnull(find_mtk(&a, 2, 0));
	ck_assert_ptr_nonnull(find_mtk(&a, 3, 0));
}
END_TEST

START_TEST(wiped_at_the_end)
{
	static const struct ptt_keyring empty;
	struct pf_msk a = pf_msk_make(1);
	enum ptt_keyring_change change;

	EXPECT(give_msk(&a, &change), PTT_KEYRING_NEW_MSK);
	EXPECT(cast_mtk(&a, &change, 1), PTT_KEYRING_PROMOTED);
	ptt_keyring_wipe(&ring);
	ck_assert_mem_eq(&ring, &empty, sizeof(ring));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, keyring_set_up, keyring_tear_down);
	tcase_add_test(tc, join_and_hear);
	tcase_add_test(tc, mtk_ids_rise);
	tcase_add_test(tc, interval_only_grows_above);
	tcase_add_test(tc, revoked);
	tcase_add_test(tc, rekey_ends_the_old_msk);
	tcase_add_test(tc, next_is_replaced_current_never);
	tcase_add_test(tc, two_at_most_in_any_order);
	tcase_add_test(tc, old_mtk_has_one_second);
	tcase_add_test(tc, third_mtk_wipes_the_first);
	tcase_add_test(tc, wiped_at_the_end);
	return check_run_case("keyring", tc);
}
