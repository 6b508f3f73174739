/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ub_client.h
 * One bootstrapping over HTTP, waiting for it (libcurl). Call it before SIP starts or in a thread
 * of its own.
 */
#ifndef PTT_UB_CLIENT_H
#define PTT_UB_CLIENT_H

#include "crypto/err.h"
#include "module/gba/card.h"
#include "module/gba/ub_exchange.h"

struct ptt_ub_param {
	const char *bsf_url; /**< "http://127.0.0.1:8080/" or https:// */
	/** The BSF's host name: realm of the first request. NULL = the host part of @c bsf_url. */
	const char *bsf_host;
	const char *impi;
	const struct ptt_card *card; /**< ptt_usim_card() */
	long timeout_ms;             /**< for all of it; 0 = 10,000 */
	const char *ca_file;         /**< https: PEM; NULL = the system's */
};

/**
 * Bootstraps, resynchronising once if the USIM asks for it, and checks AUTN and rspauth.
 * @p out: IMPI, B-TID, Ks, RAND, expiry; the owner wipes it with ptt_wipe().
 * Errors: those of ptt_ub_exchange_answer(); BUSY (nobody answers, or the time is up, or 5xx: try
 * later). Thread safe as long as no two calls share a card.
 */
enum ptt_err ptt_ub_bootstrap(
	struct ptt_bootstrap *out, const struct ptt_ub_param *param) PTT_MUST_CHECK;
/** What that error says to who runs the client. */
const char *ptt_ub_err_text(enum ptt_err err);

#endif
