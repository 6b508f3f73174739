/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When the server refuses joins, by a clock moved by hand. */
#include "module/core/overload.h"
#include "tests/unit/check_main.h"

#define MS   1000LL
#define TICK (PTT_OVERLOAD_TICK_MS * MS)
#define CALM (500 / PTT_OVERLOAD_TICK_MS)

static const struct ptt_overload_limits limits = {
	.lag_ms = 100, .waiting = 1000, .retry_after_s = 5};
static struct ptt_overload load;
static int64_t now;

static void set_up(void)
{
	load = (struct ptt_overload){0};
	ptt_overload_set(&load, &limits);
	now = 1000000 * MS;
	ptt_overload_measure(&load, 0, 0, now);
}

/* One tick with this lag, this receive delay and this many waiting requests. */
static enum ptt_overload_level once(int64_t late_us, int64_t delay_us, uint32_t waiting)
{
	now += TICK + late_us;
	ptt_overload_measure(&load, delay_us, waiting, now);
	return load.level;
}

/* The same for as long as a higher level needs. */
static enum ptt_overload_level tick(int64_t late_us, int64_t delay_us, uint32_t waiting)
{
	once(late_us, delay_us, waiting);
	once(late_us, delay_us, waiting);
	return once(late_us, delay_us, waiting);
}

/* The same for as long as the end of it needs. */
static enum ptt_overload_level stay(int64_t late_us, int64_t delay_us, uint32_t waiting)
{
	for (int i = 0; i < CALM; i++)
		once(late_us, delay_us, waiting);
	return load.level;
}

/* A host that stalls once or twice is not overloaded; a host that is always late is. */
START_TEST(a_hiccup_is_no_overload)
{
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(once(5000 * MS, 5000 * MS, 0), PTT_OVERLOAD_NONE);
		ck_assert_int_eq(once(0, 150 * MS, 0), PTT_OVERLOAD_NONE);
		ck_assert_int_eq(once(0, 0, 0), PTT_OVERLOAD_NONE);
	}
	once(0, 100 * MS, 0);
	once(100 * MS, 0, 0);
	ck_assert_int_eq(once(0, 0, 500), PTT_OVERLOAD_NEW);
	ck_assert_int_eq(once(0, 200 * MS, 0), PTT_OVERLOAD_NEW);
	ck_assert_int_eq(once(0, 200 * MS, 0), PTT_OVERLOAD_NEW);
	ck_assert_int_eq(once(0, 200 * MS, 0), PTT_OVERLOAD_ALL);
	ck_assert_int_eq(once(0, 99 * MS, 0), PTT_OVERLOAD_NEW);
	ck_assert_int_eq(stay(0, 0, 0), PTT_OVERLOAD_NONE);
}
END_TEST

START_TEST(nothing_is_shed_below_the_limit)
{
	ck_assert_int_eq(load.level, PTT_OVERLOAD_NONE);
	ck_assert_int_eq(tick(99 * MS, 0, 0), PTT_OVERLOAD_NONE);
	ck_assert_int_eq(tick(0, 99 * MS, 0), PTT_OVERLOAD_NONE);
	ck_assert_int_eq(tick(0, 0, 499), PTT_OVERLOAD_NONE);
	ck_assert(!ptt_overload_sheds(&load, false));
}
END_TEST

/* Each of the three measures begins a level alone; the level ends when that measure is below half
 * its limit. */
START_TEST(each_measure_counts)
{
	static const struct {
		int64_t late, delay;
		uint32_t waiting;
	} at[3][4] = {
		{{100 * MS, 0, 0}, {50 * MS, 0, 0}, {200 * MS, 0, 0}, {49 * MS, 0, 0}},
		{{0, 100 * MS, 0}, {0, 50 * MS, 0}, {0, 200 * MS, 0}, {0, 49 * MS, 0}},
		{{0, 0, 500}, {0, 0, 250}, {0, 0, 1000}, {0, 0, 249}},
	};
	static const enum ptt_overload_level level[4] = {
		PTT_OVERLOAD_NEW, PTT_OVERLOAD_NEW, PTT_OVERLOAD_ALL, PTT_OVERLOAD_NONE};

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(
			stay(at[_i][i].late, at[_i][i].delay, at[_i][i].waiting), level[i]);
}
END_TEST

/* Joins with credentials go on until the load is twice the limit. */
START_TEST(work_begun_is_finished_first)
{
	tick(0, 100 * MS, 0);
	ck_assert(ptt_overload_sheds(&load, false));
	ck_assert(!ptt_overload_sheds(&load, true));
	tick(0, 200 * MS, 0);
	ck_assert(ptt_overload_sheds(&load, true));
	ck_assert_int_eq(tick(0, 100 * MS, 0), PTT_OVERLOAD_ALL);
	ck_assert_int_eq(tick(0, 99 * MS, 0), PTT_OVERLOAD_NEW);
	ck_assert(!ptt_overload_sheds(&load, true));
}
END_TEST

