/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/base/log.h"
#include "module/sip/offer_response.h"
#include "module/sip/sip_internal.h"

struct ptt_dialog *ptt_sip_dialog_of(const struct ptt_sip *sip, const sip_t *in)
{
	struct ptt_dialog *dialog;

	if (!in->sip_to->a_tag || !in->sip_from->a_tag)
		return NULL;
	dialog = ptt_dialog_find(
		&sip->dialogs, in->sip_call_id->i_id, in->sip_to->a_tag, in->sip_from->a_tag);
	return dialog && !dialog->ended ? dialog : NULL;
}

const struct ptt_listener *ptt_sip_listener_of(const struct ptt_sip_request *req)
{
	tport_t *tport = nta_incoming_transport(req->sip->agent, req->irq, req->msg);
	const struct ptt_listener *listener = tport ? ptt_sip_listener(req->sip, tport) : NULL;

	if (tport)
		tport_unref(tport);
	return listener;
}

void ptt_sip_invite_came(struct ptt_dialog *dialog, const struct ptt_sip_request *req)
{
	tport_t *tport = nta_incoming_transport(req->sip->agent, req->irq, req->msg);
	const struct ptt_listener *listener = tport ? ptt_sip_listener(req->sip, tport) : NULL;

	ptt_sip_peer_put(dialog->peer, sizeof(dialog->peer), req->msg);
	if (listener)
		dialog->listener = listener;
	if (dialog->tport)
		tport_unref(dialog->tport);
	dialog->tport = NULL;
	if (tport && tport_is_secondary(tport) && tport_is_stream(tport))
		dialog->tport = tport;
	else if (tport)
		tport_unref(tport);
}

/* Bounds of the peer's texts that a dialog keeps: each of our requests repeats them all. */
struct peer_texts {
	char target[512], route[1024], local[512], remote[512];
};

static enum ptt_err peer_texts_get(struct peer_texts *out, const sip_t *in)
{
	if (!in->sip_contact || !in->sip_from->a_tag || strlen(in->sip_from->a_tag) > 128 ||
		strlen(in->sip_call_id->i_id) > 256)
		return PTT_ERR_MALFORMED;
	PTT_TRY(ptt_sip_target_put(out->target, sizeof(out->target), in->sip_contact->m_url));
	PTT_TRY(ptt_sip_route_put(out->route, sizeof(out->route), in->sip_record_route));
	PTT_TRY(ptt_sip_target_put(out->local, sizeof(out->local), in->sip_to->a_url));
	return ptt_sip_target_put(out->remote, sizeof(out->remote), in->sip_from->a_url);
}

enum ptt_err ptt_sip_dialog_make(
	struct ptt_dialog **out, const struct ptt_sip_request *req, const struct ptt_sip_info *info)
{
	struct peer_texts peer;
	struct ptt_dialog_texts texts = {
		.call_id = req->in->sip_call_id->i_id,
		.local_tag = nta_incoming_tag(req->irq, NULL),
		.remote_tag = req->in->sip_from->a_tag,
		.local_uri = peer.local,
		.remote_uri = peer.remote,
		.route_set = peer.route,
		.remote_target = peer.target,
		.impi = info && info->keys ? info->keys->impi : "",
		.impu = info ? info->from_uri : "",
		.btid = info ? info->btid : "",
		.group = info ? info->request_uri : "",
	};

	PTT_TRY(peer_texts_get(&peer, req->in));
	if (!texts.local_tag)
		return PTT_ERR_SYSTEM;
	PTT_TRY(ptt_dialog_new(out, &texts));
	(*out)->sip = req->sip;
	(*out)->remote_cseq = req->in->sip_cseq->cs_seq;
	ptt_sip_invite_came(*out, req);
	return PTT_OK;
}

