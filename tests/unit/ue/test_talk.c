/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client's sender against plain sockets in the server's place; time moved by hand. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module/rtp/net.h"
#include "module/ue/talk.h"
#include "module/ue/wav.h"
#include "tests/unit/check_main.h"
#include "tests/unit/media/media_lab.h"

static struct ptt_talk *talk;
static int audio, floor_fd;
static uint16_t audio_port, floor_port;
static int events[8];
static uint16_t reason;
static size_t heard;

static void on_event(
	void *ctx, enum ptt_talk_event event, const struct ptt_tbcp *msg, int64_t now_ms)
{
	(void)ctx;
	(void)now_ms;
	events[event]++;
	reason = msg ? msg->reason : 0;
}

static void on_audio(void *ctx, const struct ptt_rtp *rtp, int64_t now_ms)
{
	(void)ctx;
	(void)now_ms;
	heard += rtp->payload.len;
}

static void set_peer(bool tbcp)
{
	struct ptt_talk_peer peer = {.address = LAB_SOURCE,
		.priority = 2,
		.timestamps = true,
		.audio_port = audio_port,
		.pt = 101,
		.codec = PTT_CODEC_PCMU,
		.floor_port = tbcp ? floor_port : 0};

	ck_assert_int_eq(ptt_talk_set_peer(talk, &peer), PTT_OK);
}

static void setup(void)
{
	struct ptt_talk_config config = {
		.address = LAB_SOURCE, .on_event = on_event, .on_audio = on_audio};

	memset(events, 0, sizeof(events));
	heard = 0;
	audio = lab_socket(LAB_SOURCE, &audio_port);
	floor_fd = lab_socket(LAB_SOURCE, &floor_port);
	ck_assert_int_eq(ptt_talk_open(&talk, &config), PTT_OK);
	set_peer(true);
}

static void teardown(void)
{
	ptt_talk_close(talk);
	close(audio);
	close(floor_fd);
}

static struct ptt_tbcp next_tbcp(void)
{
	static uint8_t buf[PTT_TBCP_MAX_LEN];
	struct ptt_tbcp msg = {0};
	size_t len = lab_recv(floor_fd, buf, sizeof(buf));

	ck_assert_int_eq(ptt_tbcp_get(&msg, (struct ptt_bytes){buf, len}), PTT_OK);
	return msg;
}

static struct ptt_rtp next_rtp(void)
{
	static uint8_t buf[PTT_RTP_MAX_LEN];
	struct ptt_rtp rtp = {0};
	size_t len = lab_recv(audio, buf, sizeof(buf));

	ck_assert_int_eq(ptt_rtp_get(&rtp, (struct ptt_bytes){buf, len}), PTT_OK);
	return rtp;
}

/* From the server's floor port to the client's, and read at once: lo delivers within the call. */
static void answer_from(int fd, struct ptt_tbcp msg, int64_t now_ms)
{
	uint8_t buf[PTT_TBCP_MAX_LEN];
	size_t len;
	int fds[2];

	ck_assert_int_eq(ptt_tbcp_put(buf, &len, sizeof(buf), &msg), PTT_OK);
	lab_send(fd, buf, len, ptt_talk_floor_port(talk));
	ptt_talk_fds(talk, fds);
	ptt_talk_read(talk, fds[1], now_ms);
}

static void answer(enum ptt_tbcp_type type, uint16_t why, int64_t now_ms)
{
	answer_from(floor_fd, (struct ptt_tbcp){.type = type, .reason = why}, now_ms);
}

