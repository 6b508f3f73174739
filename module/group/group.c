/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tracker's loop of one group, and what the media thread tells it. */
#include "module/group/group_int.h"

#include <stdlib.h>

#include "module/base/clock.h"
#include "module/base/fault_point.h"
#include "module/base/log.h"
#include "module/base/metrics.h"

#define SWEEP_BUDGET 64

/* --- the tracker's loop --- */

static void on_timer(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
	struct ptt_group *group = (struct ptt_group *)arg;
	struct ptt_tracker_event event = {.kind = PTT_EV_TIMER};

	(void)magic;
	(void)timer;
	group->sent_in_turn = 0;
	if (group->window_failed && ptt_clock_ms() >= group->retry_ms)
		ptt_offer_window_retry(group);
	ptt_offer_window_send(group);
	ptt_group_feed_or_log(group, &event);
}

static void arm_timer(struct ptt_group *group)
{
	uint64_t next = ptt_tracker_next_ms(group->tracker);
	int64_t now = ptt_clock_ms(), wait;

	if (group->window_failed && (uint64_t)group->retry_ms < next)
		next = (uint64_t)group->retry_ms;
	if (group->sending)
		next = 0; /* the next turn */
	if (next == PTT_TRACKER_NEVER) {
		su_timer_reset(group->timer);
		return;
	}
	wait = (int64_t)next - now;
	if (wait < 0)
		wait = 0;
	if (wait > INT32_MAX)
		wait = INT32_MAX;
	su_timer_set_interval(group->timer, on_timer, (su_timer_arg_t *)group, (su_duration_t)wait);
}

static enum ptt_err push(struct ptt_event_queue *queue, const struct ptt_tracker_event *event)
{
	if (queue->len == queue->size) {
		size_t size = queue->size ? queue->size * 2 : 64;
		struct ptt_tracker_event *list = reallocarray(queue->list, size, sizeof(*list));

		if (!list)
			return PTT_ERR_SYSTEM;
		queue->list = list;
		queue->size = size;
	}
	queue->list[queue->len++] = *event;
	return PTT_OK;
}

static enum ptt_err step(struct ptt_group *group, const struct ptt_tracker_event *event)
{
	uint64_t now = (uint64_t)ptt_clock_ms();
	const struct ptt_group_hooks *hooks = &group->env->hooks;
	uint64_t traced = ptt_tracker_trace_count(group->tracker);
	enum ptt_err err = ptt_tracker_step(group->tracker, event, now, &group->actions);

	if (err != PTT_OK)
		return err;
	if (hooks->on_transitions && ptt_tracker_trace_count(group->tracker) != traced)
		hooks->on_transitions(hooks->ctx, group, traced);
	for (size_t i = 0; i < group->actions.len; i++)
		ptt_rekey_execute(group, &group->actions.list[i]);
	return PTT_OK;
}

static void log_refused(
	const struct ptt_group *group, const struct ptt_tracker_event *event, enum ptt_err err)
{
	ptt_log_limited(PTT_LOG_DEBUG, "tracker-refused", "group=%s event=%s member=%u error=%s",
		group->uri, ptt_tracker_event_str(event->kind), event->member, ptt_err_str(err));
}

enum ptt_err ptt_group_feed(struct ptt_group *group, const struct ptt_tracker_event *event)
{
	enum ptt_err result;

	if (group->stopped)
		return PTT_ERR_BUSY;
	if (group->stepping)
		return push(&group->queue, event);
	group->stepping = true;
	if (event->kind != PTT_EV_TIMER) /* the timer's own turn goes on */
		group->sent_in_turn = 0;
	result = step(group, event);
	for (size_t i = 0; i < group->queue.len; i++) {
		struct ptt_tracker_event next =
			group->queue.list[i]; /* the queue may move meanwhile */
		enum ptt_err err = step(group, &next);

		if (err != PTT_OK)
			log_refused(group, &next, err);
	}
	group->queue.len = 0;
	group->stepping = false;
	ptt_offer_window_flush(group);
	arm_timer(group);
	return result;
}

void ptt_group_feed_or_log(struct ptt_group *group, const struct ptt_tracker_event *event)
{
	enum ptt_err err = ptt_group_feed(group, event);

	if (err != PTT_OK)
		log_refused(group, event, err);
}

void ptt_member_feed(
	struct ptt_member *member, enum ptt_tracker_event_kind kind, uint32_t generation)
{
	struct ptt_tracker_event event = {
		.kind = kind, .member = member->handle, .generation = generation};

	ptt_group_feed_or_log(member->group, &event);
}

