/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An authenticated request: checks the identity, reads the content, and calls the owner's event. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/sip/offer_response.h"
#include "module/sip/sip_internal.h"

/* Is the URI one of the subscriber's? A request's identity is its From, or the P-Asserted-Identity
 * of a trusted neighbour. */
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

/* The URI of Refer-To: <sip:victim@domain;method=BYE>. */
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

	if (!dialog) /* an initial SUBSCRIBE */
		return;
	ptt_sip_invite_came(dialog, req);
	ptt_offer_take_allow(dialog, req->in);
	if (req->in->sip_contact &&
		ptt_sip_target_put(target, sizeof(target), req->in->sip_contact->m_url) == PTT_OK &&
		ptt_dialog_set_target(dialog, target) != PTT_OK)
		ptt_log_limited(PTT_LOG_WARN, "no-memory", "call_id=%s", dialog->call_id);
}

static void tell_subscribe(struct ptt_sip_request *req, struct ptt_sip_info *info)
{
	ptt_sip_watch_info(info, req);
	req->delivered = true;
	req->sip->events->on_subscribe(req->sip->ctx, req, info);
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
		tell_subscribe(req, info);
		return;
	}
	/* The first row needs the session timer. Of a later request it counts after our 2xx. */
	if (ptt_sip_request_is_initial(req))
		ptt_sip_session_take_request(req->dialog, req->in);
	info->is_update = req->in->sip_request->rq_method == sip_method_update;
	req->delivered = true;
	if (ptt_sip_request_is_initial(req))
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
	if (ptt_sip_request_is_initial(req) && !ptt_sip_invite_new(req, &info))
		return;
	tell(req, &info);
}
