/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floor of a channel: reads the members' requests, and does what the floor decides: answers to
 * members, announcements, events. Media thread only.
 */
#include "module/media/media_run.h"
#include "module/base/clock.h"
#include "module/rtp/ntp.h"

#define REPORTS_A_SECOND  50
#define MESSAGES_A_PACKET 4
#define ASKED_MAX_S       10 /* an older timestamp of a request does not count */

static void answer(struct ptt_media_channel *ch, struct ptt_endpoint *endpoint, struct ptt_tbcp msg)
{
	msg.ssrc = ch->relay.floor_ssrc;
	ptt_media_endpoint_send(endpoint, &msg);
}

static struct ptt_endpoint *endpoint_of(const struct ptt_floor_member *member)
{
	return member ? member->owner : NULL;
}

/* Bounded: a member may ask and release as often as it likes. The counters count everything. */
static bool may_report(struct ptt_media_channel *ch, int64_t now_ms)
{
	if (now_ms >= ch->reports.since_ms + 1000) {
		ch->reports.since_ms = now_ms;
		ch->reports.count = 0;
	}
	if (ch->reports.count >= REPORTS_A_SECOND)
		return false;
	ch->reports.count++;
	return true;
}

static void report(struct ptt_media_channel *ch, const struct ptt_floor_act *act,
	enum ptt_media_event_type type, int64_t now_ms)
{
	struct ptt_media_event event = {
		.type = type, .at_ms = now_ms, .reason = act->reason, .position = act->position};

	if (may_report(ch, now_ms))
		ptt_media_report(ch, endpoint_of(act->member), &event);
}

static void send_grant(
	struct ptt_media_channel *ch, const struct ptt_floor_act *act, int64_t now_ms)
{
	int64_t left_ms = ch->floor.taken_ms + ch->floor.policy.max_burst_ms - now_ms;
	uint16_t participants = ch->floor.members < UINT16_MAX ? (uint16_t)ch->floor.members : 0;

	if (left_ms < 1)
		left_ms = 1; /* T2 is due; 0 would mean no limit */
	if (!act->again)
		ptt_media_count(ch->media, COUNT_FLOOR_GRANTS);
	answer(ch, endpoint_of(act->member),
		(struct ptt_tbcp){.type = PTT_TBCP_GRANTED,
			.seconds = (uint16_t)((left_ms + 999) / 1000),
			.participants = participants});
}

static void send_deny(struct ptt_media_channel *ch, const struct ptt_floor_act *act, int64_t now_ms)
{
	ptt_media_count(ch->media, COUNT_FLOOR_DENIES + act->reason);
	answer(ch, endpoint_of(act->member),
		(struct ptt_tbcp){.type = PTT_TBCP_DENY, .reason = act->reason});
	report(ch, act, PTT_MEDIA_DENIED, now_ms);
}

static void send_revoke(
	struct ptt_media_channel *ch, const struct ptt_floor_act *act, int64_t now_ms)
{
	struct ptt_tbcp msg = {.type = PTT_TBCP_REVOKE, .reason = act->reason};

	if (act->reason == PTT_TBCP_REVOKE_TOO_LONG)
		msg.extra = (uint16_t)(ch->floor.policy.retry_ms / 1000);
	answer(ch, endpoint_of(act->member), msg);
	if (act->again)
		return;
	ptt_media_count(ch->media, COUNT_FLOOR_REVOKES + act->reason);
	if (act->member == ch->floor.holder) /* not for a warning: the member decides how often */
		report(ch, act, PTT_MEDIA_REVOKED, now_ms);
}

static void send_place(
	struct ptt_media_channel *ch, const struct ptt_floor_act *act, int64_t now_ms)
{
	answer(ch, endpoint_of(act->member),
		(struct ptt_tbcp){.type = PTT_TBCP_QUEUE_STATUS,
			.priority = act->position > 0 ? act->member->asked : 0,
			.position = act->position});
	if (act->position > 0)
		report(ch, act, PTT_MEDIA_QUEUED, now_ms);
}

static void begin(struct ptt_media_channel *ch, const struct ptt_floor_act *act, int64_t now_ms)
{
	if (ptt_srtp_relay_begin(&ch->relay) != PTT_OK)
		ptt_media_channel_alarm(ch, PTT_ERR_SYSTEM, now_ms);
	report(ch, act, PTT_MEDIA_TALK_START, now_ms);
}

static void act(struct ptt_media_channel *ch, const struct ptt_floor_act *act, int64_t now_ms)
{
	switch (act->what) {
	case PTT_FLOOR_DO_DENY:
		send_deny(ch, act, now_ms);
		break;
	case PTT_FLOOR_DO_QUEUE:
		send_place(ch, act, now_ms);
		break;
	case PTT_FLOOR_DO_REVOKE:
		send_revoke(ch, act, now_ms);
		break;
	case PTT_FLOOR_DO_END:
		report(ch, act, PTT_MEDIA_TALK_STOP, now_ms);
		break;
	case PTT_FLOOR_DO_GRANT:
		send_grant(ch, act, now_ms);
		break;
	case PTT_FLOOR_DO_BEGIN:
		begin(ch, act, now_ms);
		break;
	case PTT_FLOOR_DO_TELL:
		ptt_media_channel_announce(ch, now_ms);
		break;
	case PTT_FLOOR_DO_STATE:
		answer(ch, endpoint_of(act->member), ptt_media_channel_state(ch));
		break;
	}
}

