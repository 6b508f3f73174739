/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file floor.h
 * Who may talk on one channel: a table of states and inputs, and a queue. Pure: no packets, and
 * time is an argument.
 *
 * The floor grants, denies or queues a member's Request (TBCP). A member without TBCP takes a free
 * floor by talking and gives it back by falling silent. docs/floor.md has the table in words.
 * Spec: OMA PoC User Plane (procedures of the PoC server; T1 ... T20 are its names), docs/wire.md
 * 5.3.
 */
#ifndef PTT_FLOOR_H
#define PTT_FLOOR_H

#include "module/media/floor_policy.h"
#include "module/media/floor_queue.h"

enum ptt_floor_state {
	PTT_FLOOR_IDLE,
	PTT_FLOOR_TAKEN,
	PTT_FLOOR_ENDING,  /**< released; packets up to the holder's last one may still come */
	PTT_FLOOR_REVOKED, /**< the holder may talk until T3 is over */
	PTT_FLOOR_STATES
};

struct ptt_floor {
	struct ptt_floor_policy policy;
	enum ptt_floor_state state;
	struct ptt_floor_member *holder;
	struct ptt_floor_queue queue;
	size_t members;
	bool closed; /**< set by the owner: the channel cannot be used, new Requests are denied */
	bool by_talking; /**< the holder has no TBCP */
	bool heard;      /**< RTP of the holder came in this burst */
	uint16_t seq;    /**< of its newest packet */
	uint16_t last_seq;
	uint16_t why;    /**< reason of the Revoke in force */
	uint8_t repeats; /**< still to send */
	int64_t taken_ms, media_ms;
	int64_t end_ms;   /**< ENDING, REVOKED: the burst ends then */
	int64_t again_ms; /**< next repeat; INT64_MAX = none */
};

enum ptt_floor_event_type {
	PTT_FLOOR_JOIN,
	PTT_FLOOR_LEAVE,   /**< the floor keeps no pointer to the member */
	PTT_FLOOR_RIGHTS,  /**< listen_only, queuing or priority changed */
	PTT_FLOOR_REQUEST, /**< priority, timestamp */
	PTT_FLOOR_RELEASE, /**< seq, seq_known; of a queued member: withdraws its Request */
	PTT_FLOOR_QUERY,   /**< asks for its position in the queue */
	PTT_FLOOR_ACK,     /**< Granted or Revoke arrived */
	PTT_FLOOR_MEDIA,   /**< RTP: seq */
	PTT_FLOOR_TICK,    /**< .member does not matter */
	PTT_FLOOR_EVENTS
};

struct ptt_floor_event {
	enum ptt_floor_event_type type;
	struct ptt_floor_member *member;
	uint8_t priority;   /**< as asked; 0 = normal; capped to what was agreed */
	uint64_t timestamp; /**< NTP; 0 = none, or not agreed */
	bool seq_known;
	uint16_t seq;
};

enum ptt_floor_do {
	PTT_FLOOR_DO_DENY,   /**< to member: reason */
	PTT_FLOOR_DO_QUEUE,  /**< to member: position, 0 = in no queue */
	PTT_FLOOR_DO_REVOKE, /**< to member: reason */
	PTT_FLOOR_DO_END,    /**< member's burst is over */
	PTT_FLOOR_DO_GRANT,  /**< to member */
	PTT_FLOOR_DO_BEGIN,  /**< member's burst begins: a fresh SSRC */
	PTT_FLOOR_DO_TELL,   /**< to all: .holder has the floor; NULL = it is free */
	PTT_FLOOR_DO_STATE,  /**< the same to member alone */
};

struct ptt_floor_act {
	enum ptt_floor_do what;
	bool again; /**< GRANT, REVOKE: a repeat */
	uint16_t reason, position;
	struct ptt_floor_member *member;
};

/** What to do, in this order. */
struct ptt_floor_out {
	size_t count;
	struct ptt_floor_act act[PTT_FLOOR_QUEUE_MAX + 8];
};

void ptt_floor_init(struct ptt_floor *floor, const struct ptt_floor_policy *policy);
/** Another policy. Timers and the present queue go on, even if the queue is too long now. */
void ptt_floor_set_policy(struct ptt_floor *floor, const struct ptt_floor_policy *policy);
/** One event. */
void ptt_floor_step(struct ptt_floor *floor, struct ptt_floor_out *out,
	const struct ptt_floor_event *event, int64_t now_ms);
/** Whether to relay this RTP packet of the member. */
bool ptt_floor_may_talk(
	const struct ptt_floor *floor, const struct ptt_floor_member *member, uint16_t seq);
/** When to give PTT_FLOOR_TICK; INT64_MAX = nothing waits. */
int64_t ptt_floor_due_ms(const struct ptt_floor *floor);

#endif
