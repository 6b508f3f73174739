/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file media_stats.h
 * What the media thread counts. Part of media.h; any thread may ask.
 */
#ifndef PTT_MEDIA_STATS_H
#define PTT_MEDIA_STATS_H

#include <stdint.h>

struct ptt_media;

/** Why an RTP packet of a member went no further. */
enum ptt_media_drop {
	PTT_DROP_SOURCE,     /**< from nobody who is known on this port, or is on hold */
	PTT_DROP_NO_CHANNEL, /**< he is in none any more */
	PTT_DROP_MALFORMED,  /**< no RTP, too long, or not AMR where that was agreed */
	PTT_DROP_PAYLOAD,    /**< another payload type, or no payload */
	PTT_DROP_FLOOR,      /**< another one has the floor */
	PTT_DROP_SSRC,       /**< another SSRC or far from his last number; not believed yet */
	PTT_DROP_LATE,       /**< older than the burst, or twice */
	PTT_DROP_NO_KEY,     /**< no MTK yet, or silence */
	PTT_DROP_SYSTEM,     /**< could not be protected */
	PTT_DROPS
};
/** A cause as a word, "source"; those of ptt_metric_add_label(). */
const char *ptt_media_drop_name(enum ptt_media_drop drop);
#define PTT_MEDIA_DENY_REASONS   6 /**< 1 .. 5 of tbcp.h; 0 is not used */
#define PTT_MEDIA_REVOKE_REASONS 5 /**< 1 .. 4 */

struct ptt_media_stats { /**< since start */
	uint64_t mtk_messages_sent, srtp_protected, srtcp_protected, rtp_received, rtp_dropped;
	uint64_t tbcp_received, tbcp_malformed, send_errors, endpoints, endpoints_shared, cutovers;
	uint64_t dropped[PTT_DROPS]; /**< rtp_dropped by cause */
	uint64_t floor_requests, floor_grants;
	uint64_t floor_denies[PTT_MEDIA_DENY_REASONS], floor_revokes[PTT_MEDIA_REVOKE_REASONS];
	uint64_t floor_queued; /**< waiting now */
	uint64_t floor_merged; /**< announcements in whose place a newer one went, by unicast */
};

/** A copy of the counters; any thread. */
void ptt_media_get_stats(const struct ptt_media *media, struct ptt_media_stats *out);

#endif
