/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file bsf.h
 * The embedded BSF's Ub server: HTTP Digest AKAv1-MD5 on the path "/", on the SIP thread.
 *
 * libmicrohttpd runs without a thread: its epoll descriptor is registered at the su_root. A request
 * that needs a write is suspended until the store has finished, so SIP never waits. All is bounded:
 * challenges (the oldest is dropped first), connections, header bytes.
 * Spec: TS 33.220 4.5.2, TS 24.109 clause 4, RFC 3310. SQNs: TS 33.102 C.1.1, in blocks that the
 * store reserves before use.
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
	uint32_t max_challenges;    /**< challenges that wait for a response; 0 = 8,192 */
	uint32_t max_connections;   /**< 0 = 1024; half of them for one address */
	const char *cert, *key;     /**< PEM files: HTTPS; NULL: HTTP */
};

/** Counters since the start. */
struct ptt_bsf_stats {
	uint64_t requests;       /**< all */
	uint64_t challenges;     /**< 401 sent */
	uint64_t bootstraps;     /**< 200 sent */
	uint64_t resyncs;        /**< AUTS accepted */
	uint64_t wrong_res;      /**< RES or AUTS did not verify */
	uint64_t unknown;        /**< no such subscriber */
	uint64_t malformed;      /**< 400 */
	uint64_t evicted;        /**< challenges dropped for newer ones */
	uint64_t store_failures; /**< 503 */
	size_t open_challenges;  /**< now */
	size_t bootstraps_held;  /**< now, in memory */
};

/**
 * Starts to listen. The programs call ptt_bsf_open(); tests set what it does not. Keeps: @p root,
 * @p store; copies @p param's strings. Errors: MALFORMED (listen or host), SYSTEM (socket, memory;
 * the log says which).
 */
enum ptt_err ptt_bsf_new(struct ptt_bsf **out, su_root_t *root, struct ptt_store *store,
	const struct ptt_bsf_param *param) PTT_MUST_CHECK;
/** As ptt_bsf_new(), from the configuration's section bsf; its listen is set. */
enum ptt_err ptt_bsf_open(struct ptt_bsf **out, su_root_t *root, struct ptt_store *store,
	const struct ptt_config *config) PTT_MUST_CHECK;
/**
 * Stops, drops waiting requests and wipes; NULL is fine. Free the NAF source that uses @p bsf
 * before.
 */
void ptt_bsf_free(struct ptt_bsf *bsf);
/** The port it listens on. */
uint16_t ptt_bsf_port(const struct ptt_bsf *bsf);
/** A snapshot of the counters, for tests. */
void ptt_bsf_stats(const struct ptt_bsf *bsf, struct ptt_bsf_stats *out);

#endif
