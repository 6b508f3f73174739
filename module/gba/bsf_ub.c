/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/bsf_ub.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "crypto/aka.h"
#include "crypto/gba_kdf.h"
#include "module/gba/bsf_jobs.h"
#include "module/base/log.h"
#include "module/store/store_read.h"

/* Most blocks of SQNs that a request waits for: other requests may use up each block before it. */
#define ATTEMPTS_MAX 3

static const struct ptt_bytes no_bytes = {NULL, 0};

static void refuse(struct ptt_ub_request *request, unsigned int status, const char *text)
{
	request->verdict.status = status;
	request->verdict.header[0] = '\0';
	snprintf(request->verdict.body, sizeof(request->verdict.body), "%s\n", text);
	ptt_log_limited(PTT_LOG_INFO, "ub-refused", "impi=%s status=%u reason=%s",
		request->auth.username, status, text);
}

static void refuse_store(
	struct ptt_bsf_ub *ub, struct ptt_ub_request *request, enum ptt_err err, const char *text)
{
	ub->state.stats.store_failures++;
	ptt_log_limited(PTT_LOG_ERROR, "ub-store-failed", "impi=%s error=%s",
		request->auth.username, ptt_err_str(err));
	refuse(request, 503, text);
}

static void refuse_malformed(
	struct ptt_bsf_ub *ub, struct ptt_ub_request *request, const char *text)
{
	ub->state.stats.malformed++;
	refuse(request, 400, text);
}

/* Reads the subscriber's record. @return false: the verdict is a refusal */
static bool read_subscriber(
	struct ptt_bsf_ub *ub, struct ptt_ub_request *request, struct ptt_subscriber_row *row)
{
	enum ptt_err err = ptt_store_get_subscriber(ub->store, row, request->impi);

	if (err == PTT_OK)
		return true;
	if (err == PTT_ERR_NO_KEY) {
		ub->state.stats.unknown++;
		refuse(request, 403, "unknown subscriber");
	} else {
		refuse_store(ub, request, err, "the store cannot be read");
	}
	return false;
}

static void put_challenge(struct ptt_bsf_ub *ub, struct ptt_ub_request *request,
	const struct ptt_subscriber_row *row, uint64_t sqn)
{
	struct ptt_ub_verdict *verdict = &request->verdict;
	struct ptt_ub_digest fields;
	enum ptt_err err =
		ptt_bsf_challenge_make(&ub->state, &fields, row, sqn, request->now.mono_ms);

	if (request->stale)
		strcpy(fields.stale, "true");
	if (err == PTT_OK)
		err = ptt_ub_digest_put(
			verdict->header, sizeof(verdict->header), PTT_UB_WWW_AUTHENTICATE, &fields);
	if (err != PTT_OK) {
		refuse(request, 500, "no challenge could be made");
		return;
	}
	verdict->status = 401;
	verdict->body[0] = '\0';
}

static void on_reserved(struct ptt_bsf_ub *ub, struct ptt_ub_request *request, enum ptt_err err);

/* The verdict is a challenge or a refusal, or the request waits for a block of SQNs. */
static void challenge(struct ptt_bsf_ub *ub, struct ptt_ub_request *request)
{
	PTT_SECRET(struct ptt_subscriber_row, row);
	struct ptt_ub_sqn_block block;
	struct ptt_bsf_sub *sub;
	enum ptt_err err;
	uint64_t sqn;

	if (!read_subscriber(ub, request, &row))
		return;
	sub = ptt_bsf_sub_of(&ub->state, row.impi);
	if (!sub) {
		refuse(request, 500, "out of memory");
		return;
	}
	/* A row above our block means that the operator raised the SQN: begin above the row. */
	if (row.sqn <= sub->sqn_reserved && ptt_bsf_sqn_take(sub, &sqn) == PTT_OK) {
		put_challenge(ub, request, &row, sqn);
		return;
	}
	if (request->attempts++ >= ATTEMPTS_MAX) {
		refuse(request, 503, "no sequence number could be reserved");
		return;
	}
	block = (struct ptt_ub_sqn_block){row.impi, row.sqn, sub->sqn_last};
	err = ptt_bsf_ub_reserve(ub, request, &block, on_reserved);
	if (err != PTT_OK)
		refuse_store(ub, request, err, "the store could not be written");
}

