/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SUBSCRIBE and its NOTIFYs. Spec: RFC 6665 (4.2 notifiers), RFC 4575 3.1 to 3.5. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "module/base/log.h"
#include "module/sip/sip_internal.h"

#define DOC_TYPE "application/conference-info+xml"
/* DATAGRAM: bytes that need no TCP (RFC 3261 18.1.1). NOTIFY_LINES: a generous bound of a NOTIFY
 * without its URIs, tags and body. */
enum { DATAGRAM = 1300, NOTIFY_LINES = 430, ROOM_LEAST = 300, ROOM_STREAM = 16000 };

/* ---- before authentication ---- */

static bool accepts(const sip_accept_t *list)
{
	if (!list)
		return true;
	for (; list; list = list->ac_next) {
		if (list->ac_type && (strcasecmp(list->ac_type, DOC_TYPE) == 0 ||
					     strcasecmp(list->ac_type, "application/*") == 0 ||
					     strcmp(list->ac_type, "*/*") == 0))
			return true;
	}
	return false;
}

/* Each NOTIFY repeats the id. */
static bool id_get(char out[PTT_SIP_EVENT_ID_SIZE], const sip_event_t *event)
{
	const char *id = event->o_id ? event->o_id : "";
	size_t len = strlen(id);

	if (len >= PTT_SIP_EVENT_ID_SIZE)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)id[i]) && !strchr("-.!%*_+`'~", id[i]))
			return false;
	}
	memcpy(out, id, len + 1);
	return true;
}

static uint32_t expires_of(const sip_t *in)
{
	if (!in->sip_expires || in->sip_expires->ex_delta > PTT_SIP_WATCH_MAX_S)
		return PTT_SIP_WATCH_MAX_S;
	return (uint32_t)in->sip_expires->ex_delta;
}

bool ptt_sip_refused_subscribe(
	struct ptt_sip *sip, nta_incoming_t *irq, const struct ptt_dialog *dialog, const sip_t *in)
{
	char id[PTT_SIP_EVENT_ID_SIZE], after[16];
	uint32_t expires_s = expires_of(in);

	if (!sip->events->on_subscribe || !in->sip_event || !in->sip_event->o_type ||
		strcasecmp(in->sip_event->o_type, PTT_SIP_EVENTS) != 0) {
		ptt_sip_refuse(irq, SIP_489_BAD_EVENT,
			TAG_IF(sip->events->on_subscribe, SIPTAG_ALLOW_EVENTS_STR(PTT_SIP_EVENTS)),
			TAG_END());
	} else if (!id_get(id, in->sip_event)) {
		ptt_sip_refuse(irq, 400, "Bad Event Id", TAG_END());
	} else if (dialog && (!dialog->watch || strcmp(dialog->watch->id, id) != 0)) {
		/* RFC 6665 4.5.2: subscriptions do not share a dialog. */
		ptt_sip_refuse(irq, 403, "One Subscription A Dialog", TAG_END());
	} else if (!accepts(in->sip_accept)) {
		ptt_sip_refuse(irq, SIP_406_NOT_ACCEPTABLE, SIPTAG_ACCEPT_STR(DOC_TYPE), TAG_END());
	} else if (expires_s > 0 && expires_s < PTT_SIP_WATCH_MIN_S) {
		snprintf(after, sizeof(after), "%d", PTT_SIP_WATCH_MIN_S);
		ptt_sip_refuse(
			irq, 423, "Interval Too Brief", SIPTAG_MIN_EXPIRES_STR(after), TAG_END());
	} else {
		return !dialog && ptt_sip_turned_away(sip, irq, in);
	}
	return true;
}

/* ---- authenticated ---- */

void ptt_sip_watch_info(struct ptt_sip_info *info, const struct ptt_sip_request *req)
{
	info->watch = req->dialog ? req->dialog->watch : NULL;
	info->dialog = NULL;
	info->expires_s = expires_of(req->in);
}

static void watch_free(struct ptt_sip_watch *watch)
{
	if (watch->notify)
		ptt_sip_forget_notify(watch->notify);
	ptt_dialog_free(watch->dialog);
	free(watch);
}

static enum ptt_err watch_new(struct ptt_sip_watch **out, const struct ptt_sip_request *req,
	const struct ptt_sip_info *info)
{
	struct ptt_sip_watch *watch = calloc(1, sizeof(*watch));
	enum ptt_err err;

	if (!watch)
		return PTT_ERR_SYSTEM;
	err = ptt_sip_dialog_make(&watch->dialog, req, info);
	if (err == PTT_OK && (!watch->dialog->listener || !id_get(watch->id, req->in->sip_event)))
		err = PTT_ERR_SYSTEM;
	if (err == PTT_OK)
		err = ptt_table_add(&req->sip->watches, &watch->dialog->node,
			ptt_dialog_hash(watch->dialog->call_id, watch->dialog->local_tag));
	if (err != PTT_OK) {
		watch_free(watch);
		return err;
	}
	watch->dialog->watch = watch;
	watch->dialog->confirmed = true;
	*out = watch;
	return PTT_OK;
}

