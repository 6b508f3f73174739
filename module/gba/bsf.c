/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/bsf.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "module/base/clock.h"
#include "module/base/list.h"
#include "module/gba/bsf_find.h"
#include "module/gba/bsf_jobs.h"
#include "module/gba/http_root.h"
#include "module/config/config.h"
#include "module/base/log.h"
#include "module/base/metrics.h"

#define PURGE_EVERY_S 600

struct ptt_bsf {
	struct ptt_bsf_ub ub;
	struct ptt_http_root http;
	struct ptt_bsf_stats exported; /* the counters that the metrics have already */
	int64_t purge_utc_s;
	struct http_request *suspended;
};

/* One request, as MHD's request context. */
struct http_request {
	struct ptt_ub_request ub; /* first: see on_verdict() */
	struct ptt_bsf *bsf;
	struct MHD_Connection *connection;
	bool is_suspended;
	struct http_request *next, **link; /* of the list of suspended requests */
};

static struct ptt_bsf_now clock_now(void)
{
	return (struct ptt_bsf_now){ptt_clock_ms(), ptt_clock_utc_s()};
}

static void suspend(struct http_request *request)
{
	request->is_suspended = true;
	PTT_LIST_ADD(request->bsf->suspended, request, next, link);
	MHD_suspend_connection(request->connection);
}

static void resume(struct http_request *request)
{
	if (!request->is_suspended)
		return;
	request->is_suspended = false;
	PTT_LIST_REMOVE(request, next, link);
	MHD_resume_connection(request->connection);
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
	/* Without memory the header is missing; the response is still correct. */
	(void)MHD_add_response_header(response, name, value);
}

static void add_expires(struct MHD_Response *response, int64_t utc_s)
{
	time_t when = (time_t)utc_s;
	char text[64];
	struct tm tm;

	if (gmtime_r(&when, &tm) && strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm))
		add_header(response, MHD_HTTP_HEADER_EXPIRES, text);
}

static void add_headers(struct MHD_Response *response, const struct ptt_ub_verdict *verdict)
{
	/* TS 24.109 4: the token 3gpp-gba-tmpi says that the BSF supports TMPIs. */
	add_header(response, MHD_HTTP_HEADER_SERVER, "pttkey-bsf 3gpp-gba-tmpi");
	add_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (verdict->status == 200) {
		add_header(response, "Authentication-Info", verdict->header);
		add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, PTT_BOOT_INFO_TYPE);
		add_expires(response, verdict->expires_utc_s);
		return;
	}
	add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain");
	if (verdict->status == 401)
		add_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, verdict->header);
	if (verdict->status == 405)
		add_header(response, MHD_HTTP_HEADER_ALLOW, "GET");
	if (verdict->status == 503)
		add_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "5");
}