/* Between half of the limit and the limit nothing changes, however often. */
START_TEST(it_does_not_flap)
{
	int changes = 0;

	for (int i = 0; i < 1000; i++) {
		now += TICK;
		changes += ptt_overload_measure(&load, i % 2 ? 99 * MS : 50 * MS, 0, now);
	}
	ck_assert_int_eq(changes, 0);
	tick(0, 100 * MS, 0);
	for (int i = 0; i < 1000; i++) {
		now += TICK;
		changes += ptt_overload_measure(&load, i % 2 ? 99 * MS : 50 * MS, 0, now);
	}
	ck_assert_int_eq(changes, 0);
	ck_assert_int_eq(load.level, PTT_OVERLOAD_NEW);
	ck_assert_int_eq(stay(0, 0, 0), PTT_OVERLOAD_NONE);
}
END_TEST

/* A level ends after half a second below half the limit and without a refusal. A clock that does
 * not move begins no level. */
START_TEST(it_ends_with_its_cause)
{
	ck_assert_int_eq(tick(3600 * 1000 * MS, 0, 0), PTT_OVERLOAD_ALL);
	for (int i = 1; i < CALM; i++)
		ck_assert_int_eq(once(0, 0, 0), PTT_OVERLOAD_NEW);
	load.shed++;
	for (int i = 0; i < CALM; i++)
		ck_assert_int_eq(once(0, 0, 0), PTT_OVERLOAD_NEW);
	ck_assert_int_eq(once(0, 0, 0), PTT_OVERLOAD_NONE);
	now -= TICK;
	ck_assert_int_eq(once(-TICK, 0, 0), PTT_OVERLOAD_NONE);
	ck_assert_int_eq(load.lag_us, 0);
}
END_TEST

/* --- how many joins are admitted --- */

static int let_in(void)
{
	int count = 0;

	while (!ptt_overload_sheds(&load, false)) {
		ptt_overload_took(&load);
		count++;
	}
	return count;
}

static int let_in_for(int done, int64_t delay_us)
{
	int count = 0;

	ptt_overload_look(&load, delay_us);
	for (int i = 0; i < done; i++) {
		ptt_overload_done(&load);
		count += let_in();
	}
	return count;
}

/*
 * Each finished join admits one while the receive delay is a quarter of the limit, a quarter more
 * when the queue is empty, half as many when it is long.
 */
START_TEST(joins_come_in_as_others_are_done)
{
	ck_assert(!ptt_overload_sheds(&load, false));
	tick(0, 100 * MS, 0);
	ck_assert_int_eq(let_in(), 0);
	ck_assert_int_eq(let_in_for(100, 25 * MS), 100);
	ck_assert_int_eq(let_in_for(100, 0), 125);
	ck_assert_int_eq(let_in_for(100, 50 * MS), 75);
	ck_assert_int_eq(let_in_for(100, 99 * MS), 50);
	once(25 * MS, 0, 0); /* the loop's lag counts the same; each measurement admits one join */
	ck_assert_int_eq(let_in(), 1);
	ck_assert_int_eq(let_in_for(100, 0), 100);
	once(0, 0, 250);
	ck_assert_int_eq(let_in_for(100, 0), 0);
	once(0, 0, 249);
	ck_assert_int_eq(let_in(), 32); /* credit is limited */
}
END_TEST

/* Without a limit of the delay the gain is 1. */
START_TEST(without_a_limit_as_many_come_as_go)
{
	const struct ptt_overload_limits off = {.waiting = 1000, .retry_after_s = 5};

	ptt_overload_set(&load, &off);
	tick(0, 0, 500);
	once(0, 0, 249);
	ck_assert_int_eq(let_in(), 1);
	ck_assert_int_eq(let_in_for(100, 0), 100);
	ck_assert_int_eq(let_in_for(100, 500 * MS), 100);
}
END_TEST

/* --- a re-key --- */

static bool yields(bool under_way, int64_t after_us)
{
	now += after_us;
	ptt_overload_rekeying(&load, under_way, now);
	ck_assert(!load.yields || ptt_overload_sheds(&load, true));
	return ptt_overload_sheds(&load, true);
}

/* A re-key alone refuses no join. During overload it refuses all joins, from its begin to its end.
 */
START_TEST(a_rekey_in_an_overload_has_the_thread)
{
	ck_assert(!yields(true, MS));
	ck_assert(!ptt_overload_sheds(&load, false));
	ck_assert(!yields(false, MS));
	tick(0, 100 * MS, 0);
	ck_assert(!yields(false, MS));
	ck_assert(yields(true, MS));
	ck_assert(yields(true, 50 * MS));
	ck_assert(!yields(false, MS));
	ck_assert(ptt_overload_sheds(&load, false));
}
END_TEST

