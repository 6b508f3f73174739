/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/server/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/base/clock.h"
#include "module/base/log.h"
#include "module/base/metrics.h"

/* --- once a second --- */

static bool is_idle(const struct ptt_server *server)
{
	return ptt_sip_pending(server->env.sip) == 0 && ptt_groups_are_idle(&server->env);
}

static void check_drained(struct ptt_server *server)
{
	if (server->drain_until_ms == 0 || server->drained ||
		(!is_idle(server) && ptt_clock_ms() < server->drain_until_ms))
		return;
	server->drained = true;
	ptt_log(PTT_LOG_INFO, "drained", "members=%lld",
		(long long)ptt_groups_member_count(&server->env));
	if (server->host->drained)
		server->host->drained(server->host->ctx);
}

static void export_floor(const struct ptt_media_stats *now, const struct ptt_media_stats *last)
{
	ptt_metric_add(PTT_METRIC_FLOOR_REQUESTS, now->floor_requests - last->floor_requests);
	ptt_metric_add(PTT_METRIC_FLOOR_GRANTS, now->floor_grants - last->floor_grants);
	ptt_metric_add(PTT_METRIC_FLOOR_MERGED, now->floor_merged - last->floor_merged);
	ptt_metric_set(PTT_METRIC_FLOOR_QUEUED, (int64_t)now->floor_queued);
	for (unsigned int i = 1; i < PTT_MEDIA_DENY_REASONS; i++)
		ptt_metric_add_label(PTT_METRIC_FLOOR_DENIES, ptt_media_deny_name(i),
			now->floor_denies[i] - last->floor_denies[i]);
	for (unsigned int i = 1; i < PTT_MEDIA_REVOKE_REASONS; i++)
		ptt_metric_add_label(PTT_METRIC_FLOOR_REVOKES, ptt_media_revoke_name(i),
			now->floor_revokes[i] - last->floor_revokes[i]);
}

/* The media thread counts for itself; what is new since the last time goes into the metrics. */
static void export_media(struct ptt_server *server)
{
	struct ptt_media_stats now, *last = &server->media_stats;

	ptt_media_get_stats(server->env.media, &now);
	ptt_metric_add(PTT_METRIC_MTKS_SENT, now.mtk_messages_sent - last->mtk_messages_sent);
	ptt_metric_add_label(
		PTT_METRIC_SRTP_PACKETS, "audio", now.srtp_protected - last->srtp_protected);
	ptt_metric_add_label(
		PTT_METRIC_SRTP_PACKETS, "floor", now.srtcp_protected - last->srtcp_protected);
	for (unsigned i = 0; i < PTT_DROPS; i++)
		ptt_metric_add_label(PTT_METRIC_UPLINK_DROPPED, ptt_media_drop_name(i),
			now.dropped[i] - last->dropped[i]);
	ptt_metric_add_label(PTT_METRIC_UPLINK_DROPPED, "floor-malformed",
		now.tbcp_malformed - last->tbcp_malformed);
	export_floor(&now, last);
	ptt_metric_add(PTT_METRIC_MEDIA_SHARED, now.endpoints_shared - last->endpoints_shared);
	*last = now;
}

static void on_more(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg);

static void go_on(struct ptt_server *server, bool more)
{
	if (more)
		su_timer_set_interval(server->more_timer, on_more, (su_timer_arg_t *)server, 0);
}

static void on_more(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
	struct ptt_server *server = (struct ptt_server *)arg;

	(void)magic;
	(void)timer;
	go_on(server, ptt_groups_tick_more(&server->env));
}

void ptt_server_on_tick(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
	struct ptt_server *server = (struct ptt_server *)arg;

	(void)magic;
	(void)timer;
	go_on(server, ptt_groups_tick(&server->env));
	export_media(server);
	ptt_metric_set(PTT_METRIC_STORE_FAILING, ptt_store_is_failing(server->env.store));
	check_drained(server);
}

