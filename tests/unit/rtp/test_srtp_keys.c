/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys of a receiver: packets wait for them, they retire, they are few. */
#include "tests/unit/check_main.h"
#include "tests/unit/rtp/srtp_fixture.h"

/* Up to 32 packets of an unknown MKI wait for 200 ms. */
START_TEST(held_for_the_key)
{
	struct ptt_mtk mtk = lab_mtk(1), wrong = lab_mtk(2);
	struct packet p;

	set_key(&mtk, srtp_mki1);
	add(&wrong, srtp_mki2, 0);
	for (uint16_t i = 0; i < 40; i++) {
		p = protect(i);
		give(&p, i);
	}
	ck_assert_uint_eq(opened, 0);
	ck_assert_uint_eq(srtp_stats().held, PTT_SRTP_HOLD_MAX);
	ck_assert_uint_eq(srtp_stats().undecryptable, 40 - PTT_SRTP_HOLD_MAX);
	ck_assert_int_eq(ptt_srtp_open_due_ms(op), 8 + PTT_SRTP_HOLD_MS);
	ptt_srtp_open_tick(op, 9 + PTT_SRTP_HOLD_MS); /* the two oldest go */
	ck_assert_uint_eq(srtp_stats().held, PTT_SRTP_HOLD_MAX - 2);
	add(&mtk, srtp_mki1, 9 + PTT_SRTP_HOLD_MS);
	ck_assert_uint_eq(opened, PTT_SRTP_HOLD_MAX - 2);
	ck_assert_uint_eq(srtp_stats().held, 0);
}
END_TEST

START_TEST(too_late_a_key)
{
	struct ptt_mtk mtk = lab_mtk(1);
	struct packet p;

	set_key(&mtk, srtp_mki1);
	p = protect(1);
	give(&p, 1000);
	add(&mtk, srtp_mki1, 1000 + PTT_SRTP_HOLD_MS);
	ck_assert_uint_eq(opened, 0);
	ck_assert_uint_eq(srtp_stats().undecryptable, 1);
}
END_TEST

/* The previous MTK serves at most 1 s after the first valid packet under the new MKI. */
START_TEST(the_previous_key_retires)
{
	struct ptt_mtk first = lab_mtk(1), second = lab_mtk(2);
	struct packet early, late, next;

	set_key(&first, srtp_mki1);
	early = protect(1);
	late = protect(2);
	set_key(&second, srtp_mki2);
	next = protect(3);
	add(&first, srtp_mki1, 0);
	add(&second, srtp_mki2, 10);
	ck_assert_int_eq(ptt_srtp_open_due_ms(op), INT64_MAX);
	give(&next, 5000);
	ck_assert_int_eq(ptt_srtp_open_due_ms(op), 6000);
	give(&early, 5999);
	ck_assert_uint_eq(opened, 2);
	ck_assert_uint_eq(ptt_srtp_open_keys(op), 2);
	give(&late, 6000);
	ck_assert_uint_eq(ptt_srtp_open_keys(op), 1);
	ck_assert_uint_eq(opened, 2);
}
END_TEST

START_TEST(good_elsewhere_retires_too)
{
	struct ptt_mtk first = lab_mtk(1), second = lab_mtk(2);

	add(&first, srtp_mki1, 0);
	add(&second, srtp_mki2, 0);
	ptt_srtp_open_good(op, srtp_mki2, 100);
	ptt_srtp_open_tick(op, 1100);
	ck_assert_uint_eq(ptt_srtp_open_keys(op), 1);
}
END_TEST

/* Nobody talks, and MTKs change: only the previous one may wait for a packet. */
START_TEST(elders_of_the_previous_retire)
{
	struct ptt_mtk mtk[3] = {lab_mtk(1), lab_mtk(2), lab_mtk(3)};
	uint8_t mki[PTT_MKI_LEN] = {0};
	struct packet first, second;

	set_key(&mtk[0], srtp_mki1);
	first = protect(1);
	set_key(&mtk[1], srtp_mki2);
	second = protect(2);
	add(&mtk[0], srtp_mki1, 0);
	add(&mtk[1], srtp_mki2, 1000);
	ck_assert_int_eq(ptt_srtp_open_due_ms(op), INT64_MAX);
	add(&mtk[2], mki, 2000);
	ck_assert_int_eq(ptt_srtp_open_due_ms(op), 2000 + PTT_SRTP_RETIRE_MS);
	give(&first, 1999 + PTT_SRTP_RETIRE_MS); /* still on its way at the switch */
	ck_assert_uint_eq(opened, 1);
	ptt_srtp_open_tick(op, 2000 + PTT_SRTP_RETIRE_MS);
	ck_assert_uint_eq(ptt_srtp_open_keys(op), 2);
	give(&second, 900000);
	ck_assert_uint_eq(opened, 2);
	new_open(false, true); /* an expelled member keeps them */
	add(&mtk[0], srtp_mki1, 0);
	add(&mtk[1], srtp_mki2, 0);
	add(&mtk[2], mki, 0);
	ck_assert_int_eq(ptt_srtp_open_due_ms(op), INT64_MAX);
}
END_TEST

