/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/curl_root.h"

#include <stdlib.h>
#include <string.h>

#include "module/base/log.h"

/* A socket that libcurl asks to be watched. */
struct watch {
	struct ptt_curl_root *curl;
	curl_socket_t fd;
	int index;
};

static void drain(struct ptt_curl_root *curl)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(curl->multi, &left))) {
		CURL *easy = message->easy_handle;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_multi_remove_handle(curl->multi, easy);
		curl->on_done(curl->ctx, easy, code);
	}
}

static void act(struct ptt_curl_root *curl, curl_socket_t fd, int events)
{
	int running;

	curl_multi_socket_action(curl->multi, fd, events, &running);
	drain(curl);
}

static int on_ready(su_root_magic_t *magic, su_wait_t *wait, su_wakeup_arg_t *arg)
{
	struct watch *watch = arg;
	int events = su_wait_events(wait, watch->fd);
	int given = 0;

	(void)magic;
	if (events & (SU_WAIT_IN | SU_WAIT_HUP))
		given |= CURL_CSELECT_IN;
	if (events & SU_WAIT_OUT)
		given |= CURL_CSELECT_OUT;
	if (events & SU_WAIT_ERR)
		given |= CURL_CSELECT_ERR;
	act(watch->curl, watch->fd, given); /* may free the watch */
	return 0;
}

static void unwatch(struct watch *watch)
{
	if (watch->index > 0)
		su_root_deregister(watch->curl->root, watch->index);
	free(watch);
}

static struct watch *watch_new(struct ptt_curl_root *curl, curl_socket_t fd, int events)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	su_wait_t wait[1] = {SU_WAIT_INIT};

	if (!watch)
		return NULL;
	watch->curl = curl;
	watch->fd = fd;
	if (su_wait_create(wait, fd, events) == 0)
		watch->index = su_root_register(curl->root, wait, on_ready, watch, 0);
	if (watch->index > 0)
		return watch;
	su_wait_destroy(wait);
	free(watch);
	return NULL;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *socket_ctx)
{
	struct ptt_curl_root *curl = ctx;
	struct watch *watch = socket_ctx;
	int events =
		(what & CURL_POLL_IN ? SU_WAIT_IN : 0) | (what & CURL_POLL_OUT ? SU_WAIT_OUT : 0);

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (watch)
			unwatch(watch);
		curl_multi_assign(curl->multi, fd, NULL);
	} else if (watch) {
		su_root_eventmask(curl->root, watch->index, fd, events);
	} else {
		watch = watch_new(curl, fd, events);
		curl_multi_assign(curl->multi, fd, watch);
		if (!watch)
			ptt_log_limited(PTT_LOG_ERROR, "http-not-watched", "fd=%d", (int)fd);
	}
	return 0;
}

static void on_timer(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
	(void)magic;
	(void)timer;
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timeout(CURLM *multi, long timeout_ms, void *ctx)
{
	struct ptt_curl_root *curl = ctx;

	(void)multi;
	if (timeout_ms < 0)
		su_timer_reset(curl->timer);
	else
		su_timer_set_interval(curl->timer, on_timer, curl, (su_duration_t)timeout_ms);
	return 0;
}

enum ptt_err ptt_curl_start(struct ptt_curl_root *curl, su_root_t *root,
	void (*on_done)(void *ctx, CURL *easy, CURLcode code), void *ctx)
{
	curl->root = root;
	curl->on_done = on_done;
	curl->ctx = ctx;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return PTT_ERR_SYSTEM;
	curl->timer = su_timer_create(su_root_task(root), 1000);
	curl->multi = curl_multi_init();
	if (!curl->timer || !curl->multi)
		return PTT_ERR_SYSTEM;
	curl_multi_setopt(curl->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(curl->multi, CURLMOPT_SOCKETDATA, curl);
	curl_multi_setopt(curl->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
	curl_multi_setopt(curl->multi, CURLMOPT_TIMERDATA, curl);
	curl_multi_setopt(curl->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, 16L);
	return PTT_OK;
}

void ptt_curl_stop(struct ptt_curl_root *curl)
{
	if (curl->multi)
		curl_multi_cleanup(curl->multi);
	if (curl->timer)
		su_timer_destroy(curl->timer);
	memset(curl, 0, sizeof(*curl));
}

enum ptt_err ptt_curl_add(struct ptt_curl_root *curl, CURL *easy)
{
	return curl_multi_add_handle(curl->multi, easy) == CURLM_OK ? PTT_OK : PTT_ERR_SYSTEM;
}

void ptt_curl_remove(struct ptt_curl_root *curl, CURL *easy)
{
	curl_multi_remove_handle(curl->multi, easy);
}
