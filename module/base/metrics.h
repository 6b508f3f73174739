/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file metrics.h
 * The metrics of the process: one static table, atomic increments from any thread, Prometheus text.
 *
 * Labels are closed lists (metrics.c): ptt_metric_inc_label(PTT_METRIC_REKEYS, "expel"); a value
 * that is not in the list counts as "other", so no peer can grow them.
 */
#ifndef PTT_METRICS_H
#define PTT_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include <sofia-sip/su_wait.h>

#include "crypto/err.h"

enum ptt_metric {
	PTT_METRIC_MEMBERS,          /**< gauge */
	PTT_METRIC_GROUPS,           /**< gauge */
	PTT_METRIC_DRAINING,         /**< gauge, 0 or 1 */
	PTT_METRIC_STORE_FAILING,    /**< gauge, 0 or 1 */
	PTT_METRIC_CHANNELS_SILENT,  /**< gauge: channels silenced because a cut-over failed */
	PTT_METRIC_OVERLOADED,       /**< gauge, enum ptt_overload_level */
	PTT_METRIC_JOINS,            /**< counter by result */
	PTT_METRIC_SHED,             /**< counter by method */
	PTT_METRIC_SIP_LAG_SECONDS,  /**< histogram: how far the SIP thread is behind */
	PTT_METRIC_LEAVES,           /**< counter by reason */
	PTT_METRIC_EXPULSIONS,       /**< counter by source */
	PTT_METRIC_REKEYS,           /**< counter by reason */
	PTT_METRIC_REKEY_SECONDS,    /**< histogram: intent to end */
	PTT_METRIC_EXPOSURE_SECONDS, /**< histogram: expulsion accepted to cut-over */
	PTT_METRIC_OFFERS,           /**< counter by result */
	PTT_METRIC_OFFER_METHODS,    /**< counter by method: invite update invite-for-update */
	PTT_METRIC_UDP_LISTENERS,    /**< gauge by io: UDP listeners, by how re-keys leave them */
	PTT_METRIC_OVER_MTU,         /**< counter: requests that do not fit UDP */
	PTT_METRIC_MIKEY_FAILURES,   /**< counter by cause */
	PTT_METRIC_DIGEST_FAILURES,  /**< counter by cause */
	PTT_METRIC_USER_KEYS,        /**< counter by event */
	PTT_METRIC_BOOTSTRAPS,       /**< counter by result */
	PTT_METRIC_MTKS_SENT,        /**< counter: MTK messages on the channel */
	PTT_METRIC_SRTP_PACKETS,     /**< counter by kind */
	PTT_METRIC_UPLINK_DROPPED,   /**< counter by cause */
	PTT_METRIC_FLOOR_REQUESTS,   /**< counter */
	PTT_METRIC_FLOOR_GRANTS,     /**< counter */
	PTT_METRIC_FLOOR_DENIES,     /**< counter by reason */
	PTT_METRIC_FLOOR_REVOKES,    /**< counter by reason */
	PTT_METRIC_FLOOR_QUEUED,     /**< gauge: requests that wait */
	PTT_METRIC_FLOOR_MERGED,     /**< counter: announcements that newer ones replaced */
	PTT_METRIC_MEDIA_SHARED,     /**< counter: members that share a port pair */
	PTT_METRIC_DROPPED,          /**< counter by where */
	PTT_METRIC_STORE_SECONDS,    /**< histogram: commit of one batch */
	PTT_METRIC_STORE_ERRORS,     /**< counter */
	PTT_METRIC_COUNT
};

void ptt_metric_inc(enum ptt_metric metric);
void ptt_metric_add(enum ptt_metric metric, uint64_t n);
void ptt_metric_inc_label(enum ptt_metric metric, const char *label);
void ptt_metric_add_label(enum ptt_metric metric, const char *label, uint64_t n);
/** Gauges. */
void ptt_metric_set(enum ptt_metric metric, int64_t value);
/** Histograms, in microseconds; exported in seconds. */
void ptt_metric_observe_us(enum ptt_metric metric, uint64_t us);
/**
 * For tests and `status`: the value of a counter (@p label NULL: the sum) or gauge, the count of a
 * histogram.
 */
int64_t ptt_metric_get(enum ptt_metric metric, const char *label);
/** All to zero; for tests. */
void ptt_metrics_reset(void);

/**
 * Prometheus text format 0.0.4 with NUL, malloc'd; NULL if out of memory. Keeps: the caller frees.
 */
char *ptt_metrics_text(size_t *len);

/**
 * GET /metrics and GET /healthz on @p address ("127.0.0.1:9464", "[::1]:9464"), by libmicrohttpd on
 * @p root.
 */
struct ptt_metrics_http;
/** Errors: SYSTEM: cannot listen; MALFORMED: address; @p text says what. */
enum ptt_err ptt_metrics_http_open(struct ptt_metrics_http **out, su_root_t *root,
	const char *address, char *text, size_t text_size) PTT_MUST_CHECK;
/** The port it listens on (for port 0 in @p address). */
uint16_t ptt_metrics_http_port(const struct ptt_metrics_http *http);
void ptt_metrics_http_close(struct ptt_metrics_http *http);

#endif
