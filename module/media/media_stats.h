/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file media_stats.h
 * The counters of the media thread. Part of media.h; any thread may read them.
 */
#ifndef PTT_MEDIA_STATS_H
#define PTT_MEDIA_STATS_H

#include <stdint.h>

#include "module/rtp/tbcp.h"

struct ptt_media;

/** Why the media thread dropped an RTP packet on a member's port. */
enum ptt_media_drop {
	PTT_DROP_SOURCE,     /**< no endpoint of this port has that source address */
	PTT_DROP_NO_CHANNEL, /**< the endpoint is in no channel, or on hold */
	PTT_DROP_MALFORMED,  /**< no RTP, too long, or not AMR where the SDP agreed on AMR */
	PTT_DROP_PAYLOAD,    /**< another payload type, or no payload */
	PTT_DROP_FLOOR,      /**< the sender does not have the floor */
	PTT_DROP_SSRC,       /**< another SSRC, or a jump in sequence; not believed yet */
	PTT_DROP_LATE,       /**< older than the burst, or a repeat */
	PTT_DROP_NO_KEY,     /**< no MTK yet, or silence */
	PTT_DROP_SYSTEM,     /**< libsrtp could not protect it */
	PTT_DROPS
};
/** A cause as a word, "source": the labels of ptt_metric_add_label(). */
const char *ptt_media_drop_name(enum ptt_media_drop drop);
/** The reason of a Deny or Revoke as a word, "other-talks", "too-long"; "?" for others. */
const char *ptt_media_deny_name(unsigned int reason);
const char *ptt_media_revoke_name(unsigned int reason);
#define PTT_MEDIA_DENY_REASONS   PTT_TBCP_DENY_REASONS /**< by reason; 0 is not used */
#define PTT_MEDIA_REVOKE_REASONS PTT_TBCP_REVOKE_REASONS

struct ptt_media_stats { /**< since start */
	/* the channels */
	uint64_t mtk_messages_sent, cutovers;
	uint64_t srtp_protected, srtcp_protected, send_errors;
	/* from the members */
	uint64_t rtp_received, rtp_dropped;
	uint64_t dropped[PTT_DROPS]; /**< rtp_dropped by cause */
	uint64_t tbcp_received, tbcp_malformed;
	uint64_t endpoints, endpoints_shared; /**< opened; of these on a shared pair of ports */
	/* the floor */
	uint64_t floor_requests, floor_grants;
	uint64_t floor_denies[PTT_MEDIA_DENY_REASONS], floor_revokes[PTT_MEDIA_REVOKE_REASONS];
	uint64_t floor_queued; /**< waiting now */
	uint64_t floor_merged; /**< announcements by unicast that a newer one replaced */
};

/** A copy of the counters. */
void ptt_media_get_stats(const struct ptt_media *media, struct ptt_media_stats *out);

#endif
