/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/ub_exchange.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "crypto/random.h"

/*
 * Responses to IMPI, auts and RES, and to a challenge renewed by stale=true; a BSF that goes on is
 * refused.
 */
#define ROUNDS_MAX 5
#define CNONCE_LEN 12

enum ptt_err ptt_ub_exchange_init(struct ptt_ub_exchange *ex, const struct ptt_card *card,
	const char *impi, const char *bsf_host, const char *path)
{
	char probe[PTT_UB_HEADER_MAX];

	memset(ex, 0, sizeof(*ex));
	ex->card = card;
	if (!*impi || strlen(impi) >= PTT_UB_NAME_MAX || strlen(bsf_host) >= PTT_UB_NAME_MAX ||
		strlen(path) >= PTT_UB_NAME_MAX)
		return PTT_ERR_MALFORMED;
	memcpy(ex->result.impi, impi, strlen(impi));
	memcpy(ex->last.username, impi, strlen(impi));
	memcpy(ex->last.realm, bsf_host, strlen(bsf_host));
	memcpy(ex->last.uri, path, strlen(path));
	return ptt_ub_digest_put(probe, sizeof(probe), PTT_UB_AUTHORIZATION, &ex->last);
}

enum ptt_err ptt_ub_exchange_request(struct ptt_ub_exchange *ex, char *out, size_t size)
{
	return ptt_ub_digest_put(out, size, PTT_UB_AUTHORIZATION, &ex->last);
}

static enum ptt_err fill_request(struct ptt_ub_digest *last, const struct ptt_ub_digest *challenge)
{
	uint8_t cnonce[CNONCE_LEN];

	PTT_TRY(ptt_random_bytes(cnonce, sizeof(cnonce)));
	PTT_TRY(ptt_hex_put(last->cnonce, sizeof(last->cnonce), PTT_BYTES_OF(cnonce)));
	memcpy(last->realm, challenge->realm, sizeof(last->realm));
	memcpy(last->nonce, challenge->nonce, sizeof(last->nonce));
	memcpy(last->opaque, challenge->opaque, sizeof(last->opaque));
	strcpy(last->algorithm, "AKAv1-MD5");
	strcpy(last->qop, "auth-int");
	strcpy(last->nc, "00000001");
	last->auts[0] = '\0';
	return PTT_OK;
}

static enum ptt_err respond_res(struct ptt_ub_exchange *ex)
{
	struct ptt_bytes none = {NULL, 0};

	ex->res_sent = true;
	return ptt_ub_digest_make(
		ex->last.response, &ex->last, "GET", PTT_BYTES_OF(ex->card_result.res), none);
}

/* RFC 3310 3.4: the response of a resynchronisation is made with an empty password. */
static enum ptt_err respond_auts(struct ptt_ub_exchange *ex)
{
	struct ptt_bytes none = {NULL, 0};

	if (ex->resynced)
		return PTT_ERR_REPLAY;
	ex->resynced = true;
	ex->res_sent = false;
	PTT_TRY(ptt_base64_put(
		ex->last.auts, sizeof(ex->last.auts), PTT_BYTES_OF(ex->card_result.auts)));
	return ptt_ub_digest_make(ex->last.response, &ex->last, "GET", none, none);
}

static enum ptt_err on_challenge(struct ptt_ub_exchange *ex, const char *header)
{
	struct ptt_ub_digest challenge;
	uint8_t autn[PTT_UB_AUTN_LEN];
	enum ptt_err err;

	if (!header)
		return PTT_ERR_MALFORMED;
	PTT_TRY(ptt_ub_digest_get(&challenge, PTT_UB_WWW_AUTHENTICATE, header, strlen(header)));
	if (strcasecmp(challenge.algorithm, "AKAv1-MD5") != 0 ||
		!ptt_ub_list_has(challenge.qop, "auth-int"))
		return PTT_ERR_UNSUPPORTED;
	if (ex->res_sent && strcasecmp(challenge.stale, "true") != 0)
		return PTT_ERR_MISMATCH;
	if (ex->rounds >= ROUNDS_MAX)
		return PTT_ERR_MISMATCH;
	if (!ex->card)
		return PTT_ERR_AUTH;
	PTT_TRY(ptt_ub_nonce_get(ex->result.rand, autn, challenge.nonce));
	PTT_TRY(fill_request(&ex->last, &challenge));
	err = ex->card->authenticate(ex->card->ctx, &ex->card_result, ex->result.rand, autn);
	if (err == PTT_ERR_REPLAY)
		return respond_auts(ex);
	PTT_TRY(err);
	return respond_res(ex);
}

/* TS 24.109 4.4: rspauth proves that the BSF knows RES; it covers the body with the B-TID. */
static enum ptt_err check_rspauth(
	const struct ptt_ub_exchange *ex, const struct ptt_ub_response *response)
{
	struct ptt_ub_digest info, proof = ex->last;
	const char *header = response->authentication_info;

	if (!header)
		return PTT_ERR_AUTH;
	PTT_TRY(ptt_ub_digest_get(&info, PTT_UB_AUTHENTICATION_INFO, header, strlen(header)));
	if (!ptt_ub_is_hash(info.response) ||
		(*info.qop && strcasecmp(info.qop, "auth-int") != 0) ||
		(*info.cnonce && strcmp(info.cnonce, proof.cnonce) != 0) ||
		(*info.nc && strcasecmp(info.nc, proof.nc) != 0))
		return PTT_ERR_AUTH;
	memcpy(proof.response, info.response, sizeof(proof.response));
	return ptt_ub_digest_check(&proof, "", PTT_BYTES_OF(ex->card_result.res), response->body);
}

static bool is_boot_info(const char *content_type)
{
	size_t len = sizeof(PTT_BOOT_INFO_TYPE) - 1;

	return content_type && strncasecmp(content_type, PTT_BOOT_INFO_TYPE, len) == 0 &&
	       strchr("; \t", content_type[len]);
}

static enum ptt_err on_success(struct ptt_ub_exchange *ex, const struct ptt_ub_response *response)
{
	struct ptt_boot_info info;

	if (!ex->res_sent || !is_boot_info(response->content_type))
		return PTT_ERR_MALFORMED;
	PTT_TRY(check_rspauth(ex, response));
	PTT_TRY(ptt_boot_info_get(&info, response->body));
	memcpy(ex->result.btid, info.btid, sizeof(ex->result.btid));
	ex->result.expires_utc_s = info.expires_utc_s;
	ex->result.ks = ex->card_result.ks;
	return PTT_OK;
}

static enum ptt_err on_refusal(long status)
{
	if (status == 403 || status == 404)
		return PTT_ERR_NO_KEY;
	return status >= 500 ? PTT_ERR_BUSY : PTT_ERR_MALFORMED;
}

enum ptt_ub_step ptt_ub_exchange_response(
	struct ptt_ub_exchange *ex, const struct ptt_ub_response *response)
{
	ex->rounds++;
	if (response->status == 401)
		ex->err = on_challenge(ex, response->www_authenticate);
	else if (response->status == 200)
		ex->err = on_success(ex, response);
	else
		ex->err = on_refusal(response->status);
	if (ex->err != PTT_OK)
		return PTT_UB_STEP_FAILED;
	return response->status == 200 ? PTT_UB_STEP_DONE : PTT_UB_STEP_SEND;
}
