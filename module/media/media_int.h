/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file media_int.h
 * The objects of the media thread, known to media.c, channel*.c, uplink.c and endpoint.c only.
 *
 * Each object is made on the SIP thread, then belongs to the media thread but for the fields marked
 * SIP. It dies in three steps: the SIP thread marks and posts; the media thread lets go and posts
 * back; the SIP thread frees. Messages are first in, first out, so no event can name a freed
 * object.
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

#define PTT_MEDIA_TAKEN_ASKS 3 /**< Taken with Ack to one member without the channel */

struct ptt_media_pair;

/** One end of a pair: what the epoll descriptor points at. */
struct ptt_media_socket {
	struct ptt_media_pair *pair;
	int fd;
	bool floor;
};

/** Two sockets of one leg, or shared by several. */
struct ptt_media_pair {
	struct ptt_media *media;
	struct ptt_media_socket audio, floor;
	struct ptt_addr audio_local, floor_local;
	struct ptt_media_pair *next, **link; /**< SIP: list of all */
	int slot;                            /**< SIP: its place in the range; -1 = outside */
	size_t users;                        /**< SIP */
	struct ptt_endpoint *endpoints;      /**< media: those told apart by source */
};

struct ptt_endpoint {
	struct ptt_media *media;
	struct ptt_media_pair *pair;
	void *ctx;                                 /**< SIP */
	bool closed;                               /**< SIP */
	struct ptt_endpoint *all_next, **all_link; /**< SIP: list of all */
	struct ptt_endpoint *pair_next;
	struct ptt_media_channel *channel;
	struct ptt_endpoint *channel_next, **channel_link;
	struct ptt_endpoint *forward_next, **forward_link; /**< link NULL: not in that list */
	bool on_hold, has_floor, forward, packed;
	enum ptt_amr_band band;         /**< packed */
	bool timestamps;                /**< agreed: those of his requests count */
	struct ptt_floor_member talker; /**< his place at the channel's floor */
	uint32_t taken_ssrc;            /**< burst whose Taken he was asked to acknowledge */
	uint8_t taken_asks;             /**< so often; PTT_MEDIA_TAKEN_ASKS = no more */
	int64_t told_ms; /**< all he was told of the floor, spread evenly, ends then: announce.c */
	struct ptt_endpoint *line_next, **line_link; /**< of those to be told; NULL: in no line */
	struct ptt_addr audio_peer, floor_peer;
	uint16_t audio_seen,
		floor_seen; /**< source port in use, where not that of the SDP; 0 = none yet */
	uint8_t pt;
	char name[PTT_TBCP_NAME_MAX + 1];
};

struct ptt_media_channel {
	struct ptt_media *media;
	void *ctx;                          /**< SIP */
	bool removed;                       /**< SIP */
	struct ptt_media_channel *all_next; /**< SIP: list of all */
	char source[64];                    /**< fixed after add */
	uint64_t mtk_packets;
	struct ptt_addr audio_to, floor_to, key_to;
	int fd;
	struct ptt_media_channel *next; /**< media: list of live ones */
	struct ptt_mtk_cast cast;
	struct ptt_srtp_relay relay;
	struct ptt_floor floor;
	size_t queued;   /**< of its queue, as counted */
	int64_t tell_ms; /**< second that told counts in */
	uint16_t told;   /**< floor events told to the SIP thread in it */
	struct ptt_endpoint *endpoints,
		*forwards;      /**< all; those with forward: a packet walks no others */
	int64_t last_packet_ms; /**< last one protected under the present key */
	uint64_t packets;       /**< so many under it */
	int64_t alarm_ms;       /**< last alarm */
};

struct ptt_media {
	struct ptt_media_config config;
	char address[64];
	su_root_t *sip_root;
	su_clone_r clone;
	struct ptt_media_pair *pairs;            /**< SIP */
	struct ptt_endpoint *endpoints;          /**< SIP */
	struct ptt_media_channel *all_channels;  /**< SIP */
	struct ptt_media_pair *share_next;       /**< SIP: whom to share with next */
	struct ptt_media_pair **slots;           /**< SIP: who is at which pair of ports */
	uint32_t slot_count, slot_next;          /**< SIP */
	uint32_t slots_used;                     /**< SIP */
	bool stopping, stopped;                  /**< SIP */
	bool holding;                            /**< SIP: posts gather */
	unsigned held_count;                     /**< SIP */
	struct ptt_media_post *held, **held_end; /**< SIP: gathered, in their order */
	su_root_t *root;                         /**< media */
	int epoll_fd, timer_fd;
	su_wait_t wait;
	bool deaf;        /**< media: stopping, nothing is read any more */
	int64_t armed_ms; /**< media: when the timer fires; INT64_MAX = not */
	struct ptt_media_channel *channels;
	struct ptt_endpoint *line, **line_end; /**< media: who is to be told of the floor */
	int64_t while_ms;                      /**< media: since then @ref told were told */
	unsigned int told;
	struct ptt_net_batch in, out;
	struct ptt_media_channel *out_of; /**< media: whose packets are in out */
	_Atomic uint64_t counts[COUNTS];
};

#endif
