/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packets: protected, sent in order, opened; every suite. */
#include "tests/unit/check_main.h"
#include "tests/unit/rtp/srtp_fixture.h"

/*
 * A whole packet: AES-CM-128, HMAC-SHA1-80, MKI of 6 bytes, ROC 0; computed with OpenSSL alone (RFC
 * 3711 3.1, 4).
 */
START_TEST(whole_packet)
{
	struct ptt_mtk mtk = {.key_len = 16, .salt_len = 14};
	static const char rtp_hex[] = "806100640000000011223344"
				      "abababababababababababababababababababab"
				      "abababababababababababababababababababab";
	static const char tail_hex[] = "000100020005c8953f2bff4602580783";
	uint8_t mki[PTT_MKI_LEN] = {0, 1, 0, 2, 0, 5}, tail[16], rtp[64];
	size_t rtp_len, tail_len;
	struct ptt_rtp in;
	struct packet p;

	for (uint8_t i = 0; i < 16; i++)
		mtk.key[i] = (uint8_t)(0x60 + i);
	for (uint8_t i = 0; i < 14; i++)
		mtk.salt[i] = (uint8_t)(0x70 + i);
	ck_assert_int_eq(ptt_hex_get(rtp, &rtp_len, sizeof(rtp), rtp_hex, strlen(rtp_hex)), PTT_OK);
	ck_assert_int_eq(
		ptt_hex_get(tail, &tail_len, sizeof(tail), tail_hex, strlen(tail_hex)), PTT_OK);
	ck_assert_int_eq(ptt_rtp_get(&in, (struct ptt_bytes){rtp, rtp_len}), PTT_OK);
	set_key(&mtk, mki);
	ck_assert_int_eq(ptt_srtp_relay_protect(&relay, p.b, &p.len, sizeof(p.b), &in), PTT_OK);
	ck_assert_uint_eq(p.len, rtp_len + tail_len);
	ck_assert_mem_eq(p.b, rtp, PTT_RTP_HEADER_LEN);
	ck_assert_mem_ne(
		p.b + PTT_RTP_HEADER_LEN, rtp + PTT_RTP_HEADER_LEN, rtp_len - PTT_RTP_HEADER_LEN);
	ck_assert_mem_eq(p.b + rtp_len, tail, tail_len);
	add(&mtk, mki, 0);
	ck_assert_mem_eq(ptt_srtp_open_mki(op, (struct ptt_bytes){p.b, p.len}), mki, PTT_MKI_LEN);
	give(&p, 0);
	ck_assert_uint_eq(opened, 1);
	ck_assert_uint_eq(plain_len, rtp_len);
	ck_assert_mem_eq(plain, rtp, rtp_len);
	/* every flipped bit is noticed */
	for (size_t i = 0; i < p.len; i++) {
		p.b[i] ^= 1;
		give(&p, 1);
		p.b[i] ^= 1;
	}
	ptt_srtp_open_tick(op, 1000);
	ck_assert_uint_eq(opened, 1);
	ck_assert_uint_eq(srtp_stats().undecryptable + srtp_stats().replayed, p.len);
	for (size_t i = 0; i < p.len; i++)
		ptt_srtp_open_packet(op, (struct ptt_bytes){p.b, i}, 2000);
	ck_assert_uint_eq(opened, 1);
}
END_TEST

START_TEST(no_key_no_packet)
{
	struct ptt_rtp rtp = {.payload = {(const uint8_t *)"x", 1}};
	uint8_t out[256];
	size_t len;

	ck_assert_int_eq(
		ptt_srtp_relay_protect(&relay, out, &len, sizeof(out), &rtp), PTT_ERR_NO_KEY);
	ck_assert_int_eq(ptt_srtp_relay_protect_rtcp(&relay, out, &len, sizeof(out), rtp.payload),
		PTT_ERR_NO_KEY);
}
END_TEST

#define BURSTS 2000

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

START_TEST(bursts_begin_low_with_fresh_ssrcs)
{
	static uint32_t all[BURSTS];
	struct ptt_mtk mtk = lab_mtk(1);

	set_key(&mtk, srtp_mki1);
	for (size_t i = 0; i < BURSTS; i++) {
		struct packet p = protect((uint16_t)(60000 + i));

		all[i] = p.rtp.ssrc;
		ck_assert_uint_lt(p.rtp.seq, 32768);
		ck_assert(p.rtp.marker);
		ck_assert_uint_eq(p.rtp.pt, 97);
		ck_assert_uint_ne(p.rtp.ssrc, relay.floor_ssrc);
		ck_assert_int_eq(ptt_srtp_relay_begin(&relay), PTT_OK);
	}
	qsort(all, BURSTS, sizeof(all[0]), compare);
	for (size_t i = 1; i < BURSTS; i++)
		ck_assert_uint_ne(all[i - 1], all[i]);
}
END_TEST

