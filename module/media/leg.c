/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/media/media_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define BIND_TRIES 64

/* ---- media thread ---- */

static void list_forward(struct ptt_media_leg *leg, bool on)
{
	if (on && leg->forward_link == NULL) {
		PTT_MEDIA_LINK(leg->channel->forwards, leg, forward_next, forward_link);
	} else if (!on && leg->forward_link != NULL) {
		PTT_MEDIA_UNLINK(leg, forward_next, forward_link);
		leg->forward_link = NULL;
	}
}

void ptt_media_leg_detach(struct ptt_media_leg *leg, int64_t now_ms)
{
	if (leg->channel == NULL)
		return;
	ptt_media_channel_floor(leg->channel, leg, PTT_FLOOR_LEAVE, now_ms);
	memset(&leg->talker, 0, sizeof(leg->talker));
	ptt_media_announce_leave(leg);
	PTT_MEDIA_UNLINK(leg, channel_next, channel_link);
	list_forward(leg, false);
	leg->channel = NULL;
}

static void watch(struct ptt_media *media, struct ptt_media_socket *sock, int op)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = sock};

	if (epoll_ctl(media->epoll_fd, op, sock->fd, &event) != 0)
		ptt_media_count(media, COUNT_SEND_ERRORS); /* deaf, but not fatal: counted */
}

static void run_open(struct ptt_media_post *post)
{
	if (post->pair != NULL) { /* a new one */
		watch(post->media, &post->pair->audio, EPOLL_CTL_ADD);
		watch(post->media, &post->pair->floor, EPOLL_CTL_ADD);
	}
	post->leg->pair_next = post->leg->pair->legs;
	post->leg->pair->legs = post->leg;
}

/* His rights at the floor; on hold, or without TBCP suddenly, he gives up what he had or asked for. */
static void set_talker(struct ptt_media_leg *leg, const struct ptt_media_leg *set)
{
	bool gives_up = set->on_hold || (leg->talker.tbcp && !set->has_floor);

	leg->timestamps = set->timestamps;
	leg->talker.owner = leg;
	leg->talker.tbcp = set->has_floor;
	leg->talker.queuing = set->talker.queuing;
	leg->talker.priority = set->talker.priority;
	leg->talker.listen_only = set->talker.listen_only;
	if (leg->channel == NULL)
		return;
	ptt_media_channel_floor(leg->channel, leg, PTT_FLOOR_RIGHTS, ptt_media_now_ms());
	if (gives_up)
		ptt_media_channel_floor(leg->channel, leg, PTT_FLOOR_RELEASE, ptt_media_now_ms());
}

static void run_set_peer(struct ptt_media_post *post)
{
	struct ptt_media_leg *leg = post->leg;
	const struct ptt_media_leg *set = &post->set;

	if (leg->channel != post->channel)
		ptt_media_leg_detach(leg, ptt_media_now_ms());
	leg->on_hold = set->on_hold;
	leg->has_floor = set->has_floor;
	leg->forward = set->forward;
	leg->packed = set->packed;
	leg->band = set->band;
	leg->pt = set->pt;
	leg->audio_peer = set->audio_peer;
	leg->floor_peer = set->floor_peer;
	leg->audio_seen = leg->floor_seen = 0;
	memcpy(leg->name, set->name, sizeof(leg->name));
	set_talker(leg, set);
	if (post->channel == NULL)
		return;
	if (leg->channel == NULL) {
		leg->channel = post->channel;
		PTT_MEDIA_LINK(post->channel->legs, leg, channel_next, channel_link);
		ptt_media_channel_floor(leg->channel, leg, PTT_FLOOR_JOIN, ptt_media_now_ms());
	}
	list_forward(leg, leg->forward);
}

static void run_gone(struct ptt_media_post *post)
{
	PTT_MEDIA_UNLINK(post->leg, all_next, all_link);
	free(post->leg);
}

