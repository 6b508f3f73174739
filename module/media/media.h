/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file media.h
 * Server side of the user plane: one thread with all media sockets, libsrtp2 and the floor.
 *
 * Every function here is called on the SIP thread (that of the su_root given at the start).
 * Commands travel by su_msg to the media thread and are done in the order of the calls; events come
 * back by su_msg and call on_event on the SIP thread. Times are CLOCK_MONOTONIC milliseconds.
 *
 * Channel: add -> [nothing is ever sent before the first set_mtk] -> set_mtk ... -> remove.
 * Leg: open (gives the ports for the SDP) -> set_peer after each answer or offer -> close.
 * After a remove or close no event names that handle any more.
 *
 * Spec: OMA PoC User Plane (floor), RFC 3711, TS 33.246 6.4 (MTK messages); profile sections 5, 6.
 */
#ifndef PTT_MEDIA_H
#define PTT_MEDIA_H

#include <sofia-sip/su_wait.h>

#include "crypto/bytes.h"
#include "crypto/mbms_profile.h"
#include "crypto/secret.h"
#include "module/media/floor.h"
#include "module/media/endpoint.h"
#include "module/media/media_event.h"
#include "module/media/media_stats.h"

#define PTT_MTK_MESSAGE_MAX          512 /**< bytes of one MTK message */
#define PTT_MEDIA_MTK_NOW_MIN_GAP_MS 100

struct ptt_media;
struct ptt_media_channel;

struct ptt_media_config {
	const char *address;         /**< numeric, of the legs; NULL: each open gives one. Copied */
	uint16_t port_min, port_max; /**< UDP ports of legs, both inclusive */
	void (*on_event)(void *ctx, const struct ptt_media_event *event); /**< may be NULL */
	void *ctx;
};

struct ptt_media_channel_config {
	const char *address;   /**< numeric group address, v4 or v6. All text is copied */
	const char *source;    /**< numeric source address; NULL = the interface's */
	const char *interface; /**< name; NULL = by route */
	uint8_t ttl;           /**< IPv6: the hop limit */
	uint8_t dscp;          /**< 0 to 63 */
	enum ptt_suite suite;  /**< must be there in this libsrtp */
	uint16_t audio_port, floor_port, key_port;
	uint8_t pt;             /**< RTP payload type on the channel */
	uint32_t mtk_lead_ms;   /**< from the first copy of a new MTK message to its MKI; 50 */
	uint32_t mtk_repeat_ms; /**< repeats of the newest message; 1000 */
	uint64_t mtk_packets;   /**< PTT_MEDIA_MTK_SPENT after so many packets; 0 = never */
	const struct ptt_floor_policy *floor; /**< copied; NULL = ptt_floor_policy_default */
	void *ctx;
};

/** Starts the thread. Errors: MISMATCH (ports, address), SYSTEM. Keeps: sip_root. */
enum ptt_err ptt_media_start(struct ptt_media **out, su_root_t *sip_root,
	const struct ptt_media_config *config) PTT_MUST_CHECK;
/** Ends the thread, wipes keys, frees all channels and legs; steps sip_root meanwhile. */
void ptt_media_stop(struct ptt_media *media);
/**
 * What is asked of the media thread from here to the release goes to it by the hundreds, in its
 * order: for thousands of legs at a start, each of which would wake it twice.
 * Errors of the release: SYSTEM: some of it is lost.
 */
void ptt_media_hold(struct ptt_media *media);
enum ptt_err ptt_media_release(struct ptt_media *media) PTT_MUST_CHECK;
/** First address of an interface, text (INET6_ADDRSTRLEN). Errors: NO_KEY (none), SYSTEM. */
enum ptt_err ptt_media_interface_address(
	char *out, size_t size, const char *interface, int family) PTT_MUST_CHECK;

/**
 * Errors: MALFORMED (addresses), NO_KEY (interface), UNSUPPORTED (the suite), SYSTEM (socket;
 * errno).
 */
enum ptt_err ptt_media_channel_add(struct ptt_media *media, struct ptt_media_channel **out,
	const struct ptt_media_channel_config *config) PTT_MUST_CHECK;
/** After a reload: what the policy says of MTKs; holds from the next message on. */
struct ptt_media_channel_times {
	uint32_t mtk_lead_ms, mtk_repeat_ms;
	uint64_t mtk_packets;
};
void ptt_media_channel_set_times(
	struct ptt_media_channel *channel, const struct ptt_media_channel_times *times);
/** Nothing is sent any more; key wiped; its legs stay open but are in no channel. NULL is fine. */
void ptt_media_channel_remove(struct ptt_media_channel *channel);
/** Another floor policy, from now on. Errors: SYSTEM. */
enum ptt_err ptt_media_channel_set_floor(
	struct ptt_media_channel *channel, const struct ptt_floor_policy *policy) PTT_MUST_CHECK;
/** The source address in force, text; lives as long as the channel. */
const char *ptt_media_channel_source(const struct ptt_media_channel *channel);

struct ptt_media_mtk {
	const struct ptt_mtk *mtk; /**< copied; 16/14 AES-CM, SHA1-80; 16/12 and 32/12 AES-GCM */
	uint8_t mki[PTT_MKI_LEN];
	struct ptt_bytes message; /**< the MIKEY MTK message, sent as it is. Copied */
	int64_t not_before_ms;    /**< first copy not before; 0 = at once */
};
/**
 * A new MTK: its message goes out twice, 20 ms apart; mtk_lead_ms after the first copy the MKI is
 * switched, the old key wiped and PTT_MEDIA_CUTOVER told. Then repeats. Ends a silence. Several are
 * handled in order. Errors: NO_SPACE (message), UNSUPPORTED (key lengths), SYSTEM (memory).
 */
enum ptt_err ptt_media_set_mtk(
	struct ptt_media_channel *channel, const struct ptt_media_mtk *mtk) PTT_MUST_CHECK;
/** A member settled: newest message and floor's state again; at most every 100 ms. */
void ptt_media_send_mtk_now(struct ptt_media_channel *channel);
/** Stops all sending, drops MTKs not yet switched to, wipes the key; until the next set_mtk. */
enum ptt_err ptt_media_silence(struct ptt_media_channel *channel) PTT_MUST_CHECK;

#endif