bool ptt_sip_invite_new(struct ptt_sip_request *req, const struct ptt_sip_info *info)
{
	struct ptt_dialog *dialog;
	enum ptt_err err = ptt_sip_dialog_make(&dialog, req, info);

	if (err == PTT_OK && !dialog->listener) {
		ptt_dialog_free(dialog);
		err = PTT_ERR_SYSTEM;
	}
	if (err == PTT_OK) {
		err = ptt_table_add(&req->sip->dialogs, &dialog->node,
			ptt_dialog_hash(dialog->call_id, dialog->local_tag));
		if (err != PTT_OK)
			ptt_dialog_free(dialog);
	}
	if (err != PTT_OK) {
		if (err == PTT_ERR_SYSTEM)
			ptt_sip_request_refuse(req, SIP_500_INTERNAL_SERVER_ERROR);
		else
			ptt_sip_request_refuse(req, SIP_400_BAD_REQUEST);
		return false;
	}
	dialog->uas = PTT_UAS_PENDING;
	ptt_offer_take_allow(dialog, req->in);
	req->dialog = dialog;
	return true;
}

/* ---- the 2xx and its ACK ---- */

static void uas_over(struct ptt_dialog *dialog)
{
	if (dialog->uas == PTT_UAS_UNACKED)
		dialog->sip->unacked--;
	dialog->uas = PTT_UAS_IDLE;
	if (dialog->invite) {
		nta_incoming_bind(dialog->invite, NULL, NULL);
		nta_incoming_destroy(dialog->invite);
	}
	dialog->invite = NULL;
}

static void bye_now(struct ptt_dialog *dialog, const char *reason)
{
	const char *why = reason && reason[0] ? reason : NULL;

	ptt_sip_send(dialog->sip, dialog, SIP_METHOD_BYE, TAG_IF(why, SIPTAG_REASON_STR(why)),
		TAG_END());
}

void ptt_sip_dialog_end_if_quiet(struct ptt_dialog *dialog)
{
	if (dialog->uas != PTT_UAS_IDLE)
		return;
	if (dialog->bye_reason) {
		bye_now(dialog, dialog->bye_reason);
		free(dialog->bye_reason);
		dialog->bye_reason = NULL;
	}
	if (!dialog->offer)
		ptt_sip_dialog_end(dialog);
}

void ptt_sip_uas_idle(struct ptt_dialog *dialog)
{
	struct ptt_sip *sip = dialog->sip;

	uas_over(dialog);
	if (dialog->ended) {
		ptt_sip_dialog_end_if_quiet(dialog);
	} else if (dialog->was_busy && !dialog->offer) {
		dialog->was_busy = false;
		if (sip->events->on_ready)
			sip->events->on_ready(sip->ctx, dialog);
	}
}

static void on_ack(struct ptt_dialog *dialog, const sip_t *in)
{
	struct ptt_sip_info info = {.dialog = dialog,
		.from_uri = dialog->impu,
		.request_uri = dialog->group,
		.btid = dialog->btid};
	struct ptt_sip *sip = dialog->sip;
	uint64_t ended = sip->ended;

	uas_over(dialog);
	dialog->confirmed = true;
	if (dialog->ended) {
		ptt_sip_dialog_end_if_quiet(dialog);
		return;
	}
	ptt_sip_body_get(&info, in);
	sip->events->on_ack(sip->ctx, dialog, &info);
	if (sip->ended == ended)
		ptt_sip_uas_idle(dialog);
}

/* RFC 3261 13.3.1.4: without an ACK within 64 T1 the session ends with a BYE. */
static void on_no_ack(struct ptt_dialog *dialog)
{
	struct ptt_sip *sip = dialog->sip;
	bool known = !dialog->ended;

	ptt_log_limited(PTT_LOG_WARN, "no-ack", "member=%s group=%s call_id=%s", dialog->impi,
		dialog->group, dialog->call_id);
	uas_over(dialog);
	if (!dialog->bye_reason && known)
		bye_now(dialog, NULL);
	dialog->ended = true;
	if (known)
		sip->events->on_gone(sip->ctx, dialog, PTT_SIP_GONE_NO_ACK);
	ptt_sip_dialog_end_if_quiet(dialog);
}

