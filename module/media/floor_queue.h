/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file floor_queue.h
 * A participant of the floor, and the queue of members with a pending Request. Order: priority,
 * then the timestamps if both Requests have one, then arrival. Pure.
 * Spec: OMA PoC User Plane (queuing of Talk Burst Requests).
 */
#ifndef PTT_FLOOR_QUEUE_H
#define PTT_FLOOR_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PTT_FLOOR_PREEMPT 3 /**< priority that takes the floor from lower ones */

/** One participant. Its owner keeps it from JOIN to LEAVE, sets the first part, zeroes the rest. */
struct ptt_floor_member {
	void *owner;
	bool tbcp;        /**< false: the member takes a free floor by talking */
	bool queuing;     /**< agreed: its Requests may be queued */
	bool listen_only; /**< never granted */
	uint8_t priority; /**< agreed: the highest of its Requests, 1 .. 3; 3 pre-empts */

	/* the floor's own */
	struct ptt_floor_member *next; /**< in the queue */
	bool waiting;
	uint8_t asked;          /**< priority of its Request, while waiting or holding */
	uint64_t timestamp;     /**< of its Request, NTP; 0 = none */
	uint16_t position_sent; /**< last position sent to the member; 0 = to be sent */
	int64_t retry_at_ms;    /**< T9 */
	int64_t late_until_ms;  /**< until then its packets are late ones of its burst */
	int64_t warn_at_ms;     /**< no "no permission" before */
};

struct ptt_floor_queue {
	struct ptt_floor_member *first;
	size_t count;
};

/** Queues a Request. A waiting member that asks with the same priority keeps its place. */
void ptt_floor_queue_put(struct ptt_floor_queue *queue, struct ptt_floor_member *member,
	uint8_t priority, uint64_t timestamp);
/** Takes a member out of the queue. @return whether it was in it */
bool ptt_floor_queue_drop(struct ptt_floor_queue *queue, struct ptt_floor_member *member);

#endif
