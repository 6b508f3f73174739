/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The floor's table, cell by cell, with time moved by hand. */
#include <check.h>
#include <stdlib.h>

#include "module/media/floor.h"
#include "tests/unit/check_main.h"

static const struct ptt_floor_policy policy = {.max_burst_ms = 30000,
	.quiet_ms = 4000,
	.talk_end_ms = 600,
	.late_ms = 500,
	.grace_ms = 1000,
	.retry_ms = 3000};

static struct ptt_floor fl;
static const void *last;
static const int a_mark, b_mark;
static const void *const a = &a_mark, *const b = &b_mark;

static void setup(void)
{
	ptt_floor_init(&fl, &policy);
}

static unsigned int step(enum ptt_floor_event event, const void *member, int64_t now_ms)
{
	return ptt_floor_step(&fl, &last, event, member, now_ms);
}

START_TEST(ask_talk_release)
{
	ck_assert(!ptt_floor_may_talk(&fl, a));
	ck_assert_int_eq(ptt_floor_due_ms(&fl), INT64_MAX);
	ck_assert_uint_eq(step(PTT_FLOOR_REQUEST, a, 0), PTT_FLOOR_DO_GRANT | PTT_FLOOR_DO_TAKEN);
	ck_assert(ptt_floor_may_talk(&fl, a));
	ck_assert(!ptt_floor_may_talk(&fl, b));
	ck_assert_uint_eq(
		step(PTT_FLOOR_REQUEST, a, 10), PTT_FLOOR_DO_GRANT); /* Granted was lost */
	ck_assert_uint_eq(step(PTT_FLOOR_REQUEST, b, 20), PTT_FLOOR_DO_DENY);
	ck_assert_uint_eq(step(PTT_FLOOR_MEDIA, b, 30), 0);
	ck_assert(!ptt_floor_may_talk(&fl, b));
	ck_assert_uint_eq(step(PTT_FLOOR_RELEASE, b, 40), 0);
	ck_assert_uint_eq(step(PTT_FLOOR_RELEASE, a, 50), PTT_FLOOR_DO_IDLE);
	ck_assert_ptr_eq(last, a);
	ck_assert(!ptt_floor_may_talk(&fl, a));
	ck_assert_uint_eq(step(PTT_FLOOR_MEDIA, a, 549), 0); /* his late packets */
	ck_assert_uint_eq(step(PTT_FLOOR_REQUEST, a, 549), PTT_FLOOR_DO_GRANT | PTT_FLOOR_DO_TAKEN);
}
END_TEST

START_TEST(free_floor_by_talking)
{
	ck_assert_uint_eq(step(PTT_FLOOR_MEDIA, a, 100), PTT_FLOOR_DO_TAKEN);
	ck_assert_uint_eq(step(PTT_FLOOR_MEDIA, a, 200), 0);
	ck_assert_uint_eq(step(PTT_FLOOR_MEDIA, b, 200), 0);
	ck_assert_uint_eq(step(PTT_FLOOR_REQUEST, b, 300), PTT_FLOOR_DO_DENY);
	ck_assert_int_eq(ptt_floor_due_ms(&fl), 800);
	ck_assert_uint_eq(step(PTT_FLOOR_TICK, NULL, 799), 0);
	ck_assert_uint_eq(step(PTT_FLOOR_TICK, NULL, 800), PTT_FLOOR_DO_IDLE);
	ck_assert_ptr_eq(last, a);
	ck_assert_uint_eq(step(PTT_FLOOR_MEDIA, b, 801), PTT_FLOOR_DO_TAKEN);
}
END_TEST

START_TEST(granted_but_quiet)
{
	step(PTT_FLOOR_REQUEST, a, 0);
	step(PTT_FLOOR_MEDIA, a, 1000);
	ck_assert_int_eq(ptt_floor_due_ms(&fl), 5000);
	ck_assert_uint_eq(step(PTT_FLOOR_TICK, NULL, 4999), 0);
	ck_assert_uint_eq(step(PTT_FLOOR_TICK, NULL, 5000), PTT_FLOOR_DO_IDLE);
}
END_TEST

