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
#include <time.h>

#include "module/base/fault_point.h"
#include "module/base/log.h"
#include "module/server/pf.h"

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
	struct ptt_conference *conf;
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
			member->conf->uri, ptt_member_name(member));
	member->zeroing = member->refresh_due = false;
}

/* Who has no key to wrap it under is put out at the next tick (key_life.c): not from here, in the tracker's loop. */
static bool can_wrap(struct ptt_member *member)
{
	struct ptt_user_key *key = member->key;
	int64_t now = (int64_t)time(NULL);

	if (key == NULL)
		return false;
	if (key->expires_utc_s > now)
		return true;
	if (!key->wanted)
		ptt_user_key_due_at(&member->conf->pf->user_keys, key, now);
	key->wanted = true;
	return false;
}

static void gather(struct ptt_member *member)
{
	struct ptt_conference *conf = member->conf;

	if (conf->window != NULL && conf->window->count == PTT_WINDOW_MAX)
		ptt_rekey_flush(conf);
	if (conf->window == NULL)
		conf->window = calloc(1, sizeof(*conf->window));
	if (conf->window == NULL) {
		conf->window_failed = true;
		conf->retry_ms = ptt_media_now_ms() + RETRY_MS;
		return;
	}
	conf->window->conf = conf;
	conf->window->offer[conf->window->count].handle = member->handle;
	conf->window->offer[conf->window->count].generation = member->offer_generation;
	conf->window->count++;
	member->in_window = true;
	if (!conf->stepping)
		ptt_rekey_flush(conf);
}

static void send_offer(struct ptt_member *member, uint32_t generation);

void ptt_rekey_try_offer(struct ptt_member *member)
{
	struct ptt_conference *conf = member->conf;

	if (conf->stopped || member->in_window || !member->acked || member->req != NULL ||
		!ptt_sip_can_offer(member->dialog))
		return;
	ptt_sip_want_update(member->dialog, conf->config->policy.rekey_method == PTT_REKEY_UPDATE);
	if (member->offer_generation == 0) {
		if (member->zeroing || member->refresh_due)
			send_keyless(member);
		return;
	}
	if (!can_wrap(member))
		return;
	if (!ptt_user_key_take(member->key, &member->turn, ptt_media_now_ms()))
		return;
	if (ptt_dialog_needs_reserve(member->dialog) || conf->turn_offers >= conf->offers_a_turn) {
		gather(member);
		return;
	}
	conf->turn_offers++;
	send_offer(member, member->offer_generation);
}

/* What could not be sent is told to the tracker: it sends what is newest by then, or gives up. */
static void offer_failed(struct ptt_member *member, enum ptt_err err, bool sealed)
{
	struct ptt_tracker_event event = {
		.kind = PTT_EV_UNSENT, .member = member->handle, .err = err};

	event.at_ms = (uint64_t)ptt_media_now_ms() + (err == PTT_ERR_NO_KEY ? 0 : RETRY_MS);
	if (sealed || err == PTT_ERR_EXHAUSTED || err == PTT_ERR_NO_SPACE)
		event.kind = PTT_EV_OTHER_FAIL; /* no way to him: a try that counts */
	ptt_metric_inc_label(PTT_METRIC_OFFERS, "failed");
	ptt_log_limited(PTT_LOG_WARN, "offer-failed", "group=%s member=%s call_id=%s error=%s",
		member->conf->uri, ptt_member_name(member), member->dialog->call_id,
		ptt_err_str(err));
	member->offer_generation = 0;
	ptt_member_release_key(member);
	ptt_conference_tell(member->conf, &event);
}

static void send_offer(struct ptt_member *member, uint32_t generation)
{
	struct ptt_member_body body = {.generation = generation};
	bool sealed;
	enum ptt_err err;

	if (member->offer_generation != generation || !ptt_sip_can_offer(member->dialog)) {
		ptt_rekey_try_offer(member); /* a newer one is due, or the member began something */
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
			ptt_rekey_try_offer(member);
		return; /* sealed: on_ready comes */
	}
	if (err != PTT_OK) {
		offer_failed(member, err, sealed);
		return;
	}
	member->offer_generation = 0;
	PTT_FAULT("offer-sent");
	ptt_log(PTT_LOG_DEBUG, "offer", "group=%s member=%s generation=%u call_id=%s",
		member->conf->uri, ptt_member_name(member), generation, member->dialog->call_id);
}

static void window_over(struct ptt_window *window)
{
	struct ptt_conference *conf = window->conf;

	free(window);
	conf->windows_out--;
	ptt_rekey_flush(conf);
}

static void send_next(struct ptt_window *window)
{
	size_t i = window->done++;
	struct ptt_member *member = ptt_member_of(window->conf, window->offer[i].handle);

	if (member == NULL)
		return;
	member->in_window = false;
	if (!window->conf->stopped)
		send_offer(member, window->offer[i].generation);
}

