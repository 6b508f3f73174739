/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file media_run.h
 * What media.c, channel.c, channel_floor.c, uplink.c and endpoint.c call of each other. Private to them.
 */
#ifndef PTT_MEDIA_RUN_H
#define PTT_MEDIA_RUN_H

#include "module/media/media_int.h"

/** A command or its echo: run on the thread it was posted to, then wiped and freed. */
struct ptt_media_post {
	struct ptt_media_post *next; /**< of those that go together */
	void (*run)(struct ptt_media_post *post);
	size_t size; /**< of the whole, with what follows */
	struct ptt_media *media;
	struct ptt_media_channel *channel;
	struct ptt_endpoint *endpoint;
	struct ptt_media_pair *pair;
	struct ptt_media_event event;
	struct ptt_mtk_item item;
	struct ptt_media_channel_times times;
	struct ptt_endpoint set; /**< the peer's fields only */
	struct ptt_floor_policy floor;
};

/* media.c */
/** A zeroed post with all that it may carry; NULL = no memory. */
struct ptt_media_post *ptt_media_post_new(
	struct ptt_media *media, void (*run)(struct ptt_media_post *));
/** SIP thread -> media thread. Errors: SYSTEM (post freed all the same). */
enum ptt_err ptt_media_post_down(struct ptt_media_post *post) PTT_MUST_CHECK;
/** Media thread -> SIP thread. */
void ptt_media_post_up(struct ptt_media_post *post);
void ptt_media_tell(struct ptt_media_channel *channel, struct ptt_endpoint *endpoint,
	const struct ptt_media_event *event);
/** One more; COUNT_RTP_DROPPED + cause for what was dropped. */
void ptt_media_count(struct ptt_media *media, unsigned what);
/** Media thread: the timer fires not later than this. */
void ptt_media_arm(struct ptt_media *media, int64_t due_ms);

/* channel.c, media thread */
/** All that is due now; @return when to come again. */
int64_t ptt_media_channel_run(struct ptt_media_channel *channel, int64_t now_ms);
void ptt_media_channel_alarm(struct ptt_media_channel *channel, enum ptt_err err, int64_t now_ms);
/** Sent to the channel under its key: counts and notes the time. */
void ptt_media_channel_sent(struct ptt_media_channel *channel, bool left, int64_t now_ms);
/**
 * Room for a protected packet, which ptt_media_channel_put() sends with the others of this turn.
 */
uint8_t *ptt_media_channel_room(struct ptt_media_channel *channel, int64_t now_ms);
void ptt_media_channel_put(
	struct ptt_media_channel *channel, size_t len, const struct ptt_addr *to);
/** What was put leaves now: at the end of a turn, and before anything that must not overtake it. */
void ptt_media_flush(struct ptt_media *media, int64_t now_ms);
/** Frees what the SIP thread may free; the thread is gone or has let go. */
void ptt_media_channel_free(struct ptt_media_channel *channel);

/* channel_floor.c, media thread */
/** A floor event that says no more than its type, and what comes of it; @p leg NULL for TICK. */
void ptt_media_channel_floor(struct ptt_media_channel *channel, struct ptt_endpoint *endpoint,
	enum ptt_floor_event_type type, int64_t now_ms);
/** RTP of a member. @return true if it is to be relayed */
bool ptt_media_channel_media(struct ptt_endpoint *endpoint, uint16_t seq, int64_t now_ms);
/** A datagram on a member's floor port. */
void ptt_media_channel_tbcp(struct ptt_endpoint *endpoint, struct ptt_bytes packet, int64_t now_ms);
/** Answers a member on his floor port, if he has one. */
void ptt_media_channel_answer(struct ptt_endpoint *endpoint, const struct ptt_tbcp *msg);

/* announce.c, media thread */
/** Taken or Idle, as it is, to the channel, and soon to those without one. */
void ptt_media_channel_announce(struct ptt_media_channel *channel, int64_t now_ms);
/** Tells some of those who wait for it. @return when to come again */
int64_t ptt_media_announce_some(struct ptt_media *media, int64_t now_ms);
/** Leaves the line, if he is in it. */
void ptt_media_announce_leave(struct ptt_endpoint *endpoint);
/** Taken or Idle. Borrowed: the talker's name. */
struct ptt_tbcp ptt_media_channel_state(const struct ptt_media_channel *channel);

/* uplink.c, media thread */
void ptt_media_uplink_read(struct ptt_media_socket *sock, int64_t now_ms);

/* endpoint.c */
/** Media thread: gives up the floor and leaves the channel. */
void ptt_endpoint_detach(struct ptt_endpoint *endpoint, int64_t now_ms);
void ptt_media_pair_free(struct ptt_media_pair *pair);

#endif
