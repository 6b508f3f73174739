/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module's one symbol: the contract's calls, handed to the PF. */
#include <stdlib.h>

#include "module/server/server.h"
#include "module/sip/sip_server.h"

struct pttkey_instance {
	struct ptt_server server;
};

static struct ptt_server *server_of(struct pttkey_instance *instance)
{
	return (struct ptt_server *)instance;
}

static bool suits(const struct pttkey_host *host)
{
	return host->abi_version == PTTKEY_ABI_VERSION && host->size >= sizeof(*host);
}

static int preinit(const struct pttkey_host *host)
{
	if (!suits(host))
		return -1;
	(void)ptt_sip_preinit(); /* too late: re-keys go by Sofia's transport */
	return 0;
}

static int start(struct pttkey_instance **out, su_root_t *root, nta_agent_t *agent,
	const struct pttkey_host *host)
{
	struct ptt_server *server = suits(host) ? calloc(1, sizeof(*server)) : NULL;

	if (!server)
		return -1;
	server->env.root = root;
	server->agent = agent;
	server->host = host;
	if (ptt_server_start(server) != 0)
		return -1;
	*out = (struct pttkey_instance *)server;
	return 0;
}

static const char *endpoints(const struct pttkey_instance *instance)
{
	return instance->server.endpoints;
}

static enum pttkey_claim on_request(
	struct pttkey_instance *instance, nta_incoming_t *irq, const sip_t *sip)
{
	return ptt_sip_on_request(server_of(instance)->env.sip, irq, sip) ? PTTKEY_MINE
									  : PTTKEY_NOT_MINE;
}

static enum pttkey_claim on_response(
	struct pttkey_instance *instance, nta_outgoing_t *orq, const sip_t *sip)
{
	return ptt_sip_on_response(server_of(instance)->env.sip, orq, sip) ? PTTKEY_MINE
									   : PTTKEY_NOT_MINE;
}

static int reload(struct pttkey_instance *instance)
{
	return ptt_server_reload(server_of(instance));
}

static void drain(struct pttkey_instance *instance)
{
	ptt_server_drain(server_of(instance));
}

static void stop(struct pttkey_instance *instance)
{
	ptt_server_stop(server_of(instance));
}

const struct pttkey_module pttkey_module = {
	.abi_version = PTTKEY_ABI_VERSION,
	.size = sizeof(struct pttkey_module),
	.name = "pttkey",
	.version = PACKAGE_VERSION,
	.preinit = preinit,
	.start = start,
	.endpoints = endpoints,
	.on_request = on_request,
	.on_response = on_response,
	.reload = reload,
	.drain = drain,
	.stop = stop,
};
