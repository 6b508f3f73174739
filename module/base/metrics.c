/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/base/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABELS_MAX 12
#define BUCKETS    14

enum kind { GAUGE, COUNTER, HISTOGRAM };

struct metric {
	enum kind kind;
	const char *name, *help;
	const char *label;              /**< the label's name; NULL: none */
	const char *values[LABELS_MAX]; /**< the label's values; "other" is one more */
};

/* the names users graph by: never renamed */
static const struct metric metrics[PTT_METRIC_COUNT] = {
	[PTT_METRIC_MEMBERS] = {GAUGE, "pttkey_members", "Members in session.", NULL, {0}},
	[PTT_METRIC_GROUPS] = {GAUGE, "pttkey_groups", "Groups served.", NULL, {0}},
	[PTT_METRIC_DRAINING] = {GAUGE, "pttkey_draining", "1 while new joins are turned away.",
		NULL, {0}},
	[PTT_METRIC_STORE_FAILING] = {GAUGE, "pttkey_store_failing",
		"1 while the store cannot be written.", NULL, {0}},
	[PTT_METRIC_CHANNELS_SILENT] = {GAUGE, "pttkey_channels_silent",
		"Channels silenced because a cut-over could not be done.", NULL, {0}},
	[PTT_METRIC_OVERLOADED] = {GAUGE, "pttkey_overloaded",
		"1 while new joins are let in only as others are done with, 2 while all joins are turned away.",
		NULL, {0}},
	[PTT_METRIC_JOINS] = {COUNTER, "pttkey_joins_total", "Joins by result.", "result",
		{"accepted", "challenged", "forbidden", "not-found", "full", "draining",
			"malformed", "shed"}},
	[PTT_METRIC_SHED] = {COUNTER, "pttkey_shed_total",
		"Requests turned away for overload, by method.", "method", {"invite", "subscribe"}},
	[PTT_METRIC_SIP_LAG_SECONDS] = {HISTOGRAM, "pttkey_sip_lag_seconds",
		"How far the SIP thread is behind: the worse of its loop's lag and the delay of what it receives, each 20 ms.",
		NULL, {0}},
	[PTT_METRIC_LEAVES] = {COUNTER, "pttkey_leaves_total", "Leaves by reason.", "reason",
		{"bye", "timeout", "dialog-gone", "refused", "session-expired", "key-expired"}},
	[PTT_METRIC_EXPULSIONS] = {COUNTER, "pttkey_expulsions_total", "Expulsions by source.",
		"source", {"refer", "operator", "config"}},
	[PTT_METRIC_REKEYS] = {COUNTER, "pttkey_rekeys_total", "Re-keys by reason.", "reason",
		{"expel", "leave", "join", "period", "operator", "exhausted", "resume", "start"}},
	[PTT_METRIC_REKEY_SECONDS] = {HISTOGRAM, "pttkey_rekey_seconds",
		"Time from a decision to re-key to the last member settled, or the deadline.", NULL,
		{0}},
	[PTT_METRIC_EXPOSURE_SECONDS] = {HISTOGRAM, "pttkey_exposure_seconds",
		"Time from an expulsion accepted to the last packet the expelled could read.", NULL,
		{0}},
	[PTT_METRIC_OFFERS] = {COUNTER, "pttkey_offers_total", "Offers of an MSK by result.",
		"result", {"sent", "retried", "failed", "glared"}},
	[PTT_METRIC_OFFER_METHODS] = {COUNTER, "pttkey_offers_by_method_total",
		"Offers by SIP method; invite-for-update: UPDATE was wanted, and the peer does not allow it.",
		"method", {"invite", "update", "invite-for-update"}},
	[PTT_METRIC_UDP_LISTENERS] = {GAUGE, "pttkey_udp_listeners",
		"UDP listeners, by how the requests of a re-key leave by them.", "io",
		{"tport", "batch", "peek"}},
	[PTT_METRIC_OVER_MTU] = {COUNTER, "pttkey_over_mtu_total",
		"SIP requests that do not fit into UDP (RFC 3261 18.1.1).", NULL, {0}},
	[PTT_METRIC_MIKEY_FAILURES] = {COUNTER, "pttkey_mikey_failures_total",
		"MIKEY failures by cause; refused: the member did (488, 606).", "cause",
		{"refused"}},
	[PTT_METRIC_DIGEST_FAILURES] = {COUNTER, "pttkey_digest_failures_total",
		"Failed SIP authentications by cause.", "cause",
		{"unknown-btid", "wrong-password", "stale", "identity"}},
	[PTT_METRIC_USER_KEYS] = {COUNTER, "pttkey_user_keys_total",
		"MUKs of members in session, by what became of them.", "event",
		{"renewed", "expiring", "expired"}},
	[PTT_METRIC_BOOTSTRAPS] = {COUNTER, "pttkey_bootstraps_total", "Ub requests by result.",
		"result", {"ok", "challenged", "resync", "auth", "unknown", "malformed"}},
	[PTT_METRIC_MTKS_SENT] = {COUNTER, "pttkey_mtks_sent_total",
		"MTK messages sent on channels.", NULL, {0}},
	[PTT_METRIC_SRTP_PACKETS] = {COUNTER, "pttkey_srtp_packets_total",
		"Packets protected and sent on channels.", "kind", {"audio", "floor"}},
	[PTT_METRIC_UPLINK_DROPPED] = {COUNTER, "pttkey_uplink_dropped_total",
		"Uplink packets dropped.", "cause",
		{"source", "no-channel", "malformed", "payload", "floor", "ssrc", "late", "no-key",
			"system", "floor-malformed"}},
	[PTT_METRIC_FLOOR_REQUESTS] = {COUNTER, "pttkey_floor_requests_total",
		"Requests for the floor, repeated ones too.", NULL, {0}},
	[PTT_METRIC_FLOOR_GRANTS] = {COUNTER, "pttkey_floor_grants_total",
		"Requests granted, at once or from the queue.", NULL, {0}},
	[PTT_METRIC_FLOOR_DENIES] = {COUNTER, "pttkey_floor_denies_total",
		"Requests denied by reason.", "reason",
		{"other-talks", "internal", "only-one", "retry-after", "listen-only"}},
	[PTT_METRIC_FLOOR_REVOKES] = {COUNTER, "pttkey_floor_revokes_total",
		"Revokes by reason; no-permission: also of who talks without the floor.", "reason",
		{"only-one", "too-long", "no-permission", "pre-empted"}},
	[PTT_METRIC_FLOOR_QUEUED] = {GAUGE, "pttkey_floor_queued",
		"Requests for the floor that wait in queues.", NULL, {0}},
	[PTT_METRIC_FLOOR_MERGED] = {COUNTER, "pttkey_floor_merged_total",
		"Announcements of the floor to a member without the channel that a newer one replaced "
		"while he waited.",
		NULL, {0}},
	[PTT_METRIC_MEDIA_SHARED] = {COUNTER, "pttkey_media_shared_total",
		"Members that share a media port pair.", NULL, {0}},
	[PTT_METRIC_DROPPED] = {COUNTER, "pttkey_dropped_total", "Things dropped at a bound.",
		"where", {"control", "log", "store", "sip"}},
	[PTT_METRIC_STORE_SECONDS] = {HISTOGRAM, "pttkey_store_seconds",
		"Time of one commit of the store.", NULL, {0}},
	[PTT_METRIC_STORE_ERRORS] = {COUNTER, "pttkey_store_errors_total",
		"Failed commits of the store.", NULL, {0}},
};

