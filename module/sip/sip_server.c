/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/sip/sip_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/base/via_class.h"
#include "module/sip/offer_response.h"
#include "module/sip/offer_send.h"
#include "module/sip/sip_internal.h"
#include "module/sip/sip_sockets.h"

/* ---- one function a method ---- */

/* INVITE, or UPDATE with an offer. Until its final response neither side may send another offer. */
static void authenticate_offer(struct ptt_sip *sip, nta_incoming_t *irq, struct ptt_dialog *dialog)
{
	struct ptt_sip_request *req = ptt_sip_request_new(sip, irq, dialog);

	if (req && dialog)
		dialog->uas = PTT_UAS_PENDING;
	ptt_sip_authenticate_request(req, irq);
}

static void on_invite(
	struct ptt_sip *sip, nta_incoming_t *irq, struct ptt_dialog *dialog, const sip_t *in)
{
	if (!dialog && ptt_sip_turned_away(sip, irq, in))
		return;
	if (dialog && dialog->offer) {
		ptt_sip_refuse(irq, SIP_491_REQUEST_PENDING, TAG_END());
	} else if (dialog && dialog->uas != PTT_UAS_IDLE) {
		/* RFC 3261 14.2 allows 0 to 10 s; the first INVITE ends soon. */
		ptt_sip_refuse(
			irq, SIP_500_INTERNAL_SERVER_ERROR, SIPTAG_RETRY_AFTER_STR("1"), TAG_END());
	} else {
		authenticate_offer(sip, irq, dialog);
	}
}

/* An UPDATE without an offer refreshes the session timer. */
static void refreshed(nta_incoming_t *irq, struct ptt_dialog *dialog, const sip_t *in)
{
	char session[PTT_SIP_SESSION_SIZE];

	ptt_sip_session_take_request(dialog, in);
	ptt_sip_session_put(session, dialog, false);
	ptt_sip_refuse(irq, SIP_200_OK, SIPTAG_ALLOW_STR(PTT_SIP_ALLOW),
		SIPTAG_SUPPORTED_STR(PTT_SIP_SUPPORTED),
		TAG_IF(session[0], SIPTAG_SESSION_EXPIRES_STR(session)),
		TAG_IF(session[0] && dialog->session.peer_timer, SIPTAG_REQUIRE_STR("timer")),
		TAG_END());
	ptt_sip_session_arm(dialog);
}

static void on_update(
	struct ptt_sip *sip, nta_incoming_t *irq, struct ptt_dialog *dialog, const sip_t *in)
{
	if (!dialog) /* ptt_sip_on_request() has seen to it; the analyzer of `dev lint` has not */
		ptt_sip_refuse(irq, SIP_481_NO_TRANSACTION, TAG_END());
	else if (!in->sip_payload || !in->sip_payload->pl_len)
		refreshed(irq, dialog, in);
	else if (dialog->offer)
		ptt_sip_refuse(irq, SIP_491_REQUEST_PENDING, TAG_END());
	else if (dialog->uas != PTT_UAS_IDLE)
		ptt_sip_refuse(
			irq, SIP_500_INTERNAL_SERVER_ERROR, SIPTAG_RETRY_AFTER_STR("1"), TAG_END());
	else
		authenticate_offer(sip, irq, dialog);
}

static void on_options(const struct ptt_sip *sip, nta_incoming_t *irq)
{
	ptt_sip_refuse(irq, SIP_200_OK, SIPTAG_ALLOW_STR(PTT_SIP_ALLOW),
		SIPTAG_ACCEPT_STR(PTT_SIP_ACCEPT), SIPTAG_SUPPORTED_STR(PTT_SIP_SUPPORTED),
		SIPTAG_ACCEPT_ENCODING_STR("identity"), SIPTAG_ACCEPT_LANGUAGE_STR("en"),
		TAG_IF(sip->events->on_subscribe, SIPTAG_ALLOW_EVENTS_STR(PTT_SIP_EVENTS)),
		TAG_END());
}

static void on_checked(
	struct ptt_sip *sip, nta_incoming_t *irq, struct ptt_dialog *dialog, const sip_t *in)
{
	sip_method_t method = in->sip_request->rq_method;

	if ((method == sip_method_invite || method == sip_method_update) &&
		ptt_sip_session_refused(sip, irq, in))
		return;
	switch (method) {
	case sip_method_invite:
		on_invite(sip, irq, dialog, in);
		break;
	case sip_method_update:
		on_update(sip, irq, dialog, in);
		break;
	case sip_method_bye:
		ptt_sip_bye_received(sip, dialog, irq);
		break;
	case sip_method_options:
		on_options(sip, irq);
		break;
	case sip_method_refer:
		ptt_sip_authenticate(sip, irq, dialog);
		break;
	case sip_method_subscribe:
		if (!ptt_sip_refused_subscribe(sip, irq, dialog, in))
			ptt_sip_authenticate(sip, irq, dialog);
		break;
	case sip_method_unknown:
		ptt_sip_refuse(
			irq, SIP_501_NOT_IMPLEMENTED, SIPTAG_ALLOW_STR(PTT_SIP_ALLOW), TAG_END());
		break;
	default:
		ptt_sip_refuse(irq, SIP_405_METHOD_NOT_ALLOWED, SIPTAG_ALLOW_STR(PTT_SIP_ALLOW),
			TAG_END());
	}
}

