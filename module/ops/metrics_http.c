/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "module/config/config.h"
#include "module/base/metrics.h"

#define CONNECTIONS_MAX 64
#define ADDRESS_MAX     32 /* of one address: a host which holds its connections leaves the rest */
#define TIMEOUT_S       10
#define TURNS_MAX       16 /* of one wake-up, so that a scraper cannot hold the SIP loop */

struct ptt_metrics_http {
	struct MHD_Daemon *daemon;
	su_root_t *root;
	su_timer_t *timer;
	int index;
};

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, char *text,
	size_t len, const char *type)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result queued;

	if (!response) {
		free(text);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	queued = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return queued;
}

static enum MHD_Result answer_text(
	struct MHD_Connection *connection, unsigned status, const char *text)
{
	char *copy = strdup(text);

	return !copy ? MHD_NO : answer(connection, status, copy, strlen(copy), "text/plain");
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_len,
	void **state)
{
	bool failing = ptt_metric_get(PTT_METRIC_STORE_FAILING, NULL) != 0;
	size_t len;
	char *text;

	(void)ctx;
	(void)version;
	(void)upload;
	*upload_len = 0;
	*state = NULL;
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET only\n");
	if (strcmp(url, "/healthz") == 0)
		return answer_text(connection, failing ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK,
			failing ? "the store is failing\n" : "ok\n");
	if (strcmp(url, "/metrics") != 0)
		return answer_text(connection, MHD_HTTP_NOT_FOUND, "/metrics or /healthz\n");
	text = ptt_metrics_text(&len);
	if (!text)
		return MHD_NO;
	return answer(
		connection, MHD_HTTP_OK, text, len, "text/plain; version=0.0.4; charset=utf-8");
}

static void on_timer(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg);

/** Lets the daemon work, and arms the timer for what it wants next. */
static void turn(struct ptt_metrics_http *http)
{
	MHD_UNSIGNED_LONG_LONG wait_ms = 0;
	bool wants = true;

	for (int i = 0; i < TURNS_MAX && wants && wait_ms == 0; i++) {
		MHD_run(http->daemon);
		wants = MHD_get_timeout(http->daemon, &wait_ms) == MHD_YES;
	}
	if (wants)
		su_timer_set_interval(http->timer, on_timer, (su_timer_arg_t *)http,
			wait_ms > 1000 ? 1000 : (su_duration_t)wait_ms);
}

static void on_timer(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
	(void)magic;
	(void)timer;
	turn((struct ptt_metrics_http *)arg);
}

static int on_ready(su_root_magic_t *magic, su_wait_t *wait, su_wakeup_arg_t *arg)
{
	(void)magic;
	(void)wait;
	turn((struct ptt_metrics_http *)arg);
	return 0;
}

/** The address as one to listen on; PTT_OK if it is one. */
static enum ptt_err socket_address(struct sockaddr_storage *out, const char *address)
{
	struct sockaddr_in *in = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
	char host[64];
	uint16_t port;

	memset(out, 0, sizeof(*out));
	PTT_TRY(ptt_config_split_address(host, sizeof(host), &port, address));
	if (inet_pton(AF_INET, host, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		return PTT_OK;
	}
	if (inet_pton(AF_INET6, host, &in6->sin6_addr) != 1)
		return PTT_ERR_MALFORMED;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	return PTT_OK;
}

static enum ptt_err start(struct ptt_metrics_http *http, const struct sockaddr_storage *address)
{
	unsigned flags =
		MHD_USE_EPOLL | (address->ss_family == AF_INET6 ? (unsigned)MHD_USE_IPv6 : 0);
	const union MHD_DaemonInfo *info;
	su_wait_t wait[1] = {SU_WAIT_INIT};

	http->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, NULL,
		MHD_OPTION_SOCK_ADDR, address, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		(unsigned)ADDRESS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)16384,
		MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
	info = !http->daemon ? NULL : MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return PTT_ERR_SYSTEM;
	http->timer = su_timer_create(su_root_task(http->root), 1000);
	if (!http->timer || su_wait_create(wait, info->epoll_fd, SU_WAIT_IN) != 0)
		return PTT_ERR_SYSTEM;
	http->index = su_root_register(http->root, wait, on_ready, (su_wakeup_arg_t *)http, 0);
	return http->index >= 0 ? PTT_OK : PTT_ERR_SYSTEM;
}

enum ptt_err ptt_metrics_http_open(struct ptt_metrics_http **out, su_root_t *root,
	const char *address, char *text, size_t text_size)
{
	struct ptt_metrics_http *http = calloc(1, sizeof(*http));
	struct sockaddr_storage where;
	enum ptt_err err = !http ? PTT_ERR_SYSTEM : socket_address(&where, address);

	*out = NULL;
	snprintf(text, text_size, "metrics: %s: %s", address,
		err == PTT_ERR_MALFORMED ? "no address; accepted: IPv4:PORT or [IPv6]:PORT"
					 : "cannot listen");
	if (err == PTT_OK) {
		http->root = root;
		http->index = -1;
		err = start(http, &where);
	}
	if (err != PTT_OK) {
		ptt_metrics_http_close(http);
		return err;
	}
	*out = http;
	return PTT_OK;
}

uint16_t ptt_metrics_http_port(const struct ptt_metrics_http *http)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT);

	return !info ? 0 : info->port;
}

void ptt_metrics_http_close(struct ptt_metrics_http *http)
{
	if (!http)
		return;
	if (http->daemon) {
		if (http->index >= 0)
			su_root_deregister(http->root, http->index);
		MHD_stop_daemon(http->daemon);
	}
	su_timer_destroy(http->timer);
	free(http);
}
