/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ue.h
 * A whole UE: USIM, bootstrapping, dialog, keys and media on one su_root, events on a stream.
 */
#ifndef PTT_UE_H
#define PTT_UE_H

#include "module/ue/ue_config.h"

/** Exit status of ptt_ue_run() and of pttkey-ue. */
enum ptt_ue_exit {
	PTT_UE_EXIT_OK = 0,    /**< left, expelled, or ended by a BYE of the PF */
	PTT_UE_EXIT_ERROR = 1, /**< a fatal `error` event says why */
	PTT_UE_EXIT_USAGE = 2,
};

/**
 * Bootstraps, joins, and stays until --for has passed, SIGTERM or SIGINT arrives, or the PF ends
 * the dialog. Blocks SIGTERM and SIGINT of the calling (only) thread. The caller has called
 * su_init().
 */
enum ptt_ue_exit ptt_ue_run(const struct ptt_ue_config *config, FILE *events);

#endif
