/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file floor_policy.h
 * The times and limits of a channel's floor. Part of media.h.
 * Spec: OMA PoC User Plane; T1 ... T20, C7 and C20 are its names. docs/floor.md has them in words.
 */
#ifndef PTT_FLOOR_POLICY_H
#define PTT_FLOOR_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#define PTT_FLOOR_QUEUE_MAX 32 /**< members waiting: the longest queue a policy may have */

struct ptt_floor_policy {
	uint32_t max_burst_ms;    /**< T2, stop talking */
	uint32_t quiet_ms;        /**< T1: a holder by request that sends no RTP loses the floor */
	uint32_t talk_end_ms;     /**< the same for a holder by talking */
	uint32_t late_ms;         /**< the last packets of a burst may come so long after Release */
	uint32_t grace_ms;        /**< T3, from Revoke to the end of the burst */
	uint32_t retry_ms;        /**< T9: no new grant so long after a burst that was too long */
	uint32_t idle_again_ms;   /**< T7, Idle is repeated */
	uint32_t revoke_again_ms; /**< T8, Revoke is repeated; also between two "no permission" */
	uint32_t grant_again_ms;  /**< T20, Granted is repeated while no RTP comes */
	uint8_t repeats;          /**< C7, C20: most repeats */
	uint8_t queue_max;        /**< 0 = no queue; PTT_FLOOR_QUEUE_MAX at most */
	bool alone;               /**< the only participant may have the floor, too */
};
extern const struct ptt_floor_policy ptt_floor_policy_default;

#endif
