/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of one instance, opened in the order in which they need each other. */
#include "module/server/pf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/base/fault_point.h"
#include "module/base/log.h"
#include "module/store/store_read.h"

#define TICK_MS     1000
#define ENDS_A_TURN 8 /* some 100 us each: a BYE, a row, a log line */

static void on_media(void *ctx, const struct ptt_media_event *event)
{
	(void)ctx;
	if (event->channel_ctx != NULL)
		ptt_conference_on_media(event->channel_ctx, event);
}

static void read_boot_id(struct ptt_pf *pf)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (f == NULL || fgets(pf->boot_id, sizeof(pf->boot_id), f) == NULL)
		pf->boot_id[0] = '\0'; /* then no stored deadline is trusted */
	pf->boot_id[strcspn(pf->boot_id, "\n")] = '\0';
	if (f != NULL)
		fclose(f);
}

static int failed(const char *what, enum ptt_err err, const char *text)
{
	ptt_log(PTT_LOG_ERROR, "not-started", "part=%s error=%s text=%s", what, ptt_err_str(err),
		text);
	return -1;
}

static int open_store(struct ptt_pf *pf)
{
	char text[512] = "";
	enum ptt_err err =
		ptt_store_open_config(&pf->store, pf->root, pf->config, text, sizeof(text));

	if (err == PTT_OK)
		err = ptt_msk_numbers_open(&pf->numbers, pf->store);
	return err == PTT_OK ? 0 : failed("store", err, text);
}

static int open_gba(struct ptt_pf *pf)
{
	const struct ptt_config *config = pf->config;
	struct ptt_naf_place place = {.root = pf->root, .store = pf->store, .config = config};
	char text[512] = "";
	enum ptt_err err;

	err = config->bsf.listen != NULL ? ptt_bsf_open(&pf->bsf, pf->root, pf->store, config)
					 : PTT_OK;
	if (err != PTT_OK)
		return failed("bsf", err, config->bsf.listen);
	place.bsf = pf->bsf;
	err = ptt_naf_source_open(&pf->naf, &place, text, sizeof(text));
	return err == PTT_OK ? 0 : failed("naf", err, text);
}

static int open_media(struct ptt_pf *pf)
{
	struct ptt_media_config media = {
		.address = pf->config->media.address,
		.port_min = pf->config->media.port_min,
		.port_max = pf->config->media.port_max,
		.on_event = on_media,
		.ctx = pf,
	};
	enum ptt_err err = ptt_media_start(&pf->media, pf->root, &media);

	return err == PTT_OK ? 0
			     : failed("media", err,
				       pf->config->media.address ? pf->config->media.address : "");
}

static int open_sip(struct ptt_pf *pf)
{
	struct ptt_sip_options options = {
		.root = pf->root,
		.agent = pf->agent,
		.naf_fqdn = pf->config->naf.fqdn,
		.digest_count = pf->config->naf.digest_count,
		.naf = pf->naf,
		.events = &ptt_join_events,
		.ctx = pf,
		.over_mtu = pf->config->over_mtu == PTT_CONFIG_OVER_MTU_REFUSE
				    ? PTT_SIP_OVER_MTU_REFUSE
				    : PTT_SIP_OVER_MTU_TCP,
		.session_min_s = pf->config->session_min_s,
		.overload = pf->config->overload,
		.udp_io = pf->config->udp_io,
		.own_default = !pf->host->has_default_outgoing,
	};
	enum ptt_err err;

	for (size_t i = 0; i < options.digest_count; i++)
		options.digest[i] = pf->config->naf.digest[i] == PTT_DIGEST_MD5 ? PTT_HASH_MD5
										: PTT_HASH_SHA256;
	err = ptt_sip_new(&pf->sip, &options);
	if (err != PTT_OK)
		return failed("sip", err, pf->config->naf.fqdn);
	return 0;
}

static enum ptt_err restore_dialog(void *ctx, const struct ptt_dialog_row *stored)
{
	const struct ptt_pf *pf = ctx;
	struct ptt_conference *conf = ptt_pf_find(pf, stored->group);
	struct ptt_dialog_row own = *stored, *row = &own;
	enum ptt_err err;

	own.ahead = pf->ahead;
	err = conf != NULL ? ptt_conference_restore(conf, row) : PTT_ERR_NO_KEY;
	if (err != PTT_OK)
		ptt_log(PTT_LOG_WARN, "dialog-not-resumed",
			"group=%s member=%s call_id=%s error=%s", row->group, row->impu,
			row->call_id, ptt_err_str(err));
	return PTT_OK;
}

/* One batch for all, so that no offer of a re-key that goes on waits for one. Without it each reserves for itself. */
static void reserve_ahead(struct ptt_pf *pf)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(pf->store);
	enum ptt_err err = PTT_FAULT_ERR("resume-reserve");

	ptt_batch_reserve_dialogs(batch);
	if (err == PTT_OK)
		err = ptt_store_commit_sync(batch, PTT_STORE_FULL);
	else
		ptt_store_batch_free(batch);
	PTT_FAULT("resume-reserved");
	if (err != PTT_OK)
		ptt_log(PTT_LOG_WARN, "nothing-reserved-ahead", "error=%s", ptt_err_str(err));
	pf->ahead = err == PTT_OK ? PTT_STORE_BLOCK : 0;
}

