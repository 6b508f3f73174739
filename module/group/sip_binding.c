/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which file handles which event of the SIP server. */
#include "module/group/event_package.h"
#include "module/group/group_int.h"

static bool is_ours(void *ctx, const char *request_uri)
{
	return ptt_groups_find(ctx, request_uri) != NULL;
}

static bool is_rekeying(void *ctx)
{
	return ptt_groups_are_rekeying(ctx);
}

const struct ptt_sip_events ptt_group_sip_events = {
	.on_invite = ptt_join_on_invite,
	.on_reinvite = ptt_join_on_reinvite,
	.on_ack = ptt_offer_on_ack,
	.on_cancel = ptt_departure_on_cancel,
	.on_gone = ptt_departure_on_gone,
	.on_refer = ptt_refer_on_refer,
	.on_offer_result = ptt_offer_on_result,
	.is_ours = is_ours,
	.is_rekeying = is_rekeying,
	.on_ready = ptt_offer_on_ready,
	.on_refresh = ptt_offer_on_refresh,
	.on_subscribe = ptt_event_on_subscribe,
	.on_notified = ptt_event_on_notified,
};
