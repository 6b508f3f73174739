/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sends to the channel in batches, to a member's floor port one by one. Media thread only. */
#include "module/media/media_run.h"

#include <string.h>

#define ALARM_GAP_MS 1000

void ptt_media_channel_report(
	struct ptt_media_channel *ch, enum ptt_media_event_type type, int64_t now_ms)
{
	struct ptt_media_event event = {.type = type, .at_ms = now_ms};

	event.last_old_ms = ch->sent.last_ms;
	memcpy(event.mki, ch->relay.mki, PTT_MKI_LEN);
	ptt_media_report(ch, NULL, &event);
}

void ptt_media_channel_alarm(struct ptt_media_channel *ch, enum ptt_err err, int64_t now_ms)
{
	struct ptt_media_event event = {.type = PTT_MEDIA_ALARM, .err = err, .at_ms = now_ms};

	ptt_media_count(ch->media, COUNT_SEND_ERRORS);
	if (ch->alarm_ms != 0 && now_ms < ch->alarm_ms + ALARM_GAP_MS)
		return;
	ch->alarm_ms = now_ms;
	ptt_media_report(ch, NULL, &event);
}

void ptt_media_channel_sent(struct ptt_media_channel *ch, bool left, int64_t now_ms)
{
	if (!left) {
		ptt_media_channel_alarm(ch, PTT_ERR_SYSTEM, now_ms);
		return;
	}
	ch->sent.last_ms = now_ms;
	if (++ch->sent.packets == ch->mtk_packets)
		ptt_media_channel_report(ch, PTT_MEDIA_MTK_SPENT, now_ms);
}

void ptt_media_flush(struct ptt_media *media, int64_t now_ms)
{
	struct ptt_media_channel *ch = media->batch.out_of;
	size_t count = media->batch.out.count, left;

	if (count == 0)
		return;
	left = ptt_net_batch_send(&media->batch.out, ch->fd);
	for (size_t i = 0; i < count; i++)
		ptt_media_channel_sent(ch, i < left, now_ms);
}

uint8_t *ptt_media_channel_room(struct ptt_media_channel *ch, int64_t now_ms)
{
	struct ptt_media *media = ch->media;

	if (media->batch.out_of != ch || !ptt_net_batch_room(&media->batch.out))
		ptt_media_flush(media, now_ms);
	media->batch.out_of = ch;
	return ptt_net_batch_room(&media->batch.out);
}

void ptt_media_channel_put(struct ptt_media_channel *ch, size_t len, const struct ptt_addr *to)
{
	ptt_net_batch_add(&ch->media->batch.out, len, to);
}

void ptt_media_endpoint_send(struct ptt_endpoint *endpoint, const struct ptt_tbcp *msg)
{
	uint8_t buf[PTT_TBCP_MAX_LEN];
	size_t len;

	if (!endpoint->peer.has_floor || endpoint->peer.on_hold ||
		ptt_tbcp_put(buf, &len, sizeof(buf), msg) != PTT_OK)
		return;
	if (!ptt_net_send(
		    endpoint->pair->floor.fd, (struct ptt_bytes){buf, len}, &endpoint->peer.floor))
		ptt_media_count(endpoint->media, COUNT_SEND_ERRORS);
}
