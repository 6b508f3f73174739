/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The reference application server: an NTA agent on the configured addresses, and the module in it.
 * It answers 404 to what the module does not claim; everything else is the module's.
 */
#include <dlfcn.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <jansson.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_tag.h>

#include "module/abi/pttkey_module.h"
#include "module/config/config.h"
#include "module/base/log.h"
#include "module/base/steady.h"
#include "module/base/tls_folder.h"
#include "programs/daemon.h"

#ifdef HAVE_JEMALLOC
/* jemalloc looks for this name. Three threads need no arenas of their
 * own, and none shall stop to give memory back. */
extern const char *malloc_conf;
const char *malloc_conf = "narenas:1,background_thread:true";
#endif

#define UDP_BUFFER     (8u << 20) /* asked for; the kernel gives up to twice net.core.rmem_max */
#define LISTEN_BACKLOG 1000 /* TPTAG_QUEUESIZE is also the length of a connection's send queue */

struct server {
	struct ptt_config *config;
	su_root_t *root;
	nta_agent_t *agent;
	nta_leg_t *leg;
	nta_outgoing_t *default_outgoing;
	const struct pttkey_module *module;
	struct pttkey_instance *instance;
	struct pttkey_host host;
	struct ptt_daemon_signals signals;
	bool draining, core_dumps;
};

static const char help[] =
	"usage: pttkeyd -c FILE [--check] [--foreground]\n"
	"  -c, --config FILE   the configuration\n"
	"  --check             check the configuration, and exit (0: good)\n"
	"  --foreground        accepted for service managers: pttkeyd never leaves the foreground\n"
	"  --module FILE       load another mod_pttkey.so than the installed one\n"
	"  --core-dumps        allow core dumps and debuggers (laboratory only: a core has the keys in it)\n"
	"  --version, --help\n"
	"signals: HUP reloads, TERM drains and exits (twice: at once)\n";

static int on_request(nta_leg_magic_t *magic, nta_leg_t *leg, nta_incoming_t *irq, const sip_t *sip)
{
	struct server *srv = (struct server *)magic;

	(void)leg;
	if (srv->instance && srv->module->on_request(srv->instance, irq, sip) == PTTKEY_MINE)
		return 0;
	return sip->sip_to && sip->sip_to->a_tag ? 481 : 404;
}

static int on_response(nta_outgoing_magic_t *magic, nta_outgoing_t *orq, const sip_t *sip)
{
	struct server *srv = (struct server *)magic;

	if (srv->instance)
		srv->module->on_response(srv->instance, orq, sip);
	return 0;
}

static void on_drained(void *ctx)
{
	struct server *srv = ctx;

	if (srv->draining)
		su_root_break(srv->root);
}

static void on_signal(void *ctx, uint32_t signo)
{
	struct server *srv = ctx;

	if (signo == SIGHUP) {
		srv->module->reload(srv->instance);
	} else if (srv->draining) {
		ptt_log(PTT_LOG_WARN, "stop-at-once", "signal=%u", signo);
		_exit(1);
	} else {
		srv->draining = true;
		srv->module->drain(srv->instance);
	}
}

/* As many descriptors as the hard limit gives: two media ports a member. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static const struct pttkey_module *load_module(const char *path)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct pttkey_module *module;

	if (!handle) {
		ptt_log(PTT_LOG_ERROR, "module-not-loaded", "text=%s", dlerror());
		return NULL;
	}
	module = dlsym(handle, PTTKEY_MODULE_SYMBOL);
	if (!module || module->abi_version != PTTKEY_ABI_VERSION ||
		module->size < sizeof(*module)) {
		ptt_log(PTT_LOG_ERROR, "module-refused", "file=%s text=%s", path,
			module ? "another ABI version" : "no symbol " PTTKEY_MODULE_SYMBOL);
		return NULL;
	}
	return module;
}

/* Sofia's own messages come as debug lines of our log. */
static void sofia_log(void *stream, const char *format, va_list ap)
{
	char line[512];
	size_t len;

	(void)stream;
	vsnprintf(line, sizeof(line), format, ap);
	len = strcspn(line, "\n");
	line[len] = '\0';
	if (len > 0)
		ptt_log(PTT_LOG_DEBUG, "sofia", "text=%s", line);
}

/* The library knows TLS by the name sips: only. */
static const char *listen_uri(char out[320], const char *uri)
{
	const char *params = strchr(uri, ';');

	if (!params || strcasecmp(params, ";transport=tls") != 0)
		return uri;
	snprintf(out, 320, "sips:%.*s", (int)(params - strchr(uri, ':') - 1), strchr(uri, ':') + 1);
	return out;
}

static int listen_all(struct server *srv)
{
	const struct ptt_config *config = srv->config;
	struct ptt_tls_files files = {config->tls.cert, config->tls.key, config->tls.ca};
	struct ptt_tls_folder tls = {""};

	if (files.cert && ptt_tls_folder_make(&tls, &files) != 0)
		return -1;
	for (size_t i = 0; i < config->listen_count; i++) {
		char sips[320];
		const char *uri = listen_uri(sips, config->listen[i]);

		if (nta_agent_add_tport(srv->agent, URL_STRING_MAKE(uri),
			    TPTAG_QUEUESIZE(LISTEN_BACKLOG), TPTAG_UDP_RMEM(UDP_BUFFER),
			    TPTAG_UDP_WMEM(UDP_BUFFER),
			    TAG_IF(tls.path[0] != '\0', TPTAG_CERTIFICATE(tls.path)),
			    TAG_IF(tls.path[0] != '\0',
				    TPTAG_TLS_VERIFY_POLICY(config->tls.verify
								    ? TPTLS_VERIFY_ALL
								    : TPTLS_VERIFY_NONE)),
			    TAG_END()) < 0) {
			ptt_log(PTT_LOG_ERROR, "cannot-listen", "uri=%s text=%s", uri,
				strerror(errno));
			ptt_tls_folder_remove(&tls);
			return -1;
		}
	}
	ptt_tls_folder_remove(&tls);
	return 0;
}

