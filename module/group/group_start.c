/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A group taken up from the store at the start, and put down at the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/base/clock.h"
#include "module/base/fault_point.h"
#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/group/event_package.h"
#include "module/group/group_int.h"
#include "module/store/store_read.h"

#define ROWS_A_BATCH 1000
/* Some 20 us each: nothing else waits longer than for these. */
#define OFFERS_A_TURN 16

static enum ptt_err set_channel_sdp(struct ptt_group *group)
{
	const struct ptt_config_channel *config = &group->config->channel;
	struct ptt_channel_sdp *sdp = &group->sdp;

	if (!ptt_sdp_addr_get(&sdp->group, config->address))
		return PTT_ERR_MALFORMED;
	sdp->ttl = config->ttl;
	sdp->audio_port = config->audio_port;
	sdp->floor_port = config->floor_port;
	sdp->key_port = config->key_port;
	return ptt_sdp_codec_get(&sdp->codec, config->codec_rtpmap);
}

struct ptt_floor_policy ptt_group_floor(const struct ptt_config_floor *config)
{
	struct ptt_floor_policy policy = ptt_floor_policy_default;

	policy.max_burst_ms = config->max_burst_s * 1000;
	policy.retry_ms = config->retry_after_s * 1000;
	policy.queue_max = config->queue;
	policy.alone = config->talk_alone;
	return policy;
}

/* The source the socket got stands in the SDP. */
static enum ptt_err open_channel(struct ptt_group *group)
{
	const struct ptt_config_channel *config = &group->config->channel;
	const struct ptt_policy *policy = &group->config->policy;
	struct ptt_floor_policy floor = ptt_group_floor(&group->config->floor);
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
		.pt = group->sdp.codec.payload_type,
		.mtk_lead_ms = policy->mtk_lead_ms,
		.mtk_repeat_ms = policy->mtk_repeat_ms,
		.mtk_packets = policy->mtk_packets,
		.floor = &floor,
		.ctx = group,
	};

	PTT_TRY(ptt_media_channel_add(group->env->media, &group->channel, &media));
	if (!ptt_sdp_addr_get(&group->sdp.source, ptt_media_channel_source(group->channel)))
		return PTT_ERR_MALFORMED;
	return ptt_channel_sdp_check(&group->sdp);
}

struct intent_search {
	struct ptt_group *group;
	struct ptt_tracker_event resume;
};

static enum ptt_err take_intent(void *ctx, const struct ptt_intent_row *row)
{
	struct intent_search *search = ctx;

	if (strcmp(row->group, search->group->uri) != 0)
		return PTT_OK;
	search->resume.next = row->generation;
	search->resume.reason = (enum ptt_rekey_reason)row->reason;
	/* Monotonic time means nothing after another boot: the deadline is now. */
	if (strcmp(row->boot_id, search->group->env->boot_id) == 0)
		search->resume.at_ms = (uint64_t)row->deadline_ms;
	else
		search->resume.at_ms = (uint64_t)ptt_clock_ms();
	return PTT_OK;
}

static enum ptt_err take_ban(void *ctx, const char *uri, const char *impi, int64_t since_utc_s)
{
	struct ptt_group *group = ctx;
	struct ptt_tracker_event event = {.kind = PTT_EV_RESTORE_BAN};

	(void)uri;
	(void)since_utc_s;
	PTT_TRY(ptt_roster_subject(&event.subject, group->roster, impi));
	ptt_roster_set_ban(group->roster, event.subject, true);
	return ptt_group_feed(group, &event);
}

static void restore_sent(struct ptt_group *group, uint32_t subject, uint32_t generation)
{
	struct ptt_tracker_event event = {
		.kind = PTT_EV_RESTORE_SENT, .subject = subject, .generation = generation};

	ptt_group_feed_or_log(group, &event); /* twice is no news */
}

static enum ptt_err take_sent(void *ctx, uint32_t generation, const char *impi)
{
	struct ptt_group *group = ctx;
	uint32_t subject;

	if (!ptt_group_keys_of(&group->keys, generation))
		return PTT_OK;
	PTT_TRY(ptt_roster_subject(&subject, group->roster, impi));
	restore_sent(group, subject, generation);
	return PTT_OK;
}

static enum ptt_err load(struct ptt_group *group)
{
	struct intent_search search = {.group = group};
	const struct ptt_config *config = group->env->config;

