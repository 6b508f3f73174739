/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file naf_source.h
 * Where the PF, as a NAF, gets the keys behind a B-TID: one interface, several sources.
 *
 * Embedded (the BSF in the same process), REST and Diameter Zn (a BSF elsewhere).
 * Spec: TS 33.220 4.5.3; keys as in TS 33.246: MUK and MRK for the Ua id of MBMS, GBA_ME or GBA_U
 * by the subscriber's record. All calls and callbacks are on the SIP thread.
 */
#ifndef PTT_NAF_SOURCE_H
#define PTT_NAF_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sofia-sip/su_wait.h>

#include "crypto/err.h"
#include "crypto/secret.h"

#define PTT_NAF_IMPU_MAX     8   /**< public identities of one subscriber */
#define PTT_NAF_IMPU_LEN_MAX 256 /**< with NUL */

struct ptt_naf_keys {
	/**
	 * PTT_OK; NO_KEY (unknown or expired B-TID: 401 without stale); BUSY (the source does not
	 * answer in time, or too many look-ups wait: 503 with Retry-After); SYSTEM (500). Nothing
	 * else is set unless OK.
	 */
	enum ptt_err err;
	char impi[256];
	char impus[PTT_NAF_IMPU_MAX]
		  [PTT_NAF_IMPU_LEN_MAX]; /**< SIP URIs as in the subscriber's record */
	size_t impu_count;
	struct ptt_muk muk;
	struct ptt_mrk mrk; /**< the Digest password is base64 of it */
	int64_t expires_utc_s;
	uint64_t counter_base; /**< as in its row in the store */
	bool gba_u;            /**< MUK is Ks_int_NAF, MRK is Ks_ext_NAF */
};

/** @p keys is lent for the call only, and wiped after it: copy what is needed. */
typedef void ptt_naf_cb(void *ctx, const struct ptt_naf_keys *keys);

struct ptt_naf_source;

/** What an implementation provides. */
struct ptt_naf_ops {
	void (*lookup)(struct ptt_naf_source *source, const char *btid, ptt_naf_cb *cb, void *ctx);
	void (*cancel)(struct ptt_naf_source *source, void *ctx);
	void (*free)(struct ptt_naf_source *source);
	void (*recall)(struct ptt_naf_source *source, const char *btid, ptt_naf_cb *cb, void *ctx);
};

/** First member of every implementation. */
struct ptt_naf_source {
	const struct ptt_naf_ops *ops;
};

/**
 * Asks for the keys behind @p btid. @p cb is called exactly once, possibly before this returns (a
 * hit in memory), unless cancelled. Keeps: @p ctx until then.
 */
void ptt_naf_lookup(struct ptt_naf_source *source, const char *btid, ptt_naf_cb *cb, void *ctx);
/**
 * The same from what is kept here, and at once: for sessions that go on after a restart. Only err,
 * IMPI, MUK, expiry, born and gba_u are set, and no BUSY comes.
 */
void ptt_naf_recall(struct ptt_naf_source *source, const char *btid, ptt_naf_cb *cb, void *ctx);
/** No callback with this @p ctx (NULL: none at all) will come any more. NULL @p source is fine. */
void ptt_naf_cancel(struct ptt_naf_source *source, void *ctx);
/** Pending look-ups are dropped without a callback; NULL is fine. */
void ptt_naf_source_free(struct ptt_naf_source *source);

struct ptt_store;
struct ptt_bsf;
struct ptt_config;
/**
 * The source that the configuration asks for. @p bsf: for the embedded one; may be NULL.
 * Errors: MALFORMED, UNSUPPORTED (not in this build), SYSTEM; @p text says what. Keeps: @p root,
 * @p store, @p bsf; copies from @p config.
 */
struct ptt_naf_place {
	su_root_t *root;
	struct ptt_store *store;
	struct ptt_bsf *bsf;
	const struct ptt_config *config;
};
enum ptt_err ptt_naf_source_open(struct ptt_naf_source **out, const struct ptt_naf_place *place,
	char *text, size_t text_size) PTT_MUST_CHECK;

/**
 * The embedded source: the BSF's table first, then the store (which survives a restart).
 * @p naf_fqdn: the PF's FQDN, part of every key. Keeps: @p bsf (may be NULL: store only), @p store,
 * copies
 * @p naf_fqdn.
 */
enum ptt_err ptt_naf_embedded_new(struct ptt_naf_source **out, struct ptt_store *store,
	struct ptt_bsf *bsf, const char *naf_fqdn) PTT_MUST_CHECK;

#endif