/*
 * 70,000 numbers of one burst, most of them lost: the SSRC changes before the number wraps, and ROC
 * stays 0 for a late joiner.
 */
#define STEP 50

START_TEST(no_wrap)
{
	struct ptt_mtk mtk = lab_mtk(1);
	uint32_t ssrc = 0, changes = 0;
	uint16_t seq = 0;

	set_key(&mtk, srtp_mki1);
	for (int i = 0; i < 70000; i += STEP) {
		struct packet p = protect((uint16_t)i);

		if (i > 0 && p.rtp.ssrc == ssrc)
			ck_assert_uint_eq(p.rtp.seq, seq + STEP);
		changes += i > 0 && p.rtp.ssrc != ssrc;
		ssrc = p.rtp.ssrc;
		seq = p.rtp.seq;
		if (i % 7000 == 0) { /* a late joiner */
			new_open(false, false);
			add(&mtk, srtp_mki1, 0);
			give(&p, 0);
			ck_assert_uint_eq(opened, 1);
		}
	}
	ck_assert_uint_ge(changes, 1);
	ck_assert_uint_le(changes, 3);
}
END_TEST

START_TEST(order_jumps_and_repeats_of_the_talker)
{
	struct ptt_mtk mtk = lab_mtk(1);
	struct ptt_rtp in = {.pt = 100, .ssrc = 7, .payload = {(const uint8_t *)"x", 1}}, out;
	struct packet a, b, c;
	uint8_t buf[256];
	size_t len;

	set_key(&mtk, srtp_mki1);
	a = protect(10);
	b = protect(13);
	ck_assert_uint_eq(b.rtp.seq, a.rtp.seq + 3);
	ck_assert_uint_eq(b.rtp.timestamp - a.rtp.timestamp, 480);
	c = protect(12);
	ck_assert_uint_eq(c.rtp.seq, a.rtp.seq + 2);
	ck_assert_uint_eq(c.rtp.ssrc, a.rtp.ssrc);
	in.seq = 9; /* before the burst */
	ck_assert_int_eq(ptt_srtp_relay_stamp(&relay, &out, &in), PTT_ERR_REPLAY);
	in.seq = 13; /* twice: never two payloads under one keystream */
	ck_assert_int_eq(ptt_srtp_relay_stamp(&relay, &out, &in), PTT_OK);
	ck_assert_int_eq(
		ptt_srtp_relay_protect(&relay, buf, &len, sizeof(buf), &out), PTT_ERR_REPLAY);
}
END_TEST

static struct ptt_rtp from(uint32_t ssrc, uint16_t seq)
{
	return (struct ptt_rtp){
		.pt = 100, .ssrc = ssrc, .seq = seq, .payload = {(const uint8_t *)"x", 1}};
}

static enum ptt_err stamp(struct ptt_rtp *out, uint32_t ssrc, uint16_t seq)
{
	struct ptt_rtp in = from(ssrc, seq);

	return ptt_srtp_relay_stamp(&relay, out, &in);
}

/* RFC 3550 A.1: a stray packet, of another SSRC or far away, ends no burst; two in sequence do. */
START_TEST(strays_and_changes_of_the_talker)
{
	struct ptt_rtp first, out;

	ck_assert_int_eq(stamp(&first, 7, 10), PTT_OK);
	ck_assert_int_eq(stamp(&out, 8, 500), PTT_ERR_MISMATCH);
	ck_assert_int_eq(stamp(&out, 7, 5000), PTT_ERR_MISMATCH);
	ck_assert_int_eq(stamp(&out, 8, 501), PTT_ERR_MISMATCH); /* not in a row */
	ck_assert_int_eq(stamp(&out, 7, 11), PTT_OK);
	ck_assert_uint_eq(out.ssrc, first.ssrc);
	ck_assert_uint_eq(out.seq, first.seq + 1);
	ck_assert_int_eq(stamp(&out, 8, 502), PTT_ERR_MISMATCH); /* the talker sent between */
	ck_assert_int_eq(stamp(&out, 8, 503), PTT_OK);
	ck_assert_uint_ne(out.ssrc, first.ssrc);
	ck_assert_uint_lt(out.seq, 32768);
	ck_assert(out.marker);
	first = out;
	ck_assert_int_eq(stamp(&out, 7, 12), PTT_ERR_MISMATCH); /* now SSRC 7 is the stray */
	ck_assert_int_eq(stamp(&out, 8, 504), PTT_OK);
	ck_assert_uint_eq(out.ssrc, first.ssrc);
	ck_assert_int_eq(stamp(&out, 8, 5000), PTT_ERR_MISMATCH); /* the talker's own jump */
	ck_assert_int_eq(stamp(&out, 8, 5001), PTT_OK);
	ck_assert_uint_ne(out.ssrc, first.ssrc);
}
END_TEST