	group->keys.mikey = &group->env->mikey;
	group->keys.store = group->env->store;
	group->keys.profile = (struct ptt_group_profile){
		.naf_fqdn = config->naf.fqdn,
		.boot_id = group->env->boot_id,
		.empty_map = !group->config->channel.map_srtp,
		.sdp_ids = group->config->channel.sdp_ids,
		.suite = group->config->channel.suite,
	};
	memcpy(group->keys.profile.key_domain, config->key_domain, sizeof(config->key_domain));
	PTT_FAULT("resume-group");
	PTT_TRY(ptt_store_each_intent(group->env->store, take_intent, &search));
	PTT_TRY(ptt_group_keys_load(
		&group->keys, group->uri, group->config->key_group, search.resume.next));
	group->resume = search.resume;
	PTT_TRY(ptt_store_each_ban(group->env->store, group->uri, take_ban, group));
	return ptt_store_each_sent(group->env->store, group->uri, take_sent, group);
}

/** The tracker's table has no rule for this pair: an error in the tracker or in its caller. */
static void on_tracker_fault(void *ctx, const struct ptt_tracker_fault *fault)
{
	const struct ptt_group *group = ctx;

	ptt_log(PTT_LOG_ERROR, "tracker-unexpected",
		"group=%s machine=%s state=%s event=%s member=%u", group->uri, fault->machine,
		fault->state, fault->event, fault->member);
}

enum ptt_err ptt_group_new(
	struct ptt_group **out, struct ptt_group_env *env, const struct ptt_config_group *config)
{
	struct ptt_group *group = calloc(1, sizeof(*group));
	enum ptt_err err;

	if (!group)
		return PTT_ERR_SYSTEM;
	group->env = env;
	group->config = config;
	group->offers_a_turn = OFFERS_A_TURN;
	snprintf(group->uri, sizeof(group->uri), "%s", config->uri);
	group->timer = su_timer_create(su_root_task(env->root), 0);
	err = group->timer ? ptt_roster_new(&group->roster, config->max_members) : PTT_ERR_SYSTEM;
	if (err == PTT_OK)
		err = ptt_tracker_new(&group->tracker, &config->policy);
	if (err == PTT_OK) {
		ptt_tracker_set_fault(group->tracker, on_tracker_fault, group);
		ptt_tracker_set_window(group->tracker, ptt_offer_window_size(0));
	}
	if (err == PTT_OK)
		err = set_channel_sdp(group);
	if (err == PTT_OK)
		err = open_channel(group);
	if (err == PTT_ERR_UNSUPPORTED)
		ptt_log(PTT_LOG_ERROR, "suite-not-available", "group=%s suite=%s text=%s",
			group->uri, ptt_suite_def(config->channel.suite)->name,
			"libsrtp2 here is built without it");
	if (err == PTT_OK)
		err = load(group);
	if (err != PTT_OK) {
		ptt_log(PTT_LOG_ERROR, "group-not-started", "group=%s error=%s", group->uri,
			ptt_err_str(err));
		ptt_group_free(group);
		return err;
	}
	*out = group;
	return PTT_OK;
}

static void save_rows(const struct ptt_group *group, struct ptt_store_batch *batch)
{
	if (batch && ptt_store_commit(batch, PTT_STORE_NORMAL, NULL, NULL) != PTT_OK)
		ptt_log(PTT_LOG_ERROR, "dialogs-not-saved", "group=%s", group->uri);
}

void ptt_group_stop(struct ptt_group *group)
{
	uint32_t handle = PTT_HANDLE_NONE;
	struct ptt_store_batch *batch = NULL;
	unsigned rows = 0;

	PTT_FAULT("stop");
	group->stopped = true;
	su_timer_reset(group->timer);
	while ((handle = ptt_roster_next_member(group->roster, handle)) != PTT_HANDLE_NONE) {
		if (!batch)
			batch = ptt_store_batch_new(group->env->store);
		ptt_member_put_row(ptt_member_of(group, handle), batch);
		if (++rows % ROWS_A_BATCH != 0)
			continue;
		save_rows(group, batch);
		batch = NULL;
	}
	save_rows(group, batch);
	PTT_FAULT("stop-saved");
}

void ptt_group_free(struct ptt_group *group)
{
	uint32_t handle = PTT_HANDLE_NONE;

	group->stopped = true;
	while (group->roster &&
		(handle = ptt_roster_next_member(group->roster, handle)) != PTT_HANDLE_NONE)
		ptt_member_free(ptt_member_of(group, handle), false);
	ptt_event_package_free(group->events);
	ptt_media_channel_remove(group->channel);
	if (group->timer)
		su_timer_destroy(group->timer);
	ptt_tracker_actions_wipe(&group->actions);
	if (group->tracker)
		ptt_tracker_free(group->tracker);
	if (group->roster)
		ptt_roster_free(group->roster);
	ptt_group_keys_wipe(&group->keys);
	while (group->waits) {
		struct ptt_expel_wait *wait = group->waits;

		group->waits = wait->next;
		free(wait);
	}
	ptt_offer_windows_free(group);
	free(group->queue.list);
	free(group->bans);
	free(group);
}

