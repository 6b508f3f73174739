/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/media/talk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/random.h"
#include "module/media/net.h"
#include "module/media/wav.h"

#define ASK_TIMES        3
#define ASK_MS           500
#define DATAGRAMS_A_READ 32
#define LATE_FRAMES_MAX  10 /* after a stall: so many at once, the rest is given up */
#define TONE_HZ          440.0
#define TONE_LEVEL       8000.0

enum state { IDLE, ASKING, SENDING };

struct ptt_talk {
	struct ptt_talk_config config; /* its text is not used after open */
	int audio_fd, floor_fd;
	struct ptt_addr audio_local, floor_local, audio_peer, floor_peer;
	bool has_peer, has_floor;
	uint8_t pt;
	struct ptt_codec_state codec;
	enum state state;
	int asked;
	uint8_t priority;
	int64_t due_ms;
	bool from_file, from_source, loop;
	struct ptt_wav wav;
	uint32_t tone_at;
	uint16_t seq;
	uint32_t timestamp, ssrc;
	bool first;
	uint64_t sent;
};

static void tell(struct ptt_talk *talk, enum ptt_talk_event event, const struct ptt_tbcp *msg,
	int64_t now_ms)
{
	if (talk->config.on_event != NULL)
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

	if (talk == NULL)
		return PTT_ERR_SYSTEM;
	talk->config = *config;
	talk->config.address = NULL;
	talk->audio_fd = talk->floor_fd = -1;
	talk->due_ms = INT64_MAX;
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
	struct ptt_tbcp msg = {
		.type = PTT_TBCP_REQUEST, .ssrc = talk->ssrc, .priority = talk->priority};

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

/* Back to idle; the floor was given or taken back already. */
static void end(struct ptt_talk *talk)
{
	enum ptt_err closed = talk->from_file ? ptt_wav_close(&talk->wav) : PTT_OK;

	(void)closed; /* it was only read */
	talk->from_file = false;
	talk->state = IDLE;
	talk->due_ms = INT64_MAX;
}

void ptt_talk_close(struct ptt_talk *talk)
{
	if (talk == NULL)
		return;
	if (talk->state != IDLE)
		send_release(talk);
	end(talk);
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
	talk->has_peer = true;
	talk->pt = peer->pt;
	if (talk->codec.codec != peer->codec) {
		ptt_codec_wipe(&talk->codec);
		ptt_codec_init(&talk->codec, peer->codec);
	}
	return PTT_OK;
}

static void begin_sending(struct ptt_talk *talk, const struct ptt_tbcp *msg, int64_t now_ms)
{
	talk->state = SENDING;
	talk->due_ms = now_ms;
	tell(talk, PTT_TALK_STARTED, msg, now_ms);
}

enum ptt_err ptt_talk_start(struct ptt_talk *talk, const char *wav, bool loop, int64_t now_ms)
{
	if (talk->state != IDLE)
		return PTT_ERR_BUSY;
	if (!talk->has_peer)
		return PTT_ERR_MISMATCH;
	PTT_TRY(ptt_random_bytes(&talk->seq, sizeof(talk->seq)));
	PTT_TRY(ptt_random_bytes(&talk->timestamp, sizeof(talk->timestamp)));
	if (wav != NULL && strcmp(wav, "tone") != 0) {
		PTT_TRY(ptt_wav_open(&talk->wav, wav));
		talk->from_file = true;
	}
	talk->from_source = wav == NULL && talk->config.on_source != NULL;
	talk->loop = loop;
	talk->first = true;
	if (!talk->has_floor) {
		begin_sending(talk, NULL, now_ms);
		return PTT_OK;
	}
	talk->state = ASKING;
	talk->asked = 1;
	talk->due_ms = now_ms + ASK_MS;
	send_request(talk);
	return PTT_OK;
}

void ptt_talk_stop(struct ptt_talk *talk, int64_t now_ms)
{
	if (talk->state == IDLE)
		return;
	send_release(talk);
	end(talk);
	tell(talk, PTT_TALK_STOPPED, NULL, now_ms);
}

bool ptt_talk_active(const struct ptt_talk *talk)
{
	return talk->state != IDLE;
}

int64_t ptt_talk_due_ms(const struct ptt_talk *talk)
{
	return talk->due_ms;
}

uint64_t ptt_talk_packets_sent(const struct ptt_talk *talk)
{
	return talk->sent;
}

static void on_tbcp(struct ptt_talk *talk, const struct ptt_tbcp *msg, int64_t now_ms)
{
	bool granted = msg->type == PTT_TBCP_GRANTED, denied = msg->type == PTT_TBCP_DENY;
	bool revoked = msg->type == PTT_TBCP_REVOKE;

	if (granted && talk->state == ASKING) {
		begin_sending(talk, msg, now_ms);
	} else if (granted && talk->state == IDLE) {
		talk->first = true;
		send_release(talk); /* we gave up meanwhile */
	} else if (denied && talk->state == ASKING) {
		end(talk);
		tell(talk, PTT_TALK_DENIED, msg, now_ms);
	} else if (revoked && talk->state == SENDING) {
		send_release(talk);
		end(talk);
		tell(talk, PTT_TALK_REVOKED, msg, now_ms);
	} else if (!granted && !denied && !revoked) {
		tell(talk, PTT_TALK_TBCP, msg, now_ms);
	}
}

static void on_datagram(struct ptt_talk *talk, int fd, struct ptt_bytes packet, int64_t now_ms)
{
	struct ptt_tbcp msg;
	struct ptt_rtp rtp;

	if (fd == talk->floor_fd) {
		if (ptt_tbcp_get(&msg, packet) == PTT_OK)
			on_tbcp(talk, &msg, now_ms);
	} else if (ptt_rtp_get(&rtp, packet) == PTT_OK && talk->config.on_audio != NULL) {
		talk->config.on_audio(talk->config.ctx, &rtp, now_ms);
	}
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

/* @return false at the end of the file. */
static bool next_frame(struct ptt_talk *talk, int16_t frame[PTT_CODEC_FRAME])
{
	const double step = 2 * 3.14159265358979 * TONE_HZ / PTT_CODEC_RATE;
	size_t n;

	memset(frame, 0, PTT_CODEC_FRAME * sizeof(frame[0]));
	if (talk->from_source) {
		talk->config.on_source(talk->config.ctx, frame);
		return true;
	}
	if (!talk->from_file) {
		/* 440 Hz fits 11 times into 200 samples */
		for (size_t i = 0; i < PTT_CODEC_FRAME;
			i++, talk->tone_at = (talk->tone_at + 1) % 200)
			frame[i] = (int16_t)(TONE_LEVEL * sin(step * talk->tone_at));
		return true;
	}
	n = ptt_wav_read(&talk->wav, frame, PTT_CODEC_FRAME);
	if (n == 0 && talk->loop) {
		ptt_wav_rewind(&talk->wav);
		n = ptt_wav_read(&talk->wav, frame, PTT_CODEC_FRAME);
	}
	return n > 0;
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
	talk->due_ms += PTT_CODEC_FRAME_MS;
}

/* No answer so far: again, or as if denied. */
static void ask_again(struct ptt_talk *talk, int64_t now_ms)
{
	struct ptt_tbcp silence = {.type = PTT_TBCP_DENY, .reason = PTT_TBCP_DENY_INTERNAL};

	if (talk->asked++ < ASK_TIMES) {
		send_request(talk);
		talk->due_ms = now_ms + ASK_MS;
		return;
	}
	silence.name = ptt_bytes_of_str("no answer");
	end(talk);
	tell(talk, PTT_TALK_DENIED, &silence, now_ms);
}

void ptt_talk_tick(struct ptt_talk *talk, int64_t now_ms)
{
	if (talk->state == ASKING && now_ms >= talk->due_ms)
		ask_again(talk, now_ms);
	if (talk->state != SENDING)
		return;
	if (now_ms - talk->due_ms > LATE_FRAMES_MAX * PTT_CODEC_FRAME_MS)
		talk->due_ms = now_ms - LATE_FRAMES_MAX * PTT_CODEC_FRAME_MS;
	while (talk->state == SENDING && talk->due_ms <= now_ms)
		send_frame(talk, now_ms);
}
