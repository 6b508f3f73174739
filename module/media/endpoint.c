/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Endpoints and their pairs of ports: opened on the SIP thread, used on the media thread. */
#include "module/media/media_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "module/base/clock.h"

#define BIND_TRIES 64

/* ---- media thread ---- */

static void list_forward(struct ptt_endpoint *endpoint, bool on)
{
	if (on && !endpoint->forward_link)
		PTT_LIST_ADD(endpoint->channel->forwards, endpoint, forward_next, forward_link);
	else if (!on)
		PTT_LIST_REMOVE(endpoint, forward_next, forward_link);
}

void ptt_endpoint_detach(struct ptt_endpoint *endpoint, int64_t now_ms)
{
	if (!endpoint->channel)
		return;
	ptt_media_channel_floor(endpoint->channel, endpoint, PTT_FLOOR_LEAVE, now_ms);
	memset(&endpoint->talker, 0, sizeof(endpoint->talker));
	ptt_media_announce_leave(endpoint);
	PTT_LIST_REMOVE(endpoint, channel_next, channel_link);
	list_forward(endpoint, false);
	endpoint->channel = NULL;
}

static void watch(struct ptt_media *media, struct ptt_media_socket *sock, int op)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = sock};

	if (epoll_ctl(media->loop.epoll_fd, op, sock->fd, &event) != 0)
		ptt_media_count(
			media, COUNT_SEND_ERRORS); /* nothing is received there; counted only */
}

static void run_open(struct ptt_media_post *post)
{
	if (post->pair) { /* not shared */
		watch(post->media, &post->pair->audio, EPOLL_CTL_ADD);
		watch(post->media, &post->pair->floor, EPOLL_CTL_ADD);
	}
	post->endpoint->pair_next = post->endpoint->pair->endpoints;
	post->endpoint->pair->endpoints = post->endpoint;
}

/* Sets the rights at the floor. On hold, or without TBCP from now on, a member releases it. */
static void set_talker(struct ptt_endpoint *endpoint)
{
	const struct ptt_media_remote *peer = &endpoint->peer;
	bool gives_up = peer->on_hold || (endpoint->talker.tbcp && !peer->has_floor);

	endpoint->talker.owner = endpoint;
	endpoint->talker.tbcp = peer->has_floor;
	endpoint->talker.queuing = peer->queuing;
	endpoint->talker.priority = peer->priority;
	endpoint->talker.listen_only = peer->listen_only;
	if (!endpoint->channel)
		return;
	ptt_media_channel_floor(endpoint->channel, endpoint, PTT_FLOOR_RIGHTS, ptt_clock_ms());
	if (gives_up)
		ptt_media_channel_floor(
			endpoint->channel, endpoint, PTT_FLOOR_RELEASE, ptt_clock_ms());
}

static void run_set_peer(struct ptt_media_post *post)
{
	struct ptt_endpoint *endpoint = post->endpoint;

	if (endpoint->channel != post->channel)
		ptt_endpoint_detach(endpoint, ptt_clock_ms());
	endpoint->peer = post->peer;
	endpoint->audio_seen = endpoint->floor_seen = 0;
	set_talker(endpoint);
	if (!post->channel)
		return;
	if (!endpoint->channel) {
		endpoint->channel = post->channel;
		PTT_LIST_ADD(post->channel->endpoints, endpoint, channel_next, channel_link);
		ptt_media_channel_floor(
			endpoint->channel, endpoint, PTT_FLOOR_JOIN, ptt_clock_ms());
	}
	list_forward(endpoint, endpoint->peer.forward);
}

static void run_gone(struct ptt_media_post *post)
{
	PTT_LIST_REMOVE(post->endpoint, all_next, all_link);
	free(post->endpoint);
}

static void run_close(struct ptt_media_post *post)
{
	struct ptt_media_post *gone = ptt_media_post_new(post->media, run_gone);
	struct ptt_endpoint *endpoint = post->endpoint, **at = &endpoint->pair->endpoints;

	ptt_endpoint_detach(endpoint, ptt_clock_ms());
	while (*at && *at != endpoint)
		at = &(*at)->pair_next;
	if (*at)
		*at = endpoint->pair_next;
	if (post->pair) { /* no other endpoint uses it */
		watch(post->media, &post->pair->audio, EPOLL_CTL_DEL);
		watch(post->media, &post->pair->floor, EPOLL_CTL_DEL);
		ptt_media_pair_free(post->pair);
	}
	if (!gone)
		return; /* no memory: ptt_media_stop() frees it */
	gone->endpoint = endpoint;
	ptt_media_post_up(gone);
}

/* ---- SIP thread: ports ---- */

void ptt_media_pair_free(struct ptt_media_pair *pair)
{
	if (pair->audio.fd >= 0)
		close(pair->audio.fd);
	if (pair->floor.fd >= 0)
		close(pair->floor.fd);
	free(pair);
}

