/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/server/conference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/ops/log.h"
#include "module/server/pf.h"
#include "module/store/store_read.h"

#define SWEEP_BUDGET 64
#define ROWS_A_BATCH 1000

/* --- the tracker's loop --- */

static void on_timer(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
	struct ptt_conference *conf = (struct ptt_conference *)arg;
	struct ptt_tracker_event event = {.kind = PTT_EV_TIMER};

	(void)magic;
	(void)timer;
	if (conf->window_failed && ptt_media_now_ms() >= conf->retry_ms)
		ptt_rekey_retry(conf, ptt_media_now_ms());
	ptt_conference_tell(conf, &event);
}

static void arm_timer(struct ptt_conference *conf)
{
	uint64_t next = ptt_tracker_next_ms(conf->tracker);
	int64_t now = ptt_media_now_ms(), wait;

	if (conf->window_failed && (uint64_t)conf->retry_ms < next)
		next = (uint64_t)conf->retry_ms;
	if (next == PTT_TRACKER_NEVER) {
		su_timer_reset(conf->timer);
		return;
	}
	wait = (int64_t)next - now;
	if (wait < 0)
		wait = 0;
	if (wait > INT32_MAX)
		wait = INT32_MAX;
	su_timer_set_interval(conf->timer, on_timer, (su_timer_arg_t *)conf, (su_duration_t)wait);
}

static enum ptt_err push(struct ptt_event_queue *queue, const struct ptt_tracker_event *event)
{
	if (queue->len == queue->size) {
		size_t size = queue->size ? queue->size * 2 : 64;
		struct ptt_tracker_event *list = reallocarray(queue->list, size, sizeof(*list));

		if (list == NULL)
			return PTT_ERR_SYSTEM;
		queue->list = list;
		queue->size = size;
	}
	queue->list[queue->len++] = *event;
	return PTT_OK;
}

static enum ptt_err step(struct ptt_conference *conf, const struct ptt_tracker_event *event)
{
	uint64_t now = (uint64_t)ptt_media_now_ms();
	enum ptt_err err = ptt_tracker_step(conf->tracker, event, now, &conf->actions);

	if (err != PTT_OK)
		return err;
	for (size_t i = 0; i < conf->actions.len; i++)
		ptt_rekey_execute(conf, &conf->actions.list[i]);
	return PTT_OK;
}

static void log_refused(const struct ptt_conference *conf, const struct ptt_tracker_event *event, enum ptt_err err)
{
	ptt_log_limited(PTT_LOG_DEBUG, "tracker-refused", "group=%s event=%s member=%u error=%s", conf->uri,
		ptt_tracker_event_str(event->kind), event->member, ptt_err_str(err));
}

enum ptt_err ptt_conference_feed(struct ptt_conference *conf, const struct ptt_tracker_event *event)
{
	enum ptt_err result;

	if (conf->stopped)
		return PTT_ERR_BUSY;
	if (conf->stepping)
		return push(&conf->queue, event);
	conf->stepping = true;
	result = step(conf, event);
	for (size_t i = 0; i < conf->queue.len; i++) {
		struct ptt_tracker_event next = conf->queue.list[i]; /* the queue may move meanwhile */
		enum ptt_err err = step(conf, &next);

		if (err != PTT_OK)
			log_refused(conf, &next, err);
	}
	conf->queue.len = 0;
	conf->stepping = false;
	ptt_rekey_flush(conf);
	arm_timer(conf);
	return result;
}

void ptt_conference_tell(struct ptt_conference *conf, const struct ptt_tracker_event *event)
{
	enum ptt_err err = ptt_conference_feed(conf, event);

	if (err != PTT_OK)
		log_refused(conf, event, err);
}

/* --- start and end --- */

static enum ptt_err set_channel_sdp(struct ptt_conference *conf)
{
	const struct ptt_config_channel *config = &conf->config->channel;
	struct ptt_channel_sdp *sdp = &conf->sdp;
	char source[PTT_SDP_ADDR_TEXT_LEN];

	if (config->source[0] != '\0')
		snprintf(source, sizeof(source), "%s", config->source);
	else
		PTT_TRY(ptt_media_interface_address(source, sizeof(source), config->interface, AF_INET));
	if (!ptt_sdp_addr_get(&sdp->group, config->address) || !ptt_sdp_addr_get(&sdp->source, source))
		return PTT_ERR_MALFORMED;
	sdp->ttl = config->ttl;
	sdp->audio_port = config->audio_port;
	sdp->floor_port = config->floor_port;
	sdp->key_port = config->key_port;
	PTT_TRY(ptt_sdp_codec_get(&sdp->codec, config->codec_rtpmap));
	return ptt_channel_sdp_check(sdp);
}