static bool needs_dialog(sip_method_t method)
{
	return method == sip_method_bye || method == sip_method_update;
}

/* A request outside a dialog for a URI that is no group of ours goes back to the host. A request
 * without a user part (OPTIONS to the host), and BYE, CANCEL and UPDATE, are handled here. */
static bool is_foreign(const struct ptt_sip *sip, const sip_t *in)
{
	const url_t *url = in->sip_request->rq_url;
	char uri[PTT_SIP_URI_SIZE];

	if (!sip->events->is_ours || in->sip_to->a_tag || ptt_sip_uri_put(uri, url) != PTT_OK)
		return false;
	switch (in->sip_request->rq_method) {
	case sip_method_bye:
	case sip_method_cancel:
	case sip_method_update:
		return false;
	case sip_method_invite:
		break;
	default:
		if (!url->url_user)
			return false;
	}
	return !sip->events->is_ours(sip->ctx, uri);
}

/* The host responds with 404, or has a service of that name. */
static void log_no_group(const sip_t *in)
{
	const url_t *url = in->sip_request->rq_url;

	ptt_metric_inc_label(PTT_METRIC_JOINS, "not-found");
	ptt_log_limited(PTT_LOG_INFO, "no-such-group", "user=%s host=%s call_id=%s", url->url_user,
		url->url_host, in->sip_call_id->i_id);
}

bool ptt_sip_on_request(struct ptt_sip *sip, nta_incoming_t *irq, const sip_t *in)
{
	struct ptt_dialog *dialog;
	sip_method_t method;

	if (!in || !in->sip_request || !in->sip_from || !in->sip_to || !in->sip_call_id ||
		!in->sip_call_id->i_id || !in->sip_cseq || !in->sip_via)
		return false;
	method = in->sip_request->rq_method;
	if (sip->closing && method != sip_method_ack) {
		ptt_sip_refuse(
			irq, SIP_503_SERVICE_UNAVAILABLE, SIPTAG_RETRY_AFTER_STR("5"), TAG_END());
		return true;
	}
	dialog = method == sip_method_subscribe ? ptt_sip_watch_of(sip, in) : NULL;
	if (!dialog)
		dialog = ptt_sip_dialog_of(sip, in);
	if (method == sip_method_ack) {
		/* The ACK is late, or of a 2xx of a former process. It needs no action, and an ACK
		 * never gets a response. */
		if (dialog)
			nta_incoming_destroy(irq);
		return dialog != NULL;
	}
	if (is_foreign(sip, in)) {
		if (method == sip_method_invite)
			log_no_group(in);
		return false;
	}
	if (method == sip_method_cancel || (!dialog && (in->sip_to->a_tag || needs_dialog(method))))
		ptt_sip_refuse(irq, SIP_481_NO_TRANSACTION, TAG_END());
	else if (!ptt_sip_refused_form(irq, in) &&
		 !(dialog && ptt_sip_refused_order(irq, dialog, in)))
		on_checked(sip, irq, dialog, in);
	return true;
}

/* ---- responses that match no transaction of NTA ---- */

static void on_former(struct ptt_sip *sip, struct ptt_dialog *dialog, const sip_t *in)
{
	static const struct ptt_sip_result former = {
		.outcome = PTT_OFFER_ACCEPTED,
		.status = 200,
		.from_former_process = true,
		.content_type = "",
	};

	if (ptt_offer_outcome_of(in) == PTT_OFFER_ACCEPTED &&
		in->sip_cseq->cs_seq < dialog->cseq_former &&
		in->sip_cseq->cs_seq != dialog->cseq_acked && !dialog->ended) {
		dialog->cseq_acked = in->sip_cseq->cs_seq;
		sip->events->on_offer_result(sip->ctx, dialog, 0, &former);
	}
}

bool ptt_sip_on_response(struct ptt_sip *sip, nta_outgoing_t *orq, const sip_t *in)
{
	struct ptt_dialog *dialog;

	(void)orq;
	if (!in || !in->sip_status || !in->sip_from || !in->sip_to || !in->sip_call_id ||
		!in->sip_cseq || !in->sip_via)
		return false;
	if (sip->closing)
		return true;
	if (ptt_offer_tx_response(sip->offers, in))
		return true;
	if (in->sip_cseq->cs_method != sip_method_invite || in->sip_status->st_status < 200 ||
		!in->sip_from->a_tag || !in->sip_to->a_tag)
		return false;
	dialog = ptt_dialog_find(
		&sip->dialogs, in->sip_call_id->i_id, in->sip_from->a_tag, in->sip_to->a_tag);
	if (!dialog || in->sip_cseq->cs_seq >= dialog->cseq)
		return false;
	ptt_offer_ack_again(sip->agent, sip->listeners, dialog, in);
	on_former(sip, dialog, in);
	return true;
}

