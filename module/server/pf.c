/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/server/pf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/ops/log.h"
#include "module/store/store_read.h"

#define TICK_MS 1000

uint16_t ptt_pf_sip_status(enum ptt_err err)
{
	switch (err) {
	case PTT_OK: return 200;
	case PTT_ERR_MALFORMED: return 400;
	case PTT_ERR_AUTH: return 403;
	case PTT_ERR_NO_KEY: return 404;
	case PTT_ERR_UNSUPPORTED: return 488;
	case PTT_ERR_MISMATCH: return 488;
	case PTT_ERR_NO_SPACE: return 486;
	case PTT_ERR_REPLAY: return 403;
	case PTT_ERR_EXHAUSTED:
	case PTT_ERR_BUSY: return 503;
	case PTT_ERR_SYSTEM: return 500;
	}
	return 500;
}

const char *ptt_pf_reason_label(enum ptt_rekey_reason reason)
{
	switch (reason) {
	case PTT_REASON_EXPELLED: return "expel";
	case PTT_REASON_LEAVE: return "leave";
	case PTT_REASON_JOIN: return "join";
	case PTT_REASON_PERIOD: return "period";
	case PTT_REASON_OPERATOR: return "operator";
	case PTT_REASON_MTK_EXHAUSTED: return "exhausted";
	case PTT_REASON_RESUME: return "resume";
	case PTT_REASON_NONE:
	case PTT_REASON_START: break;
	}
	return "other";
}

struct ptt_conference *ptt_pf_find(const struct ptt_pf *pf, const char *group_uri)
{
	const struct ptt_config_group *config = ptt_config_find_group(pf->config, group_uri);

	for (struct ptt_conference *conf = pf->groups; conf != NULL && config != NULL; conf = conf->next_group)
		if (conf->config == config)
			return conf;
	return NULL;
}

int64_t ptt_pf_member_count(const struct ptt_pf *pf)
{
	int64_t count = 0;

	for (const struct ptt_conference *conf = pf->groups; conf != NULL; conf = conf->next_group)
		count += ptt_roster_members(conf->roster);
	return count;
}

void ptt_pf_reserve_dialog(const struct ptt_dialog *dialog, uint32_t cseq, uint32_t o_version,
	struct ptt_store_batch *batch)
{
	struct ptt_reservation reservation = {
		.counter = PTT_COUNTER_CSEQ,
		.key = dialog->call_id,
		.local_tag = dialog->local_tag,
		.remote_tag = dialog->remote_tag,
		.expected = dialog->cseq_reserved,
		.reserved = cseq,
	};

	ptt_batch_reserve(batch, &reservation);
	reservation.counter = PTT_COUNTER_O_VERSION;
	reservation.expected = dialog->o_version_reserved;
	reservation.reserved = o_version;
	ptt_batch_reserve(batch, &reservation);
}

static void on_media(void *ctx, const struct ptt_media_event *event)
{
	(void)ctx;
	if (event->channel_ctx != NULL)
		ptt_conference_on_media(event->channel_ctx, event);
}

/* --- once a second --- */

static bool is_idle(const struct ptt_pf *pf)
{
	if (ptt_sip_pending(pf->sip) != 0)
		return false;
	for (const struct ptt_conference *conf = pf->groups; conf != NULL; conf = conf->next_group)
		if (!ptt_tracker_is_idle(conf->tracker))
			return false;
	return true;
}

static void check_drained(struct ptt_pf *pf)
{
	if (pf->drain_until_ms == 0 || pf->drained || (!is_idle(pf) && ptt_media_now_ms() < pf->drain_until_ms))
		return;
	pf->drained = true;
	ptt_log(PTT_LOG_INFO, "drained", "members=%lld", (long long)ptt_pf_member_count(pf));
	if (pf->host->drained != NULL)
		pf->host->drained(pf->host->ctx);
}

/* Turns of MUKs whose holder is silent go to who waits. */
static void pass_turns_on(struct ptt_pf *pf)
{
	int64_t now = ptt_media_now_ms();

	for (size_t i = 0; i < pf->user_keys.table.slot_count; i++)
		for (struct ptt_table_node *node = pf->user_keys.table.slots[i], *next; node != NULL; node = next) {
			struct ptt_member *member;

			next = node->next;
			member = ptt_user_key_expire((struct ptt_user_key *)node, now);
			if (member != NULL)
				ptt_rekey_try_offer(member);
		}
}

/* The media thread counts for itself; what is new since the last time goes into the metrics. */
static void export_media(struct ptt_pf *pf)
{
	struct ptt_media_stats now, *last = &pf->media_stats;

	ptt_media_get_stats(pf->media, &now);
	ptt_metric_add(PTT_METRIC_MTKS_SENT, now.mtk_messages_sent - last->mtk_messages_sent);
	ptt_metric_add_label(PTT_METRIC_SRTP_PACKETS, "audio", now.srtp_protected - last->srtp_protected);
	ptt_metric_add_label(PTT_METRIC_SRTP_PACKETS, "floor", now.srtcp_protected - last->srtcp_protected);
	ptt_metric_add_label(PTT_METRIC_UPLINK_DROPPED, "source", now.rtp_dropped - last->rtp_dropped);
	ptt_metric_add_label(PTT_METRIC_UPLINK_DROPPED, "malformed", now.tbcp_malformed - last->tbcp_malformed);
	ptt_metric_add(PTT_METRIC_MEDIA_SHARED, now.legs_shared - last->legs_shared);
	*last = now;
}

