/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Property test of the tracker: random orders of events in the small world of prop_world.c.
 *   PTT_PROP_ORDERS=N  how many (100,000; `./dev model` runs a million)
 *   PTT_PROP_SEED=S    the first seed: the orders are those of S, S + 1 ...
 * A failing order is made as small as it goes while the same thing breaks (delta debugging: first
 * the events, then their numbers, then the policy), and printed as a play. tests/model/mutants.sh
 * shows that broken rules are found.
 */
#include "tests/unit/core/prop_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPS_MAX 60

/** Numbers only: they pick from the world's present state, so any event can be left out.
 */
struct op {
	uint8_t what, who, how, wait;
};

struct order {
	struct ptt_policy policy;
	uint32_t window;
	size_t len;
	struct op ops[OPS_MAX];
};

static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(((random_state >> 33) * n) >> 31);
}

static void order_make(struct order *order, uint64_t seed)
{
	random_state = seed * 0x9e3779b97f4a7c15u + 1;
	order->policy = ptt_policy_default();
	order->policy.on_leave = (enum ptt_on_leave)random_below(3);
	order->policy.on_join = (enum ptt_on_join)random_below(3);
	order->policy.retries = random_below(3);
	order->policy.leave_batch_ms = 100 + random_below(400);
	order->policy.cutover_ms = 200;
	order->policy.period_s = random_below(4) == 0 ? 2 : 0;
	order->policy.mtk_period_s = random_below(4) == 0 ? 1 : 0;
	order->window = 1 + random_below(5);
	order->len = 10 + random_below(OPS_MAX - 10);
	for (size_t i = 0; i < order->len; i++)
		order->ops[i] = (struct op){(uint8_t)random_below(100), (uint8_t)random_below(240),
			(uint8_t)random_below(256), (uint8_t)random_below(256)};
}

static void op_answer(struct world *w, const struct op *op, uint32_t member)
{
	static const enum ptt_tracker_event_kind kinds[16] = {
		PTT_EV_ANSWERED,
		PTT_EV_ANSWERED,
		PTT_EV_ANSWERED,
		PTT_EV_ANSWERED,
		PTT_EV_ANSWERED,
		PTT_EV_GLARE,
		PTT_EV_UNSENT,
		PTT_EV_REFUSED_KEY,
		PTT_EV_SERVER_ERROR,
		PTT_EV_UNAVAILABLE,
		PTT_EV_OTHER_FAIL,
		PTT_EV_CHANNEL_REFUSED,
		PTT_EV_GONE,
		PTT_EV_STALE_ANSWER,
		PTT_EV_REFUSED_KEY,
		PTT_EV_ANSWERED,
	};

	world_answer(w, member, kinds[op->how % 16], op->wait * 20u);
}

static void op_group(struct world *w, const struct op *op)
{
	static const enum ptt_tracker_event_kind kinds[4] = {
		PTT_EV_OPERATOR, PTT_EV_PERIOD, PTT_EV_MTK_EXHAUSTED, PTT_EV_MTK_DUE};

	if (!world_feed(w, (struct ptt_tracker_event){.kind = kinds[op->how % 4]}))
		w->broken = "group event refused";
}

static void op_run(struct world *w, const struct op *op)
{
	uint32_t subject = op->who % WORLD_SUBJECTS, member = op->who % WORLD_MEMBERS;

	if (op->what < 14)
		world_join(w, subject, op->how & 1);
	else if (op->what < 46)
		op_answer(w, op, member);
	else if (op->what < 64)
		world_persisted(w, op->how % 8 != 0);
	else if (op->what < 74)
		world_cut_over(w, op->how % 6 != 0);
	else if (op->what < 80)
		world_expel(w, subject);
	else if (op->what < 83)
		world_answer(w, member, PTT_EV_LEAVE, 0);
	else if (op->what < 86)
		world_admit(w, subject);
	else if (op->what < 89)
		world_pull(w, member, op->how & 1);
	else if (op->what < 92)
		op_group(w, op);
	else if (op->what < 94)
		world_restart(w, op->how & 1, op->how & 2, op->how & 4);
	else if (op->what < 95 && op->how % 8 == 0)
		world_drain(w);
	else if (op->what < 95)
		world_reload(w, op->wait);
	else
		world_advance(w, op->how & 1 ? op->wait : op->wait * 8u);
}

/** @return what broke, or NULL. */
static const char *order_run(struct world *w, const struct order *order)
{
	if (!world_init(w, &order->policy, order->window))
		w->broken = "a new group was refused";
	for (size_t i = 0; i < order->len && !w->broken; i++)
		op_run(w, &order->ops[i]);
	if (!w->broken)
		world_settle(w);
	world_wipe(w);
	return w->broken;
}

