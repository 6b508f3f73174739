/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/ue/talk.h"

#include <stdlib.h>
#include <unistd.h>

#include "crypto/random.h"
#include "module/rtp/net.h"
#include "module/rtp/ntp.h"
#include "module/ue/talk_floor.h"
#include "module/ue/talk_source.h"

#define DATAGRAMS_A_READ 32
#define LATE_FRAMES_MAX  10 /* late frames sent at once after a stall; older ones are dropped */
#define ACK_NOT_ACCEPTED 2  /* reason code in an Ack of Connect */

struct ptt_talk {
	struct ptt_talk_config config; /* its address is NULL after open */

	/* sockets and the PF's ports */
	int audio_fd, floor_fd;
	struct ptt_addr audio_local, floor_local, audio_peer, floor_peer;
	bool has_peer, has_floor;

	/* the floor */
	struct ptt_talk_floor floor;
	bool timestamps;                /* negotiated: requests carry their time */
	uint8_t priority, priority_max; /* of the next request; the highest negotiated */
	uint64_t asked_ntp;             /* time of the pending request; 0: not sent */

	/* the source of samples */
	struct ptt_talk_source source;
	bool from_source; /* frames come from config.on_source */
	struct ptt_codec_state codec;

	/* the RTP stream */
	bool sending, first;
	int64_t frame_ms; /* when the next frame is due */
	uint8_t pt;
	uint16_t seq;
	uint32_t timestamp, ssrc;
	uint64_t sent;
};

static void tell(struct ptt_talk *talk, enum ptt_talk_event event, const struct ptt_tbcp *msg,
	int64_t now_ms)
{
	if (talk->config.on_event)
		talk->config.on_event(talk->config.ctx, event, msg, now_ms);
}

static enum ptt_err bind_ports(struct ptt_talk *talk, const struct ptt_talk_config *config)
{
	PTT_TRY(ptt_addr_get(&talk->audio_local, config->address, config->audio_port));
	PTT_TRY(ptt_addr_get(&talk->floor_local, config->address, config->floor_port));
	PTT_TRY(ptt_net_unicast(&talk->audio_fd, &talk->audio_local));
	return ptt_net_unicast(&talk->floor_fd, &talk->floor_local);
}

enum ptt_err ptt_talk_open(struct ptt_talk **out, const struct ptt_talk_config *config)
{
	struct ptt_talk *talk = calloc(1, sizeof(*talk));
	enum ptt_err err;

	if (!talk)
		return PTT_ERR_SYSTEM;
	talk->config = *config;
	talk->config.address = NULL;
	talk->audio_fd = talk->floor_fd = -1;
	ptt_talk_floor_init(&talk->floor);
	err = ptt_random_bytes(&talk->ssrc, sizeof(talk->ssrc));
	if (err == PTT_OK)
		err = bind_ports(talk, config);
	if (err != PTT_OK)
		ptt_talk_close(talk);
	else
		*out = talk;
	return err;
}

static void send_tbcp(struct ptt_talk *talk, const struct ptt_tbcp *msg)
{
	uint8_t buf[PTT_TBCP_MAX_LEN];
	size_t len;

	if (talk->has_floor && ptt_tbcp_put(buf, &len, sizeof(buf), msg) == PTT_OK)
		(void)ptt_net_send(talk->floor_fd, (struct ptt_bytes){buf, len}, &talk->floor_peer);
}

static void send_request(struct ptt_talk *talk)
{
	uint8_t priority =
		talk->priority < talk->priority_max ? talk->priority : talk->priority_max;
	struct ptt_tbcp msg = {.type = PTT_TBCP_REQUEST,
		.ssrc = talk->ssrc,
		.priority = priority > 1 ? priority : 0,
		.timestamp = talk->asked_ntp};

	send_tbcp(talk, &msg);
}

void ptt_talk_set_priority(struct ptt_talk *talk, uint8_t priority)
{
	talk->priority = priority;
}

