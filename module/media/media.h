/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file media.h
 * Server side of the user plane: one thread with all media sockets, libsrtp2 and the floor.
 *
 * Thread: the SIP thread (that of the su_root given at the start) calls every function here. Any
 * thread may call ptt_media_get_stats(). Commands travel to the media thread by su_msg and run in
 * the order of the calls. Events come back by su_msg: on_event runs on the SIP thread. All times
 * are milliseconds of ptt_clock_ms().
 *
 * Channel:  add -> set_mtk (before the first one nothing is sent) ... -> remove.
 * Endpoint: open (gives the ports for the SDP) -> set_peer after each answer or offer -> close.
 * After remove or close no event names that handle.
 *
 * Spec: OMA PoC User Plane (floor), RFC 3711, TS 33.246 6.4 (MTK messages); docs/wire.md 5 and 6.
 */
#ifndef PTT_MEDIA_H
#define PTT_MEDIA_H

#include <sofia-sip/su_wait.h>

#include "crypto/mbms_profile.h"
#include "crypto/secret.h"
#include "module/media/floor_policy.h"
#include "module/media/media_stats.h"
#include "module/rtp/srtp_open.h"

#define PTT_MTK_MESSAGE_MAX          512 /**< bytes of one MTK message */
#define PTT_MEDIA_MTK_NOW_MIN_GAP_MS 100

struct ptt_media;
struct ptt_media_channel;
struct ptt_endpoint;

/* ---- events ---- */

enum ptt_media_event_type {
	PTT_MEDIA_MTK_SENT,   /**< the first copy of a new MTK message has left (at_ms) */
	PTT_MEDIA_CUTOVER,    /**< the MKI is switched and the old key wiped */
	PTT_MEDIA_SILENT,     /**< the channel is silenced; last_old_ms: last packet that left */
	PTT_MEDIA_MTK_SPENT,  /**< mtk_packets were protected under this MKI; once a key */
	PTT_MEDIA_TALK_START, /**< endpoint_ctx took the floor */
	PTT_MEDIA_TALK_STOP,  /**< endpoint_ctx lost or released it */
	PTT_MEDIA_DENIED,     /**< the floor denied a request of endpoint_ctx: reason */
	PTT_MEDIA_QUEUED,     /**< endpoint_ctx waits for the floor: position */
	PTT_MEDIA_REVOKED,    /**< the floor revoked the burst of endpoint_ctx: reason */
	PTT_MEDIA_ALARM,      /**< err: a send or protect failed; at most one a second a channel */
};

struct ptt_media_event {
	enum ptt_media_event_type type;
	enum ptt_err err;
	void *channel_ctx;  /**< as given to add */
	void *endpoint_ctx; /**< as given to open; NULL for an event of the whole channel */
	uint8_t mki[PTT_MKI_LEN];
	int64_t at_ms;             /**< when it happened */
	int64_t first_ms;          /**< CUTOVER: first copy of this MTK's message left */
	int64_t last_old_ms;       /**< CUTOVER, SILENT: last packet under the old key; 0 = none */
	uint16_t reason, position; /**< of the floor (tbcp.h); its events: at most 50 a second */
};

/* ---- the thread ---- */

struct ptt_media_config {
	const char *address; /**< numeric, of endpoints; NULL: each open gives one. Copied */
	uint16_t port_min, port_max; /**< UDP ports of endpoints, both inclusive */
	void (*on_event)(void *ctx, const struct ptt_media_event *event); /**< may be NULL */
	void *ctx;
};

/** Starts the thread. Errors: MISMATCH (ports, address), SYSTEM. Keeps: sip_root. */
enum ptt_err ptt_media_start(struct ptt_media **out, su_root_t *sip_root,
	const struct ptt_media_config *config) PTT_MUST_CHECK;
/** Ends the thread, wipes keys, frees all channels and endpoints; steps sip_root meanwhile. */
void ptt_media_stop(struct ptt_media *media);
/**
 * Gathers commands until ptt_media_release() and sends them in batches, in their order. At a start
 * with thousands of members each endpoint would wake the media thread twice.
 */
void ptt_media_hold(struct ptt_media *media);
/** Errors: SYSTEM (some of the gathered commands are lost). */
enum ptt_err ptt_media_release(struct ptt_media *media) PTT_MUST_CHECK;

/* ---- channels ---- */

struct ptt_media_channel_config {
	const char *address;   /**< numeric group address, v4 or v6. All text is copied */
	const char *source;    /**< numeric source address; NULL = the interface's */
	const char *interface; /**< name; NULL = by route */
	uint8_t ttl;           /**< IPv6: the hop limit */
	uint8_t dscp;          /**< 0 to 63 */
	enum ptt_suite suite;  /**< this libsrtp must have it */
	uint16_t audio_port, floor_port, key_port;
	uint8_t pt;             /**< RTP payload type on the channel */
	uint32_t mtk_lead_ms;   /**< from the first copy of a new MTK message to its MKI; 50 */
	uint32_t mtk_repeat_ms; /**< repeats of the newest message; 1000 */
	uint64_t mtk_packets;   /**< PTT_MEDIA_MTK_SPENT after so many packets; 0 = never */
	const struct ptt_floor_policy *floor; /**< copied; NULL = ptt_floor_policy_default */
	void *ctx;
};

