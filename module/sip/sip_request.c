/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/random.h"
#include "module/base/list.h"
#include "module/sip/sip_internal.h"

static int on_ack_cancel(nta_incoming_magic_t *magic, nta_incoming_t *irq, const sip_t *in);

static void give_tag(nta_incoming_t *irq)
{
	char tag[20];
	uint64_t id;

	if (ptt_random_bytes(&id, sizeof(id)) != PTT_OK)
		return; /* NTA makes a tag itself */
	snprintf(tag, sizeof(tag), "%016" PRIx64, id);
	nta_incoming_tag(irq, tag);
}

struct ptt_sip_request *ptt_sip_request_new(
	struct ptt_sip *sip, nta_incoming_t *irq, struct ptt_dialog *dialog)
{
	struct ptt_sip_request *req = calloc(1, sizeof(*req));

	if (!req)
		return NULL;
	req->sip = sip;
	req->irq = irq;
	req->dialog = dialog;
	req->msg = nta_incoming_getrequest(irq);
	req->in = sip_object(req->msg);
	PTT_LIST_ADD(sip->requests, req, next, link);
	if (!dialog)
		give_tag(irq);
	nta_incoming_bind(irq, on_ack_cancel, (nta_incoming_magic_t *)req);
	return req;
}

bool ptt_sip_request_is_initial(const struct ptt_sip_request *req)
{
	return req->in->sip_request->rq_method == sip_method_invite && !req->in->sip_to->a_tag;
}

void ptt_sip_request_free(struct ptt_sip_request *req)
{
	struct ptt_sip *sip = req->sip;
	struct ptt_dialog *dialog = req->dialog;
	sip_method_t method = req->in->sip_request->rq_method;
	bool offers = method == sip_method_invite || method == sip_method_update;

	if (req->looking_up)
		ptt_naf_cancel(sip->naf, req);
	if (req->creds_tried > 0 && ptt_sip_request_is_initial(req))
		ptt_sip_join_done(sip);
	PTT_LIST_REMOVE(req, next, link);
	msg_destroy(req->msg);
	free(req);
	if (offers && dialog && dialog->uas == PTT_UAS_PENDING)
		ptt_sip_uas_idle(dialog);
}

bool ptt_sip_request_waits(const struct ptt_sip *sip, struct ptt_bytes call_id)
{
	const struct ptt_sip_request *req = sip->requests;

	while (req && !ptt_bytes_equal(ptt_bytes_of_str(req->in->sip_call_id->i_id), call_id))
		req = req->next;
	return req != NULL;
}

void ptt_sip_request_refuse(struct ptt_sip_request *req, int status, const char *phrase)
{
	nta_incoming_t *irq = req->irq;

	nta_incoming_bind(irq, NULL, NULL);
	ptt_sip_refuse(irq, status, phrase, TAG_END());
	ptt_sip_request_free(req);
}

static int on_ack_cancel(nta_incoming_magic_t *magic, nta_incoming_t *irq, const sip_t *in)
{
	struct ptt_sip_request *req = (struct ptt_sip_request *)magic;
	struct ptt_dialog *dialog = req->dialog;
	bool initial = ptt_sip_request_is_initial(req);
	struct ptt_sip *sip = req->sip;

	if (!in || !in->sip_request || in->sip_request->rq_method != sip_method_cancel)
		return 0;
	if (req->in->sip_request->rq_method != sip_method_invite)
		return 0; /* RFC 3261 9.2: CANCEL has no effect on other requests */
	ptt_sip_refuse(irq, SIP_487_REQUEST_TERMINATED, TAG_END());
	if (req->delivered)
		sip->events->on_cancel(sip->ctx, req, dialog);
	ptt_sip_request_free(req);
	if (initial && dialog)
		ptt_sip_dialog_end(dialog);
	return 0;
}

uint32_t ptt_sip_request_count(const struct ptt_sip *sip)
{
	const struct ptt_sip_request *req;
	uint32_t count = 0;

	for (req = sip->requests; req; req = req->next)
		count++;
	return count;
}