static int on_accepted_invite(nta_incoming_magic_t *magic, nta_incoming_t *irq, const sip_t *in)
{
	struct ptt_dialog *dialog = (struct ptt_dialog *)magic;

	(void)irq;
	if (!in)
		on_no_ack(dialog);
	else if (in->sip_request && in->sip_request->rq_method == sip_method_ack)
		on_ack(dialog, in);
	return 0;
}

void ptt_sip_invite_accepted(struct ptt_dialog *dialog, nta_incoming_t *irq)
{
	dialog->uas = PTT_UAS_UNACKED;
	dialog->invite = irq;
	dialog->sip->unacked++;
	nta_incoming_bind(irq, on_accepted_invite, (nta_incoming_magic_t *)dialog);
}

/* ---- the end ---- */

void ptt_sip_refuse_waiting(struct ptt_dialog *dialog, int status, const char *phrase)
{
	struct ptt_sip_request *req, *next;

	for (req = dialog->sip->requests; req; req = next) {
		next = req->next;
		if (req->dialog != dialog)
			continue;
		req->dialog = NULL;
		if (req->delivered && req->in->sip_request->rq_method == sip_method_refer)
			continue; /* the owner responds once it has decided about the expulsion */
		ptt_sip_request_refuse(req, status, phrase);
	}
}

void ptt_sip_dialog_end(struct ptt_dialog *dialog)
{
	struct ptt_sip *sip = dialog->sip;

	dialog->ended = true;
	ptt_sip_refuse_waiting(dialog, SIP_487_REQUEST_TERMINATED);
	uas_over(dialog);
	if (dialog->offer)
		ptt_offer_tx_drop(sip->offers, dialog->offer);
	ptt_table_remove(&sip->dialogs, &dialog->node);
	sip->ended++;
	ptt_dialog_free(dialog);
}

void ptt_sip_bye_received(struct ptt_sip *sip, struct ptt_dialog *dialog, nta_incoming_t *irq)
{
	ptt_sip_refuse(irq, SIP_200_OK, TAG_END());
	dialog->ended = true;
	ptt_sip_refuse_waiting(dialog, SIP_487_REQUEST_TERMINATED);
	sip->events->on_gone(sip->ctx, dialog, PTT_SIP_GONE_BYE);
	if (dialog->offer)
		ptt_offer_tx_silence(sip->offers, dialog->offer);
	if (dialog->offer) { /* its response still needs an ACK: the offer keeps the dialog */
		uas_over(dialog);
		sip->ended++;
		return;
	}
	ptt_sip_dialog_end(dialog);
}

void ptt_sip_bye(struct ptt_dialog *dialog, const char *reason)
{
	struct ptt_sip *sip = dialog->sip;

	if (dialog->ended)
		return;
	if (dialog->uas == PTT_UAS_PENDING && !dialog->confirmed) {
		/* Without a 2xx there is no session to end by BYE: the INVITE gets 487. */
		ptt_sip_dialog_end(dialog);
		return;
	}
	sip->ended++;
	dialog->ended = true;
	ptt_sip_refuse_waiting(dialog, SIP_487_REQUEST_TERMINATED);
	if (dialog->offer)
		ptt_offer_tx_silence(sip->offers, dialog->offer);
	if (dialog->uas == PTT_UAS_UNACKED) {
		/* RFC 3261 section 15: the callee sends no BYE before the ACK or its timeout. */
		dialog->bye_reason = strdup(reason ? reason : "");
		if (dialog->bye_reason)
			return;
	}
	uas_over(dialog);
	bye_now(dialog, reason);
	ptt_sip_dialog_end_if_quiet(dialog);
}

