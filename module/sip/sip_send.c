/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "module/base/list.h"
#include "module/base/log.h"
#include "module/sip/sip_internal.h"

/* A request of ours under way: for the count, and to destroy its transaction in ptt_sip_free(). */
struct ptt_sip_out {
	struct ptt_sip_out *next, **link;
	struct ptt_sip *sip;
	nta_outgoing_t *orq;
	ptt_sip_out_done_fn *done; /* NULL: nobody waits for the response */
	void *ctx;
};

static void out_free(struct ptt_sip_out *out)
{
	PTT_LIST_REMOVE(out, next, link);
	nta_outgoing_destroy(out->orq);
	free(out);
}

void ptt_sip_free_outs(struct ptt_sip *sip)
{
	while (sip->outs) {
		struct ptt_sip_out *next = sip->outs->next;

		out_free(sip->outs);
		sip->outs = next;
	}
}

static int on_response(nta_outgoing_magic_t *magic, nta_outgoing_t *orq, const sip_t *response)
{
	struct ptt_sip_out *out = (struct ptt_sip_out *)magic;
	int status = response && response->sip_status ? response->sip_status->st_status : 408;
	ptt_sip_out_done_fn *done = out->done;
	void *ctx = out->ctx;

	(void)orq;
	if (status < 200)
		return 0;
	out_free(out);
	if (done)
		done(ctx, status);
	return 0;
}

static msg_t *in_dialog_msg(
	struct ptt_sip *sip, struct ptt_dialog *dialog, sip_method_t method, const char *name)
{
	msg_t *msg = nta_msg_create(sip->agent, 0);
	su_home_t *home = msg_home(msg);
	bool contact = method == sip_method_notify && dialog->listener;
	struct ptt_route route = ptt_dialog_route(dialog);
	const char *routes = route.routes;
	char *uri;
	sip_t *out;

	if (!msg)
		return NULL;
	uri = su_strndup(home, (const char *)route.uri.data, (isize_t)route.uri.len);
	if (route.strict)
		routes = su_sprintf(
			home, "%s%s<%s>", routes, routes[0] ? "," : "", dialog->remote_target);
	out = sip_object(msg);
	if (uri && routes &&
		sip_add_tl(msg, out,
			SIPTAG_FROM_STR(su_sprintf(
				home, "<%s>;tag=%s", dialog->local_uri, dialog->local_tag)),
			SIPTAG_TO_STR(su_sprintf(
				home, "<%s>;tag=%s", dialog->remote_uri, dialog->remote_tag)),
			SIPTAG_CALL_ID_STR(dialog->call_id), SIPTAG_MAX_FORWARDS_STR("70"),
			TAG_IF(routes[0], SIPTAG_ROUTE_STR(routes)),
			TAG_IF(contact, SIPTAG_CONTACT_STR(su_sprintf(home, "<%s>",
						contact ? dialog->listener->contact : ""))),
			TAG_END()) >= 0 &&
		sip_add_dup(msg, out,
			(sip_header_t *)sip_cseq_create(
				home, dialog->cseq++, (unsigned)method, name)) >= 0 &&
		sip_add_dup(msg, out,
			(sip_header_t *)sip_request_create(
				home, method, name, (url_string_t *)uri, NULL)) >= 0)
		return msg;
	msg_destroy(msg);
	return NULL;
}

/* NULL: not sent; that is logged. */
static struct ptt_sip_out *send_msg(
	struct ptt_sip *sip, struct ptt_dialog *dialog, msg_t *msg, const tagi_t *tags)
{
	struct ptt_sip_out *out = calloc(1, sizeof(*out));

	if (out && msg && sip_add_tl(msg, sip_object(msg), TAG_NEXT(tags)) >= 0) {
		/* Without a connection the URI decides where to send, but always from the dialog's
		 * own listener. */
		tport_t *tport = ptt_dialog_connection(dialog);

		if (!tport && dialog->listener)
			tport = dialog->listener->tport;

		/* A strict router is at the Request-URI; Sofia alone would send to the Route. */
		struct ptt_route route = ptt_dialog_route(dialog);
		url_string_t *hop =
			route.strict ? (url_string_t *)sip_object(msg)->sip_request->rq_url : NULL;

		out->sip = sip;
		out->orq =
			nta_outgoing_mcreate(sip->agent, on_response, (nta_outgoing_magic_t *)out,
				hop, msg, TAG_IF(tport, NTATAG_TPORT(tport)), TAG_END());
	}
	if (out && out->orq) {
		PTT_LIST_ADD(sip->outs, out, next, link);
		return out;
	}
	ptt_log_limited(PTT_LOG_WARN, "request-not-sent", "call_id=%s", dialog->call_id);
	msg_destroy(msg);
	free(out);
	return NULL;
}

void ptt_sip_send(struct ptt_sip *sip, struct ptt_dialog *dialog, sip_method_t method,
	const char *name, tag_type_t tag, tag_value_t value, ...)
{
	ta_list ta;

	ta_start(ta, tag, value);
	send_msg(sip, dialog, in_dialog_msg(sip, dialog, method, name), ta_args(ta));
	ta_end(ta);
}

struct ptt_sip_out *ptt_sip_send_notify(struct ptt_dialog *dialog, ptt_sip_out_done_fn *done,
	void *ctx, tag_type_t tag, tag_value_t value, ...)
{
	struct ptt_sip_out *out;
	ta_list ta;

	ta_start(ta, tag, value);
	out = send_msg(dialog->sip, dialog, in_dialog_msg(dialog->sip, dialog, SIP_METHOD_NOTIFY),
		ta_args(ta));
	ta_end(ta);
	if (out) {
		out->done = done;
		out->ctx = ctx;
	}
	return out;
}

void ptt_sip_forget_notify(struct ptt_sip_out *out)
{
	out->done = NULL;
}

size_t ptt_sip_out_count(const struct ptt_sip *sip)
{
	const struct ptt_sip_out *out;
	size_t count = 0;

	for (out = sip->outs; out; out = out->next)
		count++;
	return count;
}
