/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file zn_source.h
 * A NAF source that asks a BSF elsewhere: what REST and Diameter have in common. Inside gba only.
 *
 * @code
 * lookup --held in memory--> answer at once
 *        --too many wait--> BUSY
 *        --ask the transport--> done(), or the time is up: BUSY
 *              --> MUK, MRK --> row in the store --> answer
 * @endcode
 * The row holds the MUK (in the column that holds Ks at a BSF) and the counter of the MUK, so that
 * sessions go on after a restart of the PF without the BSF. All on the SIP thread.
 * Spec: TS 33.220 4.5.3; keys: TS 33.246 6.1.
 */
#ifndef PTT_ZN_SOURCE_H
#define PTT_ZN_SOURCE_H

#include <sofia-sip/su_wait.h>

#include "module/gba/lru.h"
#include "module/gba/naf_source.h"
#include "module/gba/zn.h"

struct ptt_zn_source;
struct ptt_zn_lookup;

struct ptt_zn_transport {
	const char *name; /**< for the log */
	/** Asks; ptt_zn_source_done() is called later (never inside), at most once. Errors: any. */
	enum ptt_err (*ask)(
		struct ptt_zn_source *source, uint32_t id, const struct ptt_zn_query *query);
	/** Nobody waits for @p id any more. */
	void (*give_up)(struct ptt_zn_source *source, uint32_t id);
	/** Frees all, with the source's memory itself. */
	void (*free)(struct ptt_zn_source *source);
};

struct ptt_zn_source_param {
	su_root_t *root;
	struct ptt_store *store;
	const char *naf_fqdn;
	uint32_t timeout_ms;  /**< of one look-up; 0 = 2,000 */
	uint32_t pending_max; /**< 0 = 256 */
};

/** First member of every transport's struct. */
struct ptt_zn_source {
	struct ptt_naf_source source; /* first */
	const struct ptt_zn_transport *transport;
	su_root_t *root;
	struct ptt_store *store;
	char naf_fqdn[PTT_GBA_NAF_FQDN_MAX + 1];
	uint32_t timeout_ms, pending_max, pending, next_id;
	struct ptt_zn_lookup *lookups;
	struct ptt_lru *held;
	su_timer_t *timer;
	int64_t purge_utc_s;
};

/** Errors: MALFORMED (FQDN), SYSTEM. Wipe it in any case. */
enum ptt_err ptt_zn_source_init(struct ptt_zn_source *source,
	const struct ptt_zn_transport *transport,
	const struct ptt_zn_source_param *param) PTT_MUST_CHECK;
void ptt_zn_source_wipe(struct ptt_zn_source *source);
/** The BSF's answer, or the transport's error, to @p id; one that nobody waits for is dropped. */
void ptt_zn_source_done(
	struct ptt_zn_source *source, uint32_t id, const struct ptt_zn_answer *answer);

#endif
