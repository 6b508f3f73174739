/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "crypto/random.h"
#include "module/base/clock.h"
#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/sip/offer_response.h"
#include "module/sip/sip_internal.h"

static int on_ack_cancel(nta_incoming_magic_t *magic, nta_incoming_t *irq, const sip_t *in);

static void give_tag(nta_incoming_t *irq)
{
	char tag[20];
	uint64_t id;

	if (ptt_random_bytes(&id, sizeof(id)) != PTT_OK)
		return; /* NTA makes one up */
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
	req->next = sip->requests;
	if (req->next)
		req->next->prev = req;
	sip->requests = req;
	if (!dialog)
		give_tag(irq);
	nta_incoming_bind(irq, on_ack_cancel, (nta_incoming_magic_t *)req);
	return req;
}

/* An INVITE that made its dialog takes it along unless it is answered with 2xx. */
static bool is_initial(const struct ptt_sip_request *req)
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
	if (req->creds_tried > 0 && is_initial(req))
		ptt_sip_join_done(sip);
	*(req->prev ? &req->prev->next : &sip->requests) = req->next;
	if (req->next)
		req->next->prev = req->prev;
	msg_destroy(req->msg);
	free(req);
	if (offers && dialog && dialog->uas == PTT_UAS_UNANSWERED)
		ptt_sip_uas_idle(dialog);
}

bool ptt_sip_request_waits(const struct ptt_sip *sip, struct ptt_bytes call_id)
{
	const struct ptt_sip_request *req = sip->requests;

	while (req && !ptt_bytes_equal(ptt_bytes_of_str(req->in->sip_call_id->i_id), call_id))
		req = req->next;
	return req != NULL;
}

void ptt_sip_refuse(
	nta_incoming_t *irq, int status, const char *phrase, tag_type_t tag, tag_value_t value, ...)
{
	ta_list ta;

	ta_start(ta, tag, value);
	nta_incoming_treply(irq, status, phrase, ta_tags(ta));
	ta_end(ta);
	nta_incoming_destroy(irq);
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
	bool initial = is_initial(req);
	struct ptt_sip *sip = req->sip;

	if (!in || !in->sip_request || in->sip_request->rq_method != sip_method_cancel)
		return 0;
	if (req->in->sip_request->rq_method != sip_method_invite)
		return 0; /* RFC 3261 9.2: no effect on others */
	ptt_sip_refuse(irq, SIP_487_REQUEST_TERMINATED, TAG_END());
	if (req->delivered)
		sip->events->on_cancel(sip->ctx, req, dialog);
	ptt_sip_request_free(req);
	if (initial && dialog)
		ptt_sip_dialog_end(dialog);
	return 0;
}

/* The identity of a request: From, or P-Asserted-Identity of a trusted neighbour, must be the
 * subscriber's. */
static bool has_identity(const struct ptt_naf_keys *keys, const url_t *url)
{
	char text[PTT_NAF_IMPU_LEN_MAX];
	url_t impu;

	for (size_t i = 0; i < keys->impu_count; i++) {
		memcpy(text, keys->impus[i], sizeof(text));
		text[sizeof(text) - 1] = '\0';
		if (url_d(&impu, text) == 0 && url_cmp(&impu, url) == 0)
			return true;
	}
	return false;
}

static bool is_trusted(const struct ptt_sip_request *req)
{
	char peer[80];
	size_t len;

	ptt_sip_peer_put(peer, sizeof(peer), req->msg);
	len = (size_t)(strrchr(peer, ':') - peer);
	for (size_t i = 0; i < req->sip->trusted_count; i++) {
		const char *host = req->sip->trusted[i];

		if (strlen(host) == len && strncasecmp(host, peer, len) == 0)
			return true;
	}
	return false;
}

static enum ptt_err asserted_get(char out[PTT_SIP_URI_SIZE], const struct ptt_sip_request *req,
	const struct ptt_naf_keys *keys)
{
	const sip_unknown_t *header;
	const sip_contact_t *list;

	for (header = req->in->sip_unknown; header; header = header->un_next) {
		if (!header->un_name || strcasecmp(header->un_name, "P-Asserted-Identity") != 0)
			continue;
		list = sip_contact_make(msg_home(req->msg), header->un_value);
		for (; list; list = list->m_next) {
			if (has_identity(keys, list->m_url))
				return ptt_sip_uri_put(out, list->m_url);
		}
	}
	return PTT_ERR_AUTH;
}

