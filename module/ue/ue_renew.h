/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ue_renew.h
 * Bootstraps again before the present bootstrapping expires, in a thread of its own, so that SIP
 * and media go on meanwhile.
 *
 * At 80 to 90 % of the lifetime, and at the latest 3 s before its end. After a failure it retries
 * at growing intervals. The owner calls ptt_ue_renew_tick() in its loop; there are no callbacks.
 * Spec: TS 33.220 4.5.2; docs/wire.md section 2.4.
 */
#ifndef PTT_UE_RENEW_H
#define PTT_UE_RENEW_H

#include <pthread.h>
#include <stdatomic.h>

#include "module/gba/ub_client.h"

#define PTT_UE_RENEW_LAST_MS    3000 /**< latest start before the end */
#define PTT_UE_RENEW_TIMEOUT_MS 5000 /**< of one bootstrapping */
#define PTT_UE_RENEW_RETRY_MS   1000 /**< after the first failure; twice as long each time */
#define PTT_UE_RENEW_RETRY_MAX  30000

/** All zero and at_ms INT64_MAX: nothing is planned. */
struct ptt_ue_renew {
	struct ptt_ub_param param; /**< set by the owner; its strings and card stay valid */
	int64_t at_ms;             /**< when to begin */
	unsigned int failures;
	bool running;
	pthread_t thread;
	atomic_bool done;
	struct ptt_bootstrap boot; /**< the result; the owner copies and wipes it */
	enum ptt_err err;
};

/** The delay before renewing a bootstrapping that expires in @p left_ms; @p jitter 0 to 99. */
int64_t ptt_ue_renew_delay_ms(int64_t left_ms, unsigned int jitter);
/** Plans the renewal of a bootstrapping that expires in @p left_ms. */
void ptt_ue_renew_plan(struct ptt_ue_renew *renew, int64_t left_ms, int64_t now_ms);
/**
 * Starts a due bootstrapping. @return true if one has finished: see @c err and @c boot. After a
 * failure the next try is already planned.
 */
bool ptt_ue_renew_tick(struct ptt_ue_renew *renew, int64_t now_ms);
/** Waits for a running bootstrapping, at most PTT_UE_RENEW_TIMEOUT_MS.
 *  @return true if there was one: see @c err and @c boot */
bool ptt_ue_renew_wait(struct ptt_ue_renew *renew, int64_t now_ms);

#endif