START_TEST(asks_then_sends_every_20_ms)
{
	struct ptt_rtp a, b;
	struct ptt_tbcp msg;

	ck_assert_int_eq(ptt_talk_start(talk, NULL, false, 1000), PTT_OK);
	ck_assert_int_eq(next_tbcp().type, PTT_TBCP_REQUEST);
	ck_assert_int_eq(ptt_talk_due_ms(talk), 1500);
	ptt_talk_tick(talk, 1499);
	ptt_talk_tick(talk, 1500); /* the request was lost */
	ck_assert_int_eq(next_tbcp().type, PTT_TBCP_REQUEST);
	ck_assert_uint_eq(ptt_talk_packets_sent(talk), 0);
	answer(PTT_TBCP_GRANTED, 0, 1600);
	ck_assert_int_eq(events[PTT_TALK_STARTED], 1);
	ptt_talk_tick(talk, 1600);
	ptt_talk_tick(talk, 1619);
	ck_assert_uint_eq(ptt_talk_packets_sent(talk), 1);
	ptt_talk_tick(talk, 1620);
	a = next_rtp();
	ck_assert(a.marker);
	ck_assert_uint_eq(a.pt, 101);
	ck_assert_uint_eq(a.payload.len, 160);
	b = next_rtp();
	ck_assert(!b.marker);
	ck_assert_uint_eq((uint16_t)(b.seq - a.seq), 1);
	ck_assert_uint_eq(b.timestamp - a.timestamp, 160);
	ck_assert_uint_eq(b.ssrc, a.ssrc);
	ptt_talk_tick(talk, 60000); /* after a stall a few frames, not three thousand */
	ck_assert_uint_le(ptt_talk_packets_sent(talk), 2 + 11);
	ptt_talk_stop(talk, 60000);
	msg = next_tbcp();
	ck_assert_int_eq(msg.type, PTT_TBCP_RELEASE);
	ck_assert(!msg.last_seq_unknown);
	ck_assert_uint_eq(msg.last_seq, (uint16_t)(a.seq + ptt_talk_packets_sent(talk) - 1));
	ck_assert_int_eq(events[PTT_TALK_STOPPED], 1);
	ck_assert(!ptt_talk_active(talk));
	ck_assert_int_eq(ptt_talk_due_ms(talk), 60500);
	ptt_talk_tick(talk, 60500); /* no answer: the Release was lost */
	ck_assert_int_eq(next_tbcp().type, PTT_TBCP_RELEASE);
	answer(PTT_TBCP_IDLE, 0, 60600);
	ck_assert_int_eq(ptt_talk_due_ms(talk), INT64_MAX);
}
END_TEST

START_TEST(denied)
{
	ck_assert_int_eq(ptt_talk_start(talk, NULL, false, 0), PTT_OK);
	answer(PTT_TBCP_DENY, PTT_TBCP_DENY_OTHER_TALKS, 10);
	ck_assert_int_eq(events[PTT_TALK_DENIED], 1);
	ck_assert_uint_eq(reason, PTT_TBCP_DENY_OTHER_TALKS);
	ck_assert(!ptt_talk_active(talk));
	ck_assert_int_eq(next_tbcp().type, PTT_TBCP_REQUEST);
	answer(PTT_TBCP_GRANTED, 0, 20); /* late: given back */
	ck_assert_int_eq(events[PTT_TALK_STARTED], 0);
	ck_assert_int_eq(next_tbcp().type, PTT_TBCP_RELEASE);
}
END_TEST

START_TEST(revoked)
{
	ck_assert_int_eq(ptt_talk_start(talk, NULL, false, 0), PTT_OK);
	answer(PTT_TBCP_GRANTED, 0, 10);
	answer(PTT_TBCP_REVOKE, PTT_TBCP_REVOKE_TOO_LONG, 20);
	ck_assert_int_eq(events[PTT_TALK_REVOKED], 1);
	ck_assert_uint_eq(reason, PTT_TBCP_REVOKE_TOO_LONG);
	ck_assert(!ptt_talk_active(talk));
	ck_assert_int_eq(next_tbcp().type, PTT_TBCP_REQUEST);
	ck_assert_int_eq(next_tbcp().type, PTT_TBCP_RELEASE);
}
END_TEST

START_TEST(queued_then_granted)
{
	struct ptt_tbcp msg, again;

	ptt_talk_set_priority(talk, 3);
	ck_assert_int_eq(ptt_talk_start(talk, NULL, false, 0), PTT_OK);
	msg = next_tbcp();
	ck_assert_uint_eq(msg.priority, 2); /* no more than agreed */
	ck_assert_uint_gt(msg.timestamp >> 32, 3900000000u);
	ptt_talk_tick(talk, 500);
	again = next_tbcp();
	ck_assert(again.timestamp == msg.timestamp); /* when he asked, not when it was repeated */
	answer_from(floor_fd,
		(struct ptt_tbcp){.type = PTT_TBCP_QUEUE_STATUS, .priority = 2, .position = 2},
		600);
	ck_assert_int_eq(events[PTT_TALK_QUEUED], 1);
	ck_assert_int_eq(events[PTT_TALK_TBCP], 1);
	ck_assert(ptt_talk_active(talk));
	ck_assert_int_eq(ptt_talk_start(talk, NULL, false, 700), PTT_ERR_BUSY);
	ck_assert_int_eq(ptt_talk_due_ms(talk), 5600);
	ptt_talk_tick(talk, 5600); /* still there? */
	ck_assert_int_eq(next_tbcp().type, PTT_TBCP_QUEUE_REQUEST);
	answer_from(
		floor_fd, (struct ptt_tbcp){.type = PTT_TBCP_QUEUE_STATUS, .position = 1}, 5700);
	answer(PTT_TBCP_GRANTED, 0, 6000);
	ck_assert_int_eq(events[PTT_TALK_STARTED], 1);
	ptt_talk_stop(talk, 6000);
	msg = next_tbcp();
	ck_assert_int_eq(msg.type, PTT_TBCP_RELEASE);
	ck_assert(msg.last_seq_unknown);
}
END_TEST

