/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ub_many.h
 * Many bootstrappings at once over kept-alive connections, in one thread. For the laboratory.
 */
#ifndef PTT_UB_MANY_H
#define PTT_UB_MANY_H

#include <stdbool.h>

#include "module/gba/ub_client.h"

struct ptt_ub_many {
	/** Sets the next bootstrapping and a handle for done(). @return false: there is none */
	bool (*next)(void *ctx, struct ptt_ub_param *param, void **job);
	/**
	 * Called once for each bootstrapping of next(). @param result with PTT_OK only; borrowed
	 * for the call
	 */
	void (*done)(void *ctx, void *job, enum ptt_err err, const struct ptt_bootstrap *result);
	void *ctx;
	unsigned int parallel; /**< 1..256 */
};

/**
 * Blocks until all bootstrappings have ended. Errors: SYSTEM (none could be started, or libcurl
 * failed).
 */
enum ptt_err ptt_ub_many_run(const struct ptt_ub_many *many) PTT_MUST_CHECK;

#endif