/* Shrinking */

struct shrink {
	struct world *w;
	struct order *order;
	const char *broken;
	bool smaller; /**< this round made the order smaller */
};

/** Takes the smaller order if the same thing breaks in it. */
static bool shrink_to(struct shrink *shrink, const struct order *less)
{
	const char *broken = order_run(shrink->w, less);

	if (!broken || strcmp(broken, shrink->broken) != 0)
		return false;
	*shrink->order = *less;
	shrink->smaller = true;
	return true;
}

/** Leaves out runs of events: half of them, a quarter ... single ones. */
static void shrink_events(struct shrink *shrink)
{
	struct order *order = shrink->order;

	for (size_t run = order->len / 2 + 1; run > 0; run /= 2) {
		for (size_t at = order->len; at-- > 0;) {
			struct order less = *order;
			size_t end = at + run < less.len ? at + run : less.len;

			if (at >= less.len)
				continue;
			memmove(&less.ops[at], &less.ops[end],
				(less.len - end) * sizeof(less.ops[0]));
			less.len -= end - at;
			(void)shrink_to(shrink, &less);
		}
	}
}

/** Each number of each event 0, half or one less: the first member, no wait, the plain answer. */
static void shrink_numbers(struct shrink *shrink)
{
	for (size_t i = 0; i < shrink->order->len; i++) {
		for (unsigned int field = 0; field < 9; field++) {
			struct order less = *shrink->order;
			uint8_t *numbers[] = {
				&less.ops[i].who, &less.ops[i].how, &less.ops[i].wait};
			uint8_t *number = numbers[field / 3];

			if (*number == 0)
				continue;
			*number = (uint8_t)(field % 3 == 0   ? 0
					    : field % 3 == 1 ? *number / 2
							     : *number - 1);
			(void)shrink_to(shrink, &less);
		}
	}
}

static void shrink_policy(struct shrink *shrink)
{
	for (unsigned int field = 0; field < 5; field++) {
		struct order less = *shrink->order;

		less.policy.on_leave = field == 0 ? PTT_ON_LEAVE_NEVER : less.policy.on_leave;
		less.policy.on_join = field == 1 ? PTT_ON_JOIN_NEVER : less.policy.on_join;
		less.policy.period_s = field == 2 ? 0 : less.policy.period_s;
		less.policy.mtk_period_s = field == 3 ? 0 : less.policy.mtk_period_s;
		less.window = field == 4 ? 5 : less.window;
		if (memcmp(&less, shrink->order, sizeof(less)) != 0)
			(void)shrink_to(shrink, &less);
	}
}

static void order_shrink(struct world *w, struct order *order, const char *broken)
{
	struct shrink shrink = {.w = w, .order = order, .broken = broken, .smaller = true};

	while (shrink.smaller) {
		shrink.smaller = false;
		shrink_events(&shrink);
		shrink_numbers(&shrink);
		shrink_policy(&shrink);
	}
}

static int order_report(struct world *w, struct order *order, uint64_t seed, const char *broken)
{
	printf("seed %" PRIu64 ": %s (%zu events)\n", seed, broken, order->len);
	order_shrink(w, order, broken);
	w->trace = true;
	printf("shortest: %zu events, on_leave=%s on_join=%s retries=%" PRIu32 " window=%" PRIu32
	       "\n",
		order->len, ptt_on_leave_str(order->policy.on_leave),
		ptt_on_join_str(order->policy.on_join), order->policy.retries, order->window);
	printf("broken: %s\n", order_run(w, order));
	printf("again: PTT_PROP_ORDERS=1 PTT_PROP_SEED=%" PRIu64 " tests/unit/prop_tracker\n",
		seed);
	return EXIT_FAILURE;
}

static uint64_t number_from(const char *name, uint64_t preset)
{
	const char *text = getenv(name);

	return !text ? preset : strtoull(text, NULL, 10);
}

int main(void)
{
	uint64_t orders = number_from("PTT_PROP_ORDERS", 100000);
	uint64_t seed = number_from("PTT_PROP_SEED", 1);
	static struct world w;
	struct order order;
	int status = EXIT_SUCCESS;

	printf("tracker: %" PRIu64 " random orders from seed %" PRIu64 "\n", orders, seed);
	for (uint64_t i = 0; i < orders && status == EXIT_SUCCESS; i++) {
		const char *broken;

		order_make(&order, seed + i);
		broken = order_run(&w, &order);
		if (broken)
			status = order_report(&w, &order, seed + i, broken);
	}
	ptt_tracker_actions_wipe(&w.actions);
	if (status == EXIT_SUCCESS)
		printf("100%%: Checks: %" PRIu64 " orders, Failures: 0\n", orders);
	return status;
}
