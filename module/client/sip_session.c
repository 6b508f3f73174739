/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The UE's end of session timers (RFC 4028): who refreshes, when, and when it is over. */
#include <stdio.h>
#include <strings.h>

#include "module/base/clock.h"
#include "module/client/ue_dialog.h"

#define RETRY_MS 2000 /* a refresh that crossed something, or was refused for now */

int64_t ptt_session_due_ms(const struct ptt_sip_client *sc)
{
	return sc->timer.refresh_ms < sc->timer.end_ms ? sc->timer.refresh_ms : sc->timer.end_ms;
}

void ptt_session_stop(struct ptt_sip_client *sc)
{
	sc->timer.refresh_ms = sc->timer.end_ms = INT64_MAX;
}

/* RFC 4028 section 10: who does not refresh says BYE a third before the end, 32 s at most. */
static void arm(struct ptt_sip_client *sc, const sip_session_expires_t *x, bool we_refresh)
{
	int64_t s = x ? (int64_t)x->x_delta : 0, now_ms = ptt_clock_ms();

	ptt_session_stop(sc);
	sc->timer.s = s > UINT32_MAX ? UINT32_MAX : (uint32_t)s;
	sc->timer.we_refresh = we_refresh;
	if (s == 0)
		return;
	sc->timer.end_ms = now_ms + s * 1000 - (s > 96 ? 32000 : s * 1000 / 3);
	if (we_refresh)
		sc->timer.refresh_ms = now_ms + s * 500;
}

void ptt_session_take_answer(struct ptt_sip_client *sc, const sip_t *answer)
{
	const sip_session_expires_t *x = answer->sip_session_expires;

	arm(sc, x, x && (!x->x_refresher || strcasecmp(x->x_refresher, "uac") == 0));
}

void ptt_session_take_request(struct ptt_sip_client *sc, const sip_t *request)
{
	const sip_session_expires_t *x = request->sip_session_expires;

	arm(sc, x, x && x->x_refresher && strcasecmp(x->x_refresher, "uas") == 0);
}

void ptt_session_put(char out[PTT_SESSION_SIZE], const struct ptt_sip_client *sc, bool uac)
{
	bool first = sc->state == PTT_SIP_JOINING;
	uint32_t s = first ? sc->timer.wanted_s : sc->timer.s;

	out[0] = '\0';
	if (s != 0)
		snprintf(out, PTT_SESSION_SIZE, "%u%s", (unsigned)s,
			first                         ? ""
			: sc->timer.we_refresh == uac ? ";refresher=uac"
						      : ";refresher=uas");
}

bool ptt_session_too_short(struct ptt_sip_client *sc, int status, const sip_t *answer)
{
	uint32_t *s = sc->state == PTT_SIP_JOINING ? &sc->timer.wanted_s : &sc->timer.s;

	if (status != 422 || !answer || !answer->sip_min_se ||
		answer->sip_min_se->min_delta <= *s || answer->sip_min_se->min_delta > UINT32_MAX)
		return false;
	*s = sc->timer.min_s = (uint32_t)answer->sip_min_se->min_delta;
	return true;
}

static int on_update_response(struct ptt_sip_client *sc, nta_outgoing_t *orq, sip_t const *sip)
{
	int status = nta_outgoing_status(orq);

	if (status < 200)
		return 0;
	nta_outgoing_destroy(orq);
	if (orq != sc->update)
		return 0;
	sc->update = NULL;
	if (sc->state != PTT_SIP_JOINED)
		return 0;
	if (status < 300 && sip)
		ptt_session_take_answer(sc, sip);
	else if (ptt_session_too_short(sc, status, sip))
		sc->timer.refresh_ms = ptt_clock_ms();
	else if (status == 405 || status == 501 || status == 481 || status == 408)
		ptt_sip_client_pull(
			sc, ptt_clock_ms()); /* by re-INVITE; or it tells that all is over */
	else
		sc->timer.refresh_ms = ptt_clock_ms() + RETRY_MS;
	return 0;
}

/* The lightest refresh: no description, so no key either, and nothing to agree about. */
static void send_update(struct ptt_sip_client *sc)
{
	char value[PTT_SESSION_SIZE], min[16];

	ptt_session_put(value, sc, true);
	snprintf(min, sizeof(min), "%u", (unsigned)sc->timer.min_s);
	sc->update = nta_outgoing_tcreate(sc->leg, on_update_response, sc, NULL, SIP_METHOD_UPDATE,
		NULL, SIPTAG_CONTACT(sc->contact), SIPTAG_SUPPORTED_STR("timer"),
		SIPTAG_ALLOW_STR(PTT_UE_ALLOW), SIPTAG_SESSION_EXPIRES_STR(value),
		TAG_IF(sc->timer.min_s, SIPTAG_MIN_SE_STR(min)), TAG_END());
	if (!sc->update)
		sc->timer.refresh_ms = ptt_clock_ms() + RETRY_MS;
}

void ptt_session_tick(struct ptt_sip_client *sc, int64_t now_ms)
{
	if (sc->state != PTT_SIP_JOINED) {
		ptt_session_stop(sc);
	} else if (sc->timer.end_ms <= now_ms) {
		ptt_session_stop(sc);
		sc->state = PTT_SIP_LEAVING;
		ptt_ue_dialog_bye(sc);
		ptt_ue_dialog_end(sc, PTT_SIP_END_ERROR, 408, "session expired: not refreshed");
	} else if (sc->timer.refresh_ms <= now_ms) {
		sc->timer.refresh_ms = INT64_MAX;
		if (!sc->update && !sc->invite) /* an INVITE under way is a refresh too */
			send_update(sc);
	}
}
