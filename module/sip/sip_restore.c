/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "module/sip/sip_internal.h"

/* The listener of before the restart, or the next best: same transport, any. */
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
	dialog->session_s = row->session_s;
	dialog->refresher = row->refresher;
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

size_t ptt_sip_pending(const struct ptt_sip *sip)
{
	return sip->unacked + ptt_offer_tx_pending(sip->offers) + ptt_sip_waiting(sip);
}
