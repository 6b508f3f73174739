/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/ue/ue_setup.h"

#include <net/if.h>
#include <netdb.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sofia-sip/url.h>

#include "crypto/random.h"

/* Removes the brackets of "[::1]" for getaddrinfo(). */
static const char *bare_host(char out[PTT_UE_TEXT_SIZE], const char *host)
{
	snprintf(out, PTT_UE_TEXT_SIZE, "%s", host[0] == '[' ? host + 1 : host);
	if (host[0] == '[')
		out[strcspn(out, "]")] = '\0';
	return out;
}

/* Finds the local address of the route to the server. */
static enum ptt_err address_find(struct ptt_ue *ue)
{
	su_home_t home[1] = {SU_HOME_INIT(home)};
	url_t *server = url_hdup(home, (const url_t *)ue->config->server);
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *found = NULL;
	struct sockaddr_storage self;
	socklen_t len = sizeof(self);
	char host[PTT_UE_TEXT_SIZE];
	int fd = -1, bad = 1;

	if (server && server->url_host &&
		getaddrinfo(bare_host(host, server->url_host), "5060", &hints, &found) == 0)
		fd = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0 &&
		getsockname(fd, (struct sockaddr *)&self, &len) == 0)
		bad = getnameinfo((struct sockaddr *)&self, len, ue->address, sizeof(ue->address),
			NULL, 0, NI_NUMERICHOST);
	if (fd >= 0)
		close(fd);
	if (found)
		freeaddrinfo(found);
	su_home_deinit(home);
	return bad ? PTT_ERR_SYSTEM : PTT_OK;
}

static enum ptt_err media_make(
	struct ptt_ue *ue, const struct ptt_ue_hooks *hooks, struct ptt_ue_step *at)
{
	struct ptt_ue_media_param param = {
		.root = ue->root,
		.events = ue->events,
		.config = ue->config,
		.keys = ue->keys,
		.address = ue->address,
		.on_key_missing = hooks->on_key_missing,
		.ctx = ue,
	};

	return ptt_ue_media_new(&ue->media, &param, at);
}

static enum ptt_err session_make(struct ptt_ue *ue)
{
	struct ptt_ue_session_param param = {
		.keys = ue->keys,
		.join = ue->config->join,
		.channel = ue->config->own_channel,
		.refuse_channel = ue->config->refuse_channel,
	};
	uint32_t id = 0;

	PTT_TRY(ptt_random_bytes(&id, sizeof(id)));
	param.session_id = id;
	ptt_ue_media_ports(ue->media, &param.local.audio_port, &param.local.floor_port);
	if (!ptt_sdp_addr_get(&param.local.address, ue->address))
		return PTT_ERR_MALFORMED;
	PTT_TRY(ptt_sdp_codec_get(&param.local.codec, ue->config->codec));
	param.local.tbcp = (struct ptt_tbcp_params){.given = true,
		.queuing = ue->config->queue,
		/* a command may ask with any priority, but later requests are capped at this one */
		.tb_priority = ue->config->commands ? 3 : ue->config->priority,
		.timestamp = ue->config->queue};
	return ptt_ue_session_new(&ue->session, &param);
}

static enum ptt_err sip_make(struct ptt_ue *ue, const struct ptt_ue_hooks *hooks)
{
	struct ptt_sip_client_param param = {
		.root = ue->root,
		.session = ue->session,
		.server = ue->config->server,
		.address = ue->address,
		.tls = {.ca = ue->config->ca,
			.cert = ue->config->cert[0] ? ue->config->cert : NULL,
			.key = ue->config->key},
		.session_s = (uint32_t)ue->config->session_s,
		.impu = ue->config->impu,
		.group = ue->config->group,
		.ops = hooks->sip,
		.ctx = ue,
	};

	return ptt_sip_client_new(&ue->sip, &param);
}

static enum ptt_err signals_take(struct ptt_ue *ue, const struct ptt_ue_hooks *hooks)
{
	su_wait_t wait[1] = {SU_WAIT_INIT};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return PTT_ERR_SYSTEM;
	signal(SIGPIPE, SIG_IGN);
	ue->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (ue->signal_fd < 0 || su_wait_create(wait, ue->signal_fd, SU_WAIT_IN) < 0)
		return PTT_ERR_SYSTEM;
	ue->signal_index = su_root_register(
		ue->root, wait, hooks->on_signal, (su_wakeup_arg_t *)(void *)ue, 0);
	return ue->signal_index < 0 ? PTT_ERR_SYSTEM : PTT_OK;
}

/* Checked at the start, so that a wrong name does not fail only in the session. */
static enum ptt_err interface_check(const char *name)
{
	if (name[0] == '\0' || if_nametoindex(name) != 0)
		return PTT_OK;
	return PTT_ERR_SYSTEM;
}

static enum ptt_err loop_make(struct ptt_ue *ue, const struct ptt_ue_hooks *hooks)
{
	ue->root = su_root_create(NULL);
	if (!ue->root)
		return PTT_ERR_SYSTEM;
	ue->timer = su_timer_create(su_root_task(ue->root), PTT_UE_TICK_MS);
	return ue->timer ? signals_take(ue, hooks) : PTT_ERR_SYSTEM;
}

enum ptt_err ptt_ue_setup(
	struct ptt_ue *ue, const struct ptt_ue_hooks *hooks, struct ptt_ue_step *at)
{
	const struct ptt_ue_config *config = ue->config;
	struct ptt_usim_param usim = {
		.k = &config->k, .opc = &config->opc, .sqn_file = config->sqn_file};

	ptt_ue_step_begin(at, "address", config->server);
	if (config->address[0])
		snprintf(ue->address, sizeof(ue->address), "%.45s", config->address);
	else
		PTT_TRY(address_find(ue));
	ptt_ue_step_begin(at, "interface", config->interface);
	PTT_TRY(interface_check(config->interface));
	ptt_ue_step_begin(at, "event loop", "");
	PTT_TRY(loop_make(ue, hooks));
	ptt_ue_step_begin(at, "sqn-file", config->sqn_file);
	PTT_TRY(ptt_usim_open(&ue->usim, &usim));
	ptt_ue_step_begin(at, "keys", "");
	PTT_TRY(ptt_rekey_client_new(&ue->keys, config->hostile));
	ptt_rekey_client_set_min_suite(ue->keys, config->least_suite);
	PTT_TRY(media_make(ue, hooks, at));
	ptt_ue_step_begin(at, "session", config->codec);
	PTT_TRY(session_make(ue));
	ptt_ue_step_begin(at, "sip", config->server);
	PTT_TRY(sip_make(ue, hooks));
	ptt_ue_step_begin(at, "stdin", "");
	ue->input.on_command = hooks->on_command;
	ue->input.ctx = ue;
	return ptt_ue_input_open(&ue->input, ue->root, STDIN_FILENO, config->commands);
}

void ptt_ue_teardown(struct ptt_ue *ue)
{
	(void)ptt_ue_renew_wait(&ue->renew, 0); /* the thread uses the USIM */
	ptt_ue_input_close(&ue->input);
	ptt_sip_client_free(ue->sip);
	ptt_ue_session_free(ue->session);
	ptt_ue_media_free(ue->media);
	ptt_rekey_client_free(ue->keys);
	ptt_usim_close(ue->usim);
	if (ue->signal_index >= 0)
		su_root_deregister(ue->root, ue->signal_index);
	if (ue->timer)
		su_timer_destroy(ue->timer);
	if (ue->root)
		su_root_destroy(ue->root);
	if (ue->signal_fd >= 0)
		close(ue->signal_fd);
	ptt_wipe(ue, sizeof(*ue));
}
