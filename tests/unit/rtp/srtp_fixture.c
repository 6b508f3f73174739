/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/rtp/srtp_fixture.h"

const uint8_t srtp_mki1[PTT_MKI_LEN] = {0, 1, 0, 2, 0, 1},
	      srtp_mki2[PTT_MKI_LEN] = {0, 1, 0, 2, 0, 2};

struct ptt_srtp_relay relay;
struct ptt_srtp_open *op;
size_t opened;
uint8_t plain[PTT_RTP_MAX_LEN];
size_t plain_len;
uint8_t opened_mki[PTT_MKI_LEN];

void on_opened(void *ctx, struct ptt_bytes packet, const uint8_t mki[PTT_MKI_LEN], int64_t now_ms)
{
	(void)ctx;
	(void)now_ms;
	opened++;
	memcpy(plain, packet.data, packet.len);
	plain_len = packet.len;
	memcpy(opened_mki, mki, PTT_MKI_LEN);
}

void new_open(bool rtcp, bool hostile)
{
	ptt_srtp_open_free(op);
	ck_assert_int_eq(ptt_srtp_open_new(&op, rtcp, hostile, on_opened, NULL), PTT_OK);
	opened = 0;
}

void srtp_set_up(void)
{
	op = NULL;
	new_open(false, false);
	ck_assert_int_eq(ptt_srtp_relay_init(&relay, 97), PTT_OK);
}

void teardown(void)
{
	ptt_srtp_open_free(op);
	ptt_srtp_relay_drop_key(&relay);
}

void set_key(const struct ptt_mtk *mtk, const uint8_t mki[PTT_MKI_LEN])
{
	ck_assert_int_eq(ptt_srtp_relay_set_key(&relay, mtk, mki), PTT_OK);
}

struct packet protect(uint16_t seq)
{
	static const uint8_t payload[33] = {1, 2, 3};
	struct ptt_rtp in = {.pt = 100,
		.seq = seq,
		.timestamp = seq * 160u,
		.ssrc = 7,
		.payload = PTT_BYTES_OF(payload)};
	struct packet p;

	ck_assert_int_eq(ptt_srtp_relay_stamp(&relay, &p.rtp, &in), PTT_OK);
	ck_assert_int_eq(ptt_srtp_relay_protect(&relay, p.b, &p.len, sizeof(p.b), &p.rtp), PTT_OK);
	return p;
}

void give(const struct packet *p, int64_t now_ms)
{
	ptt_srtp_open_packet(op, (struct ptt_bytes){p->b, p->len}, now_ms);
}

void add(const struct ptt_mtk *mtk, const uint8_t mki[PTT_MKI_LEN], int64_t now_ms)
{
	ck_assert_int_eq(ptt_srtp_open_add(op, mtk, mki, now_ms), PTT_OK);
}

struct ptt_srtp_open_stats srtp_stats(void)
{
	struct ptt_srtp_open_stats out;

	ptt_srtp_open_get_stats(op, &out);
	ck_assert_uint_eq(out.heard, out.opened + out.undecryptable + out.replayed + out.held);
	return out;
}
