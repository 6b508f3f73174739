/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "module/base/clock.h"
#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/sip/sip_internal.h"

/* Authorization headers checked in one request, at most. */
enum { CREDS_MAX = 4 };

static void next_cred(struct ptt_sip_request *req);

static void challenge(struct ptt_sip_request *req)
{
	struct ptt_digest_challenge out;

	if (ptt_digest_challenge_put(req->sip->digest, &out, req->stale, ptt_clock_ms()) !=
		PTT_OK) {
		ptt_sip_request_refuse(req, SIP_500_INTERNAL_SERVER_ERROR);
		return;
	}
	nta_incoming_treply(req->irq, SIP_401_UNAUTHORIZED,
		SIPTAG_WWW_AUTHENTICATE_STR(out.value[0]),
		TAG_IF(out.count > 1, SIPTAG_WWW_AUTHENTICATE_STR(out.value[1])), TAG_END());
	nta_incoming_destroy(req->irq);
	ptt_sip_request_free(req);
}

static void fail(struct ptt_sip_request *req)
{
	const char *cause = req->stale ? "stale" : req->unknown ? "unknown-btid" : "wrong-password";

	if (req->creds_tried == 0) {
		ptt_metric_inc_label(PTT_METRIC_JOINS, "challenged");
	} else {
		ptt_metric_inc_label(PTT_METRIC_DIGEST_FAILURES, cause);
		ptt_log_limited(PTT_LOG_INFO, "digest-refused", "cause=%s call_id=%s", cause,
			req->in->sip_call_id->i_id);
	}
	challenge(req);
}

/* RFC 3261 22.4: the digest URI may differ from the Request-URI, but it must be one of ours. It is
 * if it equals the Request-URI or To, or names the host of the Request-URI or the address that we
 * listen on (SIPp writes that one). */
static bool uri_is_ours(const struct ptt_sip_request *req)
{
	const struct ptt_listener *listener;
	char text[512], contact[512];
	tport_t *tport;
	url_t uri, own;
	bool ours;

	if (req->cred.uri.len >= sizeof(text))
		return false;
	memcpy(text, req->cred.uri.data, req->cred.uri.len);
	text[req->cred.uri.len] = '\0';
	if (url_d(&uri, text) < 0 || !uri.url_host)
		return false;
	if (url_cmp(&uri, req->in->sip_request->rq_url) == 0 ||
		url_cmp(&uri, req->in->sip_to->a_url) == 0)
		return true;
	if (uri.url_user)
		return false;
	tport = nta_incoming_transport(req->sip->agent, req->irq, req->msg);
	listener = tport ? ptt_sip_listener(req->sip, tport) : NULL;
	if (tport)
		tport_unref(tport);
	if (!listener)
		return false;
	snprintf(contact, sizeof(contact), "%s", listener->contact);
	ours = url_d(&own, contact) == 0 && strcasecmp(uri.url_host, own.url_host) == 0;
	return ours || strcasecmp(uri.url_host, req->in->sip_request->rq_url->url_host) == 0;
}

static enum ptt_err check(struct ptt_sip_request *req, const struct ptt_naf_keys *keys)
{
	struct ptt_sip_info info = {0};
	struct ptt_digest_target target = {.method = req->in->sip_request->rq_method_name};

	if (keys->err == PTT_ERR_NO_KEY)
		return PTT_ERR_AUTH;
	PTT_TRY(keys->err);
	req->unknown = false;
	ptt_sip_body_get(&info, req->in);
	target.body = info.body;
	if (!uri_is_ours(req))
		return PTT_ERR_AUTH;
	return ptt_digest_auth_check(
		req->sip->digest, &req->cred, &target, &keys->mrk, ptt_clock_ms());
}

static void on_keys(void *ctx, const struct ptt_naf_keys *keys)
{
	struct ptt_sip_request *req = ctx;

	req->looking_up = false;
	switch (check(req, keys)) {
	case PTT_OK:
		ptt_sip_request_proven(req, keys);
		return;
	case PTT_ERR_BUSY:
		nta_incoming_treply(req->irq, SIP_503_SERVICE_UNAVAILABLE,
			SIPTAG_RETRY_AFTER_STR("2"), TAG_END());
		nta_incoming_destroy(req->irq);
		ptt_sip_request_free(req);
		return;
	case PTT_ERR_SYSTEM:
		ptt_sip_request_refuse(req, SIP_500_INTERNAL_SERVER_ERROR);
		return;
	case PTT_ERR_REPLAY:
		req->stale = true;
		break;
	default:
		break;
	}
	next_cred(req);
}

/* Looks up the next Authorization with our realm. The first one that verifies counts. */
static void next_cred(struct ptt_sip_request *req)
{
	char btid[PTT_SIP_URI_SIZE];

	while (req->cred_next && req->creds_tried < CREDS_MAX) {
		const msg_auth_t *header = req->cred_next;

		req->cred_next = header->au_next;
		req->creds_tried++;
		if (!header->au_scheme || strcasecmp(header->au_scheme, "Digest") != 0 ||
			ptt_digest_cred_get(&req->cred, (const char *const *)header->au_params) !=
				PTT_OK ||
			!ptt_digest_is_ours(req->sip->digest, &req->cred) ||
			req->cred.username.len >= sizeof(btid))
			continue;
		memcpy(btid, req->cred.username.data, req->cred.username.len);
		btid[req->cred.username.len] = '\0';
		req->looking_up = true;
		ptt_naf_lookup(req->sip->naf, btid, on_keys, req);
		return;
	}
	fail(req);
}

void ptt_sip_authenticate_request(struct ptt_sip_request *req, nta_incoming_t *irq)
{
	if (!req) {
		ptt_sip_refuse(irq, SIP_500_INTERNAL_SERVER_ERROR, TAG_END());
		return;
	}
	req->cred_next = req->in->sip_authorization;
	req->unknown = true;
	next_cred(req);
}

void ptt_sip_authenticate(struct ptt_sip *sip, nta_incoming_t *irq, struct ptt_dialog *dialog)
{
	ptt_sip_authenticate_request(ptt_sip_request_new(sip, irq, dialog), irq);
}
