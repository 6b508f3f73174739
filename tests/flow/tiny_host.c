/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A second host for mod_pttkey.so, with a service of its own (it answers MESSAGE to sip:echo@...)
 * and without a default outgoing transaction: the ABI is no private matter of pttkeyd.
 * usage: tiny_host MODULE CONFIG; says "ready" on stdout, ends on SIGTERM.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <sofia-sip/sip_header.h>

#include "module/abi/pttkey_module.h"

static const struct pttkey_module *module;
static struct pttkey_instance *instance;
static volatile sig_atomic_t ended;

static int on_request(nta_leg_magic_t *magic, nta_leg_t *leg, nta_incoming_t *irq, const sip_t *sip)
{
	(void)magic;
	(void)leg;
	if (sip->sip_request->rq_url->url_user &&
		strcmp(sip->sip_request->rq_url->url_user, "echo") == 0)
		return sip->sip_request->rq_method == sip_method_message ? 200 : 405;
	return module->on_request(instance, irq, sip) == PTTKEY_MINE ? 0 : 604;
}

static void on_term(int sig)
{
	(void)sig;
	ended = 1;
}

static int serve(su_root_t *root, nta_agent_t *agent, const struct pttkey_host *host)
{
	nta_leg_t *leg;

	if (module->preinit(host) != 0 || module->start(&instance, root, agent, host) != 0)
		return 1;
	leg = nta_leg_tcreate(agent, on_request, NULL, NTATAG_NO_DIALOG(1), TAG_END());
	printf("{\"event\":\"ready\",\"endpoints\":%s}\n", module->endpoints(instance));
	fflush(stdout);
	while (!ended)
		su_root_step(root, 100);
	module->stop(instance);
	nta_leg_destroy(leg);
	return 0;
}

int main(int argc, char **argv)
{
	struct pttkey_host host = {.abi_version = PTTKEY_ABI_VERSION, .size = sizeof(host)};
	void *handle = argc == 3 ? dlopen(argv[1], RTLD_NOW) : NULL;
	struct sigaction action = {.sa_handler = on_term};
	nta_agent_t *agent;
	su_root_t *root;
	int status = 1;

	if (!handle) {
		fprintf(stderr, "usage: tiny_host MODULE CONFIG (%s)\n",
			argc == 3 ? dlerror() : "");
		return 2;
	}
	module = dlsym(handle, PTTKEY_MODULE_SYMBOL);
	if (!module || module->abi_version != PTTKEY_ABI_VERSION || module->size < sizeof(*module))
		return 2;
	host.config_file = argv[2];
	sigaction(SIGTERM, &action, NULL);
	su_init();
	root = su_root_create(NULL);
	agent = nta_agent_create(root, URL_STRING_MAKE("sip:127.0.0.1:5060;transport=udp"), NULL,
		NULL, NTATAG_UA(1), TAG_END());
	if (agent)
		status = serve(root, agent, &host);
	nta_agent_destroy(agent);
	su_root_destroy(root);
	su_deinit();
	return status;
}
