/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/client/sip_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/su_uniqueid.h>

#include "crypto/random.h"
#include "module/base/clock.h"
#include "module/client/ue_dialog.h"

#define LEAVE_WAIT_MS 2000 /* a leaving UE does not wait longer for a silent server */
#define RETRY_MAX_S   30

/* Digest covers the Request-URI, which is known only once NTA has completed the message. */
static enum ptt_err authorize(
	struct ptt_sip_client *sc, msg_t *msg, sip_t *sip, struct ptt_bytes body)
{
	char uri[512], cnonce[17], text[PTT_SIP_AUTHORIZATION_SIZE];
	struct ptt_sip_credentials who = {sc->auth.password.btid, sc->auth.password.text};
	struct ptt_sip_request_id what = {"INVITE", uri, cnonce, 0, body};
	uint8_t random[8];

	if (sc->auth.nc == 0)
		return PTT_OK;
	if (!sip->sip_request ||
		url_e(uri, sizeof(uri), sip->sip_request->rq_url) >= (issize_t)sizeof(uri))
		return PTT_ERR_NO_SPACE;
	PTT_TRY(ptt_random_bytes(random, sizeof(random)));
	PTT_TRY(ptt_hex_put(cnonce, sizeof(cnonce), PTT_BYTES_OF(random)));
	what.nc = sc->auth.nc++;
	PTT_TRY(ptt_sip_authorization_put(text, sizeof(text), &sc->auth.challenge, &who, &what));
	return sip_add_tl(msg, sip, SIPTAG_AUTHORIZATION_STR(text), TAG_END()) < 0 ? PTT_ERR_SYSTEM
										   : PTT_OK;
}

static int on_invite_response(struct ptt_sip_client *sc, nta_outgoing_t *orq, sip_t const *sip);

static enum ptt_err invite_build(struct ptt_sip_client *sc, msg_t *msg)
{
	sip_t *sip = sip_object(msg);
	struct ptt_bytes body = {(const uint8_t *)sc->offer, sc->offer_len};
	char session[PTT_SESSION_TIMER_SIZE], min[16];
	sip_payload_t *payload =
		body.len ? sip_payload_create(msg_home(msg), sc->offer, (issize_t)body.len) : NULL;

	if (sc->state == PTT_SIP_JOINING)
		ptt_session_timer_put_first(session, &sc->timer);
	else
		ptt_session_timer_put(session, &sc->timer, true);
	snprintf(min, sizeof(min), "%u", (unsigned)sc->timer.min_s);
	if (sip_add_tl(msg, sip, SIPTAG_CONTACT(sc->contact), SIPTAG_ALLOW_STR(PTT_UE_ALLOW),
		    SIPTAG_USER_AGENT_STR("PoC-client/OMA2.0 pttkey-ue"),
		    SIPTAG_ACCEPT_CONTACT_STR("*;+g.poc.talkburst;require;explicit"),
		    SIPTAG_SUPPORTED_STR("timer"),
		    TAG_IF(session[0], SIPTAG_SESSION_EXPIRES_STR(session)),
		    TAG_IF(session[0] && sc->timer.min_s, SIPTAG_MIN_SE_STR(min)),
		    TAG_IF(payload, SIPTAG_CONTENT_TYPE_STR(PTT_SDP_TYPE)),
		    TAG_IF(payload, SIPTAG_PAYLOAD(payload)), TAG_END()) < 0)
		return PTT_ERR_SYSTEM;
	if (nta_msg_request_complete(
		    msg, sc->leg, SIP_METHOD_INVITE, URL_STRING_MAKE(sc->param.group)) < 0)
		return PTT_ERR_SYSTEM;
	return authorize(sc, msg, sip, body);
}

static enum ptt_err invite_send(struct ptt_sip_client *sc)
{
	msg_t *msg = nta_msg_create(sc->agent, 0);
	const url_string_t *hop =
		sc->state == PTT_SIP_JOINED ? NULL : URL_STRING_MAKE(sc->param.server);

	if (!msg)
		return PTT_ERR_SYSTEM;
	if (invite_build(sc, msg) != PTT_OK) {
		msg_destroy(msg);
		return PTT_ERR_SYSTEM;
	}
	sc->invite = nta_outgoing_mcreate(sc->agent, on_invite_response, sc, hop, msg, TAG_END());
	if (!sc->invite)
		msg_destroy(msg);
	return sc->invite ? PTT_OK : PTT_ERR_SYSTEM;
}

