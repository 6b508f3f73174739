/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ub_http.h
 * One Ub exchange on a libcurl handle: what the waiting client and the lab's many have in common.
 *
 * The caller performs the transfer, by curl_easy_perform() or in a multi handle.
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

/** Keeps: the card of @p param. Errors: MALFORMED (URL, IMPI), SYSTEM. Wipe it in any case. */
enum ptt_err ptt_ub_http_init(
	struct ptt_ub_http *http, const struct ptt_ub_param *param) PTT_MUST_CHECK;
/** The same handle, and so the same connection, for another IMPI and card. */
enum ptt_err ptt_ub_http_restart(
	struct ptt_ub_http *http, const struct ptt_ub_param *param) PTT_MUST_CHECK;
/** Sets up the next request. */
enum ptt_err ptt_ub_http_prepare(struct ptt_ub_http *http) PTT_MUST_CHECK;
/** After the transfer, with its result. SEND: prepare and perform again. */
enum ptt_ub_step ptt_ub_http_finish(struct ptt_ub_http *http, CURLcode code);
void ptt_ub_http_wipe(struct ptt_ub_http *http);

#endif
