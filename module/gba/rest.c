/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/rest.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "module/base/list.h"
#include "module/gba/curl_root.h"
#include "module/gba/nbsp.h"
#include "module/base/log.h"

#define URL_MAX 512

struct rest {
	struct ptt_zn_source zn; /* first */
	struct ptt_curl_root curl;
	struct curl_slist *headers;
	struct call *calls;
	char url[URL_MAX];
	char *ca_file;
};

/* A POST in flight. */
struct call {
	struct rest *rest;
	struct call *next, **link;
	uint32_t id;
	CURL *easy;
	size_t len;
	char request[2048];
	uint8_t body[PTT_NBSP_BODY_MAX];
};

static void free_call(struct call *call)
{
	PTT_LIST_REMOVE(call, next, link);
	curl_easy_cleanup(call->easy);
	ptt_wipe(call, sizeof(*call));
	free(call);
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
	struct call *call = ctx;
	size_t len = size * count;

	if (len > sizeof(call->body) - call->len)
		return 0; /* ends the transfer: CURLE_WRITE_ERROR */
	memcpy(call->body + call->len, data, len);
	call->len += len;
	return len;
}

static void read_response(struct ptt_zn_answer *out, const struct call *call, CURLcode code)
{
	struct ptt_bytes body = {call->body, call->len};
	long status = 0;

	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_WRITE_ERROR)
		out->err = PTT_ERR_NO_SPACE;
	else if (code == CURLE_OUT_OF_MEMORY || code == CURLE_PEER_FAILED_VERIFICATION)
		out->err = PTT_ERR_SYSTEM;
	else if (code != CURLE_OK)
		out->err = PTT_ERR_BUSY;
	else if (status == 200)
		out->err = ptt_nbsp_response_get(out, body);
	else
		out->err = ptt_nbsp_status_get(status, body);
	if (code != CURLE_OK)
		ptt_log_limited(PTT_LOG_WARN, "zn-rest-failed", "url=%s text=%s", call->rest->url,
			curl_easy_strerror(code));
	else if (status != 200 && status != 404)
		ptt_log_limited(PTT_LOG_WARN, "zn-rest-status", "url=%s status=%d", call->rest->url,
			(int)status);
}

static void on_done(void *ctx, CURL *easy, CURLcode code)
{
	struct rest *rest = ctx;
	struct call *call = NULL;
	PTT_SECRET(struct ptt_zn_answer, found);
	uint32_t id;

	if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&call) != CURLE_OK || !call)
		return;
	read_response(&found, call, code);
	id = call->id;
	free_call(call);
	ptt_zn_source_done(&rest->zn, id, &found);
}

static void set_options(struct call *call)
{
	const struct rest *rest = call->rest;
	CURL *easy = call->easy;

	curl_easy_setopt(easy, CURLOPT_URL, rest->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(
		easy, CURLOPT_QUICK_EXIT, 1L); /* otherwise the end waits for a slow resolver */
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)rest->zn.timeout_ms);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, rest->headers);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->request);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
	if (rest->ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, rest->ca_file);
}

static enum ptt_err ask(struct ptt_zn_source *source, uint32_t id, const struct ptt_zn_query *query)
{
	struct rest *rest = (struct rest *)(void *)source;
	struct call *call = calloc(1, sizeof(*call));
	enum ptt_err err;

	if (!call)
		return PTT_ERR_SYSTEM;
	call->rest = rest;
	call->id = id;
	PTT_LIST_ADD(rest->calls, call, next, link);
	call->easy = curl_easy_init();
	err = call->easy ? PTT_OK : PTT_ERR_SYSTEM;
	if (err == PTT_OK)
		err = ptt_nbsp_request_put(call->request, sizeof(call->request), query);
	/* No BSF issues a B-TID that is not UTF-8, which JSON cannot hold: it counts as unknown. */
	if (err == PTT_ERR_MALFORMED || err == PTT_ERR_NO_SPACE)
		err = PTT_ERR_NO_KEY;
	if (err == PTT_OK) {
		set_options(call);
		err = ptt_curl_add(&rest->curl, call->easy);
	}
	if (err != PTT_OK)
		free_call(call);
	return err;
}

static void give_up(struct ptt_zn_source *source, uint32_t id)
{
	struct rest *rest = (struct rest *)(void *)source;
	struct call *call = rest->calls;

	while (call && call->id != id)
		call = call->next;
	if (!call)
		return;
	ptt_curl_remove(&rest->curl, call->easy);
	free_call(call);
}

static void free_rest(struct ptt_zn_source *source)
{
	struct rest *rest = (struct rest *)(void *)source;

	while (rest->calls)
		give_up(source, rest->calls->id);
	ptt_curl_stop(&rest->curl);
	ptt_zn_source_wipe(source);
	curl_slist_free_all(rest->headers);
	free(rest->ca_file);
	ptt_wipe(rest, sizeof(*rest));
	free(rest);
}

static const struct ptt_zn_transport transport = {
	.name = "rest", .ask = ask, .give_up = give_up, .free = free_rest};

static enum ptt_err set_url(struct rest *rest, const char *root)
{
	size_t len = strlen(root);

	if (strncasecmp(root, "http://", 7) != 0 && strncasecmp(root, "https://", 8) != 0)
		return PTT_ERR_MALFORMED;
	while (len > 0 && root[len - 1] == '/')
		len--;
	if (len + sizeof(PTT_NBSP_PATH) > sizeof(rest->url))
		return PTT_ERR_MALFORMED;
	memcpy(rest->url, root, len);
	memcpy(rest->url + len, PTT_NBSP_PATH, sizeof(PTT_NBSP_PATH));
	return PTT_OK;
}

static enum ptt_err start(struct rest *rest, const struct ptt_rest_param *param)
{
	struct curl_slist *more;

	PTT_TRY(ptt_zn_source_init(&rest->zn, &transport, &param->zn));
	PTT_TRY(set_url(rest, param->url));
	PTT_TRY(ptt_curl_start(&rest->curl, param->zn.root, on_done, rest));
	rest->headers = curl_slist_append(NULL, "Content-Type: " PTT_NBSP_TYPE);
	more = curl_slist_append(rest->headers, "Accept: " PTT_NBSP_TYPE ", " PTT_NBSP_PROBLEM);
	if (!more)
		return PTT_ERR_SYSTEM;
	rest->headers = more;
	if (param->ca_file && !(rest->ca_file = strdup(param->ca_file)))
		return PTT_ERR_SYSTEM;
	return PTT_OK;
}

enum ptt_err ptt_naf_rest_new(struct ptt_naf_source **out, const struct ptt_rest_param *param)
{
	struct rest *rest = calloc(1, sizeof(*rest));
	enum ptt_err err;

	*out = NULL;
	if (!rest)
		return PTT_ERR_SYSTEM;
	err = start(rest, param);
	if (err != PTT_OK) {
		free_rest(&rest->zn);
		return err;
	}
	*out = &rest->zn.source;
	return PTT_OK;
}
