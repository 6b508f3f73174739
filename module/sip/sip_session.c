/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Session timers (RFC 4028). Off unless the member asks: what a re-key says of them costs bytes. We refresh by
 * offering the present MSK again, for which on_refresh is the word; every offer that is taken is a refresh.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "crypto/random.h"
#include "module/base/clock.h"
#include "module/base/log.h"
#include "module/sip/sip_internal.h"

#define MIN_SE_DEFAULT_S 90 /* of a Min-SE that is absent: section 5 */

static bool lists(const msg_list_t *list, const char *option)
{
	for (; list; list = list->k_next) {
		for (size_t i = 0; list->k_items && list->k_items[i]; i++) {
			if (strcasecmp(list->k_items[i], option) == 0)
				return true;
		}
	}
	return false;
}

bool ptt_sip_session_refused(const struct ptt_sip *sip, nta_incoming_t *irq, const sip_t *in)
{
	const sip_session_expires_t *x = in->sip_session_expires;
	char min[16];

	if (!x || x->x_delta >= sip->session_min_s || !lists(in->sip_supported, "timer"))
		return false;
	snprintf(min, sizeof(min), "%u", (unsigned)sip->session_min_s);
	ptt_sip_refuse(irq, SIP_422_SESSION_TIMER_TOO_SMALL, SIPTAG_MIN_SE_STR(min), TAG_END());
	return true;
}

static uint32_t bounded(const struct ptt_sip *sip, unsigned long s)
{
	if (s < sip->session_min_s)
		return sip->session_min_s;
	return s > PTT_SIP_SESSION_MAX ? PTT_SIP_SESSION_MAX : (uint32_t)s;
}

/* What an offer of ours repeats (section 7.4), unless it is what holds without saying it. */
static void take_min(struct ptt_dialog *dialog, const sip_min_se_t *min)
{
	if (min && min->min_delta > MIN_SE_DEFAULT_S && min->min_delta > dialog->min_se_s)
		dialog->min_se_s = bounded(dialog->sip, min->min_delta);
}

void ptt_sip_session_take_request(struct ptt_dialog *dialog, const sip_t *in)
{
	const sip_session_expires_t *x = in->sip_session_expires;

	dialog->session_s = x ? bounded(dialog->sip, x->x_delta) : 0;
	take_min(dialog, in->sip_min_se);
	dialog->peer_timer = lists(in->sip_supported, "timer");
	/* Who does not know of timers (a proxy asked) does not refresh either. */
	dialog->refresher =
		x &&
		(!dialog->peer_timer || (x->x_refresher && strcasecmp(x->x_refresher, "uas") == 0));
}

void ptt_sip_session_put(char out[PTT_SIP_SESSION_SIZE], const struct ptt_dialog *dialog, bool uac)
{
	out[0] = '\0';
	if (dialog && dialog->session_s)
		snprintf(out, PTT_SIP_SESSION_SIZE, "%u;refresher=%s", (unsigned)dialog->session_s,
			dialog->refresher == uac ? "uac" : "uas");
}

static void on_timer(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg);

/* RFC 4028 section 10: a BYE from a third before the end, 32 s at most. */
static uint32_t end_ms(const struct ptt_dialog *dialog)
{
	uint32_t third_ms = dialog->session_s * 1000 / 3;

	return dialog->session_s * 1000 - (third_ms > 32000 ? 32000 : third_ms);
}

static void wait_for(struct ptt_dialog *dialog, uint32_t ms)
{
	if (!dialog->session_timer)
		dialog->session_timer = su_timer_create(su_root_task(dialog->sip->root), 0);
	if (!dialog->session_timer) {
		ptt_log_limited(PTT_LOG_WARN, "no-memory", "call_id=%s", dialog->call_id);
		return;
	}
	su_timer_set_interval(dialog->session_timer, on_timer, (su_timer_arg_t *)dialog, ms);
}

