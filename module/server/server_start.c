/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of one instance, opened in the order in which they need each other. */
#include "module/server/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/base/clock.h"
#include "module/base/fault_point.h"
#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/store/store_read.h"

#define TICK_MS     1000
#define ENDS_A_TURN 8 /* some 100 us each: a BYE, a row, a log line */

static void on_media(void *ctx, const struct ptt_media_event *event)
{
	(void)ctx;
	if (event->channel_ctx)
		ptt_group_on_media(event->channel_ctx, event);
}

static void on_mtk(
	void *ctx, const struct ptt_group *group, const uint8_t *mki, const struct ptt_mtk *mtk)
{
	struct ptt_server *server = ctx;

	ptt_key_log_put(&server->key_log, mki, mtk, group->uri);
}

static void read_boot_id(struct ptt_server *server)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!f || !fgets(server->env.boot_id, sizeof(server->env.boot_id), f))
		server->env.boot_id[0] = '\0'; /* then no stored deadline is trusted */
	server->env.boot_id[strcspn(server->env.boot_id, "\n")] = '\0';
	if (f)
		fclose(f);
}

static int failed(const char *what, enum ptt_err err, const char *text)
{
	ptt_log(PTT_LOG_ERROR, "not-started", "part=%s error=%s text=%s", what, ptt_err_str(err),
		text);
	return -1;
}

static int open_store(struct ptt_server *server)
{
	PTT_SECRET(struct ptt_kek, kek);
	struct ptt_store_options options = {
		.path = server->config->store.path, .kek = &kek, .root = server->env.root};
	char text[512] = "";
	enum ptt_err err = ptt_config_load_kek(&kek, server->config, text, sizeof(text));

	if (err == PTT_OK)
		err = ptt_store_open(&server->env.store, &options, text, sizeof(text));
	if (err == PTT_OK)
		err = ptt_msk_numbers_open(&server->env.numbers, server->env.store);
	return err == PTT_OK ? 0 : failed("store", err, text);
}

static int open_gba(struct ptt_server *server)
{
	const struct ptt_config *config = server->config;
	struct ptt_naf_place place = {
		.root = server->env.root, .store = server->env.store, .config = config};
	char text[512] = "";
	enum ptt_err err;

	err = config->bsf.listen
		      ? ptt_bsf_open(&server->bsf, server->env.root, server->env.store, config)
		      : PTT_OK;
	if (err != PTT_OK)
		return failed("bsf", err, config->bsf.listen);
	place.bsf = server->bsf;
	err = ptt_naf_source_open(&server->env.naf, &place, text, sizeof(text));
	return err == PTT_OK ? 0 : failed("naf", err, text);
}

static int open_media(struct ptt_server *server)
{
	struct ptt_media_config media = {
		.address = server->config->media.address,
		.port_min = server->config->media.port_min,
		.port_max = server->config->media.port_max,
		.on_event = on_media,
		.ctx = server,
	};
	enum ptt_err err = ptt_media_start(&server->env.media, server->env.root, &media);

	return err == PTT_OK ? 0
			     : failed("media", err,
				       server->config->media.address ? server->config->media.address
								     : "");
}

static int open_sip(struct ptt_server *server)
{
	struct ptt_sip_options options = {
		.root = server->env.root,
		.agent = server->agent,
		.naf_fqdn = server->config->naf.fqdn,
		.digest_count = server->config->naf.digest_count,
		.naf = server->env.naf,
		.events = &ptt_group_sip_events,
		.ctx = &server->env,
		.over_mtu = server->config->over_mtu == PTT_CONFIG_OVER_MTU_REFUSE
				    ? PTT_SIP_OVER_MTU_REFUSE
				    : PTT_SIP_OVER_MTU_TCP,
		.session_min_s = server->config->session_min_s,
		.overload = server->config->overload,
		.udp_io = server->config->udp_io,
		.own_default = !server->host->has_default_outgoing,
	};
	enum ptt_err err;

	for (size_t i = 0; i < options.digest_count; i++)
		options.digest[i] = server->config->naf.digest[i] == PTT_DIGEST_MD5
					    ? PTT_HASH_MD5
					    : PTT_HASH_SHA256;
	err = ptt_sip_new(&server->env.sip, &options);
	if (err != PTT_OK)
		return failed("sip", err, server->config->naf.fqdn);
	return 0;
}

static enum ptt_err restore_dialog(void *ctx, const struct ptt_dialog_row *stored)
{
	const struct ptt_server *server = ctx;
	struct ptt_group *group = ptt_groups_find(&server->env, stored->group);
	struct ptt_dialog_row own = *stored, *row = &own;
	enum ptt_err err;

	own.start_reserved = server->start_reserved;
	err = group ? ptt_group_restore(group, row) : PTT_ERR_NO_KEY;
	if (err != PTT_OK)
		ptt_log(PTT_LOG_WARN, "dialog-not-resumed",
			"group=%s member=%s call_id=%s error=%s", row->group, row->impu,
			row->call_id, ptt_err_str(err));
	return PTT_OK;
}

