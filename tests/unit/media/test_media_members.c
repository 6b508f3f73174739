/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The members: floor, forwarding, source addresses, ports, a client that talks. */
#include "module/base/clock.h"
#include "tests/unit/check_main.h"
#include "tests/unit/media/media_fixture.h"

START_TEST(floor_by_tbcp)
{
	struct member a, b;
	struct ptt_tbcp msg;

	start();
	set_mtk(1, mki1, "m1");
	give_mtk(rx, 1, mki1);
	join(&a, 0, true, false);
	join(&b, 3, true, true);
	UNTIL(find_event(PTT_MEDIA_CUTOVER) != NULL);
	tbcp_send(&a, PTT_TBCP_REQUEST);
	msg = tbcp_wait(&a);
	ck_assert_int_eq(msg.type, PTT_TBCP_GRANTED);
	ck_assert_uint_eq(msg.seconds, 30);
	ck_assert_uint_eq(msg.participants, 2);
	msg = tbcp_wait_for(&b, PTT_TBCP_TAKEN_ACK); /* without the channel: by unicast */
	ck_assert(ptt_bytes_equal(msg.uri, ptt_bytes_of_str("sip:a@b")));
	tbcp_send_msg(&b, (struct ptt_tbcp){.type = PTT_TBCP_ACK, .acked = PTT_TBCP_TAKEN_ACK});
	UNTIL(stats().tbcp_received == 2);
	tbcp_send(&b, PTT_TBCP_REQUEST);
	msg = tbcp_wait_for(&b, PTT_TBCP_DENY);
	ck_assert_uint_eq(msg.reason, PTT_TBCP_DENY_OTHER_TALKS);
	msg = tbcp_wait(&b); /* a repeat, that asks for no Ack */
	ck_assert_int_eq(msg.type, PTT_TBCP_TAKEN);
	say(&b); /* without the floor: dropped */
	UNTIL(stats().rtp_dropped == 1);
	say(&a);
	UNTIL(seen.audio == 1);
	tbcp_send(&a, PTT_TBCP_RELEASE);
	UNTIL(seen.idle >= 1 && find_event(PTT_MEDIA_TALK_STOP));
	say(&a); /* a late packet does not take it again */
	UNTIL(stats().rtp_dropped == 2);
	ck_assert_uint_eq(tbcp_wait_for(&b, PTT_TBCP_REVOKE).reason, PTT_TBCP_REVOKE_NO_PERMISSION);
	tbcp_wait_for(&b, PTT_TBCP_IDLE);
	tbcp_wait_for(&a, PTT_TBCP_IDLE); /* the answer to the Release */
	ck_assert_uint_eq(stats().floor_requests, 2);
	ck_assert_uint_eq(stats().floor_grants, 1);
	ck_assert_uint_eq(stats().floor_denies[PTT_TBCP_DENY_OTHER_TALKS], 1);
	ck_assert_uint_eq(stats().floor_revokes[PTT_TBCP_REVOKE_NO_PERMISSION], 1);
	leave(&a);
	leave(&b);
	stop();
}
END_TEST

START_TEST(queued_and_pre_empted)
{
	struct member a, b, c;

	start();
	set_mtk(1, mki1, "m1");
	give_mtk(rx, 1, mki1);
	join(&a, 0, true, false);
	join(&b, 1, true, false);
	join(&c, 2, true, false);
	UNTIL(find_event(PTT_MEDIA_CUTOVER) != NULL);
	tbcp_send(&a, PTT_TBCP_REQUEST);
	tbcp_wait_for(&a, PTT_TBCP_GRANTED);
	tbcp_send(&b, PTT_TBCP_REQUEST);
	ck_assert_uint_eq(tbcp_wait_for(&b, PTT_TBCP_QUEUE_STATUS).position, 1);
	UNTIL(find_event(PTT_MEDIA_QUEUED) != NULL);
	ck_assert_uint_eq(stats().floor_queued, 1);
	tbcp_send_msg(&c, (struct ptt_tbcp){.type = PTT_TBCP_REQUEST, .priority = 3});
	ck_assert_uint_eq(tbcp_wait_for(&c, PTT_TBCP_QUEUE_STATUS).position, 1);
	ck_assert_uint_eq(tbcp_wait_for(&b, PTT_TBCP_QUEUE_STATUS).position, 2);
	ck_assert_uint_eq(tbcp_wait_for(&a, PTT_TBCP_REVOKE).reason, PTT_TBCP_REVOKE_PREEMPTED);
	say(&a); /* the last packet but one */
	UNTIL(seen.audio == 1);
	tbcp_send_msg(&a, (struct ptt_tbcp){.type = PTT_TBCP_RELEASE,
				  .last_seq = a.seq}); /* one more is on its way */
	UNTIL(stats().tbcp_received == 4);             /* not over yet */
	say(&a);
	UNTIL(seen.audio == 2);
	tbcp_wait_for(&c, PTT_TBCP_GRANTED);
	say(&a);
	UNTIL(stats().rtp_dropped == 1);
	say(&c);
	UNTIL(seen.audio == 3);
	leave(&c); /* its burst ends, too */
	tbcp_wait_for(&b, PTT_TBCP_GRANTED);
	UNTIL(stats().floor_queued == 0);
	leave(&a);
	leave(&b);
	stop();
}
END_TEST