static void stop(struct ptt_dialog *dialog)
{
	if (dialog->session_timer)
		su_timer_destroy(dialog->session_timer);
	dialog->session_timer = NULL;
}

void ptt_sip_session_arm(struct ptt_dialog *dialog)
{
	dialog->refresh_asked = dialog->end_is_due = false;
	if (dialog->session_s && !dialog->ended)
		wait_for(dialog, dialog->refresher ? dialog->session_s * 500 : end_ms(dialog));
	else
		stop(dialog);
}

void ptt_sip_session_restore(struct ptt_dialog *dialog)
{
	uint32_t random = 0;

	/* How much of it has passed is not known: we refresh soon, not all in one moment, or wait a whole one. */
	ptt_sip_session_arm(dialog);
	if (!dialog->session_s || !dialog->refresher)
		return;
	if (ptt_random_bytes(&random, sizeof(random)) != PTT_OK)
		random = 0;
	wait_for(dialog, dialog->session_s * 50 + random % (dialog->session_s * 50));
}

/* Many sessions that began, or were resumed, in one moment end in one moment: each gets his turn, so many in a millisecond, so that the
 * loop is never busy with all of them at once. @return how long until his; 0: it is now */
static uint32_t turn_to_end(struct ptt_sip *sip)
{
	int64_t now = ptt_clock_ms() * PTT_SIP_ENDS_A_MS, wait;

	if (sip->next_end < now)
		sip->next_end = now;
	wait = sip->next_end++ - now;
	return (uint32_t)(wait / PTT_SIP_ENDS_A_MS);
}

static enum ptt_sip_session_due due_now(struct ptt_dialog *dialog)
{
	uint32_t wait;

	if (dialog->ended)
		return PTT_SIP_SESSION_NOTHING;
	if (dialog->refresher && !dialog->refresh_asked) {
		dialog->refresh_asked = true;
		wait_for(dialog, end_ms(dialog) - dialog->session_s * 500);
		return PTT_SIP_SESSION_REFRESH;
	}
	wait = dialog->end_is_due ? 0 : turn_to_end(dialog->sip);
	dialog->end_is_due = true;
	if (wait > 0) {
		wait_for(dialog, wait);
		return PTT_SIP_SESSION_NOTHING;
	}
	ptt_log(PTT_LOG_INFO, "session-expired", "member=%s group=%s call_id=%s session_s=%u",
		dialog->impi, dialog->group, dialog->call_id, (unsigned)dialog->session_s);
	return PTT_SIP_SESSION_EXPIRED;
}

static void on_timer(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
	struct ptt_dialog *dialog = (struct ptt_dialog *)arg;

	(void)magic, (void)timer;
	dialog->sip->on_session_due(dialog, due_now(dialog));
}

/* Section 7.3. The first in a dialog is no fault of anybody's; whoever goes on so uses up his tries. */
bool ptt_sip_session_too_short(struct ptt_dialog *dialog, const sip_t *answer)
{
	const sip_min_se_t *min = answer->sip_min_se;
	uint32_t before = dialog->session_s;
	bool first = !dialog->told_422;

	if (answer->sip_status->st_status != 422 || !min || min->min_delta <= before || before == 0)
		return false;
	take_min(dialog, min);
	dialog->session_s = bounded(dialog->sip, min->min_delta);
	dialog->told_422 = true;
	return first && dialog->session_s > before;
}

void ptt_sip_session_take_answer(struct ptt_dialog *dialog, const sip_t *answer)
{
	const sip_session_expires_t *x = answer->sip_session_expires;

	if (answer->sip_status->st_status >= 300)
		return;
	dialog->session_s = x && dialog->session_s ? bounded(dialog->sip, x->x_delta) : 0;
	if (x && x->x_refresher)
		dialog->refresher = strcasecmp(x->x_refresher, "uac") == 0;
	ptt_sip_session_arm(dialog);
}
