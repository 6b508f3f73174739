/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/client/session_timer.h"

#include <stdio.h>
#include <strings.h>

#define RETRY_MS 2000

void ptt_session_timer_stop(struct ptt_session_timer *timer)
{
	timer->refresh_ms = timer->end_ms = INT64_MAX;
}

/* RFC 4028 section 10: the end that does not refresh sends BYE a third of the interval before its
 * end, and at most 32 s before it. */
static void arm(struct ptt_session_timer *timer, const sip_session_expires_t *x, bool we_refresh,
	int64_t now_ms)
{
	int64_t s = x ? (int64_t)x->x_delta : 0;

	ptt_session_timer_stop(timer);
	timer->agreed_s = s > UINT32_MAX ? UINT32_MAX : (uint32_t)s;
	timer->we_refresh = we_refresh;
	if (s == 0)
		return;
	timer->end_ms = now_ms + s * 1000 - (s > 96 ? 32000 : s * 1000 / 3);
	if (we_refresh)
		timer->refresh_ms = now_ms + s * 500;
}

void ptt_session_timer_on_response(
	struct ptt_session_timer *timer, const sip_t *response, int64_t now_ms)
{
	const sip_session_expires_t *x = response->sip_session_expires;

	arm(timer, x, x && (!x->x_refresher || strcasecmp(x->x_refresher, "uac") == 0), now_ms);
}

void ptt_session_timer_on_request(
	struct ptt_session_timer *timer, const sip_t *request, int64_t now_ms)
{
	const sip_session_expires_t *x = request->sip_session_expires;

	arm(timer, x, x && x->x_refresher && strcasecmp(x->x_refresher, "uas") == 0, now_ms);
}

bool ptt_session_timer_too_short(
	struct ptt_session_timer *timer, bool first, int status, const sip_t *response)
{
	uint32_t *s = first ? &timer->wanted_s : &timer->agreed_s;

	if (status != 422 || !response || !response->sip_min_se ||
		response->sip_min_se->min_delta <= *s ||
		response->sip_min_se->min_delta > UINT32_MAX)
		return false;
	*s = timer->min_s = (uint32_t)response->sip_min_se->min_delta;
	return true;
}

void ptt_session_timer_put_first(
	char out[PTT_SESSION_TIMER_SIZE], const struct ptt_session_timer *timer)
{
	out[0] = '\0';
	if (timer->wanted_s != 0)
		snprintf(out, PTT_SESSION_TIMER_SIZE, "%u", (unsigned)timer->wanted_s);
}

void ptt_session_timer_put(
	char out[PTT_SESSION_TIMER_SIZE], const struct ptt_session_timer *timer, bool uac)
{
	out[0] = '\0';
	if (timer->agreed_s != 0)
		snprintf(out, PTT_SESSION_TIMER_SIZE, "%u;refresher=%s", (unsigned)timer->agreed_s,
			timer->we_refresh == uac ? "uac" : "uas");
}

void ptt_session_timer_retry(struct ptt_session_timer *timer, int64_t now_ms)
{
	timer->refresh_ms = now_ms + RETRY_MS;
}

enum ptt_session_due ptt_session_timer_step(struct ptt_session_timer *timer, int64_t now_ms)
{
	if (timer->end_ms <= now_ms) {
		ptt_session_timer_stop(timer);
		return PTT_SESSION_EXPIRED;
	}
	if (timer->refresh_ms > now_ms)
		return PTT_SESSION_NOTHING;
	timer->refresh_ms = INT64_MAX;
	return PTT_SESSION_REFRESH;
}

int64_t ptt_session_timer_due_ms(const struct ptt_session_timer *timer)
{
	return timer->refresh_ms < timer->end_ms ? timer->refresh_ms : timer->end_ms;
}
