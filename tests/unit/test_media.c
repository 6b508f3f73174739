/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The media thread from outside: real sockets and multicast on lo, members by ptt_talk and plain
 * sockets, receivers by ptt_channel_rx. Profile sections 5 and 6.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module/media/channel_rx.h"
#include "module/media/talk.h"
#include "tests/unit/media_lab.h"

#define WAIT_MS  3000
#define PT       97
#define EVENTS   64
#define MESSAGES 64

static const uint8_t mki1[PTT_MKI_LEN] = {0, 1, 0, 2, 0, 1}, mki2[PTT_MKI_LEN] = {0, 1, 0, 3, 0, 1};

static su_root_t *root;
static struct ptt_media *media;
static struct ptt_media_channel *channel;
static struct ptt_channel_rx *rx, *hostile;
static uint16_t base_port;
static uint32_t lead_ms = 50;
static struct ptt_media_channel *scratch;
static size_t barriers;
static int channel_mark, scratch_mark, leg_mark[4];

static struct {
	struct ptt_media_event event[EVENTS];
	size_t events;
	struct {
		uint8_t data[64];
		size_t len;
		int64_t at_ms;
	} message[MESSAGES];
	size_t messages;
	size_t audio, taken, idle;
	uint8_t audio_mki[PTT_MKI_LEN];
	uint32_t audio_ssrc, taken_ssrc;
	char taken_uri[128];
	uint16_t audio_seq;
	uint8_t payload[8];
} seen;

static void on_event(void *ctx, const struct ptt_media_event *event)
{
	(void)ctx;
	if (event->channel_ctx == &scratch_mark)
		barriers++;
	else if (seen.events < EVENTS)
		seen.event[seen.events++] = *event;
}

static void on_mtk_message(void *ctx, struct ptt_bytes message, int64_t now_ms)
{
	(void)ctx;
	ck_assert_uint_le(message.len, 64);
	if (seen.messages == MESSAGES)
		return;
	memcpy(seen.message[seen.messages].data, message.data, message.len);
	seen.message[seen.messages].len = message.len;
	seen.message[seen.messages++].at_ms = now_ms;
}

static void on_audio(
	void *ctx, const struct ptt_rtp *rtp, const uint8_t mki[PTT_MKI_LEN], int64_t now_ms)
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

static void on_tbcp(
	void *ctx, const struct ptt_tbcp *msg, const uint8_t mki[PTT_MKI_LEN], int64_t now_ms)
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

