/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bench/channel_watch.h"

#include <string.h>

#define SRTP_TAG_LEN 10 /* HMAC-SHA1-80 */
#define MKI_LEN      6

static void on_key(void *ctx, struct ptt_bench_udp *udp, const struct ptt_bench_datagram *in)
{
	struct ptt_bench_watch *watch = ctx;
	struct ptt_bytes bytes = {(const uint8_t *)in->data, in->len};
	struct ptt_mikey_ids ids;

	(void)udp;
	if (in->len > PTT_BENCH_MIKEY_MAX || ptt_mikey_peek(&ids, bytes) != PTT_OK ||
		ptt_bench_first_mtk(watch, ids.msk_id) != 0)
		return;
	if (watch->count == PTT_BENCH_MTKS)
		memmove(watch->first, watch->first + 1, --watch->count * sizeof(*watch->first));
	watch->first[watch->count].msk_id = ids.msk_id;
	watch->first[watch->count].at_ns = in->at_ns;
	watch->first[watch->count].len = in->len;
	memcpy(watch->first[watch->count++].bytes, in->data, in->len);
}

static void on_audio(void *ctx, struct ptt_bench_udp *udp, const struct ptt_bench_datagram *in)
{
	struct ptt_bench_watch *watch = ctx;
	const uint8_t *mki = (const uint8_t *)in->data + in->len - SRTP_TAG_LEN - MKI_LEN;
	uint32_t id, i;

	(void)udp;
	if (in->len < 12 + SRTP_TAG_LEN + MKI_LEN)
		return;
	id = (uint32_t)mki[0] << 24 | (uint32_t)mki[1] << 16 | (uint32_t)mki[2] << 8 | mki[3];
	for (i = watch->heard_count; i > 0 && watch->heard[i - 1].msk_id != id; i--)
		;
	if (i == 0) {
		if (watch->heard_count == PTT_BENCH_MTKS)
			memmove(watch->heard, watch->heard + 1,
				--watch->heard_count * sizeof(*watch->heard));
		i = ++watch->heard_count;
		memset(&watch->heard[i - 1], 0, sizeof(*watch->heard));
		watch->heard[i - 1].msk_id = id;
		watch->heard[i - 1].first_ns = in->at_ns;
	}
	watch->heard[i - 1].last_ns = in->at_ns;
	watch->heard[i - 1].packets++;
}

bool ptt_bench_watch_open(
	struct ptt_bench_watch *watch, const char *group, uint16_t key_port, uint16_t audio_port)
{
	memset(watch, 0, sizeof(*watch));
	return ptt_bench_udp_join(&watch->key, group, key_port) &&
	       ptt_bench_udp_join(&watch->audio, group, audio_port);
}

void ptt_bench_watch_read(struct ptt_bench_watch *watch)
{
	while (ptt_bench_udp_read(&watch->key, on_key, watch) == PTT_BENCH_BATCH)
		;
	while (ptt_bench_udp_read(&watch->audio, on_audio, watch) == PTT_BENCH_BATCH)
		;
}

int64_t ptt_bench_first_mtk(const struct ptt_bench_watch *watch, uint32_t msk_id)
{
	for (uint32_t i = watch->count; i > 0; i--)
		if (watch->first[i - 1].msk_id == msk_id)
			return watch->first[i - 1].at_ns;
	return 0;
}

int64_t ptt_bench_last_audio(const struct ptt_bench_watch *watch, uint32_t msk_id)
{
	for (uint32_t i = watch->heard_count; i > 0; i--)
		if (watch->heard[i - 1].msk_id == msk_id)
			return watch->heard[i - 1].last_ns;
	return 0;
}

bool ptt_bench_mtk_opens(const struct ptt_bench_watch *watch, uint32_t msk_id,
	struct ptt_mikey_ctx *ctx, const struct ptt_bench_msk *key)
{
	struct ptt_mikey_mtk_key with = {&key->msk, key->rand};
	PTT_SECRET(struct ptt_mtk, mtk);

	for (uint32_t i = watch->count; i > 0; i--)
		if (watch->first[i - 1].msk_id == msk_id)
			return ptt_mikey_open_mtk(ctx, &mtk,
				       (struct ptt_bytes){
					       watch->first[i - 1].bytes, watch->first[i - 1].len},
				       &with) == PTT_OK;
	return false;
}
