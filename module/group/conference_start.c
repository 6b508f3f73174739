/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A group taken up from the store at the start, and put down at the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/base/fault_point.h"
#include "module/base/log.h"
#include "module/server/pf.h"
#include "module/store/store_read.h"

#define ROWS_A_BATCH 1000
/* Some 20 us each: nothing else waits longer than for these. */
#define OFFERS_A_TURN 16

static enum ptt_err set_channel_sdp(struct ptt_conference *conf)
{
	const struct ptt_config_channel *config = &conf->config->channel;
	struct ptt_channel_sdp *sdp = &conf->sdp;

	if (!ptt_sdp_addr_get(&sdp->group, config->address))
		return PTT_ERR_MALFORMED;
	sdp->ttl = config->ttl;
	sdp->audio_port = config->audio_port;
	sdp->floor_port = config->floor_port;
	sdp->key_port = config->key_port;
	return ptt_sdp_codec_get(&sdp->codec, config->codec_rtpmap);
}

struct ptt_floor_policy ptt_conference_floor(const struct ptt_config_floor *config)
{
	struct ptt_floor_policy policy = ptt_floor_policy_default;

	policy.max_burst_ms = config->max_burst_s * 1000;
	policy.retry_ms = config->retry_after_s * 1000;
	policy.queue_max = config->queue;
	policy.alone = config->talk_alone;
	return policy;
}

/* The source the socket got stands in the SDP. */
static enum ptt_err open_channel(struct ptt_conference *conf)
{
	const struct ptt_config_channel *config = &conf->config->channel;
	const struct ptt_policy *policy = &conf->config->policy;
	struct ptt_floor_policy floor = ptt_conference_floor(&conf->config->floor);
	struct ptt_media_channel_config media = {
		.address = config->address,
		.source = config->source[0] != '\0' ? config->source : NULL,
		.interface = config->interface[0] != '\0' ? config->interface : NULL,
		.ttl = config->ttl,
		.dscp = config->dscp,
		.suite = config->suite,
		.audio_port = config->audio_port,
		.floor_port = config->floor_port,
		.key_port = config->key_port,
		.pt = conf->sdp.codec.payload_type,
		.mtk_lead_ms = policy->mtk_lead_ms,
		.mtk_repeat_ms = policy->mtk_repeat_ms,
		.mtk_packets = policy->mtk_packets,
		.floor = &floor,
		.ctx = conf,
	};

	PTT_TRY(ptt_media_channel_add(conf->pf->media, &conf->channel, &media));
	if (!ptt_sdp_addr_get(&conf->sdp.source, ptt_media_channel_source(conf->channel)))
		return PTT_ERR_MALFORMED;
	return ptt_channel_sdp_check(&conf->sdp);
}

struct intent_search {
	struct ptt_conference *conf;
	struct ptt_tracker_event resume;
};

static enum ptt_err take_intent(void *ctx, const struct ptt_intent_row *row)
{
	struct intent_search *search = ctx;

	if (strcmp(row->group, search->conf->uri) != 0)
		return PTT_OK;
	search->resume.next = row->generation;
	search->resume.reason = (enum ptt_rekey_reason)row->reason;
	/* Monotonic time means nothing after another boot: the deadline is now. */
	if (strcmp(row->boot_id, search->conf->pf->boot_id) == 0)
		search->resume.at_ms = (uint64_t)row->deadline_ms;
	else
		search->resume.at_ms = (uint64_t)ptt_media_now_ms();
	return PTT_OK;
}

static enum ptt_err take_ban(void *ctx, const char *group, const char *impi, int64_t since_utc_s)
{
	struct ptt_conference *conf = ctx;
	struct ptt_tracker_event event = {.kind = PTT_EV_RESTORE_BAN};

	(void)group;
	(void)since_utc_s;
	PTT_TRY(ptt_roster_subject(&event.subject, conf->roster, impi));
	ptt_roster_set_ban(conf->roster, event.subject, true);
	return ptt_conference_feed(conf, &event);
}

static void restore_sent(struct ptt_conference *conf, uint32_t subject, uint32_t generation)
{
	struct ptt_tracker_event event = {
		.kind = PTT_EV_RESTORE_SENT, .subject = subject, .generation = generation};

	ptt_conference_tell(conf, &event); /* twice is no news */
}

static enum ptt_err take_sent(void *ctx, uint32_t generation, const char *impi)
{
	struct ptt_conference *conf = ctx;
	uint32_t subject;

	if (ptt_group_keys_of(&conf->keys, generation) == NULL)
		return PTT_OK;
	PTT_TRY(ptt_roster_subject(&subject, conf->roster, impi));
	restore_sent(conf, subject, generation);
	return PTT_OK;
}

