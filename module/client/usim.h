/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file usim.h
 * A USIM in software: K, OPc, and a file with the sequence numbers it has accepted.
 *
 * Sequence numbers follow TS 33.102 Annex C.1.1.1 and C.2.2: SQN = SEQ || IND, IND of 5 bits. The
 * USIM keeps the highest SEQ accepted for each IND. A SEQ not above it, older than L = 1024, or
 * more than Delta = 2^28 ahead is a synchronisation failure; the first SQN of all may have any
 * value. The file is replaced atomically (write, fsync, rename) before the USIM responds, so a
 * kill at any instant never makes an old AUTN acceptable again. Not thread safe: one thread at a
 * time uses one USIM.
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
 * Errors: MALFORMED (the SQN file is damaged or no SQN file; the numbers never restart silently),
 * SYSTEM (the file cannot be read, or memory). Keeps: nothing of @p param.
 */
enum ptt_err ptt_usim_open(
	struct ptt_usim **out, const struct ptt_usim_param *param) PTT_MUST_CHECK;
/** Wipes and frees; NULL is fine. */
void ptt_usim_close(struct ptt_usim *usim);
/** The card interface of @p usim; valid as long as @p usim is. */
const struct ptt_card *ptt_usim_card(struct ptt_usim *usim);
/** The errno of the last write of the SQN file; 0: success. No bootstrapping succeeds while writes
 *  fail. */
int ptt_usim_write_errno(const struct ptt_usim *usim) __attribute__((pure));
/** The highest SQN accepted so far (48 bits), for events and tests. */
uint64_t ptt_usim_sqn_ms(const struct ptt_usim *usim);

#endif
