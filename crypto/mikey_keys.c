/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "crypto/mikey_keys.h"

#include <string.h>

#include "crypto/algs.h"

#define PRF_BLOCK_LEN  32 /* the PRF cuts its input key into 256-bit blocks */
#define PRF_BLOCKS_MAX 8
#define LABEL_MAX      (4 + 1 + 4 + 255)

/* Spec: RFC 3830 4.1.4, table 4.1.4 */
#define CONST_ENCR 0x150533e1u
#define CONST_AUTH 0x2d22ac75u
#define CONST_SALT 0x29b88916u

struct hash {
	uint8_t b[PTT_HMAC_SHA1_LEN];
};

/**
 * out ^= P(s, label, m): HMAC(s, A_1 || label) || HMAC(s, A_2 || label) ..., A_i = HMAC(s, A_i-1)
 */
static enum ptt_err prf_block(
	uint8_t *out, size_t out_len, const struct ptt_hmac_sha1 *s, struct ptt_bytes label)
{
	PTT_SECRET(struct hash, a);
	PTT_SECRET(struct hash, p);
	struct ptt_bytes a_and_label[] = {label, label};
	size_t at, i, left;

	for (at = 0; at < out_len; at += sizeof(p.b)) {
		PTT_TRY(ptt_hmac_sha1(a.b, s, a_and_label, 1)); /* A_0 is the label */
		a_and_label[0] = PTT_BYTES_OF(a.b);
		PTT_TRY(ptt_hmac_sha1(p.b, s, a_and_label, 2));
		left = out_len - at < sizeof(p.b) ? out_len - at : sizeof(p.b);
		for (i = 0; i < left; i++)
			out[at + i] ^= p.b[i];
	}
	return PTT_OK;
}

/** One output of the PRF. */
struct prf_out {
	uint8_t *out;
	size_t len;
	struct ptt_bytes label;
};

/**
 * Computes all outputs of one key together: the HMAC state of each block of the key is made once.
 */
static enum ptt_err prf(const struct prf_out *outs, size_t count, struct ptt_bytes key)
{
	PTT_SECRET(struct ptt_hmac_sha1, s);
	size_t at, len, i;

	if (key.len == 0 || key.len > PRF_BLOCKS_MAX * PRF_BLOCK_LEN)
		return PTT_ERR_UNSUPPORTED;
	for (i = 0; i < count; i++)
		memset(outs[i].out, 0, outs[i].len);
	for (at = 0; at < key.len; at += len) {
		len = key.len - at < PRF_BLOCK_LEN ? key.len - at : PRF_BLOCK_LEN;
		PTT_TRY(ptt_hmac_sha1_init(&s, (struct ptt_bytes){key.data + at, len}));
		for (i = 0; i < count; i++)
			PTT_TRY(prf_block(outs[i].out, outs[i].len, &s, outs[i].label));
	}
	return PTT_OK;
}

enum ptt_err ptt_mikey_prf(struct ptt_mikey_ctx *ctx, struct ptt_writer *out, size_t out_len,
	struct ptt_bytes key, struct ptt_bytes label)
{
	const struct prf_out one = {out->pos, out_len, label};
	size_t len;

	(void)ctx;
	if (key.len == 0 || key.len > PRF_BLOCKS_MAX * PRF_BLOCK_LEN)
		return PTT_ERR_UNSUPPORTED; /* checked before the writer advances */
	ptt_write_zeros(out, out_len);
	PTT_TRY(ptt_writer_end(out, &len));
	return prf(&one, 1, key);
}

/*  label  | constant (4) | FF | CSB ID (4) | RAND |   RFC 3830 4.1.4 */
struct label {
	uint8_t b[LABEL_MAX];
	size_t len;
};

static enum ptt_err label_make(
	struct label *out, uint32_t constant, const struct ptt_mikey_session *ses)
{
	struct ptt_writer wr = ptt_writer_of(out->b, sizeof(out->b));