static enum ptt_err load(struct ptt_conference *conf)
{
	struct intent_search search = {.conf = conf};
	struct ptt_config *config = conf->pf->config;

	conf->keys.mikey = &conf->pf->mikey;
	conf->keys.store = conf->pf->store;
	conf->keys.profile = (struct ptt_group_profile){
		.naf_fqdn = config->naf.fqdn,
		.boot_id = conf->pf->boot_id,
		.empty_map = !conf->config->channel.map_srtp,
		.sdp_ids = conf->config->channel.sdp_ids,
		.suite = conf->config->channel.suite,
	};
	memcpy(conf->keys.profile.key_domain, config->key_domain, sizeof(config->key_domain));
	PTT_FAULT("resume-group");
	PTT_TRY(ptt_store_each_intent(conf->pf->store, take_intent, &search));
	PTT_TRY(ptt_group_keys_load(
		&conf->keys, conf->uri, conf->config->key_group, search.resume.next));
	conf->resume = search.resume;
	PTT_TRY(ptt_store_each_ban(conf->pf->store, conf->uri, take_ban, conf));
	return ptt_store_each_sent(conf->pf->store, conf->uri, take_sent, conf);
}

enum ptt_err ptt_conference_new(
	struct ptt_conference **out, struct ptt_pf *pf, const struct ptt_config_group *config)
{
	struct ptt_conference *conf = calloc(1, sizeof(*conf));
	enum ptt_err err;

	if (conf == NULL)
		return PTT_ERR_SYSTEM;
	conf->pf = pf;
	conf->config = config;
	conf->offers_a_turn = OFFERS_A_TURN;
	snprintf(conf->uri, sizeof(conf->uri), "%s", config->uri);
	conf->timer = su_timer_create(su_root_task(pf->root), 0);
	err = conf->timer != NULL ? ptt_roster_new(&conf->roster, config->max_members)
				  : PTT_ERR_SYSTEM;
	if (err == PTT_OK)
		err = ptt_tracker_new(&conf->tracker, &config->policy);
	if (err == PTT_OK)
		ptt_tracker_set_window(conf->tracker, ptt_rekey_in_flight(0));
	if (err == PTT_OK)
		err = set_channel_sdp(conf);
	if (err == PTT_OK)
		err = open_channel(conf);
	if (err == PTT_ERR_UNSUPPORTED)
		ptt_log(PTT_LOG_ERROR, "suite-not-available", "group=%s suite=%s text=%s",
			conf->uri, ptt_suite_def(config->channel.suite)->name,
			"libsrtp2 here is built without it");
	if (err == PTT_OK)
		err = load(conf);
	if (err != PTT_OK) {
		ptt_log(PTT_LOG_ERROR, "group-not-started", "group=%s error=%s", conf->uri,
			ptt_err_str(err));
		ptt_conference_free(conf);
		return err;
	}
	*out = conf;
	return PTT_OK;
}

static void save_rows(const struct ptt_conference *conf, struct ptt_store_batch *batch)
{
	if (batch != NULL && ptt_store_commit(batch, PTT_STORE_NORMAL, NULL, NULL) != PTT_OK)
		ptt_log(PTT_LOG_ERROR, "dialogs-not-saved", "group=%s", conf->uri);
}

void ptt_conference_stop(struct ptt_conference *conf)
{
	uint32_t handle = PTT_HANDLE_NONE;
	struct ptt_store_batch *batch = NULL;
	unsigned rows = 0;

	PTT_FAULT("stop");
	conf->stopped = true;
	su_timer_reset(conf->timer);
	while ((handle = ptt_roster_next_member(conf->roster, handle)) != PTT_HANDLE_NONE) {
		if (batch == NULL)
			batch = ptt_store_batch_new(conf->pf->store);
		ptt_member_put_row(ptt_member_of(conf, handle), batch);
		if (++rows % ROWS_A_BATCH != 0)
			continue;
		save_rows(conf, batch);
		batch = NULL;
	}
	save_rows(conf, batch);
	PTT_FAULT("stop-saved");
}

void ptt_conference_free(struct ptt_conference *conf)
{
	uint32_t handle = PTT_HANDLE_NONE;

	conf->stopped = true;
	while (conf->roster != NULL &&
		(handle = ptt_roster_next_member(conf->roster, handle)) != PTT_HANDLE_NONE)
		ptt_member_free(ptt_member_of(conf, handle), false);
	ptt_event_package_free(conf->events);
	ptt_media_channel_remove(conf->channel);
	if (conf->timer != NULL)
		su_timer_destroy(conf->timer);
	ptt_tracker_actions_wipe(&conf->actions);
	if (conf->tracker != NULL)
		ptt_tracker_free(conf->tracker);
	if (conf->roster != NULL)
		ptt_roster_free(conf->roster);
	ptt_group_keys_wipe(&conf->keys);
	while (conf->waits != NULL) {
		struct ptt_expel_wait *wait = conf->waits;

		conf->waits = wait->next;
		free(wait);
	}
	ptt_rekey_windows_free(conf);
	free(conf->queue.list);
	free(conf->bans);
	free(conf);
}