static int open_agent(struct server *srv)
{
	srv->agent = nta_agent_create(srv->root, (url_string_t *)-1, NULL, NULL, NTATAG_UA(1),
		NTATAG_SERVER_RPORT(1), NTATAG_USE_TIMESTAMP(0), NTATAG_DEBUG_DROP_PROB(0),
		TAG_END());
	if (!srv->agent || listen_all(srv) != 0)
		return -1;
	srv->leg = nta_leg_tcreate(
		srv->agent, on_request, (nta_leg_magic_t *)srv, NTATAG_NO_DIALOG(1), TAG_END());
	srv->default_outgoing =
		nta_outgoing_default(srv->agent, on_response, (nta_outgoing_magic_t *)srv);
	return srv->leg && srv->default_outgoing ? 0 : -1;
}

static void print_ready(const struct server *srv)
{
	json_t *event = ptt_daemon_ready(), *sip = json_array();
	json_t *endpoints = json_loads(srv->module->endpoints(srv->instance), 0, NULL);
	tport_t *tport = tport_primaries(nta_agent_tports(srv->agent));

	for (; tport; tport = tport_next(tport)) {
		const tp_name_t *name = tport_name(tport);
		char uri[256];

		snprintf(uri, sizeof(uri), "sip:%s:%s;transport=%s", name->tpn_canon,
			name->tpn_port, name->tpn_proto);
		json_array_append_new(sip, json_string(uri));
	}
	json_object_set_new(event, "sip", sip);
	if (endpoints)
		json_object_update_missing(event, endpoints);
	json_decref(endpoints);
	ptt_daemon_print(event);
}

static int start(struct server *srv, const char *module_path)
{
	srv->module = load_module(module_path);
	srv->root = su_root_create(NULL);
	if (!srv->module || !srv->root)
		return -1;
	su_root_threading(srv->root, 1);
	srv->signals =
		(struct ptt_daemon_signals){.root = srv->root, .take = on_signal, .ctx = srv};
	srv->host = (struct pttkey_host){
		.abi_version = PTTKEY_ABI_VERSION,
		.size = sizeof(srv->host),
		.config_file = srv->config->file,
		.has_default_outgoing = true,
		.ctx = srv,
		.drained = on_drained,
	};
	if (srv->module->preinit(&srv->host) != 0 || open_agent(srv) != 0 ||
		ptt_daemon_watch(&srv->signals) != 0)
		return -1;
	return srv->module->start(&srv->instance, srv->root, srv->agent, &srv->host);
}

static void stop(struct server *srv)
{
	if (srv->instance)
		srv->module->stop(srv->instance);
	srv->instance = NULL;
	if (srv->leg)
		nta_leg_destroy(srv->leg);
	if (srv->agent)
		nta_agent_destroy(srv->agent);
	ptt_daemon_unwatch(&srv->signals);
	if (srv->root)
		su_root_destroy(srv->root);
	ptt_config_free(srv->config);
}

static int check(const struct ptt_config *config)
{
	if (ptt_daemon_check(config) != 0)
		return 1;
	printf("%s: good, %zu group%s\n", config->file, config->group_count,
		config->group_count == 1 ? "" : "s");
	return 0;
}

static int run(struct server *srv, const char *module_path)
{
	int status = 1;

	ptt_log_set(srv->config->log.format, srv->config->log.level);
	raise_file_limit();
	if (!srv->core_dumps)
		ptt_daemon_keep_private();
	ptt_steady_time();
	su_init();
	su_log_redirect(NULL, sofia_log, NULL);
	if (start(srv, module_path) == 0) {
		print_ready(srv);
		su_root_run(srv->root);
		status = 0;
	}
	stop(srv);
	su_deinit();
	return status;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"check", no_argument, NULL, 'k'},
		{"foreground", no_argument, NULL, 'f'},
		{"module", required_argument, NULL, 'm'},
		{"core-dumps", no_argument, NULL, 'd'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *file = NULL, *module_path = PTT_PKGLIBDIR "/mod_pttkey.so";
	static struct server srv;
	bool only_check = false;
	char text[512];
	int c;

	while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			file = optarg;
			break;
		case 'k':
			only_check = true;
			break;
		case 'f':
			break;
		case 'm':
			module_path = optarg;
			break;
		case 'd':
			srv.core_dumps = true;
			break;
		case 'v':
			puts("pttkeyd " PACKAGE_VERSION);
			return 0;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			fputs(help, stderr);
			return 2;
		}
	}
	if (!file || optind != argc) {
		fputs(help, stderr);
		return 2;
	}
	if (ptt_config_load(&srv.config, file, text, sizeof(text)) != PTT_OK || !srv.config) {
		fprintf(stderr, "%s\n", text);
		return 1;
	}
	if (only_check) {
		int status = check(srv.config);

		ptt_config_free(srv.config);
		return status;
	}
	return run(&srv, module_path);
}