/*
 * A member that gets its key late in the longest burst opens its first packet: number 65535 and
 * the first after it, which has another SSRC and begins below 32768.
 */
START_TEST(late_in_a_long_burst)
{
	struct ptt_mtk mtk = lab_mtk(1);
	struct packet p = {.len = 0};
	uint16_t seq = 1;
	uint32_t ssrc;

	set_key(&mtk, srtp_mki1);
	for (p = protect(seq); p.rtp.seq < UINT16_MAX; p = protect(seq)) {
		seq = (uint16_t)(seq +
				 (UINT16_MAX - p.rtp.seq < 900 ? UINT16_MAX - p.rtp.seq : 900));
		ssrc = p.rtp.ssrc;
	}
	ck_assert_uint_eq(p.rtp.ssrc, ssrc);
	add(&mtk, srtp_mki1, 0);
	give(&p, 0);
	ck_assert_uint_eq(opened, 1);
	p = protect((uint16_t)(seq + 1));
	ck_assert_uint_ne(p.rtp.ssrc, ssrc);
	ck_assert_uint_lt(p.rtp.seq, 32768);
	new_open(false, false);
	add(&mtk, srtp_mki1, 0);
	give(&p, 0);
	ck_assert_uint_eq(opened, 1);
}
END_TEST

/* RFC 3711 8.1: a new MKI resets neither sequence numbers, nor ROC, nor the SRTCP index. */
START_TEST(a_new_key_goes_on)
{
	struct ptt_mtk first = lab_mtk(1), second = lab_mtk(2);
	_Alignas(8) uint8_t rtcp[128];
	struct ptt_tbcp msg = {.type = PTT_TBCP_IDLE, .ssrc = relay.floor_ssrc};
	uint8_t idle[32];
	size_t idle_len, len;
	struct packet a, b;

	ck_assert_int_eq(ptt_tbcp_put(idle, &idle_len, sizeof(idle), &msg), PTT_OK);
	for (uint32_t i = 1; i <= 6; i++) {
		if (i == 1)
			set_key(&first, srtp_mki1);
		if (i == 4)
			set_key(&second, srtp_mki2);
		ck_assert_int_eq(ptt_srtp_relay_protect_rtcp(&relay, rtcp, &len, sizeof(rtcp),
					 (struct ptt_bytes){idle, idle_len}),
			PTT_OK);
		/* section 3.4: E = 1 and the index, then MKI, then the tag of 10 */
		ck_assert_uint_eq(len, idle_len + 4 + PTT_MKI_LEN + 10);
		ck_assert_uint_eq(rtcp[idle_len], 0x80);
		ck_assert_uint_eq(rtcp[idle_len + 3], i);
		ck_assert_mem_eq(rtcp + idle_len + 4, i < 4 ? srtp_mki1 : srtp_mki2, PTT_MKI_LEN);
		ck_assert_mem_eq(rtcp, idle, 8);
	}
	set_key(&first, srtp_mki1);
	a = protect(10);
	set_key(&second, srtp_mki2);
	b = protect(11);
	ck_assert_uint_eq(a.rtp.ssrc, b.rtp.ssrc);
	ck_assert_uint_eq(a.rtp.seq + 1, b.rtp.seq);
	add(&first, srtp_mki1, 0);
	add(&second, srtp_mki2, 0);
	give(&a, 0);
	give(&b, 0);
	ck_assert_uint_eq(opened, 2);
	ck_assert_mem_eq(opened_mki, srtp_mki2, PTT_MKI_LEN);
}
END_TEST

START_TEST(rtcp_is_opened)
{
	struct ptt_mtk mtk = lab_mtk(1);
	static const uint8_t idle[12] = {0x85, 204, 0, 2, 1, 2, 3, 4, 'P', 'o', 'C', '1'};
	struct packet p;

	new_open(true, false);
	set_key(&mtk, srtp_mki1);
	ck_assert_int_eq(
		ptt_srtp_relay_protect_rtcp(&relay, p.b, &p.len, sizeof(p.b), PTT_BYTES_OF(idle)),
		PTT_OK);
	add(&mtk, srtp_mki1, 0);
	give(&p, 0);
	ck_assert_uint_eq(opened, 1);
	ck_assert_mem_eq(plain, idle, sizeof(idle));
	give(&p, 0);
	ck_assert_uint_eq(srtp_stats().replayed, 1);
}
END_TEST