	ptt_write_u32(&wr, constant);
	ptt_write_u8(&wr, 0xff);
	ptt_write_u32(&wr, ses->csb_id);
	ptt_write_bytes(&wr, ses->rand);
	return ptt_writer_end(&wr, &out->len);
}

enum ptt_err ptt_mikey_keys_derive(
	struct ptt_mikey_keys *out, struct ptt_bytes psk, const struct ptt_mikey_session *ses)
{
	PTT_SECRET(struct hash, auth);
	struct label encr_label, salt_label, auth_label;

	PTT_TRY(label_make(&encr_label, CONST_ENCR, ses));
	PTT_TRY(label_make(&salt_label, CONST_SALT, ses));
	PTT_TRY(label_make(&auth_label, CONST_AUTH, ses));
	const struct prf_out outs[] = {
		{out->encr, sizeof(out->encr), {encr_label.b, encr_label.len}},
		{out->salt, sizeof(out->salt), {salt_label.b, salt_label.len}},
		{auth.b, sizeof(auth.b), {auth_label.b, auth_label.len}},
	};
	PTT_TRY(prf(outs, 3, psk));
	return ptt_hmac_sha1_init(&out->auth, PTT_BYTES_OF(auth.b));
}

/*
 *  IV = (salt ^ (0000 || CSB ID || T as 64 bits)) || 0000   RFC 3830 4.2.3; the counter pads left
 * [R]
 */
static void iv_make(
	uint8_t iv[16], const struct ptt_mikey_keys *keys, const struct ptt_mikey_session *ses)
{
	struct ptt_writer wr = ptt_writer_of(iv, 16);
	size_t i;

	ptt_write_u16(&wr, 0);
	ptt_write_u32(&wr, ses->csb_id);
	ptt_write_u32(&wr, 0);
	ptt_write_u32(&wr, ses->counter);
	ptt_write_u16(&wr, 0);
	for (i = 0; i < sizeof(keys->salt); i++)
		iv[i] ^= keys->salt[i];
}

enum ptt_err ptt_mikey_crypt(struct ptt_mikey_ctx *ctx, uint8_t *out,
	const struct ptt_mikey_keys *keys, const struct ptt_mikey_session *ses, struct ptt_bytes in)
{
	uint8_t iv[16];
	int len = 0;

	iv_make(iv, keys, ses);
	/* in counter mode encrypting and decrypting are the same operation */
	if (EVP_EncryptInit_ex2(ctx->aes_cm, NULL, keys->encr, iv, NULL) != 1 ||
		EVP_EncryptUpdate(ctx->aes_cm, out, &len, in.data, (int)in.len) != 1)
		return PTT_ERR_SYSTEM;
	return (size_t)len == in.len ? PTT_OK : PTT_ERR_SYSTEM;
}

enum ptt_err ptt_mikey_verify_mac(uint8_t out[PTT_MIKEY_MAC_LEN], const struct ptt_mikey_keys *keys,
	struct ptt_bytes msg, const struct ptt_mikey_ids *ids)
{
	const uint8_t t[] = {(uint8_t)(ids->counter >> 24), (uint8_t)(ids->counter >> 16),
		(uint8_t)(ids->counter >> 8), (uint8_t)ids->counter};
	const struct ptt_bytes parts[] = {msg, ids->idi, ids->idr, PTT_BYTES_OF(t)};

	return ptt_hmac_sha1(out, &keys->auth, parts, sizeof(parts) / sizeof(parts[0]));
}

enum ptt_err ptt_mikey_ctx_init(struct ptt_mikey_ctx *ctx)
{
	ctx->aes_cm = EVP_CIPHER_CTX_new();
	if (!ctx->aes_cm ||
		EVP_EncryptInit_ex2(ctx->aes_cm, ptt_algs()->aes_128_ctr, NULL, NULL, NULL) != 1)
		return PTT_ERR_SYSTEM;
	return PTT_OK;
}

void ptt_mikey_ctx_wipe(struct ptt_mikey_ctx *ctx)
{
	EVP_CIPHER_CTX_free(ctx->aes_cm);
	*ctx = (struct ptt_mikey_ctx){0};
}
