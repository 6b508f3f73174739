/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file floor.h
 * Who may talk on one channel: a table of states and events. Pure: time is an argument, no packets.
 *
 * A member asks by TBCP and is granted or denied; one who just talks takes a free floor and gives
 * it back by falling silent. Nobody is queued. A member is any pointer; it is compared, never
 * followed.
 * Spec: OMA PoC User Plane (procedures of the PoC server; T1, T2, T3 are its names), profile
 * section 5.
 */
#ifndef PTT_FLOOR_H
#define PTT_FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ptt_floor_policy {
	uint32_t max_burst_ms; /**< T2, stop talking */
	uint32_t quiet_ms;     /**< T1, a holder by request who sends no RTP */
	uint32_t talk_end_ms;  /**< the same for a holder by talking */
	uint32_t late_ms;      /**< after his Release his late RTP does not take the floor again */
	uint32_t grace_ms;     /**< T3, from Revoke to the end of what he says */
	uint32_t retry_ms;     /**< after a Revoke he is not granted so long */
};
extern const struct ptt_floor_policy ptt_floor_policy_default;

enum ptt_floor_state { PTT_FLOOR_IDLE, PTT_FLOOR_TAKEN, PTT_FLOOR_REVOKED, PTT_FLOOR_STATES };

struct ptt_floor {
	struct ptt_floor_policy policy;
	enum ptt_floor_state state;
	const void *holder;
	bool by_talking; /**< the holder did not ask */
	int64_t taken_ms, media_ms, revoked_ms;
	const void *barred; /**< the last one revoked, until barred_until_ms */
	int64_t barred_until_ms;
	const void *released; /**< the last one who released, until late_until_ms */
	int64_t late_until_ms;
};

enum ptt_floor_event {
	PTT_FLOOR_REQUEST,
	PTT_FLOOR_RELEASE,
	PTT_FLOOR_MEDIA, /**< RTP of a member */
	PTT_FLOOR_LEAVE, /**< he is gone: forgotten at once */
	PTT_FLOOR_TICK,  /**< member is not looked at */
};

/** What to do, a set of bits; in this order. */
enum {
	PTT_FLOOR_DO_GRANT = 1,      /**< to the member of the event */
	PTT_FLOOR_DO_DENY = 2,       /**< to the member of the event: somebody else talks */
	PTT_FLOOR_DO_DENY_RETRY = 4, /**< to the member of the event: too early after a Revoke */
	PTT_FLOOR_DO_REVOKE = 8,     /**< to the holder: too long */
	PTT_FLOOR_DO_TAKEN = 16,     /**< to all: .holder has it, a new burst */
	PTT_FLOOR_DO_IDLE = 32,      /**< to all: free; the holder of before is in *last */
};

void ptt_floor_init(struct ptt_floor *floor, const struct ptt_floor_policy *policy);
/** One event. @return bits of what to do; @p last gets the holder before the event. */
unsigned int ptt_floor_step(struct ptt_floor *floor, const void **last, enum ptt_floor_event event,
	const void *member, int64_t now_ms);
/** Is RTP of this member relayed now? */
bool ptt_floor_may_talk(const struct ptt_floor *floor, const void *member);
/** When to give PTT_FLOOR_TICK; INT64_MAX = nothing waits. */
int64_t ptt_floor_due_ms(const struct ptt_floor *floor);

#endif
