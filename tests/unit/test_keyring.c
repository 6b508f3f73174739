/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The UE's rules (TS 33.246 6.5; wire profile section 3), as a play between a PF and one ring. */
#include <string.h>

#include "crypto/keyring.h"
#include "tests/kat/kat.h"
#include "tests/unit/check_main.h"

static struct ptt_mikey_ctx ctx;
static struct ptt_keyring ring;
static struct ptt_replay replay;
static const struct ptt_muk muk = {{0x11}};
static uint32_t counter; /* of the PF, under the MUK */

/** An MSK of the PF: its number makes the key. */
struct pf_msk {
	struct ptt_mikey_ids ids;
	struct ptt_mikey_msk msk;
};

static struct pf_msk pf_msk_make(uint16_t number)
{
	struct pf_msk pf = {.ids = {.csb_id = 0xc5b, .key_domain = {0x00, 0xf1, 0x10},
		.msk_id = ptt_msk_id_make(7, number), .idi = ptt_bytes_of_str("pf"),
		.idr = ptt_bytes_of_str("btid")}, .msk = {.sequ = PTT_MBMS_SEQ_MAX}};

	memset(pf.msk.msk.b, number + 1, sizeof(pf.msk.msk.b));
	memset(pf.ids.rand, number + 2, sizeof(pf.ids.rand));
	return pf;
}

static enum ptt_err give_msk(struct pf_msk *pf, enum ptt_keyring_change *change)
{
	const struct ptt_keyring_muk key = {&muk, &replay};
	uint8_t buf[PTT_MIKEY_SEALED_MAX];
	struct ptt_writer wr = ptt_writer_of(buf, sizeof(buf));

	pf->ids.counter = ++counter;
	ck_assert_int_eq(ptt_mikey_seal_msk(&ctx, &wr, &pf->ids, &pf->msk, &muk), PTT_OK);
	return ptt_keyring_take_msk(&ring, change, &ctx,
		(struct ptt_bytes){buf, ptt_writer_len(&wr)}, &key);
}

static struct ptt_mtk mtk_make(uint16_t id)
{
	struct ptt_mtk mtk = {.key_len = 16, .salt_len = 14};

	memset(mtk.key, id, 16);
	memset(mtk.salt, id + 100, 14);
	return mtk;
}

static enum ptt_err cast_mtk_as(const struct pf_msk *pf, enum ptt_keyring_change *change,
				uint16_t id, const struct ptt_mtk *mtk)
{
	uint8_t buf[PTT_MIKEY_SEALED_MAX];
	struct ptt_writer wr = ptt_writer_of(buf, sizeof(buf));
	struct ptt_mikey_ids ids = pf->ids;

	ids.mtk_id = id;
	ids.counter = id;
	ids.suite = mtk->salt_len == 12 ? PTT_SUITE_AEAD_AES_128_GCM : PTT_SUITE_AES_CM_128_SHA1_80;
	ck_assert_int_eq(ptt_mikey_seal_mtk(&ctx, &wr, &ids, mtk, &pf->msk.msk), PTT_OK);
	return ptt_keyring_take_mtk(&ring, change, &ctx,
		(struct ptt_bytes){buf, ptt_writer_len(&wr)});
}

static enum ptt_err cast_mtk(const struct pf_msk *pf, enum ptt_keyring_change *change, uint16_t id)
{
	struct ptt_mtk mtk = mtk_make(id);

	return cast_mtk_as(pf, change, id, &mtk);
}

static const struct ptt_mtk *find_mtk(const struct pf_msk *pf, uint16_t id, uint64_t now_ms)
{
	uint8_t mki[PTT_MBMS_MKI_LEN];

	ptt_mki_put(mki, pf->ids.msk_id, id);
	return ptt_keyring_find_mtk(&ring, mki, now_ms);
}

static bool held(const struct pf_msk *pf)
{
	return ptt_keyring_find_msk(&ring, pf->ids.key_domain, pf->ids.msk_id) != NULL;
}

static int held_count(void)
{
	int i, n = 0;

	for (i = 0; i < PTT_KEYRING_SLOTS; i++)
		n += ring.msk[i].held;
	return n;
}

#define EXPECT(call, want) \
	do { \
		ck_assert_int_eq(call, PTT_OK); \
		ck_assert_int_eq(change, want); \
	} while (0)

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
	ck_assert_int_eq(cast_mtk(&a, &change, 8), PTT_ERR_REPLAY); /* SEQs did not fall */
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

