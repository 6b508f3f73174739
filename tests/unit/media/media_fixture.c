/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/media/media_fixture.h"

#include "module/base/clock.h"

const uint8_t mki1[PTT_MKI_LEN] = {0, 1, 0, 2, 0, 1}, mki2[PTT_MKI_LEN] = {0, 1, 0, 3, 0, 1};

su_root_t *root;
struct ptt_media *media;
struct ptt_media_channel *channel;
struct ptt_channel_rx *rx, *hostile;
uint16_t base_port;
uint32_t lead_ms = 50;
struct ptt_media_channel *scratch;
size_t barriers;
int channel_mark, scratch_mark, endpoint_mark[4];

struct heard seen;

void on_event(void *ctx, const struct ptt_media_event *event)
{
	(void)ctx;
	if (event->channel_ctx == &scratch_mark)
		barriers++;
	else if (seen.events < EVENTS)
		seen.event[seen.events++] = *event;
}

void on_mtk_message(void *ctx, struct ptt_bytes message, int64_t now_ms)
{
	(void)ctx;
	ck_assert_uint_le(message.len, 64);
	if (seen.messages == MESSAGES)
		return;
	memcpy(seen.message[seen.messages].data, message.data, message.len);
	seen.message[seen.messages].len = message.len;
	seen.message[seen.messages++].at_ms = now_ms;
}

void on_audio(void *ctx, const struct ptt_rtp *rtp, const uint8_t mki[PTT_MKI_LEN], int64_t now_ms)
{
	(void)ctx;
	(void)now_ms;
	seen.audio++;
	memcpy(seen.audio_mki, mki, PTT_MKI_LEN);
	seen.audio_ssrc = rtp->ssrc;
	seen.audio_seq = rtp->seq;
	memcpy(seen.payload, rtp->payload.data, rtp->payload.len < 8 ? rtp->payload.len : 8);
	ck_assert_uint_eq(rtp->pt, PT);
}

void on_tbcp(void *ctx, const struct ptt_tbcp *msg, const uint8_t mki[PTT_MKI_LEN], int64_t now_ms)
{
	(void)ctx;
	(void)mki;
	(void)now_ms;
	seen.taken += msg->type == PTT_TBCP_TAKEN;
	seen.idle += msg->type == PTT_TBCP_IDLE;
	if (msg->type != PTT_TBCP_TAKEN)
		return;
	seen.taken_ssrc = msg->talker_ssrc;
	snprintf(seen.taken_uri, sizeof(seen.taken_uri), "%.*s", (int)msg->uri.len, msg->uri.data);
}

void turn(void)
{
	int64_t now_ms = ptt_clock_ms();

	su_root_step(root, 1);
	for (int i = 0; i < 2; i++) {
		struct ptt_channel_rx *one = i ? hostile : rx;
		int fds[3];

		ptt_channel_rx_fds(one, fds);
		for (int j = 0; j < 3; j++)
			ptt_channel_rx_read(one, fds[j], now_ms);
		ptt_channel_rx_tick(one, now_ms);
	}
}

const struct ptt_media_event *find_event(enum ptt_media_event_type type)
{
	for (size_t i = 0; i < seen.events; i++) {
		if (seen.event[i].type == type)
			return &seen.event[i];
	}
	return NULL;
}

struct ptt_channel_rx *open_rx(bool bad, const char *source)
{
	struct ptt_channel_rx_config config = {.address = LAB_GROUP,
		.source = source,
		.interface = "lo",
		.audio_port = base_port,
		.floor_port = (uint16_t)(base_port + 1),
		.key_port = (uint16_t)(base_port + 2),
		.hostile = bad};
	struct ptt_channel_rx *out = NULL;

	if (!bad) {
		config.on_mtk_message = on_mtk_message;
		config.on_audio = on_audio;
		config.on_tbcp = on_tbcp;
	}
	ck_assert_int_eq(ptt_channel_rx_open(&out, &config), PTT_OK);
	return out;
}

void barrier(void)
{
	size_t before = barriers;

	ck_assert_int_eq(ptt_media_silence(scratch), PTT_OK);
	UNTIL(barriers > before);
}

void add_channel(uint32_t repeat_ms, uint64_t mtk_packets)
{
	struct ptt_floor_policy floor = ptt_floor_policy_default;
	struct ptt_media_channel_config config = {.address = LAB_GROUP,
		.interface = "lo",
		.ttl = 1,
		.audio_port = base_port,
		.floor_port = (uint16_t)(base_port + 1),
		.key_port = (uint16_t)(base_port + 2),
		.pt = PT,
		.mtk_lead_ms = lead_ms,
		.mtk_repeat_ms = repeat_ms,
		.mtk_packets = mtk_packets,
		.floor = &floor,
		.ctx = &channel_mark};

	floor.alone = true; /* many tests have a talker and no other member */
	ck_assert_int_eq(ptt_media_channel_add(media, &channel, &config), PTT_OK);
}