enum ptt_err ptt_sip_watch_accept(
	struct ptt_sip_watch **out, struct ptt_sip_request *req, const struct ptt_sip_info *info)
{
	struct ptt_sip_response response = {.status = 200, .expires_s = info->expires_s};
	struct ptt_sip_watch *watch = info->watch;
	enum ptt_err err = watch ? PTT_OK : watch_new(&watch, req, info);

	if (err != PTT_OK) {
		response.status = err == PTT_ERR_SYSTEM ? 500 : 400;
		if (ptt_sip_respond(req, &response) != PTT_OK)
			ptt_log_limited(
				PTT_LOG_WARN, "answer-not-sent", "status=%u", response.status);
		return err;
	}
	/* A lost 200 does no harm: the NOTIFY confirms the subscription too (RFC 6665 4.1.2.4). */
	if (ptt_sip_respond(req, &response) != PTT_OK)
		ptt_log_limited(
			PTT_LOG_WARN, "answer-not-sent", "call_id=%s", watch->dialog->call_id);
	*out = watch;
	return PTT_OK;
}

/* ---- NOTIFY ---- */

size_t ptt_sip_watch_room(const struct ptt_sip_watch *watch)
{
	const struct ptt_dialog *dialog = watch->dialog;
	size_t head = NOTIFY_LINES + strlen(dialog->call_id) + strlen(dialog->local_tag) +
		      strlen(dialog->remote_tag) + strlen(dialog->local_uri) +
		      strlen(dialog->remote_uri) + strlen(dialog->route_set) +
		      strlen(dialog->remote_target) + 2 * strlen(dialog->listener->contact) +
		      strlen(watch->id);

	if (strcmp(dialog->listener->transport, "udp") != 0)
		return ROOM_STREAM;
	return head + ROOM_LEAST < DATAGRAM ? DATAGRAM - head : ROOM_LEAST;
}

static void on_notify_done(void *ctx, int status);

static bool notify(struct ptt_sip_watch *watch, const char *state, struct ptt_bytes body)
{
	char event[sizeof(PTT_SIP_EVENTS) + PTT_SIP_EVENT_ID_SIZE + 8];
	sip_payload_t payload;

	snprintf(event, sizeof(event), "%s%s%s", PTT_SIP_EVENTS, watch->id[0] ? ";id=" : "",
		watch->id);
	sip_payload_init(&payload);
	payload.pl_data = (char *)(uintptr_t)body.data;
	payload.pl_len = (usize_t)body.len;
	watch->notify = ptt_sip_send_notify(watch->dialog, on_notify_done, watch,
		SIPTAG_EVENT_STR(event), SIPTAG_SUBSCRIPTION_STATE_STR(state),
		TAG_IF(body.len, SIPTAG_CONTENT_TYPE_STR(DOC_TYPE)),
		TAG_IF(body.len, SIPTAG_PAYLOAD(&payload)), TAG_END());
	return watch->notify != NULL;
}

bool ptt_sip_notify(struct ptt_sip_watch *watch, uint32_t expires_s, struct ptt_bytes body)
{
	char state[40];

	snprintf(state, sizeof(state), "active;expires=%u", (unsigned)expires_s);
	return notify(watch, state, body);
}

void ptt_sip_watch_end(struct ptt_sip_watch *watch, const char *reason, struct ptt_bytes body)
{
	struct ptt_dialog *dialog = watch->dialog;
	char state[64];

	if (watch->notify)
		ptt_sip_forget_notify(watch->notify);
	watch->notify = NULL;
	if (reason) {
		snprintf(state, sizeof(state), "terminated;reason=%s", reason);
		notify(watch, state, body);
	}
	dialog->ended = true;
	ptt_sip_refuse_waiting(dialog, SIP_481_NO_TRANSACTION);
	ptt_table_remove(&dialog->sip->watches, &dialog->node);
	watch_free(watch);
}

static void on_notify_done(void *ctx, int status)
{
	struct ptt_sip_watch *watch = ctx;
	struct ptt_sip *sip = watch->dialog->sip;

	watch->notify = NULL;
	if (status >= 300)
		ptt_log_limited(PTT_LOG_INFO, "notify-refused", "member=%s status=%d call_id=%s",
			watch->dialog->impi, status, watch->dialog->call_id);
	sip->events->on_notified(sip->ctx, watch, status < 300);
	if (status >= 300)
		ptt_sip_watch_end(watch, NULL, (struct ptt_bytes){0});
}

struct ptt_dialog *ptt_sip_watch_of(const struct ptt_sip *sip, const sip_t *in)
{
	if (!in->sip_to->a_tag || !in->sip_from->a_tag)
		return NULL;
	return ptt_dialog_find(
		&sip->watches, in->sip_call_id->i_id, in->sip_to->a_tag, in->sip_from->a_tag);
}

void ptt_sip_free_watches(struct ptt_sip *sip)
{
	struct ptt_table_node *node;

	while ((node = ptt_table_any(&sip->watches))) {
		ptt_table_remove(&sip->watches, node);
		watch_free(((struct ptt_dialog *)node)->watch);
	}
	ptt_table_wipe(&sip->watches);
}
