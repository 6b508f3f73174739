/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The path of an offer:
 *
 *   OFFER m g -> the dialog is free -> the MUK is free -> are CSeqs needed?
 *      no:  a few in each turn of the loop: sealed under the MUK -> re-INVITE
 *      yes: window -> one batch (CSeqs) -> durable -> the same
 *
 * That he is sent the MSK needs no record: the row of his dialog says so (member.c).
 */
#include <stdlib.h>

#include "module/base/clock.h"
#include "module/base/fault_point.h"
#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/group/group_int.h"

#define RETRY_MS 1000
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

/* An offer without a key: takes the channel's lines out, or refreshes what is. */
static void send_keyless(struct ptt_member *member)
{
	struct ptt_member_body body = {0};

	if (member->zeroing)
		ptt_media_plan_zero_channel(&member->plan);
	if (ptt_member_write_body(member, &body) != PTT_OK ||
		ptt_sip_offer(member->dialog, body.text, body.len, 0) != PTT_OK)
		ptt_log_limited(PTT_LOG_WARN, "keyless-offer-not-sent", "group=%s member=%s",
			member->group->uri, ptt_member_name(member));
	member->zeroing = member->refresh_due = false;
}

/* Who has no key to wrap it under is put out at the next tick (muk_expiry.c): not from here, in the tracker's loop. */
static bool can_wrap(struct ptt_member *member)
{
	struct ptt_session_muk *key = member->key;
	int64_t now = ptt_clock_utc_s();

	if (!key)
		return false;
	if (key->expires_utc_s > now)
		return true;
	if (!key->wanted)
		ptt_muk_due_at(&member->group->env->muks, key, now);
	key->wanted = true;
	return false;
}

static void gather(struct ptt_member *member)
{
	struct ptt_group *group = member->group;

	if (group->window && group->window->count == PTT_WINDOW_MAX)
		ptt_offer_window_flush(group);
	if (!group->window)
		group->window = calloc(1, sizeof(*group->window));
	if (!group->window) {
		group->window_failed = true;
		group->retry_ms = ptt_clock_ms() + RETRY_MS;
		return;
	}
	group->window->group = group;
	group->window->offer[group->window->count].handle = member->handle;
	group->window->offer[group->window->count].generation = member->offer_generation;
	group->window->count++;
	member->in_window = true;
	if (!group->stepping)
		ptt_offer_window_flush(group);
}

static void send_offer(struct ptt_member *member, uint32_t generation);

void ptt_offer_try(struct ptt_member *member)
{
	struct ptt_group *group = member->group;

	if (group->stopped || member->in_window || !member->acked || member->req ||
		!ptt_sip_can_offer(member->dialog))
		return;
	ptt_sip_want_update(member->dialog, group->config->policy.rekey_method == PTT_REKEY_UPDATE);
	if (member->offer_generation == 0) {
		if (member->zeroing || member->refresh_due)
			send_keyless(member);
		return;
	}
	if (!can_wrap(member))
		return;
	if (!ptt_muk_acquire(member->key, &member->turn, ptt_clock_ms()))
		return;
	if (ptt_dialog_needs_reserve(member->dialog) ||
		group->turn_offers >= group->offers_a_turn) {
		gather(member);
		return;
	}
	group->turn_offers++;
	send_offer(member, member->offer_generation);
}

/* What could not be sent is told to the tracker: it sends what is newest by then, or gives up. */
static void offer_failed(struct ptt_member *member, enum ptt_err err, bool sealed)
{
	struct ptt_tracker_event event = {
		.kind = PTT_EV_UNSENT, .member = member->handle, .err = err};

	event.at_ms = (uint64_t)ptt_clock_ms() + (err == PTT_ERR_NO_KEY ? 0 : RETRY_MS);
	if (sealed || err == PTT_ERR_EXHAUSTED || err == PTT_ERR_NO_SPACE)
		event.kind = PTT_EV_OTHER_FAIL; /* no way to him: a try that counts */
	ptt_metric_inc_label(PTT_METRIC_OFFERS, "failed");
	ptt_log_limited(PTT_LOG_WARN, "offer-failed", "group=%s member=%s call_id=%s error=%s",
		member->group->uri, ptt_member_name(member), member->dialog->call_id,
		ptt_err_str(err));
	member->offer_generation = 0;
	ptt_member_release_muk(member);
	ptt_group_tell(member->group, &event);
}

