/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file bsf_jobs.h
 * Writes that must be durable before the BSF responds: a block of SQNs, a bootstrapping. Inside the
 * BSF only.
 */
#ifndef PTT_BSF_JOBS_H
#define PTT_BSF_JOBS_H

#include "module/gba/bsf_ub.h"

/**
 * Called once when the store has finished a job that @p request waited for. It sets the verdict, or
 * lets @p request wait for another job. @p err: what the store said.
 */
typedef void ptt_ub_go_on(struct ptt_bsf_ub *ub, struct ptt_ub_request *request, enum ptt_err err);

struct ptt_ub_sqn_block {
	const char *impi; /**< whose SQNs; borrowed for the call */
	uint64_t stored;  /**< the bound in the subscriber's row */
	uint64_t above;   /**< the block begins above this SQN, and above the bound */
};

/**
 * Reserves a block of SQNs; @p request waits for it. One subscriber's requests share a reservation.
 * Errors: EXHAUSTED, SYSTEM; @p request waits for nothing then.
 */
enum ptt_err ptt_bsf_ub_reserve(struct ptt_bsf_ub *ub, struct ptt_ub_request *request,
	const struct ptt_ub_sqn_block *block, ptt_ub_go_on *go_on) PTT_MUST_CHECK;
/**
 * Writes the bootstrapping, and deletes the subscriber's third newest one; @p request waits for it.
 * Errors: SYSTEM; @p request waits for nothing then.
 */
enum ptt_err ptt_bsf_ub_save(struct ptt_bsf_ub *ub, struct ptt_ub_request *request,
	const struct ptt_bootstrap_row *row, ptt_ub_go_on *go_on) PTT_MUST_CHECK;
/** @p request is about to be freed: it waits for no job any more. */
void ptt_bsf_ub_forget(struct ptt_ub_request *request);
/** The store's completions of the jobs in flight will have no effect. */
void ptt_bsf_ub_stop(struct ptt_bsf_ub *ub);

#endif
