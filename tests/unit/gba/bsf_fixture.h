/* SPDX-License-Identifier: LGPL-2.1-or-later */
/** @file bsf_fixture.h  A real BSF on loopback with a store in a folder of its own, for tests. */
#ifndef PTT_BSF_FIXTURE_H
#define PTT_BSF_FIXTURE_H

#include "module/client/usim.h"
#include "module/gba/bsf.h"
#include "module/gba/naf_source.h"
#include "module/gba/ub_client.h"
#include "module/store/store_read.h"

#define FIX_HOST "bsf.poc.example.org"
#define FIX_IMPI "alice@poc.example.org"
#define FIX_NAF  "pf1.poc.example.org"
#define FIX_FIRST \
	"Digest username=\"" FIX_IMPI "\", realm=\"x\", nonce=\"\", uri=\"/\", response=\"\""
#define FIX_IMPU "sip:alice@poc.example.org"

struct fixture {
	su_root_t *root;
	struct ptt_store *store;
	struct ptt_bsf *bsf;
	struct ptt_bsf_param param;
	char dir[32], path[64], url[64];
};

extern struct fixture fix;
extern const struct ptt_k fix_k;
extern const struct ptt_opc fix_opc;

/**
 * Root, store, subscriber FIX_IMPI, and a BSF with fix.param (zeros where the test sets nothing).
 */
void fix_start(void);
void fix_stop(void);
/** Starts the BSF alone. */
void fix_start_bsf(void);
void fix_stop_bsf(void);
/** Writes over a store connection of its own, as pttkey does. */
void fix_add_subscriber(const char *impi, bool gba_u);
struct ptt_bsf_stats fix_stats(void);

/** Runs @p fn in a thread, and the server in this one until @p fn has returned. */
void fix_run(void (*fn)(void *arg), void *arg);
/** As above with @p count threads; thread i gets args[i]. */
void fix_run_many(void (*fn)(void *arg), void **args, size_t count);

/** Runs @p fn in a thread, and stops the BSF once it has received a request. */
void fix_stop_under(void (*fn)(void *arg), void *arg);

struct fix_boot {
	const char *impi;
	const struct ptt_card *card;
	struct ptt_bootstrap result;
	enum ptt_err err;
};
/** Bootstraps through libcurl (in a thread). */
void fix_bootstrap(void *fix_boot);

struct fix_http {
	const char *method, *path, *authorization, *body;
	long status;
	char www_authenticate[PTT_UB_HEADER_MAX], authentication_info[PTT_UB_HEADER_MAX];
	char server[64], allow[32], content_type[64], text[PTT_BOOT_INFO_MAX + 1];
	size_t text_len;
};
/** Sends any request (in a thread). */
void fix_request(void *fix_http);

/** A fresh USIM of FIX_IMPI, without a file. */
struct ptt_usim *fix_usim(void);
/** Bootstraps two UEs at once. */
struct fix_boot fix_boot_now(const char *impi, const struct ptt_card *card);
struct fix_http fix_ask(const char *authorization);
/** The challenge of a 401. */
struct ptt_ub_digest fix_challenge(const struct fix_http *http);
/** The result of a look-up: its callback, and the callback's context. */
struct fix_heard {
	unsigned int calls;
	struct ptt_naf_keys keys;
};
void fix_on_keys(void *ctx, const struct ptt_naf_keys *keys);
/** Looks up in an embedded source of its own; @p bsf NULL: in the store only. */
struct ptt_naf_keys fix_look_up(struct ptt_bsf *bsf, const char *btid);

#endif
