/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file naf_source.h
 * The PF's source, as a NAF, of the keys of a B-TID: one interface, several sources.
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
	 * PTT_OK; NO_KEY (unknown or expired B-TID: 401 without stale); BUSY (the BSF did not
	 * respond in time, or too many look-ups wait: 503 with Retry-After); SYSTEM (500). The
	 * other members are set with PTT_OK only.
	 */
	enum ptt_err err;
	char impi[256];
	char impus[PTT_NAF_IMPU_MAX]
		  [PTT_NAF_IMPU_LEN_MAX]; /**< SIP URIs as in the subscriber's record */
	size_t impu_count;
	struct ptt_muk muk;
	struct ptt_mrk mrk; /**< base64(MRK) is the Digest password */
	int64_t expires_utc_s;
	uint64_t counter_base; /**< of the MUK, as in the bootstrapping's row (crypto/replay.h) */
	bool gba_u;            /**< MUK is Ks_int_NAF, MRK is Ks_ext_NAF */
};

/** @p keys is borrowed for the call and wiped after it: the callee copies what it needs. */
typedef void ptt_naf_cb(void *ctx, const struct ptt_naf_keys *keys);

struct ptt_naf_source;

/** The operations of a source. */
struct ptt_naf_ops {
	void (*lookup)(struct ptt_naf_source *source, const char *btid, ptt_naf_cb *cb, void *ctx);
	void (*cancel)(struct ptt_naf_source *source, void *ctx);
	void (*free)(struct ptt_naf_source *source);
	void (*recall)(struct ptt_naf_source *source, const char *btid, ptt_naf_cb *cb, void *ctx);
};

/** The first member of every source. */
struct ptt_naf_source {
	const struct ptt_naf_ops *ops;
};

/**
 * Asks for the keys of @p btid. @p cb is called exactly once unless cancelled, possibly before this
 * returns. Keeps: @p ctx until then.
 */
void ptt_naf_lookup(struct ptt_naf_source *source, const char *btid, ptt_naf_cb *cb, void *ctx);
/**
 * As ptt_naf_lookup(), but from memory and the store alone, and before it returns: for sessions
 * that are resumed after a restart. Only err, impi, muk, expires_utc_s, counter_base and gba_u are
 * set; err is never BUSY.
 */
void ptt_naf_recall(struct ptt_naf_source *source, const char *btid, ptt_naf_cb *cb, void *ctx);
/** No callback with this @p ctx is called any more (NULL: with any). NULL @p source is fine. */
void ptt_naf_cancel(struct ptt_naf_source *source, void *ctx);
/** Drops pending look-ups without a callback, and frees the source; NULL is fine. */
void ptt_naf_source_free(struct ptt_naf_source *source);

struct ptt_store;
struct ptt_bsf;
struct ptt_config;
/** What a source is opened with. */
struct ptt_naf_place {
	su_root_t *root;
	struct ptt_store *store;
	struct ptt_bsf *bsf; /**< for the embedded source; may be NULL */
	const struct ptt_config *config;
};
/**
 * Opens the source that the configuration asks for (module/server). Keeps: root, store and bsf of
 * @p place; copies from its config. Errors: MALFORMED, UNSUPPORTED (not in this build), SYSTEM;
 * @p text says what.
 */
enum ptt_err ptt_naf_source_open(struct ptt_naf_source **out, const struct ptt_naf_place *place,
	char *text, size_t text_size) PTT_MUST_CHECK;

/**
 * The embedded source: it looks into the BSF's table, then into the store. @param naf_fqdn the PF's
 * FQDN, an input of every key. Keeps: @p bsf (NULL: the store only), @p store; copies @p naf_fqdn.
 * Errors: MALFORMED (FQDN), SYSTEM.
 */
enum ptt_err ptt_naf_embedded_new(struct ptt_naf_source **out, struct ptt_store *store,
	struct ptt_bsf *bsf, const char *naf_fqdn) PTT_MUST_CHECK;

#endif
