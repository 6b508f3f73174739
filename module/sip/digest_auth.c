/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/sip/digest_auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "crypto/random.h"
#include "module/sip/nonce_table.h"

enum { DEFAULT_LIFE_MS = 300000, REALM_SIZE = 256 };

struct ptt_digest_auth {
	char realm[REALM_SIZE];
	enum ptt_hash_alg alg[2];
	size_t alg_count;
	struct ptt_nonce_table *nonces;
};

static const char *alg_name(enum ptt_hash_alg alg)
{
	return alg == PTT_HASH_SHA256 ? "SHA-256" : "MD5";
}

enum ptt_err ptt_digest_auth_new(
	struct ptt_digest_auth **out, const struct ptt_digest_auth_options *options)
{
	struct ptt_digest_auth *auth = calloc(1, sizeof(*auth));
	uint32_t life_ms = options->nonce_life_ms ? options->nonce_life_ms : DEFAULT_LIFE_MS;
	enum ptt_err err;
	int len;

	if (!auth)
		return PTT_ERR_SYSTEM;
	auth->alg[0] = PTT_HASH_MD5;
	auth->alg[1] = PTT_HASH_SHA256;
	auth->alg_count = 2;
	if (options->alg_count > 0 && options->alg_count <= 2) {
		memcpy(auth->alg, options->alg, sizeof(auth->alg));
		auth->alg_count = options->alg_count;
	}
	len = snprintf(
		auth->realm, sizeof(auth->realm), "3GPP-bootstrapping@%s", options->naf_fqdn);
	err = len >= (int)sizeof(auth->realm) ? PTT_ERR_NO_SPACE
					      : ptt_nonce_table_new(&auth->nonces, life_ms);
	if (err != PTT_OK) {
		free(auth);
		return err;
	}
	*out = auth;
	return PTT_OK;
}

void ptt_digest_auth_free(struct ptt_digest_auth *auth)
{
	if (!auth)
		return;
	ptt_nonce_table_free(auth->nonces);
	free(auth);
}

enum ptt_err ptt_digest_challenge_put(
	struct ptt_digest_auth *auth, struct ptt_digest_challenge *out, bool stale, int64_t now_ms)
{
	char nonce[PTT_NONCE_SIZE];
	int len = 0;

	PTT_TRY(ptt_nonce_make(auth->nonces, nonce, now_ms));
	out->count = auth->alg_count;
	for (size_t i = 0; i < out->count && len < PTT_DIGEST_CHALLENGE_SIZE; i++)
		len = snprintf(out->value[i], PTT_DIGEST_CHALLENGE_SIZE,
			"Digest realm=\"%s\", nonce=\"%s\", algorithm=%s, qop=\"auth,auth-int\"%s",
			auth->realm, nonce, alg_name(auth->alg[i]), stale ? ", stale=true" : "");
	return len < PTT_DIGEST_CHALLENGE_SIZE ? PTT_OK : PTT_ERR_NO_SPACE;
}

/* The value after "name=", without quotes. False: param has another name. */
static bool value_of(struct ptt_bytes *out, const char *param, const char *name)
{
	size_t len = strlen(name);
	const char *value;

	if (strncasecmp(param, name, len) != 0)
		return false;
	value = param + len + strspn(param + len, " \t");
	if (*value != '=')
		return false;
	value += 1 + strspn(value + 1, " \t");
	len = strlen(value);
	if (len >= 2 && value[0] == '"' && value[len - 1] == '"') {
		value++;
		len -= 2;
	}
	*out = (struct ptt_bytes){(const uint8_t *)value, len};
	return true;
}

static bool is_text(struct ptt_bytes value, const char *text)
{
	return value.len == strlen(text) &&
	       strncasecmp((const char *)value.data, text, value.len) == 0;
}

static bool is_nc(struct ptt_bytes nc)
{
	for (size_t i = 0; i < nc.len; i++) {
		if (!strchr("0123456789abcdefABCDEF", nc.data[i]) || !nc.data[i])
			return false;
	}
	return nc.len == 8;
}

static enum ptt_err cred_check(const struct ptt_digest_cred *cred)
{
	if (!cred->username.data || !cred->realm.data || !cred->nonce.data || !cred->uri.data ||
		!cred->response.data || cred->username.len == 0)
		return PTT_ERR_MALFORMED;
	if (!cred->qop.data)
		return PTT_OK; /* RFC 2069 form: the nonce is good once */
	if (!is_text(cred->qop, "auth") && !is_text(cred->qop, "auth-int"))
		return PTT_ERR_UNSUPPORTED;
	return is_nc(cred->nc) && cred->cnonce.data ? PTT_OK : PTT_ERR_MALFORMED;
}

