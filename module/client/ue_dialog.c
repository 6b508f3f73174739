/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/client/ue_dialog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sofia-sip/sip_extra.h>
#include <sofia-sip/su_uniqueid.h>

#include "module/base/clock.h"

#define REASON_SIZE   128  /* text of a Reason header, with NUL */
#define PULL_FIRST_MS 1000 /* the first pull is spread over 0 to 1 s: docs/wire.md section 4.3 */

void ptt_ue_dialog_end(
	struct ptt_sip_client *sc, enum ptt_sip_end why, int status, const char *text)
{
	if (sc->state == PTT_SIP_ENDED)
		return;
	sc->state = PTT_SIP_ENDED;
	sc->pull.at_ms = sc->leave_by_ms = INT64_MAX;
	ptt_session_timer_stop(&sc->timer);
	sc->param.ops->on_end(sc->param.ctx, why, status, text);
}

void ptt_ue_dialog_pull(struct ptt_sip_client *sc, int64_t now_ms)
{
	if (sc->state != PTT_SIP_JOINED || sc->pull.at_ms != INT64_MAX || sc->invite)
		return;
	sc->pull.at_ms = now_ms + su_randint(0, PULL_FIRST_MS);
	if (sc->pull.last_ms != 0 && sc->pull.at_ms < sc->pull.last_ms + PTT_UE_PULL_GAP_MS)
		sc->pull.at_ms = sc->pull.last_ms + PTT_UE_PULL_GAP_MS;
}

void ptt_ue_dialog_renew(struct ptt_sip_client *sc)
{
	char naf[PTT_REKEY_NAF_SIZE];

	if (sc->renewal == PTT_SIP_RENEWAL_NONE)
		return;
	sc->renewal = PTT_SIP_RENEWAL_SENT;
	if (sc->auth.nc == 0 ||
		ptt_sip_challenge_naf(naf, sizeof(naf), &sc->auth.challenge) != PTT_OK ||
		sc->param.ops->get_password(sc->param.ctx, &sc->auth.password, naf, false) !=
			PTT_OK)
		sc->auth.nc = 0; /* send no credentials: the PF challenges */
}

void ptt_ue_dialog_ack(struct ptt_sip_client *sc, uint32_t cseq, const char *branch)
{
	const struct ptt_ue_result *res = &sc->result;
	sip_cseq_t *cs = sip_cseq_create(sc->home, cseq, SIP_METHOD_ACK);
	sip_payload_t *payload =
		res->body_len ? sip_payload_create(sc->home, res->body, (issize_t)res->body_len)
			      : NULL;
	nta_outgoing_t *ack;

	/* With the INVITE's branch, NTA repeats this ACK for every copy of the 200. */
	ack = nta_outgoing_tcreate(sc->leg, NULL, NULL, NULL, SIP_METHOD_ACK, NULL, SIPTAG_CSEQ(cs),
		NTATAG_ACK_BRANCH(branch), TAG_IF(payload, SIPTAG_CONTENT_TYPE_STR(PTT_SDP_TYPE)),
		TAG_IF(payload, SIPTAG_PAYLOAD(payload)), TAG_END());
	nta_outgoing_destroy(ack);
	su_free(sc->home, cs);
	su_free(sc->home, payload);
}

static int on_bye_response(struct ptt_sip_client *sc, nta_outgoing_t *orq, sip_t const *sip)
{
	(void)sip;
	if (nta_outgoing_status(orq) < 200)
		return 0;
	nta_outgoing_destroy(orq);
	if (orq == sc->bye)
		sc->bye = NULL;
	ptt_ue_dialog_end(sc, PTT_SIP_END_LEFT, 0, "left");
	return 0;
}

void ptt_ue_dialog_bye(struct ptt_sip_client *sc)
{
	sc->bye = nta_outgoing_tcreate(
		sc->leg, on_bye_response, sc, NULL, SIP_METHOD_BYE, NULL, TAG_END());
	if (!sc->bye)
		ptt_ue_dialog_end(sc, PTT_SIP_END_LEFT, 0, "left");
}