START_TEST(taken_out_of_the_queue)
{
	ck_assert_int_eq(ptt_talk_start(talk, NULL, false, 0), PTT_OK);
	next_tbcp();
	answer_from(floor_fd, (struct ptt_tbcp){.type = PTT_TBCP_QUEUE_STATUS, .position = 1}, 10);
	ptt_talk_stop(talk, 20); /* he does not want it any more */
	ck_assert_int_eq(next_tbcp().type, PTT_TBCP_RELEASE);
	answer(PTT_TBCP_GRANTED, 0, 30); /* crossed */
	ck_assert_int_eq(next_tbcp().type, PTT_TBCP_RELEASE);
	answer(PTT_TBCP_IDLE, 0, 40);
	ck_assert_int_eq(ptt_talk_start(talk, NULL, false, 50), PTT_OK);
	next_tbcp();
	answer_from(floor_fd, (struct ptt_tbcp){.type = PTT_TBCP_QUEUE_STATUS, .position = 1}, 60);
	answer_from(floor_fd, (struct ptt_tbcp){.type = PTT_TBCP_QUEUE_STATUS},
		70); /* removed from the queue */
	ck_assert_int_eq(events[PTT_TALK_DENIED], 1);
	ck_assert(!ptt_talk_active(talk));
}
END_TEST

/* T1 at the PF, or a Revoke and all its repeats lost: Idle or another's Taken says it all. */
START_TEST(lost_without_a_word)
{
	ck_assert_int_eq(ptt_talk_start(talk, NULL, false, 0), PTT_OK);
	answer(PTT_TBCP_GRANTED, 0, 10);
	answer(PTT_TBCP_IDLE, 0, 20); /* of before */
	ck_assert_int_eq(events[PTT_TALK_REVOKED], 0);
	answer(PTT_TBCP_IDLE, 0, 600);
	ck_assert_int_eq(events[PTT_TALK_REVOKED], 1);
	ck_assert(!ptt_talk_active(talk));
}
END_TEST

START_TEST(acknowledged)
{
	static const struct {
		enum ptt_tbcp_type type;
		uint16_t reason;
	} cases[] = {{PTT_TBCP_TAKEN_ACK, 0}, {PTT_TBCP_CONNECT, 2}, {PTT_TBCP_DISCONNECT, 0}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ptt_tbcp msg;

		answer(cases[i].type, 0, 10);
		msg = next_tbcp();
		ck_assert_int_eq(msg.type, PTT_TBCP_ACK);
		ck_assert_uint_eq(msg.acked, cases[i].type);
		ck_assert_uint_eq(msg.reason, cases[i].reason);
	}
	ck_assert_int_eq(events[PTT_TALK_TBCP], 3);
}
END_TEST

START_TEST(no_answer_is_no)
{
	ck_assert_int_eq(ptt_talk_start(talk, NULL, false, 0), PTT_OK);
	for (int64_t t = 0; t <= 1500; t += 100)
		ptt_talk_tick(talk, t);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(next_tbcp().type, PTT_TBCP_REQUEST);
	ck_assert_int_eq(events[PTT_TALK_DENIED], 1);
	ck_assert(!ptt_talk_active(talk));
}
END_TEST

START_TEST(strangers_and_others)
{
	static const uint8_t rtp[14] = {0x80, 101};
	uint16_t port;
	int other = lab_socket("127.0.0.2", &port), fds[2];

	ck_assert_int_eq(ptt_talk_start(talk, NULL, false, 0), PTT_OK);
	answer_from(other, (struct ptt_tbcp){.type = PTT_TBCP_GRANTED}, 10);
	ck_assert_int_eq(events[PTT_TALK_STARTED], 0);
	answer(PTT_TBCP_IDLE, 0, 10);
	ck_assert_int_eq(events[PTT_TALK_TBCP], 1);
	lab_send(floor_fd, "junk", 4, ptt_talk_floor_port(talk));
	ptt_talk_fds(talk, fds);
	ptt_talk_read(talk, fds[1], 20);
	lab_send(audio, rtp, sizeof(rtp), ptt_talk_audio_port(talk));
	ptt_talk_read(talk, fds[0], 20);
	ck_assert_uint_eq(heard, 2);
	close(other);
}
END_TEST

