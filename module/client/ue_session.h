/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ue_session.h
 * The UE's end of offer/answer: writes its bodies, and reads what a body of the PF changes in
 * channel and keys.
 *
 * No SIP stack, no sockets, no clock. A body is applied whole or not at all: if the result refuses
 * it, plan and keys are as before. Spec: docs/wire.md section 4; RFC 3264, RFC 4567 4.1.
 */
#ifndef PTT_UE_SESSION_H
#define PTT_UE_SESSION_H

#include "module/client/rekey_client.h"
#include "sdp/channel.h"

enum ptt_ue_join {
	PTT_UE_JOIN_SDP,       /**< unicast offer; a re-INVITE of the PF adds the channel */
	PTT_UE_JOIN_OFFERLESS, /**< the 200 OK is the offer */
	PTT_UE_JOIN_CHANNEL,   /**< the UE offers a channel that it knows */
};

struct ptt_ue_session_param {
	struct ptt_rekey_client *keys; /**< kept, borrowed */
	struct ptt_sdp_local local;    /**< our unicast end */
	enum ptt_ue_join join;
	struct ptt_channel_sdp channel; /**< with PTT_UE_JOIN_CHANNEL */
	bool refuse_channel;            /**< unicast only: port 0 on the three lines */
	uint64_t session_id;            /**< o= */
};

struct ptt_ue_session;

/** Keeps: param->keys. Errors: SYSTEM (memory). */
enum ptt_err ptt_ue_session_new(
	struct ptt_ue_session **out, const struct ptt_ue_session_param *param) PTT_MUST_CHECK;
void ptt_ue_session_free(struct ptt_ue_session *ue);
/** A new dialog: no lines are negotiated yet. Keys stay; the last MSK message is no repeat any
 *  more. */
void ptt_ue_session_reset(struct ptt_ue_session *ue);

/** The result of a body. About 3 kB. */
struct ptt_ue_result {
	int status;        /**< 200, or the SIP refusal: 488, 400 */
	int warning;       /**< Warning code, 0: none. 306 = key management */
	enum ptt_err err;  /**< why the body was refused; why the key was, if warning is 306 */
	bool pull;         /**< an MSK is missing: pull (re-INVITE without SDP) */
	bool channel_new;  /**< a channel was agreed, or replaced by another one */
	bool channel_gone; /**< the channel was refused: unicast only from now on */
	bool has_msk;      /**< msk below is set */
	struct ptt_rekey_msk msk;
	char body[PTT_SDP_BODY_SIZE]; /**< our answer to an offer */
	size_t body_len;              /**< 0: none */
};

/** Writes the offer of the first INVITE; *len 0 when joining without one. Errors: NO_SPACE. */
enum ptt_err ptt_ue_session_offer(
	struct ptt_ue_session *ue, char *out, size_t *len, size_t size) PTT_MUST_CHECK;

/** Writes an offer of the agreed lines without a key, for a re-INVITE of the PF without SDP.
 *  Errors: NO_SPACE. */
enum ptt_err ptt_ue_session_reoffer(
	struct ptt_ue_session *ue, char *out, size_t *len, size_t size) PTT_MUST_CHECK;

/** Processes the PF's offer in a re-INVITE or UPDATE: a bad key gives 488 with Warning 306. */
void ptt_ue_session_on_offer(
	struct ptt_ue_session *ue, struct ptt_ue_result *out, struct ptt_bytes body);
/**
 * Processes the PF's offer in a 200 OK, whose answer goes into the ACK. The ACK cannot refuse it,
 * so a bad key gives port 0 on the channel's lines and @c pull. A body that is no SDP gives @c
 * status 488: send ACK, then BYE.
 */
void ptt_ue_session_on_late_offer(
	struct ptt_ue_session *ue, struct ptt_ue_result *out, struct ptt_bytes body);
/** Processes the PF's answer in a 200 OK to our offer: a bad key gives @c pull. */
void ptt_ue_session_on_answer(
	struct ptt_ue_session *ue, struct ptt_ue_result *out, struct ptt_bytes body);

/** The agreed channel, or NULL. Keeps: valid until the next body. */
const struct ptt_channel_sdp *ptt_ue_session_channel(const struct ptt_ue_session *ue);
/** Lines, ports and addresses as agreed. Keeps: as above. */
const struct ptt_media_plan *ptt_ue_session_plan(const struct ptt_ue_session *ue);

#endif