struct ptt_bytes ptt_ue_dialog_sdp(const sip_t *sip)
{
	const sip_payload_t *pl = sip->sip_payload;
	const sip_content_type_t *type = sip->sip_content_type;

	if (!pl || !pl->pl_data ||
		(type && type->c_type && strcasecmp(type->c_type, PTT_SDP_TYPE) != 0))
		return (struct ptt_bytes){NULL, 0};
	return (struct ptt_bytes){(const uint8_t *)pl->pl_data, pl->pl_len};
}

void ptt_ue_dialog_report(struct ptt_sip_client *sc)
{
	/* The PF has delivered the key that a pull would ask for. */
	if (sc->result.status == 200 && sc->result.has_msk && !sc->result.pull)
		sc->pull.at_ms = INT64_MAX;
	sc->param.ops->on_result(sc->param.ctx, &sc->result);
	if (sc->result.pull)
		ptt_ue_dialog_pull(sc, ptt_clock_ms());
}

static int on_ack(struct ptt_sip_client *sc, nta_incoming_t *irq, sip_t const *sip)
{
	if (sip && sip->sip_request && sip->sip_request->rq_method == sip_method_cancel)
		return 0; /* the INVITE already has its final response */
	if (irq == sc->unacked)
		sc->unacked = NULL;
	nta_incoming_destroy(irq);
	return 0;
}

static bool lists_timer(const sip_supported_t *list)
{
	return list && sip_has_feature(list, "timer");
}

static void offer_respond(struct ptt_sip_client *sc, nta_incoming_t *irq, const sip_t *sip)
{
	bool invite = sip->sip_request->rq_method == sip_method_invite;
	const struct ptt_ue_result *res = &sc->result;
	char warning[160], session[PTT_SESSION_TIMER_SIZE];
	sip_payload_t *payload = NULL;

	snprintf(warning, sizeof(warning), "%d pttkey-ue \"%s\"", res->warning,
		ptt_err_str(res->err));
	if (res->status != 200) {
		nta_incoming_treply(irq, res->status, NULL, SIPTAG_CONTACT(sc->contact),
			TAG_IF(res->warning, SIPTAG_WARNING_STR(warning)), TAG_END());
		nta_incoming_destroy(irq);
		return;
	}
	if (res->body_len)
		payload = sip_payload_create(sc->home, res->body, (issize_t)res->body_len);
	ptt_session_timer_on_request(&sc->timer, sip, ptt_clock_ms());
	ptt_session_timer_put(session, &sc->timer, false);
	nta_incoming_treply(irq, SIP_200_OK, SIPTAG_CONTACT(sc->contact),
		SIPTAG_ALLOW_STR(PTT_UE_ALLOW), SIPTAG_SUPPORTED_STR("timer"),
		TAG_IF(session[0], SIPTAG_SESSION_EXPIRES_STR(session)),
		TAG_IF(session[0] && lists_timer(sip->sip_supported), SIPTAG_REQUIRE_STR("timer")),
		TAG_IF(payload, SIPTAG_CONTENT_TYPE_STR(PTT_SDP_TYPE)),
		TAG_IF(payload, SIPTAG_PAYLOAD(payload)), TAG_END());
	su_free(sc->home, payload);
	if (!invite) {
		nta_incoming_destroy(irq);
		return;
	}
	if (sc->unacked)
		nta_incoming_destroy(sc->unacked);
	sc->unacked = irq;
	nta_incoming_bind(irq, on_ack, sc);
}

static int on_offer(struct ptt_sip_client *sc, nta_incoming_t *irq, const sip_t *sip)
{
	bool invite = sip->sip_request->rq_method == sip_method_invite;
	struct ptt_ue_result *res = &sc->result;
	struct ptt_bytes sdp = ptt_ue_dialog_sdp(sip);

	if (sc->state != PTT_SIP_JOINED)
		return 481;
	if (sc->invite || (sc->unacked && sc->we_offered))
		return 491; /* an offer of ours is pending: RFC 3261 14.2, RFC 3311 5.2 */
	if (sdp.len == 0 && sip->sip_payload && sip->sip_payload->pl_len)
		return 415;
	if (sdp.len == 0) {
		memset(res, 0, sizeof(*res));
		res->status = 200;
		if (!invite) {
			offer_respond(sc, irq, sip);
			return 0;
		}
		if (ptt_ue_session_reoffer(sc->param.session, res->body, &res->body_len,
			    sizeof(res->body)) != PTT_OK)
			return 500;
	} else {
		ptt_ue_session_on_offer(sc->param.session, res, sdp);
	}
	sc->we_offered = sdp.len == 0;
	/* The 200 makes the PF send the MTK, so the owner joins the channel before the 200. */
	ptt_ue_dialog_report(sc);
	offer_respond(sc, irq, sip);
	return 0;
}

