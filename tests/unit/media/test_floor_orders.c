/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A million floor events in random orders: at most one holder, an answer to each Request, a bounded
 * queue, no pointer to a member that has left (members are freed: the sanitizer watches).
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "module/media/floor.h"
#include "tests/unit/check_main.h"

#define SEEDS  40
#define EVENTS 25000
#define PLACES 7
#define FAR_MS 200000 /* all timers are over by then, for all in the queue */

struct model {
	struct ptt_floor floor;
	struct ptt_floor_member *member[PLACES]; /* NULL: nobody there */
	struct ptt_floor_member *holder;         /* by the announcements */
	bool asked[PLACES];                      /* no final answer yet, not withdrawn */
	size_t bursts, denied, queued, revoked;
	int64_t now_ms;
};

static size_t total, granted_from_queue;

/* 1 = the next one; 0 = not in the queue. */
static uint16_t position_of(
	const struct ptt_floor_queue *queue, const struct ptt_floor_member *member)
{
	uint16_t position = 1;

	if (!member->waiting)
		return 0;
	for (const struct ptt_floor_member *m = queue->first; m != member; m = m->next)
		position++;
	return position;
}

/* Check's own assertions note each place they pass: too slow for millions. */
#define MUST(condition) \
	do { \
		if (!(condition)) \
			ck_abort_msg("%s", #condition); \
	} while (0)

static int place_of(const struct model *m, const struct ptt_floor_member *member)
{
	for (int i = 0; i < PLACES; i++)
		if (m->member[i] == member)
			return i;
	ck_abort_msg("an act for somebody who is not there");
	return -1;
}

static void on_act(struct model *m, const struct ptt_floor_act *act, int leaving)
{
	int i = act->member ? place_of(m, act->member) : -1;

	switch (act->what) {
	case PTT_FLOOR_DO_BEGIN:
		MUST(!m->holder);
		m->holder = act->member;
		m->bursts++;
		break;
	case PTT_FLOOR_DO_END:
		MUST(m->holder == act->member);
		m->holder = NULL;
		break;
	case PTT_FLOOR_DO_GRANT:
		MUST(act->member->tbcp && (!act->member->listen_only || act->again));
		m->asked[i] = false;
		break;
	case PTT_FLOOR_DO_DENY:
		MUST(act->reason >= 1 && act->reason <= 5);
		MUST(!act->member->waiting);
		m->asked[i] = false;
		m->denied++;
		break;
	case PTT_FLOOR_DO_QUEUE:
		MUST(act->position == position_of(&m->floor.queue, act->member));
		m->queued++;
		break;
	case PTT_FLOOR_DO_REVOKE:
		MUST(act->reason >= 1 && act->reason <= 4);
		m->revoked++;
		break;
	case PTT_FLOOR_DO_STATE:
		MUST(i != leaving);
		break;
	case PTT_FLOOR_DO_TELL:
		MUST(act->member == m->holder);
		break;
	}
}

static void check_queue(const struct model *m)
{
	const struct ptt_floor_queue *queue = &m->floor.queue;
	size_t count = 0;

	MUST(queue->count <= (size_t)m->floor.policy.queue_max + 1);
	for (const struct ptt_floor_member *f = queue->first; f; f = f->next, count++) {
		MUST(m->asked[place_of(m, f)]);
		MUST(f->waiting && f != m->holder && !f->listen_only);
		MUST(!f->next || f->next->asked <= f->asked);
	}
	MUST(count == queue->count);
}

static void check(const struct model *m)
{
	size_t members = 0, may_talk = 0;

	check_queue(m);
	for (int i = 0; i < PLACES; i++) {
		if (!m->member[i])
			continue;
		members++;
		may_talk += ptt_floor_may_talk(&m->floor, m->member[i], m->floor.last_seq);
		/* a member that asked and has no final answer is in the queue */
		MUST(!m->asked[i] || m->member[i]->waiting);
	}
	MUST(members == m->floor.members);
	MUST(may_talk <= 1);
	MUST(m->floor.holder == m->holder);
	MUST((!m->holder) == (m->floor.state == PTT_FLOOR_IDLE));
	MUST(m->holder || !m->floor.queue.first); /* no queue at a free floor */
	MUST(!m->holder || ptt_floor_due_ms(&m->floor) != INT64_MAX);
}

static bool is_answer(const struct ptt_floor_act *act)
{
	return act->what == PTT_FLOOR_DO_GRANT || act->what == PTT_FLOOR_DO_DENY ||
	       act->what == PTT_FLOOR_DO_QUEUE;
}

static void run(struct model *m, const struct ptt_floor_event *event)
{
	bool was_waiting = event->member && event->member->waiting, answered = false;
	int place = event->member ? place_of(m, event->member) : -1;
	struct ptt_floor_out out;

	if (event->type == PTT_FLOOR_REQUEST)
		m->asked[place] = true;
	else if (event->type == PTT_FLOOR_RELEASE || event->type == PTT_FLOOR_LEAVE)
		m->asked[place] = false;
	ptt_floor_step(&m->floor, &out, event, m->now_ms);
	MUST(out.count <= sizeof(out.act) / sizeof(out.act[0]));
	for (size_t i = 0; i < out.count; i++) {
		on_act(m, &out.act[i], event->type == PTT_FLOOR_LEAVE ? place : -1);
		answered =
			answered || (out.act[i].member == event->member && is_answer(&out.act[i]));
		granted_from_queue += out.act[i].what == PTT_FLOOR_DO_GRANT && !out.act[i].again &&
				      out.act[i].member != event->member;
	}
	/* at once, except a member that pre-empts and did not agree on queuing */
	if (event->type == PTT_FLOOR_REQUEST)
		MUST(answered || (event->member->waiting && !event->member->queuing));
	MUST(!was_waiting || event->type != PTT_FLOOR_RELEASE || !event->member->waiting);
	total++;
}

static void come(struct model *m, int i)
{
	struct ptt_floor_member *member = calloc(1, sizeof(*member));

	member->tbcp = random() % 5 != 0;
	member->queuing = random() % 3 != 0;
	member->priority = (uint8_t)(random() % 4);
	member->listen_only = random() % 6 == 0;
	m->member[i] = member;
	run(m, &(struct ptt_floor_event){.type = PTT_FLOOR_JOIN, .member = member});
}

static void go(struct model *m, int i)
{
	run(m, &(struct ptt_floor_event){.type = PTT_FLOOR_LEAVE, .member = m->member[i]});
	free(m->member[i]);
	m->member[i] = NULL;
}

static void random_event(struct model *m)
{
	static const enum ptt_floor_event_type often[] = {PTT_FLOOR_REQUEST, PTT_FLOOR_REQUEST,
		PTT_FLOOR_REQUEST, PTT_FLOOR_RELEASE, PTT_FLOOR_MEDIA, PTT_FLOOR_MEDIA,
		PTT_FLOOR_MEDIA, PTT_FLOOR_QUERY, PTT_FLOOR_ACK, PTT_FLOOR_RIGHTS};
	struct ptt_floor_event event = {.type = often[random() % 10],
		.priority = (uint8_t)(random() % 5),
		.timestamp = random() % 3 == 0 ? 0 : (uint64_t)(1 + random() % 50),
		.seq_known = random() % 2 == 0,
		.seq = (uint16_t)(random() % 8)};
	int i = (int)(random() % PLACES);

	if (!m->member[i]) {
		come(m, i);
		return;
	}
	if (random() % 40 == 0) {
		go(m, i);
		return;
	}
	event.member = m->member[i];
	if (event.type == PTT_FLOOR_REQUEST && !event.member->tbcp)
		event.type = PTT_FLOOR_MEDIA; /* it has no TBCP */
	if (event.type == PTT_FLOOR_RIGHTS)
		event.member->listen_only = random() % 3 == 0;
	m->floor.closed = random() % 50 == 0;
	run(m, &event);
}

/* All that is due until now; each tick moves something on. */
static void run_timers(struct model *m, int64_t until_ms)
{
	int ticks = 0;

	while (ptt_floor_due_ms(&m->floor) <= until_ms) {
		if (ptt_floor_due_ms(&m->floor) > m->now_ms)
			m->now_ms = ptt_floor_due_ms(&m->floor);
		run(m, &(struct ptt_floor_event){.type = PTT_FLOOR_TICK});
		check(m);
		MUST(++ticks < 2000);
	}
	m->now_ms = until_ms;
}

START_TEST(random_orders)
{
	struct ptt_floor_policy policy = ptt_floor_policy_default;
	struct model m = {.now_ms = 1000};

	srandom((unsigned int)_i + 1);
	policy.queue_max = (uint8_t)(random() % 5);
	policy.alone = random() % 2;
	policy.max_burst_ms = 5000;
	ptt_floor_init(&m.floor, &policy);
	for (int i = 0; i < EVENTS; i++) {
		random_event(&m);
		check(&m);
		run_timers(&m, m.now_ms + random() % (random() % 20 == 0 ? 3000 : 100));
	}
	run_timers(&m, m.now_ms + FAR_MS);
	ck_assert_int_eq(m.floor.state, PTT_FLOOR_IDLE);
	for (int i = 0; i < PLACES; i++) {
		ck_assert(!m.asked[i]); /* all were answered */
		if (m.member[i])
			go(&m, i);
	}
	ck_assert_uint_gt(m.bursts, 100);
	ck_assert_uint_gt(m.denied, 100);
	ck_assert_uint_gt(m.revoked, 100);
	ck_assert(policy.queue_max == 0 || m.queued > 100);
	ck_assert(policy.queue_max == 0 || granted_from_queue > 100);
	ck_assert_uint_ge(total, EVENTS); /* SEEDS of these are a million */
	total = granted_from_queue = 0;
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("random");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, random_orders, 0, SEEDS);
	return check_run_case("floor_orders", t);
}