static enum ptt_err restore_dialogs(struct ptt_pf *pf)
{
	enum ptt_err err, released;

	reserve_ahead(pf);
	ptt_media_hold(pf->media);
	err = ptt_store_each_dialog(pf->store, restore_dialog, pf);
	released = ptt_media_release(pf->media);
	pf->ahead = 0; /* a row read later may be one that we have used of */
	return err != PTT_OK ? err : released;
}

static int open_groups(struct ptt_pf *pf)
{
	struct ptt_conference **link = &pf->groups;
	enum ptt_err err;

	for (size_t i = 0; i < pf->config->group_count; i++) {
		if (ptt_conference_new(link, pf, &pf->config->groups[i]) != PTT_OK)
			return -1;
		link = &(*link)->next_group;
	}
	err = restore_dialogs(pf);
	if (err != PTT_OK)
		return failed("dialogs", err, pf->config->store.path);
	for (struct ptt_conference *conf = pf->groups; conf != NULL; conf = conf->next_group)
		ptt_conference_resume(conf);
	ptt_metric_set(PTT_METRIC_GROUPS, (int64_t)pf->config->group_count);
	ptt_metric_set(PTT_METRIC_MEMBERS, ptt_pf_member_count(pf));
	return 0;
}

static int open_ops(struct ptt_pf *pf)
{
	struct ptt_control_options control = {
		.root = pf->root,
		.path = pf->config->control,
		.table = ptt_pf_commands,
		.ctx = pf,
	};
	char text[512] = "";
	enum ptt_err err = PTT_OK;

	if (control.path != NULL)
		err = ptt_control_open(&pf->control, &control, text, sizeof(text));
	if (err == PTT_OK && pf->config->metrics != NULL)
		err = ptt_metrics_http_open(
			&pf->metrics, pf->root, pf->config->metrics, text, sizeof(text));
	return err == PTT_OK ? 0 : failed("ops", err, text);
}

static void write_endpoints(struct ptt_pf *pf)
{
	json_t *json = json_object();
	char host[256], where[300];
	uint16_t port;

	if (pf->bsf != NULL && ptt_config_split_address(host, sizeof(host), &port,
				       pf->config->bsf.listen) == PTT_OK) {
		snprintf(where, sizeof(where),
			strchr(host, ':') ? "http://[%s]:%u/" : "http://%s:%u/", host,
			ptt_bsf_port(pf->bsf));
		json_object_set_new(json, "ub", json_string(where));
	}
	if (pf->metrics != NULL && ptt_config_split_address(host, sizeof(host), &port,
					   pf->config->metrics) == PTT_OK) {
		snprintf(where, sizeof(where),
			strchr(host, ':') ? "http://[%s]:%u/metrics" : "http://%s:%u/metrics", host,
			ptt_metrics_http_port(pf->metrics));
		json_object_set_new(json, "metrics", json_string(where));
	}
	if (pf->control != NULL)
		json_object_set_new(json, "control", json_string(pf->config->control));
	json_dumpb(json, pf->endpoints, sizeof(pf->endpoints) - 1, JSON_COMPACT);
	json_decref(json);
}

static int open_all(struct ptt_pf *pf)
{
	char text[512] = "";
	enum ptt_err err = ptt_config_load(&pf->config, pf->host->config_file, text, sizeof(text));

	if (err != PTT_OK)
		return failed("configuration", err, text);
	pf->started = pf->config;
	ptt_log_set(
		pf->config->log.format, pf->config->log.level); /* the host has a log of its own */
	read_boot_id(pf);
	if (ptt_mikey_ctx_init(&pf->mikey) != PTT_OK)
		return failed("mikey", PTT_ERR_SYSTEM, "libcrypto");
	if (ptt_key_log_open(&pf->key_log, pf->config->lab.key_log) != PTT_OK)
		return failed("lab", PTT_ERR_SYSTEM, pf->config->lab.key_log);
	if (open_store(pf) != 0 || open_gba(pf) != 0 || open_media(pf) != 0 || open_sip(pf) != 0 ||
		open_groups(pf) != 0 || open_ops(pf) != 0)
		return -1;
	pf->ends_a_turn = ENDS_A_TURN;
	pf->tick = su_timer_create(su_root_task(pf->root), TICK_MS);
	pf->rest = su_timer_create(su_root_task(pf->root), 0);
	if (pf->tick == NULL || pf->rest == NULL ||
		su_timer_set_for_ever(pf->tick, ptt_pf_on_tick, (su_timer_arg_t *)pf) < 0)
		return failed("timer", PTT_ERR_SYSTEM, "");
	write_endpoints(pf);
	return 0;
}

int ptt_pf_start(struct ptt_pf *pf)
{
	pf->started_ms = ptt_media_now_ms();
	if (open_all(pf) != 0) {
		ptt_pf_stop(pf);
		return -1;
	}
	return 0;
}
