/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sheds new requests during an overload, which core/overload.h decides, and while draining. */
#include <stdio.h>

#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/sip/sip_internal.h"

void ptt_sip_set_overload(struct ptt_sip *sip, const struct ptt_overload_limits *limits)
{
	ptt_overload_set(&sip->overload, limits);
}

static void log_draining(const sip_t *in)
{
	ptt_metric_inc_label(PTT_METRIC_JOINS, "draining");
	ptt_log_limited(PTT_LOG_INFO, "join-refused",
		"cause=draining group=%s member=%s call_id=%s", in->sip_request->rq_url->url_user,
		in->sip_from->a_url->url_user, in->sip_call_id->i_id);
}

uint32_t ptt_sip_count_shed(struct ptt_sip *sip, bool is_join)
{
	ptt_metric_inc_label(PTT_METRIC_SHED, is_join ? "invite" : "subscribe");
	if (is_join)
		ptt_metric_inc_label(PTT_METRIC_JOINS, "shed");
	sip->overload.shed++;
	return ptt_overload_retry_after_s(&sip->overload);
}

bool ptt_sip_sheds(const struct ptt_sip *sip, bool has_credentials)
{
	return ptt_overload_sheds(&sip->overload, has_credentials);
}

void ptt_sip_let_in(struct ptt_sip *sip)
{
	ptt_overload_took(&sip->overload);
}

void ptt_sip_join_done(struct ptt_sip *sip)
{
	ptt_overload_done(&sip->overload);
}

bool ptt_sip_turned_away(struct ptt_sip *sip, nta_incoming_t *irq, const sip_t *in)
{
	bool is_join = in->sip_request->rq_method == sip_method_invite;
	bool has_credentials = in->sip_authorization != NULL;
	uint32_t after_s = sip->draining_s;
	char after[16];

	if (after_s && is_join) {
		log_draining(in);
	} else if (!after_s) {
		if (!ptt_sip_sheds(sip, has_credentials)) {
			if (is_join && !has_credentials)
				ptt_sip_let_in(sip);
			return false;
		}
		after_s = ptt_sip_count_shed(sip, is_join);
	}
	snprintf(after, sizeof(after), "%u", (unsigned)after_s);
	ptt_sip_refuse(irq, SIP_503_SERVICE_UNAVAILABLE, SIPTAG_RETRY_AFTER_STR(after), TAG_END());
	return true;
}
