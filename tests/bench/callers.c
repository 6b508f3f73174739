/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bench/callers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/probe.h"

#define MS       1000000LL
#define PARALLEL 128
#define SAMPLES  65536
#define QUIET_MS 45000 /* longer than any transaction */

/* A queue of caller indices. */
struct fifo {
	uint32_t *list, size, first, len;
};

static struct {
	struct ptt_bench_world *world;
	struct fifo out, due; /* free callers; callers in order of their BYE */
	uint32_t rate, hold_ms, started, in_flight, busy;
	int64_t start_ns, count_ns, hang_ns;
	bool on, counting, hanging;
	struct {
		uint32_t offered, starved, answered, done, shed, shed_bare, refused, lost, put_out;
		uint32_t byes, byes_ok, byes_refused, byes_lost, bye_status;
	} n;
	uint32_t answer_us[SAMPLES], call_us[SAMPLES], answers, calls;
} callers;

static void push(struct fifo *fifo, uint32_t i)
{
	fifo->list[(fifo->first + fifo->len++) % fifo->size] = i;
}

static uint32_t pop(struct fifo *fifo)
{
	uint32_t i = fifo->list[fifo->first];

	fifo->first = (fifo->first + 1) % fifo->size;
	fifo->len--;
	return i;
}

static void make(struct fifo *fifo, uint32_t size)
{
	fifo->size = size + 1;
	fifo->list = calloc(fifo->size, sizeof(*fifo->list));
	if (!fifo->list)
		abort();
}

void ptt_bench_callers_init(struct ptt_bench_world *world)
{
	callers.world = world;
	make(&callers.out, world->caller_count);
	make(&callers.due, world->caller_count);
	for (uint32_t i = 0; i < world->caller_count; i++) {
		world->members[world->count + i].is_caller = true;
		push(&callers.out, world->count + i);
	}
}

void ptt_bench_callers_count(void)
{
	memset(&callers.n, 0, sizeof(callers.n));
	callers.answers = callers.calls = 0;
	callers.count_ns = ptt_bench_now_ns();
	callers.counting = true;
}

void ptt_bench_callers_start(uint32_t rate, uint32_t hold_ms)
{
	callers.rate = rate;
	callers.hold_ms = hold_ms;
	callers.started = 0;
	callers.start_ns = ptt_bench_now_ns();
	callers.on = true;
	callers.hanging = false;
	ptt_bench_callers_count();
}

void ptt_bench_callers_hang(void)
{
	callers.hang_ns = ptt_bench_now_ns();
	callers.on = callers.counting = false;
	callers.hanging = true;
}

bool ptt_bench_callers_busy(void)
{
	return callers.on || callers.hanging;
}

/* --- one call --- */

/* The caller is free for the next call. */
static void is_out(struct ptt_bench_world *world, struct ptt_bench_member *member)
{
	callers.in_flight -= member->state == PTT_BENCH_CALLING ||
			     member->state == PTT_BENCH_PROVING ||
			     (member->state == PTT_BENCH_IN && member->due_ns == 0);
	member->state = PTT_BENCH_OUT;
	member->acked = true;
	callers.busy--;
	push(&callers.out, ptt_bench_index(world, member));
}

void ptt_bench_caller_answered(
	struct ptt_bench_world *world, struct ptt_bench_member *member, int64_t at_ns)
{
	(void)world;
	callers.n.answered++;
	if (callers.answers == SAMPLES || member->invite_ns < callers.count_ns ||
		(!callers.counting && member->invite_ns > callers.hang_ns))
		return;
	callers.answer_us[callers.answers++] = (uint32_t)((at_ns - member->invite_ns) / 1000);
}

void ptt_bench_caller_refused(struct ptt_bench_world *world, struct ptt_bench_member *member,
	const struct ptt_bench_sip *sip)
{
	if (sip->status == 503) {
		callers.n.shed++;
		callers.n.shed_bare += sip->retry_after_s == 0;
	} else {
		callers.n.refused++;
	}
	is_out(world, member);
}

void ptt_bench_caller_keyed(struct ptt_bench_world *world, struct ptt_bench_member *member)
{
	int64_t now = ptt_bench_now_ns();

	if (member->state != PTT_BENCH_IN || member->due_ns)
		return;
	callers.in_flight--;
	callers.n.done += callers.counting;
	if (callers.counting && callers.calls < SAMPLES &&
		member->first_sent_ns >= callers.count_ns)
		callers.call_us[callers.calls++] = (uint32_t)((now - member->first_sent_ns) / 1000);
	member->due_ns = now + callers.hold_ms * MS + 1;
	push(&callers.due, ptt_bench_index(world, member));
}