static enum ptt_err challenge_take(struct ptt_sip_client *sc, const sip_t *sip)
{
	const sip_www_authenticate_t *au = sip->sip_www_authenticate;
	struct ptt_auth_tries *tries = &sc->auth.tries;
	char naf[PTT_REKEY_NAF_SIZE];
	bool again;

	while (au &&
		ptt_sip_challenge_get(&sc->auth.challenge, au->au_scheme, au->au_params) != PTT_OK)
		au = au->au_next;
	if (!au)
		return PTT_ERR_UNSUPPORTED;
	PTT_TRY(ptt_sip_challenge_naf(naf, sizeof(naf), &sc->auth.challenge));
	again = tries->responded && (!sc->auth.challenge.stale || tries->stale_nonce);
	if (again && tries->bootstrapped)
		return PTT_ERR_AUTH;
	tries->stale_nonce |= tries->responded && sc->auth.challenge.stale;
	tries->bootstrapped |= again;
	tries->responded = true;
	return sc->param.ops->get_password(sc->param.ctx, &sc->auth.password, naf, again);
}

static void on_challenge(struct ptt_sip_client *sc, const sip_t *sip)
{
	enum ptt_err err = challenge_take(sc, sip);

	if (err != PTT_OK) {
		ptt_ue_dialog_end(sc, PTT_SIP_END_ERROR, 401, ptt_err_str(err));
		return;
	}
	sc->auth.nc = 1;
	if (invite_send(sc) != PTT_OK)
		ptt_ue_dialog_end(sc, PTT_SIP_END_ERROR, 0, "cannot send INVITE");
}

/* Reads the body of a 200, reports it to the owner and sends the ACK. */
static void accepted_body(struct ptt_sip_client *sc, const sip_t *sip, const char *branch)
{
	bool first = sc->state == PTT_SIP_JOINING;

	if (sc->offer_len)
		ptt_ue_session_on_answer(sc->param.session, &sc->result, ptt_ue_dialog_sdp(sip));
	else
		ptt_ue_session_on_late_offer(
			sc->param.session, &sc->result, ptt_ue_dialog_sdp(sip));
	if (sc->result.status != 200 && first) {
		sc->param.ops->on_result(sc->param.ctx, &sc->result);
		ptt_ue_dialog_ack(sc, sip->sip_cseq->cs_seq, branch);
		sc->state = PTT_SIP_LEAVING;
		ptt_ue_dialog_bye(sc);
		ptt_ue_dialog_end(
			sc, PTT_SIP_END_ERROR, sc->result.status, "unusable session description");
		return;
	}
	sc->state = PTT_SIP_JOINED;
	if (first)
		sc->param.ops->on_joined(sc->param.ctx, sip->sip_call_id->i_id);
	/* The ACK makes the PF send the MTK, so the owner joins the channel before the ACK. */
	ptt_ue_dialog_report(sc);
	ptt_ue_dialog_ack(sc, sip->sip_cseq->cs_seq, branch);
}

static void on_accepted(struct ptt_sip_client *sc, nta_outgoing_t *orq, const sip_t *sip)
{
	char branch[256] = "";
	bool in_dialog = sc->pull.sent;

	if (!in_dialog && (!sip->sip_to->a_tag || !sip->sip_contact)) {
		nta_outgoing_destroy(orq);
		ptt_ue_dialog_end(sc, PTT_SIP_END_ERROR, 0, "malformed 200: no tag or contact");
		return;
	}
	snprintf(branch, sizeof(branch), "%s",
		nta_outgoing_branch(orq) ? nta_outgoing_branch(orq) : "");
	if (!in_dialog) {
		nta_leg_rtag(sc->leg, sip->sip_to->a_tag);
		nta_leg_client_route(sc->leg, sip->sip_record_route, sip->sip_contact);
	}
	sc->pull.sent = false;
	ptt_session_timer_on_response(&sc->timer, sip, ptt_clock_ms());
	if (in_dialog && sc->renewal == PTT_SIP_RENEWAL_SENT)
		sc->renewal = PTT_SIP_RENEWAL_NONE;
	if (sc->state == PTT_SIP_LEAVING || sc->state == PTT_SIP_ENDED) {
		sc->result.body_len = 0;
		ptt_ue_dialog_ack(sc, sip->sip_cseq->cs_seq, branch);
		if (!sc->bye && sc->state == PTT_SIP_LEAVING)
			ptt_ue_dialog_bye(sc);
	} else {
		accepted_body(sc, sip, branch);
	}
	nta_outgoing_destroy(orq);
}