static enum MHD_Result respond(struct http_request *request)
{
	const struct ptt_ub_verdict *verdict = &request->ub.verdict;
	struct MHD_Response *response = MHD_create_response_from_buffer(
		strlen(verdict->body), (void *)(uintptr_t)verdict->body, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	add_headers(response, verdict);
	result = MHD_queue_response(request->connection, verdict->status, response);
	MHD_destroy_response(response);
	return result;
}

static const char *header_of(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* A request with a body is refused, because the sender would choose its size. */
static bool has_body(struct MHD_Connection *connection)
{
	const char *length = header_of(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return header_of(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING) ||
	       (length && strspn(length, "0 ") != strlen(length));
}

static void judge_line(struct ptt_ub_request *request, const char *url, const char *method)
{
	struct ptt_ub_verdict *verdict = &request->verdict;

	if (strcmp(url, "/") != 0)
		verdict->status = 404;
	else if (strcmp(method, MHD_HTTP_METHOD_GET) != 0)
		verdict->status = 405;
}

static enum MHD_Result begin(struct ptt_bsf *bsf, struct MHD_Connection *connection, void **ctx,
	const char *url, const char *method)
{
	struct http_request *request = calloc(1, sizeof(*request));

	if (!request)
		return MHD_NO;
	*ctx = request;
	request->bsf = bsf;
	request->connection = connection;
	request->ub.path = "/";
	judge_line(&request->ub, url, method);
	if (!has_body(connection))
		return MHD_YES;
	if (!request->ub.verdict.status)
		request->ub.verdict.status = 400;
	return respond(request);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_len, void **ctx)
{
	struct http_request *request = *ctx;

	(void)version;
	(void)upload;
	if (!request)
		return begin(cls, connection, ctx, url, method);
	if (*upload_len)
		return MHD_NO;
	if (request->ub.verdict.status)
		return respond(request);
	ptt_bsf_ub_handle(&request->bsf->ub, &request->ub,
		header_of(connection, MHD_HTTP_HEADER_AUTHORIZATION), clock_now());
	if (request->ub.verdict.status)
		return respond(request);
	suspend(request);
	return MHD_YES;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **ctx,
	enum MHD_RequestTerminationCode code)
{
	struct http_request *request = *ctx;

	(void)cls;
	(void)connection;
	(void)code;
	if (!request)
		return;
	ptt_bsf_ub_forget(&request->ub);
	ptt_wipe(request, sizeof(*request));
	free(request);
	*ctx = NULL;
}

static void purge(struct ptt_bsf *bsf, int64_t utc_s)
{
	struct ptt_store_batch *batch;

	if (utc_s - bsf->purge_utc_s < PURGE_EVERY_S && utc_s >= bsf->purge_utc_s)
		return;
	bsf->purge_utc_s = utc_s;
	batch = ptt_store_batch_new(bsf->ub.store);
	ptt_batch_purge_bootstraps(batch, utc_s);
	if (ptt_store_commit(batch, PTT_STORE_NORMAL, NULL, NULL) != PTT_OK)
		ptt_log_limited(PTT_LOG_WARN, "ub-purge-failed", "at=%lld", (long long)utc_s);
}

static void export_metrics(struct ptt_bsf *bsf)
{
	const struct ptt_bsf_stats *now = &bsf->ub.state.stats;
	struct ptt_bsf_stats *last = &bsf->exported;
	const struct {
		const char *label;
		uint64_t now, last;
	} counts[] = {{"ok", now->bootstraps, last->bootstraps},
		{"challenged", now->challenges, last->challenges},
		{"resync", now->resyncs, last->resyncs}, {"auth", now->wrong_res, last->wrong_res},
		{"unknown", now->unknown, last->unknown},
		{"malformed", now->malformed, last->malformed}};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		ptt_metric_add_label(
			PTT_METRIC_BOOTSTRAPS, counts[i].label, counts[i].now - counts[i].last);
	*last = *now;
}

static void on_second(void *ctx)
{
	struct ptt_bsf *bsf = ctx;
	struct ptt_bsf_now now = clock_now();

	ptt_bsf_state_expire(&bsf->ub.state, now.mono_ms);
	purge(bsf, now.utc_s);
	export_metrics(bsf);
}

static void on_verdict(void *ctx, struct ptt_ub_request *request)
{
	struct ptt_bsf *bsf = ctx;

	/*
	 * The store calls this, never MHD: inside our own handler the connection would not be
	 * suspended yet.
	 */
	resume((struct http_request *)(void *)request);
	ptt_http_kick(&bsf->http);
}

static enum ptt_err start(struct ptt_bsf *bsf, su_root_t *root, const struct ptt_bsf_param *param)
{
	struct ptt_http_param http = {
		.name = "ub",
		.listen = param->listen,
		.cert = param->cert,
		.key = param->key,
		.max_connections = param->max_connections,
		.on_request = on_request,
		.on_completed = on_completed,
		.on_second = on_second,
		.ctx = bsf,
	};

	PTT_TRY(ptt_bsf_state_init(&bsf->ub.state, param));
	return ptt_http_start(&bsf->http, root, &http);
}

enum ptt_err ptt_bsf_new(struct ptt_bsf **out, su_root_t *root, struct ptt_store *store,
	const struct ptt_bsf_param *param)
{
	struct ptt_bsf *bsf = calloc(1, sizeof(*bsf));
	enum ptt_err err;

	*out = NULL;
	if (!bsf)
		return PTT_ERR_SYSTEM;
	bsf->ub.store = store;
	bsf->ub.on_verdict = on_verdict;
	bsf->ub.ctx = bsf;
	err = start(bsf, root, param);
	if (err != PTT_OK) {
		ptt_bsf_free(bsf);
		return err;
	}
	*out = bsf;
	return PTT_OK;
}

enum ptt_err ptt_bsf_open(struct ptt_bsf **out, su_root_t *root, struct ptt_store *store,
	const struct ptt_config *config)
{
	struct ptt_bsf_param param = {
		.listen = config->bsf.listen,
		.host = config->bsf.host,
		.lifetime_s = config->bsf.lifetime_s,
		.cert = config->bsf.cert,
		.key = config->bsf.key,
	};

	return ptt_bsf_new(out, root, store, &param);
}

void ptt_bsf_free(struct ptt_bsf *bsf)
{
	if (!bsf)
		return;
	ptt_bsf_ub_stop(&bsf->ub);
	while (bsf->suspended)
		resume(bsf->suspended); /* MHD does not stop while a connection is suspended */
	ptt_http_stop(&bsf->http);
	export_metrics(bsf);
	ptt_bsf_state_wipe(&bsf->ub.state);
	free(bsf);
}

uint16_t ptt_bsf_port(const struct ptt_bsf *bsf)
{
	return ptt_http_port(&bsf->http);
}

void ptt_bsf_stats(const struct ptt_bsf *bsf, struct ptt_bsf_stats *out)
{
	*out = bsf->ub.state.stats;
	out->open_challenges = ptt_lru_count(bsf->ub.state.challenges);
	out->bootstraps_held = ptt_lru_count(bsf->ub.state.boots);
}

const struct ptt_bootstrap_row *ptt_bsf_find(const struct ptt_bsf *bsf, const char *btid)
{
	return ptt_lru_get(bsf->ub.state.boots, btid);
}
