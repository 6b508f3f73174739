/* SPDX-License-Identifier: LGPL-2.1-or-later */
/** @file nbsp_http.h  Zn as REST at the BSF: POST /nbsp-gba/v1/bootstrapping-info-retrieval. */
#ifndef PTT_NBSP_HTTP_H
#define PTT_NBSP_HTTP_H

#include <sofia-sip/su_wait.h>

#include "module/gba/zn.h"

struct ptt_nbsp_http;

struct ptt_nbsp_http_param {
	const char *listen;
	const char *cert, *key; /**< PEM files: HTTPS; NULL: HTTP, for a trusted network only */
};

/**
 * Starts to listen. Keeps: @p root, @p zn. Errors: MALFORMED (listen), SYSTEM (the log says which).
 */
enum ptt_err ptt_nbsp_http_new(struct ptt_nbsp_http **out, su_root_t *root,
	struct ptt_zn_server *zn, const struct ptt_nbsp_http_param *param) PTT_MUST_CHECK;
void ptt_nbsp_http_free(struct ptt_nbsp_http *http);
uint16_t ptt_nbsp_http_port(const struct ptt_nbsp_http *http);

#endif