static void run_close(struct ptt_media_post *post)
{
	struct ptt_media_post *gone = ptt_media_post_new(post->media, run_gone);
	struct ptt_media_leg *leg = post->leg, **at = &leg->pair->legs;

	ptt_media_leg_detach(leg, ptt_media_now_ms());
	while (*at != NULL && *at != leg)
		at = &(*at)->pair_next;
	if (*at != NULL)
		*at = leg->pair_next;
	if (post->pair != NULL) { /* its last user */
		watch(post->media, &post->pair->audio, EPOLL_CTL_DEL);
		watch(post->media, &post->pair->floor, EPOLL_CTL_DEL);
		ptt_media_pair_free(post->pair);
	}
	if (gone == NULL)
		return; /* freed by ptt_media_stop() */
	gone->leg = leg;
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

	if (pair == NULL)
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

	if (port < min || (port - min) % 2 != 0 || (uint32_t)(port - min) / 2 >= media->slot_count)
		return -1;
	return (port - min) / 2;
}

static void take_slot(struct ptt_media *media, struct ptt_media_pair *pair)
{
	int slot = slot_of(media, ptt_addr_port(&pair->audio_local));

	if (slot >= 0 && media->slots[slot] == NULL) {
		pair->slot = slot;
		media->slots[slot] = pair;
		media->slots_used++;
	}
	PTT_MEDIA_LINK(media->pairs, pair, next, link);
}

/* Errors: EXHAUSTED (no port or no descriptor), SYSTEM. */
static enum ptt_err pair_from_range(
	struct ptt_media *media, struct ptt_media_pair **out, const struct ptt_addr *local)
{
	int refused = 0;

	if (media->slots_used == media->slot_count)
		return PTT_ERR_EXHAUSTED;
	for (uint32_t i = 0; i < media->slot_count && refused < BIND_TRIES; i++) {
		uint32_t slot = media->slot_next++ % media->slot_count;
		uint16_t port = (uint16_t)(media->config.port_min + 2 * slot);

		if (media->slots[slot] != NULL)
			continue;
		if (pair_open(media, out, local, port, (uint16_t)(port + 1)) == PTT_OK)
			return PTT_OK;
		if (errno == EADDRNOTAVAIL)
			return PTT_ERR_SYSTEM;
		if (errno != EADDRINUSE && errno != EACCES)
			break; /* descriptors or memory are used up */
		refused++;
	}
	return PTT_ERR_EXHAUSTED;
}

static struct ptt_media_pair *pair_to_share(struct ptt_media *media, const struct ptt_addr *local)
{
	struct ptt_media_pair *pair = media->share_next != NULL ? media->share_next : media->pairs;

	for (int turn = 0; turn < 2; turn++, pair = media->pairs) {
		while (pair != NULL && !ptt_addr_same_host(&pair->audio_local, local))
			pair = pair->next;
		if (pair != NULL)
			break;
	}
	media->share_next = pair != NULL ? pair->next : NULL;
	return pair;
}

static void forget_pair(struct ptt_media *media, struct ptt_media_pair *pair)
{
	PTT_MEDIA_UNLINK(pair, next, link);
	if (pair->slot >= 0) {
		media->slots[pair->slot] = NULL;
		media->slots_used--;
	}
	if (media->share_next == pair)
		media->share_next = pair->next;
}

/* Ports that several had before a restart they have again. */
static struct ptt_media_pair *pair_at(const struct ptt_media *media, const struct ptt_addr *local,
	const struct ptt_media_leg_at *at)
{
	int slot = slot_of(media, at->audio_port);
	struct ptt_media_pair *pair = slot >= 0 ? media->slots[slot] : NULL;

	if (pair == NULL || !ptt_addr_same_host(&pair->audio_local, local) ||
		ptt_addr_port(&pair->floor_local) != at->floor_port)
		return NULL;
	return pair;
}

/* ---- SIP thread: legs ---- */

static enum ptt_err find_pair(struct ptt_media *media, struct ptt_media_pair **out, bool *shared,
	const struct ptt_media_leg_at *at)
{
	const char *text = at->address != NULL ? at->address : media->address;
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
	return *out != NULL ? PTT_OK : PTT_ERR_EXHAUSTED;
}

static enum ptt_err post_open(struct ptt_media_leg *leg, bool shared)
{
	struct ptt_media_post *post = ptt_media_post_new(leg->media, run_open);

	if (post == NULL)
		return PTT_ERR_SYSTEM;
	post->leg = leg;
	post->pair = shared ? NULL : leg->pair;
	return ptt_media_post_down(post);
}