static void on_tick(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
	struct ptt_pf *pf = (struct ptt_pf *)arg;

	(void)magic;
	(void)timer;
	pass_turns_on(pf);
	export_media(pf);
	ptt_metric_set(PTT_METRIC_STORE_FAILING, ptt_store_is_failing(pf->store));
	check_drained(pf);
}

void ptt_pf_drain(struct ptt_pf *pf)
{
	struct ptt_tracker_event event = {.kind = PTT_EV_DRAIN};

	if (pf->drained && pf->host->drained != NULL)
		pf->host->drained(pf->host->ctx); /* asked for again: it is so already */
	if (pf->drain_until_ms != 0)
		return;
	pf->drain_until_ms = ptt_media_now_ms() + (int64_t)pf->config->drain_s * 1000;
	ptt_sip_set_draining(pf->sip, pf->config->drain_s > 0 ? pf->config->drain_s : 1);
	ptt_metric_set(PTT_METRIC_DRAINING, 1);
	ptt_log(PTT_LOG_INFO, "draining", "members=%lld drain_s=%u", (long long)ptt_pf_member_count(pf),
		pf->config->drain_s);
	for (struct ptt_conference *conf = pf->groups; conf != NULL; conf = conf->next_group)
		ptt_conference_tell(conf, &event);
	check_drained(pf);
}

/* --- start --- */

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
	ptt_log(PTT_LOG_ERROR, "not-started", "part=%s error=%s text=%s", what, ptt_err_str(err), text);
	return -1;
}

static int open_store(struct ptt_pf *pf)
{
	struct ptt_store_options options = {.path = pf->config->store.path, .kek = &pf->kek, .root = pf->root};
	char text[512] = "";
	enum ptt_err err = ptt_config_load_kek(&pf->kek, pf->config, text, sizeof(text));

	if (err == PTT_OK && strcmp(pf->config->store.type, "sqlite") != 0)
		return failed("store", PTT_ERR_UNSUPPORTED, "this build has store.type = \"sqlite\" only");
	if (err == PTT_OK)
		err = ptt_store_open(&pf->store, &options, text, sizeof(text));
	return err == PTT_OK ? 0 : failed("store", err, text);
}

static int open_gba(struct ptt_pf *pf)
{
	const struct ptt_config *config = pf->config;
	struct ptt_bsf_param param = {
		.listen = config->bsf.listen,
		.host = config->bsf.host,
		.lifetime_s = config->bsf.lifetime_s,
	};
	enum ptt_err err;

	if (config->naf.source != PTT_NAF_EMBEDDED)
		return failed("naf", PTT_ERR_UNSUPPORTED, "this build has naf.source = \"embedded\" only");
	err = config->bsf.listen != NULL ? ptt_bsf_new(&pf->bsf, pf->root, pf->store, &param) : PTT_OK;
	if (err != PTT_OK)
		return failed("bsf", err, config->bsf.listen);
	err = ptt_naf_embedded_new(&pf->naf, pf->store, pf->bsf, config->naf.fqdn);
	return err == PTT_OK ? 0 : failed("naf", err, config->naf.fqdn);
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

	return err == PTT_OK ? 0 : failed("media", err, pf->config->media.address ? pf->config->media.address : "");
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
		.over_mtu = PTT_SIP_OVER_MTU_TCP,
		.own_default = !pf->host->has_default_outgoing,
	};
	enum ptt_err err;

	for (size_t i = 0; i < options.digest_count; i++)
		options.digest[i] = pf->config->naf.digest[i] == PTT_DIGEST_MD5 ? PTT_HASH_MD5 : PTT_HASH_SHA256;
	err = ptt_sip_new(&pf->sip, &options);
	if (err != PTT_OK)
		return failed("sip", err, pf->config->naf.fqdn);
	return 0;
}

static enum ptt_err restore_dialog(void *ctx, const struct ptt_dialog_row *row)
{
	struct ptt_conference *conf = ptt_pf_find(ctx, row->group);
	enum ptt_err err = conf != NULL ? ptt_conference_restore(conf, row) : PTT_ERR_NO_KEY;

	if (err != PTT_OK)
		ptt_log(PTT_LOG_WARN, "dialog-not-resumed", "group=%s member=%s call_id=%s error=%s", row->group,
			row->impu, row->call_id, ptt_err_str(err));
	return PTT_OK;
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
	err = ptt_store_each_dialog(pf->store, restore_dialog, pf);
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
		err = ptt_metrics_http_open(&pf->metrics, pf->root, pf->config->metrics, text, sizeof(text));
	return err == PTT_OK ? 0 : failed("ops", err, text);
}