static enum ptt_err identity_get(char out[PTT_SIP_URI_SIZE], const struct ptt_sip_request *req,
	const struct ptt_naf_keys *keys)
{
	if (req->dialog && strcmp(req->dialog->impi, keys->impi) != 0)
		return PTT_ERR_AUTH;
	if (has_identity(keys, req->in->sip_from->a_url))
		return ptt_sip_uri_put(out, req->in->sip_from->a_url);
	return is_trusted(req) ? asserted_get(out, req, keys) : PTT_ERR_AUTH;
}

/* The victim of Refer-To: <sip:victim@domain;method=BYE>. */
static enum ptt_err refer_get(char out[PTT_SIP_URI_SIZE], const sip_t *in)
{
	const sip_refer_to_t *to = in->sip_refer_to;
	char method[16] = "";
	const char *param;

	if (!to)
		return PTT_ERR_MALFORMED;
	PTT_TRY(ptt_sip_uri_put(out, to->r_url));
	param = to->r_params ? msg_params_find(to->r_params, "method=") : NULL;
	if (param)
		snprintf(method, sizeof(method), "%s", param);
	else if (to->r_url->url_params)
		url_param(to->r_url->url_params, "method", method, sizeof(method));
	return strcasecmp(method, "BYE") == 0 ? PTT_OK : PTT_ERR_UNSUPPORTED;
}

static void tell_refer(struct ptt_sip_request *req, struct ptt_sip_info *info)
{
	char victim[PTT_SIP_URI_SIZE];

	switch (refer_get(victim, req->in)) {
	case PTT_OK:
		info->target = victim;
		req->delivered = true;
		req->sip->events->on_refer(req->sip->ctx, req, info);
		return;
	case PTT_ERR_UNSUPPORTED:
		ptt_sip_request_refuse(req, SIP_501_NOT_IMPLEMENTED);
		return;
	default:
		ptt_sip_request_refuse(req, 400, "Bad Refer-To Header");
	}
}

static void refresh(struct ptt_sip_request *req)
{
	struct ptt_dialog *dialog = req->dialog;
	char target[512];

	if (!dialog) /* an INVITE or UPDATE that came so far has one */
		return;
	ptt_sip_invite_came(dialog, req);
	ptt_offer_take_allow(dialog, req->in);
	if (req->in->sip_contact &&
		ptt_sip_target_put(target, sizeof(target), req->in->sip_contact->m_url) == PTT_OK &&
		ptt_dialog_set_target(dialog, target) != PTT_OK)
		ptt_log_limited(PTT_LOG_WARN, "no-memory", "call_id=%s", dialog->call_id);
}

static void tell(struct ptt_sip_request *req, struct ptt_sip_info *info)
{
	struct ptt_sip *sip = req->sip;

	info->dialog = req->dialog;
	ptt_sip_body_get(info, req->in);
	if (req->dialog && ptt_dialog_set_btid(req->dialog, info->btid) != PTT_OK) {
		ptt_sip_request_refuse(req, SIP_500_INTERNAL_SERVER_ERROR);
		return;
	}
	if (req->in->sip_request->rq_method == sip_method_refer) {
		tell_refer(req, info);
		return;
	}
	refresh(req);
	if (req->in->sip_request->rq_method == sip_method_subscribe) {
		ptt_sip_tell_subscribe(req, info);
		return;
	}
	if (is_initial(
		    req)) /* it is in the first row; of a later one that is refused nothing is taken */
		ptt_sip_session_take_request(req->dialog, req->in);
	info->is_update = req->in->sip_request->rq_method == sip_method_update;
	req->delivered = true;
	if (is_initial(req))
		sip->events->on_invite(sip->ctx, req, info);
	else
		sip->events->on_reinvite(sip->ctx, req, info);
}

void ptt_sip_request_proven(struct ptt_sip_request *req, const struct ptt_naf_keys *keys)
{
	char from[PTT_SIP_URI_SIZE], uri[PTT_SIP_URI_SIZE], btid[PTT_SIP_URI_SIZE];
	struct ptt_sip_info info = {
		.request_uri = uri,
		.from_uri = from,
		.keys = keys,
		.btid = btid,
		.call_id = req->in->sip_call_id->i_id,
	};

	snprintf(btid, sizeof(btid), "%.*s", (int)req->cred.username.len,
		(const char *)req->cred.username.data);
	if (identity_get(from, req, keys) != PTT_OK) {
		ptt_metric_inc_label(PTT_METRIC_DIGEST_FAILURES, "identity");
		ptt_log_limited(PTT_LOG_WARN, "identity-refused", "member=%s call_id=%s",
			keys->impi, req->in->sip_call_id->i_id);
		ptt_sip_request_refuse(req, SIP_403_FORBIDDEN);
		return;
	}
	if (ptt_sip_uri_put(uri, req->in->sip_request->rq_url) != PTT_OK) {
		ptt_sip_request_refuse(req, SIP_416_UNSUPPORTED_URI);
		return;
	}
	if (req->dialog)
		info.request_uri = req->dialog->group;
	if (is_initial(req) && !ptt_sip_invite_new(req, &info))
		return;
	tell(req, &info);
}

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

