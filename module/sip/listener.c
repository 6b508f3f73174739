/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The listeners: one for each transport and port of the agent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "module/sip/sip_internal.h"

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

/* The address to advertise. Bound to any address: the first Via of the agent with that
 * transport. */
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

/* A copy of the host without the brackets of IPv6. */
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
	/* A TLS certificate names the host as configured, not its address. */
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
