/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file bsf.h
 * The embedded BSF's Ub server: HTTP Digest AKAv1-MD5 on the path "/", on the SIP thread.
 *
 * libmicrohttpd runs without a thread: its epoll descriptor sits on the su_root, and a request that
 * needs the store is suspended until the answer comes, so SIP never waits. Everything is bounded:
 * challenges (the oldest goes first), connections, header bytes, look-ups in flight.
 * Spec: TS 33.220 4.5.2, TS 24.109 clause 4, RFC 3310. SQN: TS 33.102 C.1.1; reserved ahead in the
 * store.
 */
#ifndef PTT_BSF_H
#define PTT_BSF_H

#include <stddef.h>
#include <stdint.h>

#include <sofia-sip/su_wait.h>

#include "crypto/err.h"

struct ptt_bsf;
struct ptt_store;

struct ptt_config;

struct ptt_bsf_param {
	const char *listen;         /**< "127.0.0.1:8080", "[::1]:8080"; port 0 = any */
	const char *host;           /**< realm, and the domain of every B-TID */
	uint32_t lifetime_s;        /**< of a bootstrapping; 0 = 86,400 */
	uint32_t challenge_life_ms; /**< 0 = 30,000 */
	uint32_t max_challenges;    /**< unfinished ones kept; 0 = 8,192 */
	uint32_t max_connections;   /**< 0 = 512 */
	const char *cert, *key;     /**< PEM files: HTTPS; NULL: HTTP */
};

/** Counters since the start, for metrics. */
struct ptt_bsf_stats {
	uint64_t requests;       /**< all */
	uint64_t challenges;     /**< 401 sent */
	uint64_t bootstraps;     /**< 200 sent */
	uint64_t resyncs;        /**< AUTS accepted */
	uint64_t wrong_res;      /**< response did not verify */
	uint64_t unknown;        /**< no such subscriber */
	uint64_t malformed;      /**< 400 */
	uint64_t evicted;        /**< challenges pushed out by newer ones */
	uint64_t store_failures; /**< 503 */
	size_t open_challenges;  /**< now */
	size_t bootstraps_held;  /**< now, in memory */
};

/**
 * Starts to listen. Errors: MALFORMED (listen or host), SYSTEM (socket, memory; the log says
 * which). Keeps: @p root, @p store; copies @p param's strings.
 */
enum ptt_err ptt_bsf_new(struct ptt_bsf **out, su_root_t *root, struct ptt_store *store,
	const struct ptt_bsf_param *param) PTT_MUST_CHECK;
/** The same by the configuration's section bsf, whose listen is set. */
enum ptt_err ptt_bsf_open(struct ptt_bsf **out, su_root_t *root, struct ptt_store *store,
	const struct ptt_config *config) PTT_MUST_CHECK;
/** Stops, drops what waits, wipes; NULL is fine. Free the NAF source that uses it first. */
void ptt_bsf_free(struct ptt_bsf *bsf);
/** The port it listens on. */
uint16_t ptt_bsf_port(const struct ptt_bsf *bsf);
/** A snapshot. */
void ptt_bsf_stats(const struct ptt_bsf *bsf, struct ptt_bsf_stats *out);

#endif
