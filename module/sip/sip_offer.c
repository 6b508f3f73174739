/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Our offers in a dialog, and what their responses change in it. */
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

/* Counts the method of the offer, and logs an INVITE where the owner wanted an UPDATE. */
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

/* The peer's Allow lists UPDATE, but the peer refuses it: send INVITE from now on. */
static void stop_updates(struct ptt_dialog *dialog, uint16_t status)
{
	ptt_log(PTT_LOG_INFO, "update-refused", "member=%s group=%s call_id=%s status=%d",
		dialog->impi, dialog->group, dialog->call_id, status);
	dialog->allows_update = false;
}

void ptt_sip_offer_done(void *ctx, struct ptt_dialog *dialog, uint32_t cookie,
	const struct ptt_sip_result *result, const sip_t *response)
{
	struct ptt_sip_result delivered = *result;
	struct ptt_sip *sip = ctx;

	if (result->outcome == PTT_OFFER_UPDATE_REFUSED)
		stop_updates(dialog, result->status);
	if (dialog->ended) {
		ptt_sip_dialog_end_if_quiet(dialog);
		return;
	}
	dialog->was_busy = false;
	if (result->outcome == PTT_OFFER_SESSION_TOO_SHORT)
		delivered.session_raised = ptt_sip_session_too_short(dialog, response);
	else if (result->outcome == PTT_OFFER_ACCEPTED && response)
		ptt_sip_session_take_response(dialog, response);
	if (result->outcome != PTT_OFFER_ACCEPTED)
		ptt_metric_inc_label(PTT_METRIC_OFFERS,
			result->outcome == PTT_OFFER_GLARED ? "glared" : "failed");
	sip->events->on_offer_result(sip->ctx, dialog, cookie, &delivered);
}