void ptt_talk_query(struct ptt_talk *talk)
{
	struct ptt_tbcp msg = {.type = PTT_TBCP_QUEUE_REQUEST, .ssrc = talk->ssrc};

	send_tbcp(talk, &msg);
}

static void send_release(struct ptt_talk *talk)
{
	struct ptt_tbcp msg = {.type = PTT_TBCP_RELEASE, .ssrc = talk->ssrc};

	msg.last_seq = (uint16_t)(talk->seq - 1);
	msg.last_seq_unknown = talk->first;
	send_tbcp(talk, &msg);
}

static void stop_sending(struct ptt_talk *talk)
{
	ptt_talk_source_close(&talk->source);
	talk->sending = false;
}

static void begin_sending(struct ptt_talk *talk, const struct ptt_tbcp *msg, int64_t now_ms)
{
	talk->sending = true;
	talk->frame_ms = now_ms;
	tell(talk, PTT_TALK_STARTED, msg, now_ms);
}

/* Steps the floor and does what the step asks for. @p msg: the PF's message; NULL: none. */
static void step(struct ptt_talk *talk, enum ptt_talk_floor_event event, const struct ptt_tbcp *msg,
	int64_t now_ms)
{
	struct ptt_tbcp silence = {.type = PTT_TBCP_DENY,
		.reason = PTT_TBCP_DENY_INTERNAL,
		.name = ptt_bytes_of_str("no answer")};
	unsigned int todo = ptt_talk_floor_step(&talk->floor, event, now_ms);

	if (todo & PTT_TALK_FLOOR_REQUEST)
		send_request(talk);
	if (todo & PTT_TALK_FLOOR_RELEASE)
		send_release(talk);
	if (todo & PTT_TALK_FLOOR_QUERY)
		ptt_talk_query(talk);
	if (todo & (PTT_TALK_FLOOR_STOP | PTT_TALK_FLOOR_TELL_NO))
		stop_sending(talk);
	if (todo & PTT_TALK_FLOOR_START)
		begin_sending(talk, msg, now_ms);
	if (todo & PTT_TALK_FLOOR_TELL_NO)
		tell(talk, PTT_TALK_DENIED, msg ? msg : &silence, now_ms);
	if (todo & PTT_TALK_FLOOR_TELL_LOST)
		tell(talk, PTT_TALK_REVOKED, msg, now_ms);
	if (todo & PTT_TALK_FLOOR_TELL_QUEUED)
		tell(talk, PTT_TALK_QUEUED, msg, now_ms);
}

void ptt_talk_close(struct ptt_talk *talk)
{
	if (!talk)
		return;
	if (talk->floor.state != PTT_TALK_FLOOR_WITHOUT)
		send_release(talk);
	stop_sending(talk);
	if (talk->audio_fd >= 0)
		close(talk->audio_fd);
	if (talk->floor_fd >= 0)
		close(talk->floor_fd);
	ptt_codec_wipe(&talk->codec);
	free(talk);
}

uint16_t ptt_talk_audio_port(const struct ptt_talk *talk)
{
	return ptt_addr_port(&talk->audio_local);
}

uint16_t ptt_talk_floor_port(const struct ptt_talk *talk)
{
	return ptt_addr_port(&talk->floor_local);
}

void ptt_talk_fds(const struct ptt_talk *talk, int fds[2])
{
	fds[0] = talk->audio_fd;
	fds[1] = talk->floor_fd;
}

enum ptt_err ptt_talk_set_peer(struct ptt_talk *talk, const struct ptt_talk_peer *peer)
{
	struct ptt_addr audio, floor;

	if (peer->codec == PTT_CODEC_NONE)
		return PTT_ERR_UNSUPPORTED;
	PTT_TRY(ptt_addr_get(&audio, peer->address, peer->audio_port));
	PTT_TRY(ptt_addr_get(&floor, peer->address, peer->floor_port));
	if (audio.ss.ss_family != talk->audio_local.ss.ss_family)
		return PTT_ERR_MALFORMED;
	talk->audio_peer = audio;
	talk->floor_peer = floor;
	talk->has_floor = peer->floor_port != 0;
	talk->priority_max = peer->priority;
	talk->timestamps = peer->timestamps;
	talk->has_peer = true;
	talk->pt = peer->pt;
	if (talk->codec.codec != peer->codec) {
		ptt_codec_wipe(&talk->codec);
		ptt_codec_init(&talk->codec, peer->codec);
	}
	return PTT_OK;
}

