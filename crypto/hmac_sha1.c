/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SHA1_Init() is deprecated in OpenSSL 3, not removed. Its state can be copied by value; the newer
 * functions have none that can.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hmac_sha1.h"

#include <string.h>

#include "crypto/secret.h"

#define IPAD 0x36
#define OPAD 0x5c

struct pad {
	uint8_t b[SHA_CBLOCK];
};

static bool pad_hash(SHA_CTX *out, struct pad *pad, uint8_t fill)
{
	size_t i;

	for (i = 0; i < sizeof(pad->b); i++)
		pad->b[i] ^= fill;
	return SHA1_Init(out) == 1 && SHA1_Update(out, pad->b, sizeof(pad->b)) == 1;
}

enum ptt_err ptt_hmac_sha1_init(struct ptt_hmac_sha1 *key, struct ptt_bytes in)
{
	PTT_SECRET(struct pad, pad);

	if (in.len > sizeof(pad.b))
		return PTT_ERR_UNSUPPORTED;
	if (in.len != 0)
		memcpy(pad.b, in.data, in.len);
	if (!pad_hash(&key->inner, &pad, IPAD) || !pad_hash(&key->outer, &pad, IPAD ^ OPAD))
		return PTT_ERR_SYSTEM;
	return PTT_OK;
}

enum ptt_err ptt_hmac_sha1(uint8_t out[PTT_HMAC_SHA1_LEN], const struct ptt_hmac_sha1 *key,
	const struct ptt_bytes *parts, size_t count)
{
	PTT_SECRET(SHA_CTX, ctx);
	uint8_t inner[PTT_HMAC_SHA1_LEN];
	size_t i;

	ctx = key->inner;
	for (i = 0; i < count; i++) {
		if (SHA1_Update(&ctx, parts[i].data, parts[i].len) != 1)
			return PTT_ERR_SYSTEM;
	}
	if (SHA1_Final(inner, &ctx) != 1)
		return PTT_ERR_SYSTEM;
	ctx = key->outer;
	if (SHA1_Update(&ctx, inner, sizeof(inner)) != 1 || SHA1_Final(out, &ctx) != 1)
		return PTT_ERR_SYSTEM;
	ptt_wipe(inner, sizeof(inner));
	return PTT_OK;
}
