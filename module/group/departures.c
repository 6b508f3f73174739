/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Members that leave: by a BYE or CANCEL of their own, by silence, or because their MUK has expired. */
#include "module/base/fault_point.h"
#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/group/event_package.h"
#include "module/group/group_int.h"

void ptt_departure_end(
	struct ptt_member *member, enum ptt_tracker_event_kind kind, const char *label)
{
	PTT_FAULT("leave");
	ptt_metric_inc_label(PTT_METRIC_LEAVES, label);
	ptt_log(PTT_LOG_INFO, "left", "group=%s member=%s reason=%s call_id=%s", member->group->uri,
		ptt_member_name(member), label, member->dialog->call_id);
	ptt_group_announce(member->group, "left", ptt_member_name(member));
	ptt_event_left(member, kind == PTT_EV_LEAVE ? PTT_EVENT_DEPARTED : PTT_EVENT_FAILED);
	ptt_member_feed(member, kind, 0);
	ptt_member_free(member, true);
	PTT_FAULT("left");
}

void ptt_departure_expire_key(struct ptt_member *member)
{
	struct ptt_dialog *dialog = member->dialog;

	ptt_departure_end(member, PTT_EV_GONE, "key-expired");
	ptt_sip_bye(dialog, PTT_REASON_HEADER_EXPIRED);
}

void ptt_departure_on_cancel(void *ctx, struct ptt_sip_request *req, struct ptt_dialog *dialog)
{
	struct ptt_member *member = dialog->user;

	(void)ctx;
	if (!member || member->req != req)
		return;
	member->req = NULL;
	if (!member->acked) {
		ptt_departure_end(member, PTT_EV_LEAVE, "bye");
	} else if (member->response_generation != 0) {
		member->response_generation = 0;
		ptt_member_release_muk(member);
		ptt_member_feed(member, PTT_EV_UNSENT, 0);
	}
}

void ptt_departure_on_gone(void *ctx, struct ptt_dialog *dialog, enum ptt_sip_gone why)
{
	(void)ctx;
	if (!dialog->user)
		return;
	if (why == PTT_SIP_GONE_EXPIRED)
		ptt_departure_end(dialog->user, PTT_EV_GONE, "session-expired");
	else if (why == PTT_SIP_GONE_BYE)
		ptt_departure_end(dialog->user, PTT_EV_LEAVE, "bye");
	else
		ptt_departure_end(dialog->user, PTT_EV_GONE, "timeout");
}