enum ptt_err ptt_talk_start(struct ptt_talk *talk, const char *wav, bool loop, int64_t now_ms)
{
	if (ptt_talk_active(talk))
		return PTT_ERR_BUSY;
	if (!talk->has_peer)
		return PTT_ERR_MISMATCH;
	PTT_TRY(ptt_random_bytes(&talk->seq, sizeof(talk->seq)));
	PTT_TRY(ptt_random_bytes(&talk->timestamp, sizeof(talk->timestamp)));
	PTT_TRY(ptt_talk_source_open(&talk->source, wav, loop));
	talk->from_source = !wav && talk->config.on_source;
	talk->first = true;
	if (!talk->has_floor) {
		begin_sending(talk, NULL, now_ms);
		return PTT_OK;
	}
	talk->asked_ntp = talk->timestamps ? ptt_ntp_now() : 0;
	step(talk, PTT_TALK_FLOOR_ASK, NULL, now_ms);
	return PTT_OK;
}

void ptt_talk_stop(struct ptt_talk *talk, int64_t now_ms)
{
	if (!ptt_talk_active(talk))
		return;
	step(talk, PTT_TALK_FLOOR_GIVE_BACK, NULL, now_ms);
	stop_sending(talk);
	tell(talk, PTT_TALK_STOPPED, NULL, now_ms);
}

bool ptt_talk_active(const struct ptt_talk *talk)
{
	return talk->sending || (talk->floor.state != PTT_TALK_FLOOR_WITHOUT &&
					talk->floor.state != PTT_TALK_FLOOR_RELEASING);
}

int64_t ptt_talk_due_ms(const struct ptt_talk *talk)
{
	return talk->sending && talk->frame_ms < talk->floor.due_ms ? talk->frame_ms
								    : talk->floor.due_ms;
}

uint64_t ptt_talk_packets_sent(const struct ptt_talk *talk)
{
	return talk->sent;
}

static void acknowledge(struct ptt_talk *talk, enum ptt_tbcp_type type, uint16_t reason)
{
	struct ptt_tbcp msg = {
		.type = PTT_TBCP_ACK, .ssrc = talk->ssrc, .acked = (uint8_t)type, .reason = reason};

	send_tbcp(talk, &msg);
}

static void on_tbcp(struct ptt_talk *talk, const struct ptt_tbcp *msg, int64_t now_ms)
{
	switch (msg->type) {
	case PTT_TBCP_GRANTED:
		talk->first = talk->first || !talk->sending;
		step(talk, PTT_TALK_FLOOR_GRANTED, msg, now_ms);
		return;
	case PTT_TBCP_DENY:
		step(talk, PTT_TALK_FLOOR_DENIED, msg, now_ms);
		return;
	case PTT_TBCP_REVOKE:
		step(talk, PTT_TALK_FLOOR_REVOKED, msg, now_ms);
		return;
	case PTT_TBCP_QUEUE_STATUS:
		step(talk, msg->position > 0 ? PTT_TALK_FLOOR_LINED : PTT_TALK_FLOOR_DENIED, msg,
			now_ms);
		break;
	case PTT_TBCP_TAKEN_ACK:
		acknowledge(talk, msg->type, 0);
		step(talk, PTT_TALK_FLOOR_OTHERS, msg, now_ms);
		break;
	case PTT_TBCP_TAKEN:
	case PTT_TBCP_IDLE:
		step(talk, PTT_TALK_FLOOR_OTHERS, msg, now_ms);
		break;
	case PTT_TBCP_CONNECT:
		acknowledge(
			talk, msg->type, ACK_NOT_ACCEPTED); /* this UE requests no such session */
		break;
	case PTT_TBCP_DISCONNECT:
		acknowledge(talk, msg->type, 0);
		ptt_talk_stop(talk, now_ms);
		break;
	default:
		return;
	}
	tell(talk, PTT_TALK_TBCP, msg, now_ms);
}

