/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ue_watch.h
 * Waits for one descriptor to become readable, in a su_root.
 */
#ifndef PTT_UE_WATCH_H
#define PTT_UE_WATCH_H

#include <sofia-sip/su_wait.h>

#include "crypto/err.h"

struct ptt_ue_watch {
	void *owner; /**< for the callback; the caller sets it before adding */
	su_root_t *root;
	int fd, index; /**< index < 0: not registered; set it to -1 before the first use */
};

/** Calls @p on_readable with the watch as argument. Keeps: @p watch, until it is dropped.
 *  Errors: SYSTEM. */
enum ptt_err ptt_ue_watch_add(struct ptt_ue_watch *watch, su_root_t *root, int fd,
	su_wakeup_f on_readable) PTT_MUST_CHECK;
/** Stops waiting; the descriptor stays open. */
void ptt_ue_watch_drop(struct ptt_ue_watch *watch);

#endif