void start_with(uint32_t repeat_ms, uint64_t mtk_packets, uint16_t ports)
{
	struct ptt_media_channel_config scratch_config = {
		.address = "233.252.0.99", .interface = "lo", .ctx = &scratch_mark};
	uint16_t port = lab_ports();
	struct ptt_media_config config = {.address = LAB_SOURCE,
		.port_min = port,
		.port_max = (uint16_t)(port + ports - 1),
		.on_event = on_event};

	memset(&seen, 0, sizeof(seen));
	base_port = lab_ports();
	ck_assert_int_eq(su_init(), 0);
	root = su_root_create(NULL);
	ck_assert_ptr_nonnull(root);
	ck_assert_int_eq(ptt_media_start(&media, root, &config), PTT_OK);
	add_channel(repeat_ms, mtk_packets);
	scratch_config.audio_port = base_port;
	ck_assert_int_eq(ptt_media_channel_add(media, &scratch, &scratch_config), PTT_OK);
	rx = open_rx(false, ptt_media_channel_source(channel));
	hostile = open_rx(true, NULL);
}

void start(void)
{
	start_with(1000, 0, 40);
}

void stop(void)
{
	ptt_channel_rx_close(rx);
	ptt_channel_rx_close(hostile);
	ptt_media_stop(media);
	su_root_destroy(root);
	su_deinit();
}

void set_mtk(uint8_t fill, const uint8_t mki[PTT_MKI_LEN], const char *message)
{
	struct ptt_mtk mtk = lab_mtk(fill);
	struct ptt_media_mtk set = {.mtk = &mtk, .message = ptt_bytes_of_str(message)};

	memcpy(set.mki, mki, PTT_MKI_LEN);
	ck_assert_int_eq(ptt_media_set_mtk(channel, &set), PTT_OK);
}

void give_mtk(struct ptt_channel_rx *to, uint8_t fill, const uint8_t mki[PTT_MKI_LEN])
{
	struct ptt_mtk mtk = lab_mtk(fill);

	ck_assert_int_eq(ptt_channel_rx_add_mtk(to, &mtk, mki, ptt_clock_ms()), PTT_OK);
}

void join(struct member *m, int number, bool tbcp, bool forward)
{
	struct ptt_media_peer peer = {
		.address = LAB_SOURCE, .pt = 100, .forward = forward, .name = "sip:a@b"};

	m->audio = lab_socket(LAB_SOURCE, &m->audio_port);
	m->floor = lab_socket(LAB_SOURCE, &m->floor_port);
	m->seq = 65000;
	ck_assert_int_eq(
		ptt_endpoint_open(media, &m->endpoint, NULL, &endpoint_mark[number]), PTT_OK);
	peer.audio_port = m->audio_port;
	peer.floor_port = tbcp ? m->floor_port : 0;
	peer.queuing = number == 1 || number == 2;
	peer.priority = number == 2 ? 3 : 1;
	ck_assert_int_eq(ptt_endpoint_set_peer(m->endpoint, channel, &peer), PTT_OK);
	barrier();
}

void leave(struct member *m)
{
	ptt_endpoint_close(m->endpoint);
	close(m->audio);
	close(m->floor);
}

void say_from(struct member *m, int fd, uint8_t pt)
{
	uint8_t packet[32];
	size_t len;
	struct ptt_rtp rtp = {.pt = pt,
		.seq = m->seq++,
		.timestamp = 160u * m->seq,
		.ssrc = 0x1234,
		.payload = {(const uint8_t *)"payload", 7}};

	ck_assert_int_eq(ptt_rtp_put(packet, &len, sizeof(packet), &rtp), PTT_OK);
	lab_send(fd, packet, len, ptt_endpoint_audio_port(m->endpoint));
}

void say(struct member *m)
{
	say_from(m, m->audio, 100);
}

struct ptt_media_stats stats(void)
{
	struct ptt_media_stats out;

	ptt_media_get_stats(media, &out);
	return out;
}

void tbcp_send_msg(struct member *m, struct ptt_tbcp msg)
{
	uint8_t packet[PTT_TBCP_MAX_LEN];
	size_t len;

	msg.ssrc = 0x1234;
	ck_assert_int_eq(ptt_tbcp_put(packet, &len, sizeof(packet), &msg), PTT_OK);
	lab_send(m->floor, packet, len, ptt_endpoint_floor_port(m->endpoint));
}

void tbcp_send(struct member *m, enum ptt_tbcp_type type)
{
	tbcp_send_msg(m, (struct ptt_tbcp){.type = type, .last_seq_unknown = true});
}

struct ptt_tbcp tbcp_wait(struct member *m)
{
	static uint8_t packet[PTT_TBCP_MAX_LEN];
	struct ptt_tbcp msg = {0};
	size_t len = lab_recv(m->floor, packet, sizeof(packet));

	ck_assert_int_eq(ptt_tbcp_get(&msg, (struct ptt_bytes){packet, len}), PTT_OK);
	return msg;
}

struct ptt_tbcp tbcp_wait_for(struct member *m, enum ptt_tbcp_type type)
{
	struct ptt_tbcp msg = tbcp_wait(m);

	while (msg.type != type)
		msg = tbcp_wait(m);
	return msg;
}
