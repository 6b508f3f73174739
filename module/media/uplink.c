/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What members send by unicast: whose it is, and the RTP of the one who has the floor to the
 * channel. Media thread only.
 */
#include "module/media/amr_pack.h"
#include "module/media/media_run.h"

#define DATAGRAMS_A_READ 32

static bool pack(struct ptt_bytes *payload, uint8_t room[PTT_AMR_PAYLOAD_MAX])
{
	size_t len;

	if (ptt_amr_pack(room, &len, PTT_AMR_PAYLOAD_MAX, *payload) != PTT_OK)
		return false;
	*payload = (struct ptt_bytes){room, len};
	return true;
}

/* To members without the channel, from the port they know. */
static void forward(struct ptt_media_channel *ch, const struct ptt_rtp *rtp)
{
	uint8_t buf[PTT_RTP_MAX_LEN], payload[PTT_AMR_PAYLOAD_MAX];
	struct ptt_rtp out = *rtp;
	size_t len;

	for (struct ptt_media_leg *leg = ch->legs; leg != NULL; leg = leg->channel_next) {
		if (!leg->forward || leg->on_hold || leg == ch->floor.holder)
			continue;
		out.pt = leg->pt;
		out.payload = rtp->payload;
		if (leg->packed && !pack(&out.payload, payload))
			continue;
		if (ptt_rtp_put(buf, &len, sizeof(buf), &out) != PTT_OK)
			return;
		if (!ptt_net_send(
			    leg->pair->audio.fd, (struct ptt_bytes){buf, len}, &leg->audio_peer))
			ptt_media_count(ch->media, COUNT_SEND_ERRORS);
	}
}

static enum ptt_err relay(struct ptt_media_channel *ch, const struct ptt_rtp *in, int64_t now_ms)
{
	_Alignas(8) uint8_t packet[PTT_RTP_MAX_LEN];
	uint32_t ssrc = ch->relay.burst.ssrc;
	struct ptt_rtp out;
	size_t len;

	PTT_TRY(ptt_srtp_relay_stamp(&ch->relay, &out, in));
	if (out.ssrc != ssrc)
		ptt_media_channel_announce(ch, now_ms); /* Taken names the SSRC */
	forward(ch, &out);
	PTT_TRY(ptt_srtp_relay_protect(&ch->relay, packet, &len, sizeof(packet), &out));
	ptt_media_count(ch->media, COUNT_SRTP);
	ptt_media_channel_sent(
		ch, ptt_net_send(ch->fd, (struct ptt_bytes){packet, len}, &ch->audio_to), now_ms);
	return PTT_OK;
}

static enum ptt_err on_rtp(struct ptt_media_leg *leg, struct ptt_bytes packet, int64_t now_ms)
{
	struct ptt_media_channel *ch = leg->channel;
	uint8_t payload[PTT_AMR_PAYLOAD_MAX];
	struct ptt_rtp rtp;
	enum ptt_err err;
	size_t len;

	PTT_TRY(ptt_rtp_get(&rtp, packet));
	if (rtp.pt != leg->pt || rtp.payload.len == 0)
		return PTT_ERR_MISMATCH;
	if (leg->packed) {
		PTT_TRY(ptt_amr_align(payload, &len, sizeof(payload), rtp.payload));
		rtp.payload = (struct ptt_bytes){payload, len};
	}
	ptt_media_channel_floor(ch, leg, PTT_FLOOR_MEDIA, now_ms);
	if (!ptt_floor_may_talk(&ch->floor, leg))
		return PTT_ERR_BUSY;
	err = relay(ch, &rtp, now_ms);
	if (err == PTT_ERR_SYSTEM)
		ptt_media_channel_alarm(ch, err, now_ms);
	return err;
}

/*
 * The SDP's address and port always count. Alone on his pair a member may send from one other port
 * of the same host (the first one seen), as clients with separate sockets do.
 */
static bool is_from(struct ptt_media_leg *leg, bool floor, const struct ptt_addr *from)
{
	const struct ptt_addr *peer = floor ? &leg->floor_peer : &leg->audio_peer;
	uint16_t *seen = floor ? &leg->floor_seen : &leg->audio_seen;
	bool alone = leg->pair->legs == leg && leg->pair_next == NULL;
	uint16_t port = ptt_addr_port(from);

	if (!ptt_addr_same_host(from, peer))
		return false;
	if (port == ptt_addr_port(peer) || (alone && *seen == 0))
		*seen = port;
	return port == ptt_addr_port(peer) || (alone && *seen == port);
}

static struct ptt_media_leg *leg_of(
	const struct ptt_media_socket *sock, const struct ptt_addr *from)
{
	struct ptt_media_leg *leg = sock->pair->legs;

	while (leg != NULL && !is_from(leg, sock->floor, from))
		leg = leg->pair_next;
	return leg;
}

static void on_datagram(struct ptt_media_socket *sock, struct ptt_bytes packet,
	const struct ptt_addr *from, int64_t now_ms)
{
	struct ptt_media *media = sock->pair->media;
	struct ptt_media_leg *leg = leg_of(sock, from);
	bool live = leg != NULL && leg->channel != NULL && !leg->on_hold;

	if (sock->floor) {
		if (live && leg->has_floor)
			ptt_media_channel_tbcp(leg, packet, now_ms);
		return;
	}
	ptt_media_count(media, COUNT_RTP_RECEIVED);
	if (!live || on_rtp(leg, packet, now_ms) != PTT_OK)
		ptt_media_count(media, COUNT_RTP_DROPPED);
}

void ptt_media_uplink_read(struct ptt_media_socket *sock, int64_t now_ms)
{
	uint8_t buf[PTT_RTP_MAX_LEN];
	struct ptt_addr from;

	for (int i = 0; i < DATAGRAMS_A_READ; i++) {
		size_t len = ptt_net_recv(sock->fd, buf, sizeof(buf), &from);

		if (len == 0)
			return;
		if (!sock->pair->media->deaf)
			on_datagram(sock, (struct ptt_bytes){buf, len}, &from, now_ms);
	}
}
