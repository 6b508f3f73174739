/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One member's offer.
 *
 *   wanted -> the dialog is free -> the MUK is free -> counters are durable, and this turn of the loop has room -> sent
 *
 * ptt_offer_advance() looks at all of this anew each time. Every event that may let the offer go on calls it. A second
 * offer is never started: what is wanted during an offer stays in `wanted`, and the end of that offer advances it.
 *
 * That a member is sent an MSK needs no write of its own: a dialog's row implies it (member_row.c).
 */
#include "module/base/clock.h"
#include "module/base/fault_point.h"
#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/group/group_int.h"

/* An offer without an MSK: takes the channel out, or refreshes the session. */
static void send_keyless(struct ptt_member *member)
{
	struct ptt_member_offer *offer = &member->offer;
	struct ptt_member_body body = {0};

	if (offer->wanted & PTT_OFFER_WANT_NO_CHANNEL)
		ptt_media_plan_zero_channel(&member->plan);
	if (ptt_member_write_body(member, &body) == PTT_OK &&
		ptt_sip_offer(member->dialog, body.text, body.len, 0) == PTT_OK) {
		offer->state = PTT_OFFER_SENT;
	} else {
		offer->state = PTT_OFFER_NONE;
		ptt_log_limited(PTT_LOG_WARN, "keyless-offer-not-sent", "group=%s member=%s",
			member->group->uri, ptt_member_name(member));
	}
	offer->wanted = 0;
}

/*
 * Without a live MUK the next tick ends the member (muk_expiry.c). Not from here: the tracker's loop may be running, and
 * still use the member.
 */
static bool can_wrap(struct ptt_member *member)
{
	struct ptt_session_muk *muk = member->muk;
	int64_t now = ptt_clock_utc_s();

	if (!muk)
		return false;
	if (muk->expires_utc_s > now)
		return true;
	if (!muk->wanted)
		ptt_muk_due_at(&member->group->env->muks, muk, now);
	muk->wanted = true;
	return false;
}

/* Tells the tracker, which offers the newest MSK by then, or gives the member up. May free the member. */
static void offer_failed(struct ptt_member *member, enum ptt_err err, bool sealed)
{
	struct ptt_tracker_event event = {
		.kind = PTT_EV_UNSENT, .member = member->handle, .err = err};

	event.at_ms = (uint64_t)ptt_clock_ms() + (err == PTT_ERR_NO_KEY ? 0 : PTT_OFFER_RETRY_MS);
	if (sealed || err == PTT_ERR_EXHAUSTED || err == PTT_ERR_NO_SPACE)
		event.kind = PTT_EV_OTHER_FAIL; /* the member cannot be reached: counted as a try */
	ptt_metric_inc_label(PTT_METRIC_OFFERS, "failed");
	ptt_log_limited(PTT_LOG_WARN, "offer-failed", "group=%s member=%s call_id=%s error=%s",
		member->group->uri, ptt_member_name(member), member->dialog->call_id,
		ptt_err_str(err));
	member->offer.wanted &= ~(unsigned int)PTT_OFFER_WANT_MSK;
	member->offer.state = member->offer.wanted != 0 ? PTT_OFFER_WANTED : PTT_OFFER_NONE;
	ptt_member_release_muk(member);
	ptt_group_feed_or_log(member->group, &event);
}

static void send_msk(struct ptt_member *member)
{
	struct ptt_member_offer *offer = &member->offer;
	struct ptt_member_body body = {.generation = offer->generation};
	bool sealed;
	enum ptt_err err = ptt_media_plan_add_channel(&member->plan);

	if (err == PTT_OK)
		err = ptt_member_write_body(member, &body);
	sealed = err == PTT_OK;
	PTT_FAULT("offer");
	if (sealed)
		err = ptt_sip_offer(member->dialog, body.text, body.len, body.generation);
	if (err == PTT_ERR_BUSY && sealed) {
		offer->state = PTT_OFFER_WAITS_DIALOG; /* on_ready comes */
		return;
	}
	if (err == PTT_ERR_BUSY && ptt_dialog_needs_reserve(member->dialog)) {
		offer->state = PTT_OFFER_WAITS_COUNTERS; /* an answer used the last o= version */
		ptt_offer_window_add(member);
		return;
	}
	if (err != PTT_OK) {
		offer_failed(member, err, sealed);
		return;
	}
	offer->state = PTT_OFFER_SENT;
	offer->wanted &= ~(unsigned int)PTT_OFFER_WANT_MSK;
	PTT_FAULT("offer-sent");
	ptt_log(PTT_LOG_DEBUG, "offer", "group=%s member=%s generation=%u call_id=%s",
		member->group->uri, ptt_member_name(member), body.generation,
		member->dialog->call_id);
}

