/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file tbcp_params.h
 * TBCP parameters of a session: what an end can do, and what both agreed on.
 *
 * Spec: OMA PoC User Plane (a=fmtp:TBCP queuing=1;tb_priority=3;timestamp=1).
 */
#ifndef PTT_TBCP_PARAMS_H
#define PTT_TBCP_PARAMS_H

#include "crypto/bytes.h"

/** TBCP parameters (a=fmtp:TBCP); the defaults of the spec where absent. */
struct ptt_tbcp_params {
	bool given;
	uint8_t queuing;     /**< 0 or 1; default 0 */
	uint8_t tb_priority; /**< 1 normal .. 3 pre-emptive; default 1 */
	uint8_t timestamp;   /**< 0 or 1; default 0 */
};

/** Case, white space, order and unknown names do not matter; nonsense values count as absent. */
void ptt_tbcp_params_get(struct ptt_tbcp_params *out, const char *fmtp);
/** The lesser of both ends. A priority of 0 counts as 1. */
struct ptt_tbcp_params ptt_tbcp_params_agree(
	const struct ptt_tbcp_params *a, const struct ptt_tbcp_params *b);
/** Appends the attribute's line with what differs from the defaults; nothing if nothing does. */
void ptt_tbcp_params_put(struct ptt_writer *wr, const struct ptt_tbcp_params *params);

#endif
