/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file media_int.h
 * The objects of the media thread. Private to the files that include media_run.h.
 *
 * The SIP thread makes each object; then it belongs to the media thread, except the fields marked
 * SIP. It dies in three steps: the SIP thread marks it and posts; the media thread lets go and
 * posts back; the SIP thread frees it. Messages are first in, first out, so no event can name a
 * freed object.
 */
#ifndef PTT_MEDIA_INT_H
#define PTT_MEDIA_INT_H

#include <stdatomic.h>

#include "module/base/list.h"
#include "module/media/amr_pack.h"
#include "module/media/floor.h"
#include "module/media/media.h"
#include "module/media/media_count.h"
#include "module/media/mtk_cast.h"
#include "module/media/net_batch.h"
#include "module/media/srtp_relay.h"
#include "module/rtp/tbcp.h"

#define PTT_MEDIA_TAKEN_ASKS \
	3 /**< most Taken with Ack in a burst to a member without the channel */

struct ptt_media_pair;

/** One socket of a pair; the data of its epoll event. */
struct ptt_media_socket {
	struct ptt_media_pair *pair;
	int fd;
	bool floor;
};

/** Two sockets, of one endpoint or shared by several. */
struct ptt_media_pair {
	struct ptt_media *media;
	struct ptt_media_socket audio, floor;
	struct ptt_addr audio_local, floor_local;
	struct ptt_endpoint *endpoints; /**< media: told apart by source address */

	struct ptt_media_pair *next, **link; /**< SIP: list of all */
	int slot;                            /**< SIP: its place in the range; -1 = outside */
	size_t users;                        /**< SIP */
};

/** What the SDP says of a member's end; ptt_endpoint_set_peer() replaces it as a whole. */
struct ptt_media_remote {
	struct ptt_addr audio, floor;
	bool on_hold, has_floor, forward, packed;
	enum ptt_amr_band band; /**< packed */
	uint8_t pt;
	bool queuing, timestamps, listen_only; /**< at the floor */
	uint8_t priority;
	char name[PTT_TBCP_NAME_MAX + 1];
};

struct ptt_endpoint {
	struct ptt_media *media;
	struct ptt_media_pair *pair;
	void *ctx;                                 /**< SIP */
	bool closed;                               /**< SIP */
	struct ptt_endpoint *all_next, **all_link; /**< SIP: list of all */

	/* the member's end */
	struct ptt_media_remote peer;
	uint16_t audio_seen, floor_seen; /**< source port in use if not the SDP's; 0 = none yet */
	struct ptt_endpoint *pair_next;  /**< list of those on this pair */

	/* its channel, and its place at the floor */
	struct ptt_media_channel *channel;
	struct ptt_endpoint *channel_next, **channel_link;
	struct ptt_endpoint *forward_next, **forward_link; /**< link NULL: not in that list */
	struct ptt_floor_member talker;

	/* Taken and Idle by unicast: announce.c */
	struct ptt_endpoint *line_next, **line_link; /**< link NULL: in no line */
	int64_t paced_until_ms; /**< its announcements, spread evenly, end then */
	uint32_t taken_ssrc;    /**< burst whose Taken asked this member for an Ack */
	uint8_t taken_asks;     /**< so often; PTT_MEDIA_TAKEN_ASKS = no more */
};

struct ptt_media_channel {
	struct ptt_media *media;
	void *ctx;                          /**< SIP */
	bool removed;                       /**< SIP */
	struct ptt_media_channel *all_next; /**< SIP: list of all */
	char source[64];                    /**< fixed after add */
	struct ptt_media_channel *next;     /**< media: list of live ones */

	/* where packets go, and under which key */
	int fd;
	struct ptt_addr audio_to, floor_to, key_to;
	struct ptt_mtk_cast cast;
	struct ptt_srtp_relay relay;
	uint64_t mtk_packets; /**< PTT_MEDIA_MTK_SPENT then; 0 = never */
	struct {
		int64_t last_ms;  /**< last packet; 0 = none */
		uint64_t packets; /**< so many */
	} sent;                   /**< under the present key */
	int64_t alarm_ms;         /**< last alarm */

	/* members and floor */
	struct ptt_endpoint *endpoints; /**< all */
	struct ptt_endpoint *forwards;  /**< those without the channel: a packet walks no others */
	struct ptt_floor floor;
	size_t queued; /**< length of the floor's queue that COUNT_FLOOR_QUEUED has */
	struct {
		int64_t since_ms; /**< begin of the second */
		uint16_t count;   /**< so many in it */
	} reports;                /**< floor events that the SIP thread gets, at a bounded rate */
};

struct ptt_media {
	struct ptt_media_config config;
	char address[64];
	su_clone_r clone;
	_Atomic uint64_t counts[COUNTS];

	struct { /* of the SIP thread */
		su_root_t *root;
		struct ptt_media_channel *channels; /**< all, removed ones too */
		struct ptt_endpoint *endpoints;     /**< all, closed ones too */
		struct ptt_media_pair *pairs;
		struct ptt_media_pair *share_next; /**< the next one to share */
		struct ptt_media_pair **slots;     /**< by place in the range of ports */
		uint32_t slot_count, slot_next, slots_used;
		bool stopping, stopped;
		bool holding; /**< posts are gathered */
		unsigned held_count;
		struct ptt_media_post *held, **held_end; /**< gathered, in their order */
	} sip;

	struct { /* of the media thread, as all below */
		su_root_t *root;
		int epoll_fd, timer_fd;
		su_wait_t wait;
		bool closing;     /**< the last command came: read nothing more */
		int64_t armed_ms; /**< the timer fires then; INT64_MAX = it does not */
	} loop;
	struct ptt_media_channel *channels; /**< live ones */
	struct {
		struct ptt_net_batch in, out;
		struct ptt_media_channel *out_of; /**< whose packets are in out */
	} batch;
	struct {
		struct ptt_endpoint *first, **end;
		int64_t since_ms;  /**< begin of the present while (announce.c) */
		unsigned int sent; /**< announcements sent in it */
	} line;                    /**< members that wait for Taken or Idle */
};

#endif