static enum ptt_err open_channel(struct ptt_conference *conf)
{
	const struct ptt_config_channel *config = &conf->config->channel;
	const struct ptt_policy *policy = &conf->config->policy;
	char source[PTT_SDP_ADDR_TEXT_LEN];
	struct ptt_media_channel_config media = {
		.address = config->address,
		.source = ptt_sdp_addr_text(source, &conf->sdp.source),
		.interface = config->interface[0] != '\0' ? config->interface : NULL,
		.ttl = config->ttl,
		.audio_port = config->audio_port,
		.floor_port = config->floor_port,
		.key_port = config->key_port,
		.pt = conf->sdp.codec.payload_type,
		.mtk_lead_ms = policy->mtk_lead_ms,
		.mtk_repeat_ms = policy->mtk_repeat_ms,
		.mtk_packets = policy->mtk_packets,
		.ctx = conf,
	};

	return ptt_media_channel_add(conf->pf->media, &conf->channel, &media);
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

static enum ptt_err take_sent(void *ctx, uint32_t generation, const char *impi)
{
	struct ptt_conference *conf = ctx;
	struct ptt_tracker_event event = {.kind = PTT_EV_RESTORE_SENT, .generation = generation};

	if (ptt_group_keys_of(&conf->keys, generation) == NULL)
		return PTT_OK;
	PTT_TRY(ptt_roster_subject(&event.subject, conf->roster, impi));
	ptt_conference_tell(conf, &event); /* the same row twice is no news */
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
		.empty_map = !conf->config->channel.map_srtp,
		.sdp_ids = conf->config->channel.sdp_ids,
		.suite = ptt_mbms_profile.default_suite,
	};
	memcpy(conf->keys.profile.key_domain, config->key_domain, sizeof(config->key_domain));
	PTT_TRY(ptt_store_each_intent(conf->pf->store, take_intent, &search));
	PTT_TRY(ptt_group_keys_load(&conf->keys, conf->uri, conf->config->key_group, search.resume.next));
	conf->resume = search.resume;
	PTT_TRY(ptt_store_each_ban(conf->pf->store, conf->uri, take_ban, conf));
	return ptt_store_each_sent(conf->pf->store, conf->uri, take_sent, conf);
}