static void send_offer(struct ptt_member *member, uint32_t generation)
{
	struct ptt_member_body body = {.generation = generation};
	bool sealed;
	enum ptt_err err;

	if (member->offer_generation != generation || !ptt_sip_can_offer(member->dialog)) {
		ptt_offer_try(member); /* a newer one is due, or the member began something */
		return;
	}
	err = ptt_media_plan_add_channel(&member->plan);
	if (err == PTT_OK)
		err = ptt_member_write_body(member, &body);
	sealed = err == PTT_OK;
	PTT_FAULT("offer");
	if (sealed)
		err = ptt_sip_offer(member->dialog, body.text, body.len, generation);
	if (err == PTT_ERR_BUSY && (sealed || ptt_dialog_needs_reserve(member->dialog))) {
		if (!sealed) /* its o= versions come first */
			ptt_offer_try(member);
		return; /* sealed: on_ready comes */
	}
	if (err != PTT_OK) {
		offer_failed(member, err, sealed);
		return;
	}
	member->offer_generation = 0;
	PTT_FAULT("offer-sent");
	ptt_log(PTT_LOG_DEBUG, "offer", "group=%s member=%s generation=%u call_id=%s",
		member->group->uri, ptt_member_name(member), generation, member->dialog->call_id);
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
	member->in_window = false;
	if (!window->group->stopped)
		send_offer(member, window->offer[i].generation);
}

void ptt_offer_window_send(struct ptt_group *group)
{
	struct ptt_window *window = group->sending;

	if (!window)
		return;
	for (; group->turn_offers < group->offers_a_turn && window->done < window->count;
		group->turn_offers++)
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
			member->in_window = false;
		else if (window->offer[i].cseq != 0)
			ptt_dialog_set_reserved(
				member->dialog, window->offer[i].cseq, window->offer[i].o_version);
	}
}

static void on_window_ready(struct ptt_window *window, enum ptt_err err)
{
	struct ptt_window **last;
	struct ptt_group *group = window->group;
	struct ptt_tracker_event tick = {.kind = PTT_EV_TIMER};

	if (err == PTT_OK) {
		for (last = &group->sending; *last; last = &(*last)->next)
			;
		*last = window; /* the timer sends it */
	} else {
		group->window_failed = true;
		group->retry_ms = ptt_clock_ms() + RETRY_MS;
		ptt_log_limited(PTT_LOG_ERROR, "keys-held-back", "group=%s offers=%zu error=%s",
			group->uri, window->count, ptt_err_str(err));
		window_over(window);
	}
	if (!group->stopped)
		ptt_group_tell(group, &tick); /* arms the timer: for the rest, or the retry */
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
		ptt_offer_try(ptt_member_of(group, handle));
}

/* A refresh is the newest MSK once more, under a fresh T; without the channel, its lines as they are. */
void ptt_offer_on_refresh(void *ctx, struct ptt_dialog *dialog)
{
	struct ptt_member *member = dialog->user;

	(void)ctx;
	if (!member)
		return;
	if (member->plan.channel == PTT_CHANNEL_ON) {
		ptt_member_tell(member, PTT_EV_PULL, 0);
		return;
	}
	member->refresh_due = true;
	ptt_offer_try(member);
}

void ptt_offer_on_ready(void *ctx, struct ptt_dialog *dialog)
{
	(void)ctx;
	if (dialog->user)
		ptt_offer_try(dialog->user);
}
