/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file usim.h
 * A USIM in software: K, OPc, and a file with the sequence numbers it has accepted.
 *
 * Sequence numbers follow TS 33.102 Annex C.1.1.1 and C.2.2: SQN = SEQ || IND, IND of 5 bits; the
 * highest SEQ accepted is kept for each IND, a lower or equal one is a synchronisation failure, and
 * so is one older than L = 1024 or a jump of more than Delta = 2^28 (the first of all may be any).
 * The file is replaced atomically (write, fsync, rename)
 * before an answer is given, so a kill at any instant never makes an old AUTN acceptable again.
 * Not thread safe: one thread at a time uses one USIM.
 */
#ifndef PTT_USIM_H
#define PTT_USIM_H

#include <stdint.h>

#include "crypto/err.h"
#include "crypto/secret.h"
#include "module/gba/card.h"

struct ptt_usim;

struct ptt_usim_param {
	const struct ptt_k *k;     /**< copied */
	const struct ptt_opc *opc; /**< copied */
	const char
		*sqn_file; /**< copied; created at first use; NULL = in memory only (lab, tests) */
};

/**
 * Errors: MALFORMED (the SQN file is not ours or damaged: never silently restarted at zero),
 * SYSTEM (it cannot be read, or memory). Keeps: nothing of @p param.
 */
enum ptt_err ptt_usim_open(
	struct ptt_usim **out, const struct ptt_usim_param *param) PTT_MUST_CHECK;
/** Wipes and frees; NULL is fine. */
void ptt_usim_close(struct ptt_usim *usim);
/** The card interface of @p usim; lives as long as it. */
const struct ptt_card *ptt_usim_card(struct ptt_usim *usim);
/** The errno of the last write of the SQN file; 0: it went well. While
 * it fails no bootstrapping succeeds. */
int ptt_usim_write_errno(const struct ptt_usim *usim) __attribute__((pure));
/** The highest SQN accepted so far (48 bits), for events and tests. */
uint64_t ptt_usim_sqn_ms(const struct ptt_usim *usim);

#endif
