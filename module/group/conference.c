/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tracker's loop of one group, and what the media thread tells it. */
#include "module/group/conference.h"

#include <stdlib.h>

#include "module/rtp/tbcp.h"
#include "module/base/fault_point.h"
#include "module/base/log.h"
#include "module/server/pf.h"

#define SWEEP_BUDGET 64

/* --- the tracker's loop --- */

static void on_timer(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
	struct ptt_conference *conf = (struct ptt_conference *)arg;
	struct ptt_tracker_event event = {.kind = PTT_EV_TIMER};

	(void)magic;
	(void)timer;
	conf->turn_offers = 0;
	if (conf->window_failed && ptt_media_now_ms() >= conf->retry_ms)
		ptt_rekey_retry(conf);
	ptt_rekey_send_some(conf);
	ptt_conference_tell(conf, &event);
}

static void arm_timer(struct ptt_conference *conf)
{
	uint64_t next = ptt_tracker_next_ms(conf->tracker);
	int64_t now = ptt_media_now_ms(), wait;

	if (conf->window_failed && (uint64_t)conf->retry_ms < next)
		next = (uint64_t)conf->retry_ms;
	if (conf->sending != NULL)
		next = 0; /* the next turn */
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

static void log_refused(
	const struct ptt_conference *conf, const struct ptt_tracker_event *event, enum ptt_err err)
{
	ptt_log_limited(PTT_LOG_DEBUG, "tracker-refused", "group=%s event=%s member=%u error=%s",
		conf->uri, ptt_tracker_event_str(event->kind), event->member, ptt_err_str(err));
}

enum ptt_err ptt_conference_feed(struct ptt_conference *conf, const struct ptt_tracker_event *event)
{
	enum ptt_err result;

	if (conf->stopped)
		return PTT_ERR_BUSY;
	if (conf->stepping)
		return push(&conf->queue, event);
	conf->stepping = true;
	if (event->kind != PTT_EV_TIMER) /* the timer's own turn goes on */
		conf->turn_offers = 0;
	result = step(conf, event);
	for (size_t i = 0; i < conf->queue.len; i++) {
		struct ptt_tracker_event next =
			conf->queue.list[i]; /* the queue may move meanwhile */
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

/* --- media --- */

static void on_cutover(struct ptt_conference *conf, const struct ptt_media_event *media)
{
	struct ptt_tracker_event event = {
		.kind = PTT_EV_CUT_OVER, .generation = conf->keys.current.generation};
	uint32_t msk_id;
	uint16_t mtk_id;

	ptt_mki_get(&msk_id, &mtk_id, media->mki);
	ptt_log(PTT_LOG_INFO, "mki-switched", "group=%s msk_id=%08x mtk_id=%u", conf->uri, msk_id,
		mtk_id);
	if (!conf->cutover_pending || msk_id != conf->keys.current.msk_id)
		return;
	PTT_FAULT("cut-over");
	conf->cutover_pending = false;
	if (conf->accepted_ms != 0 && media->at_ms >= conf->accepted_ms) {
		int64_t last = media->last_old_ms > conf->accepted_ms ? media->last_old_ms
								      : conf->accepted_ms;

		ptt_metric_observe_us(
			PTT_METRIC_EXPOSURE_SECONDS, (uint64_t)(last - conf->accepted_ms) * 1000);
		ptt_log(PTT_LOG_INFO, "expelled-cut-off",
			"group=%s msk_id=%08x exposure_ms=%lld cutover_ms=%lld", conf->uri, msk_id,
			(long long)(last - conf->accepted_ms),
			(long long)(media->at_ms - conf->accepted_ms));
	}
	conf->accepted_ms = 0;
	ptt_conference_tell(conf, &event);
	/* Somebody expelled in the meantime holds this MSK: not a word more until the next cut-over. */
	if (conf->silent && ptt_media_silence(conf->channel) != PTT_OK)
		ptt_log(PTT_LOG_ERROR, "silence-failed", "group=%s", conf->uri);
}

static bool holds_key(const void *arg, uint32_t subject)
{
	return ptt_tracker_holds_key(arg, subject);
}

void ptt_conference_sweep(struct ptt_conference *conf)
{
	ptt_roster_sweep(conf->roster, holds_key, conf->tracker, SWEEP_BUDGET);
}

/* Some may ask very often. */
static void log_floor(const struct ptt_conference *conf, const struct ptt_media_event *media)
{
	const char *member = media->leg_ctx != NULL ? ptt_member_name(media->leg_ctx) : NULL;

	if (media->type == PTT_MEDIA_DENIED)
		ptt_log_limited(PTT_LOG_INFO, "floor-denied", "group=%s member=%s reason=%s",
			conf->uri, member, ptt_tbcp_deny_str(media->reason));
	else if (media->type == PTT_MEDIA_QUEUED)
		ptt_log_limited(PTT_LOG_INFO, "floor-queued", "group=%s member=%s position=%u",
			conf->uri, member, media->position);
	else
		ptt_log(PTT_LOG_INFO, "floor-revoked", "group=%s member=%s reason=%s", conf->uri,
			member, ptt_tbcp_revoke_str(media->reason));
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
		ptt_log(PTT_LOG_INFO,
			media->type == PTT_MEDIA_TALK_START ? "talk-start" : "talk-stop",
			"group=%s member=%s", conf->uri,
			media->leg_ctx != NULL ? ptt_member_name(media->leg_ctx) : NULL);
		break;
	case PTT_MEDIA_DENIED:
	case PTT_MEDIA_QUEUED:
	case PTT_MEDIA_REVOKED:
		log_floor(conf, media);
		break;
	case PTT_MEDIA_MTK_SENT:
		PTT_FAULT("mtk-sent");
		break;
	}
	if (media->type == PTT_MEDIA_CUTOVER)
		ptt_conference_sweep(conf);
}
