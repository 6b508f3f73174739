/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "crypto/aka.h"

#include <string.h>

static const uint8_t amf_resync[PTT_AKA_AMF_LEN]; /* 0000, TS 33.102 6.3.3 */

void ptt_aka_sqn_put(uint8_t out[PTT_AKA_SQN_LEN], uint64_t sqn)
{
	size_t i;

	for (i = 0; i < PTT_AKA_SQN_LEN; i++)
		out[i] = (uint8_t)(sqn >> 8 * (PTT_AKA_SQN_LEN - 1 - i));
}

uint64_t ptt_aka_sqn_get(const uint8_t in[PTT_AKA_SQN_LEN])
{
	uint64_t sqn = 0;
	size_t i;

	for (i = 0; i < PTT_AKA_SQN_LEN; i++)
		sqn = sqn << 8 | in[i];
	return sqn;
}

/** XORs an SQN with AK: the same step hides it and uncovers it. */
static void sqn_xor(uint8_t out[PTT_AKA_SQN_LEN], const uint8_t *sqn, const uint8_t *ak)
{
	size_t i;

	for (i = 0; i < PTT_AKA_SQN_LEN; i++)
		out[i] = sqn[i] ^ ak[i];
}

/*  AUTN  | SQN ^ AK (6) | AMF (2) | MAC-A (8) |     TS 33.102 6.3.2 */
enum ptt_err ptt_aka_vector_make(struct ptt_aka_vector *out, const struct ptt_aka_subscriber *sub,
	const struct ptt_aka_challenge *in)
{
	const struct ptt_milenage_in mil = {sub->k, sub->opc, in->rand};
	PTT_SECRET(struct ptt_milenage_keys, keys);
	struct ptt_milenage_macs macs;
	uint8_t sqn[PTT_AKA_SQN_LEN];

	if (in->sqn > PTT_AKA_SQN_MAX)
		return PTT_ERR_EXHAUSTED;
	ptt_aka_sqn_put(sqn, in->sqn);
	PTT_TRY(ptt_milenage_f2345(&keys, &mil));
	PTT_TRY(ptt_milenage_f1(&macs, &mil, sqn, in->amf));

	memcpy(out->rand, in->rand, sizeof(out->rand));
	sqn_xor(out->autn, sqn, keys.ak);
	memcpy(out->autn + PTT_AKA_SQN_LEN, in->amf, PTT_AKA_AMF_LEN);
	memcpy(out->autn + PTT_AKA_SQN_LEN + PTT_AKA_AMF_LEN, macs.mac_a, PTT_AKA_MAC_LEN);
	memcpy(out->res, keys.res, sizeof(out->res));
	memcpy(out->ck, keys.ck, sizeof(out->ck));
	memcpy(out->ik, keys.ik, sizeof(out->ik));
	memcpy(out->ak, keys.ak, sizeof(out->ak));
	return PTT_OK;
}

/*  AUTS  | SQN_MS ^ AK* (6) | MAC-S (8) |           TS 33.102 6.3.3 */
static enum ptt_err auts_make(uint8_t auts[PTT_AKA_AUTS_LEN], const struct ptt_milenage_in *mil,
	const struct ptt_milenage_keys *keys, uint64_t sqn_ms)
{
	struct ptt_milenage_macs macs;
	uint8_t sqn[PTT_AKA_SQN_LEN];

	ptt_aka_sqn_put(sqn, sqn_ms);
	PTT_TRY(ptt_milenage_f1(&macs, mil, sqn, amf_resync));
	sqn_xor(auts, sqn, keys->ak_star);
	memcpy(auts + PTT_AKA_SQN_LEN, macs.mac_s, PTT_AKA_MAC_LEN);
	return PTT_OK;
}

enum ptt_err ptt_aka_auts_open(uint64_t *sqn_ms, const struct ptt_aka_subscriber *sub,
	const uint8_t *rand, const uint8_t *auts)
{
	const struct ptt_milenage_in mil = {sub->k, sub->opc, rand};
	PTT_SECRET(struct ptt_milenage_keys, keys);
	struct ptt_milenage_macs macs;
	uint8_t sqn[PTT_AKA_SQN_LEN];

	PTT_TRY(ptt_milenage_f2345(&keys, &mil));
	sqn_xor(sqn, auts, keys.ak_star);
	PTT_TRY(ptt_milenage_f1(&macs, &mil, sqn, amf_resync));
	if (!ptt_secret_equal(macs.mac_s, auts + PTT_AKA_SQN_LEN, PTT_AKA_MAC_LEN))
		return PTT_ERR_AUTH;
	*sqn_ms = ptt_aka_sqn_get(sqn);
	return PTT_OK;
}

enum ptt_err ptt_aka_result_make(struct ptt_aka_result *out, const struct ptt_aka_subscriber *sub,
	uint64_t sqn_ms, const uint8_t *rand, const uint8_t *autn)
{
	const struct ptt_milenage_in mil = {sub->k, sub->opc, rand};
	const uint8_t *amf = autn + PTT_AKA_SQN_LEN, *mac = amf + PTT_AKA_AMF_LEN;
	PTT_SECRET(struct ptt_milenage_keys, keys);
	struct ptt_milenage_macs macs;
	uint8_t sqn[PTT_AKA_SQN_LEN];

	PTT_TRY(ptt_milenage_f2345(&keys, &mil));
	sqn_xor(sqn, autn, keys.ak);
	PTT_TRY(ptt_milenage_f1(&macs, &mil, sqn, amf));
	if (!ptt_secret_equal(macs.mac_a, mac, PTT_AKA_MAC_LEN))
		return PTT_ERR_AUTH;
	if (ptt_aka_sqn_get(sqn) <= sqn_ms) {
		PTT_TRY(auts_make(out->auts, &mil, &keys, sqn_ms));
		return PTT_ERR_REPLAY;
	}
	out->sqn = ptt_aka_sqn_get(sqn);
	memcpy(out->res, keys.res, sizeof(out->res));
	memcpy(out->ck, keys.ck, sizeof(out->ck));
	memcpy(out->ik, keys.ik, sizeof(out->ik));
	return PTT_OK;
}