/* --- after a restart --- */

static void take_keys(void *ctx, const struct ptt_naf_keys *keys)
{
	struct ptt_member *member = ctx;
	struct ptt_group_env *env = member->group->env;
	struct ptt_session_muk *muk;

	if (keys->err == PTT_OK &&
		ptt_muk_ref(&muk, &env->muks, member->dialog->btid, keys) == PTT_OK)
		ptt_member_set_muk(member, muk);
}

static enum ptt_err restore_media(struct ptt_member *member, const struct ptt_dialog_row *row)
{
	struct ptt_sdp_local local;

	PTT_TRY(ptt_member_take_media(member, row->media));
	PTT_TRY(ptt_member_open_endpoint(
		member, &local)); /* on the ports of the plan, if they are free */
	member->plan.our_audio_port = local.audio_port;
	if (member->plan.our_floor_port != 0)
		member->plan.our_floor_port = local.floor_port;
	ptt_member_set_peer(member);
	return PTT_OK;
}

enum ptt_err ptt_group_restore(struct ptt_group *group, const struct ptt_dialog_row *row)
{
	struct ptt_tracker_event event = {.kind = PTT_EV_RESTORE_MEMBER, .generation = row->flags};
	struct ptt_dialog *dialog;
	struct ptt_member *member;
	enum ptt_err err;

	PTT_FAULT("resume-dialog");
	PTT_TRY(ptt_roster_subject(&event.subject, group->roster, row->impi));
	/*
	 * His row says that he was sent them. Of one who was not yet it is no harm to believe it: his expulsion re-keys for
	 * nothing. But nobody banned is offered the next one.
	 */
	if (group->keys.current.live)
		restore_sent(group, event.subject, group->keys.current.generation);
	if (group->keys.next.live && !ptt_roster_is_banned(group->roster, event.subject))
		restore_sent(group, event.subject, group->keys.next.generation);
	PTT_TRY(ptt_sip_restore(group->env->sip, &dialog, row));
	member = ptt_member_new(group, dialog);
	if (!member)
		return PTT_ERR_SYSTEM;
	member->acked = true;
	member->joined_utc_s = row->joined_utc_s;
	err = PTT_OK;
	if (row->impu[0] != '\0')
		err = ptt_roster_add_impu(group->roster, event.subject, row->impu);
	if (err == PTT_OK)
		err = ptt_roster_join(&member->handle, group->roster, event.subject, member);
	if (err == PTT_OK)
		err = restore_media(member, row);
	if (err == PTT_OK)
		ptt_naf_recall(group->env->naf, dialog->btid, take_keys,
			member); /* none: see ptt_muk_expiry_resume() */
	event.member = member->handle;
	if (err == PTT_OK)
		err = ptt_group_feed(group, &event);
	if (err != PTT_OK) {
		ptt_member_free(member, true);
		ptt_sip_bye(dialog, err == PTT_ERR_AUTH ? PTT_REASON_HEADER_EXPELLED : NULL);
	}
	return err;
}

void ptt_group_resume(struct ptt_group *group)
{
	struct ptt_tracker_event *event = &group->resume;

	PTT_FAULT("resume");
	event->kind = PTT_EV_RESUME;
	event->generation = group->keys.current.live ? group->keys.current.generation : 0;
	if (!group->keys.next.live)
		event->next = 0;
	event->newest = group->keys.row.generation;
	event->sent_unknown = ptt_group_keys_sent_unknown(&group->keys);
	if (event->sent_unknown != 0)
		ptt_log(PTT_LOG_WARN, "rekey-after-boot", "group=%s generation=%u", group->uri,
			event->sent_unknown);
	group->intent_generation = event->next;
	if (event->generation != 0 || event->next != 0)
		ptt_log(PTT_LOG_INFO, "group-resumed",
			"group=%s members=%u generation=%u pending=%u", group->uri,
			ptt_roster_members(group->roster), event->generation, event->next);
	if (event->next > event->generation)
		ptt_metric_inc_label(PTT_METRIC_REKEYS, ptt_rekey_reason_str(PTT_REASON_RESUME));
	if (event->next != 0 && event->reason == PTT_REASON_EXPELLED)
		group->expel_accepted_ms = ptt_clock_ms();
	ptt_group_feed_or_log(group, event);
	ptt_muk_expiry_resume(group);
	PTT_FAULT("resumed");
}
