/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Session timers (RFC 4028). They are off unless the member asks, because their headers enlarge
 * every offer. Any accepted offer is a refresh. If none was due, on_refresh asks the owner for one.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "crypto/random.h"
#include "module/base/clock.h"
#include "module/base/log.h"
#include "module/sip/sip_internal.h"

#define MIN_SE_DEFAULT_S 90 /* without a Min-SE header: section 5 */

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

/* Our offers repeat the largest Min-SE (section 7.4), unless it is the default. */
static void take_min(struct ptt_dialog *dialog, const sip_min_se_t *min)
{
	if (min && min->min_delta > MIN_SE_DEFAULT_S && min->min_delta > dialog->session.min_s)
		dialog->session.min_s = bounded(dialog->sip, min->min_delta);
}

void ptt_sip_session_take_request(struct ptt_dialog *dialog, const sip_t *in)
{
	const sip_session_expires_t *x = in->sip_session_expires;

	dialog->session.interval_s = x ? bounded(dialog->sip, x->x_delta) : 0;
	take_min(dialog, in->sip_min_se);
	dialog->session.peer_timer = lists(in->sip_supported, "timer");
	/* If a proxy asked and the peer does not support timers, the peer will not refresh. */
	dialog->session.refresher =
		x && (!dialog->session.peer_timer ||
			     (x->x_refresher && strcasecmp(x->x_refresher, "uas") == 0));
}

void ptt_sip_session_put(char out[PTT_SIP_SESSION_SIZE], const struct ptt_dialog *dialog, bool uac)
{
	out[0] = '\0';
	if (dialog && dialog->session.interval_s)
		snprintf(out, PTT_SIP_SESSION_SIZE, "%u;refresher=%s",
			(unsigned)dialog->session.interval_s,
			dialog->session.refresher == uac ? "uac" : "uas");
}

static void on_timer(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg);

/* RFC 4028 section 10: BYE a third of the interval before its end, but at most 32 s before. */
static uint32_t end_ms(const struct ptt_dialog *dialog)
{
	uint32_t third_ms = dialog->session.interval_s * 1000 / 3;

	return dialog->session.interval_s * 1000 - (third_ms > 32000 ? 32000 : third_ms);
}

static void wait_for(struct ptt_dialog *dialog, uint32_t ms)
{
	if (!dialog->session.timer)
		dialog->session.timer = su_timer_create(su_root_task(dialog->sip->root), 0);
	if (!dialog->session.timer) {
		ptt_log_limited(PTT_LOG_WARN, "no-memory", "call_id=%s", dialog->call_id);
		return;
	}
	su_timer_set_interval(dialog->session.timer, on_timer, (su_timer_arg_t *)dialog, ms);
}

static void stop(struct ptt_dialog *dialog)
{
	if (dialog->session.timer)
		su_timer_destroy(dialog->session.timer);
	dialog->session.timer = NULL;
}

void ptt_sip_session_arm(struct ptt_dialog *dialog)
{
	dialog->session.refresh_asked = dialog->session.end_is_due = false;
	if (dialog->session.interval_s && !dialog->ended)
		wait_for(dialog, dialog->session.refresher ? dialog->session.interval_s * 500
							   : end_ms(dialog));
	else
		stop(dialog);
}

void ptt_sip_session_restore(struct ptt_dialog *dialog)
{
	uint32_t random = 0;

	/* The time since the last refresh is unknown. If the refresh is ours, send it soon, at a
	 * random time so that not all dialogs refresh at once. Else wait a whole interval. */
	ptt_sip_session_arm(dialog);
	if (!dialog->session.interval_s || !dialog->session.refresher)
		return;
	if (ptt_random_bytes(&random, sizeof(random)) != PTT_OK)
		random = 0;
	wait_for(dialog,
		dialog->session.interval_s * 50 + random % (dialog->session.interval_s * 50));
}

/* Spreads sessions that expire together: at most PTT_SIP_ENDS_A_MS end in a millisecond. @return
 * milliseconds to wait; 0: now */
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
	if (dialog->session.refresher && !dialog->session.refresh_asked) {
		dialog->session.refresh_asked = true;
		wait_for(dialog, end_ms(dialog) - dialog->session.interval_s * 500);
		return PTT_SIP_SESSION_REFRESH;
	}
	wait = dialog->session.end_is_due ? 0 : turn_to_end(dialog->sip);
	dialog->session.end_is_due = true;
	if (wait > 0) {
		wait_for(dialog, wait);
		return PTT_SIP_SESSION_NOTHING;
	}
	ptt_log(PTT_LOG_INFO, "session-expired", "member=%s group=%s call_id=%s session_s=%u",
		dialog->impi, dialog->group, dialog->call_id, (unsigned)dialog->session.interval_s);
	return PTT_SIP_SESSION_EXPIRED;
}

static void on_timer(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
	struct ptt_dialog *dialog = (struct ptt_dialog *)arg;

	(void)magic, (void)timer;
	dialog->sip->on_session_due(dialog, due_now(dialog));
}

/* Section 7.3. Only the first 422 of a dialog is followed by a new offer at once. A later one
 * counts as a failed try, or a peer could go on for ever. */
bool ptt_sip_session_too_short(struct ptt_dialog *dialog, const sip_t *response)
{
	const sip_min_se_t *min = response->sip_min_se;
	uint32_t before = dialog->session.interval_s;
	bool first = !dialog->session.had_422;

	if (!min || min->min_delta <= before || before == 0)
		return false;
	take_min(dialog, min);
	dialog->session.interval_s = bounded(dialog->sip, min->min_delta);
	dialog->session.had_422 = true;
	return first && dialog->session.interval_s > before;
}

void ptt_sip_session_take_response(struct ptt_dialog *dialog, const sip_t *response)
{
	const sip_session_expires_t *x = response->sip_session_expires;

	dialog->session.interval_s =
		x && dialog->session.interval_s ? bounded(dialog->sip, x->x_delta) : 0;
	if (x && x->x_refresher)
		dialog->session.refresher = strcasecmp(x->x_refresher, "uac") == 0;
	ptt_sip_session_arm(dialog);
}
