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
	[PTT_METRIC_MEMBERS] = {.kind = GAUGE,
		.name = "pttkey_members",
		.help = "Members in session."},
	[PTT_METRIC_GROUPS] = {.kind = GAUGE, .name = "pttkey_groups", .help = "Groups served."},
	[PTT_METRIC_DRAINING] = {.kind = GAUGE,
		.name = "pttkey_draining",
		.help = "1 while new joins are turned away."},
	[PTT_METRIC_STORE_FAILING] = {.kind = GAUGE,
		.name = "pttkey_store_failing",
		.help = "1 while the store cannot be written."},
	[PTT_METRIC_CHANNELS_SILENT] = {.kind = GAUGE,
		.name = "pttkey_channels_silent",
		.help = "Channels silenced because a cut-over could not be done."},
	[PTT_METRIC_OVERLOADED] = {.kind = GAUGE,
		.name = "pttkey_overloaded",
		.help = "1 while new joins are let in only as others are done with, 2 while all joins are turned away."},
	[PTT_METRIC_JOINS] = {.kind = COUNTER,
		.name = "pttkey_joins_total",
		.help = "Joins by result.",
		.label = "result",
		.values = {"accepted", "challenged", "forbidden", "not-found", "full", "draining",
			"malformed", "shed"}},
	[PTT_METRIC_SHED] = {.kind = COUNTER,
		.name = "pttkey_shed_total",
		.help = "Requests turned away for overload, by method.",
		.label = "method",
		.values = {"invite", "subscribe"}},
	[PTT_METRIC_SIP_LAG_SECONDS] = {.kind = HISTOGRAM,
		.name = "pttkey_sip_lag_seconds",
		.help = "How far the SIP thread is behind: the worse of its loop's lag and the delay of what it receives, each 20 ms."},
	[PTT_METRIC_LEAVES] = {.kind = COUNTER,
		.name = "pttkey_leaves_total",
		.help = "Leaves by reason.",
		.label = "reason",
		.values = {"bye", "timeout", "dialog-gone", "refused", "session-expired",
			"key-expired"}},
	[PTT_METRIC_EXPULSIONS] = {.kind = COUNTER,
		.name = "pttkey_expulsions_total",
		.help = "Expulsions by source.",
		.label = "source",
		.values = {"refer", "operator", "config"}},
	[PTT_METRIC_REKEYS] = {.kind = COUNTER,
		.name = "pttkey_rekeys_total",
		.help = "Re-keys by reason.",
		.label = "reason",
		.values = {"expel", "leave", "join", "period", "operator", "exhausted", "resume",
			"start"}},
	[PTT_METRIC_REKEY_SECONDS] = {.kind = HISTOGRAM,
		.name = "pttkey_rekey_seconds",
		.help = "Time from a decision to re-key to the last member settled, or the deadline."},
	[PTT_METRIC_EXPOSURE_SECONDS] = {.kind = HISTOGRAM,
		.name = "pttkey_exposure_seconds",
		.help = "Time from an expulsion accepted to the last packet the expelled could read."},
	[PTT_METRIC_OFFERS] = {.kind = COUNTER,
		.name = "pttkey_offers_total",
		.help = "Offers of an MSK by result.",
		.label = "result",
		.values = {"sent", "retried", "failed", "glared"}},
	[PTT_METRIC_OFFER_METHODS] = {.kind = COUNTER,
		.name = "pttkey_offers_by_method_total",
		.help = "Offers by SIP method; invite-for-update: UPDATE was wanted, and the peer does not allow it.",
		.label = "method",
		.values = {"invite", "update", "invite-for-update"}},
	[PTT_METRIC_UDP_LISTENERS] = {.kind = GAUGE,
		.name = "pttkey_udp_listeners",
		.help = "UDP listeners, by how the requests of a re-key leave by them.",
		.label = "io",
		.values = {"tport", "batch", "peek"}},
	[PTT_METRIC_OVER_MTU] = {.kind = COUNTER,
		.name = "pttkey_over_mtu_total",
		.help = "SIP requests that do not fit into UDP (RFC 3261 18.1.1)."},
	[PTT_METRIC_MIKEY_FAILURES] = {.kind = COUNTER,
		.name = "pttkey_mikey_failures_total",
		.help = "MIKEY failures by cause; refused: the member did (488, 606).",
		.label = "cause",
		.values = {"refused"}},
	[PTT_METRIC_DIGEST_FAILURES] = {.kind = COUNTER,
		.name = "pttkey_digest_failures_total",
		.help = "Failed SIP authentications by cause.",
		.label = "cause",
		.values = {"unknown-btid", "wrong-password", "stale", "identity"}},
	[PTT_METRIC_USER_KEYS] = {.kind = COUNTER,
		.name = "pttkey_user_keys_total",
		.help = "MUKs of members in session, by what became of them.",
		.label = "event",
		.values = {"renewed", "expiring", "expired"}},
	[PTT_METRIC_BOOTSTRAPS] = {.kind = COUNTER,
		.name = "pttkey_bootstraps_total",
		.help = "Ub requests by result.",
		.label = "result",
		.values = {"ok", "challenged", "resync", "auth", "unknown", "malformed"}},
	[PTT_METRIC_MTKS_SENT] = {.kind = COUNTER,
		.name = "pttkey_mtks_sent_total",
		.help = "MTK messages sent on channels."},
	[PTT_METRIC_SRTP_PACKETS] = {.kind = COUNTER,
		.name = "pttkey_srtp_packets_total",
		.help = "Packets protected and sent on channels.",
		.label = "kind",
		.values = {"audio", "floor"}},
	[PTT_METRIC_UPLINK_DROPPED] = {.kind = COUNTER,
		.name = "pttkey_uplink_dropped_total",
		.help = "Uplink packets dropped.",
		.label = "cause",
		.values = {"source", "no-channel", "malformed", "payload", "floor", "ssrc", "late",
			"no-key", "system", "floor-malformed"}},
	[PTT_METRIC_FLOOR_REQUESTS] = {.kind = COUNTER,
		.name = "pttkey_floor_requests_total",
		.help = "Requests for the floor, repeated ones too."},
	[PTT_METRIC_FLOOR_GRANTS] = {.kind = COUNTER,
		.name = "pttkey_floor_grants_total",
		.help = "Requests granted, at once or from the queue."},
	[PTT_METRIC_FLOOR_DENIES] = {.kind = COUNTER,
		.name = "pttkey_floor_denies_total",
		.help = "Requests denied by reason.",
		.label = "reason",
		.values = {"other-talks", "internal", "only-one", "retry-after", "listen-only"}},
	[PTT_METRIC_FLOOR_REVOKES] = {.kind = COUNTER,
		.name = "pttkey_floor_revokes_total",
		.help = "Revokes by reason; no-permission: also of who talks without the floor.",
		.label = "reason",
		.values = {"only-one", "too-long", "no-permission", "pre-empted"}},
	[PTT_METRIC_FLOOR_QUEUED] = {.kind = GAUGE,
		.name = "pttkey_floor_queued",
		.help = "Requests for the floor that wait in queues."},
	[PTT_METRIC_FLOOR_MERGED] = {.kind = COUNTER,
		.name = "pttkey_floor_merged_total",
		.help = "Announcements of the floor to a member without the channel that a newer one replaced "
			"while he waited."},
	[PTT_METRIC_MEDIA_SHARED] = {.kind = COUNTER,
		.name = "pttkey_media_shared_total",
		.help = "Members that share a media port pair."},
	[PTT_METRIC_DROPPED] = {.kind = COUNTER,
		.name = "pttkey_dropped_total",
		.help = "Things dropped at a bound.",
		.label = "where",
		.values = {"control", "log", "store", "sip"}},
	[PTT_METRIC_STORE_SECONDS] = {.kind = HISTOGRAM,
		.name = "pttkey_store_seconds",
		.help = "Time of one commit of the store."},
	[PTT_METRIC_STORE_ERRORS] = {.kind = COUNTER,
		.name = "pttkey_store_errors_total",
		.help = "Failed commits of the store."},
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
	static const char *const kinds[] = {
		[GAUGE] = "gauge", [COUNTER] = "counter", [HISTOGRAM] = "histogram"};
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