/* Errors: SYSTEM, with errno. */
static enum ptt_err pair_open(struct ptt_media *media, struct ptt_media_pair **out,
	const struct ptt_addr *local, uint16_t audio_port, uint16_t floor_port)
{
	struct ptt_media_pair *pair = calloc(1, sizeof(*pair));
	int saved;

	if (!pair)
		return PTT_ERR_SYSTEM;
	pair->media = media;
	pair->slot = -1;
	pair->audio.pair = pair->floor.pair = pair;
	pair->floor.floor = true;
	pair->audio.fd = pair->floor.fd = -1;
	pair->audio_local = pair->floor_local = *local;
	ptt_addr_set_port(&pair->audio_local, audio_port);
	ptt_addr_set_port(&pair->floor_local, floor_port);
	if (ptt_net_unicast(&pair->audio.fd, &pair->audio_local) != PTT_OK ||
		ptt_net_unicast(&pair->floor.fd, &pair->floor_local) != PTT_OK) {
		saved = errno;
		ptt_media_pair_free(pair);
		errno = saved;
		return PTT_ERR_SYSTEM;
	}
	*out = pair;
	return PTT_OK;
}

/* -1: outside the range. */
static int slot_of(const struct ptt_media *media, uint16_t port)
{
	uint16_t min = media->config.port_min;

	if (port < min || (port - min) % 2 != 0 ||
		(uint32_t)(port - min) / 2 >= media->sip.slot_count)
		return -1;
	return (port - min) / 2;
}

static void take_slot(struct ptt_media *media, struct ptt_media_pair *pair)
{
	int slot = slot_of(media, ptt_addr_port(&pair->audio_local));

	if (slot >= 0 && !media->sip.slots[slot]) {
		pair->slot = slot;
		media->sip.slots[slot] = pair;
		media->sip.slots_used++;
	}
	PTT_LIST_ADD(media->sip.pairs, pair, next, link);
}

/* Errors: EXHAUSTED (no port or no descriptor), SYSTEM. */
static enum ptt_err pair_from_range(
	struct ptt_media *media, struct ptt_media_pair **out, const struct ptt_addr *local)
{
	int refused = 0;

	if (media->sip.slots_used == media->sip.slot_count)
		return PTT_ERR_EXHAUSTED;
	for (uint32_t i = 0; i < media->sip.slot_count && refused < BIND_TRIES; i++) {
		uint32_t slot = media->sip.slot_next++ % media->sip.slot_count;
		uint16_t port = (uint16_t)(media->config.port_min + 2 * slot);

		if (media->sip.slots[slot])
			continue;
		if (pair_open(media, out, local, port, (uint16_t)(port + 1)) == PTT_OK)
			return PTT_OK;
		if (errno == EADDRNOTAVAIL)
			return PTT_ERR_SYSTEM;
		if (errno != EADDRINUSE && errno != EACCES)
			break; /* no descriptor or no memory */
		refused++;
	}
	return PTT_ERR_EXHAUSTED;
}

static struct ptt_media_pair *pair_to_share(struct ptt_media *media, const struct ptt_addr *local)
{
	struct ptt_media_pair *pair =
		media->sip.share_next ? media->sip.share_next : media->sip.pairs;

	for (int turn = 0; turn < 2; turn++, pair = media->sip.pairs) {
		while (pair && !ptt_addr_same_host(&pair->audio_local, local))
			pair = pair->next;
		if (pair)
			break;
	}
	media->sip.share_next = pair ? pair->next : NULL;
	return pair;
}

static void forget_pair(struct ptt_media *media, struct ptt_media_pair *pair)
{
	PTT_LIST_REMOVE(pair, next, link);
	if (pair->slot >= 0) {
		media->sip.slots[pair->slot] = NULL;
		media->sip.slots_used--;
	}
	if (media->sip.share_next == pair)
		media->sip.share_next = pair->next;
}

/* A pair that several endpoints shared before a restart is shared again. */
static struct ptt_media_pair *pair_at(const struct ptt_media *media, const struct ptt_addr *local,
	const struct ptt_endpoint_at *at)
{
	int slot = slot_of(media, at->audio_port);
	struct ptt_media_pair *pair = slot >= 0 ? media->sip.slots[slot] : NULL;

	if (!pair || !ptt_addr_same_host(&pair->audio_local, local) ||
		ptt_addr_port(&pair->floor_local) != at->floor_port)
		return NULL;
	return pair;
}

/* ---- SIP thread: endpoints ---- */

static enum ptt_err find_pair(struct ptt_media *media, struct ptt_media_pair **out, bool *shared,
	const struct ptt_endpoint_at *at)
{
	const char *text = at->address ? at->address : media->address;
	struct ptt_addr local;
	enum ptt_err err;

	PTT_TRY(ptt_addr_get(&local, text, 0));
	*out = pair_at(media, &local, at);
	*shared = *out != NULL;
	if (*shared)
		return PTT_OK;
	if (at->audio_port != 0 && at->floor_port != 0 &&
		pair_open(media, out, &local, at->audio_port, at->floor_port) == PTT_OK)
		return PTT_OK;
	err = pair_from_range(media, out, &local);
	if (err != PTT_ERR_EXHAUSTED)
		return err;
	*out = pair_to_share(media, &local);
	*shared = *out != NULL;
	return *out ? PTT_OK : PTT_ERR_EXHAUSTED;
}