static int reply(struct ptt_sip_request *req, const struct ptt_sip_response *answer)
{
	char contact[160], retry[16], expires[16], warning[256], session[PTT_SIP_SESSION_SIZE] = "";
	const struct ptt_listener *at = ptt_sip_listener_of(req);
	bool good = answer->status < 300;
	bool subscribed = good && req->in->sip_request->rq_method == sip_method_subscribe;
	bool offers = good && (req->in->sip_request->rq_method == sip_method_invite ||
				      req->in->sip_request->rq_method == sip_method_update);
	bool names_events = good && req->sip->events->on_subscribe;
	char next[PTT_DIGEST_NEXT_SIZE] = "";
	bool has_next = good && ptt_digest_next_put(req->sip->digest, next, &req->cred,
					ptt_clock_ms()) == PTT_OK;
	sip_payload_t body;

	snprintf(contact, sizeof(contact), "<%s>", at ? at->contact : "sip:127.0.0.1");
	snprintf(retry, sizeof(retry), "%u", (unsigned)answer->retry_after_s);
	snprintf(expires, sizeof(expires), "%u", (unsigned)answer->expires_s);
	snprintf(warning, sizeof(warning), "%s", answer->warning ? answer->warning : "");
	if (offers && !is_initial(req))
		ptt_sip_session_take_request(req->dialog, req->in);
	if (offers)
		ptt_sip_session_put(session, req->dialog, false);
	sip_payload_init(&body);
	body.pl_data = (char *)(uintptr_t)answer->body.data;
	body.pl_len = (usize_t)answer->body.len;
	return nta_incoming_treply(req->irq, answer->status,
		answer->phrase ? answer->phrase : sip_status_phrase(answer->status),
		TAG_IF(good, SIPTAG_CONTACT_STR(contact)),
		TAG_IF(good, SIPTAG_ALLOW_STR(PTT_SIP_ALLOW)),
		TAG_IF(good, SIPTAG_SUPPORTED_STR(PTT_SIP_SUPPORTED)),
		TAG_IF(names_events, SIPTAG_ALLOW_EVENTS_STR(PTT_SIP_EVENTS)),
		TAG_IF(subscribed, SIPTAG_EXPIRES_STR(expires)),
		TAG_IF(session[0], SIPTAG_SESSION_EXPIRES_STR(session)),
		TAG_IF(session[0] && req->dialog->peer_timer, SIPTAG_REQUIRE_STR("timer")),
		TAG_IF(has_next, SIPTAG_AUTHENTICATION_INFO_STR(next)),
		TAG_IF(answer->retry_after_s, SIPTAG_RETRY_AFTER_STR(retry)),
		TAG_IF(answer->warning, SIPTAG_WARNING_STR(warning)),
		TAG_IF(answer->status == 415, SIPTAG_ACCEPT_STR(PTT_SIP_ACCEPT)),
		TAG_IF(answer->status == 202 && no_refer_sub(req),
			SIPTAG_HEADER_STR("Refer-Sub: false")),
		TAG_IF(answer->body.len, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
		TAG_IF(answer->body.len, SIPTAG_PAYLOAD(&body)), TAG_END());
}

enum ptt_err ptt_sip_respond(struct ptt_sip_request *req, const struct ptt_sip_response *answer)
{
	sip_method_t method = req->in->sip_request->rq_method;
	struct ptt_dialog *dialog = req->dialog;
	bool initial = is_initial(req), good = answer->status < 300;
	nta_incoming_t *irq = req->irq;
	struct ptt_sip *sip = req->sip;
	bool sent = reply(req, answer) == 0;

	if ((method == sip_method_invite || method == sip_method_update) && good && sent)
		ptt_sip_session_arm(dialog);
	if (method == sip_method_invite && good && sent) {
		ptt_sip_invite_answered(dialog, irq);
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
