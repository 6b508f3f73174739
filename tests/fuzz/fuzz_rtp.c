/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RTP header, AMR and PCMU payloads, and the SRTP opener with a key it cannot match. */
#include <stdlib.h>
#include <string.h>

#include "module/media/amr_pack.h"
#include "module/ue/codec.h"
#include "module/rtp/rtp.h"
#include "module/rtp/srtp_open.h"
#include "module/rtp/srtp_policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void opened(
	void *ctx, struct ptt_bytes packet, const uint8_t mki[PTT_MKI_LEN], int64_t now_ms)
{
	(void)ctx;
	(void)packet;
	(void)mki;
	(void)now_ms;
	abort(); /* a forged packet */
}

/* One key of each suite, MKIs 5, 6 and 7. */
static struct ptt_srtp_open *make(bool rtcp, bool hostile)
{
	uint8_t mki[PTT_MKI_LEN] = {0, 1, 0, 2, 0, 5};
	struct ptt_srtp_open *op;

	if (ptt_srtp_open_new(&op, rtcp, hostile, opened, NULL) != PTT_OK)
		abort();
	for (unsigned i = 0; i < PTT_SUITE_COUNT; i++, mki[5]++) {
		const struct ptt_suite_def *def = ptt_suite_def((enum ptt_suite)i);
		struct ptt_mtk mtk = {.key = {1},
			.salt = {2},
			.key_len = def->key_len,
			.salt_len = def->salt_len};

		if (ptt_srtp_open_add(op, &mtk, mki, 0) != PTT_OK)
			abort();
	}
	return op;
}

static void open_it(bool rtcp, bool hostile, struct ptt_bytes packet)
{
	static struct ptt_srtp_open *op[2][2];
	static int64_t now_ms;
	struct ptt_srtp_open **one = &op[rtcp][hostile];

	if (!*one)
		*one = make(rtcp, hostile);
	now_ms += 10;
	ptt_srtp_open_packet(*one, packet, now_ms);
}

/* One form and back again is the same frames. */
static void repack(struct ptt_bytes payload, enum ptt_amr_band band)
{
	uint8_t aligned[PTT_AMR_PAYLOAD_MAX], packed[PTT_AMR_PAYLOAD_MAX],
		again[PTT_AMR_PAYLOAD_MAX];
	size_t len, packed_len, again_len;

	if (ptt_amr_align(aligned, &len, sizeof(aligned), payload, band) != PTT_OK)
		return;
	if (ptt_amr_pack(packed, &packed_len, sizeof(packed), (struct ptt_bytes){aligned, len},
		    band) != PTT_OK ||
		ptt_amr_align(again, &again_len, sizeof(again),
			(struct ptt_bytes){packed, packed_len}, band) != PTT_OK ||
		again_len != len || memcmp(aligned, again, len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ptt_codec_state amr = {.codec = PTT_CODEC_AMR},
				      pcmu = {.codec = PTT_CODEC_PCMU};
	int16_t samples[PTT_CODEC_SAMPLES_MAX];
	struct ptt_bytes in = {data, size};
	struct ptt_rtp rtp;
	size_t count;

	open_it(false, false, in);
	open_it(true, false, in);
	open_it(false, true, in);
	if (ptt_rtp_get(&rtp, in) != PTT_OK)
		return 0;
	repack(rtp.payload, PTT_AMR_NARROW);
	repack(rtp.payload, PTT_AMR_WIDE);
	if (ptt_codec_decode(&amr, samples, &count, rtp.payload) == PTT_OK &&
		count > PTT_CODEC_SAMPLES_MAX)
		abort();
	if (ptt_codec_decode(&pcmu, samples, &count, rtp.payload) == PTT_OK &&
		count != rtp.payload.len)
		abort();
	return 0;
}