static const uint64_t bucket_us[BUCKETS] = {500, 1000, 2500, 5000, 10000, 25000, 50000, 100000,
	250000, 500000, 1000000, 2500000, 5000000, 10000000};

static _Atomic int64_t values[PTT_METRIC_COUNT][LABELS_MAX + 1];
static _Atomic uint64_t buckets[PTT_METRIC_COUNT][BUCKETS];
static _Atomic uint64_t sum_us[PTT_METRIC_COUNT];

static size_t label_count(const struct metric *metric)
{
	size_t n = 0;

	while (n < LABELS_MAX && metric->values[n])
		n++;
	return n;
}

/** The slot of a label; one past the list for "other". */
static size_t label_slot(const struct metric *metric, const char *label)
{
	size_t n = label_count(metric);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(metric->values[i], label) == 0)
			return i;
	}
	return n;
}

void ptt_metric_add_label(enum ptt_metric metric, const char *label, uint64_t n)
{
	size_t slot = !label ? label_count(&metrics[metric]) : label_slot(&metrics[metric], label);

	atomic_fetch_add_explicit(&values[metric][slot], (int64_t)n, memory_order_relaxed);
}

void ptt_metric_inc_label(enum ptt_metric metric, const char *label)
{
	ptt_metric_add_label(metric, label, 1);
}

