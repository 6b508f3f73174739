/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file milenage.h
 * MILENAGE, the example set of the 3GPP authentication functions.
 * Spec: TS 35.206 (constants c1..c5, r1..r5 as published there).
 */
#ifndef PTT_MILENAGE_H
#define PTT_MILENAGE_H

#include <stdint.h>

#include "crypto/err.h"
#include "crypto/secret.h"

#define PTT_AKA_RAND_LEN 16
#define PTT_AKA_SQN_LEN  6
#define PTT_AKA_AMF_LEN  2
#define PTT_AKA_MAC_LEN  8
#define PTT_AKA_RES_LEN  8
#define PTT_AKA_AK_LEN   6
#define PTT_AKA_CK_LEN   16
#define PTT_AKA_IK_LEN   16
#define PTT_AKA_OP_LEN   16

/** The inputs of every function. Borrowed for the call. */
struct ptt_milenage_in {
	const struct ptt_k *k;
	const struct ptt_opc *opc;
	const uint8_t *rand; /**< PTT_AKA_RAND_LEN bytes */
};

/** f2, f3, f4, f5 and f5*. Secret: wipe it. */
struct ptt_milenage_keys {
	uint8_t res[PTT_AKA_RES_LEN];
	uint8_t ck[PTT_AKA_CK_LEN];
	uint8_t ik[PTT_AKA_IK_LEN];
	uint8_t ak[PTT_AKA_AK_LEN];
	uint8_t ak_star[PTT_AKA_AK_LEN];
};

/** f1 and f1*. */
struct ptt_milenage_macs {
	uint8_t mac_a[PTT_AKA_MAC_LEN];
	uint8_t mac_s[PTT_AKA_MAC_LEN];
};

/** OPc from OP (16 bytes) and K. Errors: SYSTEM. */
enum ptt_err ptt_milenage_opc(
	struct ptt_opc *opc, const struct ptt_k *k, const uint8_t *op) PTT_MUST_CHECK;
/** @param sqn PTT_AKA_SQN_LEN bytes @param amf PTT_AKA_AMF_LEN bytes. Errors: SYSTEM. */
enum ptt_err ptt_milenage_f1(struct ptt_milenage_macs *out, const struct ptt_milenage_in *in,
	const uint8_t *sqn, const uint8_t *amf) PTT_MUST_CHECK;
/** Errors: SYSTEM. */
enum ptt_err ptt_milenage_f2345(
	struct ptt_milenage_keys *out, const struct ptt_milenage_in *in) PTT_MUST_CHECK;

#endif
