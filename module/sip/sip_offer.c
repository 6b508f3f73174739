/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Offers of ours in a dialog, and what their responses say of it. */
#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/sip/sip_internal.h"

bool ptt_sip_can_offer(struct ptt_dialog *dialog)
{
	bool busy = dialog->offer || dialog->uas != PTT_UAS_IDLE;

	dialog->was_busy = busy && !dialog->ended;
	return !busy && !dialog->ended;
}

void ptt_sip_want_update(struct ptt_dialog *dialog, bool wanted)
{
	dialog->wants_update = wanted;
}

/* By what it goes: counted, and said where it is not what was wanted. */
static void note_method(const struct ptt_dialog *dialog)
{
	bool update = ptt_dialog_by_update(dialog);

	if (dialog->wants_update && !update)
		ptt_log(PTT_LOG_DEBUG, "offer-by-invite",
			"member=%s group=%s call_id=%s text=the peer does not allow UPDATE",
			dialog->impi, dialog->group, dialog->call_id);
	ptt_metric_inc_label(PTT_METRIC_OFFER_METHODS, update                 ? "update"
						       : dialog->wants_update ? "invite-for-update"
									      : "invite");
}

enum ptt_err ptt_sip_offer(struct ptt_dialog *dialog, const char *body, size_t len, uint32_t cookie)
{
	enum ptt_err err;

	if (!ptt_sip_can_offer(dialog))
		return PTT_ERR_BUSY;
	err = ptt_offer_tx_send(dialog->sip->offers, dialog,
		(struct ptt_bytes){(const uint8_t *)body, len}, cookie);
	if (err == PTT_OK)
		note_method(dialog);
	return err;
}

/* Allow said that he does UPDATE, and he does not: from now on he gets INVITE. */
static void take_refusal(struct ptt_dialog *dialog, const sip_t *answer)
{
	int status = answer->sip_status->st_status;

	if (answer->sip_cseq->cs_method != sip_method_update || (status != 405 && status != 501))
		return;
	ptt_log(PTT_LOG_INFO, "update-refused", "member=%s group=%s call_id=%s status=%d",
		dialog->impi, dialog->group, dialog->call_id, status);
	dialog->allows_update = false;
}

void ptt_sip_offer_done(void *ctx, struct ptt_dialog *dialog, uint32_t cookie,
	const struct ptt_sip_result *result, const sip_t *answer)
{
	struct ptt_sip_result delivered = *result;
	struct ptt_sip *sip = ctx;

	if (answer)
		take_refusal(dialog, answer);
	if (dialog->ended) {
		ptt_sip_dialog_end_if_quiet(dialog);
		return;
	}
	dialog->was_busy = false;
	if (answer) {
		ptt_sip_session_take_answer(dialog, answer);
		delivered.session_raised = ptt_sip_session_too_short(dialog, answer);
	}
	if (result->status >= 300)
		ptt_metric_inc_label(
			PTT_METRIC_OFFERS, result->status == 491 ? "glared" : "failed");
	sip->events->on_offer_result(sip->ctx, dialog, cookie, &delivered);
}
