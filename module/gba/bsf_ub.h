/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file bsf_ub.h
 * Judges a request on Ub: from the Authorization header to a challenge, a B-TID, or a refusal. The
 * verdict may come later, when the store has finished a job (bsf_jobs.h). No HTTP library here.
 * Inside the BSF only.
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
	struct ptt_ub_job *jobs; /**< jobs in flight at the store */
	/** Called when a request that waited has its verdict. */
	void (*on_verdict)(void *ctx, struct ptt_ub_request *request);
	void *ctx;
};

/** The response to a request. */
struct ptt_ub_verdict {
	unsigned int status;            /**< 200, 400, 401, 403, 500, 503; 0: not yet */
	char header[PTT_UB_HEADER_MAX]; /**< WWW-Authenticate (401) or Authentication-Info (200) */
	char body[1024];                /**< 200: BootstrappingInfo; else a short text */
	int64_t expires_utc_s;          /**< 200 */
};

/** The time of a request: monotonic ms for challenges, UTC for lifetimes. */
struct ptt_bsf_now {
	int64_t mono_ms, utc_s;
};

/** One request. Its owner zeroes it and sets @c path. */
struct ptt_ub_request {
	struct ptt_ub_verdict verdict;
	struct ptt_ub_digest auth;   /**< as received; the user name may be a TMPI */
	char impi[PTT_UB_NAME_MAX];  /**< the subscriber's */
	const char *path;            /**< of the request line */
	struct ptt_bsf_now now;      /**< when the request came */
	bool stale;                  /**< the challenge to be sent says stale=true */
	unsigned int attempts;       /**< reservations that the request has waited for */
	struct ptt_ub_job *job;      /**< the request waits for this job; NULL: for none */
	struct ptt_ub_request *next; /**< other requests that wait for the same job */
};

/**
 * Judges a request. If its status is 0 then, on_verdict is called later, once. @param authorization
 * the header's value; NULL: there is none
 */
void ptt_bsf_ub_handle(struct ptt_bsf_ub *ub, struct ptt_ub_request *request,
	const char *authorization, struct ptt_bsf_now now);

#endif
