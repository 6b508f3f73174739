/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file endpoint.h
 * A member's unicast leg: the two UDP ports of his dialog. Part of media.h; the same rules hold.
 */
#ifndef PTT_ENDPOINT_H
#define PTT_ENDPOINT_H

#include "crypto/bytes.h"

struct ptt_media;
struct ptt_media_channel;
struct ptt_endpoint;

/** Where a member receives and what he sends. Text is used up at once. */
struct ptt_media_peer {
	const char *address; /**< numeric, from his SDP; NULL or "0.0.0.0" = on hold */
	uint16_t audio_port;
	uint16_t floor_port; /**< 0 = no TBCP; he can only take a free floor by talking */
	uint8_t pt;          /**< his RTP payload type of the channel's codec */
	bool forward;  /**< he has no channel: RTP, Taken and Idle go to him by unicast, plain */
	bool packed;   /**< he speaks bandwidth-efficient AMR(-WB); the channel is octet-aligned */
	bool wideband; /**< packed: AMR-WB */
	bool queuing, timestamps; /**< TBCP parameters agreed */
	uint8_t priority;         /**< likewise: the highest he may ask with */
	bool listen_only;         /**< he is never granted */
	const char *name; /**< his IMPU, told to others in Taken; 127 bytes at most; may be NULL */
};

struct ptt_endpoint_at {
	const char *address; /**< NULL = config's */
	uint16_t audio_port, floor_port;
};

/**
 * Opens an audio and a floor port on @p address (NULL = config's), or shares a pair when none is
 * free.
 * Errors: MALFORMED (address), EXHAUSTED (no port, none to share), SYSTEM.
 */
enum ptt_err ptt_endpoint_open(struct ptt_media *media, struct ptt_endpoint **out,
	const char *address, void *ctx) PTT_MUST_CHECK;
/**
 * The same, trying these ports first (a dialog resumed after a restart); read the ports it got
 * after.
 */
enum ptt_err ptt_endpoint_open_at(struct ptt_media *media, struct ptt_endpoint **out,
	const struct ptt_endpoint_at *at, void *ctx) PTT_MUST_CHECK;
uint16_t ptt_endpoint_audio_port(const struct ptt_endpoint *endpoint);
uint16_t ptt_endpoint_floor_port(const struct ptt_endpoint *endpoint);
/**
 * Joins a channel (NULL = none: his media is dropped), sets the peer. Errors: MALFORMED, SYSTEM.
 */
enum ptt_err ptt_endpoint_set_peer(struct ptt_endpoint *endpoint, struct ptt_media_channel *channel,
	const struct ptt_media_peer *peer) PTT_MUST_CHECK;
/** Gives up the floor, frees the ports. NULL is fine. */
void ptt_endpoint_close(struct ptt_endpoint *endpoint);

#endif