/* TBCP behind a receiver report and a description, as RFC 3550 6.1 has it; and a cut one. */
START_TEST(compound)
{
	static const uint8_t head[] = "\x80\xc9\0\x01\0\0\x12\x34\x81\xca\0\x03\0\0\x12\x34\x01\x04"
				      "c@de\0\0";
	struct ptt_tbcp request = {.type = PTT_TBCP_REQUEST};
	uint8_t packet[sizeof(head) + PTT_TBCP_MAX_LEN];
	struct member a;
	size_t len;

	start();
	join(&a, 0, true, false);
	memcpy(packet, head, sizeof(head) - 1);
	ck_assert_int_eq(
		ptt_tbcp_put(packet + sizeof(head) - 1, &len, PTT_TBCP_MAX_LEN, &request), PTT_OK);
	len += sizeof(head) - 1;
	lab_send(a.floor, packet, len - 1, ptt_endpoint_floor_port(a.endpoint));
	UNTIL(stats().tbcp_malformed == 1);
	ck_assert_uint_eq(stats().floor_requests, 0);
	lab_send(a.floor, packet, len, ptt_endpoint_floor_port(a.endpoint));
	tbcp_wait_for(&a, PTT_TBCP_GRANTED);
	leave(&a);
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
	say_from(&a, other, 100); /* another source address */
	say_from(&a, a.audio, 8); /* another payload type */
	lab_send(a.audio, "x", 1, ptt_endpoint_audio_port(a.endpoint));
	lab_send(a.audio, junk, 0, ptt_endpoint_audio_port(a.endpoint));
	lab_send(a.audio, junk, 12, ptt_endpoint_audio_port(a.endpoint)); /* no payload */
	UNTIL(stats().rtp_dropped == 5);
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
	ck_assert_uint_eq(stats().endpoints_shared, 1);
	ck_assert(
		ptt_endpoint_audio_port(m[2].endpoint) == ptt_endpoint_audio_port(m[0].endpoint) ||
		ptt_endpoint_audio_port(m[2].endpoint) == ptt_endpoint_audio_port(m[1].endpoint));
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
	say(&m[2]); /* the shared pair stays open for it */
	UNTIL(seen.audio == 2);
	leave(&m[2]);
	UNTIL(find_event(PTT_MEDIA_TALK_START) != NULL);
	stop();
}
END_TEST

START_TEST(ports_come_back_and_can_be_asked_for)
{
	struct ptt_endpoint *a, *b;
	struct ptt_endpoint_at at = {0};
	uint16_t audio, floor;
	int taken = 0;

	start_with(1000, 0, 2); /* one pair */
	ck_assert_int_eq(ptt_endpoint_open(media, &a, NULL, NULL), PTT_OK);
	at.audio_port = audio = ptt_endpoint_audio_port(a);
	at.floor_port = floor = ptt_endpoint_floor_port(a);
	ck_assert_uint_ne(audio, floor);
	ptt_endpoint_close(a);
	for (int i = 0; i < 100; i++) {
		if (ptt_endpoint_open_at(media, &b, &at, NULL) == PTT_ERR_EXHAUSTED) {
			turn(); /* the thread has not closed them yet */
			continue;
		}
		taken = ptt_endpoint_audio_port(b) == audio && ptt_endpoint_floor_port(b) == floor;
		ptt_endpoint_close(b);
		break;
	}
	ck_assert(taken);
	stop();
}
END_TEST

