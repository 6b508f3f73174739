/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counts of the talker's packets: many in one wake-up, each cause of a drop. */
#include <unistd.h>

#include "module/media/net_batch.h"
#include "tests/unit/check_main.h"
#include "tests/unit/media/media_fixture.h"

#define MANY 200

static struct ptt_net_batch batch;

/* Every one, in order, none twice, while the MTK changes in their midst. */
START_TEST(many_packets_and_a_new_key)
{
	struct member a;
	uint32_t ssrc = 0;
	size_t i, before;

	start();
	join(&a, 0, false, false);
	set_mtk(1, mki1, "m1");
	give_mtk(rx, 1, mki1);
	give_mtk(rx, 2, mki2);
	UNTIL(find_event(PTT_MEDIA_CUTOVER) != NULL);
	for (i = 0; i < MANY; i++) {
		say(&a);
		if (i == MANY / 2)
			set_mtk(2, mki2, "m2");
		if (i % 40 == 39)
			UNTIL(seen.audio == i + 1); /* within the socket's buffer */
		if (i == 39)
			ssrc = seen.audio_ssrc;
	}
	UNTIL(stats().cutovers == 2);
	before = seen.audio;
	for (i = 0; i < 40; i++)
		say(&a);
	UNTIL(seen.audio == before + 40);
	ck_assert_uint_eq(seen.audio, MANY + 40);
	ck_assert_uint_eq(seen.audio_ssrc, ssrc); /* one burst */
	ck_assert_mem_eq(seen.audio_mki, mki2, PTT_MKI_LEN);
	ck_assert_uint_eq(stats().srtp_protected, MANY + 40);
	ck_assert_uint_eq(stats().rtp_dropped, 0);
	leave(&a);
	stop();
}
END_TEST

static void send_rtp(const struct member *m, uint32_t ssrc, uint16_t seq, size_t len)
{
	uint8_t packet[PTT_RTP_MAX_LEN + 64] = {0x80, 100, (uint8_t)(seq >> 8), (uint8_t)seq};

	packet[11] = (uint8_t)ssrc;
	lab_send(m->audio, packet, len, ptt_endpoint_audio_port(m->endpoint));
}

/* Sends it, and waits until it is counted under this cause and no other. */
#define DROPS(cause, action) \
	do { \
		struct ptt_media_stats was_ = stats(); \
		action; \
		UNTIL(stats().rtp_dropped == was_.rtp_dropped + 1); \
		ck_assert_uint_eq(stats().dropped[cause], was_.dropped[cause] + 1); \
	} while (0)

START_TEST(drops_by_cause)
{
	struct member a, b, out;
	struct ptt_media_peer peer = {.address = LAB_SOURCE, .pt = 100};
	uint16_t port;
	int stranger = lab_socket("127.0.0.2", &port);

	start();
	join(&a, 0, false, false);
	join(&b, 1, false, false);
	join(&out, 2, false, false);
	DROPS(PTT_DROP_NO_KEY, send_rtp(&a, 1, 10, 40));
	set_mtk(1, mki1, "m1");
	give_mtk(rx, 1, mki1);
	UNTIL(find_event(PTT_MEDIA_CUTOVER) != NULL);
	send_rtp(&a, 1, 11, 40);
	UNTIL(seen.audio == 1);
	DROPS(PTT_DROP_SOURCE, say_from(&a, stranger, 100));
	DROPS(PTT_DROP_FLOOR, send_rtp(&b, 1, 12, 40));
	DROPS(PTT_DROP_MALFORMED, send_rtp(&a, 1, 12, 11));
	DROPS(PTT_DROP_MALFORMED, send_rtp(&a, 1, 12, PTT_RTP_MAX_LEN + 1));
	DROPS(PTT_DROP_MALFORMED,
		send_rtp(&a, 1, 12, PTT_RTP_MAX_LEN)); /* no room for MKI and tag */
	DROPS(PTT_DROP_PAYLOAD, send_rtp(&a, 1, 12, 12));
	DROPS(PTT_DROP_PAYLOAD, say_from(&a, a.audio, 8));
	DROPS(PTT_DROP_SSRC, send_rtp(&a, 2, 13, 40));
	DROPS(PTT_DROP_LATE, send_rtp(&a, 1, 11, 40)); /* twice */
	peer.audio_port = out.audio_port;
	ck_assert_int_eq(ptt_endpoint_set_peer(out.endpoint, NULL, &peer), PTT_OK);
	barrier();
	DROPS(PTT_DROP_NO_CHANNEL, send_rtp(&out, 1, 10, 40));
	send_rtp(&a, 1, 12, 40);
	UNTIL(seen.audio == 2);
	ck_assert_uint_eq(stats().dropped[PTT_DROP_SYSTEM], 0);
	for (unsigned i = 0; i < PTT_DROPS; i++)
		ck_assert_uint_gt(strlen(ptt_media_drop_name((enum ptt_media_drop)i)), 0);
	leave(&a);
	leave(&b);
	leave(&out);
	close(stranger);
	stop();
}
END_TEST

/* More than a batch at once; one that is too long; one that cannot be sent. */
START_TEST(batches)
{
	struct ptt_addr to, none = {.len = 1};
	uint8_t long_one[PTT_RTP_MAX_LEN + 1] = {0};
	uint16_t port, from_port;
	int fd = lab_socket(LAB_SOURCE, &port), from = lab_socket(LAB_SOURCE, &from_port);

	ck_assert_int_eq(ptt_addr_get(&to, LAB_SOURCE, port), PTT_OK);
	for (uint8_t i = 0; i < PTT_NET_BATCH_MAX; i++) {
		uint8_t *room = ptt_net_batch_room(&batch);

		ck_assert_ptr_nonnull(room);
		room[0] = i;
		ptt_net_batch_add(&batch, 1 + i, i == 3 ? &none : &to);
	}
	ck_assert_ptr_null(ptt_net_batch_room(&batch));
	ck_assert_uint_eq(ptt_net_batch_send(&batch, from), PTT_NET_BATCH_MAX - 1);
	ck_assert_uint_eq(batch.count, 0);
	lab_send(from, long_one, sizeof(long_one), port);
	lab_send(from, long_one, 0, port);
	ptt_net_batch_recv(&batch, fd);
	ck_assert_uint_eq(batch.count, PTT_NET_BATCH_MAX);
	for (uint8_t i = 0; i < PTT_NET_BATCH_MAX - 1; i++) {
		ck_assert_uint_eq(batch.datagram[i].data[0], i < 3 ? i : i + 1);
		ck_assert_uint_eq(batch.datagram[i].len, i < 3 ? i + 1u : i + 2u);
		ck_assert_uint_eq(ptt_addr_port(&batch.datagram[i].addr), from_port);
	}
	ck_assert_uint_eq(batch.datagram[PTT_NET_BATCH_MAX - 1].len, 0);
	ptt_net_batch_recv(&batch, fd);
	ck_assert_uint_eq(batch.count, 1);
	ptt_net_batch_recv(&batch, fd);
	ck_assert_uint_eq(batch.count, 0);
	close(fd);
	close(from);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("relay");

	lab_enter();
	tcase_add_test(t, many_packets_and_a_new_key);
	tcase_add_test(t, drops_by_cause);
	tcase_add_test(t, batches);
	return check_run_case("media_relay", t);
}