static int64_t retry_after_ms(const sip_t *sip, int64_t otherwise_ms)
{
	unsigned long s = sip && sip->sip_retry_after ? sip->sip_retry_after->af_delta : 0;

	return s == 0 ? otherwise_ms : (int64_t)(s > RETRY_MAX_S ? RETRY_MAX_S : s) * 1000;
}

static void rejoin(struct ptt_sip_client *sc)
{
	sc->state = PTT_SIP_IDLE;
	ptt_ue_session_reset(sc->param.session);
	if (ptt_sip_client_join(sc) != PTT_OK)
		ptt_ue_dialog_end(sc, PTT_SIP_END_ERROR, 0, "cannot send INVITE");
}

static void on_refused(struct ptt_sip_client *sc, int status, const sip_t *sip)
{
	const char *text =
		sip && sip->sip_status->st_phrase ? sip->sip_status->st_phrase
		: sc->tls.used && status != 408
			? "no TLS connection: refused, or the certificate is not trusted (see --ca)"
			: "no answer";
	bool pulling = sc->pull.sent;
	int64_t now_ms = ptt_clock_ms();

	sc->pull.sent = false;
	if (sc->state == PTT_SIP_LEAVING) {
		if (!sc->bye)
			ptt_ue_dialog_end(sc, PTT_SIP_END_LEFT, 0, "left");
	} else if (!pulling) {
		ptt_ue_dialog_end(sc, PTT_SIP_END_ERROR, status, text);
	} else if (status == 491) {
		/* RFC 3261 14.1: the UE made the Call-ID, so it waits 2.1 to 4 s in 10 ms steps. */
		sc->pull.at_ms = now_ms + 10 * su_randint(210, 400);
	} else if (sip_response_terminates_dialog(status, sip_method_invite, NULL) != 0) {
		rejoin(sc); /* RFC 5057 section 5.1 */
	} else if (status == 500 || status == 503) {
		sc->pull.at_ms = now_ms + retry_after_ms(sip, PTT_UE_PULL_GAP_MS);
	} else {
		/* The dialog still exists but is useless: BYE makes the PF drop this member. */
		sc->state = PTT_SIP_LEAVING;
		ptt_ue_dialog_bye(sc);
		ptt_ue_dialog_end(sc, PTT_SIP_END_ERROR, status, text);
	}
}

static int on_invite_response(struct ptt_sip_client *sc, nta_outgoing_t *orq, sip_t const *sip)
{
	int status = nta_outgoing_status(orq);

	if (status < 200)
		return 0;
	if (orq != sc->invite) {
		nta_outgoing_destroy(orq);
		return 0;
	}
	sc->invite = NULL;
	if (status < 300 && sip) {
		on_accepted(sc, orq, sip);
		return 0;
	}
	nta_outgoing_destroy(orq);
	if (sc->state == PTT_SIP_ENDED)
		return 0;
	if (sc->state != PTT_SIP_LEAVING && ptt_session_timer_too_short(&sc->timer,
						    sc->state == PTT_SIP_JOINING, status, sip)) {
		if (invite_send(sc) != PTT_OK)
			ptt_ue_dialog_end(sc, PTT_SIP_END_ERROR, 0, "cannot send INVITE");
	} else if (status == 401 && sip && sc->state != PTT_SIP_LEAVING)
		on_challenge(sc, sip);
	else
		on_refused(sc, status, sip);
	return 0;
}