void ptt_sip_drop(struct ptt_dialog *dialog)
{
	if (!dialog->ended)
		ptt_sip_dialog_end(dialog);
}

/* ---- the session timer ---- */

void ptt_sip_on_session_due(struct ptt_dialog *dialog, enum ptt_sip_session_due due)
{
	struct ptt_sip *sip = dialog->sip;

	if (due == PTT_SIP_SESSION_REFRESH) {
		if (sip->events->on_refresh)
			sip->events->on_refresh(sip->ctx, dialog);
	} else if (due == PTT_SIP_SESSION_EXPIRED) {
		sip->events->on_gone(sip->ctx, dialog, PTT_SIP_GONE_EXPIRED);
		ptt_sip_bye(dialog, PTT_SIP_REASON_EXPIRED);
	}
}

/* ---- after a restart ---- */

/* The listener from before the restart, or else one of the same transport, or else any. */
static const struct ptt_listener *listener_like(
	const struct ptt_sip *sip, const char *transport, const char *contact)
{
	const struct ptt_listener *listener;

	for (listener = sip->listeners; listener; listener = listener->next) {
		if (strcmp(listener->contact, contact) == 0)
			return listener;
	}
	for (listener = sip->listeners; listener; listener = listener->next) {
		if (strcmp(listener->transport, transport) == 0)
			return listener;
	}
	return sip->listeners;
}

static enum ptt_err fill(
	struct ptt_sip *sip, struct ptt_dialog *dialog, const struct ptt_dialog_row *row)
{
	char transport[8], contact[96], peer[64];

	if (sscanf(row->transport ? row->transport : "", "%7s %95s %63s", transport, contact,
		    peer) != 3)
		return PTT_ERR_MALFORMED;
	dialog->sip = sip;
	dialog->listener = listener_like(sip, transport, contact);
	if (!dialog->listener)
		return PTT_ERR_SYSTEM;
	strcpy(dialog->peer, peer);
	dialog->cseq = dialog->cseq_former = row->cseq_reserved - row->start_reserved;
	dialog->cseq_reserved = row->cseq_reserved;
	dialog->o_version = row->o_version_reserved - row->start_reserved;
	dialog->o_version_reserved = row->o_version_reserved;
	dialog->remote_cseq = row->remote_cseq;
	dialog->confirmed = true;
	dialog->allows_update = row->allows_update;
	dialog->session.interval_s = row->session_s;
	dialog->session.refresher = row->refresher;
	ptt_sip_session_restore(dialog);
	return ptt_table_add(
		&sip->dialogs, &dialog->node, ptt_dialog_hash(dialog->call_id, dialog->local_tag));
}

enum ptt_err ptt_sip_restore(
	struct ptt_sip *sip, struct ptt_dialog **out, const struct ptt_dialog_row *row)
{
	struct ptt_dialog_texts texts = {
		.call_id = row->call_id,
		.local_tag = row->local_tag,
		.remote_tag = row->remote_tag,
		.local_uri = row->local_uri,
		.remote_uri = row->remote_uri,
		.remote_target = row->remote_target,
		.route_set = row->route_set,
		.impi = row->impi,
		.impu = row->impu,
		.btid = row->btid,
		.group = row->group,
	};
	struct ptt_dialog *dialog;
	enum ptt_err err;

	if (!row->call_id || !row->call_id[0] || !row->local_tag || !row->remote_tag ||
		!row->remote_target || row->cseq_reserved <= row->start_reserved)
		return PTT_ERR_MALFORMED;
	if (ptt_dialog_find(&sip->dialogs, row->call_id, row->local_tag, row->remote_tag))
		return PTT_ERR_BUSY;
	PTT_TRY(ptt_dialog_new(&dialog, &texts));
	err = fill(sip, dialog, row);
	if (err != PTT_OK) {
		ptt_dialog_free(dialog);
		return err;
	}
	*out = dialog;
	return PTT_OK;
}