START_TEST(a_file_ends_or_loops)
{
	char path[] = "/tmp/ptt-talk-XXXXXX";
	int16_t samples[400] = {0};
	struct ptt_wav wav;
	int fd = mkstemp(path);

	close(fd);
	ck_assert_int_eq(ptt_talk_start(talk, "/nonexistent.wav", false, 0), PTT_ERR_NO_KEY);
	ck_assert_int_eq(ptt_talk_start(talk, path, false, 0), PTT_ERR_MALFORMED);
	ck_assert_int_eq(ptt_wav_create(&wav, path), PTT_OK);
	ck_assert_int_eq(ptt_wav_write(&wav, samples, 400), PTT_OK);
	ck_assert_int_eq(ptt_wav_close(&wav), PTT_OK);
	set_peer(false); /* without TBCP: at once */
	ck_assert_int_eq(ptt_talk_start(talk, path, false, 0), PTT_OK);
	ck_assert_int_eq(events[PTT_TALK_STARTED], 1);
	for (int64_t t = 0; t < 200; t += 20)
		ptt_talk_tick(talk, t);
	ck_assert_uint_eq(ptt_talk_packets_sent(talk), 3);
	ck_assert_int_eq(events[PTT_TALK_STOPPED], 1);
	ck_assert_int_eq(ptt_talk_start(talk, path, true, 1000), PTT_OK);
	for (int64_t t = 1000; t < 1200; t += 20)
		ptt_talk_tick(talk, t);
	ck_assert_uint_eq(ptt_talk_packets_sent(talk), 13);
	ck_assert(ptt_talk_active(talk));
	unlink(path);
}
END_TEST

START_TEST(bad_arguments)
{
	struct ptt_talk_config config = {.address = "localhost"};
	struct ptt_talk_peer peer = {.address = LAB_SOURCE};
	struct ptt_talk *other;

	ck_assert_int_eq(ptt_talk_open(&other, &config), PTT_ERR_MALFORMED);
	config.address = LAB_SOURCE;
	config.audio_port = ptt_talk_audio_port(talk);
	ck_assert_int_eq(ptt_talk_open(&other, &config), PTT_ERR_SYSTEM);
	ck_assert_int_eq(ptt_talk_set_peer(talk, &peer), PTT_ERR_UNSUPPORTED);
	peer.codec = PTT_CODEC_AMR;
	peer.address = "::1";
	ck_assert_int_eq(ptt_talk_set_peer(talk, &peer), PTT_ERR_MALFORMED);
}
END_TEST

/* Addresses, which everything here stands on. */
START_TEST(addresses)
{
	struct ptt_addr a, b, v6;
	char text[64];

	ck_assert_int_eq(ptt_addr_get(&a, "233.252.0.17", 40000), PTT_OK);
	ck_assert_int_eq(ptt_addr_get(&b, "233.252.0.17", 40002), PTT_OK);
	ck_assert_int_eq(ptt_addr_get(&v6, "ff3e::4321", 40000), PTT_OK);
	ck_assert(ptt_addr_is_multicast(&a) && ptt_addr_is_multicast(&v6));
	ck_assert(ptt_addr_same_host(&a, &b) && ptt_addr_port(&a) != ptt_addr_port(&b) &&
		  !ptt_addr_same_host(&a, &v6));
	ck_assert_uint_eq(ptt_addr_port(&v6), 40000);
	ck_assert_int_eq(ptt_addr_put(text, sizeof(text), &v6), PTT_OK);
	ck_assert_str_eq(text, "ff3e::4321");
	ck_assert_int_eq(ptt_addr_put(text, 4, &v6), PTT_ERR_NO_SPACE);
	ck_assert_int_eq(ptt_addr_get(&a, "0.0.0.0", 0), PTT_OK);
	ck_assert(ptt_addr_is_any(&a) && !ptt_addr_is_any(&v6));
	ck_assert_int_eq(ptt_addr_get(&a, "1.2.3", 0), PTT_ERR_MALFORMED);
	ck_assert_int_eq(ptt_addr_get(&a, "host.example", 0), PTT_ERR_MALFORMED);
	ck_assert_int_eq(ptt_net_interface_address(text, sizeof(text), "lo", AF_INET), PTT_OK);
	ck_assert_str_eq(text, LAB_SOURCE);
	ck_assert_int_eq(
		ptt_net_interface_address(text, sizeof(text), "nosuch0", AF_INET), PTT_ERR_NO_KEY);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("talk");

	lab_enter();
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, asks_then_sends_every_20_ms);
	tcase_add_test(t, denied);
	tcase_add_test(t, revoked);
	tcase_add_test(t, queued_then_granted);
	tcase_add_test(t, taken_out_of_the_queue);
	tcase_add_test(t, lost_without_a_word);
	tcase_add_test(t, acknowledged);
	tcase_add_test(t, no_answer_is_no);
	tcase_add_test(t, strangers_and_others);
	tcase_add_test(t, a_file_ends_or_loops);
	tcase_add_test(t, bad_arguments);
	tcase_add_test(t, addresses);
	return check_run_case("talk", t);
}
