/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ue_renew.h
 * Bootstrapping again before the present one is over, in a thread of its
 * own: SIP and media go on meanwhile.
 *
 * At 80 to 90 % of the lifetime, but 3 s before its end at the latest; after a failure again and
 * again, at longer and longer intervals. The owner calls ptt_ue_renew_tick() in its loop; nothing
 * is called back.
 * Spec: TS 33.220 4.5.2; profile section 2.
 */
#ifndef PTT_UE_RENEW_H
#define PTT_UE_RENEW_H

#include <pthread.h>
#include <stdatomic.h>

#include "module/gba/ub_client.h"

#define PTT_UE_RENEW_LAST_MS    3000 /**< so long before the end at the latest */
#define PTT_UE_RENEW_TIMEOUT_MS 5000 /**< of one bootstrapping */
#define PTT_UE_RENEW_RETRY_MS   1000 /**< after the first failure; twice as long each time */
#define PTT_UE_RENEW_RETRY_MAX  30000

/** All zero and at_ms INT64_MAX: nothing is planned. */
struct ptt_ue_renew {
	struct ptt_ub_param param; /**< set by the owner; what it names stays */
	int64_t at_ms;             /**< when to begin */
	unsigned int failures;
	bool running;
	pthread_t thread;
	atomic_bool done;
	struct ptt_bootstrap boot; /**< the result; the owner takes and wipes it */
	enum ptt_err err;
};

/** The delay from now on for a bootstrapping with @p left_ms to live; @p jitter 0 to 99. */
int64_t ptt_ue_renew_delay_ms(int64_t left_ms, unsigned int jitter);
/** A bootstrapping has come that is over in @p left_ms. */
void ptt_ue_renew_plan(struct ptt_ue_renew *renew, int64_t left_ms, int64_t now_ms);
/**
 * Begins what is due, and takes what has ended: then true, with @c err and @c boot. After a failure
 * the next try is planned already.
 */
bool ptt_ue_renew_tick(struct ptt_ue_renew *renew, int64_t now_ms);
/** Waits for what is under way, PTT_UE_RENEW_TIMEOUT_MS at most: then true as above. */
bool ptt_ue_renew_wait(struct ptt_ue_renew *renew, int64_t now_ms);

#endif
