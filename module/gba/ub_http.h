/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ub_http.h
 * A Ub exchange on a libcurl handle, shared by ub_client.c and ub_many.c.
 *
 * The caller runs the transfer, by curl_easy_perform() or in a multi handle.
 */
#ifndef PTT_UB_HTTP_H
#define PTT_UB_HTTP_H

#include <curl/curl.h>

#include "module/gba/ub_client.h"
#include "module/gba/ub_exchange.h"

struct ptt_ub_http {
	CURL *easy; /**< owned */
	struct curl_slist *headers;
	struct ptt_ub_exchange exchange;
	char www_authenticate[PTT_UB_HEADER_MAX], authentication_info[PTT_UB_HEADER_MAX];
	uint8_t body[PTT_BOOT_INFO_MAX];
	size_t body_len;
};

/**
 * Starts. Keeps: the card of @p param. Errors: MALFORMED (URL, IMPI), SYSTEM. Wipe @p http in any
 * case.
 */
enum ptt_err ptt_ub_http_init(
	struct ptt_ub_http *http, const struct ptt_ub_param *param) PTT_MUST_CHECK;
/** Starts another exchange on the same handle, and so on the same connection. Errors: MALFORMED. */
enum ptt_err ptt_ub_http_restart(
	struct ptt_ub_http *http, const struct ptt_ub_param *param) PTT_MUST_CHECK;
/** Sets the handle up for the next request. Errors: SYSTEM, NO_SPACE. */
enum ptt_err ptt_ub_http_prepare(struct ptt_ub_http *http) PTT_MUST_CHECK;
/** Reads the response after a transfer. SEND: prepare and run the next transfer. */
enum ptt_ub_step ptt_ub_http_finish(struct ptt_ub_http *http, CURLcode code);
void ptt_ub_http_wipe(struct ptt_ub_http *http);

#endif