/* --- after a restart --- */

static void take_keys(void *ctx, const struct ptt_naf_keys *keys)
{
	struct ptt_member *member = ctx;
	struct ptt_pf *pf = member->conf->pf;
	struct ptt_user_key *key;

	if (keys->err == PTT_OK && ptt_user_key_ref(&key, &pf->user_keys, member->dialog->btid,
					   keys) == PTT_OK)
		ptt_member_set_key(member, key);
}

static enum ptt_err restore_media(struct ptt_member *member, const struct ptt_dialog_row *row)
{
	struct ptt_sdp_local local;

	PTT_TRY(ptt_member_take_media(member, row->media));
	PTT_TRY(ptt_member_open_leg(
		member, &local)); /* on the ports of the plan, if they are free */
	member->plan.our_audio_port = local.audio_port;
	if (member->plan.our_floor_port != 0)
		member->plan.our_floor_port = local.floor_port;
	ptt_member_set_peer(member);
	return PTT_OK;
}

enum ptt_err ptt_conference_restore(struct ptt_conference *conf, const struct ptt_dialog_row *row)
{
	struct ptt_tracker_event event = {.kind = PTT_EV_RESTORE_MEMBER, .generation = row->flags};
	struct ptt_dialog *dialog;
	struct ptt_member *member;
	enum ptt_err err;

	PTT_FAULT("resume-dialog");
	PTT_TRY(ptt_roster_subject(&event.subject, conf->roster, row->impi));
	/*
	 * His row says that he was sent them. Of one who was not yet it is no harm to believe it: his expulsion re-keys for
	 * nothing. But nobody banned is offered the next one.
	 */
	if (conf->keys.current.live)
		restore_sent(conf, event.subject, conf->keys.current.generation);
	if (conf->keys.next.live && !ptt_roster_is_banned(conf->roster, event.subject))
		restore_sent(conf, event.subject, conf->keys.next.generation);
	PTT_TRY(ptt_sip_restore(conf->pf->sip, &dialog, row));
	member = ptt_member_new(conf, dialog);
	if (member == NULL)
		return PTT_ERR_SYSTEM;
	member->acked = true;
	member->joined_utc_s = row->joined_utc_s;
	err = PTT_OK;
	if (row->impu[0] != '\0')
		err = ptt_roster_add_impu(conf->roster, event.subject, row->impu);
	if (err == PTT_OK)
		err = ptt_roster_join(&member->handle, conf->roster, event.subject, member);
	if (err == PTT_OK)
		err = restore_media(member, row);
	if (err == PTT_OK)
		ptt_naf_recall(conf->pf->naf, dialog->btid, take_keys,
			member); /* none: see ptt_key_life_resume() */
	event.member = member->handle;
	if (err == PTT_OK)
		err = ptt_conference_feed(conf, &event);
	if (err != PTT_OK) {
		ptt_member_free(member, true);
		ptt_sip_bye(dialog, err == PTT_ERR_AUTH ? PTT_REASON_HEADER_EXPELLED : NULL);
	}
	return err;
}

void ptt_conference_resume(struct ptt_conference *conf)
{
	struct ptt_tracker_event *event = &conf->resume;

	PTT_FAULT("resume");
	event->kind = PTT_EV_RESUME;
	event->generation = conf->keys.current.live ? conf->keys.current.generation : 0;
	if (!conf->keys.next.live)
		event->next = 0;
	event->newest = conf->keys.row.generation;
	event->doubted = ptt_group_keys_doubted(&conf->keys);
	if (event->doubted != 0)
		ptt_log(PTT_LOG_WARN, "rekey-after-boot", "group=%s generation=%u", conf->uri,
			event->doubted);
	conf->intent_generation = event->next;
	if (event->generation != 0 || event->next != 0)
		ptt_log(PTT_LOG_INFO, "group-resumed",
			"group=%s members=%u generation=%u pending=%u", conf->uri,
			ptt_roster_members(conf->roster), event->generation, event->next);
	if (event->next > event->generation)
		ptt_metric_inc_label(PTT_METRIC_REKEYS, ptt_rekey_reason_str(PTT_REASON_RESUME));
	if (event->next != 0 && event->reason == PTT_REASON_EXPELLED)
		conf->accepted_ms = ptt_media_now_ms();
	ptt_conference_tell(conf, event);
	ptt_key_life_resume(conf);
	PTT_FAULT("resumed");
}