static void write_endpoints(struct ptt_pf *pf)
{
	json_t *json = json_object();
	char host[256], where[300];
	uint16_t port;

	if (pf->bsf != NULL && ptt_config_split_address(host, sizeof(host), &port, pf->config->bsf.listen) == PTT_OK) {
		snprintf(where, sizeof(where), strchr(host, ':') ? "http://[%s]:%u/" : "http://%s:%u/", host,
			ptt_bsf_port(pf->bsf));
		json_object_set_new(json, "ub", json_string(where));
	}
	if (pf->metrics != NULL &&
		ptt_config_split_address(host, sizeof(host), &port, pf->config->metrics) == PTT_OK) {
		snprintf(where, sizeof(where), strchr(host, ':') ? "http://[%s]:%u/metrics" : "http://%s:%u/metrics",
			host, ptt_metrics_http_port(pf->metrics));
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
	read_boot_id(pf);
	if (ptt_mikey_ctx_init(&pf->mikey) != PTT_OK)
		return failed("mikey", PTT_ERR_SYSTEM, "libcrypto");
	if (open_store(pf) != 0 || open_gba(pf) != 0 || open_media(pf) != 0 || open_sip(pf) != 0 ||
		open_groups(pf) != 0 || open_ops(pf) != 0)
		return -1;
	pf->tick = su_timer_create(su_root_task(pf->root), TICK_MS);
	if (pf->tick == NULL || su_timer_set_for_ever(pf->tick, on_tick, (su_timer_arg_t *)pf) < 0)
		return failed("timer", PTT_ERR_SYSTEM, "");
	write_endpoints(pf);
	return 0;
}

int ptt_pf_start(struct ptt_pf **out, su_root_t *root, nta_agent_t *agent, const struct pttkey_host *host)
{
	struct ptt_pf *pf = calloc(1, sizeof(*pf));

	if (pf == NULL)
		return -1;
	pf->root = root;
	pf->agent = agent;
	pf->host = host;
	pf->started_ms = ptt_media_now_ms();
	if (open_all(pf) != 0) {
		ptt_pf_stop(pf);
		return -1;
	}
	*out = pf;
	return 0;
}

/* --- end and reload --- */

void ptt_pf_stop(struct ptt_pf *pf)
{
	if (pf->tick != NULL)
		su_timer_destroy(pf->tick);
	ptt_control_close(pf->control);
	ptt_metrics_http_close(pf->metrics);
	for (struct ptt_conference *conf = pf->groups; conf != NULL; conf = conf->next_group)
		ptt_conference_stop(conf);
	ptt_naf_source_free(pf->naf);
	ptt_bsf_free(pf->bsf);
	ptt_store_close(pf->store);
	while (pf->groups != NULL) {
		struct ptt_conference *conf = pf->groups;

		pf->groups = conf->next_group;
		ptt_conference_free(conf);
	}
	if (pf->media != NULL)
		ptt_media_stop(pf->media);
	ptt_sip_free(pf->sip);
	ptt_table_wipe(&pf->user_keys.table);
	ptt_mikey_ctx_wipe(&pf->mikey);
	ptt_config_free(pf->config);
	ptt_wipe(pf, sizeof(*pf));
	free(pf);
}

/* What a reload cannot change while calls are up: addresses, names, the store, the set of groups. */
static bool can_take(const struct ptt_pf *pf, const struct ptt_config *config)
{
	if (config->group_count != pf->config->group_count || strcmp(config->naf.fqdn, pf->config->naf.fqdn) != 0)
		return false;
	for (const struct ptt_conference *conf = pf->groups; conf != NULL; conf = conf->next_group)
		if (ptt_config_find_group(config, conf->uri) == NULL)
			return false;
	return true;
}

int ptt_pf_reload(struct ptt_pf *pf)
{
	struct ptt_config *config, *old = pf->config;
	char text[512] = "";
	enum ptt_err err = ptt_config_load(&config, pf->host->config_file, text, sizeof(text));

	if (err == PTT_OK && !can_take(pf, config)) {
		ptt_config_free(config);
		err = PTT_ERR_UNSUPPORTED;
		snprintf(text, sizeof(text), "groups and naf.fqdn change with a restart only");
	}
	if (err != PTT_OK) {
		ptt_log(PTT_LOG_ERROR, "reload-refused", "file=%s text=%s", pf->host->config_file, text);
		return -1;
	}
	pf->config = config;
	ptt_log_set(config->log.format, config->log.level);
	for (struct ptt_conference *conf = pf->groups; conf != NULL; conf = conf->next_group) {
		conf->keys.profile.naf_fqdn = config->naf.fqdn;
		ptt_conference_reconfigure(conf, ptt_config_find_group(config, conf->uri));
	}
	ptt_config_free(old);
	ptt_log(PTT_LOG_INFO, "reloaded", "file=%s", pf->host->config_file);
	return 0;
}
