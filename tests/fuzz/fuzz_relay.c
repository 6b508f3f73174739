/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A talker's packets in any order and number, with new keys of any suite among them, from the
 * uplink to the receiver. Each packet sent opens once, with the talker's payload. No changed packet
 * opens, and no keystream serves twice.
 * Input: { length(1) | bytes }*; length 0: a new MTK; the next byte is its suite.
 */
#include <stdlib.h>
#include <string.h>

#include "module/rtp/srtp_open.h"
#include "module/media/srtp_relay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PACKETS_MAX 256

static struct ptt_srtp_relay relay;
static struct ptt_srtp_open *op;
static uint8_t mki[PTT_MKI_LEN];
static const struct ptt_rtp *expected;
static size_t opened;
static struct {
	uint32_t ssrc;
	uint16_t seq;
} sent[PACKETS_MAX]; /* under the present MTK */
static size_t sent_count;

static void must(bool good)
{
	if (!good)
		abort();
}

static void on_opened(
	void *ctx, struct ptt_bytes packet, const uint8_t opened_mki[PTT_MKI_LEN], int64_t now_ms)
{
	struct ptt_rtp rtp;

	(void)ctx;
	(void)now_ms;
	must(expected && memcmp(opened_mki, mki, PTT_MKI_LEN) == 0);
	must(ptt_rtp_get(&rtp, packet) == PTT_OK);
	must(rtp.ssrc == expected->ssrc && rtp.seq == expected->seq &&
		rtp.timestamp == expected->timestamp && rtp.marker == expected->marker &&
		rtp.pt == expected->pt && ptt_bytes_equal(rtp.payload, expected->payload));
	opened++;
}

static void new_mtk(uint8_t suite)
{
	const struct ptt_suite_def *def = ptt_suite_def((enum ptt_suite)(suite % PTT_SUITE_COUNT));
	struct ptt_mtk mtk = {.key_len = def->key_len, .salt_len = def->salt_len};

	mki[5]++;
	memset(mtk.key, mki[5], mtk.key_len);
	memset(mtk.salt, mki[5], mtk.salt_len);
	must(ptt_srtp_relay_set_key(&relay, &mtk, mki) == PTT_OK);
	must(ptt_srtp_open_add(op, &mtk, mki, 0) == PTT_OK);
	sent_count = 0;
}

static void note(const struct ptt_rtp *out)
{
	bool first = true;

	for (size_t i = 0; i < sent_count; i++) {
		must(sent[i].ssrc != out->ssrc || sent[i].seq != out->seq);
		first = first && sent[i].ssrc != out->ssrc;
	}
	must(out->ssrc != relay.floor_ssrc);
	must(!first || mki[5] > 1 || out->seq < 32768); /* a later key may come in mid-burst */
	must(sent_count < PACKETS_MAX);
	sent[sent_count].ssrc = out->ssrc;
	sent[sent_count++].seq = out->seq;
}

static void give(uint8_t *packet, size_t len, const struct ptt_rtp *expect, size_t times)
{
	size_t before = opened;

	expected = expect;
	ptt_srtp_open_packet(op, (struct ptt_bytes){packet, len}, 0);
	must(opened == before + times);
}

static void say(struct ptt_bytes in)
{
	_Alignas(8) uint8_t packet[PTT_RTP_MAX_LEN];
	struct ptt_rtp rtp, out;
	size_t len, at;

	/* the uplink lets none without a payload through */
	if (ptt_rtp_get(&rtp, in) != PTT_OK || rtp.payload.len == 0 ||
		ptt_srtp_relay_stamp(&relay, &out, &rtp) != PTT_OK ||
		ptt_srtp_relay_protect(&relay, packet, &len, sizeof(packet), &out) != PTT_OK)
		return;
	note(&out);
	at = in.data[in.len - 1] % len;
	packet[at] ^= 1;
	give(packet, len, NULL, 0);
	packet[at] ^= 1;
	give(packet, len, &out, 1);
	give(packet, len, NULL, 0); /* a replay */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ptt_reader rd = ptt_reader_of((struct ptt_bytes){data, size});

	must(ptt_srtp_relay_init(&relay, 97) == PTT_OK);
	must(ptt_srtp_open_new(&op, false, false, on_opened, NULL) == PTT_OK);
	mki[5] = 0;
	new_mtk(0);
	for (size_t i = 0; i < PACKETS_MAX && ptt_reader_left(&rd) > 1; i++) {
		uint8_t len = ptt_read_u8(&rd);

		if (len == 0)
			new_mtk(ptt_read_u8(&rd));
		else if (len <= ptt_reader_left(&rd))
			say(ptt_read_bytes(&rd, len));
		else
			break;
	}
	ptt_srtp_open_free(op);
	ptt_srtp_relay_drop_key(&relay);
	return 0;
}
