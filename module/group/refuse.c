/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A final response that refuses. */
#include "module/base/log.h"
#include "module/group/group_int.h"

void ptt_refuse(struct ptt_sip_request *req, const struct ptt_sip_info *info, uint16_t status,
	const char *why)
{
	struct ptt_sip_response response = {
		.status = status, .retry_after_s = status == 503 ? 2 : 0};

	ptt_log_limited(PTT_LOG_INFO, "request-refused",
		"group=%s member=%s status=%u text=%s call_id=%s",
		info->request_uri ? info->request_uri : "", info->from_uri, status, why,
		info->call_id);
	if (ptt_sip_respond(req, &response) != PTT_OK)
		ptt_log_limited(PTT_LOG_WARN, "answer-not-sent", "member=%s status=%u",
			info->from_uri, status);
}
