/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file zn_source.h
 * A NAF source that asks a BSF elsewhere: the common part of REST and Diameter. Inside gba only.
 *
 * @code
 * lookup --held in memory--> answer at once
 *        --too many wait--> BUSY
 *        --ask the transport--> done(), or the time is up: BUSY
 *              --> MUK, MRK --> row in the store --> answer
 * @endcode
 * The row holds the MUK (in the column that holds Ks at a BSF) and its counter_base. So sessions
 * are resumed after a restart of the PF without the BSF. Threads: the SIP thread.
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
	/**
	 * Sends the query; calls ptt_zn_source_done() later (never inside), at most once. Errors:
	 * any.
	 */
	enum ptt_err (*ask)(
		struct ptt_zn_source *source, uint32_t id, const struct ptt_zn_query *query);
	/** The look-up @p id was cancelled or is too late. */
	void (*give_up)(struct ptt_zn_source *source, uint32_t id);
	/** Frees everything, the source's memory too. */
	void (*free)(struct ptt_zn_source *source);
};

struct ptt_zn_source_param {
	su_root_t *root;
	struct ptt_store *store;
	const char *naf_fqdn;
	uint32_t timeout_ms;  /**< of a look-up; 0 = 2,000 */
	uint32_t pending_max; /**< 0 = 256 */
};

/** The first member of every transport's struct. */
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
/**
 * Gives the BSF's answer, or the transport's error, to the look-up @p id; an unknown id is ignored.
 */
void ptt_zn_source_done(
	struct ptt_zn_source *source, uint32_t id, const struct ptt_zn_answer *answer);

#endif
