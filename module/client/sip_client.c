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

#define PULL_FIRST_MS 1000 /* profile section 4: the first within 0-1 s */
#define PULL_GAP_MS   2000
#define LEAVE_WAIT_MS 2000 /* who leaves does not wait for a dead server */
#define RETRY_MAX_S   30

/* The Authorization for this very request line: its URI is known only
 * once NTA has completed the message. */
static enum ptt_err authorize(
	struct ptt_sip_client *sc, msg_t *msg, sip_t *sip, struct ptt_bytes body)
{
	char uri[512], cnonce[17], text[PTT_SIP_AUTHORIZATION_SIZE];
	struct ptt_sip_credentials who = {sc->password.btid, sc->password.text};
	struct ptt_sip_request_id what = {"INVITE", uri, cnonce, 0, body};
	uint8_t random[8];

	if (sc->nc == 0)
		return PTT_OK;
	if (!sip->sip_request ||
		url_e(uri, sizeof(uri), sip->sip_request->rq_url) >= (issize_t)sizeof(uri))
		return PTT_ERR_NO_SPACE;
	PTT_TRY(ptt_random_bytes(random, sizeof(random)));
	PTT_TRY(ptt_hex_put(cnonce, sizeof(cnonce), PTT_BYTES_OF(random)));
	what.nc = sc->nc++;
	PTT_TRY(ptt_sip_authorization_put(text, sizeof(text), &sc->challenge, &who, &what));
	return sip_add_tl(msg, sip, SIPTAG_AUTHORIZATION_STR(text), TAG_END()) < 0 ? PTT_ERR_SYSTEM
										   : PTT_OK;
}

static int on_invite_response(struct ptt_sip_client *sc, nta_outgoing_t *orq, sip_t const *sip);

static enum ptt_err invite_build(struct ptt_sip_client *sc, msg_t *msg)
{
	sip_t *sip = sip_object(msg);
	struct ptt_bytes body = {(const uint8_t *)sc->offer, sc->offer_len};
	char session[PTT_SESSION_SIZE], min[16];
	sip_payload_t *payload =
		body.len ? sip_payload_create(msg_home(msg), sc->offer, (issize_t)body.len) : NULL;

	ptt_session_put(session, sc, true);
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

static enum ptt_err challenge_take(struct ptt_sip_client *sc, const sip_t *sip, bool *fresh)
{
	const sip_www_authenticate_t *au = sip->sip_www_authenticate;
	struct ptt_auth_tries *tries = &sc->tries;
	char naf[PTT_REKEY_NAF_SIZE];
	bool again;

	while (au && ptt_sip_challenge_get(&sc->challenge, au->au_scheme, au->au_params) != PTT_OK)
		au = au->au_next;
	if (!au)
		return PTT_ERR_UNSUPPORTED;
	PTT_TRY(ptt_sip_challenge_naf(naf, sizeof(naf), &sc->challenge));
	again = tries->answered && (!sc->challenge.stale || tries->stale);
	if (again && tries->again)
		return PTT_ERR_AUTH;
	tries->stale |= tries->answered && sc->challenge.stale;
	tries->again |= again;
	tries->answered = true;
	*fresh = again;
	return sc->param.ops->get_password(sc->param.ctx, &sc->password, naf, again);
}

static void on_challenge(struct ptt_sip_client *sc, const sip_t *sip)
{
	bool again = false;
	enum ptt_err err = challenge_take(sc, sip, &again);

	if (err != PTT_OK) {
		ptt_ue_dialog_end(sc, PTT_SIP_END_ERROR, 401, ptt_err_str(err));
		return;
	}
	sc->nc = 1;
	if (invite_send(sc) != PTT_OK)
		ptt_ue_dialog_end(sc, PTT_SIP_END_ERROR, 0, "cannot send INVITE");
}

/* The body of a 200, then its ACK, then what it means. */
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
	/* The owner joins the channel before the ACK goes: the PF sends the MTK upon it. */
	ptt_ue_dialog_report(sc);
	ptt_ue_dialog_ack(sc, sip->sip_cseq->cs_seq, branch);
}