void ptt_bench_caller_left(struct ptt_bench_world *world, struct ptt_bench_member *member,
	const struct ptt_bench_sip *sip)
{
	callers.n.byes_ok += sip->status != 503; /* 481 ends the dialog too */
	callers.n.byes_refused += sip->status == 503;
	if (sip->status >= 300)
		callers.n.bye_status = (uint32_t)sip->status;
	is_out(world, member);
}

void ptt_bench_caller_lost(struct ptt_bench_world *world, struct ptt_bench_member *member)
{
	callers.n.byes_lost += member->state == PTT_BENCH_LEAVING;
	callers.n.lost += member->state != PTT_BENCH_LEAVING;
	is_out(world, member);
}

/* The caller stays in the queue of BYEs. Its turn there removes it and sends no BYE. */
void ptt_bench_caller_put_out(struct ptt_bench_world *world, struct ptt_bench_member *member)
{
	if (member->state == PTT_BENCH_OUT || member->state == PTT_BENCH_GONE)
		return;
	callers.n.put_out++;
	if (member->state == PTT_BENCH_IN && member->due_ns)
		member->state = PTT_BENCH_GONE;
	else
		is_out(world, member);
}

/* --- all of them --- */

static uint32_t due_now(int64_t now_ns)
{
	int64_t due = (now_ns - callers.start_ns) * callers.rate / 1000000000 + 1;

	if (callers.rate == 0)
		return callers.in_flight < PARALLEL ? PARALLEL - callers.in_flight : 0;
	return due > callers.started ? (uint32_t)(due - callers.started) : 0;
}

static void come(int64_t now_ns)
{
	for (uint32_t n = due_now(now_ns); n > 0; n--) {
		callers.started++;
		if (callers.out.len == 0) {
			callers.n.starved += callers.rate != 0;
			continue;
		}
		callers.n.offered++;
		callers.in_flight++;
		callers.busy++;
		ptt_bench_member_join(callers.world, &callers.world->members[pop(&callers.out)]);
	}
}

static void go(int64_t now_ns)
{
	while (callers.due.len > 0) {
		struct ptt_bench_member *member =
			&callers.world->members[callers.due.list[callers.due.first]];

		if (member->due_ns > now_ns)
			return;
		pop(&callers.due);
		if (member->state == PTT_BENCH_GONE) {
			is_out(callers.world, member);
			continue;
		}
		callers.n.byes++;
		ptt_bench_member_leave(callers.world, member);
	}
}

static void report(void)
{
	ptt_bench_sort(callers.answer_us, callers.answers);
	ptt_bench_sort(callers.call_us, callers.calls);
	printf("{\"event\":\"called\",\"ms\":%.1f,\"offered\":%u,\"starved\":%u,"
	       "\"answered\":%u,\"done\":%u,"
	       "\"shed\":%u,\"shed_bare\":%u,\"refused\":%u,\"lost\":%u,\"put_out\":%u,"
	       "\"left_over\":%u,"
	       "\"byes\":%u,\"byes_ok\":%u,\"byes_refused\":%u,\"byes_lost\":%u,"
	       "\"bye_status\":%u,\"samples\":%u,"
	       "\"answer_p50_us\":%u,\"answer_p99_us\":%u,\"call_p50_us\":%u,\"call_p99_us\":%u}\n",
		(double)(callers.hang_ns - callers.count_ns) / MS, callers.n.offered,
		callers.n.starved, callers.n.answered, callers.n.done, callers.n.shed,
		callers.n.shed_bare, callers.n.refused, callers.n.lost, callers.n.put_out,
		callers.busy, callers.n.byes, callers.n.byes_ok, callers.n.byes_refused,
		callers.n.byes_lost, callers.n.bye_status, callers.answers,
		ptt_bench_percentile(callers.answer_us, callers.answers, 50),
		ptt_bench_percentile(callers.answer_us, callers.answers, 99),
		ptt_bench_percentile(callers.call_us, callers.calls, 50),
		ptt_bench_percentile(callers.call_us, callers.calls, 99));
	callers.hanging = false;
}

void ptt_bench_callers_turn(int64_t now_ns)
{
	if (callers.on)
		come(now_ns);
	go(now_ns);
	if (callers.hanging && (callers.busy == 0 || now_ns - callers.hang_ns > QUIET_MS * MS))
		report();
}