static enum ptt_err param_copy(struct ptt_sip_client *sc, const struct ptt_sip_client_param *param)
{
	sc->param = *param;
	sc->param.server = su_strdup(sc->home, param->server);
	sc->param.address = su_strdup(sc->home, param->address);
	sc->param.impu = su_strdup(sc->home, param->impu);
	sc->param.group = su_strdup(sc->home, param->group);
	return sc->param.server && sc->param.address && sc->param.impu && sc->param.group
		       ? PTT_OK
		       : PTT_ERR_SYSTEM;
}

static enum ptt_err setup(struct ptt_sip_client *sc, const struct ptt_sip_client_param *param)
{
	PTT_TRY(param_copy(sc, param));
	PTT_TRY(ptt_ue_dialog_agent(sc));
	sc->stray = nta_leg_tcreate(
		sc->agent, ptt_ue_dialog_on_stray, sc, NTATAG_NO_DIALOG(1), TAG_END());
	return sc->contact && sc->stray ? PTT_OK : PTT_ERR_SYSTEM;
}

enum ptt_err ptt_sip_client_new(
	struct ptt_sip_client **out, const struct ptt_sip_client_param *param)
{
	struct ptt_sip_client *sc = calloc(1, sizeof(*sc));
	enum ptt_err err;

	if (!sc)
		return PTT_ERR_SYSTEM;
	su_home_init(sc->home);
	sc->pull.at_ms = sc->leave_by_ms = INT64_MAX;
	ptt_session_timer_stop(&sc->timer);
	sc->timer.wanted_s = param->session_s;
	err = setup(sc, param);
	if (err != PTT_OK) {
		ptt_sip_client_free(sc);
		return err;
	}
	*out = sc;
	return PTT_OK;
}

void ptt_sip_client_free(struct ptt_sip_client *sc)
{
	if (!sc)
		return;
	sc->state = PTT_SIP_ENDED;
	if (sc->invite)
		nta_outgoing_destroy(sc->invite);
	if (sc->bye)
		nta_outgoing_destroy(sc->bye);
	if (sc->update)
		nta_outgoing_destroy(sc->update);
	if (sc->unacked)
		nta_incoming_destroy(sc->unacked);
	if (sc->leg)
		nta_leg_destroy(sc->leg);
	if (sc->stray)
		nta_leg_destroy(sc->stray);
	ptt_ue_dialog_agent_free(sc);
	su_home_deinit(sc->home);
	ptt_wipe(sc, sizeof(*sc));
	free(sc);
}

enum ptt_err ptt_sip_client_join(struct ptt_sip_client *sc)
{
	if (sc->state != PTT_SIP_IDLE || sc->invite)
		return PTT_ERR_BUSY;
	PTT_TRY(ptt_ue_dialog_start(sc));
	PTT_TRY(ptt_ue_session_offer(
		sc->param.session, sc->offer, &sc->offer_len, sizeof(sc->offer)));
	memset(&sc->auth.tries, 0, sizeof(sc->auth.tries));
	sc->state = PTT_SIP_JOINING;
	return invite_send(sc);
}

void ptt_sip_client_pull(struct ptt_sip_client *sc, int64_t now_ms)
{
	ptt_ue_dialog_pull(sc, now_ms);
}

void ptt_sip_client_renew(struct ptt_sip_client *sc, int64_t now_ms)
{
	sc->renewal = PTT_SIP_RENEWAL_WANTED;
	ptt_sip_client_tick(sc, now_ms);
}

bool ptt_sip_client_joined(const struct ptt_sip_client *sc)
{
	return sc->state == PTT_SIP_JOINED;
}

void ptt_sip_client_leave(struct ptt_sip_client *sc, int64_t now_ms)
{
	enum ptt_sip_state was = sc->state;

	if (was == PTT_SIP_LEAVING || was == PTT_SIP_ENDED)
		return;
	sc->state = PTT_SIP_LEAVING;
	sc->pull.at_ms = INT64_MAX;
	sc->leave_by_ms = now_ms + LEAVE_WAIT_MS;
	if (was == PTT_SIP_JOINED)
		ptt_ue_dialog_bye(sc);
	else if (sc->invite)
		nta_outgoing_cancel(sc->invite);
	else
		ptt_ue_dialog_end(sc, PTT_SIP_END_LEFT, 0, "left");
}

