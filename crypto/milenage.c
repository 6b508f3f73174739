/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "crypto/milenage.h"

#include <string.h>

#include "crypto/algs.h"

#define BLOCK 16

/** Rotation in bytes and the last byte of the constant. Spec: TS 35.206 4.1 (r1..r5, c1..c5) */
static const struct step {
	uint8_t rot, constant;
} steps[] = {{8, 0}, {0, 1}, {4, 2}, {8, 4}, {12, 8}};
enum { F1, F2, F3, F4, F5_STAR };

static void xor_block(uint8_t out[BLOCK], const uint8_t a[BLOCK], const uint8_t b[BLOCK])
{
	size_t i;

	for (i = 0; i < BLOCK; i++)
		out[i] = a[i] ^ b[i];
}

/** E_K of one block; @p out may be @p in. */
static enum ptt_err encrypt(EVP_CIPHER_CTX *aes, uint8_t out[BLOCK], const uint8_t in[BLOCK])
{
	int len = 0;

	if (EVP_EncryptUpdate(aes, out, &len, in, BLOCK) != 1 || len != BLOCK)
		return PTT_ERR_SYSTEM;
	return PTT_OK;
}

static EVP_CIPHER_CTX *aes_new(const struct ptt_k *k)
{
	EVP_CIPHER_CTX *aes = EVP_CIPHER_CTX_new();

	if (!aes)
		return NULL;
	if (EVP_EncryptInit_ex2(aes, ptt_algs()->aes_128_ecb, k->b, NULL, NULL) != 1 ||
		EVP_CIPHER_CTX_set_padding(aes, 0) != 1) {
		EVP_CIPHER_CTX_free(aes);
		return NULL;
	}
	return aes;
}

/** TEMP = E_K(RAND ^ OPc) */
static enum ptt_err temp_make(
	EVP_CIPHER_CTX *aes, uint8_t temp[BLOCK], const struct ptt_milenage_in *in)
{
	xor_block(temp, in->rand, in->opc->b);
	return encrypt(aes, temp, temp);
}

/** OUTn = E_K(rot(x ^ OPc, r) ^ y ^ c) ^ OPc. @p y is TEMP for f1, and NULL for the others. */
static enum ptt_err out_make(EVP_CIPHER_CTX *aes, uint8_t out[BLOCK], const struct step *step,
	const uint8_t x[BLOCK], const uint8_t opc[BLOCK], const uint8_t *y)
{
	uint8_t rotated[BLOCK];
	size_t i;

	for (i = 0; i < BLOCK; i++) {
		size_t from = (i + step->rot) % BLOCK;

		rotated[i] = x[from] ^ opc[from];
	}
	if (y)
		xor_block(rotated, rotated, y);
	rotated[BLOCK - 1] ^= step->constant;
	PTT_TRY(encrypt(aes, out, rotated));
	xor_block(out, out, opc);
	ptt_wipe(rotated, sizeof(rotated));
	return PTT_OK;
}

enum ptt_err ptt_milenage_opc(struct ptt_opc *opc, const struct ptt_k *k, const uint8_t *op)
{
	EVP_CIPHER_CTX *aes = aes_new(k);
	enum ptt_err err = aes ? encrypt(aes, opc->b, op) : PTT_ERR_SYSTEM;

	EVP_CIPHER_CTX_free(aes);
	if (err == PTT_OK)
		xor_block(opc->b, opc->b, op);
	return err;
}

static enum ptt_err f1_with(EVP_CIPHER_CTX *aes, uint8_t out[BLOCK],
	const struct ptt_milenage_in *in, const uint8_t in1[BLOCK])
{
	uint8_t temp[BLOCK];

	PTT_TRY(temp_make(aes, temp, in));
	PTT_TRY(out_make(aes, out, &steps[F1], in1, in->opc->b, temp));
	ptt_wipe(temp, sizeof(temp));
	return PTT_OK;
}

enum ptt_err ptt_milenage_f1(struct ptt_milenage_macs *out, const struct ptt_milenage_in *in,
	const uint8_t *sqn, const uint8_t *amf)
{
	EVP_CIPHER_CTX *aes = aes_new(in->k);
	uint8_t in1[BLOCK], out1[BLOCK];
	enum ptt_err err;

	/* IN1 = SQN || AMF || SQN || AMF */
	memcpy(in1, sqn, PTT_AKA_SQN_LEN);
	memcpy(in1 + PTT_AKA_SQN_LEN, amf, PTT_AKA_AMF_LEN);
	memcpy(in1 + BLOCK / 2, in1, BLOCK / 2);
	err = aes ? f1_with(aes, out1, in, in1) : PTT_ERR_SYSTEM;
	EVP_CIPHER_CTX_free(aes);
	if (err != PTT_OK)
		return err;
	memcpy(out->mac_a, out1, PTT_AKA_MAC_LEN);
	memcpy(out->mac_s, out1 + PTT_AKA_MAC_LEN, PTT_AKA_MAC_LEN);
	return PTT_OK;
}

static enum ptt_err f2345_with(
	EVP_CIPHER_CTX *aes, struct ptt_milenage_keys *out, const struct ptt_milenage_in *in)
{
	struct blocks {
		uint8_t temp[BLOCK], out2[BLOCK], out5[BLOCK];
	};
	PTT_SECRET(struct blocks, b);
	const uint8_t *opc = in->opc->b;

	PTT_TRY(temp_make(aes, b.temp, in));
	PTT_TRY(out_make(aes, b.out2, &steps[F2], b.temp, opc, NULL));
	PTT_TRY(out_make(aes, out->ck, &steps[F3], b.temp, opc, NULL));
	PTT_TRY(out_make(aes, out->ik, &steps[F4], b.temp, opc, NULL));
	PTT_TRY(out_make(aes, b.out5, &steps[F5_STAR], b.temp, opc, NULL));
	memcpy(out->ak, b.out2, PTT_AKA_AK_LEN);
	memcpy(out->res, b.out2 + BLOCK - PTT_AKA_RES_LEN, PTT_AKA_RES_LEN);
	memcpy(out->ak_star, b.out5, PTT_AKA_AK_LEN);
	return PTT_OK;
}

enum ptt_err ptt_milenage_f2345(struct ptt_milenage_keys *out, const struct ptt_milenage_in *in)
{
	EVP_CIPHER_CTX *aes = aes_new(in->k);
	enum ptt_err err = aes ? f2345_with(aes, out, in) : PTT_ERR_SYSTEM;

	EVP_CIPHER_CTX_free(aes);
	if (err != PTT_OK)
		ptt_wipe(out, sizeof(*out));
	return err;
}