static void on_reserved(struct ptt_bsf_ub *ub, struct ptt_ub_request *request, enum ptt_err err)
{
	if (err == PTT_OK)
		challenge(ub, request);
	else
		refuse_store(ub, request, err, "the store could not be written");
}

static void challenge_stale(struct ptt_bsf_ub *ub, struct ptt_ub_request *request)
{
	request->stale = true;
	challenge(ub, request);
}

/* RFC 2617 3.2.2.5: the digest-uri is the request target, perhaps in its absolute form. */
static bool is_same_target(const char *uri, const char *path)
{
	size_t scheme_len = strncasecmp(uri, "http://", 7) == 0    ? 7
			    : strncasecmp(uri, "https://", 8) == 0 ? 8
								   : 0;

	if (scheme_len) {
		uri += scheme_len;
		uri += strcspn(uri, "/?#");
		if (!*uri)
			uri = "/";
	}
	return strcmp(uri, path) == 0;
}

/* @return what is wrong with an Authorization that responds to a challenge; NULL: nothing */
static const char *find_fault(const struct ptt_ub_request *request)
{
	const struct ptt_ub_digest *auth = &request->auth;

	if (*auth->algorithm && strcasecmp(auth->algorithm, "AKAv1-MD5") != 0)
		return "algorithm is not AKAv1-MD5";
	if (!is_same_target(auth->uri, request->path))
		return "uri is not that of the request";
	if (*auth->auts) /* MAC-S protects AUTS; a digest with an empty password adds nothing */
		return NULL;
	if (strcasecmp(auth->qop, "auth-int") != 0)
		return "qop is not auth-int";
	if (strcmp(auth->nc, "00000001") != 0)
		return "nc is not 00000001";
	if (!*auth->cnonce)
		return "cnonce is missing";
	return ptt_ub_is_hash(auth->response) ? NULL : "response is not 32 hex digits";
}

/* TS 33.102 6.3.5 */
static void on_auts(
	struct ptt_bsf_ub *ub, struct ptt_ub_request *request, const struct ptt_bsf_challenge *sent)
{
	PTT_SECRET(struct ptt_subscriber_row, row);
	struct ptt_aka_subscriber keys = {&row.k, &row.opc};
	struct ptt_bsf_sub *sub;
	uint8_t auts[PTT_UB_AUTS_LEN];
	uint64_t sqn_ms;
	size_t len;

	if (ptt_base64_get(auts, &len, sizeof(auts), request->auth.auts,
		    strlen(request->auth.auts)) != PTT_OK ||
		len != sizeof(auts)) {
		refuse_malformed(ub, request, "auts is not 14 bytes in base64");
		return;
	}
	if (!read_subscriber(ub, request, &row))
		return;
	if (ptt_aka_auts_open(&sqn_ms, &keys, sent->rand, auts) != PTT_OK) {
		ub->state.stats.wrong_res++;
		refuse(request, 403, "auts does not verify");
		return;
	}
	ub->state.stats.resyncs++;
	ptt_log_limited(PTT_LOG_INFO, "ub-resynchronised", "impi=%s", row.impi);
	sub = ptt_bsf_sub_of(&ub->state, row.impi);
	if (sub && sub->sqn_last < sqn_ms)
		sub->sqn_last = sqn_ms;
	challenge(ub, request);
}

