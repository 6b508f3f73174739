/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A channel: its MTKs and their switch, its floor's timer, its life on both threads. */
#include "module/media/media_run.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module/base/clock.h"

/* ---- media thread ---- */

static void send_message(
	struct ptt_media_channel *ch, const struct ptt_mtk_cast_action *action, int64_t now_ms)
{
	struct ptt_media_event event = {.type = PTT_MEDIA_MTK_SENT, .at_ms = now_ms};

	if (ptt_net_send(ch->fd, action->message, &ch->key_to))
		ptt_media_count(ch->media, COUNT_MTK_MESSAGES);
	else
		ptt_media_channel_alarm(ch, PTT_ERR_SYSTEM, now_ms); /* the next copy replaces it */
	if (action->item) {
		memcpy(event.mki, action->item->mki, PTT_MKI_LEN);
		event.first_ms = now_ms;
		ptt_media_report(ch, NULL, &event);
	}
	if (action->repeat)
		ptt_media_channel_announce(ch, now_ms);
}

/* A new key that fails must not leave the old one in use: silence and an alarm. */
static void switch_key(
	struct ptt_media_channel *ch, const struct ptt_mtk_item *item, int64_t now_ms)
{
	struct ptt_media_event event = {.type = PTT_MEDIA_CUTOVER, .at_ms = now_ms};
	enum ptt_err err = ptt_srtp_relay_set_key(&ch->relay, &item->mtk, item->mki);

	event.first_ms = item->first_ms;
	event.last_old_ms = ch->sent.last_ms;
	memcpy(event.mki, item->mki, PTT_MKI_LEN);
	ptt_mtk_cast_switched(&ch->cast);
	ch->sent.packets = 0;
	ch->sent.last_ms = 0;
	ch->floor.closed = err != PTT_OK;
	if (err != PTT_OK) {
		ptt_srtp_relay_drop_key(&ch->relay);
		ptt_media_channel_alarm(ch, err, now_ms);
		event.type = PTT_MEDIA_SILENT;
		ptt_media_report(ch, NULL, &event);
		return;
	}
	ptt_media_count(ch->media, COUNT_CUTOVERS);
	ptt_media_report(ch, NULL, &event);
	ptt_media_channel_announce(ch, now_ms);
}

int64_t ptt_media_channel_run(struct ptt_media_channel *ch, int64_t now_ms)
{
	struct ptt_mtk_cast_action action = ptt_mtk_cast_next(&ch->cast, now_ms);
	int64_t cast_ms, floor_ms;

	for (; action.what != PTT_MTK_CAST_NOTHING; action = ptt_mtk_cast_next(&ch->cast, now_ms)) {
		if (action.what == PTT_MTK_CAST_SEND)
			send_message(ch, &action, now_ms);
		else
			switch_key(ch, action.item, now_ms);
	}
	if (now_ms >= ptt_floor_due_ms(&ch->floor))
		ptt_media_channel_floor(ch, NULL, PTT_FLOOR_TICK, now_ms);
	cast_ms = ptt_mtk_cast_due_ms(&ch->cast);
	floor_ms = ptt_floor_due_ms(&ch->floor);
	return cast_ms < floor_ms ? cast_ms : floor_ms;
}

static void run_and_arm(struct ptt_media_channel *ch)
{
	ptt_media_arm(ch->media, ptt_media_channel_run(ch, ptt_clock_ms()));
}

static void run_add(struct ptt_media_post *post)
{
	post->channel->next = post->media->channels;
	post->media->channels = post->channel;
}

static void run_set_mtk(struct ptt_media_post *post)
{
	ptt_mtk_cast_set(&post->channel->cast, &post->item);
	run_and_arm(post->channel);
}

static void run_send_now(struct ptt_media_post *post)
{
	ptt_mtk_cast_send_now(&post->channel->cast, ptt_clock_ms());
	run_and_arm(post->channel);
}

