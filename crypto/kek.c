/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "crypto/kek.h"

#include <limits.h>
#include <string.h>

#include "crypto/algs.h"
#include "crypto/random.h"

/** What stands around the ciphertext in a sealed key. */
struct frame {
	uint8_t nonce[PTT_KEK_NONCE_LEN];
	uint8_t tag[PTT_KEK_TAG_LEN];
};

static bool start(EVP_CIPHER_CTX *gcm, const struct ptt_kek *kek, const struct frame *fr,
	struct ptt_bytes row)
{
	int len = 0, enc = EVP_CIPHER_CTX_is_encrypting(gcm);

	/* 96 bits is GCM's default IV length */
	return row.len <= INT_MAX &&
	       EVP_CipherInit_ex2(gcm, NULL, kek->b, fr->nonce, enc, NULL) == 1 &&
	       (row.len == 0 || EVP_CipherUpdate(gcm, NULL, &len, row.data, (int)row.len) == 1);
}

static enum ptt_err wrap_with(
	EVP_CIPHER_CTX *gcm, uint8_t *ct, struct frame *fr, struct ptt_bytes in)
{
	int len = 0, last = 0;

	if (EVP_CipherUpdate(gcm, ct, &len, in.data, (int)in.len) != 1 ||
		EVP_CipherFinal_ex(gcm, ct + len, &last) != 1 ||
		EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_GET_TAG, PTT_KEK_TAG_LEN, fr->tag) != 1)
		return PTT_ERR_SYSTEM;
	return PTT_OK;
}

static EVP_CIPHER_CTX *gcm_new(int enc)
{
	EVP_CIPHER_CTX *gcm = EVP_CIPHER_CTX_new();

	if (gcm && EVP_CipherInit_ex2(gcm, ptt_algs()->aes_256_gcm, NULL, NULL, enc, NULL) == 1)
		return gcm;
	EVP_CIPHER_CTX_free(gcm);
	return NULL;
}

/*  | nonce (12) | ciphertext | tag (16) | */
enum ptt_err ptt_kek_wrap(struct ptt_writer *out, const struct ptt_kek *kek, struct ptt_bytes row,
	struct ptt_bytes in)
{
	struct frame fr;
	uint8_t *ct = out->pos + PTT_KEK_NONCE_LEN;
	struct ptt_writer all = *out;
	EVP_CIPHER_CTX *gcm;
	enum ptt_err err;
	size_t len;

	/* check the space first: GCM writes directly into the caller's buffer */
	if (in.len > INT_MAX)
		return PTT_ERR_NO_SPACE;
	ptt_write_zeros(&all, in.len + PTT_KEK_OVERHEAD);
	PTT_TRY(ptt_writer_end(&all, &len));
	PTT_TRY(ptt_random_bytes(fr.nonce, sizeof(fr.nonce)));
	gcm = gcm_new(1);
	err = gcm && start(gcm, kek, &fr, row) ? wrap_with(gcm, ct, &fr, in) : PTT_ERR_SYSTEM;
	EVP_CIPHER_CTX_free(gcm);
	PTT_TRY(err);
	memcpy(ct - PTT_KEK_NONCE_LEN, fr.nonce, PTT_KEK_NONCE_LEN);
	memcpy(ct + in.len, fr.tag, PTT_KEK_TAG_LEN);
	*out = all;
	return PTT_OK;
}

static enum ptt_err unwrap_with(
	EVP_CIPHER_CTX *gcm, uint8_t *out, struct frame *fr, struct ptt_bytes ct)
{
	int len = 0, last = 0;

	if (EVP_CipherUpdate(gcm, out, &len, ct.data, (int)ct.len) != 1 ||
		EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_SET_TAG, PTT_KEK_TAG_LEN, fr->tag) != 1)
		return PTT_ERR_SYSTEM;
	return EVP_CipherFinal_ex(gcm, out + len, &last) == 1 ? PTT_OK : PTT_ERR_AUTH;
}

enum ptt_err ptt_kek_unwrap(void *out, size_t out_len, const struct ptt_kek *kek,
	struct ptt_bytes row, struct ptt_bytes in)
{
	struct ptt_reader rd = ptt_reader_of(in);
	struct plain {
		uint8_t b[PTT_KEK_PLAIN_MAX];
	};
	PTT_SECRET(struct plain, plain);
	struct ptt_bytes ct;
	struct frame fr;
	EVP_CIPHER_CTX *gcm;
	enum ptt_err err;

	if (out_len > sizeof(plain.b))
		return PTT_ERR_NO_SPACE;
	ptt_read_copy(&rd, fr.nonce, sizeof(fr.nonce));
	ct = ptt_read_bytes(&rd, out_len);
	ptt_read_copy(&rd, fr.tag, sizeof(fr.tag));
	PTT_TRY(ptt_reader_end(&rd));
	gcm = gcm_new(0);
	err = gcm && start(gcm, kek, &fr, row) ? unwrap_with(gcm, plain.b, &fr, ct)
					       : PTT_ERR_SYSTEM;
	EVP_CIPHER_CTX_free(gcm);
	if (err == PTT_OK && out_len != 0)
		memcpy(out, plain.b, out_len);
	return err;
}