/* Reads "SIP;cause=403;text=\"expelled\"": @return the cause; @p text gets no quotes. */
static int reason_get(char text[REASON_SIZE], const sip_reason_t *why)
{
	const char *from;
	size_t len;

	for (; why; why = why->re_next) {
		if (!why->re_protocol || strcasecmp(why->re_protocol, "SIP") != 0)
			continue;
		from = why->re_text ? why->re_text : "";
		from += *from == '"';
		len = strcspn(from, "\"");
		if (len > 0)
			snprintf(text, REASON_SIZE, "%.*s", (int)len, from);
		return why->re_cause ? atoi(why->re_cause) : 0;
	}
	return 0;
}

static void on_bye(struct ptt_sip_client *sc, nta_incoming_t *irq, const sip_t *sip)
{
	char text[REASON_SIZE] = "BYE";
	int cause = reason_get(text, sip->sip_reason);

	nta_incoming_treply(irq, SIP_200_OK, TAG_END());
	nta_incoming_destroy(irq);
	ptt_ue_dialog_end(sc,
		sc->state == PTT_SIP_LEAVING ? PTT_SIP_END_LEFT
		: cause == 403               ? PTT_SIP_END_EXPELLED
					     : PTT_SIP_END_BYE,
		cause, text);
}

static int on_request(
	struct ptt_sip_client *sc, nta_leg_t *leg, nta_incoming_t *irq, sip_t const *sip)
{
	(void)leg;
	switch (sip->sip_request->rq_method) {
	case sip_method_invite:
	case sip_method_update:
		return on_offer(sc, irq, sip);
	case sip_method_bye:
		on_bye(sc, irq, sip);
		return 0;
	case sip_method_ack:
		return 0;
	case sip_method_options:
		nta_incoming_treply(irq, SIP_200_OK, SIPTAG_ALLOW_STR(PTT_UE_ALLOW), TAG_END());
		break;
	default:
		nta_incoming_treply(
			irq, SIP_405_METHOD_NOT_ALLOWED, SIPTAG_ALLOW_STR(PTT_UE_ALLOW), TAG_END());
		break;
	}
	nta_incoming_destroy(irq);
	return 0;
}

enum ptt_err ptt_ue_dialog_start(struct ptt_sip_client *sc)
{
	sip_from_t *from = sip_from_make(sc->home, sc->param.impu);
	sip_to_t *to = sip_to_make(sc->home, sc->param.group);

	if (sc->leg)
		nta_leg_destroy(sc->leg);
	sc->leg = NULL;
	if (from && to)
		sc->leg = nta_leg_tcreate(
			sc->agent, on_request, sc, SIPTAG_FROM(from), SIPTAG_TO(to), TAG_END());
	su_free(sc->home, from);
	su_free(sc->home, to);
	return sc->leg && nta_leg_tag(sc->leg, NULL) ? PTT_OK : PTT_ERR_SYSTEM;
}

/* This UE only places calls, so it refuses incoming ones. */
int ptt_ue_dialog_on_stray(
	struct ptt_sip_client *sc, nta_leg_t *leg, nta_incoming_t *irq, sip_t const *sip)
{
	if (sip->sip_request->rq_method == sip_method_ack)
		return 0;
	if (sip->sip_to->a_tag)
		return 481;
	if (sip->sip_request->rq_method == sip_method_invite)
		return 486;
	if (sip->sip_request->rq_method == sip_method_bye ||
		sip->sip_request->rq_method == sip_method_update)
		return 481;
	return on_request(sc, leg, irq, sip);
}
