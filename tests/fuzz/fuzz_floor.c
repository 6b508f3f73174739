/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floor under orders of events that the fuzzer finds: three bytes an event. At most one holder,
 * a bounded queue, no queue at a free floor, and all timers end.
 */
#include <stdlib.h>

#include "module/media/floor.h"

#define PLACES 5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ptt_floor fl;
static struct ptt_floor_member *member[PLACES];
static const struct ptt_floor_member *holder;

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void step(struct ptt_floor_event event, int64_t now_ms)
{
	struct ptt_floor_out out;

	ptt_floor_step(&fl, &out, &event, now_ms);
	must(out.count <= sizeof(out.act) / sizeof(out.act[0]));
	for (size_t i = 0; i < out.count; i++) {
		if (out.act[i].what == PTT_FLOOR_DO_BEGIN) {
			must(!holder);
			holder = out.act[i].member;
		} else if (out.act[i].what == PTT_FLOOR_DO_END) {
			must(holder == out.act[i].member);
			holder = NULL;
		}
	}
	must(holder == fl.holder);
	must((!holder) == (fl.state == PTT_FLOOR_IDLE));
	must(holder || !fl.queue.first);
	must(fl.queue.count <= (size_t)fl.policy.queue_max + 1);
}

static void come(int i, uint8_t kind, int64_t now_ms)
{
	member[i] = calloc(1, sizeof(*member[i]));
	must(member[i] != NULL);
	member[i]->tbcp = (kind & 1) != 0;
	member[i]->queuing = (kind & 2) != 0;
	member[i]->listen_only = (kind & 12) == 12;
	member[i]->priority = kind >> 4 & 3;
	step((struct ptt_floor_event){.type = PTT_FLOOR_JOIN, .member = member[i]}, now_ms);
}

static void go(int i, int64_t now_ms)
{
	step((struct ptt_floor_event){.type = PTT_FLOOR_LEAVE, .member = member[i]}, now_ms);
	free(member[i]);
	member[i] = NULL;
}

static void event(const uint8_t bytes[3], int64_t now_ms)
{
	int i = bytes[0] % PLACES;
	struct ptt_floor_event what = {
		.type = (enum ptt_floor_event_type)(bytes[0] / PLACES % PTT_FLOOR_EVENTS),
		.priority = bytes[1] & 3,
		.timestamp = bytes[1] >> 2 & 3,
		.seq_known = (bytes[1] & 16) != 0,
		.seq = bytes[1] >> 5};

	what.member = member[i];
	if (what.type == PTT_FLOOR_TICK)
		step((struct ptt_floor_event){.type = PTT_FLOOR_TICK}, now_ms);
	else if (!member[i])
		come(i, bytes[1], now_ms);
	else if (what.type == PTT_FLOOR_LEAVE || what.type == PTT_FLOOR_JOIN)
		go(i, now_ms);
	else if (what.type == PTT_FLOOR_RIGHTS)
		member[i]->listen_only = bytes[1] & 1, step(what, now_ms);
	else if (what.type != PTT_FLOOR_REQUEST || member[i]->tbcp)
		step(what, now_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ptt_floor_policy policy = ptt_floor_policy_default;
	int64_t now_ms = 1000;
	int ticks = 0;

	policy.queue_max = size > 0 ? data[0] % 4 : 0;
	policy.alone = size % 2 == 0;
	ptt_floor_init(&fl, &policy);
	holder = NULL;
	for (size_t at = 1; at + 3 <= size; at += 3) {
		now_ms += 20 * (int64_t)data[at + 2];
		event(data + at, now_ms);
	}
	for (; ptt_floor_due_ms(&fl) != INT64_MAX; ticks++) { /* nobody sends: all timers end */
		must(ticks < 1000);
		if (ptt_floor_due_ms(&fl) > now_ms)
			now_ms = ptt_floor_due_ms(&fl);
		step((struct ptt_floor_event){.type = PTT_FLOOR_TICK}, now_ms);
	}
	must(fl.state == PTT_FLOOR_IDLE);
	for (int i = 0; i < PLACES; i++)
		if (member[i])
			go(i, now_ms);
	return 0;
}