/* --- media --- */

static void on_cutover(struct ptt_group *group, const struct ptt_media_event *media)
{
	struct ptt_tracker_event event = {
		.kind = PTT_EV_CUT_OVER, .generation = group->keys.current.generation};
	uint32_t msk_id;
	uint16_t mtk_id;

	ptt_mki_get(&msk_id, &mtk_id, media->mki);
	ptt_log(PTT_LOG_INFO, "mki-switched", "group=%s msk_id=%08x mtk_id=%u", group->uri, msk_id,
		mtk_id);
	if (!group->cutover_pending || msk_id != group->keys.current.msk_id)
		return;
	PTT_FAULT("cut-over");
	group->cutover_pending = false;
	if (group->expel_accepted_ms != 0 && media->at_ms >= group->expel_accepted_ms) {
		int64_t last = media->last_old_ms > group->expel_accepted_ms
				       ? media->last_old_ms
				       : group->expel_accepted_ms;

		ptt_metric_observe_us(PTT_METRIC_EXPOSURE_SECONDS,
			(uint64_t)(last - group->expel_accepted_ms) * 1000);
		ptt_log(PTT_LOG_INFO, "expelled-cut-off",
			"group=%s msk_id=%08x exposure_ms=%lld cutover_ms=%lld", group->uri, msk_id,
			(long long)(last - group->expel_accepted_ms),
			(long long)(media->at_ms - group->expel_accepted_ms));
	}
	group->expel_accepted_ms = 0;
	ptt_group_feed_or_log(group, &event);
	/* Somebody expelled in the meantime holds this MSK: not a word more until the next cut-over. */
	if (group->silent && ptt_media_silence(group->channel) != PTT_OK)
		ptt_log(PTT_LOG_ERROR, "silence-failed", "group=%s", group->uri);
}

static bool holds_key(const void *arg, uint32_t subject)
{
	return ptt_tracker_holds_key(arg, subject);
}

void ptt_group_sweep(struct ptt_group *group)
{
	ptt_roster_sweep(group->roster, holds_key, group->tracker, SWEEP_BUDGET);
}

/* Some may ask very often. */
static void log_floor(const struct ptt_group *group, const struct ptt_media_event *media)
{
	const char *member = media->endpoint_ctx ? ptt_member_name(media->endpoint_ctx) : NULL;

	if (media->type == PTT_MEDIA_DENIED)
		ptt_log_limited(PTT_LOG_INFO, "floor-denied", "group=%s member=%s reason=%s",
			group->uri, member, ptt_media_deny_name(media->reason));
	else if (media->type == PTT_MEDIA_QUEUED)
		ptt_log_limited(PTT_LOG_INFO, "floor-queued", "group=%s member=%s position=%u",
			group->uri, member, media->position);
	else
		ptt_log(PTT_LOG_INFO, "floor-revoked", "group=%s member=%s reason=%s", group->uri,
			member, ptt_media_revoke_name(media->reason));
}

void ptt_group_on_media(struct ptt_group *group, const struct ptt_media_event *media)
{
	struct ptt_tracker_event spent = {.kind = PTT_EV_MTK_DUE};

	switch (media->type) {
	case PTT_MEDIA_CUTOVER:
		on_cutover(group, media);
		break;
	case PTT_MEDIA_MTK_SPENT:
		ptt_group_feed_or_log(group, &spent);
		break;
	case PTT_MEDIA_SILENT:
		ptt_log(PTT_LOG_ERROR, "channel-silent", "group=%s", group->uri);
		break;
	case PTT_MEDIA_ALARM:
		ptt_log_limited(PTT_LOG_ERROR, "channel-alarm", "group=%s error=%s", group->uri,
			ptt_err_str(media->err));
		break;
	case PTT_MEDIA_TALK_START:
	case PTT_MEDIA_TALK_STOP:
		ptt_log(PTT_LOG_INFO,
			media->type == PTT_MEDIA_TALK_START ? "talk-start" : "talk-stop",
			"group=%s member=%s", group->uri,
			media->endpoint_ctx ? ptt_member_name(media->endpoint_ctx) : NULL);
		break;
	case PTT_MEDIA_DENIED:
	case PTT_MEDIA_QUEUED:
	case PTT_MEDIA_REVOKED:
		log_floor(group, media);
		break;
	case PTT_MEDIA_MTK_SENT:
		PTT_FAULT("mtk-sent");
		break;
	}
	if (media->type == PTT_MEDIA_CUTOVER)
		ptt_group_sweep(group);
}
