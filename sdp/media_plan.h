/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file media_plan.h
 * The media state of a dialog: the order of its m= lines, both ends' ports, the channel's three
 * slots. At most 128 bytes, stored as they are.
 *
 * Both ends use it: "our" is the end that holds the plan, "peer" is the other end. Every body is
 * written from a plan (channel.h). Only the functions here change a plan, and an error leaves it
 * unchanged.
 *
 * Spec: RFC 3264 sections 5, 6, 8; docs/wire.md section 4.
 */
#ifndef PTT_MEDIA_PLAN_H
#define PTT_MEDIA_PLAN_H

#include "sdp/media_lines.h"
#include "sdp/tbcp_params.h"

struct ptt_channel_sdp;

enum ptt_channel_state {
	PTT_CHANNEL_NONE = 0, /**< the plan has no channel slots */
	PTT_CHANNEL_ON,       /**< the slots are offered or agreed */
	PTT_CHANNEL_OFF,      /**< the slots are at port 0: refused */
};

struct ptt_media_slot {
	uint8_t kind;         /**< enum ptt_line_kind */
	uint8_t media, proto; /**< of a rejected line, to write it again (slot_names.h) */
};

struct ptt_media_plan {
	struct ptt_media_slot slot[PTT_SDP_MAX_LINES];
	uint8_t slot_count;
	uint8_t channel;   /**< enum ptt_channel_state */
	uint8_t direction; /**< enum ptt_direction of the unicast audio, as our line has it */
	uint8_t audio_pt;  /**< payload type, both ways */
	uint8_t audio_octet_align; /**< AMR: 1 octet-aligned, 0 bandwidth-efficient (RFC 4867) */
	struct ptt_tbcp_params
		tbcp; /**< agreed with the peer; before its first description: ours */
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
	uint16_t audio_port, floor_port; /**< 0: no such line */
	struct ptt_sdp_codec codec;
	struct ptt_tbcp_params tbcp; /**< the highest values we support; zeroed: the defaults */
};

/** The plan of a dialog whose first offer is ours: unicast audio and TBCP lines, sendrecv. */
void ptt_media_plan_init(struct ptt_media_plan *plan, const struct ptt_sdp_local *local);

/**
 * Puts the channel into our next offer: appends its three slots, or turns slots at port 0 on again.
 * Errors: NO_SPACE (all PTT_SDP_MAX_LINES slots are used).
 */
enum ptt_err ptt_media_plan_add_channel(struct ptt_media_plan *plan) PTT_MUST_CHECK;
/** Puts the channel's slots, if the plan has them, at port 0 in our next offer. */
void ptt_media_plan_zero_channel(struct ptt_media_plan *plan);

/** What an offer or answer of the peer changed of the channel. */
enum ptt_channel_verdict {
	PTT_VERDICT_UNCHANGED = 0, /**< as before; our answer has no MIKEY message */
	PTT_VERDICT_ACCEPTED, /**< offer: on now, our answer carries the MSK; answer: accepted */
	PTT_VERDICT_REFUSED,  /**< port 0 on one of the three: unicast only */
	PTT_VERDICT_MISMATCH, /**< offer: another channel; our answer has port 0 */
};

/**
 * Applies the peer's offer; then ptt_sdp_answer_put() writes our answer from the plan. A zeroed
 * struct is the plan of a new dialog.
 * @param channel what channel lines must match; NULL: they are refused
 * Errors: UNSUPPORTED (nothing acceptable in the first offer: 488); MALFORMED (fewer lines than
 * before).
 */
enum ptt_err ptt_media_plan_on_offer(struct ptt_media_plan *plan, enum ptt_channel_verdict *verdict,
	const struct ptt_sdp_lines *offer, const struct ptt_sdp_local *local,
	const struct ptt_channel_sdp *channel) PTT_MUST_CHECK;

/**
 * Applies the peer's answer to the offer that was written from this plan. On REFUSED the channel
 * becomes OFF. b=, ptime and labels may be missing.
 * @param channel the offered channel; not read unless the plan's channel is ON
 * Errors: MISMATCH (number or order of lines, address, port or direction).
 */
enum ptt_err ptt_media_plan_on_answer(struct ptt_media_plan *plan,
	enum ptt_channel_verdict *verdict, const struct ptt_sdp_lines *answer,
	const struct ptt_channel_sdp *channel) PTT_MUST_CHECK;

#endif
