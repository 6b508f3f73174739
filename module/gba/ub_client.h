/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ub_client.h
 * Runs a bootstrapping over HTTP and blocks until it ends (libcurl). Call it before SIP starts, or
 * in a thread of its own.
 */
#ifndef PTT_UB_CLIENT_H
#define PTT_UB_CLIENT_H

#include "crypto/err.h"
#include "module/gba/card.h"
#include "module/gba/ub_exchange.h"

struct ptt_ub_param {
	const char *bsf_url; /**< "http://127.0.0.1:8080/" or https:// */
	/** The BSF's host name, the realm of the first request. NULL: the host of @c bsf_url. */
	const char *bsf_host;
	const char *impi;
	const struct ptt_card *card; /**< ptt_usim_card() */
	long timeout_ms;             /**< of the whole bootstrapping; 0 = 10,000 */
	const char *ca_file;         /**< https: PEM; NULL = the system's */
};

/**
 * Bootstraps, with one resynchronisation if the USIM asks for it, and checks AUTN and rspauth.
 * @param out the owner wipes it. Threads: any, if no two calls share a card. Errors: those of
 * ptt_ub_exchange_response(); BUSY (no response in time, or 5xx: try later).
 */
enum ptt_err ptt_ub_bootstrap(
	struct ptt_bootstrap *out, const struct ptt_ub_param *param) PTT_MUST_CHECK;
/** @return a short static text for the user of the client */
const char *ptt_ub_err_text(enum ptt_err err);

#endif