static void on_floor(struct ptt_talk *talk, struct ptt_bytes packet, int64_t now_ms)
{
	struct ptt_bytes one;
	struct ptt_tbcp msg;

	while (ptt_rtcp_next(&one, &packet)) {
		if (ptt_tbcp_get(&msg, one) == PTT_OK)
			on_tbcp(talk, &msg, now_ms);
	}
}

static void on_datagram(struct ptt_talk *talk, int fd, struct ptt_bytes packet, int64_t now_ms)
{
	struct ptt_rtp rtp;

	if (fd == talk->floor_fd)
		on_floor(talk, packet, now_ms);
	else if (ptt_rtp_get(&rtp, packet) == PTT_OK && talk->config.on_audio)
		talk->config.on_audio(talk->config.ctx, &rtp, now_ms);
}

void ptt_talk_read(struct ptt_talk *talk, int fd, int64_t now_ms)
{
	const struct ptt_addr *peer = fd == talk->floor_fd ? &talk->floor_peer : &talk->audio_peer;
	uint8_t buf[PTT_RTP_MAX_LEN];
	struct ptt_addr from;

	for (int i = 0; i < DATAGRAMS_A_READ; i++) {
		size_t len = ptt_net_recv(fd, buf, sizeof(buf), &from);

		if (len == 0)
			return;
		if (talk->has_peer && ptt_addr_same_host(&from, peer))
			on_datagram(talk, fd, (struct ptt_bytes){buf, len}, now_ms);
	}
}

/* @return false at the end of the source */
static bool next_frame(struct ptt_talk *talk, int16_t frame[PTT_CODEC_FRAME])
{
	if (!talk->from_source)
		return ptt_talk_source_next(&talk->source, frame);
	talk->config.on_source(talk->config.ctx, frame);
	return true;
}

static void send_frame(struct ptt_talk *talk, int64_t now_ms)
{
	int16_t frame[PTT_CODEC_FRAME];
	uint8_t payload[PTT_CODEC_PAYLOAD_MAX], packet[PTT_RTP_HEADER_LEN + PTT_CODEC_PAYLOAD_MAX];
	struct ptt_rtp rtp = {.marker = talk->first,
		.pt = talk->pt,
		.seq = talk->seq,
		.timestamp = talk->timestamp,
		.ssrc = talk->ssrc};
	size_t len;

	if (!next_frame(talk, frame)) {
		ptt_talk_stop(talk, now_ms);
		return;
	}
	if (ptt_codec_encode(&talk->codec, payload, &len, sizeof(payload), frame) == PTT_OK) {
		rtp.payload = (struct ptt_bytes){payload, len};
		if (ptt_rtp_put(packet, &len, sizeof(packet), &rtp) == PTT_OK &&
			ptt_net_send(
				talk->audio_fd, (struct ptt_bytes){packet, len}, &talk->audio_peer))
			talk->sent++;
	}
	talk->first = false;
	talk->seq++;
	talk->timestamp += PTT_CODEC_FRAME;
	talk->frame_ms += PTT_CODEC_FRAME_MS;
}

void ptt_talk_tick(struct ptt_talk *talk, int64_t now_ms)
{
	step(talk, PTT_TALK_FLOOR_TIMER, NULL, now_ms);
	if (!talk->sending)
		return;
	if (now_ms - talk->frame_ms > LATE_FRAMES_MAX * PTT_CODEC_FRAME_MS)
		talk->frame_ms = now_ms - LATE_FRAMES_MAX * PTT_CODEC_FRAME_MS;
	while (talk->sending && talk->frame_ms <= now_ms)
		send_frame(talk, now_ms);
}