/* ---- life ---- */

static int on_default(nta_outgoing_magic_t *magic, nta_outgoing_t *orq, const sip_t *in)
{
	ptt_sip_on_response((struct ptt_sip *)magic, orq, in);
	return 0;
}

static enum ptt_err copy_trusted(struct ptt_sip *sip, const struct ptt_sip_options *options)
{
	if (!options->trusted_count)
		return PTT_OK;
	sip->trusted = calloc(options->trusted_count, sizeof(*sip->trusted));
	if (!sip->trusted)
		return PTT_ERR_SYSTEM;
	for (; sip->trusted_count < options->trusted_count; sip->trusted_count++) {
		sip->trusted[sip->trusted_count] = strdup(options->trusted[sip->trusted_count]);
		if (!sip->trusted[sip->trusted_count])
			return PTT_ERR_SYSTEM;
	}
	return PTT_OK;
}

static enum ptt_err set_up(struct ptt_sip *sip, const struct ptt_sip_options *options)
{
	struct ptt_digest_auth_options digest = {
		.naf_fqdn = options->naf_fqdn,
		.alg_count = options->digest_count,
		.nonce_life_ms = options->nonce_life_s * 1000,
	};
	struct ptt_offer_tx_options offers = {
		.root = options->root,
		.agent = options->agent,
		.listeners = &sip->listeners,
		.over_mtu = options->over_mtu,
		.t1_ms = options->t1_ms,
		.done = ptt_sip_offer_done,
		.ctx = sip,
	};

	const msg_mclass_t *messages = ptt_via_class();

	if (!messages || nta_agent_set_params(sip->agent, NTATAG_MCLASS(messages), TAG_END()) != 1)
		return PTT_ERR_SYSTEM;
	memcpy(digest.alg, options->digest, sizeof(digest.alg));
	PTT_TRY(copy_trusted(sip, options));
	PTT_TRY(ptt_digest_auth_new(&sip->digest, &digest));
	PTT_TRY(ptt_offer_tx_new(&sip->offers, &offers));
	ptt_sip_find_listeners(sip);
	PTT_TRY(ptt_sip_load_open(sip, &options->overload));
	if (!options->own_default)
		return PTT_OK;
	sip->own_default =
		nta_outgoing_default(options->agent, on_default, (nta_outgoing_magic_t *)sip);
	return sip->own_default ? PTT_OK : PTT_ERR_BUSY;
}

static void on_turn(struct ptt_sip *sip)
{
	ptt_sip_load_turn(sip);
	ptt_sip_io_turn(sip);
}

enum ptt_err ptt_sip_new(struct ptt_sip **out, const struct ptt_sip_options *options)
{
	struct ptt_sip *sip = calloc(1, sizeof(*sip));
	enum ptt_err err;

	if (!sip)
		return PTT_ERR_SYSTEM;
	sip->on_session_due = ptt_sip_on_session_due;
	sip->on_turn = on_turn;
	sip->root = options->root;
	sip->agent = options->agent;
	sip->naf = options->naf;
	sip->events = options->events;
	sip->ctx = options->ctx;
	sip->udp_io = options->udp_io;
	sip->session_min_s = options->session_min_s ? options->session_min_s : 90;
	err = set_up(sip, options);
	if (err != PTT_OK) {
		ptt_sip_free(sip);
		return err;
	}
	*out = sip;
	return PTT_OK;
}

void ptt_sip_free(struct ptt_sip *sip)
{
	struct ptt_table_node *node;

	if (!sip)
		return;
	nta_agent_set_params(sip->agent, NTATAG_MCLASS(NULL), TAG_END());
	ptt_sip_load_free(sip);
	ptt_sip_turn_unhook(sip);
	nta_outgoing_destroy(sip->own_default);
	while (sip->requests) {
		struct ptt_sip_request *req = sip->requests;

		req->dialog = NULL;
		ptt_sip_request_refuse(req, SIP_503_SERVICE_UNAVAILABLE);
	}
	while ((node = ptt_table_any(&sip->dialogs)))
		ptt_sip_dialog_end((struct ptt_dialog *)node);
	ptt_table_wipe(&sip->dialogs);
	ptt_sip_free_watches(sip);
	ptt_sip_free_outs(sip);
	ptt_offer_tx_free(sip->offers);
	ptt_digest_auth_free(sip->digest);
	ptt_sip_free_listeners(sip);
	for (size_t i = 0; i < sip->trusted_count; i++)
		free(sip->trusted[i]);
	free(sip->trusted);
	free(sip);
}

void ptt_sip_set_closing(struct ptt_sip *sip)
{
	sip->closing = true;
}

void ptt_sip_set_draining(struct ptt_sip *sip, uint32_t retry_after_s)
{
	sip->draining_s = retry_after_s;
}

size_t ptt_sip_pending(const struct ptt_sip *sip)
{
	return sip->unacked + ptt_offer_tx_pending(sip->offers) + ptt_sip_request_count(sip) +
	       ptt_sip_out_count(sip);
}

bool ptt_sip_preinit(void)
{
	return ptt_sip_sockets_watch();
}
