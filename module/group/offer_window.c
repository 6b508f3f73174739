/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Offers that cannot leave at once: their dialogs' counters must be durable first, or this turn of the loop has sent
 * enough.
 *
 *   gathered in a window -> one batch for all (CSeqs, o= versions) -> durable -> queued -> a few in each turn
 */
#include <stdlib.h>

#include "module/base/clock.h"
#include "module/base/fault_point.h"
#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/group/group_int.h"

/*
 * In flight is what keeps the loop at work while answers are on their way, and no more: those of members nearby would
 * only stand in the socket's queue, in front of everybody else's requests. The answers to the most fit a UDP socket's
 * buffer at the kernel's defaults (2 * 212,992 bytes, some 2,300 a datagram): none is lost, none is sent twice.
 */
#define OFFERS_A_MS     16
#define IN_FLIGHT_LEAST 64
#define IN_FLIGHT_MOST  150
#define TOOK_MOST_MS    100

/* Offers gathered. */
struct ptt_window {
	struct ptt_group *group;
	struct ptt_window *next; /* of those that may go */
	size_t count, done;
	struct {
		uint32_t handle, generation, cseq, o_version;
	} offer[PTT_WINDOW_MAX];
};

void ptt_offer_window_add(struct ptt_member *member)
{
	struct ptt_group *group = member->group;

	if (group->window && group->window->count == PTT_WINDOW_MAX)
		ptt_offer_window_flush(group);
	if (!group->window)
		group->window = calloc(1, sizeof(*group->window));
	if (!group->window) {
		member->offer.state = PTT_OFFER_WANTED;
		group->window_failed = true;
		group->retry_ms = ptt_clock_ms() + PTT_OFFER_RETRY_MS;
		return;
	}
	group->window->group = group;
	group->window->offer[group->window->count].handle = member->handle;
	group->window->offer[group->window->count].generation = member->offer.generation;
	group->window->count++;
	if (!group->stepping)
		ptt_offer_window_flush(group);
}

static void window_over(struct ptt_window *window)
{
	struct ptt_group *group = window->group;

	free(window);
	group->windows_out--;
	ptt_offer_window_flush(group);
}

static void send_next(struct ptt_window *window)
{
	size_t i = window->done++;
	struct ptt_member *member = ptt_member_of(window->group, window->offer[i].handle);

	if (!member)
		return;
	ptt_offer_on_turn(member, window->offer[i].generation);
}

void ptt_offer_window_send(struct ptt_group *group)
{
	struct ptt_window *window = group->sending;

	if (!window)
		return;
	for (; group->sent_in_turn < group->offers_a_turn && window->done < window->count;
		group->sent_in_turn++)
		send_next(window);
	if (window->done < window->count)
		return;
	group->sending = window->next;
	window_over(window);
}

uint32_t ptt_offer_window_size(uint32_t took_ms8)
{
	uint32_t count = took_ms8 * OFFERS_A_MS / 8;

	if (count < IN_FLIGHT_LEAST)
		return IN_FLIGHT_LEAST;
	return count < IN_FLIGHT_MOST ? count : IN_FLIGHT_MOST;
}

void ptt_offer_window_pace(struct ptt_group *group, uint32_t took_ms)
{
	group->took_ms8 -= group->took_ms8 / 8;
	group->took_ms8 += took_ms < TOOK_MOST_MS ? took_ms : TOOK_MOST_MS;
	ptt_tracker_set_window(group->tracker, ptt_offer_window_size(group->took_ms8));
}

void ptt_offer_windows_free(struct ptt_group *group)
{
	while (group->sending) {
		struct ptt_window *window = group->sending;

		group->sending = window->next;
		free(window);
	}
	free(group->window);
}

