/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/nbsp_http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "module/gba/http_root.h"
#include "module/gba/nbsp.h"
#include "module/base/log.h"

#define RESPONSE_MAX 8192

struct ptt_nbsp_http {
	struct ptt_http_root http;
	struct ptt_zn_server *zn;
};

/* A POST that is being received. */
struct post {
	size_t len;
	bool too_long;
	uint8_t body[PTT_NBSP_BODY_MAX];
};

static enum MHD_Result send_text(
	struct MHD_Connection *connection, unsigned int status, const char *type, const char *text)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (status == 405)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "POST");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result send_problem(
	struct MHD_Connection *connection, const struct ptt_nbsp_problem *problem)
{
	char text[512];

	if (ptt_nbsp_problem_put(text, sizeof(text), problem) != PTT_OK)
		text[0] = '\0';
	if (problem->status != 404)
		ptt_log_limited(PTT_LOG_INFO, "zn-rest-refused", "status=%u cause=%s detail=%s",
			problem->status, problem->cause, problem->detail);
	return send_text(connection, problem->status, PTT_NBSP_PROBLEM, text);
}

static enum MHD_Result respond(
	struct ptt_nbsp_http *self, struct MHD_Connection *connection, const struct post *post)
{
	PTT_SECRET(struct ptt_zn_answer, found);
	struct ptt_nbsp_problem problem;
	struct ptt_zn_query query;
	enum MHD_Result result;
	const char *what = NULL;
	char text[RESPONSE_MAX];
	enum ptt_err err = post->too_long ? PTT_ERR_NO_SPACE
					  : ptt_nbsp_request_get(&query, &what,
						    (struct ptt_bytes){post->body, post->len});

	if (err == PTT_OK) {
		ptt_zn_serve(self->zn, &found, &query);
		err = found.err;
	}
	if (err == PTT_OK)
		err = ptt_nbsp_response_put(text, sizeof(text), &found);
	if (err != PTT_OK) {
		problem = ptt_nbsp_problem_of(err);
		if (what)
			problem.detail = what;
		return send_problem(connection, &problem);
	}
	/* MHD keeps a copy of the text in its pool until it was sent. */
	result = send_text(connection, 200, PTT_NBSP_TYPE, text);
	ptt_wipe(text, sizeof(text));
	return result;
}

/* @return what is wrong with the request line or a header; status 0: nothing */
static struct ptt_nbsp_problem judge(
	struct MHD_Connection *connection, const char *url, const char *method)
{
	static const char type[] = PTT_NBSP_TYPE;
	const char *given = MHD_lookup_connection_value(
		connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);

	if (strcmp(url, PTT_NBSP_PATH) != 0)
		return (struct ptt_nbsp_problem){
			404, "RESOURCE_URI_STRUCTURE_NOT_FOUND", "see " PTT_NBSP_PATH};
	if (strcmp(method, MHD_HTTP_METHOD_POST) != 0)
		return (struct ptt_nbsp_problem){405, "METHOD_NOT_ALLOWED", "POST"};
	if (!given || strncasecmp(given, type, sizeof(type) - 1) != 0)
		return (struct ptt_nbsp_problem){415, "UNSUPPORTED_MEDIA_TYPE", PTT_NBSP_TYPE};
	return (struct ptt_nbsp_problem){0, NULL, NULL};
}

static enum MHD_Result begin(
	struct MHD_Connection *connection, void **ctx, const char *url, const char *method)
{
	struct ptt_nbsp_problem problem = judge(connection, url, method);

	if (problem.status)
		return send_problem(connection, &problem);
	*ctx = calloc(1, sizeof(struct post));
	return *ctx ? MHD_YES : MHD_NO;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_len, void **ctx)
{
	struct post *post = *ctx;

	(void)version;
	if (!post)
		return begin(connection, ctx, url, method);
	if (*upload_len == 0)
		return respond(cls, connection, post);
	post->too_long |= *upload_len > sizeof(post->body) - post->len;
	if (!post->too_long) {
		memcpy(post->body + post->len, upload, *upload_len);
		post->len += *upload_len;
	}
	*upload_len = 0;
	return MHD_YES;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **ctx,
	enum MHD_RequestTerminationCode code)
{
	(void)cls;
	(void)connection;
	(void)code;
	free(*ctx);
	*ctx = NULL;
}

enum ptt_err ptt_nbsp_http_new(struct ptt_nbsp_http **out, su_root_t *root,
	struct ptt_zn_server *zn, const struct ptt_nbsp_http_param *param)
{
	struct ptt_nbsp_http *self = calloc(1, sizeof(*self));
	struct ptt_http_param http = {
		.name = "zn",
		.listen = param->listen,
		.cert = param->cert,
		.key = param->key,
		.on_request = on_request,
		.on_completed = on_completed,
		.ctx = self,
	};
	enum ptt_err err;

	*out = NULL;
	if (!self)
		return PTT_ERR_SYSTEM;
	self->zn = zn;
	err = ptt_http_start(&self->http, root, &http);
	if (err != PTT_OK) {
		ptt_nbsp_http_free(self);
		return err;
	}
	*out = self;
	return PTT_OK;
}

void ptt_nbsp_http_free(struct ptt_nbsp_http *self)
{
	if (!self)
		return;
	ptt_http_stop(&self->http);
	free(self);
}

uint16_t ptt_nbsp_http_port(const struct ptt_nbsp_http *self)
{
	return ptt_http_port(&self->http);
}