static void turn(void)
{
	int64_t now_ms = ptt_media_now_ms();

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

/* Turns until the condition holds; fails after WAIT_MS. */
#define UNTIL(condition) \
	do { \
		int64_t end_ms_ = ptt_media_now_ms() + WAIT_MS; \
		while (!(condition)) { \
			ck_assert_msg(ptt_media_now_ms() < end_ms_, "waited for " #condition); \
			turn(); \
		} \
	} while (0)

static void turn_for(int64_t ms)
{
	int64_t end_ms = ptt_media_now_ms() + ms;

	while (ptt_media_now_ms() < end_ms)
		turn();
}

static const struct ptt_media_event *find_event(enum ptt_media_event_type type)
{
	for (size_t i = 0; i < seen.events; i++) {
		if (seen.event[i].type == type)
			return &seen.event[i];
	}
	return NULL;
}

static struct ptt_channel_rx *open_rx(bool bad, const char *source)
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

/* All commands so far are carried out: one more, on a channel of no use, has come back. */
static void barrier(void)
{
	size_t before = barriers;

	ck_assert_int_eq(ptt_media_silence(scratch), PTT_OK);
	UNTIL(barriers > before);
}

static void add_channel(uint32_t repeat_ms, uint64_t mtk_packets)
{
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
		.ctx = &channel_mark};

	ck_assert_int_eq(ptt_media_channel_add(media, &channel, &config), PTT_OK);
}

static void start_with(uint32_t repeat_ms, uint64_t mtk_packets, uint16_t ports)
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

static void start(void)
{
	start_with(1000, 0, 40);
}

static void stop(void)
{
	ptt_channel_rx_close(rx);
	ptt_channel_rx_close(hostile);
	ptt_media_stop(media);
	su_root_destroy(root);
	su_deinit();
}

static void set_mtk(uint8_t fill, const uint8_t mki[PTT_MKI_LEN], const char *message)
{
	struct ptt_mtk mtk = lab_mtk(fill);
	struct ptt_media_mtk set = {.mtk = &mtk, .message = ptt_bytes_of_str(message)};

	memcpy(set.mki, mki, PTT_MKI_LEN);
	ck_assert_int_eq(ptt_media_set_mtk(channel, &set), PTT_OK);
}

static void give_mtk(struct ptt_channel_rx *to, uint8_t fill, const uint8_t mki[PTT_MKI_LEN])
{
	struct ptt_mtk mtk = lab_mtk(fill);

	ck_assert_int_eq(ptt_channel_rx_add_mtk(to, &mtk, mki, ptt_media_now_ms()), PTT_OK);
}

/* A member by two plain sockets. */
struct member {
	struct ptt_media_leg *leg;
	int audio, floor;
	uint16_t audio_port, floor_port, seq;
};

static void join(struct member *m, int number, bool tbcp, bool forward)
{
	struct ptt_media_peer peer = {
		.address = LAB_SOURCE, .pt = 100, .forward = forward, .name = "sip:a@b"};

	m->audio = lab_socket(LAB_SOURCE, &m->audio_port);
	m->floor = lab_socket(LAB_SOURCE, &m->floor_port);
	m->seq = 65000;
	ck_assert_int_eq(ptt_media_leg_open(media, &m->leg, NULL, &leg_mark[number]), PTT_OK);
	peer.audio_port = m->audio_port;
	peer.floor_port = tbcp ? m->floor_port : 0;
	ck_assert_int_eq(ptt_media_leg_set_peer(m->leg, channel, &peer), PTT_OK);
	barrier();
}

static void leave(struct member *m)
{
	ptt_media_leg_close(m->leg);
	close(m->audio);
	close(m->floor);
}

static void say_from(struct member *m, int fd, uint8_t pt)
{
	uint8_t packet[32];
	size_t len;
	struct ptt_rtp rtp = {.pt = pt,
		.seq = m->seq++,
		.timestamp = 160u * m->seq,
		.ssrc = 0x1234,
		.payload = {(const uint8_t *)"payload", 7}};

	ck_assert_int_eq(ptt_rtp_put(packet, &len, sizeof(packet), &rtp), PTT_OK);
	lab_send(fd, packet, len, ptt_media_leg_audio_port(m->leg));
}

static void say(struct member *m)
{
	say_from(m, m->audio, 100);
}

static void tbcp_send(struct member *m, enum ptt_tbcp_type type)
{
	struct ptt_tbcp msg = {.type = type, .ssrc = 0x1234};
	uint8_t packet[PTT_TBCP_MAX_LEN];
	size_t len;

	ck_assert_int_eq(ptt_tbcp_put(packet, &len, sizeof(packet), &msg), PTT_OK);
	lab_send(m->floor, packet, len, ptt_media_leg_floor_port(m->leg));
}

static struct ptt_tbcp tbcp_wait(struct member *m)
{
	static uint8_t packet[PTT_TBCP_MAX_LEN];
	struct ptt_tbcp msg = {0};
	size_t len = lab_recv(m->floor, packet, sizeof(packet));

	ck_assert_int_eq(ptt_tbcp_get(&msg, (struct ptt_bytes){packet, len}), PTT_OK);
	return msg;
}

static struct ptt_media_stats stats(void)
{
	struct ptt_media_stats out;

	ptt_media_get_stats(media, &out);
	return out;
}

/*
 * Section 5: the message twice, byte for byte the same; then repeats; the MKI 50 ms after the
 * first.
 */
START_TEST(mtk_goes_out_twice_then_repeats)
{
	const struct ptt_media_event *sent, *cut;

	start_with(200, 0, 40);
	ck_assert_str_eq(ptt_media_channel_source(channel), LAB_SOURCE);
	ck_assert(ptt_channel_rx_source_joined(rx));
	turn_for(60);
	ck_assert_uint_eq(seen.messages, 0); /* nothing before the first key */
	set_mtk(1, mki1, "first");
	UNTIL(seen.messages >= 4);
	for (size_t i = 0; i < 4; i++) {
		ck_assert_uint_eq(seen.message[i].len, 5);
		ck_assert_mem_eq(seen.message[i].data, "first", 5);
	}
	/* to the millisecond in test_mtk_cast; here only that the thread keeps time */
	ck_assert_int_lt(seen.message[1].at_ms - seen.message[0].at_ms, 150);
	ck_assert_int_gt(seen.message[2].at_ms - seen.message[1].at_ms, 100);
	sent = find_event(PTT_MEDIA_MTK_SENT);
	cut = find_event(PTT_MEDIA_CUTOVER);
	ck_assert_ptr_nonnull(sent);
	ck_assert_ptr_nonnull(cut);
	ck_assert_ptr_eq(cut->channel_ctx, &channel_mark);
	ck_assert_mem_eq(cut->mki, mki1, PTT_MKI_LEN);
	ck_assert_int_eq(cut->first_ms, sent->at_ms);
	ck_assert_int_ge(cut->at_ms - cut->first_ms, 50);
	ck_assert_int_eq(cut->last_old_ms, 0);
	stop();
}
END_TEST

START_TEST(relayed_audio_is_opened)
{
	struct member a;

	start();
	join(&a, 0, false, false);
	say(&a); /* no key yet: dropped */
	UNTIL(stats().rtp_dropped == 1);
	set_mtk(1, mki1, "m1");
	give_mtk(rx, 1, mki1);
	UNTIL(find_event(PTT_MEDIA_CUTOVER) != NULL);
	for (int i = 0; i < 10; i++)
		say(&a);
	UNTIL(seen.audio == 10);
	ck_assert_mem_eq(seen.payload, "payload", 7);
	ck_assert_mem_eq(seen.audio_mki, mki1, PTT_MKI_LEN);
	ck_assert_uint_eq(seen.taken_ssrc, seen.audio_ssrc);
	ck_assert_str_eq(seen.taken_uri, "sip:a@b");
	ck_assert_uint_lt(seen.audio_seq, 32768 + 20);
	ck_assert_uint_ne(seen.audio_ssrc, 0x1234);
	ck_assert_ptr_nonnull(find_event(PTT_MEDIA_TALK_START));
	ck_assert_ptr_eq(find_event(PTT_MEDIA_TALK_START)->leg_ctx, &leg_mark[0]);
	UNTIL(find_event(PTT_MEDIA_TALK_STOP) != NULL); /* he fell silent */
	UNTIL(seen.idle >= 1);
	leave(&a);
	stop();
}
END_TEST

START_TEST(the_old_key_ends_at_the_switch)
{
	struct ptt_srtp_open_stats audio;
	struct ptt_channel_rx_stats all;
	const struct ptt_media_event *cut = NULL;
	struct member a;
	uint32_t ssrc;

	lead_ms = 400; /* time enough to talk in it on a busy machine */
	start();
	join(&a, 0, false, false);
	set_mtk(1, mki1, "m1");
	give_mtk(rx, 1, mki1);
	give_mtk(hostile, 1, mki1);
	UNTIL(find_event(PTT_MEDIA_CUTOVER) != NULL);
	say(&a);
	UNTIL(seen.audio == 1);
	ssrc = seen.audio_ssrc;
	seen.events = 0;
	set_mtk(2, mki2, "m2");
	give_mtk(rx, 2, mki2);
	UNTIL(seen.messages >= 3);
	say(&a);
	UNTIL(seen.audio == 2);
	ck_assert_mem_eq(seen.audio_mki, mki1, PTT_MKI_LEN); /* lead time: still the old one */
	UNTIL((cut = find_event(PTT_MEDIA_CUTOVER)) != NULL);
	ck_assert_int_gt(cut->last_old_ms, 0);
	ck_assert_int_le(cut->last_old_ms, cut->at_ms);
	for (int i = 0; i < 5; i++)
		say(&a);
	UNTIL(seen.audio == 7);
	ck_assert_mem_eq(seen.audio_mki, mki2, PTT_MKI_LEN);
	ck_assert_uint_eq(seen.audio_ssrc, ssrc); /* in mid-burst nothing else changes */
	turn_for(PTT_SRTP_HOLD_MS + 50);
	ptt_channel_rx_get_stats(hostile, &all);
	audio = all.audio;
	ck_assert_uint_eq(audio.heard, 7);
	ck_assert_uint_eq(audio.opened, 2);
	ck_assert_uint_eq(audio.undecryptable, 5);
	leave(&a);
	stop();
}
END_TEST

START_TEST(sets_in_a_row_switch_in_order)
{
	start();
	set_mtk(1, mki1, "m1");
	set_mtk(2, mki2, "m2");
	UNTIL(seen.events >= 4);
	ck_assert_int_eq(seen.event[0].type, PTT_MEDIA_MTK_SENT);
	ck_assert_int_eq(seen.event[2].type, PTT_MEDIA_CUTOVER);
	ck_assert_mem_eq(seen.event[2].mki, mki1, PTT_MKI_LEN);
	ck_assert_int_eq(seen.event[3].type, PTT_MEDIA_CUTOVER);
	ck_assert_mem_eq(seen.event[3].mki, mki2, PTT_MKI_LEN);
	UNTIL(seen.messages >= 3);
	ck_assert_mem_eq(seen.message[2].data, "m2", 2);
	stop();
}
END_TEST

START_TEST(send_now_is_limited)
{
	start();
	set_mtk(1, mki1, "m1");
	UNTIL(seen.messages == 2);
	for (int i = 0; i < 20; i++)
		ptt_media_send_mtk_now(channel);
	UNTIL(seen.messages == 3);
	ck_assert_int_gt(seen.message[2].at_ms - seen.message[1].at_ms, 50);
	turn_for(150);
	ck_assert_uint_eq(seen.messages, 3);
	stop();
}
END_TEST

START_TEST(silence_is_silent)
{
	struct member a;
	struct ptt_media_stats before;

	start_with(100, 0, 40);
	join(&a, 0, false, false);
	set_mtk(1, mki1, "m1");
	give_mtk(rx, 1, mki1);
	UNTIL(find_event(PTT_MEDIA_CUTOVER) != NULL);
	say(&a);
	UNTIL(seen.audio == 1);
	set_mtk(2, mki2, "m2"); /* on its way: must not switch any more */
	ck_assert_int_eq(ptt_media_silence(channel), PTT_OK);
	UNTIL(find_event(PTT_MEDIA_SILENT) != NULL);
	ck_assert_int_gt(find_event(PTT_MEDIA_SILENT)->last_old_ms, 0);
	before = stats();
	for (int i = 0; i < 5; i++)
		say(&a);
	turn_for(250);
	ck_assert_uint_eq(seen.audio, 1);
	ck_assert_uint_eq(stats().mtk_messages_sent, before.mtk_messages_sent);
	ck_assert_uint_eq(stats().srtcp_protected, before.srtcp_protected);
	ck_assert_uint_eq(stats().cutovers, 1);
	set_mtk(3, mki2, "m3"); /* and it ends */
	UNTIL(stats().cutovers == 2);
	leave(&a);
	stop();
}
END_TEST

START_TEST(floor_by_tbcp)
{
	struct member a, b;
	struct ptt_tbcp msg;

	start();
	set_mtk(1, mki1, "m1");
	give_mtk(rx, 1, mki1);
	join(&a, 0, true, false);
	join(&b, 1, true, true);
	UNTIL(find_event(PTT_MEDIA_CUTOVER) != NULL);
	tbcp_send(&a, PTT_TBCP_REQUEST);
	msg = tbcp_wait(&a);
	ck_assert_int_eq(msg.type, PTT_TBCP_GRANTED);
	ck_assert_uint_eq(msg.seconds, 30);
	msg = tbcp_wait(&b); /* has no channel: told by unicast */
	while (msg.type == PTT_TBCP_IDLE)
		msg = tbcp_wait(&b);
	ck_assert_int_eq(msg.type, PTT_TBCP_TAKEN);
	tbcp_send(&b, PTT_TBCP_REQUEST);
	msg = tbcp_wait(&b);
	ck_assert_int_eq(msg.type, PTT_TBCP_DENY);
	ck_assert_uint_eq(msg.reason, PTT_TBCP_DENY_OTHER_TALKS);
	say(&b); /* does not have it: dropped */
	UNTIL(stats().rtp_dropped == 1);
	say(&a);
	UNTIL(seen.audio == 1);
	tbcp_send(&a, PTT_TBCP_RELEASE);
	UNTIL(seen.idle >= 1 && find_event(PTT_MEDIA_TALK_STOP) != NULL);
	say(&a); /* a late packet does not take it again */
	UNTIL(stats().rtp_dropped == 2);
	do {
		msg = tbcp_wait(&b);
	} while (msg.type == PTT_TBCP_TAKEN);
	ck_assert_int_eq(msg.type, PTT_TBCP_IDLE);
	leave(&a);
	leave(&b);
	stop();
}
END_TEST

START_TEST(the_talker_is_forwarded_to_who_has_no_channel)
{
	struct member a, b;
	uint8_t packet[64];
	struct ptt_rtp rtp;
	size_t len;

	start();
	join(&a, 0, false, false);
	join(&b, 1, false, true);
	say(&a);
	len = lab_recv(b.audio, packet, sizeof(packet));
	ck_assert_int_eq(ptt_rtp_get(&rtp, (struct ptt_bytes){packet, len}), PTT_OK);
	ck_assert_uint_eq(rtp.pt, 100);
	ck_assert_uint_eq(rtp.payload.len, 7);
	leave(&a);
	leave(&b);
	stop();
}
END_TEST

START_TEST(strangers_are_dropped)
{
	struct member a;
	uint16_t port;
	int other = lab_socket("127.0.0.2", &port);
	static const uint8_t junk[40] = {0x80, 100};

	start();
	set_mtk(1, mki1, "m1");
	give_mtk(rx, 1, mki1);
	join(&a, 0, false, false);
	UNTIL(find_event(PTT_MEDIA_CUTOVER) != NULL);
	say_from(&a, other, 100); /* not his address */
	say_from(&a, a.audio, 8); /* not his payload type */
	lab_send(a.audio, "x", 1, ptt_media_leg_audio_port(a.leg));
	lab_send(a.audio, junk, 0, ptt_media_leg_audio_port(a.leg));
	lab_send(a.audio, junk, 12, ptt_media_leg_audio_port(a.leg)); /* no payload */
	UNTIL(stats().rtp_dropped == 4);
	say(&a);
	UNTIL(seen.audio == 1);
	ck_assert_uint_eq(stats().srtp_protected, 1);
	leave(&a);
	close(other);
	stop();
}
END_TEST

/* Only the channel's source is heard: by the kernel's filter, else by address. */
START_TEST(other_sources_are_not_heard)
{
	struct ptt_media_channel *second;
	struct ptt_media_channel_config config = {.address = LAB_GROUP,
		.source = "127.0.0.9",
		.interface = "lo",
		.ttl = 1,
		.pt = PT,
		.mtk_lead_ms = 50,
		.mtk_repeat_ms = 1000};
	struct ptt_mtk mtk = lab_mtk(9);
	struct ptt_media_mtk set = {.mtk = &mtk, .message = ptt_bytes_of_str("forged")};

	start();
	config.audio_port = base_port;
	config.floor_port = (uint16_t)(base_port + 1);
	config.key_port = (uint16_t)(base_port + 2);
	ck_assert_int_eq(ptt_media_channel_add(media, &second, &config), PTT_OK);
	ck_assert_int_eq(ptt_media_set_mtk(second, &set), PTT_OK);
	UNTIL(stats().mtk_messages_sent == 2);
	set_mtk(1, mki1, "m1");
	UNTIL(seen.messages == 2);
	ck_assert_mem_eq(seen.message[0].data, "m1", 2);
	ptt_media_channel_remove(second);
	stop();
}
END_TEST

START_TEST(legs_share_when_ports_run_out)
{
	struct member m[3];

	start_with(1000, 0, 4); /* two pairs */
	set_mtk(1, mki1, "m1");
	give_mtk(rx, 1, mki1);
	for (int i = 0; i < 3; i++)
		join(&m[i], i, true, false);
	ck_assert_uint_eq(stats().legs_shared, 1);
	ck_assert(ptt_media_leg_audio_port(m[2].leg) == ptt_media_leg_audio_port(m[0].leg) ||
		  ptt_media_leg_audio_port(m[2].leg) == ptt_media_leg_audio_port(m[1].leg));
	UNTIL(find_event(PTT_MEDIA_CUTOVER) != NULL);
	tbcp_send(&m[2], PTT_TBCP_REQUEST);
	ck_assert_int_eq(tbcp_wait(&m[2]).type, PTT_TBCP_GRANTED);
	say(&m[2]);
	UNTIL(seen.audio == 1);
	say(&m[0]);
	say(&m[1]);
	UNTIL(stats().rtp_dropped == 2);
	leave(&m[0]);
	leave(&m[1]);
	say(&m[2]); /* the shared pair lives on for him */
	UNTIL(seen.audio == 2);
	leave(&m[2]);
	UNTIL(find_event(PTT_MEDIA_TALK_START) != NULL);
	stop();
}
END_TEST

START_TEST(ports_come_back_and_can_be_asked_for)
{
	struct ptt_media_leg *a, *b;
	struct ptt_media_leg_at at = {0};
	uint16_t audio, floor;
	int taken = 0;

	start_with(1000, 0, 2); /* one pair */
	ck_assert_int_eq(ptt_media_leg_open(media, &a, NULL, NULL), PTT_OK);
	at.audio_port = audio = ptt_media_leg_audio_port(a);
	at.floor_port = floor = ptt_media_leg_floor_port(a);
	ck_assert_uint_ne(audio, floor);
	ptt_media_leg_close(a);
	for (int i = 0; i < 100; i++) {
		if (ptt_media_leg_open_at(media, &b, &at, NULL) == PTT_ERR_EXHAUSTED) {
			turn(); /* the thread has not closed them yet */
			continue;
		}
		taken = ptt_media_leg_audio_port(b) == audio &&
			ptt_media_leg_floor_port(b) == floor;
		ptt_media_leg_close(b);
		break;
	}
	ck_assert(taken);
	stop();
}
END_TEST

START_TEST(a_spent_key_is_told_once)
{
	struct member a;
	size_t spent = 0;

	start_with(1000, 5, 40);
	join(&a, 0, false, false);
	set_mtk(1, mki1, "m1");
	give_mtk(rx, 1, mki1);
	UNTIL(find_event(PTT_MEDIA_CUTOVER) != NULL);
	for (int i = 0; i < 20; i++)
		say(&a);
	UNTIL(seen.audio == 20);
	turn_for(20);
	for (size_t i = 0; i < seen.events; i++)
		spent += seen.event[i].type == PTT_MEDIA_MTK_SPENT;
	ck_assert_uint_eq(spent, 1);
	leave(&a);
	stop();
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
	struct ptt_media_channel_config config = {.address = "10.0.0.1", .interface = "lo"};
	struct ptt_media_channel *ch;
	struct ptt_mtk mtk = lab_mtk(1);
	struct ptt_media_mtk set = {.mtk = &mtk, .message = ptt_bytes_of_str("x")};
	uint8_t big[PTT_MTK_MESSAGE_MAX + 1] = {0};
	struct ptt_media_leg *leg;

	start();
	ck_assert_int_eq(ptt_media_channel_add(media, &ch, &config), PTT_ERR_MALFORMED);
	config.address = LAB_GROUP;
	config.interface = "nosuch0";
	ck_assert_int_eq(ptt_media_channel_add(media, &ch, &config), PTT_ERR_NO_KEY);
	set.message = PTT_BYTES_OF(big);
	ck_assert_int_eq(ptt_media_set_mtk(channel, &set), PTT_ERR_NO_SPACE);
	set.message.len = 3;
	mtk.key_len = 24;
	ck_assert_int_eq(ptt_media_set_mtk(channel, &set), PTT_ERR_UNSUPPORTED);
	ck_assert_int_eq(ptt_media_leg_open(media, &leg, "nonsense", NULL), PTT_ERR_MALFORMED);
	ck_assert_int_eq(ptt_media_leg_open(media, &leg, "192.0.2.7", NULL), PTT_ERR_SYSTEM);
	stop();
}
END_TEST

/* After remove and close no event comes, and stopping frees what is left. */
START_TEST(removed_objects_are_quiet)
{
	struct member a, b;

	start();
	join(&a, 0, false, false);
	join(&b, 1, false, false);
	set_mtk(1, mki1, "m1");
	ptt_media_channel_remove(channel);
	turn_for(80);
	ck_assert_uint_eq(seen.events, 0);
	say(&a);
	UNTIL(stats().rtp_dropped == 1);
	leave(&a);
	add_channel(1000, 0);
	set_mtk(1, mki1, "m1");
	turn();
	close(b.audio);
	close(b.floor);
	stop();
}
END_TEST

static size_t started, stopped;

static void on_talk(
	void *ctx, enum ptt_talk_event event, const struct ptt_tbcp *msg, int64_t now_ms)
{
	(void)ctx;
	(void)msg;
	(void)now_ms;
	started += event == PTT_TALK_STARTED;
	stopped += event == PTT_TALK_STOPPED;
}

static void turn_talk(struct ptt_talk *talk)
{
	int fds[2];

	ptt_talk_fds(talk, fds);
	ptt_talk_read(talk, fds[0], ptt_media_now_ms());
	ptt_talk_read(talk, fds[1], ptt_media_now_ms());
	ptt_talk_tick(talk, ptt_media_now_ms());
	turn();
}

/* The client's sender, the server, the client's receiver: an AMR tone all the way. */
START_TEST(talk_through_the_server)
{
	struct ptt_talk_config config = {.address = LAB_SOURCE, .on_event = on_talk};
	struct ptt_talk_peer peer = {.address = LAB_SOURCE, .pt = 100, .codec = PTT_CODEC_AMR};
	struct ptt_media_peer there = {.address = LAB_SOURCE, .pt = 100};
	struct ptt_media_leg *leg;
	struct ptt_talk *talk;
	int64_t end_ms;

	start();
	started = stopped = 0;
	set_mtk(1, mki1, "m1");
	give_mtk(rx, 1, mki1);
	ck_assert_int_eq(ptt_talk_open(&talk, &config), PTT_OK);
	ck_assert_int_eq(ptt_talk_start(talk, NULL, false, ptt_media_now_ms()), PTT_ERR_MISMATCH);
	ck_assert_int_eq(ptt_media_leg_open(media, &leg, NULL, NULL), PTT_OK);
	there.audio_port = ptt_talk_audio_port(talk);
	there.floor_port = ptt_talk_floor_port(talk);
	ck_assert_int_eq(ptt_media_leg_set_peer(leg, channel, &there), PTT_OK);
	barrier();
	peer.audio_port = ptt_media_leg_audio_port(leg);
	peer.floor_port = ptt_media_leg_floor_port(leg);
	ck_assert_int_eq(ptt_talk_set_peer(talk, &peer), PTT_OK);
	UNTIL(find_event(PTT_MEDIA_CUTOVER) != NULL);
	ck_assert_int_eq(ptt_talk_start(talk, "tone", false, ptt_media_now_ms()), PTT_OK);
	ck_assert_int_eq(ptt_talk_start(talk, "tone", false, ptt_media_now_ms()), PTT_ERR_BUSY);
	for (end_ms = ptt_media_now_ms() + WAIT_MS; seen.audio < 20 && ptt_media_now_ms() < end_ms;)
		turn_talk(talk);
	ck_assert_uint_ge(seen.audio, 20);
	ck_assert_uint_eq(started, 1);
	ck_assert_uint_eq(seen.payload[0], 0xf0);     /* CMR: none */
	ck_assert_uint_eq(seen.payload[1] & 0x87, 4); /* ToC: one frame, good */
	ptt_talk_stop(talk, ptt_media_now_ms());
	ck_assert_uint_eq(stopped, 1);
	UNTIL(seen.idle >= 1);
	ptt_talk_close(talk);
	ptt_media_leg_close(leg);
	stop();
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("media");
	TCase *t = tcase_create("thread");

	tcase_add_test(t, mtk_goes_out_twice_then_repeats);
	tcase_add_test(t, relayed_audio_is_opened);
	tcase_add_test(t, the_old_key_ends_at_the_switch);
	tcase_add_test(t, sets_in_a_row_switch_in_order);
	tcase_add_test(t, send_now_is_limited);
	tcase_add_test(t, silence_is_silent);
	tcase_add_test(t, floor_by_tbcp);
	tcase_add_test(t, the_talker_is_forwarded_to_who_has_no_channel);
	tcase_add_test(t, strangers_are_dropped);
	tcase_add_test(t, other_sources_are_not_heard);
	tcase_add_test(t, legs_share_when_ports_run_out);
	tcase_add_test(t, ports_come_back_and_can_be_asked_for);
	tcase_add_test(t, a_spent_key_is_told_once);
	tcase_add_test(t, bad_arguments_are_refused);
	tcase_add_test(t, removed_objects_are_quiet);
	tcase_add_test(t, talk_through_the_server);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *sr;
	int failed;

	lab_enter();
	sr = srunner_create(suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
