/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file channel.h
 * The multicast channel in SDP, and the writing of every body we send, at both ends.
 *
 * A body is written from a plan in one pass, without allocation. Compact on purpose: a re-INVITE
 * with its MSK must stay within 1300 bytes (RFC 3261 18.1.1).
 *
 *   v= o= s=- c= t=0 0 [a=source-filter]
 *   the dialog's lines, in the order they once got
 *   m=audio 40000 RTP/SAVP 97      c=IN IP4 group/ttl  b=RS:0 b=RR:0 rtpmap fmtp label  recvonly
 *   m=application 40002 udp TBCP   c=                                          label  recvonly
 *   m=application 2269 udp mikey   c=                             label key-mgmt  recvonly
 *
 * Spec: wire profile section 4; RFC 4566, 3264, 4567, 4570, 3556.
 */
#ifndef PTT_CHANNEL_H
#define PTT_CHANNEL_H

#include "sdp/media_plan.h"

/** A buffer of this size holds any body of ours with a MIKEY message of up to 300 bytes. */
#define PTT_SDP_BODY_SIZE 2048

struct ptt_channel_sdp {
	struct ptt_sdp_addr group;  /**< multicast */
	struct ptt_sdp_addr source; /**< sender, for the source-filter; family 0: none known */
	uint8_t ttl;                /**< written for IPv4 only */
	uint16_t audio_port, floor_port, key_port;
	struct ptt_sdp_codec codec;
	uint64_t mbms_mode; /**< a=mbms-mode:broadcast N (service id || PLMN); 0: no line */
};

/** Everything a writer needs. Borrowed. */
struct ptt_sdp_body {
	const struct ptt_media_plan *plan;
	const struct ptt_sdp_codec *codec;     /**< of the unicast audio */
	const struct ptt_channel_sdp *channel; /**< may be NULL while plan->channel is not ON */
	bool from_server;                      /**< we are the PF: source-filter, mbms-mode */
	uint64_t session_id, version;          /**< o= */
	struct ptt_bytes mikey;                /**< empty: no key-mgmt line */
};

/**
 * Checks what a configuration gave: multicast group, ports not 0 and distinct, codec of the form
 * name/rate/channels, families alike. Errors: MALFORMED.
 */
enum ptt_err ptt_channel_sdp_check(const struct ptt_channel_sdp *channel) PTT_MUST_CHECK;

/**
 * Splits "AMR/8000/1" (channels may be absent) with the fmtp it has with us: octet-align=1 for AMR
 * and AMR-WB. PCMU gets payload type 0, all others 97. Errors: MALFORMED.
 */
enum ptt_err ptt_sdp_codec_get(struct ptt_sdp_codec *out, const char *name) PTT_MUST_CHECK;

/** Our offer: unicast lines, then the channel as the plan says. Errors: NO_SPACE. */
enum ptt_err ptt_sdp_offer_put(
	char *out, size_t *len, size_t size, const struct ptt_sdp_body *body) PTT_MUST_CHECK;

/** Our answer to @p offer, after ptt_media_plan_on_offer(): the same lines in the same order, those
 *  not for us at port 0. Errors: NO_SPACE. */
enum ptt_err ptt_sdp_answer_put(char *out, size_t *len, size_t size,
	const struct ptt_sdp_body *body, const struct ptt_sdp_lines *offer) PTT_MUST_CHECK;

/**
 * The channel a description of the PF offers (UE's side): found by kind and group address.
 * The MIKEY message is in lines->mikey.
 * Errors: NO_KEY none there, or at port 0; MALFORMED not all three, not recvonly, addresses differ.
 */
enum ptt_err ptt_channel_sdp_get(
	struct ptt_channel_sdp *out, const struct ptt_sdp_lines *lines) PTT_MUST_CHECK;

/** Do the three channel lines of @p lines (any role) name this channel, with recvonly and ports?
 *  Errors: MISMATCH; NO_KEY one of them is missing or at port 0. */
enum ptt_err ptt_channel_sdp_match(
	const struct ptt_channel_sdp *channel, const struct ptt_sdp_lines *lines) PTT_MUST_CHECK;

#endif
