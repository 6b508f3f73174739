/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/ub_http.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define USER_AGENT "User-Agent: pttkey 3gpp-gba-tmpi"
#define ACCEPT     "Accept: " PTT_BOOT_INFO_TYPE

/*
 * Keeps the value if the line is that header. A challenge of another scheme does not replace that
 * of AKA.
 */
static void keep_header(
	char value[PTT_UB_HEADER_MAX], const char *line, size_t len, const char *name)
{
	size_t name_len = strlen(name);

	if (len <= name_len || strncasecmp(line, name, name_len) != 0 || line[name_len] != ':')
		return;
	line += name_len + 1;
	len -= name_len + 1;
	while (len > 0 && strchr(" \t\r\n", line[len - 1]))
		len--;
	while (len > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	if (strcasestr(value, "AKAv1-MD5"))
		return;
	if (len >= PTT_UB_HEADER_MAX || memchr(line, '\0', len))
		len = 0; /* present but malformed: empty */
	memcpy(value, line, len);
	value[len] = '\0';
}

static size_t on_header(char *line, size_t size, size_t count, void *ctx)
{
	struct ptt_ub_http *http = ctx;
	size_t len = size * count;

	if (len > 5 && strncmp(line, "HTTP/", 5) == 0) { /* the response before was a 1xx */
		http->www_authenticate[0] = http->authentication_info[0] = '\0';
		http->body_len = 0;
	}
	keep_header(http->www_authenticate, line, len, "WWW-Authenticate");
	keep_header(http->authentication_info, line, len, "Authentication-Info");
	return len;
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
	struct ptt_ub_http *http = ctx;
	size_t len = size * count;

	if (len > sizeof(http->body) - http->body_len)
		return 0; /* 0 ends the transfer */
	memcpy(http->body + http->body_len, data, len);
	http->body_len += len;
	return len;
}

/* Splits "http://host:port/path". */
static enum ptt_err url_parts(
	char host[PTT_UB_NAME_MAX], char path[PTT_UB_NAME_MAX], const char *text)
{
	CURLU *url = curl_url();
	char *part_host = NULL, *part_path = NULL;
	enum ptt_err err = PTT_ERR_MALFORMED;

	if (!url)
		return PTT_ERR_SYSTEM;
	if (curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
		curl_url_get(url, CURLUPART_HOST, &part_host, 0) == CURLUE_OK &&
		curl_url_get(url, CURLUPART_PATH, &part_path, 0) == CURLUE_OK &&
		strlen(part_host) < PTT_UB_NAME_MAX && strlen(part_path) < PTT_UB_NAME_MAX) {
		strcpy(host, part_host);
		strcpy(path, part_path);
		err = PTT_OK;
	}
	curl_free(part_host);
	curl_free(part_path);
	curl_url_cleanup(url);
	return err;
}

enum ptt_err ptt_ub_http_restart(struct ptt_ub_http *http, const struct ptt_ub_param *param)
{
	char host[PTT_UB_NAME_MAX], path[PTT_UB_NAME_MAX];

	PTT_TRY(url_parts(host, path, param->bsf_url));
	return ptt_ub_exchange_init(&http->exchange, param->card, param->impi,
		param->bsf_host ? param->bsf_host : host, path);
}

static enum ptt_err set_options(struct ptt_ub_http *http, const struct ptt_ub_param *param)
{
	CURL *easy = http->easy;
	bool good = curl_easy_setopt(easy, CURLOPT_URL, param->bsf_url) == CURLE_OK &&
		    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
		    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
		    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
		    curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
		    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
		    curl_easy_setopt(easy, CURLOPT_HEADERDATA, http) == CURLE_OK &&
		    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
		    curl_easy_setopt(easy, CURLOPT_WRITEDATA, http) == CURLE_OK &&
		    curl_easy_setopt(easy, CURLOPT_PRIVATE, http) == CURLE_OK;

	if (good && param->ca_file)
		good = curl_easy_setopt(easy, CURLOPT_CAINFO, param->ca_file) == CURLE_OK;
	return good ? PTT_OK : PTT_ERR_SYSTEM;
}

enum ptt_err ptt_ub_http_init(struct ptt_ub_http *http, const struct ptt_ub_param *param)
{
	memset(http, 0, sizeof(*http));
	http->easy = curl_easy_init();
	if (!http->easy)
		return PTT_ERR_SYSTEM;
	PTT_TRY(set_options(http, param));
	return ptt_ub_http_restart(http, param);
}

static enum ptt_err add_header(struct curl_slist **list, const char *text)
{
	struct curl_slist *more = curl_slist_append(*list, text);

	if (!more)
		return PTT_ERR_SYSTEM;
	*list = more;
	return PTT_OK;
}

enum ptt_err ptt_ub_http_prepare(struct ptt_ub_http *http)
{
	static const char name[] = "Authorization: ";
	char line[sizeof(name) + PTT_UB_HEADER_MAX];

	curl_slist_free_all(http->headers);
	http->headers = NULL;
	http->www_authenticate[0] = http->authentication_info[0] = '\0';
	http->body_len = 0;
	memcpy(line, name, sizeof(name));
	PTT_TRY(ptt_ub_exchange_request(
		&http->exchange, line + sizeof(name) - 1, PTT_UB_HEADER_MAX));
	PTT_TRY(add_header(&http->headers, line));
	PTT_TRY(add_header(&http->headers, USER_AGENT));
	PTT_TRY(add_header(&http->headers, ACCEPT));
	return curl_easy_setopt(http->easy, CURLOPT_HTTPHEADER, http->headers) == CURLE_OK
		       ? PTT_OK
		       : PTT_ERR_SYSTEM;
}

static enum ptt_err error_of(CURLcode code)
{
	if (code == CURLE_OUT_OF_MEMORY)
		return PTT_ERR_SYSTEM;
	if (code == CURLE_WRITE_ERROR || code == CURLE_WEIRD_SERVER_REPLY ||
		code == CURLE_UNSUPPORTED_PROTOCOL)
		return PTT_ERR_MALFORMED;
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		return PTT_ERR_AUTH;
	return PTT_ERR_BUSY;
}

enum ptt_ub_step ptt_ub_http_finish(struct ptt_ub_http *http, CURLcode code)
{
	struct ptt_ub_response response = {
		.www_authenticate = *http->www_authenticate ? http->www_authenticate : NULL,
		.authentication_info =
			*http->authentication_info ? http->authentication_info : NULL,
		.body = {http->body, http->body_len},
	};
	char *content_type = NULL;

	if (code != CURLE_OK) {
		http->exchange.err = error_of(code);
		return PTT_UB_STEP_FAILED;
	}
	curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &response.status);
	curl_easy_getinfo(http->easy, CURLINFO_CONTENT_TYPE, &content_type);
	response.content_type = content_type;
	return ptt_ub_exchange_response(&http->exchange, &response);
}

void ptt_ub_http_wipe(struct ptt_ub_http *http)
{
	curl_slist_free_all(http->headers);
	if (http->easy)
		curl_easy_cleanup(http->easy);
	ptt_wipe(http, sizeof(*http));
}