void ptt_rekey_send_some(struct ptt_conference *conf)
{
	struct ptt_window *window = conf->sending;

	if (window == NULL)
		return;
	for (; conf->turn_offers < conf->offers_a_turn && window->done < window->count;
		conf->turn_offers++)
		send_next(window);
	if (window->done < window->count)
		return;
	conf->sending = window->next;
	window_over(window);
}

uint32_t ptt_rekey_in_flight(uint32_t took_ms8)
{
	uint32_t count = took_ms8 * OFFERS_A_MS / 8;

	if (count < IN_FLIGHT_LEAST)
		return IN_FLIGHT_LEAST;
	return count < IN_FLIGHT_MOST ? count : IN_FLIGHT_MOST;
}

void ptt_rekey_pace(struct ptt_conference *conf, uint32_t took_ms)
{
	conf->took_ms8 -= conf->took_ms8 / 8;
	conf->took_ms8 += took_ms < TOOK_MOST_MS ? took_ms : TOOK_MOST_MS;
	ptt_tracker_set_window(conf->tracker, ptt_rekey_in_flight(conf->took_ms8));
}

void ptt_rekey_windows_free(struct ptt_conference *conf)
{
	while (conf->sending != NULL) {
		struct ptt_window *window = conf->sending;

		conf->sending = window->next;
		free(window);
	}
	free(conf->window);
}

/* What the store has reserved counts from now on, whenever the offer goes: an answer to him may come first. */
static void take_reserved(const struct ptt_window *window, enum ptt_err err)
{
	for (size_t i = 0; i < window->count; i++) {
		struct ptt_member *member = ptt_member_of(window->conf, window->offer[i].handle);

		if (member == NULL)
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
	struct ptt_conference *conf = window->conf;
	struct ptt_tracker_event tick = {.kind = PTT_EV_TIMER};

	if (err == PTT_OK) {
		for (last = &conf->sending; *last != NULL; last = &(*last)->next)
			;
		*last = window; /* the timer sends it */
	} else {
		conf->window_failed = true;
		conf->retry_ms = ptt_media_now_ms() + RETRY_MS;
		ptt_log_limited(PTT_LOG_ERROR, "keys-held-back", "group=%s offers=%zu error=%s",
			conf->uri, window->count, ptt_err_str(err));
		window_over(window);
	}
	if (!conf->stopped)
		ptt_conference_tell(conf, &tick); /* arms the timer: for the rest, or the retry */
}

static void on_window_durable(void *ctx, enum ptt_err err)
{
	PTT_FAULT("offers-durable");
	take_reserved(ctx, err);
	on_window_ready(ctx, err);
}

static void reserve(struct ptt_window *window, size_t i, struct ptt_store_batch *batch)
{
	const struct ptt_member *member = ptt_member_of(window->conf, window->offer[i].handle);
	struct ptt_dialog *dialog;

	if (member == NULL)
		return;
	dialog = member->dialog;
	if (!ptt_dialog_needs_reserve(dialog))
		return;
	window->offer[i].cseq = dialog->cseq_reserved + PTT_STORE_BLOCK;
	window->offer[i].o_version = dialog->o_version_reserved + PTT_STORE_BLOCK;
	ptt_pf_reserve_dialog(dialog, window->offer[i].cseq, window->offer[i].o_version, batch);
}

static bool has_counters(const struct ptt_window *window)
{
	const struct ptt_member *member;

	for (size_t i = 0; i < window->count; i++) {
		member = ptt_member_of(window->conf, window->offer[i].handle);
		if (member != NULL && ptt_dialog_needs_reserve(member->dialog))
			return false;
	}
	return true;
}

void ptt_rekey_flush(struct ptt_conference *conf)
{
	struct ptt_window *window = conf->window;
	struct ptt_store_batch *batch;
	enum ptt_err err;

	if (window == NULL || conf->stopped ||
		(conf->windows_out > 0 && window->count < PTT_WINDOW_MAX))
		return;
	conf->window = NULL;
	conf->windows_out++;
	if (has_counters(window)) {
		on_window_ready(window, PTT_OK);
		return;
	}
	batch = ptt_store_batch_new(conf->pf->store);
	for (size_t i = 0; i < window->count; i++)
		reserve(window, i, batch);
	PTT_FAULT("offers-write");
	err = ptt_store_commit(batch, PTT_STORE_FULL, on_window_durable, window);
	if (err != PTT_OK)
		on_window_durable(window, err);
}

void ptt_rekey_retry(struct ptt_conference *conf)
{
	uint32_t handle = PTT_HANDLE_NONE;

	conf->window_failed = false;
	while ((handle = ptt_roster_next_member(conf->roster, handle)) != PTT_HANDLE_NONE)
		ptt_rekey_try_offer(ptt_member_of(conf, handle));
}