enum ptt_err ptt_digest_cred_get(struct ptt_digest_cred *out, const char *const *params)
{
	struct ptt_digest_cred cred = {0};
	const struct {
		const char *name;
		struct ptt_bytes *value;
	} field[] = {
		{"username", &cred.username},
		{"realm", &cred.realm},
		{"nonce", &cred.nonce},
		{"uri", &cred.uri},
		{"response", &cred.response},
		{"algorithm", &cred.algorithm},
		{"cnonce", &cred.cnonce},
		{"qop", &cred.qop},
		{"nc", &cred.nc},
	};

	for (; params && *params; params++) {
		for (size_t i = 0; i < sizeof(field) / sizeof(field[0]); i++) {
			struct ptt_bytes value;

			if (!value_of(&value, *params, field[i].name))
				continue;
			if (field[i].value->data)
				return PTT_ERR_MALFORMED;
			*field[i].value = value;
		}
	}
	PTT_TRY(cred_check(&cred));
	*out = cred;
	return PTT_OK;
}

bool ptt_digest_is_ours(const struct ptt_digest_auth *auth, const struct ptt_digest_cred *cred)
{
	return ptt_bytes_equal(cred->realm, ptt_bytes_of_str(auth->realm));
}

static enum ptt_err pick_alg(
	const struct ptt_digest_auth *auth, enum ptt_hash_alg *out, struct ptt_bytes name)
{
	for (size_t i = 0; i < auth->alg_count; i++) {
		bool absent = !name.data && auth->alg[i] == PTT_HASH_MD5;

		if (absent || (name.data && is_text(name, alg_name(auth->alg[i])))) {
			*out = auth->alg[i];
			return PTT_OK;
		}
	}
	return PTT_ERR_UNSUPPORTED;
}

static enum ptt_err verify(const struct ptt_digest_cred *cred,
	const struct ptt_digest_target *target, enum ptt_hash_alg alg, const struct ptt_mrk *mrk)
{
	PTT_SECRET(
		struct { char b[PTT_BASE64_LEN(sizeof(mrk->b)) + 1]; }, password);
	PTT_SECRET(
		struct { char b[PTT_DIGEST_HEX_SIZE]; }, ha1);
	struct ptt_digest_request req = {
		.alg = alg,
		.qop = !cred->qop.data                  ? PTT_DIGEST_QOP_NONE
		       : is_text(cred->qop, "auth-int") ? PTT_DIGEST_QOP_AUTH_INT
							: PTT_DIGEST_QOP_AUTH,
		.method = ptt_bytes_of_str(target->method),
		.uri = cred->uri,
		.nonce = cred->nonce,
		.nc = cred->nc,
		.cnonce = cred->cnonce,
		.body = target->body,
	};
	struct ptt_digest_user user = {.name = cred->username, .realm = cred->realm};

	PTT_TRY(ptt_base64_put(password.b, sizeof(password.b), PTT_BYTES_OF(mrk->b)));
	user.password = ptt_bytes_of_str(password.b);
	PTT_TRY(ptt_digest_ha1(ha1.b, alg, &user));
	return ptt_digest_verify(&req, ha1.b, cred->response);
}

enum ptt_err ptt_digest_auth_check(struct ptt_digest_auth *auth, const struct ptt_digest_cred *cred,
	const struct ptt_digest_target *target, const struct ptt_mrk *mrk, int64_t now_ms)
{
	char nc[9] = "1";
	enum ptt_hash_alg alg;

	if (!ptt_digest_is_ours(auth, cred))
		return PTT_ERR_AUTH;
	PTT_TRY(pick_alg(auth, &alg, cred->algorithm));
	/* Check the password first: nobody else may change the state of a nonce, or learn that it
	 * is stale. */
	PTT_TRY(verify(cred, target, alg, mrk));
	if (cred->qop.data) {
		memcpy(nc, cred->nc.data, 8);
		nc[8] = '\0';
	}
	return ptt_nonce_use(auth->nonces, cred->nonce, (uint32_t)strtoul(nc, NULL, 16), now_ms);
}

enum ptt_err ptt_digest_next_put(struct ptt_digest_auth *auth, char out[PTT_DIGEST_NEXT_SIZE],
	const struct ptt_digest_cred *cred, int64_t now_ms)
{
	char nonce[PTT_NONCE_SIZE];
	int len;

	if (!ptt_nonce_is_aging(auth->nonces, cred->nonce, now_ms))
		return PTT_ERR_NO_KEY;
	PTT_TRY(ptt_nonce_make(auth->nonces, nonce, now_ms));
	len = snprintf(out, PTT_DIGEST_NEXT_SIZE, "nextnonce=\"%s\"", nonce);
	return len < PTT_DIGEST_NEXT_SIZE ? PTT_OK : PTT_ERR_NO_SPACE;
}