/* A long re-key, or one after the other: half of the time is for joins. */
START_TEST(rekeys_do_not_shut_everybody_out)
{
	tick(0, 100 * MS, 0);
	ck_assert(yields(true, 0));
	ck_assert(yields(true, 999 * MS));
	ck_assert(!yields(true, 1 * MS));
	ck_assert(!yields(true, 999 * MS));
	ck_assert(yields(true, 1 * MS));
	ck_assert(!yields(false, 40 * MS));
	ck_assert(!yields(true, 39 * MS));
	ck_assert(yields(true, 1 * MS));
	once(0, 0, 0);
	ck_assert_int_eq(stay(0, 0, 0), PTT_OVERLOAD_NONE);
	ck_assert(!yields(true, 0));
}
END_TEST

START_TEST(zero_switches_a_measure_off)
{
	const struct ptt_overload_limits off = {.retry_after_s = 1};

	tick(0, 500 * MS, 5000);
	ptt_overload_set(&load, &off);
	ck_assert_int_eq(stay(500 * MS, 500 * MS, 5000), PTT_OVERLOAD_NONE);
	ck_assert_int_eq(load.lag_us, 500 * MS);
}
END_TEST

START_TEST(they_are_asked_back_at_different_times)
{
	int seen[16] = {0};

	for (int i = 0; i < 60; i++)
		seen[ptt_overload_retry_after_s(&load)]++;
	for (int s = 0; s < 16; s++)
		ck_assert_int_eq(seen[s], s >= 5 && s <= 10 ? 10 : 0);
}
END_TEST

/* --- the receive queue --- */

static struct ptt_receive_queue queue;

static int64_t look(uint32_t used, int64_t age_us)
{
	struct ptt_receive_sample sample = {.used = used, .size = 1000, .age_us = age_us};

	now += TICK;
	return ptt_receive_delay_us(&queue, &sample, now);
}

START_TEST(a_queue_tells_its_delay)
{
	queue = (struct ptt_receive_queue){0};
	ck_assert_int_eq(look(500, 900 * MS), 0); /* the first look has no history */
	/* the last message is old; the queue is empty */
	ck_assert_int_eq(look(0, 900 * MS), 0);
	/* empty a tick ago: the delay is at most that */
	ck_assert_int_eq(look(500, 900 * MS), TICK);
	ck_assert_int_eq(look(500, 30 * MS), 30 * MS);
	ck_assert_int_eq(look(500, 900 * MS), 3 * TICK);
	ck_assert_int_eq(look(0, 0), 0);
	ck_assert_int_eq(look(500, 0), 0); /* never empty, and yet no delay */
}
END_TEST

/* The wall clock that the kernel stamps by was set, or there is no stamp. */
START_TEST(a_clock_that_jumps_sheds_nobody)
{
	queue = (struct ptt_receive_queue){0};
	look(0, 0);
	ck_assert_int_eq(look(100, 3600 * 1000 * MS), TICK);
	ck_assert_int_eq(look(100, -3600 * 1000 * MS), 0);
	ck_assert_int_eq(look(100, -1), 0);
}
END_TEST

/* A small buffer never holds 100 ms of work, but a full one drops BYE and ACK as well. */
START_TEST(a_queue_that_stays_full_counts)
{
	queue = (struct ptt_receive_queue){0};
	ck_assert_int_eq(look(100, 1 * MS), 0);
	ck_assert_int_eq(look(749, 1 * MS), 1 * MS);
	ck_assert_int_eq(look(750, 1 * MS), TICK);
	ck_assert_int_eq(look(1000, -1), 2 * TICK);
	ck_assert_int_eq(look(750, 1 * MS), 3 * TICK);
	ck_assert_int_eq(look(700, 1 * MS), 1 * MS);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("overload");

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, nothing_is_shed_below_the_limit);
	tcase_add_test(tc, a_hiccup_is_no_overload);
	tcase_add_loop_test(tc, each_measure_counts, 0, 3);
	tcase_add_test(tc, work_begun_is_finished_first);
	tcase_add_test(tc, it_does_not_flap);
	tcase_add_test(tc, it_ends_with_its_cause);
	tcase_add_test(tc, joins_come_in_as_others_are_done);
	tcase_add_test(tc, without_a_limit_as_many_come_as_go);
	tcase_add_test(tc, a_rekey_in_an_overload_has_the_thread);
	tcase_add_test(tc, rekeys_do_not_shut_everybody_out);
	tcase_add_test(tc, zero_switches_a_measure_off);
	tcase_add_test(tc, they_are_asked_back_at_different_times);
	tcase_add_test(tc, a_queue_tells_its_delay);
	tcase_add_test(tc, a_clock_that_jumps_sheds_nobody);
	tcase_add_test(tc, a_queue_that_stays_full_counts);
	return check_run_case("overload", tc);
}
