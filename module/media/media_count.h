/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file media_count.h
 * The counters of the media thread, one atomic each. Private to the files that include media_run.h.
 */
#ifndef PTT_MEDIA_COUNT_H
#define PTT_MEDIA_COUNT_H

#include "module/media/media_stats.h"

enum ptt_media_count {
	COUNT_MTK_MESSAGES,
	COUNT_SRTP,
	COUNT_SRTCP,
	COUNT_RTP_RECEIVED,
	COUNT_RTP_DROPPED, /**< by cause from here on */
	COUNT_RTP_DROPPED_LAST = COUNT_RTP_DROPPED + PTT_DROPS - 1,
	COUNT_TBCP_RECEIVED,
	COUNT_TBCP_MALFORMED,
	COUNT_SEND_ERRORS,
	COUNT_ENDPOINTS,
	COUNT_ENDPOINTS_SHARED,
	COUNT_CUTOVERS,
	COUNT_FLOOR_REQUESTS,
	COUNT_FLOOR_GRANTS,
	COUNT_FLOOR_QUEUED, /**< now, of all channels */
	COUNT_FLOOR_MERGED, /**< announcements that a newer one replaced */
	COUNT_FLOOR_DENIES, /**< by reason from here on, as the next */
	COUNT_FLOOR_REVOKES = COUNT_FLOOR_DENIES + PTT_MEDIA_DENY_REASONS,
	COUNTS = COUNT_FLOOR_REVOKES + PTT_MEDIA_REVOKE_REASONS,
};

#endif
