/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file floor_table.h
 * The floor's table: what each state does with each input. Private to floor.c and floor_table.c;
 * docs/floor.md has it in words.
 */
#ifndef PTT_FLOOR_TABLE_H
#define PTT_FLOOR_TABLE_H

#include "module/media/floor.h"

/** An event, with the member's part at the floor and the timer that is over. */
enum input {
	IN_ASK,          /**< Request; the member cannot be queued */
	IN_ASK_QUEUE,    /**< Request; the member may be queued, or is */
	IN_ASK_PREEMPT,  /**< Request; its priority takes the floor from the holder */
	IN_ASK_HOLDER,   /**< Request of the holder: Granted or Revoke was lost */
	IN_ASK_LISTENER, /**< Request; the member may only listen */
	IN_ASK_ALONE,    /**< Request of the only participant */
	IN_ASK_EARLY,    /**< Request before T9 is over */
	IN_ASK_CLOSED,   /**< Request; the channel cannot be used */
	IN_TALK,         /**< RTP of a member without TBCP */
	IN_TALK_WRONG,   /**< RTP of a member with TBCP, without the floor */
	IN_RELEASE,      /**< the holder's Release; its last packets have not come yet */
	IN_END,          /**< of the burst: release, leave, silence, a timer; the queue is empty */
	IN_END_NEXT,     /**< the same; a member is queued */
	IN_TOO_LONG,     /**< T2 */
	IN_LONELY,       /**< all participants but the holder left */
	IN_NO_RIGHT,     /**< the holder may only listen from now on */
	IN_AGAIN,        /**< T7, T8, T20 */
	INPUTS,
	IN_NOTHING = INPUTS,
};

/** What a cell does, in this order. */
enum {
	DENY = 1,
	LINE = 2,        /**< queue the member */
	REVOKE = 4,      /**< to the holder; T3 and T8 begin */
	WARN = 8,        /**< Revoke, "no permission", to the member of the event */
	DRAIN = 16,      /**< wait for the holder's last packets */
	END = 32,        /**< of the holder's burst */
	GRANT = 64,      /**< a burst to the member of the event */
	NEXT = 128,      /**< a burst to the first in the queue */
	SAY_AGAIN = 256, /**< repeat Granted or Revoke to the holder */
	TELL = 512,      /**< announce the state to all */
};

struct ptt_floor_cell {
	enum ptt_floor_state next;
	unsigned int todo;
};

extern const struct ptt_floor_cell ptt_floor_table[PTT_FLOOR_STATES][INPUTS];

/** floor.c: the input an event is; IN_NOTHING = the table does not matter. Tests call it, too. */
enum input ptt_floor_judge(
	const struct ptt_floor *floor, const struct ptt_floor_event *event, int64_t now_ms);

#endif
