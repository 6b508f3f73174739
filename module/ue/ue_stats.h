/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ue_stats.h
 * Statistics of received packets: heard and opened for each MKI; lost, by gaps in RTP sequence
 * numbers; late, behind a later packet of the same burst; and the interarrival jitter of 8 kHz
 * audio (RFC 3550 6.4.1, A.8).
 *
 * Bounded: when the table of MKIs is full, further MKIs count in the totals only. A new SSRC (one a
 * burst) replaces the oldest, whose losses stay counted.
 */
#ifndef PTT_UE_STATS_H
#define PTT_UE_STATS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PTT_UE_STATS_MKIS    256
#define PTT_UE_STATS_SSRCS   128
#define PTT_UE_STATS_MKI_LEN 6

struct ptt_ue_stats_mki {
	uint8_t mki[PTT_UE_STATS_MKI_LEN];
	uint64_t heard, opened;
	int64_t first_ms, last_ms;               /**< heard; 0: never */
	int64_t first_opened_ms, last_opened_ms; /**< 0: never */
};

struct ptt_ue_stats_ssrc {
	uint32_t ssrc;
	int64_t first_seq, last_seq; /**< extended by the wraps seen */
	uint64_t received;
	bool timed;         /**< transit is known */
	uint32_t transit;   /**< of the newest packet, in units of the RTP clock */
	uint32_t jitter_16; /**< J of RFC 3550, sixteenths of a unit */
};

struct ptt_ue_stats {
	struct ptt_ue_stats_mki mki[PTT_UE_STATS_MKIS];
	struct ptt_ue_stats_ssrc ssrc[PTT_UE_STATS_SSRCS];
	size_t mki_count, ssrc_count;
	uint64_t opened;
	int64_t last_opened_ms;
	uint64_t late, lost_before;       /**< lost_before: in bursts that have left the table */
	uint32_t ssrc_now, jitter_max_16; /**< SSRC of the newest packet; highest jitter so far */
};

/** Counts a received packet, whether it can be opened or not. */
void ptt_ue_stats_heard(
	struct ptt_ue_stats *st, const uint8_t mki[PTT_UE_STATS_MKI_LEN], int64_t now_ms);
/** Counts an opened packet. */
void ptt_ue_stats_opened(
	struct ptt_ue_stats *st, const uint8_t mki[PTT_UE_STATS_MKI_LEN], int64_t now_ms);
/** Sequence number of an opened packet, for losses. */
void ptt_ue_stats_sequence(struct ptt_ue_stats *st, uint32_t ssrc, uint16_t seq);
/** RTP timestamp of the packet, for jitter; call after ptt_ue_stats_sequence(). */
void ptt_ue_stats_arrival(
	struct ptt_ue_stats *st, uint32_t ssrc, uint32_t timestamp, int64_t now_ms);
/** Jitter of the present burst in ms, or the highest of all bursts. */
double ptt_ue_stats_jitter_ms(const struct ptt_ue_stats *st, bool highest);
/** Packets missing between the first and the last of every SSRC. */
uint64_t ptt_ue_stats_lost(const struct ptt_ue_stats *st);
/**
 * Adds opened, lost, late, jitter_ms, jitter_max_ms, last_opened_t and opened_by_mki to @p out.
 * opened_by_mki: {"<mki>": {"heard","opened","first_t","last_t","first_opened_t","last_opened_t"}}.
 */
void ptt_ue_stats_put(const struct ptt_ue_stats *st, json_t *out);

#endif