void ptt_server_drain(struct ptt_server *server)
{
	struct ptt_tracker_event event = {.kind = PTT_EV_DRAIN};

	if (server->drained && server->host->drained)
		server->host->drained(server->host->ctx); /* asked for again: it is so already */
	if (server->drain_until_ms != 0)
		return;
	server->drain_until_ms = ptt_clock_ms() + (int64_t)server->config->drain_s * 1000;
	ptt_sip_set_draining(
		server->env.sip, server->config->drain_s > 0 ? server->config->drain_s : 1);
	ptt_metric_set(PTT_METRIC_DRAINING, 1);
	ptt_log(PTT_LOG_INFO, "draining", "members=%lld drain_s=%u",
		(long long)ptt_groups_member_count(&server->env), server->config->drain_s);
	for (struct ptt_group *group = server->env.groups; group; group = group->next_group)
		ptt_group_feed_or_log(group, &event);
	check_drained(server);
}

/* --- end and reload --- */

void ptt_server_stop(struct ptt_server *server)
{
	if (server->tick)
		su_timer_destroy(server->tick);
	if (server->more_timer)
		su_timer_destroy(server->more_timer);
	if (server->env.sip)
		ptt_sip_set_closing(server->env.sip); /* the store below steps the root */
	ptt_control_close(server->control);
	server->control = NULL;
	ptt_metrics_http_close(server->metrics);
	for (struct ptt_group *group = server->env.groups; group; group = group->next_group)
		ptt_group_stop(group);
	ptt_naf_cancel(
		server->env.naf, NULL); /* freed behind the requests that may still name it */
	ptt_bsf_free(server->bsf);
	ptt_store_close(server->env.store);
	while (server->env.groups) {
		struct ptt_group *group = server->env.groups;

		server->env.groups = group->next_group;
		ptt_group_free(group);
	}
	if (server->env.media)
		ptt_media_stop(server->env.media);
	ptt_sip_free(server->env.sip);
	ptt_naf_source_free(server->env.naf);
	ptt_table_wipe(&server->env.muks.table);
	ptt_key_log_close(&server->key_log);
	ptt_mikey_ctx_wipe(&server->env.mikey);
	if (server->started != server->config)
		ptt_config_free(server->started);
	ptt_config_free(server->config);
	ptt_wipe(server, sizeof(*server));
	free(server);
}

/* What a reload cannot change while calls are up: addresses, names, the store, the set of groups. */
static bool can_take(const struct ptt_server *server, const struct ptt_config *config)
{
	if (config->group_count != server->config->group_count ||
		strcmp(config->naf.fqdn, server->config->naf.fqdn) != 0)
		return false;
	for (const struct ptt_group *group = server->env.groups; group; group = group->next_group)
		if (!ptt_config_find_group(config, group->uri))
			return false;
	return true;
}

static void log_reloaded(const struct ptt_server *server)
{
	const struct ptt_config_changes *needed = &server->restart_needed;
	char names[1024] = "";
	size_t len = 0;

	for (size_t i = 0; i < needed->count && len < sizeof(names); i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", i > 0 ? "," : "",
			needed->name[i]);
	ptt_log(needed->count > 0 ? PTT_LOG_WARN : PTT_LOG_INFO, "reloaded",
		"file=%s restart_needed=%s", server->host->config_file, names);
}

int ptt_server_reload(struct ptt_server *server)
{
	struct ptt_config *config, *old = server->config;
	char text[512] = "";
	enum ptt_err err = ptt_config_load(&config, server->host->config_file, text, sizeof(text));

	if (err == PTT_OK && !can_take(server, config)) {
		ptt_config_free(config);
		err = PTT_ERR_UNSUPPORTED;
		snprintf(text, sizeof(text), "groups and naf.fqdn change with a restart only");
	}
	if (err != PTT_OK) {
		ptt_log(PTT_LOG_ERROR, "reload-refused", "file=%s text=%s",
			server->host->config_file, text);
		return -1;
	}
	server->config = config;
	server->env.config = config;
	ptt_config_restart_needed(&server->restart_needed, server->started, config);
	ptt_log_set(config->log.format, config->log.level);
	ptt_sip_set_overload(server->env.sip, &config->overload);
	for (struct ptt_group *group = server->env.groups; group; group = group->next_group) {
		ptt_group_reconfigure(group, ptt_config_find_group(config, group->uri));
	}
	if (old != server->started)
		ptt_config_free(old);
	log_reloaded(server);
	return 0;
}
