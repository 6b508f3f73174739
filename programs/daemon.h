/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file daemon.h
 * What pttkeyd and pttkey-bsf have in common: signals as events of the loop, the ready line,
 * --check.
 */
#ifndef PTT_DAEMON_H
#define PTT_DAEMON_H

#include <stdint.h>

#include <jansson.h>
#include <sofia-sip/su_wait.h>

#include "module/config/config.h"

struct ptt_daemon_signals {
	su_root_t *root;
	void (*take)(void *ctx, uint32_t signo); /**< HUP, TERM or INT, from the loop */
	void *ctx;
	int fd, wait; /**< of ptt_daemon_watch() */
};

/**
 * Ignores PIPE; blocks HUP, TERM and INT, and gives them to @c take. To be called before any
 * thread starts: all threads inherit it. @return 0; -1: see errno
 */
int ptt_daemon_watch(struct ptt_daemon_signals *signals);
/** The loop lets go of them; they stay blocked. Harmless if nothing is watched. */
void ptt_daemon_unwatch(struct ptt_daemon_signals *signals);

/** No core dumps, no debugger: a core has every key in it. */
void ptt_daemon_keep_private(void);

/** The ready event with its version and pid. @return the caller's */
json_t *ptt_daemon_ready(void);
/** One line on standard output. Keeps: takes @p event over. */
void ptt_daemon_print(json_t *event);

/** Is the key file good? Says so on standard error if not. @return 0; or 1 */
int ptt_daemon_check(const struct ptt_config *config);

#endif