enum ptt_err ptt_conference_new(struct ptt_conference **out, struct ptt_pf *pf,
	const struct ptt_config_group *config)
{
	struct ptt_conference *conf = calloc(1, sizeof(*conf));
	enum ptt_err err;

	if (conf == NULL)
		return PTT_ERR_SYSTEM;
	conf->pf = pf;
	conf->config = config;
	snprintf(conf->uri, sizeof(conf->uri), "%s", config->uri);
	conf->timer = su_timer_create(su_root_task(pf->root), 0);
	err = conf->timer != NULL ? ptt_roster_new(&conf->roster, config->max_members) : PTT_ERR_SYSTEM;
	if (err == PTT_OK)
		err = ptt_tracker_new(&conf->tracker, &config->policy);
	if (err == PTT_OK)
		err = set_channel_sdp(conf);
	if (err == PTT_OK)
		err = open_channel(conf);
	if (err == PTT_OK)
		err = load(conf);
	if (err != PTT_OK) {
		ptt_log(PTT_LOG_ERROR, "group-not-started", "group=%s error=%s", conf->uri, ptt_err_str(err));
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
}

void ptt_conference_free(struct ptt_conference *conf)
{
	uint32_t handle = PTT_HANDLE_NONE;

	conf->stopped = true;
	while (conf->roster != NULL && (handle = ptt_roster_next_member(conf->roster, handle)) != PTT_HANDLE_NONE)
		ptt_member_free(ptt_member_of(conf, handle), false);
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
	free(conf->queue.list);
	free(conf->bans);
	free(conf);
}

/* --- after a restart --- */

static void take_keys(void *ctx, const struct ptt_naf_keys *keys)
{
	struct ptt_member *member = ctx;
	struct ptt_pf *pf = member->conf->pf;

	if (keys->err != PTT_OK)
		return;
	if (ptt_user_key_ref(&member->key, &pf->user_keys, pf->store, member->dialog->btid, keys) != PTT_OK)
		member->key = NULL;
}

static enum ptt_err restore_media(struct ptt_member *member, const struct ptt_dialog_row *row)
{
	struct ptt_sdp_local local;

	if (row->media.len != sizeof(member->plan))
		return PTT_ERR_MALFORMED;
	memcpy(&member->plan, row->media.data, sizeof(member->plan));
	PTT_TRY(ptt_member_open_leg(member, &local)); /* on the ports of the plan, if they are free */
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

	PTT_TRY(ptt_sip_restore(conf->pf->sip, &dialog, row));
	member = ptt_member_new(conf, dialog);
	if (member == NULL)
		return PTT_ERR_SYSTEM;
	member->acked = true;
	member->joined_utc_s = row->joined_utc_s;
	err = ptt_roster_subject(&event.subject, conf->roster, row->impi);
	if (err == PTT_OK && row->impu[0] != '\0')
		err = ptt_roster_add_impu(conf->roster, event.subject, row->impu);
	if (err == PTT_OK)
		err = ptt_roster_join(&member->handle, conf->roster, event.subject, member);
	if (err == PTT_OK)
		err = restore_media(member, row);
	if (err == PTT_OK)
		ptt_naf_lookup(conf->pf->naf, dialog->btid, take_keys, member);
	if (err == PTT_OK && member->key == NULL)
		err = PTT_ERR_NO_KEY; /* the bootstrapping is gone: he comes back by a new INVITE */
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

	event->kind = PTT_EV_RESUME;
	event->generation = conf->keys.current.live ? conf->keys.current.generation : 0;
	if (!conf->keys.next.live)
		event->next = 0;
	event->newest = conf->keys.row.generation;
	if (event->generation != 0 || event->next != 0)
		ptt_log(PTT_LOG_INFO, "group-resumed", "group=%s members=%u generation=%u pending=%u", conf->uri,
			ptt_roster_members(conf->roster), event->generation, event->next);
	if (event->next != 0 && event->reason == PTT_REASON_EXPELLED)
		conf->accepted_ms = ptt_media_now_ms();
	ptt_conference_tell(conf, event);
}

static bool still_member(const struct ptt_conference *conf, uint32_t subject)
{
	const char *impu;

	for (size_t i = 0; (impu = ptt_roster_impu(conf->roster, subject, i)) != NULL; i++)
		if (ptt_config_is_member(conf->config, impu))
			return true;
	return false;
}

void ptt_conference_reconfigure(struct ptt_conference *conf, const struct ptt_config_group *config)
{
	struct ptt_expel_wait nobody = {0};
	uint32_t subject = PTT_HANDLE_NONE;

	conf->config = config;
	ptt_roster_set_max(conf->roster, config->max_members);
	ptt_tracker_set_policy(conf->tracker, &config->policy, (uint64_t)ptt_media_now_ms());
	while ((subject = ptt_roster_next_subject(conf->roster, subject)) != PTT_HANDLE_NONE)
		if (ptt_roster_next_of(conf->roster, subject, PTT_HANDLE_NONE) != PTT_HANDLE_NONE &&
			!still_member(conf, subject))
			ptt_conference_expel(conf, subject, "config", &nobody);
	arm_timer(conf);
}

/* --- commands --- */

uint32_t ptt_conference_find_subject(struct ptt_conference *conf, const char *impu_or_impi)
{
	uint32_t subject = ptt_roster_find(conf->roster, impu_or_impi);
	struct ptt_subscriber_row *row;
	enum ptt_err err;

	if (subject != PTT_HANDLE_NONE)
		return subject;
	row = calloc(1, sizeof(*row));
	if (row == NULL)
		return PTT_HANDLE_NONE;
	err = ptt_store_find_subscriber(conf->pf->store, row, impu_or_impi);
	if (err == PTT_ERR_NO_KEY)
		err = ptt_store_get_subscriber(conf->pf->store, row, impu_or_impi);
	if (err == PTT_OK && ptt_roster_subject(&subject, conf->roster, row->impi) == PTT_OK)
		for (size_t i = 0; i < row->impu_count; i++)
			if (ptt_roster_add_impu(conf->roster, subject, row->impu[i]) != PTT_OK)
				ptt_log(PTT_LOG_WARN, "identity-taken", "group=%s impu=%s", conf->uri, row->impu[i]);
	ptt_wipe(row, sizeof(*row));
	free(row);
	return subject;
}

void ptt_conference_expel(struct ptt_conference *conf, uint32_t subject, const char *source,
	const struct ptt_expel_wait *wait)
{
	struct ptt_tracker_event event = {.kind = PTT_EV_EXPEL, .subject = subject};
	struct ptt_expel_wait *copy = malloc(sizeof(*copy));
	enum ptt_err err;

	if (copy == NULL) {
		if (wait->fn != NULL)
			wait->fn(wait->ctx, PTT_ERR_SYSTEM);
		return;
	}
	*copy = *wait;
	copy->subject = subject;
	copy->next = conf->waits;
	conf->waits = copy;
	ptt_metric_inc_label(PTT_METRIC_EXPULSIONS, source);
	ptt_log(PTT_LOG_INFO, "expel", "group=%s member=%s source=%s", conf->uri,
		ptt_roster_impi(conf->roster, subject), source);
	err = ptt_conference_feed(conf, &event);
	if (err != PTT_OK)
		ptt_rekey_answer_expel(conf, subject, err);
}

struct admission {
	struct ptt_conference *conf;
	struct ptt_expel_wait wait;
};

static void on_admitted(void *ctx, enum ptt_err err)
{
	struct admission *admission = ctx;
	struct ptt_conference *conf = admission->conf;
	struct ptt_tracker_event event = {.kind = PTT_EV_ADMIT, .subject = admission->wait.subject};

	if (err == PTT_OK && !conf->stopped)
		err = ptt_conference_feed(conf, &event);
	if (err == PTT_OK) {
		ptt_roster_set_ban(conf->roster, event.subject, false);
		ptt_log(PTT_LOG_INFO, "admitted", "group=%s member=%s", conf->uri,
			ptt_roster_impi(conf->roster, event.subject));
	}
	admission->wait.fn(admission->wait.ctx, err);
	free(admission);
}

void ptt_conference_admit(struct ptt_conference *conf, uint32_t subject, const struct ptt_expel_wait *wait)
{
	struct admission *admission = malloc(sizeof(*admission));
	struct ptt_store_batch *batch;
	enum ptt_err err = PTT_ERR_SYSTEM;

	if (admission != NULL) {
		*admission = (struct admission){.conf = conf, .wait = *wait};
		admission->wait.subject = subject;
		batch = ptt_store_batch_new(conf->pf->store);
		ptt_batch_del_ban(batch, conf->uri, ptt_roster_impi(conf->roster, subject));
		err = ptt_store_commit(batch, PTT_STORE_FULL, on_admitted, admission);
	}
	if (err != PTT_OK) {
		free(admission);
		wait->fn(wait->ctx, err);
	}
}

/* --- media --- */

static void on_cutover(struct ptt_conference *conf, const struct ptt_media_event *media)
{
	struct ptt_tracker_event event = {.kind = PTT_EV_CUT_OVER, .generation = conf->keys.current.generation};
	uint32_t msk_id;
	uint16_t mtk_id;

	ptt_mki_get(&msk_id, &mtk_id, media->mki);
	ptt_log(PTT_LOG_INFO, "mki-switched", "group=%s msk_id=%08x mtk_id=%u", conf->uri, msk_id, mtk_id);
	if (!conf->cutover_pending || msk_id != conf->keys.current.msk_id)
		return;
	conf->cutover_pending = false;
	if (conf->silent)
		ptt_metric_set(PTT_METRIC_CHANNELS_SILENT, ptt_metric_get(PTT_METRIC_CHANNELS_SILENT, NULL) - 1);
	conf->silent = false;
	if (conf->accepted_ms != 0 && media->at_ms >= conf->accepted_ms) {
		int64_t last = media->last_old_ms > conf->accepted_ms ? media->last_old_ms : conf->accepted_ms;

		ptt_metric_observe_us(PTT_METRIC_EXPOSURE_SECONDS, (uint64_t)(last - conf->accepted_ms) * 1000);
		ptt_log(PTT_LOG_INFO, "expelled-cut-off", "group=%s msk_id=%08x exposure_ms=%lld cutover_ms=%lld",
			conf->uri, msk_id, (long long)(last - conf->accepted_ms),
			(long long)(media->at_ms - conf->accepted_ms));
	}
	conf->accepted_ms = 0;
	ptt_conference_tell(conf, &event);
}

static bool holds_key(const void *arg, uint32_t subject)
{
	return ptt_tracker_holds_key(arg, subject);
}

void ptt_conference_sweep(struct ptt_conference *conf)
{
	ptt_roster_sweep(conf->roster, holds_key, conf->tracker, SWEEP_BUDGET);
}

void ptt_conference_on_media(struct ptt_conference *conf, const struct ptt_media_event *media)
{
	struct ptt_tracker_event spent = {.kind = PTT_EV_MTK_DUE};

	switch (media->type) {
	case PTT_MEDIA_CUTOVER:
		on_cutover(conf, media);
		break;
	case PTT_MEDIA_MTK_SPENT:
		ptt_conference_tell(conf, &spent);
		break;
	case PTT_MEDIA_SILENT:
		ptt_log(PTT_LOG_ERROR, "channel-silent", "group=%s", conf->uri);
		break;
	case PTT_MEDIA_ALARM:
		ptt_log_limited(PTT_LOG_ERROR, "channel-alarm", "group=%s error=%s", conf->uri,
			ptt_err_str(media->err));
		break;
	case PTT_MEDIA_TALK_START:
	case PTT_MEDIA_TALK_STOP:
		ptt_log(PTT_LOG_INFO, media->type == PTT_MEDIA_TALK_START ? "talk-start" : "talk-stop",
			"group=%s member=%s", conf->uri,
			media->leg_ctx != NULL ? ptt_member_name(media->leg_ctx) : NULL);
		break;
	case PTT_MEDIA_MTK_SENT:
		break;
	}
	if (media->type == PTT_MEDIA_CUTOVER)
		ptt_conference_sweep(conf);
}
