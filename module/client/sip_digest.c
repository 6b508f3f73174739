/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/client/sip_digest.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Copies the value of name=value or name="value", without quotes and escaping backslashes. */
static enum ptt_err value_get(char *out, size_t size, const char *value)
{
	size_t len = 0;
	bool quoted = *value == '"';

	if (quoted)
		value++;
	for (; *value && !(quoted && *value == '"'); value++) {
		if (quoted && *value == '\\' && value[1])
			value++;
		if ((unsigned char)*value < 0x20 || len + 1 >= size)
			return PTT_ERR_MALFORMED;
		out[len++] = *value;
	}
	out[len] = '\0';
	return PTT_OK;
}

static const char *param_find(const char *const *params, const char *name)
{
	size_t len = strlen(name);

	for (; params && *params; params++) {
		if (strncasecmp(*params, name, len) == 0 && (*params)[len] == '=')
			return *params + len + 1;
	}
	return NULL;
}

static enum ptt_err algorithm_get(struct ptt_sip_challenge *out, const char *const *params)
{
	const char *value = param_find(params, "algorithm");
	char name[32];

	out->alg = PTT_HASH_MD5;
	out->named_alg = value != NULL;
	if (!value)
		return PTT_OK;
	if (value_get(name, sizeof(name), value) != PTT_OK)
		return PTT_ERR_UNSUPPORTED;
	if (strcasecmp(name, "MD5") == 0)
		return PTT_OK;
	if (strcasecmp(name, "SHA-256") != 0)
		return PTT_ERR_UNSUPPORTED;
	out->alg = PTT_HASH_SHA256;
	return PTT_OK;
}

/* qop is a list. Prefers auth, because a proxy may change the body and so break auth-int. */
static enum ptt_err qop_get(struct ptt_sip_challenge *out, const char *const *params)
{
	const char *value = param_find(params, "qop");
	char list[64], *save = NULL;

	out->qop = PTT_DIGEST_QOP_NONE;
	if (!value)
		return PTT_OK;
	PTT_TRY(value_get(list, sizeof(list), value));
	for (char *word = strtok_r(list, ", \t", &save); word;
		word = strtok_r(NULL, ", \t", &save)) {
		if (strcasecmp(word, "auth") == 0)
			out->qop = PTT_DIGEST_QOP_AUTH;
		else if (strcasecmp(word, "auth-int") == 0 && out->qop == PTT_DIGEST_QOP_NONE)
			out->qop = PTT_DIGEST_QOP_AUTH_INT;
	}
	return out->qop == PTT_DIGEST_QOP_NONE ? PTT_ERR_UNSUPPORTED : PTT_OK;
}

static enum ptt_err text_get(
	char out[PTT_SIP_DIGEST_TEXT_SIZE], const char *const *params, const char *name)
{
	const char *value = param_find(params, name);

	return value ? value_get(out, PTT_SIP_DIGEST_TEXT_SIZE, value) : PTT_ERR_NO_KEY;
}

enum ptt_err ptt_sip_challenge_get(
	struct ptt_sip_challenge *out, const char *scheme, const char *const *params)
{
	struct ptt_sip_challenge in = {0};
	char stale[8] = "";

	if (!scheme || strcasecmp(scheme, "Digest") != 0)
		return PTT_ERR_UNSUPPORTED;
	PTT_TRY(algorithm_get(&in, params));
	PTT_TRY(qop_get(&in, params));
	if (text_get(in.realm, params, "realm") != PTT_OK ||
		text_get(in.nonce, params, "nonce") != PTT_OK)
		return PTT_ERR_MALFORMED;
	in.has_opaque = text_get(in.opaque, params, "opaque") == PTT_OK;
	if (param_find(params, "stale"))
		PTT_TRY(value_get(stale, sizeof(stale), param_find(params, "stale")));
	in.stale = strcasecmp(stale, "true") == 0;
	*out = in;
	return PTT_OK;
}

