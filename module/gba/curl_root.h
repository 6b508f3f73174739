/* SPDX-License-Identifier: LGPL-2.1-or-later */
/** @file curl_root.h  libcurl's multi interface on a su_root: sockets and its timer, no thread. */
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
 * @p on_done is called for each transfer that ended, after it has left the multi handle; it may
 * clean the handle up. Errors: SYSTEM. Stop it in any case.
 */
enum ptt_err ptt_curl_start(struct ptt_curl_root *curl, su_root_t *root,
	void (*on_done)(void *ctx, CURL *easy, CURLcode code), void *ctx) PTT_MUST_CHECK;
/** All easy handles have been removed before. */
void ptt_curl_stop(struct ptt_curl_root *curl);
/** Errors: SYSTEM. */
enum ptt_err ptt_curl_add(struct ptt_curl_root *curl, CURL *easy) PTT_MUST_CHECK;
void ptt_curl_remove(struct ptt_curl_root *curl, CURL *easy);

#endif
