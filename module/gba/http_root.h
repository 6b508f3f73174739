/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file http_root.h
 * An HTTP server of libmicrohttpd on a su_root: no thread, its epoll descriptor is registered at
 * the root.
 *
 * Bounded: connections, memory of a connection, idle time, work in a turn of the loop. Ub and Zn
 * use it.
 */
#ifndef PTT_HTTP_ROOT_H
#define PTT_HTTP_ROOT_H

#include <microhttpd.h>
#include <stdint.h>

#include <sofia-sip/su_wait.h>

#include "crypto/err.h"

struct ptt_http_param {
	const char *name;             /**< of the interface, for the log: "ub", "zn" */
	const char *listen;           /**< "127.0.0.1:8080", "[::1]:8080"; port 0 = any */
	const char *cert, *key;       /**< PEM files; NULL: HTTP without TLS */
	unsigned int max_connections; /**< 0 = 1024; half of them for one address */
	MHD_AccessHandlerCallback on_request;
	MHD_RequestCompletedCallback on_completed;
	void (*on_second)(void *ctx); /**< called about once a second; may be NULL */
	void *ctx;
};

/** Embedded in its owner, all zero before the start. */
struct ptt_http_root {
	su_root_t *root;
	struct MHD_Daemon *daemon;
	su_timer_t *timer;
	int wait_index;      /**< of the epoll descriptor on the root; 0: none */
	int64_t last_second; /**< of ptt_clock_ms() */
	void (*on_second)(void *ctx);
	void *ctx;
	char *cert, *key;
};

/**
 * Starts to listen. Errors: MALFORMED (listen), SYSTEM (socket, files, memory; the log says which).
 * Stop @p http in any case.
 */
enum ptt_err ptt_http_start(struct ptt_http_root *http, su_root_t *root,
	const struct ptt_http_param *param) PTT_MUST_CHECK;
/** Stops. The caller has resumed all suspended connections. */
void ptt_http_stop(struct ptt_http_root *http);
/** Makes the server go on in the next turn of the loop. Call it after a connection was resumed. */
void ptt_http_kick(struct ptt_http_root *http);
uint16_t ptt_http_port(const struct ptt_http_root *http);

#endif
