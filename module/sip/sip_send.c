/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "module/base/log.h"
#include "module/sip/sip_internal.h"

/* A request of ours under way, only to be counted and to be left behind in good order. */
struct ptt_sip_out {
	struct ptt_sip_out *next, *prev;
	struct ptt_sip *sip;
	nta_outgoing_t *orq;
	struct ptt_sip_watch *watch; /* hears of the answer, or NULL */
};

static void listener_free(struct ptt_listener *listener)
{
	ptt_sip_io_close(listener);
	free((char *)listener->contact);
	free((char *)listener->via);
	free((char *)listener->transport);
	free((char *)listener->address);
	free(listener);
}

static char *format(const char *fmt, const char *a, const char *b, const char *c)
{
	char *out;

	return asprintf(&out, fmt, a, b, c) < 0 ? NULL : out;
}

/* Bound to any address: the first of ours with that transport stands for it. */
static const char *host_of(nta_agent_t *agent, const tp_name_t *name, const char *transport)
{
	const sip_via_t *via;

	if (strcmp(name->tpn_host, "0.0.0.0") != 0 && strcmp(name->tpn_host, "*") != 0 &&
		strcmp(name->tpn_host, "::") != 0 && strcmp(name->tpn_host, "[::]") != 0)
		return name->tpn_host;
	for (via = nta_agent_via(agent); via; via = via->v_next) {
		const char *slash = via->v_protocol ? strrchr(via->v_protocol, '/') : NULL;

		if (slash && strcasecmp(slash + 1, transport) == 0)
			return via->v_host;
	}
	return name->tpn_host;
}

/* Without the brackets of IPv6. */
static char *bare_address(const char *host)
{
	bool brackets = *host == '[';

	return strndup(host + brackets, strcspn(host + brackets, "]"));
}

static struct ptt_listener *listener_new(struct ptt_sip *sip, tport_t *primary)
{
	const tp_name_t *name = tport_name(primary);
	struct ptt_listener *listener = calloc(1, sizeof(*listener));
	bool udp = strcasecmp(name->tpn_proto, "udp") == 0;
	bool tls = strcasecmp(name->tpn_proto, "tls") == 0;
	const char *upper = udp ? "UDP" : tls ? "TLS" : "TCP";
	const char *host = host_of(sip->agent, name, upper);

	if (!listener)
		return NULL;
	listener->address = bare_address(host);
	/* Its certificate is for the name that it was told to listen at. */
	if (tls && host == name->tpn_host)
		host = name->tpn_canon;
	listener->tport = primary;
	listener->contact = format(udp   ? "sip:%s:%s%.0s"
				   : tls ? "sip:%s:%s;transport=tls%.0s"
					 : "sip:%s:%s;transport=tcp%.0s",
		host, name->tpn_port, "");
	listener->via = format("SIP/2.0/%s %s:%s", upper, host, name->tpn_port);
	listener->transport = strdup(udp ? "udp" : tls ? "tls" : "tcp");
	if (listener->contact && listener->via && listener->transport && listener->address) {
		if (udp)
			ptt_sip_io_open(sip, listener);
		return listener;
	}
	listener_free(listener);
	return NULL;
}

const struct ptt_listener *ptt_sip_listener(struct ptt_sip *sip, tport_t *tport)
{
	tport_t *primary = tport_parent(tport);
	struct ptt_listener **link;

	for (link = &sip->listeners; *link; link = &(*link)->next) {
		if ((*link)->tport == primary)
			return *link;
	}
	*link = listener_new(sip, primary);
	return *link;
}

void ptt_sip_find_listeners(struct ptt_sip *sip)
{
	tport_t *primary;

	for (primary = tport_primaries(nta_agent_tports(sip->agent)); primary;
		primary = tport_next(primary))
		ptt_sip_listener(sip, primary);
}

void ptt_sip_free_listeners(struct ptt_sip *sip)
{
	while (sip->listeners) {
		struct ptt_listener *next = sip->listeners->next;

		listener_free(sip->listeners);
		sip->listeners = next;
	}
}

static void out_free(struct ptt_sip_out *out)
{
	*(out->prev ? &out->prev->next : &out->sip->outs) = out->next;
	if (out->next)
		out->next->prev = out->prev;
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

static int on_answer(nta_outgoing_magic_t *magic, nta_outgoing_t *orq, const sip_t *answer)
{
	struct ptt_sip_out *out = (struct ptt_sip_out *)magic;
	int status = answer && answer->sip_status ? answer->sip_status->st_status : 408;
	struct ptt_sip_watch *watch = out->watch;

	(void)orq;
	if (status < 200)
		return 0;
	out_free(out);
	if (watch)
		ptt_sip_watch_answered(watch, status);
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

/* NULL: not sent, and logged. */
static struct ptt_sip_out *send_msg(
	struct ptt_sip *sip, struct ptt_dialog *dialog, msg_t *msg, const tagi_t *tags)
{
	struct ptt_sip_out *out = calloc(1, sizeof(*out));

	if (out && msg && sip_add_tl(msg, sip_object(msg), TAG_NEXT(tags)) >= 0) {
		/* Without a connection the URI decides, but never another port of ours than the
		 * dialog's. */
		tport_t *tport = ptt_dialog_connection(dialog);

		if (!tport && dialog->listener)
			tport = dialog->listener->tport;

		/* A strict router is where the Request-URI says; the library would go by Route. */
		struct ptt_route route = ptt_dialog_route(dialog);
		url_string_t *hop =
			route.strict ? (url_string_t *)sip_object(msg)->sip_request->rq_url : NULL;

		out->sip = sip;
		out->orq = nta_outgoing_mcreate(sip->agent, on_answer, (nta_outgoing_magic_t *)out,
			hop, msg, TAG_IF(tport, NTATAG_TPORT(tport)), TAG_END());
	}
	if (out && out->orq) {
		out->next = sip->outs;
		if (out->next)
			out->next->prev = out;
		sip->outs = out;
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

bool ptt_sip_send_notify(struct ptt_sip_watch *watch, tag_type_t tag, tag_value_t value, ...)
{
	struct ptt_dialog *dialog = watch->dialog;
	ta_list ta;

	ta_start(ta, tag, value);
	watch->notify = send_msg(dialog->sip, dialog,
		in_dialog_msg(dialog->sip, dialog, SIP_METHOD_NOTIFY), ta_args(ta));
	ta_end(ta);
	if (watch->notify)
		watch->notify->watch = watch;
	return watch->notify != NULL;
}

void ptt_sip_forget_notify(struct ptt_sip_out *out)
{
	out->watch = NULL;
}

size_t ptt_sip_waiting(const struct ptt_sip *sip)
{
	const struct ptt_sip_request *req;
	const struct ptt_sip_out *out;
	size_t count = 0;

	for (req = sip->requests; req; req = req->next)
		count++;
	for (out = sip->outs; out; out = out->next)
		count++;
	return count;
}