static void on_accepted(struct ptt_sip_client *sc, nta_outgoing_t *orq, const sip_t *sip)
{
	char branch[256] = "";
	bool in_dialog = sc->pulling;

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
	sc->pulling = false;
	ptt_session_take_answer(sc, sip);
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
		: sc->tls && status != 408
			? "no TLS connection: refused, or the certificate is not trusted (see --ca)"
			: "no answer";
	bool pulling = sc->pulling;
	int64_t now_ms = ptt_clock_ms();

	sc->pulling = false;
	if (sc->state == PTT_SIP_LEAVING) {
		if (!sc->bye)
			ptt_ue_dialog_end(sc, PTT_SIP_END_LEFT, 0, "left");
	} else if (!pulling) {
		ptt_ue_dialog_end(sc, PTT_SIP_END_ERROR, status, text);
	} else if (status == 491) {
		/* RFC 3261 14.1: the Call-ID is ours, so 2.1 to 4 s in steps of 10 ms. */
		sc->pull_at_ms = now_ms + 10 * su_randint(210, 400);
	} else if (sip_response_terminates_dialog(status, sip_method_invite, NULL) != 0) {
		rejoin(sc); /* RFC 5057 section 5.1 */
	} else if (status == 500 || status == 503) {
		sc->pull_at_ms = now_ms + retry_after_ms(sip, PULL_GAP_MS);
	} else {
		/* The dialog lives on, and is of no use: the PF must not take us for a member. */
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
	if (sc->state != PTT_SIP_LEAVING && ptt_session_too_short(sc, status, sip)) {
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
	sc->pull_at_ms = sc->leave_by_ms = INT64_MAX;
	ptt_session_stop(sc);
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
	memset(&sc->tries, 0, sizeof(sc->tries));
	sc->state = PTT_SIP_JOINING;
	return invite_send(sc);
}

void ptt_sip_client_pull(struct ptt_sip_client *sc, int64_t now_ms)
{
	if (sc->state != PTT_SIP_JOINED || sc->pull_at_ms != INT64_MAX || sc->invite)
		return;
	sc->pull_at_ms = now_ms + su_randint(0, PULL_FIRST_MS);
	if (sc->pulled_ms != 0 && sc->pull_at_ms < sc->pulled_ms + PULL_GAP_MS)
		sc->pull_at_ms = sc->pulled_ms + PULL_GAP_MS;
}

void ptt_sip_client_leave(struct ptt_sip_client *sc, int64_t now_ms)
{
	enum ptt_sip_state was = sc->state;

	if (was == PTT_SIP_LEAVING || was == PTT_SIP_ENDED)
		return;
	sc->state = PTT_SIP_LEAVING;
	sc->pull_at_ms = INT64_MAX;
	sc->leave_by_ms = now_ms + LEAVE_WAIT_MS;
	if (was == PTT_SIP_JOINED)
		ptt_ue_dialog_bye(sc);
	else if (sc->invite)
		nta_outgoing_cancel(sc->invite);
	else
		ptt_ue_dialog_end(sc, PTT_SIP_END_LEFT, 0, "left");
}

static void pull_send(struct ptt_sip_client *sc, int64_t now_ms)
{
	sc->pull_at_ms = INT64_MAX;
	if (sc->state != PTT_SIP_JOINED || sc->invite)
		return;
	sc->pulled_ms = now_ms;
	sc->pulling = true;
	sc->offer_len = 0;
	memset(&sc->tries, 0, sizeof(sc->tries));
	ptt_ue_dialog_renew(sc);
	if (invite_send(sc) != PTT_OK)
		sc->pull_at_ms = now_ms + PULL_GAP_MS;
}

void ptt_sip_client_tick(struct ptt_sip_client *sc, int64_t now_ms)
{
	if (sc->renewal != PTT_SIP_RENEWAL_NONE && sc->pull_at_ms == INT64_MAX &&
		sc->state == PTT_SIP_JOINED && !sc->invite)
		sc->pull_at_ms = now_ms;
	if (sc->pull_at_ms <= now_ms)
		pull_send(sc, now_ms);
	ptt_session_tick(sc, now_ms);
	if (sc->leave_by_ms <= now_ms)
		ptt_ue_dialog_end(sc, PTT_SIP_END_LEFT, 408, "left, unanswered");
}

int64_t ptt_sip_client_due_ms(const struct ptt_sip_client *sc)
{
	int64_t own_ms = sc->pull_at_ms < sc->leave_by_ms ? sc->pull_at_ms : sc->leave_by_ms;
	int64_t timer_ms = ptt_session_due_ms(sc);

	return own_ms < timer_ms ? own_ms : timer_ms;
}