START_TEST(too_long)
{
	step(PTT_FLOOR_REQUEST, a, 0);
	step(PTT_FLOOR_MEDIA, a, 29990);
	ck_assert_int_eq(ptt_floor_due_ms(&fl), 30000);
	ck_assert_uint_eq(step(PTT_FLOOR_TICK, NULL, 30000), PTT_FLOOR_DO_REVOKE);
	ck_assert_ptr_eq(last, a);
	ck_assert(ptt_floor_may_talk(&fl, a)); /* he may end his word */
	ck_assert_uint_eq(step(PTT_FLOOR_REQUEST, a, 30100), PTT_FLOOR_DO_DENY_RETRY);
	ck_assert_uint_eq(step(PTT_FLOOR_REQUEST, b, 30100), PTT_FLOOR_DO_DENY);
	ck_assert_int_eq(ptt_floor_due_ms(&fl), 31000);
	ck_assert_uint_eq(step(PTT_FLOOR_TICK, NULL, 31000), PTT_FLOOR_DO_IDLE);
	ck_assert_uint_eq(step(PTT_FLOOR_MEDIA, a, 31001), 0);
	ck_assert_uint_eq(step(PTT_FLOOR_REQUEST, a, 33999), PTT_FLOOR_DO_DENY_RETRY);
	ck_assert_uint_eq(
		step(PTT_FLOOR_REQUEST, a, 34000), PTT_FLOOR_DO_GRANT | PTT_FLOOR_DO_TAKEN);
}
END_TEST

START_TEST(revoked_and_released)
{
	step(PTT_FLOOR_REQUEST, a, 0);
	step(PTT_FLOOR_MEDIA, a, 29990);
	step(PTT_FLOOR_TICK, NULL, 30000);
	ck_assert_uint_eq(step(PTT_FLOOR_RELEASE, a, 30010), PTT_FLOOR_DO_IDLE);
	ck_assert_uint_eq(
		step(PTT_FLOOR_REQUEST, b, 30020), PTT_FLOOR_DO_GRANT | PTT_FLOOR_DO_TAKEN);
	ck_assert_uint_eq(step(PTT_FLOOR_REQUEST, a, 30030), PTT_FLOOR_DO_DENY);
}
END_TEST

START_TEST(the_holder_leaves)
{
	step(PTT_FLOOR_REQUEST, a, 0);
	ck_assert_uint_eq(step(PTT_FLOOR_LEAVE, b, 1), 0);
	ck_assert_uint_eq(step(PTT_FLOOR_LEAVE, a, 2), PTT_FLOOR_DO_IDLE);
	ck_assert_ptr_null(fl.holder);
	ck_assert_uint_eq(step(PTT_FLOOR_LEAVE, a, 3), 0);
}
END_TEST

/* Whatever comes, in whatever order: one holder at most, and he is told of before and after. */
START_TEST(random_orders)
{
	static const int marks[4];
	const void *holder = NULL;
	int64_t now_ms = 0;

	srandom(1);
	for (int i = 0; i < 200000; i++) {
		const void *member = &marks[random() % 4];
		enum ptt_floor_event event = (enum ptt_floor_event)(random() % 5);
		unsigned int todo;

		now_ms += random() % 400;
		todo = step(event, event == PTT_FLOOR_TICK ? NULL : member, now_ms);
		if (todo & PTT_FLOOR_DO_TAKEN) {
			ck_assert_ptr_null(holder);
			holder = member;
		}
		if (todo & PTT_FLOOR_DO_IDLE) {
			ck_assert_ptr_eq(last, holder);
			holder = NULL;
		}
		ck_assert_ptr_eq(fl.holder, holder);
		ck_assert(!!(todo & PTT_FLOOR_DO_GRANT) <= (holder == member));
		ck_assert((holder == NULL) == (ptt_floor_due_ms(&fl) == INT64_MAX));
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("table");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, ask_talk_release);
	tcase_add_test(t, free_floor_by_talking);
	tcase_add_test(t, granted_but_quiet);
	tcase_add_test(t, too_long);
	tcase_add_test(t, revoked_and_released);
	tcase_add_test(t, the_holder_leaves);
	tcase_add_test(t, random_orders);
	return check_run_case("floor", t);
}