/* As a start does it: all of them at once, two at one pair as before it. */
START_TEST(held_together_at_the_ports_they_had)
{
	struct ptt_endpoint_at at = {0};
	struct ptt_media_peer peer = {.address = LAB_SOURCE, .pt = 100, .name = "sip:a@b"};
	struct member m[2];

	start_with(1000, 0, 4);
	set_mtk(1, mki1, "m1");
	give_mtk(rx, 1, mki1);
	UNTIL(find_event(PTT_MEDIA_CUTOVER) != NULL);
	ptt_media_hold(media);
	for (int i = 0; i < 2; i++) {
		m[i].audio = lab_socket(LAB_SOURCE, &m[i].audio_port);
		m[i].floor = lab_socket(LAB_SOURCE, &m[i].floor_port);
		m[i].seq = 65000;
		ck_assert_int_eq(
			ptt_endpoint_open_at(media, &m[i].endpoint, &at, &endpoint_mark[i]),
			PTT_OK);
		ck_assert(i == 0 || ptt_endpoint_audio_port(m[i].endpoint) == at.audio_port);
		at.audio_port = ptt_endpoint_audio_port(m[i].endpoint);
		at.floor_port = ptt_endpoint_floor_port(m[i].endpoint);
		peer.audio_port = m[i].audio_port;
		ck_assert_int_eq(ptt_endpoint_set_peer(m[i].endpoint, channel, &peer), PTT_OK);
	}
	ck_assert_uint_eq(stats().endpoints_shared, 1);
	ck_assert_int_eq(ptt_media_release(media), PTT_OK);
	barrier();
	say(&m[1]);
	UNTIL(seen.audio >= 1);
	leave(&m[0]);
	leave(&m[1]);
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
	ptt_talk_read(talk, fds[0], ptt_clock_ms());
	ptt_talk_read(talk, fds[1], ptt_clock_ms());
	ptt_talk_tick(talk, ptt_clock_ms());
	turn();
}

/* The client's sender, the server, the client's receiver: an AMR tone all the way. */
START_TEST(talk_through_the_server)
{
	struct ptt_talk_config config = {.address = LAB_SOURCE, .on_event = on_talk};
	struct ptt_talk_peer peer = {.address = LAB_SOURCE, .pt = 100, .codec = PTT_CODEC_AMR};
	struct ptt_media_peer there = {.address = LAB_SOURCE, .pt = 100};
	struct ptt_endpoint *endpoint;
	struct ptt_talk *talk;
	int64_t end_ms;

	start();
	started = stopped = 0;
	set_mtk(1, mki1, "m1");
	give_mtk(rx, 1, mki1);
	ck_assert_int_eq(ptt_talk_open(&talk, &config), PTT_OK);
	ck_assert_int_eq(ptt_talk_start(talk, NULL, false, ptt_clock_ms()), PTT_ERR_MISMATCH);
	ck_assert_int_eq(ptt_endpoint_open(media, &endpoint, NULL, NULL), PTT_OK);
	there.audio_port = ptt_talk_audio_port(talk);
	there.floor_port = ptt_talk_floor_port(talk);
	ck_assert_int_eq(ptt_endpoint_set_peer(endpoint, channel, &there), PTT_OK);
	barrier();
	peer.audio_port = ptt_endpoint_audio_port(endpoint);
	peer.floor_port = ptt_endpoint_floor_port(endpoint);
	ck_assert_int_eq(ptt_talk_set_peer(talk, &peer), PTT_OK);
	UNTIL(find_event(PTT_MEDIA_CUTOVER) != NULL);
	ck_assert_int_eq(ptt_talk_start(talk, "tone", false, ptt_clock_ms()), PTT_OK);
	ck_assert_int_eq(ptt_talk_start(talk, "tone", false, ptt_clock_ms()), PTT_ERR_BUSY);
	for (end_ms = ptt_clock_ms() + WAIT_MS; seen.audio < 20 && ptt_clock_ms() < end_ms;)
		turn_talk(talk);
	ck_assert_uint_ge(seen.audio, 20);
	ck_assert_uint_eq(started, 1);
	ck_assert_uint_eq(seen.payload[0], 0xf0);     /* CMR: none */
	ck_assert_uint_eq(seen.payload[1] & 0x87, 4); /* ToC: one frame, good */
	ptt_talk_stop(talk, ptt_clock_ms());
	ck_assert_uint_eq(stopped, 1);
	UNTIL(seen.idle >= 1);
	ptt_talk_close(talk);
	ptt_endpoint_close(endpoint);
	stop();
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("thread");

	lab_enter();
	tcase_add_test(t, floor_by_tbcp);
	tcase_add_test(t, queued_and_pre_empted);
	tcase_add_test(t, compound);
	tcase_add_test(t, the_talker_is_forwarded_to_who_has_no_channel);
	tcase_add_test(t, strangers_are_dropped);
	tcase_add_test(t, other_sources_are_not_heard);
	tcase_add_test(t, legs_share_when_ports_run_out);
	tcase_add_test(t, ports_come_back_and_can_be_asked_for);
	tcase_add_test(t, held_together_at_the_ports_they_had);
	tcase_add_test(t, talk_through_the_server);
	return check_run_case("media_members", t);
}
