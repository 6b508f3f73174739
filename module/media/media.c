/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The media thread: its loop, its start and its end. */
#include "module/media/media_run.h"
#include "module/rtp/srtp_open.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "module/base/clock.h"

#define EVENTS_A_TURN 64
#define STOP_TURNS    2000

/* Stands for the timer among the sockets of epoll. */
static const struct ptt_media_socket timer_mark;

/* ---- the media thread ---- */

static void on_timer(struct ptt_media *media)
{
	uint64_t expirations;
	int64_t due_ms, now_ms = ptt_clock_ms();
	ssize_t n = read(media->loop.timer_fd, &expirations, sizeof(expirations));

	(void)n;
	media->loop.armed_ms = INT64_MAX;
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
	int n = epoll_wait(media->loop.epoll_fd, events, EVENTS_A_TURN, 0);

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

	media->loop.root = root;
	if (su_wait_create(&media->loop.wait, media->loop.epoll_fd, SU_WAIT_IN) != 0)
		return -1;
	return su_root_register(
		       root, &media->loop.wait, on_epoll, (su_wakeup_arg_t *)(void *)media, 0) > 0
		       ? 0
		       : -1;
}

static void thread_deinit(su_root_t *root, su_root_magic_t *magic)
{
	struct ptt_media *media = (struct ptt_media *)(void *)magic;

	su_root_unregister(root, &media->loop.wait, on_epoll, (su_wakeup_arg_t *)(void *)media);
}

/* ---- start and stop ---- */

static bool open_descriptors(struct ptt_media *media)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = (void *)(uintptr_t)&timer_mark};

	media->loop.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	media->loop.timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	return media->loop.epoll_fd >= 0 && media->loop.timer_fd >= 0 &&
	       epoll_ctl(media->loop.epoll_fd, EPOLL_CTL_ADD, media->loop.timer_fd, &event) == 0;
}

static void free_media(struct ptt_media *media)
{
	if (media->loop.epoll_fd >= 0)
		close(media->loop.epoll_fd);
	if (media->loop.timer_fd >= 0)
		close(media->loop.timer_fd);
	free(media->sip.slots);
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
	media->sip.slot_count = ((uint32_t)config->port_max - config->port_min + 1) / 2;
	media->sip.slots = calloc(media->sip.slot_count, sizeof(*media->sip.slots));
	media->sip.root = sip_root;
	media->loop.armed_ms = INT64_MAX;
	media->loop.epoll_fd = media->loop.timer_fd = -1;
	if (!media->sip.slots || !open_descriptors(media) ||
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
	post->media->sip.stopped = true;
}

/* Last command: no event leaves this thread after it. */
static void run_stop(struct ptt_media_post *post)
{
	struct ptt_media_post *farewell = ptt_media_post_new(post->media, run_farewell);

	post->media->loop.closing = true;
	post->media->channels = NULL;
	if (farewell)
		ptt_media_post_up(farewell);
}

/* Steps the SIP root until the farewell is in: then no event of ours waits in its queue. */
static void wait_for_farewell(struct ptt_media *media)
{
	struct ptt_media_post *post = ptt_media_post_new(media, run_stop);
	bool posted = post && ptt_media_post_down(post) == PTT_OK;

	media->sip.stopping = true; /* after the last command: no other is posted */
	for (int i = 0; posted && i < STOP_TURNS && !media->sip.stopped; i++)
		su_root_step(media->sip.root, 1);
}

void ptt_media_stop(struct ptt_media *media)
{
	if (!media)
		return;
	wait_for_farewell(media);
	su_clone_wait(media->sip.root, media->clone);
	while (media->sip.endpoints) {
		struct ptt_endpoint *endpoint = media->sip.endpoints;

		media->sip.endpoints = endpoint->all_next;
		free(endpoint);
	}
	while (media->sip.pairs) {
		struct ptt_media_pair *pair = media->sip.pairs;

		media->sip.pairs = pair->next;
		ptt_media_pair_free(pair);
	}
	while (media->sip.channels) {
		struct ptt_media_channel *channel = media->sip.channels;

		media->sip.channels = channel->all_next;
		ptt_media_channel_free(channel);
	}
	free_media(media);
}
