/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The floor of a channel: what members ask, what they are told, what everybody hears. Media thread only. */
#include "module/media/media_run.h"

void ptt_media_channel_answer(struct ptt_media_leg *leg, const struct ptt_tbcp *msg)
{
	uint8_t buf[PTT_TBCP_MAX_LEN];
	size_t len;

	if (!leg->has_floor || leg->on_hold || ptt_tbcp_put(buf, &len, sizeof(buf), msg) != PTT_OK)
		return;
	if (!ptt_net_send(leg->pair->floor.fd, (struct ptt_bytes){buf, len}, &leg->floor_peer))
		ptt_media_count(leg->media, COUNT_SEND_ERRORS);
}

static void answer(struct ptt_media_channel *ch, struct ptt_media_leg *leg, struct ptt_tbcp msg)
{
	msg.ssrc = ch->relay.floor_ssrc;
	ptt_media_channel_answer(leg, &msg);
}

static void tell_talk(struct ptt_media_channel *ch, const void *leg, enum ptt_media_event_type type,
	int64_t now_ms)
{
	struct ptt_media_event event = {.type = type, .at_ms = now_ms};

	/* the floor keeps members as constants; they are our legs */
	ptt_media_tell(ch, (struct ptt_media_leg *)(uintptr_t)leg, &event);
}

static void answer_member(
	struct ptt_media_channel *ch, struct ptt_media_leg *leg, unsigned int todo)
{
	const struct ptt_floor_policy *policy = &ch->floor.policy;

	if (todo & PTT_FLOOR_DO_GRANT)
		answer(ch, leg,
			(struct ptt_tbcp){.type = PTT_TBCP_GRANTED,
				.seconds = (uint16_t)(policy->max_burst_ms / 1000)});
	if (todo & PTT_FLOOR_DO_DENY)
		answer(ch, leg,
			(struct ptt_tbcp){
				.type = PTT_TBCP_DENY, .reason = PTT_TBCP_DENY_OTHER_TALKS});
	if (todo & PTT_FLOOR_DO_DENY_RETRY)
		answer(ch, leg,
			(struct ptt_tbcp){
				.type = PTT_TBCP_DENY, .reason = PTT_TBCP_DENY_RETRY_AFTER});
}

void ptt_media_channel_floor(struct ptt_media_channel *ch, struct ptt_media_leg *leg,
	enum ptt_floor_event event, int64_t now_ms)
{
	const void *last;
	unsigned int todo = ptt_floor_step(&ch->floor, &last, event, leg, now_ms);
	struct ptt_tbcp revoke = {.type = PTT_TBCP_REVOKE, .reason = PTT_TBCP_REVOKE_TOO_LONG};

	if (todo == 0)
		return;
	if (leg != NULL)
		answer_member(ch, leg, todo);
	if (todo & PTT_FLOOR_DO_REVOKE) {
		revoke.extra = (uint16_t)(ch->floor.policy.retry_ms / 1000);
		answer(ch, (struct ptt_media_leg *)(uintptr_t)last, revoke);
	}
	if (todo & PTT_FLOOR_DO_TAKEN) {
		if (ptt_srtp_relay_begin(&ch->relay) != PTT_OK)
			ptt_media_channel_alarm(ch, PTT_ERR_SYSTEM, now_ms);
		tell_talk(ch, leg, PTT_MEDIA_TALK_START, now_ms);
	}
	if (todo & PTT_FLOOR_DO_IDLE)
		tell_talk(ch, last, PTT_MEDIA_TALK_STOP, now_ms);
	if (todo & (PTT_FLOOR_DO_TAKEN | PTT_FLOOR_DO_IDLE))
		ptt_media_channel_announce(ch, now_ms);
	ptt_media_arm(ch->media, ptt_floor_due_ms(&ch->floor));
}

void ptt_media_channel_tbcp(struct ptt_media_leg *leg, struct ptt_bytes packet, int64_t now_ms)
{
	struct ptt_tbcp msg;
	enum ptt_err err = ptt_tbcp_get(&msg, packet);

	if (err == PTT_ERR_MALFORMED)
		ptt_media_count(leg->media, COUNT_TBCP_MALFORMED);
	if (err != PTT_OK) /* RTCP of his audio port may come here too */
		return;
	ptt_media_count(leg->media, COUNT_TBCP_RECEIVED);
	if (msg.type == PTT_TBCP_REQUEST)
		ptt_media_channel_floor(leg->channel, leg, PTT_FLOOR_REQUEST, now_ms);
	else if (msg.type == PTT_TBCP_RELEASE)
		ptt_media_channel_floor(leg->channel, leg, PTT_FLOOR_RELEASE, now_ms);
}

static struct ptt_tbcp floor_message(const struct ptt_media_channel *ch)
{
	const struct ptt_media_leg *holder = ch->floor.holder;
	struct ptt_tbcp msg = {.type = PTT_TBCP_IDLE, .ssrc = ch->relay.floor_ssrc};

	if (holder == NULL)
		return msg;
	msg.type = PTT_TBCP_TAKEN;
	msg.talker_ssrc = ch->relay.burst.ssrc;
	msg.uri = ptt_bytes_of_str(holder->name);
	return msg;
}

void ptt_media_channel_announce(struct ptt_media_channel *ch, int64_t now_ms)
{
	struct ptt_tbcp msg = floor_message(ch);
	_Alignas(8) uint8_t packet[PTT_TBCP_MAX_LEN + PTT_SRTP_RELAY_ROOM];
	uint8_t plain[PTT_TBCP_MAX_LEN];
	size_t plain_len, len;
	enum ptt_err err;

	ptt_media_flush(ch->media, now_ms); /* it does not overtake what was relayed before */
	if (ptt_tbcp_put(plain, &plain_len, sizeof(plain), &msg) != PTT_OK)
		return;
	for (struct ptt_media_leg *leg = ch->legs; leg != NULL; leg = leg->channel_next) {
		if (leg->forward)
			ptt_media_channel_answer(leg, &msg);
	}
	err = ptt_srtp_relay_protect_rtcp(
		&ch->relay, packet, &len, sizeof(packet), (struct ptt_bytes){plain, plain_len});
	if (err == PTT_ERR_NO_KEY)
		return;
	if (err != PTT_OK) {
		ptt_media_channel_alarm(ch, err, now_ms);
		return;
	}
	ptt_media_count(ch->media, COUNT_SRTCP);
	ptt_media_channel_sent(
		ch, ptt_net_send(ch->fd, (struct ptt_bytes){packet, len}, &ch->floor_to), now_ms);
}
