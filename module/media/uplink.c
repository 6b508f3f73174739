/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What members send by unicast: finds the endpoint a datagram belongs to, and relays the RTP of the
 * floor's holder to the channel. Media thread only.
 */
#include "module/media/media_run.h"

static bool pack(
	struct ptt_bytes *payload, uint8_t room[PTT_AMR_PAYLOAD_MAX], enum ptt_amr_band band)
{
	size_t len;

	if (ptt_amr_pack(room, &len, PTT_AMR_PAYLOAD_MAX, *payload, band) != PTT_OK)
		return false;
	*payload = (struct ptt_bytes){room, len};
	return true;
}

/* To members without the channel, from the audio port of their SDP's answer. */
static void forward(struct ptt_media_channel *ch, const struct ptt_rtp *rtp)
{
	uint8_t buf[PTT_RTP_MAX_LEN], payload[PTT_AMR_PAYLOAD_MAX];
	struct ptt_rtp out = *rtp;
	size_t len;

	for (struct ptt_endpoint *endpoint = ch->forwards; endpoint;
		endpoint = endpoint->forward_next) {
		if (endpoint->peer.on_hold || &endpoint->talker == ch->floor.holder)
			continue;
		out.pt = endpoint->peer.pt;
		out.payload = rtp->payload;
		if (endpoint->peer.packed && !pack(&out.payload, payload, endpoint->peer.band))
			continue;
		if (ptt_rtp_put(buf, &len, sizeof(buf), &out) != PTT_OK)
			return;
		if (!ptt_net_send(endpoint->pair->audio.fd, (struct ptt_bytes){buf, len},
			    &endpoint->peer.audio))
			ptt_media_count(ch->media, COUNT_SEND_ERRORS);
	}
}

static enum ptt_err relay(struct ptt_media_channel *ch, const struct ptt_rtp *in, int64_t now_ms)
{
	uint32_t ssrc = ch->relay.burst.ssrc;
	struct ptt_rtp out;
	uint8_t *packet;
	size_t len;

	PTT_TRY(ptt_srtp_relay_stamp(&ch->relay, &out, in));
	if (out.ssrc != ssrc)
		ptt_media_channel_announce(ch, now_ms); /* Taken names the SSRC */
	forward(ch, &out);
	packet = ptt_media_channel_room(ch, now_ms);
	PTT_TRY(ptt_srtp_relay_protect(&ch->relay, packet, &len, PTT_RTP_MAX_LEN, &out));
	ptt_media_count(ch->media, COUNT_SRTP);
	ptt_media_channel_put(ch, len, &ch->audio_to);
	return PTT_OK;
}

static enum ptt_media_drop relay_or_drop(
	struct ptt_media_channel *ch, const struct ptt_rtp *rtp, int64_t now_ms)
{
	enum ptt_err err = relay(ch, rtp, now_ms);

	switch (err) {
	case PTT_OK:
		return PTT_DROPS;
	case PTT_ERR_MISMATCH:
		return PTT_DROP_SSRC;
	case PTT_ERR_REPLAY:
		return PTT_DROP_LATE;
	case PTT_ERR_NO_KEY:
		return PTT_DROP_NO_KEY;
	case PTT_ERR_NO_SPACE:
		return PTT_DROP_MALFORMED; /* no room is left for MKI and tag */
	default:
		ptt_media_channel_alarm(ch, err, now_ms);
		return PTT_DROP_SYSTEM;
	}
}

/* @return why the packet was dropped; PTT_DROPS = it was relayed. */
static enum ptt_media_drop on_rtp(
	struct ptt_endpoint *endpoint, struct ptt_bytes packet, int64_t now_ms)
{
	struct ptt_media_channel *ch = endpoint->channel;
	uint8_t payload[PTT_AMR_PAYLOAD_MAX];
	struct ptt_rtp rtp;
	size_t len;

	if (ptt_rtp_get(&rtp, packet) != PTT_OK)
		return PTT_DROP_MALFORMED;
	if (rtp.pt != endpoint->peer.pt || rtp.payload.len == 0)
		return PTT_DROP_PAYLOAD;
	if (endpoint->peer.packed) {
		if (ptt_amr_align(payload, &len, sizeof(payload), rtp.payload,
			    endpoint->peer.band) != PTT_OK)
			return PTT_DROP_MALFORMED;
		rtp.payload = (struct ptt_bytes){payload, len};
	}
	if (!ptt_media_channel_media(endpoint, rtp.seq, now_ms))
		return PTT_DROP_FLOOR;
	return relay_or_drop(ch, &rtp, now_ms);
}

/*
 * The address and port of the SDP always count. A member alone on its pair may also send from one
 * other port of the same host, the first one seen: some clients send and receive on two sockets.
 */
static bool is_from(struct ptt_endpoint *endpoint, bool floor, const struct ptt_addr *from)
{
	const struct ptt_addr *peer = floor ? &endpoint->peer.floor : &endpoint->peer.audio;
	uint16_t *seen = floor ? &endpoint->floor_seen : &endpoint->audio_seen;
	bool alone = endpoint->pair->endpoints == endpoint && !endpoint->pair_next;
	uint16_t port = ptt_addr_port(from);

	if (!ptt_addr_same_host(from, peer))
		return false;
	if (port == ptt_addr_port(peer) || (alone && *seen == 0))
		*seen = port;
	return port == ptt_addr_port(peer) || (alone && *seen == port);
}

static struct ptt_endpoint *endpoint_of(
	const struct ptt_media_socket *sock, const struct ptt_addr *from)
{
	struct ptt_endpoint *endpoint = sock->pair->endpoints;

	while (endpoint && !is_from(endpoint, sock->floor, from))
		endpoint = endpoint->pair_next;
	return endpoint;
}

static enum ptt_media_drop on_audio(
	struct ptt_endpoint *endpoint, struct ptt_bytes packet, int64_t now_ms)
{
	if (!endpoint)
		return PTT_DROP_SOURCE;
	if (!endpoint->channel || endpoint->peer.on_hold)
		return PTT_DROP_NO_CHANNEL;
	return on_rtp(endpoint, packet, now_ms);
}

static void on_datagram(struct ptt_media_socket *sock, struct ptt_bytes packet,
	const struct ptt_addr *from, int64_t now_ms)
{
	struct ptt_media *media = sock->pair->media;
	struct ptt_endpoint *endpoint = endpoint_of(sock, from);
	enum ptt_media_drop drop;

	if (sock->floor) {
		if (endpoint && endpoint->channel && !endpoint->peer.on_hold &&
			endpoint->peer.has_floor)
			ptt_media_channel_tbcp(endpoint, packet, now_ms);
		return;
	}
	ptt_media_count(media, COUNT_RTP_RECEIVED);
	drop = on_audio(endpoint, packet, now_ms);
	if (drop != PTT_DROPS)
		ptt_media_count(media, COUNT_RTP_DROPPED + drop);
}

/* One system call in and one out, so that the other sockets have their turn. */
void ptt_media_uplink_read(struct ptt_media_socket *sock, int64_t now_ms)
{
	struct ptt_media *media = sock->pair->media;
	struct ptt_net_batch *in = &media->batch.in;

	ptt_net_batch_recv(in, sock->fd);
	for (size_t i = 0; i < in->count && !media->loop.closing; i++)
		on_datagram(sock, (struct ptt_bytes){in->datagram[i].data, in->datagram[i].len},
			&in->datagram[i].addr, now_ms);
	ptt_media_flush(media, now_ms);
}