void ptt_metric_add(enum ptt_metric metric, uint64_t n)
{
	ptt_metric_add_label(metric, NULL, n);
}

void ptt_metric_inc(enum ptt_metric metric)
{
	ptt_metric_add_label(metric, NULL, 1);
}

void ptt_metric_set(enum ptt_metric metric, int64_t value)
{
	atomic_store_explicit(&values[metric][0], value, memory_order_relaxed);
}

void ptt_metric_observe_us(enum ptt_metric metric, uint64_t us)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		if (us <= bucket_us[i]) {
			atomic_fetch_add_explicit(&buckets[metric][i], 1, memory_order_relaxed);
			break;
		}
	}
	atomic_fetch_add_explicit(&sum_us[metric], us, memory_order_relaxed);
	atomic_fetch_add_explicit(&values[metric][0], 1, memory_order_relaxed);
}

int64_t ptt_metric_get(enum ptt_metric metric, const char *label)
{
	int64_t sum = 0;

	if (label)
		return atomic_load(&values[metric][label_slot(&metrics[metric], label)]);
	for (size_t i = 0; i <= LABELS_MAX; i++)
		sum += atomic_load(&values[metric][i]);
	return sum;
}

void ptt_metrics_reset(void)
{
	for (size_t m = 0; m < PTT_METRIC_COUNT; m++) {
		for (size_t i = 0; i <= LABELS_MAX; i++)
			atomic_store(&values[m][i], 0);
		for (size_t i = 0; i < BUCKETS; i++)
			atomic_store(&buckets[m][i], 0);
		atomic_store(&sum_us[m], 0);
	}
}

static void put_plain(FILE *out, const struct metric *metric, size_t m)
{
	size_t n = label_count(metric);

	if (n == 0) {
		fprintf(out, "%s %" PRId64 "\n", metric->name, atomic_load(&values[m][0]));
		return;
	}
	for (size_t i = 0; i <= n; i++) {
		fprintf(out, "%s{%s=\"%s\"} %" PRId64 "\n", metric->name, metric->label,
			i < n ? metric->values[i] : "other", atomic_load(&values[m][i]));
	}
}

static void put_histogram(FILE *out, const struct metric *metric, size_t m)
{
	uint64_t count = (uint64_t)atomic_load(&values[m][0]);
	uint64_t seen = 0;

	for (size_t i = 0; i < BUCKETS; i++) {
		seen += atomic_load(&buckets[m][i]);
		fprintf(out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", metric->name,
			(double)bucket_us[i] / 1e6, seen);
	}
	/* increments are not one atom: the total is never below a bucket */
	if (count < seen)
		count = seen;
	fprintf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", metric->name, count);
	fprintf(out, "%s_sum %.6f\n", metric->name, (double)atomic_load(&sum_us[m]) / 1e6);
	fprintf(out, "%s_count %" PRIu64 "\n", metric->name, count);
}

char *ptt_metrics_text(size_t *len)
{
	static const char *const kinds[] = {"gauge", "counter", "histogram"};
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	bool bad;

	if (!out)
		return NULL;
	for (size_t m = 0; m < PTT_METRIC_COUNT; m++) {
		const struct metric *metric = &metrics[m];

		fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help,
			metric->name, kinds[metric->kind]);
		if (metric->kind == HISTOGRAM)
			put_histogram(out, metric, m);
		else
			put_plain(out, metric, m);
	}
	bad = ferror(out) != 0;
	if (fclose(out) != 0 || bad) {
		free(text);
		return NULL;
	}
	return text;
}