static const uint8_t suites[][2] = {{16, 14}, {16, 12}, {32, 12}};

START_TEST(every_suite)
{
	struct ptt_mtk mtk = {.key_len = suites[_i][0], .salt_len = suites[_i][1]};
	size_t tail = suites[_i][1] == 14 ? 16 : 22; /* MKI and tag, SHA1-80 or GCM */
	struct packet p;

	memset(mtk.key, 3, sizeof(mtk.key));
	set_key(&mtk, srtp_mki1);
	p = protect(1);
	ck_assert_uint_eq(p.len, 12 + 33 + tail);
	add(&mtk, srtp_mki1, 0);
	give(&p, 0);
	ck_assert_uint_eq(opened, 1);
	ck_assert_uint_eq(plain_len, 12 + 33);
	mtk.salt_len = 13;
	ck_assert_int_eq(ptt_srtp_relay_set_key(&relay, &mtk, srtp_mki2), PTT_ERR_UNSUPPORTED);
	ck_assert_int_eq(ptt_srtp_open_add(op, &mtk, srtp_mki2, 0), PTT_ERR_UNSUPPORTED);
}
END_TEST

/*
 * Every length, with header fields that claim more than there is: libsrtp by itself would read and
 * write far behind the packet.
 */
START_TEST(short_packets)
{
	struct ptt_mtk mtk = {.key_len = suites[_i][0], .salt_len = suites[_i][1]};
	size_t after = suites[_i][1] == 14 ? 10 : 0;
	uint8_t packet[80];

	for (int rtcp = 0; rtcp < 2; rtcp++) {
		new_open(rtcp, rtcp);
		add(&mtk, srtp_mki1, 0);
		for (size_t len = 0; len <= sizeof(packet); len++) {
			for (uint8_t first = 0x80; first < 0xa0; first++) {
				memset(packet, 0, sizeof(packet));
				packet[0] = first;
				packet[1] = rtcp ? 204 : 97;
				if (len >= PTT_MKI_LEN + after)
					memcpy(packet + len - after - PTT_MKI_LEN, srtp_mki1,
						PTT_MKI_LEN);
				ptt_srtp_open_packet(op, (struct ptt_bytes){packet, len}, 0);
			}
		}
		ck_assert_uint_eq(opened, 0);
	}
}
END_TEST

/* A channel checks its suite before it begins; Debian's libsrtp has all three. */
START_TEST(suites_are_there)
{
	for (unsigned i = 0; i < PTT_SUITE_COUNT; i++)
		ck_assert_int_eq(ptt_srtp_suite_ready((enum ptt_suite)i), PTT_OK);
	ck_assert_int_eq(ptt_srtp_suite_ready(PTT_SUITE_COUNT), PTT_ERR_UNSUPPORTED);
}
END_TEST

START_TEST(from_one_suite_to_another)
{
	struct ptt_mtk cm = lab_mtk(1), gcm = lab_mtk(2);
	struct packet a, b;

	gcm.salt_len = 12;
	set_key(&cm, srtp_mki1);
	a = protect(1);
	set_key(&gcm, srtp_mki2);
	b = protect(2);
	add(&cm, srtp_mki1, 0);
	add(&gcm, srtp_mki2, 0);
	give(&a, 0);
	give(&b, 0);
	ck_assert_uint_eq(opened, 2);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("relay and open");

	tcase_add_checked_fixture(t, srtp_set_up, teardown);
	tcase_add_test(t, whole_packet);
	tcase_add_test(t, no_key_no_packet);
	tcase_add_test(t, bursts_begin_low_with_fresh_ssrcs);
	tcase_add_test(t, no_wrap);
	tcase_add_test(t, order_jumps_and_repeats_of_the_talker);
	tcase_add_test(t, strays_and_changes_of_the_talker);
	tcase_add_test(t, late_in_a_long_burst);
	tcase_add_test(t, a_new_key_goes_on);
	tcase_add_test(t, rtcp_is_opened);
	tcase_add_loop_test(t, every_suite, 0, 3);
	tcase_add_loop_test(t, short_packets, 0, 3);
	tcase_add_test(t, suites_are_there);
	tcase_add_test(t, from_one_suite_to_another);
	return check_run_case("srtp", t);
}
