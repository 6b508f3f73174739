/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file channel.h
 * The multicast channel in SDP, and the writer of all bodies, at both ends.
 *
 * A body is written from a plan in one pass, without allocation. It is compact, because a re-INVITE
 * with an MSK message must stay within 1300 bytes (RFC 3261 18.1.1).
 *
 *   v= o= s=- c= t=0 0 [a=source-filter]
 *   the dialog's lines, in the order they once got
 *   m=audio 40000 RTP/SAVP 97      c=IN IP4 group/ttl  b=RS:0 b=RR:0 rtpmap fmtp label  recvonly
 *   m=application 40002 udp TBCP   c=                                          label  recvonly
 *   m=application 2269 udp mikey   c=                             label key-mgmt  recvonly
 *
 * Spec: docs/wire.md section 4.1; RFC 4566, 3264, 4567, 4570, 3556.
 */
#ifndef PTT_CHANNEL_H
#define PTT_CHANNEL_H

#include "sdp/media_plan.h"

/** Bytes, with NUL, of the longest body with a MIKEY message of up to 300 bytes. */
#define PTT_SDP_BODY_SIZE 2048

struct ptt_channel_sdp {
	struct ptt_sdp_addr group;  /**< multicast */
	struct ptt_sdp_addr source; /**< sender, for the source-filter; family 0: unknown */
	uint8_t ttl;                /**< written for IPv4 only */
	uint16_t audio_port, floor_port, key_port;
	struct ptt_sdp_codec codec;
	uint64_t mbms_mode; /**< a=mbms-mode:broadcast N (service id || PLMN); 0: no line */
};

/** The inputs of a writer. Borrowed. */
struct ptt_sdp_body {
	const struct ptt_media_plan *plan;
	const struct ptt_sdp_codec *codec;     /**< of the unicast audio */
	const struct ptt_channel_sdp *channel; /**< may be NULL while plan->channel is not ON */
	bool from_server;             /**< written by the PF: with source-filter and mbms-mode */
	uint64_t session_id, version; /**< o= */
	struct ptt_bytes mikey;       /**< empty: no key-mgmt line */
};

/**
 * Checks a configured channel: the group address is multicast, the ports are distinct and not 0,
 * the codec has the form name/rate/channels, both addresses have one family. Errors: MALFORMED.
 */
enum ptt_err ptt_channel_sdp_check(const struct ptt_channel_sdp *channel) PTT_MUST_CHECK;

/**
 * Reads "AMR/8000/1" (the channels may be absent). AMR and AMR-WB get the fmtp octet-align=1. PCMU
 * gets payload type 0, all others 97. Errors: MALFORMED.
 */
enum ptt_err ptt_sdp_codec_get(struct ptt_sdp_codec *out, const char *name) PTT_MUST_CHECK;

/**
 * Writes an offer: the unicast lines, then the channel as the plan says, with NUL. @p len is
 * without NUL. Errors: NO_SPACE, MISMATCH (the plan's channel is ON, and none is given).
 */
enum ptt_err ptt_sdp_offer_put(
	char *out, size_t *len, size_t size, const struct ptt_sdp_body *body) PTT_MUST_CHECK;

/**
 * Writes the answer to @p offer, after ptt_media_plan_on_offer(): the same lines in the same order,
 * refused ones at port 0. Errors: NO_SPACE, MISMATCH (the plan is not that of @p offer).
 */
enum ptt_err ptt_sdp_answer_put(char *out, size_t *len, size_t size,
	const struct ptt_sdp_body *body, const struct ptt_sdp_lines *offer) PTT_MUST_CHECK;

/**
 * UE: reads the channel from an offer of the PF; its lines are found by kind. The MIKEY message is
 * in lines->mikey.
 * Errors: NO_KEY (a line of the three is missing or at port 0); MALFORMED (not recvonly, addresses
 * differ, or ptt_channel_sdp_check() fails).
 */
enum ptt_err ptt_channel_sdp_get(
	struct ptt_channel_sdp *out, const struct ptt_sdp_lines *lines) PTT_MUST_CHECK;

/**
 * Checks that the three channel lines of an offer or answer are those of @p channel: address,
 * ports, recvonly, codec. Errors: MISMATCH; NO_KEY (a line is missing or at port 0).
 */
enum ptt_err ptt_channel_sdp_match(
	const struct ptt_channel_sdp *channel, const struct ptt_sdp_lines *lines) PTT_MUST_CHECK;

#endif
