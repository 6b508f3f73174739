/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/media/floor_table.h"

_Static_assert(PTT_FLOOR_STATES == 4 && INPUTS == 17, "a new state or input needs its cells here");

#define TO(state, actions) \
	{ \
		PTT_FLOOR_##state, (actions) \
	}
#define STAY(state) TO(state, 0)

const struct ptt_floor_cell ptt_floor_table[PTT_FLOOR_STATES][INPUTS] =
	{
		[PTT_FLOOR_IDLE] =
			{
				[IN_ASK] = TO(TAKEN, GRANT | TELL),
				[IN_ASK_QUEUE] = TO(TAKEN, GRANT | TELL),
				[IN_ASK_PREEMPT] = STAY(IDLE), /* impossible: no holder */
				[IN_ASK_HOLDER] = STAY(IDLE),  /* impossible: no holder */
				[IN_ASK_LISTENER] = TO(IDLE, DENY),
				[IN_ASK_ALONE] = TO(IDLE, DENY),
				[IN_ASK_EARLY] = TO(IDLE, DENY),
				[IN_ASK_CLOSED] = TO(IDLE, DENY),
				[IN_TALK] = TO(TAKEN, GRANT | TELL),
				[IN_TALK_WRONG] = TO(IDLE, WARN),
				[IN_RELEASE] = STAY(IDLE),
				[IN_END] = STAY(IDLE),
				[IN_END_NEXT] = STAY(IDLE),
				[IN_TOO_LONG] = STAY(IDLE),
				[IN_LONELY] = STAY(IDLE),
				[IN_NO_RIGHT] = STAY(IDLE),
				[IN_AGAIN] = TO(IDLE, TELL), /* T7 */
			},
		[PTT_FLOOR_TAKEN] =
			{
				[IN_ASK] = TO(TAKEN, DENY),
				[IN_ASK_QUEUE] = TO(TAKEN, LINE),
				[IN_ASK_PREEMPT] = TO(REVOKED, LINE | REVOKE),
				[IN_ASK_HOLDER] = TO(TAKEN, SAY_AGAIN),
				[IN_ASK_LISTENER] = TO(TAKEN, DENY),
				[IN_ASK_ALONE] = TO(TAKEN, DENY),
				[IN_ASK_EARLY] = TO(TAKEN, DENY),
				[IN_ASK_CLOSED] = TO(TAKEN, DENY),
				[IN_TALK] = STAY(TAKEN),
				[IN_TALK_WRONG] = TO(TAKEN, WARN),
				[IN_RELEASE] = TO(ENDING, DRAIN),
				[IN_END] = TO(IDLE, END | TELL),
				[IN_END_NEXT] = TO(TAKEN, END | NEXT | TELL),
				[IN_TOO_LONG] = TO(REVOKED, REVOKE),
				[IN_LONELY] = TO(REVOKED, REVOKE),
				[IN_NO_RIGHT] = TO(REVOKED, REVOKE),
				[IN_AGAIN] = TO(TAKEN, SAY_AGAIN), /* T20 */
			},
		[PTT_FLOOR_ENDING] =
			{
				[IN_ASK] = TO(ENDING, DENY),
				[IN_ASK_QUEUE] = TO(ENDING, LINE),
				[IN_ASK_PREEMPT] = TO(ENDING, LINE),
				[IN_ASK_HOLDER] =
					STAY(ENDING), /* impossible: note() ends the burst before */
				[IN_ASK_LISTENER] = TO(ENDING, DENY),
				[IN_ASK_ALONE] = TO(ENDING, DENY),
				[IN_ASK_EARLY] = TO(ENDING, DENY),
				[IN_ASK_CLOSED] = TO(ENDING, DENY),
				[IN_TALK] = STAY(ENDING),
				[IN_TALK_WRONG] = TO(ENDING, WARN),
				[IN_RELEASE] = STAY(ENDING), /* a repeated Release */
				[IN_END] = TO(IDLE, END | TELL),
				[IN_END_NEXT] = TO(TAKEN, END | NEXT | TELL),
				[IN_TOO_LONG] = STAY(ENDING),
				[IN_LONELY] = STAY(ENDING),
				[IN_NO_RIGHT] = STAY(ENDING),
				[IN_AGAIN] = STAY(ENDING),
			},
		[PTT_FLOOR_REVOKED] =
			{
				[IN_ASK] = TO(REVOKED, DENY),
				[IN_ASK_QUEUE] = TO(REVOKED, LINE),
				[IN_ASK_PREEMPT] = TO(REVOKED, LINE),
				[IN_ASK_HOLDER] = TO(REVOKED, DENY),
				[IN_ASK_LISTENER] = TO(REVOKED, DENY),
				[IN_ASK_ALONE] = TO(REVOKED, DENY),
				[IN_ASK_EARLY] = TO(REVOKED, DENY),
				[IN_ASK_CLOSED] = TO(REVOKED, DENY),
				[IN_TALK] = STAY(REVOKED),
				[IN_TALK_WRONG] = TO(REVOKED, WARN),
				[IN_RELEASE] = TO(ENDING, DRAIN),
				[IN_END] = TO(IDLE, END | TELL),
				[IN_END_NEXT] = TO(TAKEN, END | NEXT | TELL),
				[IN_TOO_LONG] = STAY(REVOKED),
				[IN_LONELY] = STAY(REVOKED),
				[IN_NO_RIGHT] = STAY(REVOKED),
				[IN_AGAIN] = TO(REVOKED, SAY_AGAIN), /* T8 */
			},
};