enum ptt_err ptt_media_leg_open_at(struct ptt_media *media, struct ptt_media_leg **out,
	const struct ptt_media_leg_at *at, void *ctx)
{
	struct ptt_media_pair *pair;
	struct ptt_media_leg *leg;
	bool shared;

	PTT_TRY(find_pair(media, &pair, &shared, at));
	leg = calloc(1, sizeof(*leg));
	if (leg != NULL) {
		leg->media = media;
		leg->pair = pair;
		leg->ctx = ctx;
		leg->on_hold = true; /* until the peer is set */
	}
	if (leg == NULL || post_open(leg, shared) != PTT_OK) {
		if (!shared)
			ptt_media_pair_free(pair);
		free(leg);
		return PTT_ERR_SYSTEM;
	}
	if (!shared)
		take_slot(media, pair);
	pair->users++;
	PTT_MEDIA_LINK(media->legs, leg, all_next, all_link);
	ptt_media_count(media, COUNT_LEGS);
	if (shared)
		ptt_media_count(media, COUNT_LEGS_SHARED);
	*out = leg;
	return PTT_OK;
}

enum ptt_err ptt_media_leg_open(
	struct ptt_media *media, struct ptt_media_leg **out, const char *address, void *ctx)
{
	struct ptt_media_leg_at at = {.address = address};

	return ptt_media_leg_open_at(media, out, &at, ctx);
}

uint16_t ptt_media_leg_audio_port(const struct ptt_media_leg *leg)
{
	return ptt_addr_port(&leg->pair->audio_local);
}

uint16_t ptt_media_leg_floor_port(const struct ptt_media_leg *leg)
{
	return ptt_addr_port(&leg->pair->floor_local);
}

static enum ptt_err read_peer(struct ptt_media_leg *set, const struct ptt_media_peer *peer)
{
	size_t name_len = peer->name != NULL ? strlen(peer->name) : 0;

	set->has_floor = peer->floor_port != 0;
	set->forward = peer->forward;
	set->packed = peer->packed;
	set->band = peer->wideband ? PTT_AMR_WIDE : PTT_AMR_NARROW;
	set->pt = peer->pt;
	set->timestamps = peer->timestamps;
	set->talker.queuing = peer->queuing;
	set->talker.priority = peer->priority;
	set->talker.listen_only = peer->listen_only;
	memcpy(set->name, peer->name != NULL ? peer->name : "",
		name_len < PTT_TBCP_NAME_MAX ? name_len : PTT_TBCP_NAME_MAX);
	set->on_hold = true;
	if (peer->address == NULL)
		return PTT_OK;
	PTT_TRY(ptt_addr_get(&set->audio_peer, peer->address, peer->audio_port));
	PTT_TRY(ptt_addr_get(&set->floor_peer, peer->address, peer->floor_port));
	set->on_hold = ptt_addr_is_any(&set->audio_peer) || peer->audio_port == 0;
	return PTT_OK;
}

enum ptt_err ptt_media_leg_set_peer(struct ptt_media_leg *leg, struct ptt_media_channel *channel,
	const struct ptt_media_peer *peer)
{
	struct ptt_media_post *post = ptt_media_post_new(leg->media, run_set_peer);
	enum ptt_err err;

	if (post == NULL)
		return PTT_ERR_SYSTEM;
	post->leg = leg;
	post->channel = channel;
	err = read_peer(&post->set, peer);
	if (err != PTT_OK) {
		free(post);
		return err;
	}
	return ptt_media_post_down(post);
}

void ptt_media_leg_close(struct ptt_media_leg *leg)
{
	struct ptt_media_post *post;
	enum ptt_err err;

	if (leg == NULL || leg->closed)
		return;
	leg->closed = true;
	post = ptt_media_post_new(leg->media, run_close);
	if (post == NULL || leg->media->stopping) {
		free(post);
		return; /* it ends with ptt_media_stop() */
	}
	post->leg = leg;
	if (--leg->pair->users == 0) {
		forget_pair(leg->media, leg->pair);
		post->pair = leg->pair;
	}
	err = ptt_media_post_down(post);
	(void)err;
}
