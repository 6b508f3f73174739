/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file media_run.h
 * What the files of the media thread call of each other. Private to them. A file calls only files
 * that stand above it here.
 */
#ifndef PTT_MEDIA_RUN_H
#define PTT_MEDIA_RUN_H

#include "module/media/media_int.h"

/** A command or its echo: run on the thread it was posted to, then wiped and freed. */
struct ptt_media_post {
	struct ptt_media_post *next; /**< of one batch */
	void (*run)(struct ptt_media_post *post);
	struct ptt_media *media;
	struct ptt_media_channel *channel;
	struct ptt_endpoint *endpoint;
	struct ptt_media_pair *pair;
	union { /* what the command needs */
		struct ptt_media_event event;
		struct ptt_mtk_item item;
		struct ptt_media_channel_times times;
		struct ptt_media_remote peer;
		struct ptt_floor_policy floor;
	};
};

/* media_thread.c */
/** A zeroed post; NULL = no memory. */
struct ptt_media_post *ptt_media_post_new(
	struct ptt_media *media, void (*run)(struct ptt_media_post *));
/** SIP thread -> media thread. Errors: SYSTEM (the post is freed all the same). */
enum ptt_err ptt_media_post_down(struct ptt_media_post *post) PTT_MUST_CHECK;
/** Media thread -> SIP thread. */
void ptt_media_post_up(struct ptt_media_post *post);
/** Media thread: posts an event; @p endpoint may be NULL. */
void ptt_media_report(struct ptt_media_channel *channel, struct ptt_endpoint *endpoint,
	const struct ptt_media_event *event);
/** Adds one to a counter of media_count.h. */
void ptt_media_count(struct ptt_media *media, unsigned what);
/** Media thread: the timer fires not later than this. */
void ptt_media_arm(struct ptt_media *media, int64_t due_ms);

/* media_out.c, media thread */
/** Posts an event of the channel, with its MKI and its last packet. */
void ptt_media_channel_report(
	struct ptt_media_channel *channel, enum ptt_media_event_type type, int64_t now_ms);
void ptt_media_channel_alarm(struct ptt_media_channel *channel, enum ptt_err err, int64_t now_ms);
/** Counts a packet under the channel's key and notes its time; alarms if it has not @p left. */
void ptt_media_channel_sent(struct ptt_media_channel *channel, bool left, int64_t now_ms);
/** Room for a protected packet; ptt_media_channel_put() sends it with the others of this turn. */
uint8_t *ptt_media_channel_room(struct ptt_media_channel *channel, int64_t now_ms);
void ptt_media_channel_put(
	struct ptt_media_channel *channel, size_t len, const struct ptt_addr *to);
/** Sends the batch: at the end of a turn, and before anything that must not overtake it. */
void ptt_media_flush(struct ptt_media *media, int64_t now_ms);
/** Sends a message to a member's floor port, if it has one. */
void ptt_media_endpoint_send(struct ptt_endpoint *endpoint, const struct ptt_tbcp *msg);

/* announce.c, media thread */
/** Sends Taken or Idle to the channel now, and soon to the members without it. */
void ptt_media_channel_announce(struct ptt_media_channel *channel, int64_t now_ms);
/** Sends to some of the members in line. @return when to come again */
int64_t ptt_media_announce_some(struct ptt_media *media, int64_t now_ms);
/** Takes the member out of the line, if it is in it. */
void ptt_media_announce_leave(struct ptt_endpoint *endpoint);
/** Taken or Idle. Borrowed: the talker's name. */
struct ptt_tbcp ptt_media_channel_state(const struct ptt_media_channel *channel);

/* channel_floor.c, media thread */
/** A floor event that has no more than its type; @p endpoint NULL for TICK. */
void ptt_media_channel_floor(struct ptt_media_channel *channel, struct ptt_endpoint *endpoint,
	enum ptt_floor_event_type type, int64_t now_ms);
/** RTP of a member. @return whether to relay it */
bool ptt_media_channel_media(struct ptt_endpoint *endpoint, uint16_t seq, int64_t now_ms);
/** A datagram on a member's floor port. */
void ptt_media_channel_tbcp(struct ptt_endpoint *endpoint, struct ptt_bytes packet, int64_t now_ms);

/* uplink.c, media thread */
void ptt_media_uplink_read(struct ptt_media_socket *sock, int64_t now_ms);

/* endpoint.c */
/** Media thread: gives up the floor and leaves the channel. */
void ptt_endpoint_detach(struct ptt_endpoint *endpoint, int64_t now_ms);
void ptt_media_pair_free(struct ptt_media_pair *pair);

/* channel.c */
/** Media thread: does all that is due. @return when to come again */
int64_t ptt_media_channel_run(struct ptt_media_channel *channel, int64_t now_ms);
/** SIP thread: frees a channel that the media thread has let go. */
void ptt_media_channel_free(struct ptt_media_channel *channel);

#endif
