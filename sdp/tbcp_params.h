/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file tbcp_params.h
 * TBCP parameters of a session: the highest values that an end supports, or those that both agreed
 * on.
 *
 * Spec: OMA PoC User Plane (a=fmtp:TBCP queuing=1;tb_priority=3;timestamp=1).
 */
#ifndef PTT_TBCP_PARAMS_H
#define PTT_TBCP_PARAMS_H

#include "crypto/bytes.h"

/** Values of a=fmtp:TBCP; an absent parameter has the specification's default. */
struct ptt_tbcp_params {
	bool given;
	uint8_t queuing;     /**< 0 or 1; default 0 */
	uint8_t tb_priority; /**< 1 normal .. 3 pre-emptive; default 1 */
	uint8_t timestamp;   /**< 0 or 1; default 0 */
};

/**
 * Reads an fmtp value in any case and order. Unknown names are skipped, and a value out of range
 * counts as absent.
 */
void ptt_tbcp_params_get(struct ptt_tbcp_params *out, const char *fmtp);
/** @return the lesser value of each parameter; a priority of 0 counts as 1 */
struct ptt_tbcp_params ptt_tbcp_params_agree(
	const struct ptt_tbcp_params *a, const struct ptt_tbcp_params *b);
/**
 * Appends the attribute's line with the parameters that differ from the defaults; no line if none
 * does.
 */
void ptt_tbcp_params_put(struct ptt_writer *wr, const struct ptt_tbcp_params *params);

#endif
