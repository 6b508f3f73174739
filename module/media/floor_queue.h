/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file floor_queue.h
 * A participant of the floor, and the queue of those who asked: by priority, then by the time of
 * asking where both gave one, then by arrival. Pure.
 * Spec: OMA PoC User Plane (queuing of Talk Burst Requests).
 */
#ifndef PTT_FLOOR_QUEUE_H
#define PTT_FLOOR_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PTT_FLOOR_PREEMPT 3 /**< priority that takes the floor from lower ones */

/** One participant; lives with its owner from JOIN to LEAVE. Zeroed but for the first part. */
struct ptt_floor_member {
	void *owner;
	bool tbcp;        /**< he asks; without it he takes a free floor by talking */
	bool queuing;     /**< agreed: he may be queued */
	bool listen_only; /**< never granted */
	uint8_t priority; /**< agreed: the highest he may ask with, 1 .. 3; 3 pre-empts */

	/* the floor's own */
	struct ptt_floor_member *next; /**< in the queue */
	bool waiting;
	uint8_t asked;          /**< priority of his request, while waiting or holding */
	uint64_t timestamp;     /**< of his request, NTP; 0 = none */
	uint16_t position_sent; /**< position he was last told */
	int64_t retry_at_ms;    /**< T9 */
	int64_t late_until_ms;  /**< his late packets are no attempt to talk */
	int64_t warn_at_ms;     /**< next "no permission" not before */
};

struct ptt_floor_queue {
	struct ptt_floor_member *first;
	size_t count;
};

/** Puts him behind those who go before him; whoever waits already and asks the same stays. */
void ptt_floor_queue_put(struct ptt_floor_queue *queue, struct ptt_floor_member *member,
	uint8_t priority, uint64_t timestamp);
/** Takes him out, if he waits. @return whether he did */
bool ptt_floor_queue_drop(struct ptt_floor_queue *queue, struct ptt_floor_member *member);
/** His place in the queue, 1 = next; 0 = none. */
uint16_t ptt_floor_queue_position(
	const struct ptt_floor_queue *queue, const struct ptt_floor_member *member);

#endif
