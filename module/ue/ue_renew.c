/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/ue/ue_renew.h"

#include <sofia-sip/su_uniqueid.h>

int64_t ptt_ue_renew_delay_ms(int64_t left_ms, unsigned int jitter)
{
	int64_t delay_ms = left_ms / 1000 * (800 + (int64_t)jitter % 100);

	if (left_ms <= 2 * PTT_UE_RENEW_LAST_MS)
		return left_ms > 0 ? left_ms / 2 : 0;
	if (delay_ms > left_ms - PTT_UE_RENEW_LAST_MS)
		delay_ms = left_ms - PTT_UE_RENEW_LAST_MS;
	return delay_ms;
}

void ptt_ue_renew_plan(struct ptt_ue_renew *renew, int64_t left_ms, int64_t now_ms)
{
	renew->failures = 0;
	renew->at_ms = now_ms + ptt_ue_renew_delay_ms(left_ms, (unsigned int)su_randint(0, 99));
}

static void plan_again(struct ptt_ue_renew *renew, int64_t now_ms)
{
	int64_t wait_ms = PTT_UE_RENEW_RETRY_MAX;

	if (renew->failures < 5)
		wait_ms = (int64_t)PTT_UE_RENEW_RETRY_MS << renew->failures;
	renew->failures++;
	renew->at_ms = now_ms + wait_ms;
}

static void *work(void *arg)
{
	struct ptt_ue_renew *renew = arg;

	renew->err = ptt_ub_bootstrap(&renew->boot, &renew->param);
	atomic_store(&renew->done, true);
	return NULL;
}

static bool begin(struct ptt_ue_renew *renew, int64_t now_ms)
{
	renew->at_ms = INT64_MAX;
	renew->param.timeout_ms = PTT_UE_RENEW_TIMEOUT_MS;
	atomic_store(&renew->done, false);
	renew->running = pthread_create(&renew->thread, NULL, work, renew) == 0;
	if (renew->running)
		return false;
	renew->err = PTT_ERR_SYSTEM;
	plan_again(renew, now_ms);
	return true;
}

bool ptt_ue_renew_wait(struct ptt_ue_renew *renew, int64_t now_ms)
{
	if (!renew->running)
		return false;
	pthread_join(renew->thread, NULL);
	renew->running = false;
	if (renew->err != PTT_OK)
		plan_again(renew, now_ms);
	return true;
}

bool ptt_ue_renew_tick(struct ptt_ue_renew *renew, int64_t now_ms)
{
	if (renew->running)
		return atomic_load(&renew->done) && ptt_ue_renew_wait(renew, now_ms);
	return renew->at_ms <= now_ms && begin(renew, now_ms);
}
