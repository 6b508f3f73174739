/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file aka.h
 * Authentication and key agreement: the network's vector, the USIM's result, resynchronisation.
 * Spec: TS 33.102 6.3; AUTN = (SQN ^ AK) || AMF || MAC-A, AUTS = (SQN_MS ^ AK*) || MAC-S.
 */
#ifndef PTT_AKA_H
#define PTT_AKA_H

#include <stdint.h>

#include "crypto/milenage.h"

#define PTT_AKA_AUTN_LEN 16
#define PTT_AKA_AUTS_LEN 14
#define PTT_AKA_SQN_MAX  UINT64_C(0xffffffffffff) /**< 48 bits */

/** The long-term keys that both ends hold. Borrowed for the call. */
struct ptt_aka_subscriber {
	const struct ptt_k *k;
	const struct ptt_opc *opc;
};

/** The values that the network chooses for one run. */
struct ptt_aka_challenge {
	uint8_t rand[PTT_AKA_RAND_LEN];
	uint64_t sqn; /**< <= PTT_AKA_SQN_MAX */
	uint8_t amf[PTT_AKA_AMF_LEN];
};

/** An authentication vector (res is XRES). Secret: wipe it. */
struct ptt_aka_vector {
	uint8_t rand[PTT_AKA_RAND_LEN];
	uint8_t autn[PTT_AKA_AUTN_LEN];
	uint8_t res[PTT_AKA_RES_LEN];
	uint8_t ck[PTT_AKA_CK_LEN];
	uint8_t ik[PTT_AKA_IK_LEN];
	uint8_t ak[PTT_AKA_AK_LEN];
};

/** What the USIM returns. Secret: wipe it. */
struct ptt_aka_result {
	uint64_t sqn; /**< the network's SQN; after PTT_OK the caller keeps it as SQN_MS */
	uint8_t res[PTT_AKA_RES_LEN];
	uint8_t ck[PTT_AKA_CK_LEN];
	uint8_t ik[PTT_AKA_IK_LEN];
	uint8_t auts[PTT_AKA_AUTS_LEN]; /**< set with PTT_ERR_REPLAY only */
};

/** Network: AUTN, XRES, CK, IK, AK. Errors: EXHAUSTED (sqn above 48 bits), SYSTEM. */
enum ptt_err ptt_aka_vector_make(struct ptt_aka_vector *out, const struct ptt_aka_subscriber *sub,
	const struct ptt_aka_challenge *in) PTT_MUST_CHECK;

/**
 * USIM: checks AUTN against the highest SQN accepted so far, then makes RES and the keys, or AUTS.
 * @param rand PTT_AKA_RAND_LEN bytes @param autn PTT_AKA_AUTN_LEN bytes
 * Errors: AUTH (MAC-A is wrong; @p out is unchanged), REPLAY (SQN is not above @p sqn_ms; only auts
 * is set, for resynchronisation), SYSTEM.
 */
enum ptt_err ptt_aka_result_make(struct ptt_aka_result *out, const struct ptt_aka_subscriber *sub,
	uint64_t sqn_ms, const uint8_t *rand, const uint8_t *autn) PTT_MUST_CHECK;

/**
 * Network: reads the USIM's SQN from AUTS. MAC-S is computed with AMF 0000 (TS 33.102 6.3.3).
 * @param rand PTT_AKA_RAND_LEN bytes, of the challenge that AUTS responds to @param auts
 * PTT_AKA_AUTS_LEN bytes
 * Errors: AUTH (@p sqn_ms is unchanged), SYSTEM.
 */
enum ptt_err ptt_aka_auts_open(uint64_t *sqn_ms, const struct ptt_aka_subscriber *sub,
	const uint8_t *rand, const uint8_t *auts) PTT_MUST_CHECK;

/** An SQN as 48 bits, big-endian. */
void ptt_aka_sqn_put(uint8_t out[PTT_AKA_SQN_LEN], uint64_t sqn);
uint64_t ptt_aka_sqn_get(const uint8_t in[PTT_AKA_SQN_LEN]);

#endif
