/* SPDX-License-Identifier: LGPL-2.1-or-later */
/** @file curl_root.h libcurl's multi interface on a su_root: its sockets and timer, no thread. */
#ifndef PTT_CURL_ROOT_H
#define PTT_CURL_ROOT_H

#include <curl/curl.h>

#include <sofia-sip/su_wait.h>

#include "crypto/err.h"

/** Embedded in its owner, all zero before the start. */
struct ptt_curl_root {
	su_root_t *root;
	CURLM *multi;
	su_timer_t *timer;
	void (*on_done)(void *ctx, CURL *easy, CURLcode code);
	void *ctx;
};

/**
 * Starts. @p on_done is called for each ended transfer, after its handle was removed from the multi
 * handle; it may free the handle. Errors: SYSTEM. Stop @p curl in any case.
 */
enum ptt_err ptt_curl_start(struct ptt_curl_root *curl, su_root_t *root,
	void (*on_done)(void *ctx, CURL *easy, CURLcode code), void *ctx) PTT_MUST_CHECK;
/** Stops. The caller has removed all easy handles before. */
void ptt_curl_stop(struct ptt_curl_root *curl);
/** Errors: SYSTEM. */
enum ptt_err ptt_curl_add(struct ptt_curl_root *curl, CURL *easy) PTT_MUST_CHECK;
void ptt_curl_remove(struct ptt_curl_root *curl, CURL *easy);

#endif