static int on_update_response(struct ptt_sip_client *sc, nta_outgoing_t *orq, sip_t const *sip)
{
	int status = nta_outgoing_status(orq);
	int64_t now_ms = ptt_clock_ms();

	if (status < 200)
		return 0;
	nta_outgoing_destroy(orq);
	if (orq != sc->update)
		return 0;
	sc->update = NULL;
	if (sc->state != PTT_SIP_JOINED)
		return 0;
	if (status < 300 && sip)
		ptt_session_timer_on_response(&sc->timer, sip, now_ms);
	else if (ptt_session_timer_too_short(&sc->timer, false, status, sip))
		sc->timer.refresh_ms = now_ms;
	else if (status == 405 || status == 501 || status == 481 || status == 408)
		/* Refresh by re-INVITE; its response also shows whether the dialog still exists. */
		ptt_ue_dialog_pull(sc, now_ms);
	else
		ptt_session_timer_retry(&sc->timer, now_ms);
	return 0;
}

/* The lightest refresh: without a description there is no key to wrap and nothing to negotiate. */
static void update_send(struct ptt_sip_client *sc, int64_t now_ms)
{
	char value[PTT_SESSION_TIMER_SIZE], min[16];

	ptt_session_timer_put(value, &sc->timer, true);
	snprintf(min, sizeof(min), "%u", (unsigned)sc->timer.min_s);
	sc->update = nta_outgoing_tcreate(sc->leg, on_update_response, sc, NULL, SIP_METHOD_UPDATE,
		NULL, SIPTAG_CONTACT(sc->contact), SIPTAG_SUPPORTED_STR("timer"),
		SIPTAG_ALLOW_STR(PTT_UE_ALLOW), SIPTAG_SESSION_EXPIRES_STR(value),
		TAG_IF(sc->timer.min_s, SIPTAG_MIN_SE_STR(min)), TAG_END());
	if (!sc->update)
		ptt_session_timer_retry(&sc->timer, now_ms);
}

static void session_step(struct ptt_sip_client *sc, int64_t now_ms)
{
	if (sc->state != PTT_SIP_JOINED) {
		ptt_session_timer_stop(&sc->timer);
		return;
	}
	switch (ptt_session_timer_step(&sc->timer, now_ms)) {
	case PTT_SESSION_NOTHING:
		break;
	case PTT_SESSION_REFRESH:
		if (!sc->update && !sc->invite) /* a pending INVITE refreshes the session too */
			update_send(sc, now_ms);
		break;
	case PTT_SESSION_EXPIRED:
		sc->state = PTT_SIP_LEAVING;
		ptt_ue_dialog_bye(sc);
		ptt_ue_dialog_end(sc, PTT_SIP_END_ERROR, 408, "session expired: not refreshed");
		break;
	}
}

static void pull_send(struct ptt_sip_client *sc, int64_t now_ms)
{
	sc->pull.at_ms = INT64_MAX;
	if (sc->state != PTT_SIP_JOINED || sc->invite)
		return;
	sc->pull.last_ms = now_ms;
	sc->pull.sent = true;
	sc->offer_len = 0;
	memset(&sc->auth.tries, 0, sizeof(sc->auth.tries));
	ptt_ue_dialog_renew(sc);
	if (invite_send(sc) != PTT_OK)
		sc->pull.at_ms = now_ms + PTT_UE_PULL_GAP_MS;
}

void ptt_sip_client_tick(struct ptt_sip_client *sc, int64_t now_ms)
{
	if (sc->renewal != PTT_SIP_RENEWAL_NONE && sc->pull.at_ms == INT64_MAX &&
		sc->state == PTT_SIP_JOINED && !sc->invite)
		sc->pull.at_ms = now_ms;
	if (sc->pull.at_ms <= now_ms)
		pull_send(sc, now_ms);
	session_step(sc, now_ms);
	if (sc->leave_by_ms <= now_ms)
		ptt_ue_dialog_end(sc, PTT_SIP_END_LEFT, 408, "left, unanswered");
}

int64_t ptt_sip_client_due_ms(const struct ptt_sip_client *sc)
{
	int64_t own_ms = sc->pull.at_ms < sc->leave_by_ms ? sc->pull.at_ms : sc->leave_by_ms;
	int64_t timer_ms = ptt_session_timer_due_ms(&sc->timer);

	return own_ms < timer_ms ? own_ms : timer_ms;
}
