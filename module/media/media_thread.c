/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What every file of the media thread stands on: the counters, the timer, and the posts
 * that travel between the two threads. Calls no other file of this room.
 */
#include "module/media/media_run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>

#define HELD_MAX 512 /* posts in one batch: enough to save wake-ups, few enough to save memory */

void ptt_media_arm(struct ptt_media *media, int64_t due_ms)
{
	struct itimerspec at = {0};

	if (due_ms >= media->loop.armed_ms)
		return;
	media->loop.armed_ms = due_ms;
	at.it_value.tv_sec = due_ms / 1000;
	at.it_value.tv_nsec = due_ms % 1000 * 1000000 + 1; /* never all zero: that would disarm */
	(void)timerfd_settime(media->loop.timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

/* ---- counters ---- */

void ptt_media_count(struct ptt_media *media, unsigned what)
{
	atomic_fetch_add_explicit(&media->counts[what], 1, memory_order_relaxed);
}

static uint64_t counted(const struct ptt_media *media, unsigned what)
{
	return atomic_load_explicit(&media->counts[what], memory_order_relaxed);
}

static const char *const drop_names[] = {
	[PTT_DROP_SOURCE] = "source",
	[PTT_DROP_NO_CHANNEL] = "no-channel",
	[PTT_DROP_MALFORMED] = "malformed",
	[PTT_DROP_PAYLOAD] = "payload",
	[PTT_DROP_FLOOR] = "floor",
	[PTT_DROP_SSRC] = "ssrc",
	[PTT_DROP_LATE] = "late",
	[PTT_DROP_NO_KEY] = "no-key",
	[PTT_DROP_SYSTEM] = "system",
};
_Static_assert(sizeof(drop_names) / sizeof(drop_names[0]) == PTT_DROPS, "a word for each cause");

const char *ptt_media_drop_name(enum ptt_media_drop drop)
{
	return (unsigned)drop < PTT_DROPS ? drop_names[drop] : "system";
}

const char *ptt_media_deny_name(unsigned int reason)
{
	return ptt_tbcp_deny_str(reason);
}

const char *ptt_media_revoke_name(unsigned int reason)
{
	return ptt_tbcp_revoke_str(reason);
}

void ptt_media_get_stats(const struct ptt_media *media, struct ptt_media_stats *out)
{
	*out = (struct ptt_media_stats){
		.mtk_messages_sent = counted(media, COUNT_MTK_MESSAGES),
		.cutovers = counted(media, COUNT_CUTOVERS),
		.srtp_protected = counted(media, COUNT_SRTP),
		.srtcp_protected = counted(media, COUNT_SRTCP),
		.send_errors = counted(media, COUNT_SEND_ERRORS),
		.rtp_received = counted(media, COUNT_RTP_RECEIVED),
		.tbcp_received = counted(media, COUNT_TBCP_RECEIVED),
		.tbcp_malformed = counted(media, COUNT_TBCP_MALFORMED),
		.endpoints = counted(media, COUNT_ENDPOINTS),
		.endpoints_shared = counted(media, COUNT_ENDPOINTS_SHARED),
		.floor_requests = counted(media, COUNT_FLOOR_REQUESTS),
		.floor_grants = counted(media, COUNT_FLOOR_GRANTS),
		.floor_queued = counted(media, COUNT_FLOOR_QUEUED),
		.floor_merged = counted(media, COUNT_FLOOR_MERGED),
	};
	for (unsigned i = 0; i < PTT_DROPS; i++) {
		out->dropped[i] = counted(media, COUNT_RTP_DROPPED + i);
		out->rtp_dropped += out->dropped[i];
	}
	for (unsigned int i = 0; i < PTT_MEDIA_DENY_REASONS; i++)
		out->floor_denies[i] = counted(media, COUNT_FLOOR_DENIES + i);
	for (unsigned int i = 0; i < PTT_MEDIA_REVOKE_REASONS; i++)
		out->floor_revokes[i] = counted(media, COUNT_FLOOR_REVOKES + i);
}

/* ---- posts between the two threads ---- */

struct ptt_media_post *ptt_media_post_new(
	struct ptt_media *media, void (*run)(struct ptt_media_post *))
{
	struct ptt_media_post *post = calloc(1, sizeof(*post));

	if (post) {
		post->run = run;
		post->media = media;
	}
	return post;
}

static void post_free(struct ptt_media_post *post)
{
	ptt_wipe(post, sizeof(*post)); /* it may have carried a key */
	free(post);
}

/* The su_msg carries the pointer only, so that no key stays behind in Sofia's memory. */
static void on_post(su_root_magic_t *magic, su_msg_r msg, su_msg_arg_t *arg)
{
	struct ptt_media_post *post;

	(void)magic;
	(void)msg;
	memcpy(&post, arg, sizeof(post));
	while (post) {
		struct ptt_media_post *next = post->next;

		post->run(post);
		post_free(post);
		post = next;
	}
}

static bool send_post(struct ptt_media_post *post, su_task_r const to, su_task_r const from)
{
	su_msg_r msg = SU_MSG_R_INIT;

	if (su_msg_create(msg, to, from, on_post, sizeof(post)) != 0)
		return false;
	memcpy(su_msg_data(msg), &post, sizeof(post));
	return su_msg_send(msg) == 0;
}

/* Sends the gathered posts as one message. Errors: SYSTEM (they are lost). */
static enum ptt_err send_held(struct ptt_media *media)
{
	struct ptt_media_post *post = media->sip.held;

	media->sip.held = NULL;
	media->sip.held_end = &media->sip.held;
	media->sip.held_count = 0;
	if (!post || send_post(post, su_clone_task(media->clone), su_root_task(media->sip.root)))
		return PTT_OK;
	while (post) {
		struct ptt_media_post *next = post->next;

		post_free(post);
		post = next;
	}
	return PTT_ERR_SYSTEM;
}

void ptt_media_hold(struct ptt_media *media)
{
	media->sip.holding = true;
	media->sip.held_end = &media->sip.held;
}

enum ptt_err ptt_media_release(struct ptt_media *media)
{
	media->sip.holding = false;
	return send_held(media);
}

static enum ptt_err hold(struct ptt_media *media, struct ptt_media_post *post)
{
	*media->sip.held_end = post;
	media->sip.held_end = &post->next;
	return ++media->sip.held_count < HELD_MAX ? PTT_OK : send_held(media);
}

enum ptt_err ptt_media_post_down(struct ptt_media_post *post)
{
	struct ptt_media *media = post->media;

	if (media->sip.holding)
		return hold(media, post);
	if (!media->sip.stopping &&
		send_post(post, su_clone_task(media->clone), su_root_task(media->sip.root)))
		return PTT_OK;
	post_free(post);
	return PTT_ERR_SYSTEM;
}

void ptt_media_post_up(struct ptt_media_post *post)
{
	struct ptt_media *media = post->media;

	if (!send_post(post, su_root_task(media->sip.root), su_root_task(media->loop.root)))
		post_free(post);
}

static void run_event(struct ptt_media_post *post)
{
	struct ptt_media *media = post->media;

	if (media->sip.stopping || !media->config.on_event)
		return;
	if (!post->channel || post->channel->removed || (post->endpoint && post->endpoint->closed))
		return;
	post->event.channel_ctx = post->channel->ctx;
	post->event.endpoint_ctx = post->endpoint ? post->endpoint->ctx : NULL;
	media->config.on_event(media->config.ctx, &post->event);
}

void ptt_media_report(struct ptt_media_channel *channel, struct ptt_endpoint *endpoint,
	const struct ptt_media_event *event)
{
	struct ptt_media_post *post = ptt_media_post_new(channel->media, run_event);

	if (!post)
		return;
	post->channel = channel;
	post->endpoint = endpoint;
	post->event = *event;
	ptt_media_post_up(post);
}
