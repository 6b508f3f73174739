/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file floor.h
 * Who may talk on one channel: a table of states and inputs, and a queue. Pure: time is an
 * argument, no packets.
 *
 * A member asks by TBCP and is granted, denied or queued; one without TBCP takes a free floor by
 * talking and gives it back by falling silent. docs/floor.md has the table in words.
 * Spec: OMA PoC User Plane (procedures of the PoC server; T1 ... T20 are its names), profile
 * section 5.
 */
#ifndef PTT_FLOOR_H
#define PTT_FLOOR_H

#include "module/media/floor_policy.h"
#include "module/media/floor_queue.h"

enum ptt_floor_state {
	PTT_FLOOR_IDLE,
	PTT_FLOOR_TAKEN,
	PTT_FLOOR_ENDING,  /**< released; packets up to his last one are on their way */
	PTT_FLOOR_REVOKED, /**< he may end his word: T3 */
	PTT_FLOOR_STATES
};

struct ptt_floor {
	struct ptt_floor_policy policy;
	enum ptt_floor_state state;
	struct ptt_floor_member *holder;
	struct ptt_floor_queue queue;
	size_t members;
	bool closed;     /**< by the owner: the channel cannot be used, requests are denied */
	bool by_talking; /**< the holder did not ask */
	bool heard;      /**< RTP of the holder came */
	uint16_t seq;    /**< newest of it */
	uint16_t last_seq;
	uint16_t why;    /**< reason of the Revoke in force */
	uint8_t repeats; /**< left */
	int64_t taken_ms, media_ms;
	int64_t end_ms;   /**< ENDING, REVOKED: over then */
	int64_t again_ms; /**< next repeat; INT64_MAX = none */
};

enum ptt_floor_event_type {
	PTT_FLOOR_JOIN,
	PTT_FLOOR_LEAVE,   /**< he is gone: forgotten at once */
	PTT_FLOOR_RIGHTS,  /**< listen_only, queuing or priority changed */
	PTT_FLOOR_REQUEST, /**< priority, timestamp */
	PTT_FLOOR_RELEASE, /**< seq, seq_known; from who waits: his request is taken back */
	PTT_FLOOR_QUERY,   /**< where he is in the queue */
	PTT_FLOOR_ACK,     /**< he has his Granted or Revoke */
	PTT_FLOOR_MEDIA,   /**< RTP: seq */
	PTT_FLOOR_TICK,    /**< member is not looked at */
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
	PTT_FLOOR_DO_TELL,   /**< to all: .holder has it, or nobody */
	PTT_FLOOR_DO_STATE,  /**< the same to member alone */
};

struct ptt_floor_act {
	enum ptt_floor_do what;
	bool again; /**< GRANT, REVOKE: he was told before */
	uint16_t reason, position;
	struct ptt_floor_member *member;
};

/** What to do, in this order. */
struct ptt_floor_out {
	size_t count;
	struct ptt_floor_act act[PTT_FLOOR_QUEUE_MAX + 8];
};

void ptt_floor_init(struct ptt_floor *floor, const struct ptt_floor_policy *policy);
/** Another policy; what runs goes on, who waits in a queue that is now too long stays. */
void ptt_floor_set_policy(struct ptt_floor *floor, const struct ptt_floor_policy *policy);
/** One event. */
void ptt_floor_step(struct ptt_floor *floor, struct ptt_floor_out *out,
	const struct ptt_floor_event *event, int64_t now_ms);
/** Is this RTP packet of the member relayed now? */
bool ptt_floor_may_talk(
	const struct ptt_floor *floor, const struct ptt_floor_member *member, uint16_t seq);
/** When to give PTT_FLOOR_TICK; INT64_MAX = nothing waits. */
int64_t ptt_floor_due_ms(const struct ptt_floor *floor);

#endif