static void step(struct ptt_media_channel *ch, const struct ptt_floor_event *event, int64_t now_ms)
{
	struct ptt_floor_out out;

	ptt_floor_step(&ch->floor, &out, event, now_ms);
	if (ch->queued != ch->floor.queue.count) {
		atomic_fetch_add_explicit(&ch->media->counts[COUNT_FLOOR_QUEUED],
			ch->floor.queue.count - ch->queued, memory_order_relaxed);
		ch->queued = ch->floor.queue.count;
	}
	for (size_t i = 0; i < out.count; i++)
		act(ch, &out.act[i], now_ms);
	ptt_media_arm(ch->media, ptt_floor_due_ms(&ch->floor));
}

void ptt_media_channel_floor(struct ptt_media_channel *ch, struct ptt_endpoint *endpoint,
	enum ptt_floor_event_type type, int64_t now_ms)
{
	struct ptt_floor_event event = {
		.type = type, .member = endpoint ? &endpoint->talker : NULL};

	step(ch, &event, now_ms);
}

bool ptt_media_channel_media(struct ptt_endpoint *endpoint, uint16_t seq, int64_t now_ms)
{
	struct ptt_floor_event event = {
		.type = PTT_FLOOR_MEDIA, .member = &endpoint->talker, .seq = seq};

	step(endpoint->channel, &event, now_ms);
	return ptt_floor_may_talk(&endpoint->channel->floor, &endpoint->talker, seq);
}

/* A timestamp far from our clock comes from a wrong clock: it does not count. */
static uint64_t plausible(uint64_t timestamp)
{
	int64_t asked_s = (int64_t)(timestamp >> 32) - PTT_NTP_UNIX_S;
	int64_t late_s = ptt_clock_utc_s() - asked_s;

	return late_s >= -1 && late_s <= ASKED_MAX_S ? timestamp : 0;
}

static void on_ack(struct ptt_endpoint *endpoint, uint8_t acked, int64_t now_ms)
{
	enum ptt_floor_state state = endpoint->channel->floor.state;

	if (acked == PTT_TBCP_TAKEN_ACK)
		endpoint->taken_asks = PTT_MEDIA_TAKEN_ASKS;
	else if ((acked == PTT_TBCP_GRANTED && state == PTT_FLOOR_TAKEN) ||
		 (acked == PTT_TBCP_REVOKE && state == PTT_FLOOR_REVOKED))
		ptt_media_channel_floor(endpoint->channel, endpoint, PTT_FLOOR_ACK, now_ms);
}

static void on_message(struct ptt_endpoint *endpoint, const struct ptt_tbcp *msg, int64_t now_ms)
{
	struct ptt_floor_event event = {.type = PTT_FLOOR_REQUEST, .member = &endpoint->talker};

	switch (msg->type) {
	case PTT_TBCP_REQUEST:
		ptt_media_count(endpoint->media, COUNT_FLOOR_REQUESTS);
		event.priority = msg->priority < UINT8_MAX ? (uint8_t)msg->priority : UINT8_MAX;
		event.timestamp = endpoint->peer.timestamps ? plausible(msg->timestamp) : 0;
		break;
	case PTT_TBCP_RELEASE:
		event.type = PTT_FLOOR_RELEASE;
		event.seq = msg->last_seq;
		event.seq_known = !msg->last_seq_unknown;
		break;
	case PTT_TBCP_QUEUE_REQUEST:
		event.type = PTT_FLOOR_QUERY;
		break;
	case PTT_TBCP_ACK:
		on_ack(endpoint, msg->acked, now_ms);
		return;
	default: /* the PF sends these and takes none */
		return;
	}
	step(endpoint->channel, &event, now_ms);
}

void ptt_media_channel_tbcp(struct ptt_endpoint *endpoint, struct ptt_bytes packet, int64_t now_ms)
{
	struct ptt_bytes one;
	struct ptt_tbcp msg;
	enum ptt_err err;

	for (int i = 0; i < MESSAGES_A_PACKET && packet.len > 0; i++) {
		err = ptt_rtcp_next(&one, &packet) ? ptt_tbcp_get(&msg, one) : PTT_ERR_MALFORMED;
		if (err == PTT_ERR_MALFORMED) {
			ptt_media_count(endpoint->media, COUNT_TBCP_MALFORMED);
			return;
		}
		if (err != PTT_OK) /* RTCP of the audio stream may come here too */
			continue;
		ptt_media_count(endpoint->media, COUNT_TBCP_RECEIVED);
		on_message(endpoint, &msg, now_ms);
	}
}
