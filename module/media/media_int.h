/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file media_int.h
 * The insides of the media thread, shared by media.c, channel.c, uplink.c and leg.c only.
 *
 * Each object is made on the SIP thread, then belongs to the media thread but for the fields marked SIP.
 * It dies in three steps: the SIP thread marks and posts; the media thread lets go and posts back;
 * the SIP thread frees. Messages are first in, first out, so no event can name a freed object.
 */
#ifndef PTT_MEDIA_INT_H
#define PTT_MEDIA_INT_H

#include <stdatomic.h>

#include "module/media/floor.h"
#include "module/media/media.h"
#include "module/media/mtk_cast.h"
#include "module/media/net.h"
#include "module/media/srtp_relay.h"
#include "module/media/tbcp.h"

enum ptt_media_count {
	COUNT_MTK_MESSAGES,
	COUNT_SRTP,
	COUNT_SRTCP,
	COUNT_RTP_RECEIVED,
	COUNT_RTP_DROPPED,
	COUNT_TBCP_RECEIVED,
	COUNT_TBCP_MALFORMED,
	COUNT_SEND_ERRORS,
	COUNT_LEGS,
	COUNT_LEGS_SHARED,
	COUNT_CUTOVERS,
	COUNTS,
};

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
	struct ptt_media_pair *next; /**< SIP: list of all */
	int slot;                    /**< SIP: its place in the range; -1 = outside */
	size_t users;                /**< SIP */
	struct ptt_media_leg *legs;  /**< media: those told apart by source */
};

struct ptt_media_leg {
	struct ptt_media *media;
	struct ptt_media_pair *pair;
	void *ctx;                      /**< SIP */
	bool closed;                    /**< SIP */
	struct ptt_media_leg *all_next; /**< SIP: list of all */
	struct ptt_media_leg *pair_next;
	struct ptt_media_channel *channel;
	struct ptt_media_leg *channel_next;
	bool on_hold, has_floor, forward;
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
	struct ptt_media_leg *legs;
	int64_t last_packet_ms; /**< last one protected under the present key */
	uint64_t packets;       /**< so many under it */
	int64_t alarm_ms;       /**< last alarm */
};

struct ptt_media {
	struct ptt_media_config config;
	char address[64];
	su_root_t *sip_root;
	su_clone_r clone;
	struct ptt_media_pair *pairs;           /**< SIP */
	struct ptt_media_leg *legs;             /**< SIP */
	struct ptt_media_channel *all_channels; /**< SIP */
	struct ptt_media_pair *share_next;      /**< SIP: whom to share with next */
	uint8_t *slots;                         /**< SIP: 1 = in use; by pair of ports */
	uint32_t slot_count, slot_next;         /**< SIP */
	bool stopping, stopped;                 /**< SIP */
	su_root_t *root;                        /**< media */
	int epoll_fd, timer_fd;
	su_wait_t wait;
	bool deaf;        /**< media: stopping, nothing is read any more */
	int64_t armed_ms; /**< media: when the timer fires; INT64_MAX = not */
	struct ptt_media_channel *channels;
	_Atomic uint64_t counts[COUNTS];
};

/** A command or its echo: run on the thread it was posted to, then wiped and freed. */
struct ptt_media_post {
	void (*run)(struct ptt_media_post *post);
	size_t size; /**< of the whole, with what follows */
	struct ptt_media *media;
	struct ptt_media_channel *channel;
	struct ptt_media_leg *leg;
	struct ptt_media_pair *pair;
	struct ptt_media_event event;
	struct ptt_mtk_item item;
	struct ptt_media_leg set; /**< the peer's fields only */
};

/* media.c */
/** A zeroed post with all that it may carry; NULL = no memory. */
struct ptt_media_post *ptt_media_post_new(
	struct ptt_media *media, void (*run)(struct ptt_media_post *));
/** SIP thread -> media thread. Errors: SYSTEM (post freed all the same). */
enum ptt_err ptt_media_post_down(struct ptt_media_post *post) PTT_MUST_CHECK;
/** Media thread -> SIP thread. */
void ptt_media_post_up(struct ptt_media_post *post);
void ptt_media_tell(struct ptt_media_channel *channel, struct ptt_media_leg *leg,
	const struct ptt_media_event *event);
void ptt_media_count(struct ptt_media *media, enum ptt_media_count what);
/** Media thread: the timer fires not later than this. */
void ptt_media_arm(struct ptt_media *media, int64_t due_ms);

/* channel.c, media thread */
/** All that is due now; @return when to come again. */
int64_t ptt_media_channel_run(struct ptt_media_channel *channel, int64_t now_ms);
/** What a floor step asked for; @p leg is the member of the event. */
void ptt_media_channel_floor(struct ptt_media_channel *channel, struct ptt_media_leg *leg,
	enum ptt_floor_event event, int64_t now_ms);
/** Taken or Idle, as it is, to the channel and to those without one. */
void ptt_media_channel_announce(struct ptt_media_channel *channel, int64_t now_ms);
void ptt_media_channel_alarm(struct ptt_media_channel *channel, enum ptt_err err, int64_t now_ms);
/** Sent to the channel under its key: counts and notes the time. */
void ptt_media_channel_sent(struct ptt_media_channel *channel, bool left, int64_t now_ms);
/** Frees what the SIP thread may free; the thread is gone or has let go. */
void ptt_media_channel_free(struct ptt_media_channel *channel);

/* uplink.c, media thread */
/** Answers a member on his floor port, if he has one. */
void ptt_media_uplink_read(struct ptt_media_socket *sock, int64_t now_ms);
void ptt_media_uplink_tbcp(struct ptt_media_leg *leg, const struct ptt_tbcp *msg);

/* leg.c */
/** Media thread: gives up the floor and leaves the channel. */
void ptt_media_leg_detach(struct ptt_media_leg *leg, int64_t now_ms);
void ptt_media_pair_free(struct ptt_media_pair *pair);

#endif
