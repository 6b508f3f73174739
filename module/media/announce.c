/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Taken and Idle: to the channel at once, to the members without it one by one. Media thread only.
 *
 * The members without a channel wait in one line for all channels. In a while of 4 ms a bounded
 * number of them gets a message. So neither a large group nor a member that asks and releases as
 * fast as it can occupies the thread. The message has the state of the moment it leaves: it
 * replaces all news that came while the member waited.
 */
#include "module/media/media_run.h"

#define PACE_MS   100 /* mean gap between two announcements to one member */
#define AHEAD_MS  300 /* a burst may be so far ahead of that pace: four at once */
#define WHILE_MS  4
#define SENT_MAX  64 /* announcements to all members in a while: some 10 us each */
#define LOOKS_MAX 64 /* members looked at in one call */

static void stand_in_line(struct ptt_endpoint *endpoint)
{
	struct ptt_media *media = endpoint->media;

	if (!media->line.first)
		media->line.end = &media->line.first;
	endpoint->line_next = NULL;
	endpoint->line_link = media->line.end;
	*media->line.end = endpoint;
	media->line.end = &endpoint->line_next;
}

void ptt_media_announce_leave(struct ptt_endpoint *endpoint)
{
	if (!endpoint->line_link)
		return;
	if (!endpoint->line_next)
		endpoint->media->line.end = endpoint->line_link;
	PTT_LIST_REMOVE(endpoint, line_next, line_link);
}

struct ptt_tbcp ptt_media_channel_state(const struct ptt_media_channel *ch)
{
	const struct ptt_endpoint *holder = ch->floor.holder ? ch->floor.holder->owner : NULL;
	struct ptt_tbcp msg = {.type = PTT_TBCP_IDLE, .ssrc = ch->relay.floor_ssrc};

	if (!holder)
		return msg;
	msg.type = PTT_TBCP_TAKEN;
	msg.talker_ssrc = ch->relay.burst.ssrc;
	msg.uri = ptt_bytes_of_str(holder->peer.name);
	return msg;
}

static bool hears_by_unicast(const struct ptt_endpoint *endpoint)
{
	return endpoint->peer.forward && &endpoint->talker != endpoint->channel->floor.holder;
}

/* Taken asks for an Ack until one comes, at most PTT_MEDIA_TAKEN_ASKS times a burst. */
static void announce_to_member(struct ptt_endpoint *endpoint, int64_t now_ms)
{
	struct ptt_tbcp msg = ptt_media_channel_state(endpoint->channel);

	if (msg.type == PTT_TBCP_TAKEN && endpoint->taken_ssrc != msg.talker_ssrc) {
		endpoint->taken_ssrc = msg.talker_ssrc;
		endpoint->taken_asks = 0;
	}
	if (msg.type == PTT_TBCP_TAKEN && endpoint->taken_asks < PTT_MEDIA_TAKEN_ASKS) {
		endpoint->taken_asks++;
		msg.type = PTT_TBCP_TAKEN_ACK;
	}
	endpoint->paced_until_ms =
		(endpoint->paced_until_ms > now_ms ? endpoint->paced_until_ms : now_ms) + PACE_MS;
	ptt_media_endpoint_send(endpoint, &msg);
}

int64_t ptt_media_announce_some(struct ptt_media *media, int64_t now_ms)
{
	if (now_ms >= media->line.since_ms + WHILE_MS) {
		media->line.since_ms = now_ms;
		media->line.sent = 0;
	}
	for (int i = 0; i < LOOKS_MAX && media->line.first && media->line.sent < SENT_MAX; i++) {
		struct ptt_endpoint *endpoint = media->line.first;

		ptt_media_announce_leave(endpoint);
		if (!hears_by_unicast(endpoint))
			continue;
		if (endpoint->paced_until_ms > now_ms + AHEAD_MS) { /* too early: to the end */
			stand_in_line(endpoint);
			continue;
		}
		announce_to_member(endpoint, now_ms);
		media->line.sent++;
	}
	return media->line.first ? media->line.since_ms + WHILE_MS : INT64_MAX;
}

static void announce_to_channel(struct ptt_media_channel *ch, int64_t now_ms)
{
	struct ptt_tbcp msg = ptt_media_channel_state(ch);
	_Alignas(8) uint8_t packet[PTT_TBCP_MAX_LEN + PTT_SRTP_RELAY_ROOM];
	uint8_t plain[PTT_TBCP_MAX_LEN];
	size_t plain_len, len;
	enum ptt_err err = ptt_tbcp_put(plain, &plain_len, sizeof(plain), &msg);

	if (err == PTT_OK)
		err = ptt_srtp_relay_protect_rtcp(&ch->relay, packet, &len, sizeof(packet),
			(struct ptt_bytes){plain, plain_len});
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

void ptt_media_channel_announce(struct ptt_media_channel *ch, int64_t now_ms)
{
	ptt_media_flush(ch->media, now_ms); /* not to overtake the packets relayed before */
	announce_to_channel(ch, now_ms);
	for (struct ptt_endpoint *endpoint = ch->forwards; endpoint;
		endpoint = endpoint->forward_next) {
		if (!hears_by_unicast(endpoint))
			continue;
		if (endpoint->line_link)
			ptt_media_count(ch->media, COUNT_FLOOR_MERGED);
		else
			stand_in_line(endpoint);
	}
	ptt_media_arm(ch->media, ptt_media_announce_some(ch->media, now_ms));
}
