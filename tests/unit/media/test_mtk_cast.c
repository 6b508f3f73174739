/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The schedule of MTK messages and of the switch, the test moves the time. docs/wire.md 5.4. */
#include <check.h>
#include <string.h>

#include "module/media/mtk_cast.h"
#include "tests/unit/check_main.h"
#include "tests/unit/media/media_lab.h"

static struct ptt_mtk_cast cast;

static void setup(void)
{
	ptt_mtk_cast_init(&cast, 50, 1000);
}

static void set(uint8_t id, int64_t not_before_ms)
{
	struct ptt_mtk_item item = {.mtk = lab_mtk(id),
		.mki = {0, 0, 0, 0, 0, id},
		.message = {id, id},
		.message_len = 2,
		.not_before_ms = not_before_ms,
		.first_ms = 77};

	ptt_mtk_cast_set(&cast, &item);
}

/* The next action is to send message id; first tells whether it is the first copy. */
static void expect_send(uint8_t id, bool first, int64_t now_ms)
{
	struct ptt_mtk_cast_action action = ptt_mtk_cast_next(&cast, now_ms);

	ck_assert_int_eq(action.what, PTT_MTK_CAST_SEND);
	ck_assert_uint_eq(action.message.len, 2);
	ck_assert_uint_eq(action.message.data[0], id);
	ck_assert_uint_eq(action.item != NULL, first);
}

static void expect_switch(uint8_t id, int64_t now_ms)
{
	struct ptt_mtk_cast_action action = ptt_mtk_cast_next(&cast, now_ms);

	ck_assert_int_eq(action.what, PTT_MTK_CAST_SWITCH);
	ck_assert_uint_eq(action.item->mki[5], id);
	ck_assert_uint_eq(action.item->mtk.key[0], id);
	ptt_mtk_cast_switched(&cast);
}

static void expect_nothing(int64_t now_ms)
{
	ck_assert_int_eq(ptt_mtk_cast_next(&cast, now_ms).what, PTT_MTK_CAST_NOTHING);
}

static bool holds_byte(uint8_t byte, size_t run)
{
	const uint8_t *p = (const uint8_t *)&cast;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(cast); i++) {
		n = p[i] == byte ? n + 1 : 0;
		if (n == run)
			return true;
	}
	return false;
}

START_TEST(order_on_a_change)
{
	expect_nothing(0);
	ck_assert_int_eq(ptt_mtk_cast_due_ms(&cast), INT64_MAX);
	set(0xa1, 0);
	ck_assert_int_le(ptt_mtk_cast_due_ms(&cast), 100);
	expect_send(0xa1, true, 100);
	expect_nothing(100);
	ck_assert_int_eq(ptt_mtk_cast_due_ms(&cast), 120);
	expect_nothing(119);
	expect_send(0xa1, false, 120);
	ck_assert_int_eq(ptt_mtk_cast_due_ms(&cast), 150);
	expect_nothing(149);
	ck_assert(holds_byte(0xa1, 16));
	expect_switch(0xa1, 150);
	ck_assert(!holds_byte(0xa1, 16)); /* the key is nowhere any more */
	expect_nothing(150);
	ck_assert_int_eq(ptt_mtk_cast_due_ms(&cast), 1120);
	expect_send(0xa1, false, 1120);
	expect_nothing(2119);
	expect_send(0xa1, false, 2120);
}
END_TEST

START_TEST(not_before)
{
	set(1, 500);
	ck_assert_int_eq(ptt_mtk_cast_due_ms(&cast), 500);
	expect_nothing(499);
	expect_send(1, true, 500);
}
END_TEST

START_TEST(a_second_one_before_the_switch)
{
	set(1, 0);
	expect_send(1, true, 100);
	set(2, 0);
	expect_send(2, true, 110);
	expect_nothing(120); /* no second copy of 1: it would be refused */
	expect_send(2, false, 130);
	expect_switch(1, 150);
	expect_nothing(159);
	expect_switch(2, 160);
	expect_nothing(160);
	expect_send(2, false, 1130);
}
END_TEST

START_TEST(too_many_pending_skip_the_oldest)
{
	for (uint8_t id = 1; id <= 6; id++) {
		set(id, 0);
		expect_send(id, true, 100 + id);
	}
	ck_assert_uint_eq(cast.pending_count, PTT_MTK_CAST_PENDING);
	expect_send(6, false, 126);
	expect_switch(3, 153);
	expect_switch(4, 200);
	expect_switch(5, 200);
	expect_switch(6, 200);
	expect_nothing(200);
}
END_TEST

START_TEST(a_late_timer_loses_nothing)
{
	set(1, 0);
	expect_send(1, true, 100);
	expect_switch(1, 5000);
	expect_send(1, false, 5000);
	expect_nothing(5000);
}
END_TEST

START_TEST(send_now_at_most_every_100_ms)
{
	ptt_mtk_cast_send_now(&cast, 50); /* nothing to send */
	expect_nothing(60);
	set(1, 0);
	expect_send(1, true, 100);
	expect_send(1, false, 120);
	expect_switch(1, 150);
	ptt_mtk_cast_send_now(&cast, 160);
	ptt_mtk_cast_send_now(&cast, 170);
	ck_assert_int_eq(ptt_mtk_cast_due_ms(&cast), 220);
	expect_nothing(219);
	expect_send(1, false, 220);
	expect_nothing(330);
	ptt_mtk_cast_send_now(&cast, 400);
	expect_send(1, false, 400);
}
END_TEST

START_TEST(wipe_forgets_all)
{
	set(0xb2, 0);
	expect_send(0xb2, true, 100);
	set(0xb3, 0);
	ptt_mtk_cast_wipe(&cast);
	ck_assert(!holds_byte(0xb2, 2));
	ck_assert(!holds_byte(0xb3, 2));
	expect_nothing(10000);
	ck_assert_uint_eq(cast.lead_ms, 50);
}
END_TEST

START_TEST(no_repeats_if_off)
{
	ptt_mtk_cast_init(&cast, 50, 0);
	set(1, 0);
	expect_send(1, true, 1);
	expect_send(1, false, 21);
	expect_switch(1, 51);
	ck_assert_int_eq(ptt_mtk_cast_due_ms(&cast), INT64_MAX);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("schedule");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, order_on_a_change);
	tcase_add_test(t, not_before);
	tcase_add_test(t, a_second_one_before_the_switch);
	tcase_add_test(t, too_many_pending_skip_the_oldest);
	tcase_add_test(t, a_late_timer_loses_nothing);
	tcase_add_test(t, send_now_at_most_every_100_ms);
	tcase_add_test(t, wipe_forgets_all);
	tcase_add_test(t, no_repeats_if_off);
	return check_run_case("mtk_cast", t);
}