static void run_set_times(struct ptt_media_post *post)
{
	struct ptt_media_channel *ch = post->channel;

	ch->cast.lead_ms = post->times.mtk_lead_ms;
	ch->cast.repeat_ms = post->times.mtk_repeat_ms;
	ch->mtk_packets = post->times.mtk_packets;
	if (ch->mtk_packets != 0 && ch->sent.packets >= ch->mtk_packets)
		ptt_media_channel_report(ch, PTT_MEDIA_MTK_SPENT, ptt_clock_ms());
	run_and_arm(ch);
}

static void fall_silent(struct ptt_media_channel *ch)
{
	ptt_mtk_cast_wipe(&ch->cast);
	ptt_srtp_relay_drop_key(&ch->relay);
}

static void run_silence(struct ptt_media_post *post)
{
	struct ptt_media_channel *ch = post->channel;

	ptt_media_channel_report(ch, PTT_MEDIA_SILENT, ptt_clock_ms());
	fall_silent(ch);
	ch->floor.closed = true;
	ch->sent.last_ms = 0;
}

static void run_set_floor(struct ptt_media_post *post)
{
	ptt_floor_set_policy(&post->channel->floor, &post->floor);
	run_and_arm(post->channel);
}

static void run_gone(struct ptt_media_post *post)
{
	struct ptt_media_channel **at = &post->media->sip.channels;

	while (*at && *at != post->channel)
		at = &(*at)->all_next;
	if (*at)
		*at = post->channel->all_next;
	ptt_media_channel_free(post->channel);
}

static void run_remove(struct ptt_media_post *post)
{
	struct ptt_media_channel *ch = post->channel, **at = &post->media->channels;
	struct ptt_media_post *gone = ptt_media_post_new(post->media, run_gone);

	fall_silent(ch);
	while (ch->endpoints)
		ptt_endpoint_detach(ch->endpoints, ptt_clock_ms());
	while (*at && *at != ch)
		at = &(*at)->next;
	if (*at)
		*at = ch->next;
	if (!gone)
		return; /* no memory: ptt_media_stop() frees it */
	gone->channel = ch;
	ptt_media_post_up(gone);
}

/* ---- SIP thread ---- */

void ptt_media_channel_free(struct ptt_media_channel *ch)
{
	fall_silent(ch);
	if (ch->fd >= 0)
		close(ch->fd);
	free(ch);
}

static enum ptt_err find_source(struct ptt_media_channel *ch, struct ptt_net_group *group,
	const struct ptt_media_channel_config *config)
{
	const char *text = config->source;

	if (!text && config->interface) {
		PTT_TRY(ptt_net_interface_address(ch->source, sizeof(ch->source), config->interface,
			group->group.ss.ss_family));
		text = ch->source;
	}
	if (!text)
		return ptt_net_source_of(&group->source, group);
	PTT_TRY(ptt_addr_get(&group->source, text, 0));
	return group->source.ss.ss_family == group->group.ss.ss_family ? PTT_OK : PTT_ERR_MALFORMED;
}

static enum ptt_err open_channel(
	struct ptt_media_channel *ch, const struct ptt_media_channel_config *config)
{
	struct ptt_net_group group = {.ttl = config->ttl, .dscp = config->dscp};

	PTT_TRY(ptt_srtp_suite_ready(config->suite));
	PTT_TRY(ptt_addr_get(&group.group, config->address, config->audio_port));
	if (!ptt_addr_is_multicast(&group.group))
		return PTT_ERR_MALFORMED;
	PTT_TRY(ptt_net_interface(&group.interface, config->interface));
	PTT_TRY(find_source(ch, &group, config));
	PTT_TRY(ptt_addr_put(ch->source, sizeof(ch->source), &group.source));
	PTT_TRY(ptt_net_cast_out(&ch->fd, &group));
	ch->audio_to = ch->floor_to = ch->key_to = group.group;
	ptt_addr_set_port(&ch->floor_to, config->floor_port);
	ptt_addr_set_port(&ch->key_to, config->key_port);
	return ptt_srtp_relay_init(&ch->relay, config->pt);
}