/* The heart of it: re-key, then what an expelled member could still send. */
START_TEST(rekey_ends_the_old_msk)
{
	struct pf_msk a = pf_msk_make(1), b = pf_msk_make(2), c = pf_msk_make(3);
	enum ptt_keyring_change change;

	EXPECT(give_msk(&a, &change), PTT_KEYRING_NEW_MSK);
	EXPECT(cast_mtk(&a, &change, 1), PTT_KEYRING_PROMOTED);
	EXPECT(give_msk(&b, &change), PTT_KEYRING_NEW_MSK);
	EXPECT(cast_mtk(&a, &change, 2), PTT_KEYRING_NEW_MTK); /* before the cut-over a counts */
	EXPECT(cast_mtk(&b, &change, 1), PTT_KEYRING_PROMOTED);
	ck_assert_int_eq(cast_mtk(&a, &change, 3), PTT_ERR_REPLAY);
	ck_assert_int_eq(cast_mtk(&a, &change, 2), PTT_ERR_REPLAY);
	ck_assert(held(&a) && held(&b));
	ck_assert_int_eq(held_count(), 2);
	EXPECT(give_msk(&c, &change), PTT_KEYRING_NEW_MSK); /* wipes previous */
	ck_assert(!held(&a));
	ck_assert_int_eq(held_count(), 2);
	ck_assert_int_eq(give_msk(&a, &change), PTT_ERR_REPLAY); /* I7: older than the one in use */
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

/* Any order of keys and MTKs of five MSKs: two are held at most, a key that comes never replaces the current one,
 * and the number of the current one never falls. */
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
	ck_assert_uint_eq(ptt_keyring_tick(&ring, 100000), 0); /* no packet yet: both serve */
	ck_assert_ptr_nonnull(find_mtk(&a, 1, 100000));
	ptt_mki_put(mki, a.ids.msk_id, 1);
	ptt_keyring_packet_good(&ring, mki, 100000); /* one more under the old */
	ck_assert_uint_eq(ptt_keyring_tick(&ring, 100000), 0);
	ptt_mki_put(mki, a.ids.msk_id, 2);
	ptt_keyring_packet_good(&ring, mki, 100500);
	ptt_keyring_packet_good(&ring, mki, 101000); /* later ones do not prolong it */
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

START_TEST(key_number_0_and_csb)
{
	struct pf_msk a = pf_msk_make(1), other;
	enum ptt_keyring_change change;

	EXPECT(give_msk(&a, &change), PTT_KEYRING_NEW_MSK);
	other = a;
	other.ids.msk_id = ptt_msk_id_make(7, 0);
	ck_assert_int_eq(ptt_keyring_put_msk(&ring, &change, &other.ids, &other.msk),
		PTT_ERR_MISMATCH);
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
				 (struct ptt_bytes){buf, ptt_writer_len(&wr)}), PTT_ERR_MISMATCH);
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

static void setup(void)
{
	ck_assert_int_eq(ptt_mikey_ctx_init(&ctx), PTT_OK);
	ptt_keyring_init(&ring);
	replay = (struct ptt_replay){0};
	counter = 0;
}

static void teardown(void)
{
	ptt_keyring_wipe(&ring);
	ptt_mikey_ctx_wipe(&ctx);
}

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, join_and_hear);
	tcase_add_test(tc, msk_not_held_means_pull);
	tcase_add_test(tc, mtk_ids_rise);
	tcase_add_test(tc, one_key_an_id);
	tcase_add_test(tc, interval_only_grows_above);
	tcase_add_test(tc, revoked);
	tcase_add_test(tc, rekey_ends_the_old_msk);
	tcase_add_test(tc, next_is_replaced_current_never);
	tcase_add_test(tc, two_at_most_in_any_order);
	tcase_add_test(tc, old_mtk_has_one_second);
	tcase_add_test(tc, third_mtk_wipes_the_first);
	tcase_add_test(tc, key_number_0_and_csb);
	tcase_add_test(tc, replayed_and_forged_msk);
	tcase_add_test(tc, kinds_do_not_mix);
	tcase_add_test(tc, wiped_at_the_end);
	return check_run_case("keyring", tc);
}
