/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SHA256_Init() is deprecated in OpenSSL 3, not removed. It is used because HMAC() fetches its
 * algorithm in each call: 21,000 instructions, five times in each join.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/digest.h"

#include <openssl/sha.h>
#include <string.h>

#include "crypto/algs.h"
#include "crypto/secret.h"

#define COLON ((struct ptt_bytes){(const uint8_t *)":", 1})

static const EVP_MD *md_of(enum ptt_hash_alg alg)
{
	return alg == PTT_HASH_MD5 ? ptt_algs()->md5 : ptt_algs()->sha256;
}

size_t ptt_hash_len(enum ptt_hash_alg alg)
{
	return alg == PTT_HASH_MD5 ? PTT_HASH_MD5_LEN : PTT_HASH_SHA256_LEN;
}

static enum ptt_err hash_with(EVP_MD_CTX *ctx, uint8_t *out, enum ptt_hash_alg alg,
	const struct ptt_bytes *parts, size_t count)
{
	size_t i;

	if (EVP_DigestInit_ex2(ctx, md_of(alg), NULL) != 1)
		return PTT_ERR_SYSTEM;
	for (i = 0; i < count; i++) {
		if (EVP_DigestUpdate(ctx, parts[i].data, parts[i].len) != 1)
			return PTT_ERR_SYSTEM;
	}
	return EVP_DigestFinal_ex(ctx, out, NULL) == 1 ? PTT_OK : PTT_ERR_SYSTEM;
}

static enum ptt_err hash_parts(
	uint8_t *out, enum ptt_hash_alg alg, const struct ptt_bytes *parts, size_t count)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	enum ptt_err err = ctx ? hash_with(ctx, out, alg, parts, count) : PTT_ERR_SYSTEM;

	EVP_MD_CTX_free(ctx);
	return err;
}

/** The hash in lower-case hex: Digest hashes the text of other hashes. */
static enum ptt_err hex_parts(char out[PTT_DIGEST_HEX_SIZE], enum ptt_hash_alg alg,
	const struct ptt_bytes *parts, size_t count)
{
	uint8_t hash[PTT_HASH_MAX_LEN];
	enum ptt_err err = hash_parts(hash, alg, parts, count);

	if (err == PTT_OK)
		err = ptt_hex_put(
			out, PTT_DIGEST_HEX_SIZE, (struct ptt_bytes){hash, ptt_hash_len(alg)});
	ptt_wipe(hash, sizeof(hash));
	return err;
}

enum ptt_err ptt_hash(enum ptt_hash_alg alg, uint8_t *out, struct ptt_bytes in)
{
	return hash_parts(out, alg, &in, 1);
}

struct pad {
	uint8_t b[SHA256_CBLOCK];
};

/** One of the two hashes of RFC 2104: over the key's block XOR @p fill, then @p in. */
static bool pad_hash(
	uint8_t out[PTT_HASH_SHA256_LEN], const struct pad *key, uint8_t fill, struct ptt_bytes in)
{
	PTT_SECRET(struct pad, pad);
	PTT_SECRET(SHA256_CTX, ctx);

	for (size_t i = 0; i < sizeof(pad.b); i++)
		pad.b[i] = key->b[i] ^ fill;
	return SHA256_Init(&ctx) == 1 && SHA256_Update(&ctx, pad.b, sizeof(pad.b)) == 1 &&
	       SHA256_Update(&ctx, in.data, in.len) == 1 && SHA256_Final(out, &ctx) == 1;
}

enum ptt_err ptt_hmac_sha256(
	uint8_t out[PTT_HASH_SHA256_LEN], struct ptt_bytes key, struct ptt_bytes in)
{
	PTT_SECRET(struct pad, block);
	uint8_t inner[PTT_HASH_SHA256_LEN];
	bool ok;

	if (key.len > sizeof(block.b))
		PTT_TRY(ptt_hash(PTT_HASH_SHA256, block.b, key));
	else if (key.len > 0)
		memcpy(block.b, key.data, key.len);
	ok = pad_hash(inner, &block, 0x36, in) && pad_hash(out, &block, 0x5c, PTT_BYTES_OF(inner));
	ptt_wipe(inner, sizeof(inner));
	return ok ? PTT_OK : PTT_ERR_SYSTEM;
}

enum ptt_err ptt_digest_ha1(
	char out[PTT_DIGEST_HEX_SIZE], enum ptt_hash_alg alg, const struct ptt_digest_user *user)
{
	const struct ptt_bytes a1[] = {user->name, COLON, user->realm, COLON, user->password};

	return hex_parts(out, alg, a1, sizeof(a1) / sizeof(a1[0]));
}

/** H(A2): method:uri, and for auth-int the hash of the body. Spec: RFC 7616 3.4.3 */
static enum ptt_err ha2_make(char out[PTT_DIGEST_HEX_SIZE], const struct ptt_digest_request *req)
{
	struct ptt_bytes a2[5] = {req->method, COLON, req->uri};
	char body[PTT_DIGEST_HEX_SIZE];
	size_t count = 3;

	if (req->qop == PTT_DIGEST_QOP_AUTH_INT) {
		PTT_TRY(hex_parts(body, req->alg, &req->body, 1));
		a2[count++] = COLON;
		a2[count++] = ptt_bytes_of_str(body);
	}
	return hex_parts(out, req->alg, a2, count);
}

enum ptt_err ptt_digest_response(
	char out[PTT_DIGEST_HEX_SIZE], const struct ptt_digest_request *req, const char *ha1)
{
	const char *qop = req->qop == PTT_DIGEST_QOP_AUTH_INT ? "auth-int" : "auth";
	struct ptt_bytes parts[11] = {ptt_bytes_of_str(ha1), COLON, req->nonce, COLON};
	char ha2[PTT_DIGEST_HEX_SIZE];
	size_t count = 4;

	PTT_TRY(ha2_make(ha2, req));
	if (req->qop != PTT_DIGEST_QOP_NONE) {
		parts[count++] = req->nc;
		parts[count++] = COLON;
		parts[count++] = req->cnonce;
		parts[count++] = COLON;
		parts[count++] = ptt_bytes_of_str(qop);
		parts[count++] = COLON;
	}
	parts[count++] = ptt_bytes_of_str(ha2);
	return hex_parts(out, req->alg, parts, count);
}

enum ptt_err ptt_digest_verify(
	const struct ptt_digest_request *req, const char *ha1, struct ptt_bytes response)
{
	uint8_t given[PTT_HASH_MAX_LEN], right[PTT_HASH_MAX_LEN];
	size_t given_len = 0, right_len = 0;
	char hex[PTT_DIGEST_HEX_SIZE];

	PTT_TRY(ptt_digest_response(hex, req, ha1));
	PTT_TRY(ptt_hex_get(right, &right_len, sizeof(right), hex, 2 * ptt_hash_len(req->alg)));
	if (ptt_hex_get(given, &given_len, sizeof(given), (const char *)response.data,
		    response.len) != PTT_OK)
		return PTT_ERR_AUTH;
	if (given_len != right_len || !ptt_secret_equal(given, right, right_len))
		return PTT_ERR_AUTH;
	return PTT_OK;
}