/* Posts a command that needs no more than the channel. */
static enum ptt_err post_simple(struct ptt_media_channel *ch, void (*run)(struct ptt_media_post *))
{
	struct ptt_media_post *post = ptt_media_post_new(ch->media, run);

	if (!post)
		return PTT_ERR_SYSTEM;
	post->channel = ch;
	return ptt_media_post_down(post);
}

enum ptt_err ptt_media_channel_add(struct ptt_media *media, struct ptt_media_channel **out,
	const struct ptt_media_channel_config *config)
{
	struct ptt_media_channel *ch = calloc(1, sizeof(*ch));
	enum ptt_err err;

	if (!ch)
		return PTT_ERR_SYSTEM;
	ch->media = media;
	ch->fd = -1;
	ch->ctx = config->ctx;
	ch->mtk_packets = config->mtk_packets;
	ptt_floor_init(&ch->floor, config->floor ? config->floor : &ptt_floor_policy_default);
	ptt_mtk_cast_init(&ch->cast, config->mtk_lead_ms, config->mtk_repeat_ms);
	err = open_channel(ch, config);
	if (err == PTT_OK)
		err = post_simple(ch, run_add);
	if (err != PTT_OK) {
		ptt_media_channel_free(ch);
		return err;
	}
	ch->all_next = media->sip.channels;
	media->sip.channels = ch;
	*out = ch;
	return PTT_OK;
}

void ptt_media_channel_set_times(
	struct ptt_media_channel *ch, const struct ptt_media_channel_times *times)
{
	struct ptt_media_post *post = ptt_media_post_new(ch->media, run_set_times);
	enum ptt_err err = PTT_ERR_SYSTEM;

	if (post) {
		post->channel = ch;
		post->times = *times;
		err = ptt_media_post_down(post);
	}
	(void)err; /* no memory: the old times hold until the next reload */
}

void ptt_media_channel_remove(struct ptt_media_channel *ch)
{
	enum ptt_err err;

	if (!ch || ch->removed)
		return;
	ch->removed = true;
	err = post_simple(ch, run_remove);
	(void)err; /* no memory: ptt_media_stop() frees it */
}

enum ptt_err ptt_media_channel_set_floor(
	struct ptt_media_channel *ch, const struct ptt_floor_policy *policy)
{
	struct ptt_media_post *post = ptt_media_post_new(ch->media, run_set_floor);

	if (!post)
		return PTT_ERR_SYSTEM;
	post->channel = ch;
	post->floor = *policy;
	return ptt_media_post_down(post);
}

const char *ptt_media_channel_source(const struct ptt_media_channel *ch)
{
	return ch->source;
}

enum ptt_err ptt_media_set_mtk(struct ptt_media_channel *ch, const struct ptt_media_mtk *mtk)
{
	struct ptt_media_post *post;

	if (mtk->message.len == 0 || mtk->message.len > PTT_MTK_MESSAGE_MAX)
		return PTT_ERR_NO_SPACE;
	if (!ptt_srtp_suite_known(mtk->mtk))
		return PTT_ERR_UNSUPPORTED;
	post = ptt_media_post_new(ch->media, run_set_mtk);
	if (!post)
		return PTT_ERR_SYSTEM;
	post->channel = ch;
	post->item.mtk = *mtk->mtk;
	post->item.not_before_ms = mtk->not_before_ms;
	post->item.message_len = mtk->message.len;
	memcpy(post->item.mki, mtk->mki, PTT_MKI_LEN);
	memcpy(post->item.message, mtk->message.data, mtk->message.len);
	return ptt_media_post_down(post);
}

void ptt_media_send_mtk_now(struct ptt_media_channel *ch)
{
	enum ptt_err err = post_simple(ch, run_send_now);

	(void)err; /* no memory: the next repeat brings the message */
}

enum ptt_err ptt_media_silence(struct ptt_media_channel *ch)
{
	return post_simple(ch, run_silence);
}
