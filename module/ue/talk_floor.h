/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file talk_floor.h
 * A participant's side of the floor: a table of states and events. Pure: time is an argument, and
 * no packets are sent. Described in docs/floor.md.
 *
 * Spec: OMA PoC User Plane (procedures of the PoC client; T10 and T11 are its names).
 */
#ifndef PTT_TALK_FLOOR_H
#define PTT_TALK_FLOOR_H

#include <stdbool.h>
#include <stdint.h>

enum ptt_talk_floor_state {
	PTT_TALK_FLOOR_WITHOUT,
	PTT_TALK_FLOOR_ASKING, /**< T11 */
	PTT_TALK_FLOOR_QUEUED, /**< sends a query from time to time to see that it still is */
	PTT_TALK_FLOOR_TALKING,
	PTT_TALK_FLOOR_RELEASING, /**< T10 */
	PTT_TALK_FLOOR_STATES
};

enum ptt_talk_floor_event {
	PTT_TALK_FLOOR_ASK,
	PTT_TALK_FLOOR_GIVE_BACK,
	PTT_TALK_FLOOR_GRANTED,
	PTT_TALK_FLOOR_DENIED, /**< also Queue Status with position 0 */
	PTT_TALK_FLOOR_LINED,  /**< Queue Status with a position */
	PTT_TALK_FLOOR_REVOKED,
	PTT_TALK_FLOOR_OTHERS, /**< Idle, or Taken by another member, addressed to us */
	PTT_TALK_FLOOR_TIMER,  /**< the timer is due */
	PTT_TALK_FLOOR_OVER,   /**< the timer is due after the last repeat */
	PTT_TALK_FLOOR_EVENTS
};

/** What to do: a set of bits, handled in this order. */
enum {
	PTT_TALK_FLOOR_STOP = 1, /**< stop sending RTP */
	PTT_TALK_FLOOR_REQUEST = 2,
	PTT_TALK_FLOOR_RELEASE = 4,
	PTT_TALK_FLOOR_QUERY = 8,
	PTT_TALK_FLOOR_START = 16, /**< RTP may be sent */
	PTT_TALK_FLOOR_TELL_NO = 32,
	PTT_TALK_FLOOR_TELL_LOST = 64,
	PTT_TALK_FLOOR_TELL_QUEUED = 128,
};

struct ptt_talk_floor {
	enum ptt_talk_floor_state state;
	unsigned int left; /**< repeats */
	int64_t due_ms, since_ms;
};

void ptt_talk_floor_init(struct ptt_talk_floor *floor);
/** Processes one event. Ignores a TIMER that is not due, and turns the last one into OVER.
 *  @return bits of what to do */
unsigned int ptt_talk_floor_step(
	struct ptt_talk_floor *floor, enum ptt_talk_floor_event event, int64_t now_ms);

#endif