/* What the offer waits for. WANTED: for nothing. */
static enum ptt_offer_state look(struct ptt_member *member)
{
	const struct ptt_member_offer *offer = &member->offer;
	const struct ptt_group *group = member->group;

	if (!member->acked || member->req || !ptt_sip_can_offer(member->dialog)) {
		if (offer->state == PTT_OFFER_SENT)
			return PTT_OFFER_SENT;
		return offer->wanted != 0 ? PTT_OFFER_WAITS_DIALOG : PTT_OFFER_NONE;
	}
	ptt_sip_want_update(member->dialog, group->config->policy.rekey_method == PTT_REKEY_UPDATE);
	if (offer->wanted == 0)
		return PTT_OFFER_NONE;
	if (!(offer->wanted & PTT_OFFER_WANT_MSK))
		return PTT_OFFER_WANTED;
	if (!can_wrap(member) || !ptt_muk_acquire(member->muk, &member->lease, ptt_clock_ms()))
		return PTT_OFFER_WAITS_MUK;
	if (ptt_dialog_needs_reserve(member->dialog) || group->sent_in_turn >= group->offers_a_turn)
		return PTT_OFFER_WAITS_COUNTERS;
	return PTT_OFFER_WANTED;
}

void ptt_offer_advance(struct ptt_member *member)
{
	struct ptt_member_offer *offer = &member->offer;

	if (member->group->stopped || offer->state == PTT_OFFER_WAITS_COUNTERS ||
		offer->state == PTT_OFFER_QUEUED)
		return; /* its window goes on */
	offer->state = look(member);
	if (offer->state == PTT_OFFER_WAITS_COUNTERS) {
		ptt_offer_window_add(member);
	} else if (offer->state == PTT_OFFER_WANTED) {
		if (offer->wanted & PTT_OFFER_WANT_MSK) {
			member->group->sent_in_turn++;
			send_msk(member);
		} else {
			send_keyless(member);
		}
	}
}

void ptt_offer_want_msk(struct ptt_member *member, uint32_t generation)
{
	member->offer.wanted |= PTT_OFFER_WANT_MSK;
	member->offer.generation = generation;
	ptt_offer_advance(member);
}

void ptt_offer_on_turn(struct ptt_member *member, uint32_t generation)
{
	struct ptt_member_offer *offer = &member->offer;

	offer->state = PTT_OFFER_WANTED;
	if (member->group->stopped)
		return;
	/* A newer MSK may be wanted by now, or the member may have begun an exchange. */
	if ((offer->wanted & PTT_OFFER_WANT_MSK) && offer->generation == generation &&
		ptt_sip_can_offer(member->dialog))
		send_msk(member);
	else
		ptt_offer_advance(member);
}

bool ptt_offer_is_under_way(const struct ptt_member *member)
{
	return (member->offer.wanted & PTT_OFFER_WANT_MSK) || member->offer.state == PTT_OFFER_SENT;
}

/* A refresh offers the newest MSK once more, under a fresh T. Without the channel it offers the lines as they are. */
void ptt_offer_on_refresh(void *ctx, struct ptt_dialog *dialog)
{
	struct ptt_member *member = dialog->user;

	(void)ctx;
	if (!member)
		return;
	if (member->plan.channel == PTT_CHANNEL_ON) {
		ptt_member_feed(member, PTT_EV_PULL, 0);
		return;
	}
	member->offer.wanted |= PTT_OFFER_WANT_REFRESH;
	ptt_offer_advance(member);
}

void ptt_offer_on_ready(void *ctx, struct ptt_dialog *dialog)
{
	(void)ctx;
	if (dialog->user)
		ptt_offer_advance(dialog->user);
}
