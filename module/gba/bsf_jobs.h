/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file bsf_jobs.h
 * What the BSF has durable before it answers: a block of SQNs, a bootstrapping. Inside the BSF
 * only.
 */
#ifndef PTT_BSF_JOBS_H
#define PTT_BSF_JOBS_H

#include "module/gba/bsf_ub.h"

/**
 * Reserves a block of SQNs above the subscriber's row and above @p above, then challenges. Requests
 * of one subscriber share one reservation. A failure is a verdict (503).
 */
void ptt_bsf_ub_reserve(struct ptt_bsf_ub *ub, struct ptt_ub_request *request,
	const struct ptt_subscriber_row *sub, uint64_t above);
/**
 * Writes the bootstrapping, drops the one before the last, then lets the 200 go that @p request's
 * verdict holds already. A failure is a verdict (503).
 */
void ptt_bsf_ub_save(
	struct ptt_bsf_ub *ub, struct ptt_ub_request *request, const struct ptt_bootstrap_row *row);

/**
 * In bsf_ub.c: the verdict is a challenge, or a refusal, or the request waits for a reservation.
 */
void ptt_bsf_ub_challenge(struct ptt_bsf_ub *ub, struct ptt_ub_request *request);
/** In bsf_ub.c: the verdict is @p status with a text for humans. */
void ptt_bsf_ub_refuse(struct ptt_ub_request *request, unsigned int status, const char *text);

#endif
