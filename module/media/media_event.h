/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file media_event.h
 * What the media thread tells the SIP thread. Part of media.h; the same rules hold.
 */
#ifndef PTT_MEDIA_EVENT_H
#define PTT_MEDIA_EVENT_H

#include <stdint.h>

#include "crypto/err.h"

#define PTT_MKI_LEN 6 /**< MSK ID (4) || MTK ID (2) */

enum ptt_media_event_type {
	PTT_MEDIA_MTK_SENT,   /**< the first copy of a new MTK message has left (at_ms) */
	PTT_MEDIA_CUTOVER,    /**< the MKI is switched and the old key wiped */
	PTT_MEDIA_SILENT,     /**< silence is in force: last_old_ms is the last packet that left */
	PTT_MEDIA_MTK_SPENT,  /**< mtk_packets were protected under this MKI; once a key */
	PTT_MEDIA_TALK_START, /**< endpoint_ctx took the floor */
	PTT_MEDIA_TALK_STOP,  /**< endpoint_ctx lost or released it */
	PTT_MEDIA_DENIED,     /**< endpoint_ctx asked in vain: reason */
	PTT_MEDIA_QUEUED,     /**< endpoint_ctx waits: position */
	PTT_MEDIA_REVOKED,    /**< endpoint_ctx was told to stop: reason */
	PTT_MEDIA_ALARM,      /**< err: a send or protect failed; at most one a second a channel */
};

struct ptt_media_event {
	enum ptt_media_event_type type;
	enum ptt_err err;
	void *channel_ctx,
		*endpoint_ctx; /**< as given to add and open; NULL where it does not apply */
	uint8_t mki[PTT_MKI_LEN];
	int64_t at_ms;             /**< when it happened */
	int64_t first_ms;          /**< CUTOVER: first copy of this MTK's message left */
	int64_t last_old_ms;       /**< CUTOVER, SILENT: last packet under the old key; 0 = none */
	uint16_t reason, position; /**< of the floor (tbcp.h); its events: at most 50 a second */
};

#endif
