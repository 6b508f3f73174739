/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/media/media_run.h"
#include "module/rtp/srtp_open.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "module/base/clock.h"

#define EVENTS_A_TURN 64
#define STOP_TURNS    2000
#define HELD_MAX      512 /* more than wake the thread for one, fewer than memory is spent on */

static const struct ptt_media_pair timer_mark; /* the timer's place among the pairs of epoll */

void ptt_media_count(struct ptt_media *media, unsigned what)
{
	atomic_fetch_add_explicit(&media->counts[what], 1, memory_order_relaxed);
}

static uint64_t counted(const struct ptt_media *media, unsigned what)
{
	return atomic_load_explicit(&media->counts[what], memory_order_relaxed);
}

const char *ptt_media_drop_name(enum ptt_media_drop drop)
{
	static const char *const names[PTT_DROPS] = {"source", "no-channel", "malformed", "payload",
		"floor", "ssrc", "late", "no-key", "system"};

	return (unsigned)drop < PTT_DROPS ? names[drop] : "system";
}

void ptt_media_get_stats(const struct ptt_media *media, struct ptt_media_stats *out)
{
	*out = (struct ptt_media_stats){
		.mtk_messages_sent = counted(media, COUNT_MTK_MESSAGES),
		.srtp_protected = counted(media, COUNT_SRTP),
		.srtcp_protected = counted(media, COUNT_SRTCP),
		.rtp_received = counted(media, COUNT_RTP_RECEIVED),
		.tbcp_received = counted(media, COUNT_TBCP_RECEIVED),
		.tbcp_malformed = counted(media, COUNT_TBCP_MALFORMED),
		.send_errors = counted(media, COUNT_SEND_ERRORS),
		.endpoints = counted(media, COUNT_LEGS),
		.endpoints_shared = counted(media, COUNT_ENDPOINTS_SHARED),
		.cutovers = counted(media, COUNT_CUTOVERS),
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

static void run_stop(struct ptt_media_post *post);

static bool send_post(struct ptt_media_post *post, su_task_r const to, su_task_r const from)
{
	su_msg_r msg = SU_MSG_R_INIT;

	if (su_msg_create(msg, to, from, on_post, sizeof(post)) != 0)
		return false;
	memcpy(su_msg_data(msg), &post, sizeof(post));
	return su_msg_send(msg) == 0;
}

/* Those that were held go as one message. Errors: SYSTEM: they are lost. */
static enum ptt_err send_held(struct ptt_media *media)
{
	struct ptt_media_post *post = media->held;

	media->held = NULL;
	media->held_end = &media->held;
	media->held_count = 0;
	if (!post || send_post(post, su_clone_task(media->clone), su_root_task(media->sip_root)))
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
	media->holding = true;
	media->held_end = &media->held;
}

enum ptt_err ptt_media_release(struct ptt_media *media)
{
	media->holding = false;
	return send_held(media);
}

static enum ptt_err hold(struct ptt_media *media, struct ptt_media_post *post)
{
	*media->held_end = post;
	media->held_end = &post->next;
	return ++media->held_count < HELD_MAX ? PTT_OK : send_held(media);
}

enum ptt_err ptt_media_post_down(struct ptt_media_post *post)
{
	struct ptt_media *media = post->media;

	if (media->holding)
		return hold(media, post);
	if ((!media->stopping || post->run == run_stop) &&
		send_post(post, su_clone_task(media->clone), su_root_task(media->sip_root)))
		return PTT_OK;
	post_free(post);
	return PTT_ERR_SYSTEM;
}

void ptt_media_post_up(struct ptt_media_post *post)
{
	struct ptt_media *media = post->media;

	if (!send_post(post, su_root_task(media->sip_root), su_root_task(media->root)))
		post_free(post);
}

static void run_event(struct ptt_media_post *post)
{
	struct ptt_media *media = post->media;

	if (media->stopping || !media->config.on_event)
		return;
	if (!post->channel || post->channel->removed || (post->endpoint && post->endpoint->closed))
		return;
	post->event.channel_ctx = post->channel->ctx;
	post->event.endpoint_ctx = post->endpoint ? post->endpoint->ctx : NULL;
	media->config.on_event(media->config.ctx, &post->event);
}

void ptt_media_tell(struct ptt_media_channel *channel, struct ptt_endpoint *endpoint,
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

/* ---- the media thread ---- */

void ptt_media_arm(struct ptt_media *media, int64_t due_ms)
{
	struct itimerspec at = {0};

	if (due_ms >= media->armed_ms)
		return;
	media->armed_ms = due_ms;
	at.it_value.tv_sec = due_ms / 1000;
	at.it_value.tv_nsec = due_ms % 1000 * 1000000 + 1; /* never all zero: that would disarm */
	(void)timerfd_settime(media->timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static void on_timer(struct ptt_media *media)
{
	uint64_t expirations;
	int64_t due_ms, now_ms = ptt_clock_ms();
	ssize_t n = read(media->timer_fd, &expirations, sizeof(expirations));

	(void)n;
	media->armed_ms = INT64_MAX;
	due_ms = ptt_media_announce_some(media, now_ms);
	for (struct ptt_media_channel *ch = media->channels; ch; ch = ch->next) {
		int64_t at_ms = ptt_media_channel_run(ch, now_ms);

		due_ms = at_ms < due_ms ? at_ms : due_ms;
	}
	ptt_media_arm(media, due_ms);
}

static int on_epoll(su_root_magic_t *magic, su_wait_t *wait, su_wakeup_arg_t *arg)
{
	struct ptt_media *media = (struct ptt_media *)(void *)arg;
	struct epoll_event events[EVENTS_A_TURN];
	int n = epoll_wait(media->epoll_fd, events, EVENTS_A_TURN, 0);

	(void)magic;
	(void)wait;
	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr == (void *)(uintptr_t)&timer_mark)
			on_timer(media);
		else
			ptt_media_uplink_read(events[i].data.ptr, ptt_clock_ms());
	}
	return 0;
}

static int thread_init(su_root_t *root, su_root_magic_t *magic)
{
	struct ptt_media *media = (struct ptt_media *)(void *)magic;

	media->root = root;
	if (su_wait_create(&media->wait, media->epoll_fd, SU_WAIT_IN) != 0)
		return -1;
	return su_root_register(root, &media->wait, on_epoll, (su_wakeup_arg_t *)(void *)media, 0) >
			       0
		       ? 0
		       : -1;
}

static void thread_deinit(su_root_t *root, su_root_magic_t *magic)
{
	struct ptt_media *media = (struct ptt_media *)(void *)magic;

	su_root_unregister(root, &media->wait, on_epoll, (su_wakeup_arg_t *)(void *)media);
}

/* ---- start and stop ---- */

static bool open_descriptors(struct ptt_media *media)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = (void *)(uintptr_t)&timer_mark};

	media->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	media->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	return media->epoll_fd >= 0 && media->timer_fd >= 0 &&
	       epoll_ctl(media->epoll_fd, EPOLL_CTL_ADD, media->timer_fd, &event) == 0;
}

static void free_media(struct ptt_media *media)
{
	if (media->epoll_fd >= 0)
		close(media->epoll_fd);
	if (media->timer_fd >= 0)
		close(media->timer_fd);
	free(media->slots);
	free(media);
}

static enum ptt_err check_config(const struct ptt_media_config *config)
{
	struct ptt_addr addr;

	if (config->port_min == 0 || config->port_max <= config->port_min)
		return PTT_ERR_MISMATCH;
	if (!config->address)
		return PTT_OK;
	if (ptt_addr_get(&addr, config->address, 0) != PTT_OK || strlen(config->address) >= 64)
		return PTT_ERR_MISMATCH;
	return PTT_OK;
}

enum ptt_err ptt_media_start(
	struct ptt_media **out, su_root_t *sip_root, const struct ptt_media_config *config)
{
	struct ptt_media *media;

	PTT_TRY(check_config(config));
	PTT_TRY(ptt_srtp_prepare()); /* now, not when the first MTK comes */
	media = calloc(1, sizeof(*media));
	if (!media)
		return PTT_ERR_SYSTEM;
	media->config = *config;
	media->config.address = NULL;
	if (config->address)
		strcpy(media->address, config->address);
	media->slot_count = ((uint32_t)config->port_max - config->port_min + 1) / 2;
	media->slots = calloc(media->slot_count, sizeof(*media->slots));
	media->sip_root = sip_root;
	media->armed_ms = INT64_MAX;
	media->epoll_fd = media->timer_fd = -1;
	if (!media->slots || !open_descriptors(media) ||
		su_clone_start(sip_root, media->clone, (su_root_magic_t *)(void *)media,
			thread_init, thread_deinit) != 0) {
		free_media(media);
		return PTT_ERR_SYSTEM;
	}
	*out = media;
	return PTT_OK;
}

static void run_farewell(struct ptt_media_post *post)
{
	post->media->stopped = true;
}

/* Last command: no event leaves this thread any more. */
static void run_stop(struct ptt_media_post *post)
{
	struct ptt_media_post *farewell = ptt_media_post_new(post->media, run_farewell);

	post->media->deaf = true;
	post->media->channels = NULL;
	if (farewell)
		ptt_media_post_up(farewell);
}

/* Steps the SIP root until the farewell is in: then no event of ours waits in its queue. */
static void wait_for_farewell(struct ptt_media *media)
{
	struct ptt_media_post *post = ptt_media_post_new(media, run_stop);

	if (!post || ptt_media_post_down(post) != PTT_OK)
		return;
	for (int i = 0; i < STOP_TURNS && !media->stopped; i++)
		su_root_step(media->sip_root, 1);
}

void ptt_media_stop(struct ptt_media *media)
{
	if (!media)
		return;
	media->stopping = true;
	wait_for_farewell(media);
	su_clone_wait(media->sip_root, media->clone);
	while (media->endpoints) {
		struct ptt_endpoint *endpoint = media->endpoints;

		media->endpoints = endpoint->all_next;
		free(endpoint);
	}
	while (media->pairs) {
		struct ptt_media_pair *pair = media->pairs;

		media->pairs = pair->next;
		ptt_media_pair_free(pair);
	}
	while (media->all_channels) {
		struct ptt_media_channel *channel = media->all_channels;

		media->all_channels = channel->all_next;
		ptt_media_channel_free(channel);
	}
	free_media(media);
}