enum ptt_err ptt_sip_challenge_naf(
	char *out, size_t size, const struct ptt_sip_challenge *challenge)
{
	static const char prefix[] = "3GPP-bootstrapping@";
	const char *name;
	size_t len;

	if (strncasecmp(challenge->realm, prefix, sizeof(prefix) - 1) != 0)
		return PTT_ERR_MISMATCH;
	name = challenge->realm + sizeof(prefix) - 1;
	len = strcspn(name, ";");
	if (len == 0)
		return PTT_ERR_MISMATCH;
	if (len >= size)
		return PTT_ERR_NO_SPACE;
	memcpy(out, name, len);
	out[len] = '\0';
	return PTT_OK;
}

static void put_text(struct ptt_writer *wr, const char *text)
{
	ptt_write_bytes(wr, ptt_bytes_of_str(text));
}

static void put_quoted(struct ptt_writer *wr, const char *name, const char *value)
{
	put_text(wr, name);
	put_text(wr, "=\"");
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			put_text(wr, "\\");
		ptt_write_u8(wr, (uint8_t)*value);
	}
	put_text(wr, "\"");
}

static enum ptt_err response_make(char out[PTT_DIGEST_HEX_SIZE],
	const struct ptt_sip_challenge *challenge, const struct ptt_sip_credentials *who,
	const struct ptt_sip_request_id *what, const char *nc)
{
	struct ptt_digest_user user = {
		.name = ptt_bytes_of_str(who->btid),
		.realm = ptt_bytes_of_str(challenge->realm),
		.password = ptt_bytes_of_str(who->password),
	};
	struct ptt_digest_request req = {
		.alg = challenge->alg,
		.qop = challenge->qop,
		.method = ptt_bytes_of_str(what->method),
		.uri = ptt_bytes_of_str(what->uri),
		.nonce = ptt_bytes_of_str(challenge->nonce),
		.nc = ptt_bytes_of_str(nc),
		.cnonce = ptt_bytes_of_str(what->cnonce),
		.body = what->body,
	};
	struct {
		char hex[PTT_DIGEST_HEX_SIZE];
	} ha1 = {{0}};
	enum ptt_err err = ptt_digest_ha1(ha1.hex, challenge->alg, &user);

	if (err == PTT_OK)
		err = ptt_digest_response(out, &req, ha1.hex);
	ptt_wipe(&ha1, sizeof(ha1));
	return err;
}

enum ptt_err ptt_sip_authorization_put(char *out, size_t size,
	const struct ptt_sip_challenge *challenge, const struct ptt_sip_credentials *who,
	const struct ptt_sip_request_id *what)
{
	struct ptt_writer wr = ptt_writer_of((uint8_t *)out, size);
	char response[PTT_DIGEST_HEX_SIZE], nc[16];
	size_t len;

	snprintf(nc, sizeof(nc), "%08x", (unsigned)what->nc);
	PTT_TRY(response_make(response, challenge, who, what, nc));
	put_text(&wr, "Digest ");
	put_quoted(&wr, "username", who->btid);
	put_quoted(&wr, ", realm", challenge->realm);
	put_quoted(&wr, ", nonce", challenge->nonce);
	put_quoted(&wr, ", uri", what->uri);
	put_quoted(&wr, ", response", response);
	if (challenge->named_alg)
		put_text(&wr,
			challenge->alg == PTT_HASH_MD5 ? ", algorithm=MD5" : ", algorithm=SHA-256");
	if (challenge->has_opaque)
		put_quoted(&wr, ", opaque", challenge->opaque);
	if (challenge->qop != PTT_DIGEST_QOP_NONE) {
		put_text(&wr,
			challenge->qop == PTT_DIGEST_QOP_AUTH ? ", qop=auth" : ", qop=auth-int");
		put_quoted(&wr, ", cnonce", what->cnonce);
		put_text(&wr, ", nc=");
		put_text(&wr, nc);
	}
	ptt_write_u8(&wr, 0);
	return ptt_writer_end(&wr, &len);
}
