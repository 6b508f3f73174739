/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/sip/offer_response.h"

#include <sofia-sip/msg_header.h>
#include <sofia-sip/sip_util.h>
#include <string.h>

#include "crypto/random.h"
#include "module/base/log.h"

/* RFC 3261 14.1, in steps of 10 ms: 2.1 to 4 s if the Call-ID is ours, 0 to 2 s if not. */
static uint32_t glare_ms(const struct ptt_dialog *dialog)
{
	uint32_t random = 100;

	if (ptt_random_bytes(&random, sizeof(random)) != PTT_OK)
		random = 100;
	return dialog->caller ? 2100 + random % 191 * 10 : random % 201 * 10;
}

bool ptt_offer_response_is_of(const struct ptt_dialog *dialog, const sip_t *response)
{
	bool final = response->sip_status->st_status >= 200;
	const char *remote = response->sip_to->a_tag, *local = response->sip_from->a_tag;

	return strcmp(response->sip_call_id->i_id, dialog->call_id) == 0 && local &&
	       strcmp(local, dialog->local_tag) == 0 &&
	       ((!final && !remote) || (remote && strcmp(remote, dialog->remote_tag) == 0));
}

void ptt_offer_take_allow(struct ptt_dialog *dialog, const sip_t *in)
{
	if (in->sip_allow)
		dialog->allows_update = msg_params_find(in->sip_allow->k_items, "UPDATE") != NULL;
}

bool ptt_offer_take_target(struct ptt_dialog *dialog, const sip_t *response)
{
	char target[512];
	url_t url;

	ptt_offer_take_allow(dialog, response);
	if (!response->sip_contact)
		return false;
	url = *response->sip_contact->m_url;
	url.url_headers = NULL;
	if ((url.url_type != url_sip && url.url_type != url_sips) || !url.url_host ||
		url_e(target, sizeof(target), &url) >= (issize_t)sizeof(target) ||
		strcmp(target, dialog->remote_target) == 0)
		return false;
	if (ptt_dialog_set_target(dialog, target) == PTT_OK)
		return true;
	ptt_log_limited(PTT_LOG_WARN, "no-memory", "call_id=%s", dialog->call_id);
	return false;
}

enum ptt_offer_outcome ptt_offer_outcome_of(const sip_t *response)
{
	bool is_update = response->sip_cseq->cs_method == sip_method_update;
	int status = response->sip_status->st_status;

	if (status < 300)
		return PTT_OFFER_ACCEPTED;
	switch (status) {
	case 405:
	case 501:
		return is_update ? PTT_OFFER_UPDATE_REFUSED : PTT_OFFER_REFUSED;
	case 422:
		return PTT_OFFER_SESSION_TOO_SHORT;
	case 491:
		return PTT_OFFER_GLARED;
	default:
		return PTT_OFFER_REFUSED;
	}
}

struct ptt_sip_result ptt_offer_result_of(const struct ptt_dialog *dialog, const sip_t *response)
{
	int status = response->sip_status->st_status;
	struct ptt_sip_result result = {
		.outcome = ptt_offer_outcome_of(response),
		.status = (uint16_t)status,
		.content_type = "",
	};

	if (response->sip_payload)
		result.body = (struct ptt_bytes){(const uint8_t *)response->sip_payload->pl_data,
			response->sip_payload->pl_len};
	if (response->sip_content_type && response->sip_content_type->c_type)
		result.content_type = response->sip_content_type->c_type;
	if (response->sip_retry_after)
		result.retry_after_s = (uint32_t)response->sip_retry_after->af_delta;
	if (response->sip_warning)
		result.warning = (uint16_t)response->sip_warning->w_code;
	result.gone =
		sip_response_terminates_dialog(status, response->sip_cseq->cs_method, NULL) != 0;
	if (result.outcome == PTT_OFFER_GLARED)
		result.glare_ms = glare_ms(dialog);
	return result;
}

static bool is_text(struct ptt_bytes bytes, const char *text)
{
	return strncmp((const char *)bytes.data, text, bytes.len) == 0 && text[bytes.len] == '\0';
}

bool ptt_fast_200_is_plain(const struct ptt_dialog *dialog, const struct ptt_fast_200 *reply)
{
	return dialog->session.interval_s ==
		       0 && /* else a missing Session-Expires ends the timer */
	       is_text(reply->call_id, dialog->call_id) &&
	       is_text(reply->from_tag, dialog->local_tag) &&
	       is_text(reply->to_tag, dialog->remote_tag) &&
	       (reply->target.len == 0 || is_text(reply->target, dialog->remote_target)) &&
	       (!reply->has_allow || reply->allows_update == dialog->allows_update);
}
