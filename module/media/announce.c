/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Taken and Idle, to the channel at once and to the members without it one
 * by one. Media thread only.
 *
 * Those stand in one line, whatever their channel: so many are told in a while and no more, so that
 * neither a group of many without the channel nor one member who asks and releases as fast as he
 * can keeps the thread from anything else, or makes of each message of his one for everybody. What
 * one is told is the state when his turn comes: news that come while he waits take the place of
 * older ones.
 */
#include "module/media/media_run.h"

#define ONE_MS    100 /* a member is told so often on the long run, */
#define AHEAD_MS  300 /* ... and so much sooner for a short while: four at once */
#define WHILE_MS  4
#define TOLD_MAX  64 /* of all members within WHILE_MS: some 10 us each */
#define LOOKS_MAX 64 /* at the line in one go */

static void stand_in_line(struct ptt_endpoint *endpoint)
{
	struct ptt_media *media = endpoint->media;

	if (!media->line)
		media->line_end = &media->line;
	endpoint->line_next = NULL;
	endpoint->line_link = media->line_end;
	*media->line_end = endpoint;
	media->line_end = &endpoint->line_next;
}

void ptt_media_announce_leave(struct ptt_endpoint *endpoint)
{
	if (!endpoint->line_link)
		return;
	if (!endpoint->line_next)
		endpoint->media->line_end = endpoint->line_link;
	PTT_LIST_REMOVE(endpoint, line_next, line_link);
	endpoint->line_link = NULL;
}

struct ptt_tbcp ptt_media_channel_state(const struct ptt_media_channel *ch)
{
	const struct ptt_endpoint *holder = ch->floor.holder ? ch->floor.holder->owner : NULL;
	struct ptt_tbcp msg = {.type = PTT_TBCP_IDLE, .ssrc = ch->relay.floor_ssrc};

	if (!holder)
		return msg;
	msg.type = PTT_TBCP_TAKEN;
	msg.talker_ssrc = ch->relay.burst.ssrc;
	msg.uri = ptt_bytes_of_str(holder->name);
	return msg;
}

static bool is_told(const struct ptt_endpoint *endpoint)
{
	return endpoint->forward && &endpoint->talker != endpoint->channel->floor.holder;
}

/* Taken asks for an Ack until one comes, a few times a burst. */
static void tell(struct ptt_endpoint *endpoint, int64_t now_ms)
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
	endpoint->told_ms = (endpoint->told_ms > now_ms ? endpoint->told_ms : now_ms) + ONE_MS;
	ptt_media_channel_answer(endpoint, &msg);
}

int64_t ptt_media_announce_some(struct ptt_media *media, int64_t now_ms)
{
	if (now_ms >= media->while_ms + WHILE_MS) {
		media->while_ms = now_ms;
		media->told = 0;
	}
	for (int i = 0; i < LOOKS_MAX && media->line && media->told < TOLD_MAX; i++) {
		struct ptt_endpoint *endpoint = media->line;

		ptt_media_announce_leave(endpoint);
		if (!is_told(endpoint))
			continue;
		if (endpoint->told_ms > now_ms + AHEAD_MS) { /* his turn, but not his time */
			stand_in_line(endpoint);
			continue;
		}
		tell(endpoint, now_ms);
		media->told++;
	}
	return media->line ? media->while_ms + WHILE_MS : INT64_MAX;
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
	ptt_media_flush(ch->media, now_ms); /* it does not overtake what was relayed before */
	announce_to_channel(ch, now_ms);
	for (struct ptt_endpoint *endpoint = ch->forwards; endpoint;
		endpoint = endpoint->forward_next) {
		if (!is_told(endpoint))
			continue;
		if (endpoint->line_link)
			ptt_media_count(ch->media, COUNT_FLOOR_MERGED);
		else
			stand_in_line(endpoint);
	}
	ptt_media_arm(ch->media, ptt_media_announce_some(ch->media, now_ms));
}