/* Fills the 200, which is sent once the store has the row. */
static enum ptt_err put_success(struct ptt_bsf_ub *ub, struct ptt_ub_request *request,
	const struct ptt_bsf_challenge *sent, struct ptt_bootstrap_row *row)
{
	struct ptt_ub_verdict *verdict = &request->verdict;
	struct ptt_ub_digest info = request->auth;
	struct ptt_boot_info boot = {.expires_utc_s = request->now.utc_s + ub->state.lifetime_s};

	PTT_TRY(ptt_gba_btid_put(row->btid, sizeof(row->btid), sent->rand, ub->state.host));
	memcpy(row->impi, sent->impi, sizeof(row->impi));
	memcpy(row->rand, sent->rand, sizeof(row->rand));
	row->ks = sent->ks;
	row->expires_utc_s = verdict->expires_utc_s = boot.expires_utc_s;
	memcpy(boot.btid, row->btid, strlen(row->btid));
	PTT_TRY(ptt_boot_info_put(verdict->body, sizeof(verdict->body), &boot));
	PTT_TRY(ptt_ub_digest_make(info.response, &info, "", PTT_BYTES_OF(sent->res),
		ptt_bytes_of_str(verdict->body)));
	return ptt_ub_digest_put(
		verdict->header, sizeof(verdict->header), PTT_UB_AUTHENTICATION_INFO, &info);
}

static void on_saved(struct ptt_bsf_ub *ub, struct ptt_ub_request *request, enum ptt_err err)
{
	if (err == PTT_OK)
		request->verdict.status = 200;
	else
		refuse_store(ub, request, err, "the store could not be written");
}

static void on_res(
	struct ptt_bsf_ub *ub, struct ptt_ub_request *request, const struct ptt_bsf_challenge *sent)
{
	PTT_SECRET(struct ptt_subscriber_row, sub);
	PTT_SECRET(struct ptt_bootstrap_row, row);
	enum ptt_err err;

	if (ptt_ub_digest_check(&request->auth, "GET", PTT_BYTES_OF(sent->res), no_bytes) !=
		PTT_OK) {
		ub->state.stats.wrong_res++;
		ptt_log_limited(PTT_LOG_WARN, "ub-wrong-res", "impi=%s", sent->impi);
		challenge(ub, request);
		return;
	}
	if (!read_subscriber(ub, request, &sub))
		return;
	row.gba_u = sub.gba_u;
	if (ptt_store_get_numbers(ub->store, &row.counter_base) != PTT_OK)
		row.counter_base = 0;
	if (put_success(ub, request, sent, &row) != PTT_OK) {
		refuse(request, 500, "no response could be made");
		return;
	}
	err = ptt_bsf_ub_save(ub, request, &row, on_saved);
	if (err != PTT_OK)
		on_saved(ub, request, err);
}

static void on_authorization(struct ptt_bsf_ub *ub, struct ptt_ub_request *request)
{
	PTT_SECRET(struct ptt_bsf_challenge, sent);
	const char *fault = find_fault(request);

	if (fault) {
		refuse_malformed(ub, request, fault);
		return;
	}
	if (ptt_bsf_challenge_take(&ub->state, &sent, request->auth.nonce, request->now.mono_ms) !=
		PTT_OK)
		challenge_stale(ub, request);
	else if (strcmp(request->impi, sent.impi) != 0 ||
		 strcasecmp(request->auth.realm, ub->state.host) != 0)
		challenge(ub, request);
	else if (*request->auth.auts)
		on_auts(ub, request, &sent);
	else
		on_res(ub, request, &sent);
}

void ptt_bsf_ub_handle(struct ptt_bsf_ub *ub, struct ptt_ub_request *request,
	const char *authorization, struct ptt_bsf_now now)
{
	enum ptt_err err = PTT_ERR_MALFORMED;

	request->now = now;
	ub->state.stats.requests++;
	ptt_bsf_state_expire(&ub->state, now.mono_ms);
	if (authorization)
		err = ptt_ub_digest_get(
			&request->auth, PTT_UB_AUTHORIZATION, authorization, strlen(authorization));
	if (!authorization)
		refuse_malformed(ub, request, "an Authorization header with the IMPI is needed");
	else if (err == PTT_ERR_UNSUPPORTED)
		refuse_malformed(ub, request, "the scheme is not Digest");
	else if (err != PTT_OK || !*request->auth.username)
		refuse_malformed(ub, request, "malformed Authorization header");
	else if (ptt_bsf_impi_of(&ub->state, request->impi, request->auth.username) != PTT_OK) {
		ub->state.stats.unknown++;
		refuse(request, 403, "unknown TMPI");
	} else if (!*request->auth.nonce)
		challenge(ub, request);
	else
		on_authorization(ub, request);
}
