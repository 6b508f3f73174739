/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/server/pf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "module/rtp/tbcp.h"
#include "module/base/log.h"

#define SLOTS_A_TURN 1024 /* of the table of MUKs */

uint16_t ptt_pf_sip_status(enum ptt_err err)
{
	switch (err) {
	case PTT_OK:
		return 200;
	case PTT_ERR_MALFORMED:
		return 400;
	case PTT_ERR_AUTH:
		return 403;
	case PTT_ERR_NO_KEY:
		return 404;
	case PTT_ERR_UNSUPPORTED:
		return 488;
	case PTT_ERR_MISMATCH:
		return 488;
	case PTT_ERR_NO_SPACE:
		return 486;
	case PTT_ERR_REPLAY:
		return 403;
	case PTT_ERR_EXHAUSTED:
	case PTT_ERR_BUSY:
		return 503;
	case PTT_ERR_SYSTEM:
		return 500;
	}
	return 500;
}

struct ptt_conference *ptt_pf_find(const struct ptt_pf *pf, const char *group_uri)
{
	const struct ptt_config_group *config = ptt_config_find_group(pf->config, group_uri);

	for (struct ptt_conference *conf = pf->groups; conf != NULL && config != NULL;
		conf = conf->next_group)
		if (conf->config == config)
			return conf;
	return NULL;
}

bool ptt_pf_is_rekeying(void *ctx)
{
	const struct ptt_pf *pf = ctx;

	for (const struct ptt_conference *conf = pf->groups; conf != NULL;
		conf = conf->next_group) {
		struct ptt_tracker_status status = ptt_tracker_status(conf->tracker);

		if (status.deadline_ms != 0 || status.writing)
			return true;
	}
	return false;
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
	if (pf->drain_until_ms == 0 || pf->drained ||
		(!is_idle(pf) && ptt_media_now_ms() < pf->drain_until_ms))
		return;
	pf->drained = true;
	ptt_log(PTT_LOG_INFO, "drained", "members=%lld", (long long)ptt_pf_member_count(pf));
	if (pf->host->drained != NULL)
		pf->host->drained(pf->host->ctx);
}

/* Turns of MUKs whose holder is silent go to who waits; a part of the table. @return true: there is more of it */
static bool pass_turns_on(struct ptt_pf *pf)
{
	int64_t now = ptt_media_now_ms();
	size_t end = pf->turns_at + SLOTS_A_TURN;

	for (; pf->turns_at < end && pf->turns_at < pf->user_keys.table.slot_count; pf->turns_at++)
		for (struct ptt_table_node *node = pf->user_keys.table.slots[pf->turns_at], *next;
			node != NULL; node = next) {
			struct ptt_member *member;

			next = node->next;
			member = ptt_user_key_expire((struct ptt_user_key *)node, now);
			if (member != NULL)
				ptt_rekey_try_offer(member);
		}
	return pf->turns_at < pf->user_keys.table.slot_count;
}

static void make_owed_mtks(const struct ptt_pf *pf)
{
	struct ptt_tracker_event due = {.kind = PTT_EV_MTK_DUE};

	for (struct ptt_conference *conf = pf->groups; conf != NULL; conf = conf->next_group)
		if (conf->mtk_owed)
			ptt_conference_tell(conf, &due);
}

static void export_floor(const struct ptt_media_stats *now, const struct ptt_media_stats *last)
{
	ptt_metric_add(PTT_METRIC_FLOOR_REQUESTS, now->floor_requests - last->floor_requests);
	ptt_metric_add(PTT_METRIC_FLOOR_GRANTS, now->floor_grants - last->floor_grants);
	ptt_metric_add(PTT_METRIC_FLOOR_MERGED, now->floor_merged - last->floor_merged);
	ptt_metric_set(PTT_METRIC_FLOOR_QUEUED, (int64_t)now->floor_queued);
	for (unsigned int i = 1; i < PTT_MEDIA_DENY_REASONS; i++)
		ptt_metric_add_label(PTT_METRIC_FLOOR_DENIES, ptt_tbcp_deny_str(i),
			now->floor_denies[i] - last->floor_denies[i]);
	for (unsigned int i = 1; i < PTT_MEDIA_REVOKE_REASONS; i++)
		ptt_metric_add_label(PTT_METRIC_FLOOR_REVOKES, ptt_tbcp_revoke_str(i),
			now->floor_revokes[i] - last->floor_revokes[i]);
}

