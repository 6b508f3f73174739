/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file channel_watch.h
 * Listens to the multicast channel: records the time of the first MTK under each MSK, and of the
 * last audio under an old MSK, which an expelled member could read. Keeps every MSK that a member
 * opened, as a hostile client would.
 */
#ifndef PTT_BENCH_CHANNEL_WATCH_H
#define PTT_BENCH_CHANNEL_WATCH_H

#include "tests/bench/world.h"

#define PTT_BENCH_MTKS 64

struct ptt_bench_watch {
	struct ptt_bench_udp key, audio;
	struct {
		uint32_t msk_id;
		int64_t at_ns;
		size_t len;
		uint8_t bytes[PTT_BENCH_MIKEY_MAX];
	} first[PTT_BENCH_MTKS]; /**< the first MTK message under each MSK */
	uint32_t count;
	struct {
		uint32_t msk_id;
		int64_t first_ns, last_ns;
		uint32_t packets;
	} heard[PTT_BENCH_MTKS]; /**< audio, by the MSK id in its MKI */
	uint32_t heard_count;
};

bool ptt_bench_watch_open(
	struct ptt_bench_watch *watch, const char *group, uint16_t key_port, uint16_t audio_port);
void ptt_bench_watch_read(struct ptt_bench_watch *watch);
/** @return the time of the first MTK message under an MSK; 0: none came */
int64_t ptt_bench_first_mtk(const struct ptt_bench_watch *watch, uint32_t msk_id);
/** @return the time of the last audio packet under an MSK; 0: none came */
int64_t ptt_bench_last_audio(const struct ptt_bench_watch *watch, uint32_t msk_id);
/** Whether the first MTK message under @p msk_id opens with @p key. */
bool ptt_bench_mtk_opens(const struct ptt_bench_watch *watch, uint32_t msk_id,
	struct ptt_mikey_ctx *ctx, const struct ptt_bench_msk *key);

#endif