static enum ptt_err post_open(struct ptt_endpoint *endpoint, bool shared)
{
	struct ptt_media_post *post = ptt_media_post_new(endpoint->media, run_open);

	if (!post)
		return PTT_ERR_SYSTEM;
	post->endpoint = endpoint;
	post->pair = shared ? NULL : endpoint->pair;
	return ptt_media_post_down(post);
}

enum ptt_err ptt_endpoint_open_at(struct ptt_media *media, struct ptt_endpoint **out,
	const struct ptt_endpoint_at *at, void *ctx)
{
	struct ptt_media_pair *pair;
	struct ptt_endpoint *endpoint;
	bool shared;

	PTT_TRY(find_pair(media, &pair, &shared, at));
	endpoint = calloc(1, sizeof(*endpoint));
	if (endpoint) {
		endpoint->media = media;
		endpoint->pair = pair;
		endpoint->ctx = ctx;
		endpoint->peer.on_hold = true; /* until the peer is set */
	}
	if (!endpoint || post_open(endpoint, shared) != PTT_OK) {
		if (!shared)
			ptt_media_pair_free(pair);
		free(endpoint);
		return PTT_ERR_SYSTEM;
	}
	if (!shared)
		take_slot(media, pair);
	pair->users++;
	PTT_LIST_ADD(media->sip.endpoints, endpoint, all_next, all_link);
	ptt_media_count(media, COUNT_ENDPOINTS);
	if (shared)
		ptt_media_count(media, COUNT_ENDPOINTS_SHARED);
	*out = endpoint;
	return PTT_OK;
}

enum ptt_err ptt_endpoint_open(
	struct ptt_media *media, struct ptt_endpoint **out, const char *address, void *ctx)
{
	struct ptt_endpoint_at at = {.address = address};

	return ptt_endpoint_open_at(media, out, &at, ctx);
}

uint16_t ptt_endpoint_audio_port(const struct ptt_endpoint *endpoint)
{
	return ptt_addr_port(&endpoint->pair->audio_local);
}

uint16_t ptt_endpoint_floor_port(const struct ptt_endpoint *endpoint)
{
	return ptt_addr_port(&endpoint->pair->floor_local);
}

static enum ptt_err read_peer(struct ptt_media_remote *out, const struct ptt_media_peer *peer)
{
	size_t name_len = peer->name ? strlen(peer->name) : 0;

	out->has_floor = peer->floor_port != 0;
	out->forward = peer->forward;
	out->packed = peer->packed;
	out->band = peer->wideband ? PTT_AMR_WIDE : PTT_AMR_NARROW;
	out->pt = peer->pt;
	out->timestamps = peer->timestamps;
	out->queuing = peer->queuing;
	out->priority = peer->priority;
	out->listen_only = peer->listen_only;
	memcpy(out->name, peer->name ? peer->name : "",
		name_len < PTT_TBCP_NAME_MAX ? name_len : PTT_TBCP_NAME_MAX);
	out->on_hold = true;
	if (!peer->address)
		return PTT_OK;
	PTT_TRY(ptt_addr_get(&out->audio, peer->address, peer->audio_port));
	PTT_TRY(ptt_addr_get(&out->floor, peer->address, peer->floor_port));
	out->on_hold = ptt_addr_is_any(&out->audio) || peer->audio_port == 0;
	return PTT_OK;
}

enum ptt_err ptt_endpoint_set_peer(struct ptt_endpoint *endpoint, struct ptt_media_channel *channel,
	const struct ptt_media_peer *peer)
{
	struct ptt_media_post *post = ptt_media_post_new(endpoint->media, run_set_peer);
	enum ptt_err err;

	if (!post)
		return PTT_ERR_SYSTEM;
	post->endpoint = endpoint;
	post->channel = channel;
	err = read_peer(&post->peer, peer);
	if (err != PTT_OK) {
		free(post);
		return err;
	}
	return ptt_media_post_down(post);
}

void ptt_endpoint_close(struct ptt_endpoint *endpoint)
{
	struct ptt_media_post *post;
	enum ptt_err err;

	if (!endpoint || endpoint->closed)
		return;
	endpoint->closed = true;
	post = ptt_media_post_new(endpoint->media, run_close);
	if (!post || endpoint->media->sip.stopping) {
		free(post);
		return; /* ptt_media_stop() frees it */
	}
	post->endpoint = endpoint;
	if (--endpoint->pair->users == 0) {
		forget_pair(endpoint->media, endpoint->pair);
		post->pair = endpoint->pair;
	}
	err = ptt_media_post_down(post);
	(void)err;
}