/* A revoked MSK takes its MTKs along, and no others. */
START_TEST(revoked_with_their_msk)
{
	static const uint8_t a1[] = {0, 7, 0, 1, 0, 1}, a2[] = {0, 7, 0, 1, 0, 2},
			     b1[] = {0, 7, 0, 2, 0, 1};
	struct ptt_mtk mtk[3] = {lab_mtk(1), lab_mtk(2), lab_mtk(3)};

	for (int hostile = 0; hostile < 2; hostile++) {
		new_open(false, hostile);
		add(&mtk[0], a1, 0);
		add(&mtk[1], b1, 0);
		add(&mtk[2], a2, 0);
		ptt_srtp_open_revoke(op, 0x00070003);
		ck_assert_uint_eq(ptt_srtp_open_keys(op), 3);
		ptt_srtp_open_revoke(op, 0x00070001);
		ck_assert_uint_eq(ptt_srtp_open_keys(op), hostile ? 3 : 1);
	}
}
END_TEST

START_TEST(keys_are_few_and_fixed)
{
	struct ptt_mtk mtk = lab_mtk(1), other = lab_mtk(2);
	uint8_t mki[PTT_MKI_LEN] = {0};

	add(&mtk, srtp_mki1, 0);
	add(&mtk, srtp_mki1, 0); /* a repeated message */
	ck_assert_uint_eq(ptt_srtp_open_keys(op), 1);
	ck_assert_int_eq(ptt_srtp_open_add(op, &other, srtp_mki1, 0), PTT_ERR_MISMATCH);
	for (uint8_t i = 1; i < 20; i++) {
		mki[5] = i;
		add(&mtk, mki, 0);
	}
	ck_assert_uint_eq(ptt_srtp_open_keys(op), 4);
	ptt_srtp_open_drop_keys(op);
	ck_assert_uint_eq(ptt_srtp_open_keys(op), 0);
}
END_TEST

/* An expelled client is not polite: it keeps all and tries all, whatever the MKI says. */
START_TEST(hostile)
{
	struct ptt_mtk mtk[3] = {lab_mtk(1), lab_mtk(2), lab_mtk(3)};
	uint8_t mki[PTT_MKI_LEN] = {9};
	struct packet p;

	new_open(false, true);
	for (uint8_t i = 0; i < 3; i++) {
		mki[5] = i;
		add(&mtk[i], mki, 0);
	}
	ptt_srtp_open_drop_keys(op);
	ck_assert_uint_eq(ptt_srtp_open_keys(op), 3);
	set_key(&mtk[1], srtp_mki1); /* a known key under an unknown MKI */
	p = protect(1);
	give(&p, 0);
	ck_assert_uint_eq(opened, 1);
	ptt_srtp_open_tick(op, 100000);
	ck_assert_uint_eq(ptt_srtp_open_keys(op), 3);
	mtk[0] = lab_mtk(8);
	set_key(&mtk[0], srtp_mki2);
	p = protect(2);
	give(&p, 100000);
	ptt_srtp_open_tick(op, 101000);
	ck_assert_uint_eq(opened, 1);
	ck_assert_uint_eq(srtp_stats().undecryptable, 1);
}
END_TEST

START_TEST(many_bursts_do_not_grow)
{
	struct ptt_mtk mtk = lab_mtk(1);
	struct packet p;

	set_key(&mtk, srtp_mki1);
	add(&mtk, srtp_mki1, 0);
	for (uint16_t i = 0; i < 500; i++) {
		p = protect(i);
		give(&p, 0);
		ck_assert_int_eq(ptt_srtp_relay_begin(&relay), PTT_OK);
	}
	ck_assert_uint_eq(opened, 500);
	give(&p, 0);
	ck_assert_uint_eq(srtp_stats().replayed, 1);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("relay and open");

	tcase_add_checked_fixture(t, srtp_set_up, teardown);
	tcase_add_test(t, held_for_the_key);
	tcase_add_test(t, too_late_a_key);
	tcase_add_test(t, the_previous_key_retires);
	tcase_add_test(t, good_elsewhere_retires_too);
	tcase_add_test(t, elders_of_the_previous_retire);
	tcase_add_test(t, revoked_with_their_msk);
	tcase_add_test(t, keys_are_few_and_fixed);
	tcase_add_test(t, hostile);
	tcase_add_test(t, many_bursts_do_not_grow);
	return check_run_case("srtp_keys", t);
}
