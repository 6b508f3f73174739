/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file floor_table.h
 * What each state of the floor does with each input: next state and what is to be done. Private to
 * floor*.c; docs/floor.md has it in words.
 */
#ifndef PTT_FLOOR_TABLE_H
#define PTT_FLOOR_TABLE_H

#include "module/media/floor.h"

/** An event with what it means: who the member is, which timer it was. */
enum input {
	IN_ASK,          /**< a request of one who is not queued */
	IN_ASK_QUEUE,    /**< of one who may be, or is */
	IN_ASK_PREEMPT,  /**< of one who goes before the holder */
	IN_ASK_HOLDER,   /**< of the holder: he did not get our Granted */
	IN_ASK_LISTENER, /**< of one who may only listen */
	IN_ASK_ALONE,    /**< of the only participant */
	IN_ASK_EARLY,    /**< before T9 is over */
	IN_ASK_CLOSED,   /**< the channel cannot be used */
	IN_TALK,         /**< RTP of one without TBCP */
	IN_TALK_WRONG,   /**< RTP of one who has not got the floor */
	IN_RELEASE,      /**< the holder's, and his last packets have not come yet */
	IN_END,          /**< of the burst: release, leave, silence, a timer; nobody waits */
	IN_END_NEXT,     /**< the same, and somebody waits */
	IN_TOO_LONG,     /**< T2 */
	IN_LONELY,       /**< everybody but the holder left */
	IN_NO_RIGHT,     /**< the holder may only listen from now on */
	IN_AGAIN,        /**< T7, T8, T20 */
	INPUTS,
	IN_NOTHING = INPUTS,
};

/** What a cell asks for, in this order. */
enum {
	DENY = 1,
	LINE = 2,        /**< into the queue */
	REVOKE = 4,      /**< the holder; T3 and T8 begin */
	WARN = 8,        /**< Revoke to who talks without the floor */
	DRAIN = 16,      /**< wait for the holder's last packets */
	END = 32,        /**< of the holder's burst */
	GRANT = 64,      /**< a burst of the member of the event */
	NEXT = 128,      /**< one of the first in the queue */
	SAY_AGAIN = 256, /**< Granted or Revoke to the holder once more */
	TELL = 512,      /**< to all */
};

struct ptt_floor_cell {
	enum ptt_floor_state next;
	unsigned int todo;
};

extern const struct ptt_floor_cell ptt_floor_table[PTT_FLOOR_STATES][INPUTS];

/* floor_judge.c */
/** IN_NOTHING: the table has no say. */
enum input ptt_floor_judge(
	const struct ptt_floor *floor, const struct ptt_floor_event *event, int64_t now_ms);
/** IN_END, or IN_END_NEXT if somebody waits. */
enum input ptt_floor_end_input(const struct ptt_floor *floor);
bool ptt_floor_is_holder(const struct ptt_floor *floor, const struct ptt_floor_member *member);
/** One participant only, and the policy minds. */
bool ptt_floor_is_alone(const struct ptt_floor *floor);
/** Priority of a request, capped to what was agreed; 1 .. 3. */
uint8_t ptt_floor_asked(const struct ptt_floor_event *event);
/** T1: the holder has fallen silent then. */
int64_t ptt_floor_quiet_ms(const struct ptt_floor *floor);

#endif
