/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The final response to a request that the owner got by an event. */
#include <stdio.h>

#include "module/base/clock.h"
#include "module/sip/sip_internal.h"

static void notify_refer(struct ptt_sip_request *req)
{
	struct ptt_dialog *dialog = req->dialog;

	if (!dialog && ptt_sip_dialog_make(&dialog, req, NULL) != PTT_OK)
		return;
	ptt_sip_send(req->sip, dialog, SIP_METHOD_NOTIFY, SIPTAG_EVENT_STR("refer"),
		SIPTAG_SUBSCRIPTION_STATE_STR("terminated;reason=noresource"),
		SIPTAG_CONTENT_TYPE_STR("message/sipfrag;version=2.0"),
		SIPTAG_PAYLOAD_STR("SIP/2.0 200 OK\r\n"), TAG_END());
	if (!req->dialog)
		ptt_dialog_free(dialog);
}

static bool no_refer_sub(const struct ptt_sip_request *req)
{
	const msg_header_t *header =
		msg_header_access((const msg_pub_t *)req->in, sip_refer_sub_class);

	return header && header->sh_class == sip_refer_sub_class &&
	       su_casematch(((const sip_refer_sub_t *)header)->rs_value, "false");
}

static int reply(struct ptt_sip_request *req, const struct ptt_sip_response *response)
{
	char contact[160], retry[16], expires[16], warning[256], session[PTT_SIP_SESSION_SIZE] = "";
	const struct ptt_listener *at = ptt_sip_listener_of(req);
	bool good = response->status < 300;
	bool subscribed = good && req->in->sip_request->rq_method == sip_method_subscribe;
	bool offers = good && (req->in->sip_request->rq_method == sip_method_invite ||
				      req->in->sip_request->rq_method == sip_method_update);
	bool names_events = good && req->sip->events->on_subscribe;
	char next[PTT_DIGEST_NEXT_SIZE] = "";
	bool has_next = good && ptt_digest_next_put(req->sip->digest, next, &req->cred,
					ptt_clock_ms()) == PTT_OK;
	sip_payload_t body;

	snprintf(contact, sizeof(contact), "<%s>", at ? at->contact : "sip:127.0.0.1");
	snprintf(retry, sizeof(retry), "%u", (unsigned)response->retry_after_s);
	snprintf(expires, sizeof(expires), "%u", (unsigned)response->expires_s);
	snprintf(warning, sizeof(warning), "%s", response->warning ? response->warning : "");
	if (offers && !ptt_sip_request_is_initial(req))
		ptt_sip_session_take_request(req->dialog, req->in);
	if (offers)
		ptt_sip_session_put(session, req->dialog, false);
	sip_payload_init(&body);
	body.pl_data = (char *)(uintptr_t)response->body.data;
	body.pl_len = (usize_t)response->body.len;
	return nta_incoming_treply(req->irq, response->status,
		response->phrase ? response->phrase : sip_status_phrase(response->status),
		TAG_IF(good, SIPTAG_CONTACT_STR(contact)),
		TAG_IF(good, SIPTAG_ALLOW_STR(PTT_SIP_ALLOW)),
		TAG_IF(good, SIPTAG_SUPPORTED_STR(PTT_SIP_SUPPORTED)),
		TAG_IF(names_events, SIPTAG_ALLOW_EVENTS_STR(PTT_SIP_EVENTS)),
		TAG_IF(subscribed, SIPTAG_EXPIRES_STR(expires)),
		TAG_IF(session[0], SIPTAG_SESSION_EXPIRES_STR(session)),
		TAG_IF(session[0] && req->dialog->session.peer_timer, SIPTAG_REQUIRE_STR("timer")),
		TAG_IF(has_next, SIPTAG_AUTHENTICATION_INFO_STR(next)),
		TAG_IF(response->retry_after_s, SIPTAG_RETRY_AFTER_STR(retry)),
		TAG_IF(response->warning, SIPTAG_WARNING_STR(warning)),
		TAG_IF(response->status == 415, SIPTAG_ACCEPT_STR(PTT_SIP_ACCEPT)),
		TAG_IF(response->status == 202 && no_refer_sub(req),
			SIPTAG_HEADER_STR("Refer-Sub: false")),
		TAG_IF(response->body.len, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
		TAG_IF(response->body.len, SIPTAG_PAYLOAD(&body)), TAG_END());
}

enum ptt_err ptt_sip_respond(struct ptt_sip_request *req, const struct ptt_sip_response *response)
{
	sip_method_t method = req->in->sip_request->rq_method;
	struct ptt_dialog *dialog = req->dialog;
	bool initial = ptt_sip_request_is_initial(req), good = response->status < 300;
	nta_incoming_t *irq = req->irq;
	struct ptt_sip *sip = req->sip;
	bool sent = reply(req, response) == 0;

	if ((method == sip_method_invite || method == sip_method_update) && good && sent)
		ptt_sip_session_arm(dialog);
	if (method == sip_method_invite && good && sent) {
		ptt_sip_invite_accepted(dialog, irq);
	} else {
		nta_incoming_bind(irq, NULL, NULL);
		nta_incoming_destroy(irq);
	}
	if (method == sip_method_refer && good && !no_refer_sub(req))
		notify_refer(req);
	ptt_sip_request_free(req);
	if (initial && good && !sent)
		sip->events->on_gone(sip->ctx, dialog, PTT_SIP_GONE_NO_ACK);
	if (initial && (!good || !sent))
		ptt_sip_dialog_end(dialog);
	return sent ? PTT_OK : PTT_ERR_SYSTEM;
}