/* One batch for all, so that no offer of a re-key that goes on waits for one. Without it each reserves for itself. */
static void reserve_ahead(struct ptt_server *server)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(server->env.store);
	enum ptt_err err = PTT_FAULT_ERR("resume-reserve");

	ptt_batch_reserve_dialogs(batch);
	if (err == PTT_OK)
		err = ptt_store_commit_sync(batch, PTT_STORE_FULL);
	else
		ptt_store_batch_free(batch);
	PTT_FAULT("resume-reserved");
	if (err != PTT_OK)
		ptt_log(PTT_LOG_WARN, "nothing-reserved-ahead", "error=%s", ptt_err_str(err));
	server->start_reserved = err == PTT_OK ? PTT_STORE_BLOCK : 0;
}

static enum ptt_err restore_dialogs(struct ptt_server *server)
{
	enum ptt_err err, released;

	reserve_ahead(server);
	ptt_media_hold(server->env.media);
	err = ptt_store_each_dialog(server->env.store, restore_dialog, server);
	released = ptt_media_release(server->env.media);
	server->start_reserved = 0; /* a row read later may be one that we have used of */
	return err != PTT_OK ? err : released;
}

static int open_groups(struct ptt_server *server)
{
	struct ptt_group **link = &server->env.groups;
	enum ptt_err err;

	for (size_t i = 0; i < server->config->group_count; i++) {
		if (ptt_group_new(link, &server->env, &server->config->groups[i]) != PTT_OK)
			return -1;
		link = &(*link)->next_group;
	}
	err = restore_dialogs(server);
	if (err != PTT_OK)
		return failed("dialogs", err, server->config->store.path);
	for (struct ptt_group *group = server->env.groups; group; group = group->next_group)
		ptt_group_resume(group);
	ptt_metric_set(PTT_METRIC_GROUPS, (int64_t)server->config->group_count);
	ptt_metric_set(PTT_METRIC_MEMBERS, ptt_groups_member_count(&server->env));
	return 0;
}

static int open_ops(struct ptt_server *server)
{
	struct ptt_control_options control = {
		.root = server->env.root,
		.path = server->config->control,
		.table = ptt_server_commands,
		.ctx = server,
	};
	char text[512] = "";
	enum ptt_err err = PTT_OK;

	if (control.path)
		err = ptt_control_open(&server->control, &control, text, sizeof(text));
	if (err == PTT_OK && server->config->metrics)
		err = ptt_metrics_http_open(&server->metrics, server->env.root,
			server->config->metrics, text, sizeof(text));
	return err == PTT_OK ? 0 : failed("ops", err, text);
}

static void write_endpoints(struct ptt_server *server)
{
	json_t *json = json_object();
	char host[256], where[300];
	uint16_t port;

	if (server->bsf && ptt_config_split_address(host, sizeof(host), &port,
				   server->config->bsf.listen) == PTT_OK) {
		snprintf(where, sizeof(where),
			strchr(host, ':') ? "http://[%s]:%u/" : "http://%s:%u/", host,
			ptt_bsf_port(server->bsf));
		json_object_set_new(json, "ub", json_string(where));
	}
	if (server->metrics && ptt_config_split_address(host, sizeof(host), &port,
				       server->config->metrics) == PTT_OK) {
		snprintf(where, sizeof(where),
			strchr(host, ':') ? "http://[%s]:%u/metrics" : "http://%s:%u/metrics", host,
			ptt_metrics_http_port(server->metrics));
		json_object_set_new(json, "metrics", json_string(where));
	}
	if (server->control)
		json_object_set_new(json, "control", json_string(server->config->control));
	json_dumpb(json, server->endpoints, sizeof(server->endpoints) - 1, JSON_COMPACT);
	json_decref(json);
}

static int open_all(struct ptt_server *server)
{
	char text[512] = "";
	enum ptt_err err =
		ptt_config_load(&server->config, server->host->config_file, text, sizeof(text));

	if (err != PTT_OK)
		return failed("configuration", err, text);
	server->started = server->config;
	server->env.config = server->env.started = server->config;
	server->env.hooks = (struct ptt_group_hooks){.on_event = ptt_server_on_event,
		.on_transitions = ptt_server_on_transitions,
		.on_mtk = on_mtk,
		.ctx = server};
	ptt_log_set(server->config->log.format,
		server->config->log.level); /* the host has a log of its own */
	read_boot_id(server);
	if (ptt_mikey_ctx_init(&server->env.mikey) != PTT_OK)
		return failed("mikey", PTT_ERR_SYSTEM, "libcrypto");
	if (ptt_key_log_open(&server->key_log, server->config->lab.key_log) != PTT_OK)
		return failed("lab", PTT_ERR_SYSTEM, server->config->lab.key_log);
	if (open_store(server) != 0 || open_gba(server) != 0 || open_media(server) != 0 ||
		open_sip(server) != 0 || open_groups(server) != 0 || open_ops(server) != 0)
		return -1;
	server->env.ends_a_turn = ENDS_A_TURN;
	server->tick = su_timer_create(su_root_task(server->env.root), TICK_MS);
	server->more_timer = su_timer_create(su_root_task(server->env.root), 0);
	if (!server->tick || !server->more_timer ||
		su_timer_set_for_ever(server->tick, ptt_server_on_tick, (su_timer_arg_t *)server) <
			0)
		return failed("timer", PTT_ERR_SYSTEM, "");
	write_endpoints(server);
	return 0;
}

int ptt_server_start(struct ptt_server *server)
{
	server->started_ms = ptt_clock_ms();
	if (open_all(server) != 0) {
		ptt_server_stop(server);
		return -1;
	}
	return 0;
}