/* The media thread counts for itself; what is new since the last time goes into the metrics. */
static void export_media(struct ptt_pf *pf)
{
	struct ptt_media_stats now, *last = &pf->media_stats;

	ptt_media_get_stats(pf->media, &now);
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
	ptt_metric_add(PTT_METRIC_MEDIA_SHARED, now.legs_shared - last->legs_shared);
	*last = now;
}

static void on_rest(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg);

/* What grows with the number of members, in parts. */
static void run_some(struct ptt_pf *pf)
{
	bool more = pass_turns_on(pf);

	if (ptt_key_life_some(pf, (int64_t)time(NULL)))
		more = true;
	if (more)
		su_timer_set_interval(pf->rest, on_rest, (su_timer_arg_t *)pf, 0);
}

static void on_rest(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
	(void)magic;
	(void)timer;
	run_some((struct ptt_pf *)arg);
}

void ptt_pf_on_tick(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
	struct ptt_pf *pf = (struct ptt_pf *)arg;

	(void)magic;
	(void)timer;
	pf->turns_at = 0;
	run_some(pf);
	make_owed_mtks(pf);
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
	ptt_log(PTT_LOG_INFO, "draining", "members=%lld drain_s=%u",
		(long long)ptt_pf_member_count(pf), pf->config->drain_s);
	for (struct ptt_conference *conf = pf->groups; conf != NULL; conf = conf->next_group)
		ptt_conference_tell(conf, &event);
	check_drained(pf);
}

/* --- end and reload --- */

void ptt_pf_stop(struct ptt_pf *pf)
{
	if (pf->tick != NULL)
		su_timer_destroy(pf->tick);
	if (pf->rest != NULL)
		su_timer_destroy(pf->rest);
	if (pf->sip != NULL)
		ptt_sip_set_deaf(pf->sip); /* the store below steps the root */
	ptt_control_close(pf->control);
	pf->control = NULL;
	ptt_metrics_http_close(pf->metrics);
	for (struct ptt_conference *conf = pf->groups; conf != NULL; conf = conf->next_group)
		ptt_conference_stop(conf);
	ptt_naf_cancel(pf->naf, NULL); /* freed behind the requests that may still name it */
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
	ptt_naf_source_free(pf->naf);
	ptt_table_wipe(&pf->user_keys.table);
	ptt_key_log_close(&pf->key_log);
	ptt_mikey_ctx_wipe(&pf->mikey);
	if (pf->started != pf->config)
		ptt_config_free(pf->started);
	ptt_config_free(pf->config);
	ptt_wipe(pf, sizeof(*pf));
	free(pf);
}

/* What a reload cannot change while calls are up: addresses, names, the store, the set of groups. */
static bool can_take(const struct ptt_pf *pf, const struct ptt_config *config)
{
	if (config->group_count != pf->config->group_count ||
		strcmp(config->naf.fqdn, pf->config->naf.fqdn) != 0)
		return false;
	for (const struct ptt_conference *conf = pf->groups; conf != NULL; conf = conf->next_group)
		if (ptt_config_find_group(config, conf->uri) == NULL)
			return false;
	return true;
}

static void log_reloaded(const struct ptt_pf *pf)
{
	const struct ptt_config_changes *needed = &pf->restart_needed;
	char names[1024] = "";
	size_t len = 0;

	for (size_t i = 0; i < needed->count && len < sizeof(names); i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", i > 0 ? "," : "",
			needed->name[i]);
	ptt_log(needed->count > 0 ? PTT_LOG_WARN : PTT_LOG_INFO, "reloaded",
		"file=%s restart_needed=%s", pf->host->config_file, names);
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
		ptt_log(PTT_LOG_ERROR, "reload-refused", "file=%s text=%s", pf->host->config_file,
			text);
		return -1;
	}
	pf->config = config;
	ptt_config_restart_needed(&pf->restart_needed, pf->started, config);
	ptt_log_set(config->log.format, config->log.level);
	ptt_sip_set_overload(pf->sip, &config->overload);
	for (struct ptt_conference *conf = pf->groups; conf != NULL; conf = conf->next_group) {
		conf->keys.profile.naf_fqdn = config->naf.fqdn;
		ptt_conference_reconfigure(conf, ptt_config_find_group(config, conf->uri));
	}
	if (old != pf->started)
		ptt_config_free(old);
	log_reloaded(pf);
	return 0;
}
