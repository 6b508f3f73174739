/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks of every request but ACK and CANCEL. They run before the digest challenge. */
#include <stdio.h>
#include <strings.h>

#include "module/sip/sip_internal.h"

static bool known_option(const char *option)
{
	return strcasecmp(option, "norefersub") == 0 || strcasecmp(option, "timer") == 0;
}

/* RFC 3261 8.2.2.3 */
static bool refused_extension(nta_incoming_t *irq, const msg_list_t *required)
{
	char bad[256] = "";
	size_t used = 0;

	for (; required; required = required->k_next) {
		for (size_t i = 0; required->k_items && required->k_items[i]; i++) {
			if (known_option(required->k_items[i]) || used >= sizeof(bad) - 1)
				continue;
			used += (size_t)snprintf(bad + used, sizeof(bad) - used, "%s%s",
				used ? ", " : "", required->k_items[i]);
		}
	}
	if (!used)
		return false;
	ptt_sip_refuse(irq, SIP_420_BAD_EXTENSION,
		TAG_IF(used < sizeof(bad), SIPTAG_UNSUPPORTED_STR(bad)), TAG_END());
	return true;
}

static bool type_is_known(const sip_content_type_t *type)
{
	return !type || !type->c_type || strcasecmp(type->c_type, "application/sdp") == 0 ||
	       strcasecmp(type->c_type, "multipart/mixed") == 0 ||
	       strcasecmp(type->c_type, "application/resource-lists+xml") == 0;
}

/* RFC 3261 8.2.3 */
static bool refused_body(nta_incoming_t *irq, const sip_t *in)
{
	const sip_content_encoding_t *coding = in->sip_content_encoding;
	bool offers = in->sip_request->rq_method == sip_method_invite ||
		      in->sip_request->rq_method == sip_method_update;

	if (!in->sip_payload || !in->sip_payload->pl_len)
		return false;
	if (in->sip_payload->pl_len > PTT_SIP_BODY_MAX) {
		ptt_sip_refuse(irq, SIP_413_REQUEST_TOO_LARGE, TAG_END());
		return true;
	}
	if (!offers)
		return false;
	if (coding && coding->k_items && coding->k_items[0] &&
		strcasecmp(coding->k_items[0], "identity") != 0) {
		ptt_sip_refuse(irq, SIP_415_UNSUPPORTED_MEDIA,
			SIPTAG_ACCEPT_ENCODING_STR("identity"), TAG_END());
		return true;
	}
	if (type_is_known(in->sip_content_type))
		return false;
	ptt_sip_refuse(
		irq, SIP_415_UNSUPPORTED_MEDIA, SIPTAG_ACCEPT_STR(PTT_SIP_ACCEPT), TAG_END());
	return true;
}

bool ptt_sip_refused_form(nta_incoming_t *irq, const sip_t *in)
{
	const url_t *url = in->sip_request->rq_url;

	if (url->url_type != url_sip && url->url_type != url_sips) {
		ptt_sip_refuse(irq, SIP_416_UNSUPPORTED_URI, TAG_END());
		return true;
	}
	if (!url->url_host || !in->sip_from->a_tag || !in->sip_from->a_tag[0]) {
		ptt_sip_refuse(irq, 400, url->url_host ? "Missing From Tag" : "Bad Request-URI",
			TAG_END());
		return true;
	}
	return refused_extension(irq, in->sip_require) ||
	       refused_extension(irq, in->sip_proxy_require) || refused_body(irq, in);
}

/* RFC 3261 12.2.2 */
bool ptt_sip_refused_order(nta_incoming_t *irq, struct ptt_dialog *dialog, const sip_t *in)
{
	uint32_t cseq = in->sip_cseq->cs_seq;

	if (cseq < dialog->remote_cseq) {
		ptt_sip_refuse(irq, 500, "CSeq Out Of Order", TAG_END());
		return true;
	}
	if (cseq == dialog->remote_cseq) {
		ptt_sip_refuse(irq, 482, "Request Merged", TAG_END());
		return true;
	}
	dialog->remote_cseq = cseq;
	return false;
}