/* What the store has reserved counts from now on, whenever the offer goes: an answer to him may come first. */
static void take_reserved(const struct ptt_window *window, enum ptt_err err)
{
	for (size_t i = 0; i < window->count; i++) {
		struct ptt_member *member = ptt_member_of(window->group, window->offer[i].handle);

		if (!member)
			continue;
		if (err != PTT_OK)
			member->offer.state = PTT_OFFER_WANTED;
		else if (window->offer[i].cseq != 0)
			ptt_dialog_set_reserved(
				member->dialog, window->offer[i].cseq, window->offer[i].o_version);
	}
}

static void mark_queued(const struct ptt_window *window)
{
	for (size_t i = 0; i < window->count; i++) {
		struct ptt_member *member = ptt_member_of(window->group, window->offer[i].handle);

		if (member)
			member->offer.state = PTT_OFFER_QUEUED;
	}
}

static void on_window_ready(struct ptt_window *window, enum ptt_err err)
{
	struct ptt_window **last;
	struct ptt_group *group = window->group;
	struct ptt_tracker_event tick = {.kind = PTT_EV_TIMER};

	if (err == PTT_OK) {
		mark_queued(window);
		for (last = &group->sending; *last; last = &(*last)->next)
			;
		*last = window; /* the timer sends it */
	} else {
		group->window_failed = true;
		group->retry_ms = ptt_clock_ms() + PTT_OFFER_RETRY_MS;
		ptt_log_limited(PTT_LOG_ERROR, "keys-held-back", "group=%s offers=%zu error=%s",
			group->uri, window->count, ptt_err_str(err));
		window_over(window);
	}
	if (!group->stopped)
		ptt_group_feed_or_log(
			group, &tick); /* arms the timer: for the rest, or the retry */
}

static void on_window_durable(void *ctx, enum ptt_err err)
{
	PTT_FAULT("offers-durable");
	take_reserved(ctx, err);
	on_window_ready(ctx, err);
}

static void reserve(struct ptt_window *window, size_t i, struct ptt_store_batch *batch)
{
	const struct ptt_member *member = ptt_member_of(window->group, window->offer[i].handle);
	struct ptt_dialog *dialog;

	if (!member)
		return;
	dialog = member->dialog;
	if (!ptt_dialog_needs_reserve(dialog))
		return;
	window->offer[i].cseq = dialog->cseq_reserved + PTT_STORE_BLOCK;
	window->offer[i].o_version = dialog->o_version_reserved + PTT_STORE_BLOCK;
	ptt_member_reserve(dialog, window->offer[i].cseq, window->offer[i].o_version, batch);
}

static bool has_counters(const struct ptt_window *window)
{
	const struct ptt_member *member;

	for (size_t i = 0; i < window->count; i++) {
		member = ptt_member_of(window->group, window->offer[i].handle);
		if (member && ptt_dialog_needs_reserve(member->dialog))
			return false;
	}
	return true;
}

void ptt_offer_window_flush(struct ptt_group *group)
{
	struct ptt_window *window = group->window;
	struct ptt_store_batch *batch;
	enum ptt_err err;

	if (!window || group->stopped || (group->windows_out > 0 && window->count < PTT_WINDOW_MAX))
		return;
	group->window = NULL;
	group->windows_out++;
	if (has_counters(window)) {
		on_window_ready(window, PTT_OK);
		return;
	}
	batch = ptt_store_batch_new(group->env->store);
	for (size_t i = 0; i < window->count; i++)
		reserve(window, i, batch);
	PTT_FAULT("offers-write");
	err = ptt_store_commit(batch, PTT_STORE_FULL, on_window_durable, window);
	if (err != PTT_OK)
		on_window_durable(window, err);
}

void ptt_offer_window_retry(struct ptt_group *group)
{
	uint32_t handle = PTT_HANDLE_NONE;

	group->window_failed = false;
	while ((handle = ptt_roster_next_member(group->roster, handle)) != PTT_HANDLE_NONE)
		ptt_offer_advance(ptt_member_of(group, handle));
}