/** Errors: MALFORMED (addresses), NO_KEY (interface), UNSUPPORTED (suite), SYSTEM (errno). */
enum ptt_err ptt_media_channel_add(struct ptt_media *media, struct ptt_media_channel **out,
	const struct ptt_media_channel_config *config) PTT_MUST_CHECK;
/** What a reload may change of the MTKs; holds from the next message on. */
struct ptt_media_channel_times {
	uint32_t mtk_lead_ms, mtk_repeat_ms;
	uint64_t mtk_packets;
};
void ptt_media_channel_set_times(
	struct ptt_media_channel *channel, const struct ptt_media_channel_times *times);
/** Ends all sending and wipes the key. Its endpoints stay open, in no channel. NULL is fine. */
void ptt_media_channel_remove(struct ptt_media_channel *channel);
/** Another floor policy, from now on. Errors: SYSTEM. */
enum ptt_err ptt_media_channel_set_floor(
	struct ptt_media_channel *channel, const struct ptt_floor_policy *policy) PTT_MUST_CHECK;
/** The source address in force, text; lives as long as the channel. */
const char *ptt_media_channel_source(const struct ptt_media_channel *channel);

struct ptt_media_mtk {
	const struct ptt_mtk *mtk; /**< copied; 16/14 AES-CM, SHA1-80; 16/12 and 32/12 AES-GCM */
	uint8_t mki[PTT_MKI_LEN];
	struct ptt_bytes message; /**< the MIKEY MTK message, sent unchanged. Copied */
	int64_t not_before_ms;    /**< first copy not before; 0 = at once */
};
/**
 * A new MTK: its message leaves twice, 20 ms apart. mtk_lead_ms after the first copy the media
 * thread switches the MKI, wipes the old key and reports PTT_MEDIA_CUTOVER. Repeats follow. Several
 * MTKs are handled in order. Ends a silence.
 * Errors: NO_SPACE (message), UNSUPPORTED (key lengths), SYSTEM (memory).
 */
enum ptt_err ptt_media_set_mtk(
	struct ptt_media_channel *channel, const struct ptt_media_mtk *mtk) PTT_MUST_CHECK;
/** Sends the newest MTK message and the floor's state again, at most every 100 ms. */
void ptt_media_send_mtk_now(struct ptt_media_channel *channel);
/** Silences the channel until the next set_mtk: wipes the key and the MTKs not yet switched to. */
enum ptt_err ptt_media_silence(struct ptt_media_channel *channel) PTT_MUST_CHECK;

/* ---- endpoints: a member's two unicast ports ---- */

/** Where a member receives and what it sends; text is copied. */
struct ptt_media_peer {
	const char *address; /**< numeric, from the member's SDP; NULL or "0.0.0.0" = on hold */
	uint16_t audio_port;
	uint16_t floor_port; /**< 0 = no TBCP: the member takes a free floor by talking */
	uint8_t pt;          /**< the member's RTP payload type of the channel's codec */
	bool forward; /**< the member has no channel: RTP, Taken, Idle go to it by unicast, plain */
	bool packed;  /**< its AMR(-WB) is bandwidth-efficient; the channel is octet-aligned */
	bool wideband;            /**< packed: AMR-WB */
	bool queuing, timestamps; /**< TBCP parameters agreed */
	uint8_t priority;         /**< agreed too: the highest priority of its requests */
	bool listen_only;         /**< the floor never grants it */
	const char *name;         /**< IMPU, at most 127 bytes; Taken has it; may be NULL */
};

struct ptt_endpoint_at {
	const char *address; /**< NULL = config's */
	uint16_t audio_port, floor_port;
};

/**
 * Opens an audio and a floor port on @p address (NULL = config's); shares a pair when none is free.
 * Errors: MALFORMED (address), EXHAUSTED (no port, none to share), SYSTEM.
 */
enum ptt_err ptt_endpoint_open(struct ptt_media *media, struct ptt_endpoint **out,
	const char *address, void *ctx) PTT_MUST_CHECK;
/** As ptt_endpoint_open(), but tries the ports of @p at first: a dialog resumed after a restart. */
enum ptt_err ptt_endpoint_open_at(struct ptt_media *media, struct ptt_endpoint **out,
	const struct ptt_endpoint_at *at, void *ctx) PTT_MUST_CHECK;
uint16_t ptt_endpoint_audio_port(const struct ptt_endpoint *endpoint);
uint16_t ptt_endpoint_floor_port(const struct ptt_endpoint *endpoint);
/**
 * Joins a channel, sets the peer. With channel NULL the member's media is dropped.
 * Errors: MALFORMED, SYSTEM.
 */
enum ptt_err ptt_endpoint_set_peer(struct ptt_endpoint *endpoint, struct ptt_media_channel *channel,
	const struct ptt_media_peer *peer) PTT_MUST_CHECK;
/** Gives up the floor, frees the ports. NULL is fine. */
void ptt_endpoint_close(struct ptt_endpoint *endpoint);

#endif
