/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/http_root.h"

#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "crypto/secret.h"
#include "module/base/clock.h"
#include "module/config/config.h"
#include "module/base/log.h"

#define MAX_CONNECTIONS 1024
/* Of one address: half. A host that holds idle connections leaves the rest to others. */
#define SHARE_OF_ADDRESS(connections) ((connections) / 2 + (connections) % 2)
#define CONNECTION_MEMORY             16384
#define IDLE_TIMEOUT_S                15
#define HOUSEKEEPING_MS               1000
#define PEM_MAX                       65536
/* Most rounds of MHD in a turn of the loop; more would delay SIP. */
#define TURNS_MAX 8

static void on_timer(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg);

/* Runs MHD, then sets the timer to the time that MHD asks for, at most HOUSEKEEPING_MS. */
static void pump(struct ptt_http_root *http)
{
	MHD_UNSIGNED_LONG_LONG wait_ms = HOUSEKEEPING_MS;
	unsigned int turns = 0;

	do {
		MHD_run(http->daemon);
		if (MHD_get_timeout(http->daemon, &wait_ms) != MHD_YES || wait_ms > HOUSEKEEPING_MS)
			wait_ms = HOUSEKEEPING_MS;
	} while (wait_ms == 0 && ++turns < TURNS_MAX);
	if (wait_ms == 0)
		wait_ms = 1;
	su_timer_set_interval(http->timer, on_timer, http, (su_duration_t)wait_ms);
}

static void on_timer(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
	struct ptt_http_root *http = arg;
	int64_t now_s = ptt_clock_ms() / 1000;

	(void)magic;
	(void)timer;
	if (http->on_second && now_s != http->last_second) {
		http->last_second = now_s;
		http->on_second(http->ctx);
	}
	pump(http);
}

static int on_readable(su_root_magic_t *magic, su_wait_t *wait, su_wakeup_arg_t *arg)
{
	(void)magic;
	(void)wait;
	pump(arg);
	return 0;
}

void ptt_http_kick(struct ptt_http_root *http)
{
	su_timer_set_interval(http->timer, on_timer, http, 0);
}

__attribute__((format(printf, 2, 0))) static void on_log(
	void *cls, const char *format, va_list args)
{
	char text[256];

	(void)cls;
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	ptt_log_limited(PTT_LOG_DEBUG, "http", "text=%s", text);
}

static enum ptt_err resolve(struct addrinfo **out, const char *listen_text)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_PASSIVE};
	char host[256], service[8];
	uint16_t port;

	PTT_TRY(ptt_config_split_address(host, sizeof(host), &port, listen_text));
	snprintf(service, sizeof(service), "%u", port);
	return getaddrinfo(host, service, &hints, out) == 0 ? PTT_OK : PTT_ERR_MALFORMED;
}

/* @return a PEM file as text, which the caller wipes and frees; NULL: it cannot be read */
static char *read_pem(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = file ? calloc(1, PEM_MAX) : NULL;
	size_t len = text ? fread(text, 1, PEM_MAX - 1, file) : 0;

	if (file)
		fclose(file);
	if (len == 0) {
		free(text);
		return NULL;
	}
	return text;
}

static void free_pem(char **text)
{
	if (*text)
		ptt_wipe(*text, strlen(*text));
	free(*text);
	*text = NULL;
}

static enum ptt_err read_tls(struct ptt_http_root *http, const struct ptt_http_param *param)
{
	if (!param->cert)
		return PTT_OK;
	http->cert = read_pem(param->cert);
	http->key = read_pem(param->key);
	if (http->cert && http->key)
		return PTT_OK;
	ptt_log(PTT_LOG_ERROR, "http-tls-failed", "interface=%s file=%s", param->name,
		http->cert ? param->key : param->cert);
	return PTT_ERR_SYSTEM;
}

static enum ptt_err start_daemon(struct ptt_http_root *http, const struct ptt_http_param *param)
{
	unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
	unsigned int connections =
		param->max_connections ? param->max_connections : MAX_CONNECTIONS;
	struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, http->cert},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, http->key}, {MHD_OPTION_END, 0, NULL}};
	struct addrinfo *address;

	PTT_TRY(resolve(&address, param->listen));
	if (address->ai_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	if (http->cert)
		flags |= MHD_USE_TLS;
	else
		tls[0].option = MHD_OPTION_END;
	http->daemon = MHD_start_daemon(flags, 0, NULL, NULL, param->on_request, param->ctx,
		MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_SOCK_ADDR, address->ai_addr,
		MHD_OPTION_CONNECTION_LIMIT, connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		SHARE_OF_ADDRESS(connections), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CONNECTION_MEMORY, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned int)IDLE_TIMEOUT_S, MHD_OPTION_LISTEN_BACKLOG_SIZE, 511u,
		MHD_OPTION_NOTIFY_COMPLETED, param->on_completed, NULL, MHD_OPTION_ARRAY, tls,
		MHD_OPTION_END);
	freeaddrinfo(address);
	if (!http->daemon)
		ptt_log(PTT_LOG_ERROR, "http-listen-failed", "interface=%s address=%s", param->name,
			param->listen);
	return http->daemon ? PTT_OK : PTT_ERR_SYSTEM;
}

static enum ptt_err register_on_root(struct ptt_http_root *http)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	su_wait_t wait[1] = {SU_WAIT_INIT};

	http->timer = su_timer_create(su_root_task(http->root), HOUSEKEEPING_MS);
	if (!http->timer || !info || su_wait_create(wait, info->epoll_fd, SU_WAIT_IN) < 0)
		return PTT_ERR_SYSTEM;
	http->wait_index = su_root_register(http->root, wait, on_readable, http, 0);
	if (http->wait_index <= 0) {
		su_wait_destroy(wait);
		http->wait_index = 0;
		return PTT_ERR_SYSTEM;
	}
	return PTT_OK;
}

enum ptt_err ptt_http_start(
	struct ptt_http_root *http, su_root_t *root, const struct ptt_http_param *param)
{
	http->root = root;
	http->on_second = param->on_second;
	http->ctx = param->ctx;
	PTT_TRY(read_tls(http, param));
	PTT_TRY(start_daemon(http, param));
	PTT_TRY(register_on_root(http));
	pump(http);
	return PTT_OK;
}

void ptt_http_stop(struct ptt_http_root *http)
{
	if (http->wait_index)
		su_root_deregister(http->root, http->wait_index);
	if (http->daemon)
		MHD_stop_daemon(http->daemon);
	if (http->timer)
		su_timer_destroy(http->timer);
	free_pem(&http->cert);
	free_pem(&http->key);
	memset(http, 0, sizeof(*http));
}

uint16_t ptt_http_port(const struct ptt_http_root *http)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT);

	return info ? info->port : 0;
}
