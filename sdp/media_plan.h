/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file media_plan.h
 * What a dialog must remember of its media: the order of its m= lines, both ends' ports, and where
 * the channel's three slots are. Plain numbers, 128 bytes at most, to be stored as they are.
 *
 * Both ends use it: "our" is whoever holds it, "peer" the other. Every body is written from a plan
 * (channel.h); only the functions here change one, and an error leaves it as it was.
 *
 * Spec: RFC 3264 sections 5, 6, 8; wire profile section 4.
 */
#ifndef PTT_MEDIA_PLAN_H
#define PTT_MEDIA_PLAN_H

#include "sdp/media_lines.h"
#include "sdp/tbcp_params.h"

struct ptt_channel_sdp;

enum ptt_channel_state {
	PTT_CHANNEL_NONE = 0, /**< no slots yet */
	PTT_CHANNEL_ON,       /**< slots are there, offered or agreed */
	PTT_CHANNEL_OFF,      /**< slots are there at port 0: refused */
};

struct ptt_media_slot {
	uint8_t kind;         /**< enum ptt_line_kind */
	uint8_t media, proto; /**< of a rejected line, to write it again; see media_plan.c */
};

struct ptt_media_plan {
	struct ptt_media_slot slot[PTT_SDP_MAX_LINES];
	uint8_t slot_count;
	uint8_t channel;             /**< enum ptt_channel_state */
	uint8_t direction;           /**< enum ptt_direction of the unicast audio, as we write it */
	uint8_t audio_pt;            /**< payload type, both ways */
	uint8_t audio_octet_align;   /**< AMR: 1 octet-aligned, 0 bandwidth-efficient (RFC 4867) */
	struct ptt_tbcp_params tbcp; /**< agreed; before the peer's first word: ours */
	uint16_t our_audio_port, our_floor_port;   /**< 0: none or rejected */
	uint16_t peer_audio_port, peer_floor_port; /**< 0: none or rejected */
	struct ptt_sdp_addr our_address, peer_audio_address, peer_floor_address;
};
_Static_assert(sizeof(struct ptt_media_plan) <= 128, "a plan is kept for every member");

/** Codec of the unicast audio. */
struct ptt_sdp_codec {
	char name[24];        /**< "AMR/8000/1" */
	char fmtp[40];        /**< "octet-align=1" or "" */
	uint8_t payload_type; /**< in our own offers */
};

/** Our end of the unicast media. */
struct ptt_sdp_local {
	struct ptt_sdp_addr address;
	uint16_t audio_port, floor_port; /**< 0: not wanted */
	struct ptt_sdp_codec codec;
	struct ptt_tbcp_params tbcp; /**< the most we can do; zeroed = the defaults */
};

/** Starts a dialog whose first description is ours: unicast audio and TBCP lines, sendrecv. */
void ptt_media_plan_init(struct ptt_media_plan *plan, const struct ptt_sdp_local *local);

/** Our next offer has the channel: appends its three slots once, or takes zeroed ones into use.
 *  Errors: NO_SPACE all PTT_SDP_MAX_LINES slots are used. */
enum ptt_err ptt_media_plan_add_channel(struct ptt_media_plan *plan) PTT_MUST_CHECK;
/** Our next offer has the channel's slots, if there are any, at port 0. */
void ptt_media_plan_zero_channel(struct ptt_media_plan *plan);

/** What an offer or answer of the peer did to the channel. */
enum ptt_channel_verdict {
	PTT_VERDICT_UNCHANGED = 0, /**< as before: no MIKEY in our answer */
	PTT_VERDICT_ACCEPTED, /**< offer: newly on, our answer carries the MSK; answer: taken */
	PTT_VERDICT_REFUSED,  /**< port 0 on one of the three: unicast only */
	PTT_VERDICT_MISMATCH, /**< offer: not this channel, our answer has port 0 */
};

/**
 * Takes the peer's offer; afterwards ptt_sdp_answer_put() writes our answer from the plan.
 * A zeroed struct is the plan of a new dialog.
 * @param channel what channel lines must match, NULL to refuse them
 * Errors: UNSUPPORTED nothing in it that we can accept (488); MALFORMED fewer lines than before.
 */
enum ptt_err ptt_media_plan_on_offer(struct ptt_media_plan *plan, enum ptt_channel_verdict *verdict,
	const struct ptt_sdp_lines *offer, const struct ptt_sdp_local *local,
	const struct ptt_channel_sdp *channel) PTT_MUST_CHECK;

/**
 * Checks the peer's answer to the offer written from this plan. On REFUSED the slots become OFF.
 * A missing b=, ptime or label is tolerated.
 * @param channel what we offered; not looked at while the channel is not ON
 * Errors: MISMATCH wrong number or order of lines, address, port or direction; the plan stays.
 */
enum ptt_err ptt_media_plan_on_answer(struct ptt_media_plan *plan,
	enum ptt_channel_verdict *verdict, const struct ptt_sdp_lines *answer,
	const struct ptt_channel_sdp *channel) PTT_MUST_CHECK;

#endif
