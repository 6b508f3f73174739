/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file bsf_ub.h
 * One request on Ub: from the Authorization header to a challenge, a B-TID, or a refusal. The store
 * is asked through jobs, so a verdict may come later. No HTTP library here. Inside the BSF only.
 */
#ifndef PTT_BSF_UB_H
#define PTT_BSF_UB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "module/gba/boot_info.h"
#include "module/gba/bsf_state.h"
#include "module/gba/ub_digest.h"
#include "module/store/store.h"

struct ptt_ub_request;
struct ptt_ub_job;

/** The Ub side of a BSF. */
struct ptt_bsf_ub {
	struct ptt_bsf_state state;
	struct ptt_store *store;
	struct ptt_ub_job *jobs; /**< in flight at the store */
	/** Called when the verdict of a request that waited is there. */
	void (*on_verdict)(void *ctx, struct ptt_ub_request *request);
	void *ctx;
};

/** What to answer. */
struct ptt_ub_verdict {
	unsigned int status;            /**< 200, 400, 401, 403, 500, 503; 0: not yet */
	char header[PTT_UB_HEADER_MAX]; /**< WWW-Authenticate (401) or Authentication-Info (200) */
	char body[1024];                /**< 200: BootstrappingInfo; else a short text */
	int64_t expires_utc_s;          /**< 200 */
};

/** "Now" is an argument: monotonic ms for challenges, UTC for lifetimes. */
struct ptt_bsf_now {
	int64_t mono_ms, utc_s;
};

/** Zeroed by its owner, who sets @c path. */
struct ptt_ub_request {
	struct ptt_ub_verdict verdict;
	struct ptt_ub_digest auth;   /**< as received; the user name may be a TMPI */
	char impi[PTT_UB_NAME_MAX];  /**< whose it is */
	const char *path;            /**< of the request line */
	struct ptt_bsf_now now;      /**< when it came */
	bool stale;                  /**< of the challenge to be sent */
	unsigned int attempts;       /**< reservations it has waited for */
	struct ptt_ub_job *job;      /**< it waits for this one; NULL: for none */
	struct ptt_ub_request *next; /**< others that wait for the same */
};

/**
 * Judges a request. With status 0 after it, on_verdict will be called, later and once.
 * @p authorization NULL: no such header.
 */
void ptt_bsf_ub_handle(struct ptt_bsf_ub *ub, struct ptt_ub_request *request,
	const char *authorization, struct ptt_bsf_now now);

#endif
