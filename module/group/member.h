/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file member.h
 * One dialog in a group: what it has besides its SIP. MUK, endpoint, media plan, offer, place in
 * the roster, row in the store. Thread: SIP.
 */
#ifndef PTT_MEMBER_H
#define PTT_MEMBER_H

#include "module/core/tracker_io.h"
#include "module/media/media.h"
#include "module/sip/sip_server.h"
#include "module/group/muk.h"
#include "module/store/store.h"
#include "sdp/channel.h"

struct ptt_group;

/** How far an offer to the member is. */
enum ptt_offer_state {
	PTT_OFFER_NONE,           /**< nothing is wanted and nothing is under way */
	PTT_OFFER_WANTED,         /**< nothing is in the way; or no memory, until retry_ms */
	PTT_OFFER_WAITS_DIALOG,   /**< another exchange in the dialog must end */
	PTT_OFFER_WAITS_MUK,      /**< another dialog has the lease; or no live MUK */
	PTT_OFFER_WAITS_COUNTERS, /**< in a window that gathers, or that is being written */
	PTT_OFFER_QUEUED,         /**< in a window that is being sent, a few in each turn */
	PTT_OFFER_SENT,           /**< the member has not responded yet */
};

/** What an offer must bring, a sum of these. The MSK goes first; the others then share one offer. */
enum ptt_offer_wanted {
	PTT_OFFER_WANT_MSK = 1,        /**< the MSK of the offer's generation */
	PTT_OFFER_WANT_NO_CHANNEL = 2, /**< the channel's lines at port 0 */
	PTT_OFFER_WANT_REFRESH = 4,    /**< the lines as they are, for the session timer */
};

struct ptt_member_offer {
	enum ptt_offer_state state;
	unsigned int wanted;
	uint32_t generation; /**< of the MSK that the tracker wants sent */
};

/** A member. dialog->user points here. */
struct ptt_member {
	struct ptt_group *group;
	uint32_t handle; /**< in the roster */
	int64_t joined_utc_s;
	struct ptt_dialog *dialog; /**< owned by module/sip */
	bool acked;                /**< the dialog is confirmed */
	bool row_postponed;        /**< the row is written after the response to our offer */

	/* the MUK */
	struct ptt_session_muk *muk; /**< one reference; NULL: none */
	struct ptt_muk_lease lease;

	/* the media */
	struct ptt_endpoint *endpoint;
	struct ptt_media_plan plan;
	/** Of the last answer that accepted the channel, and of the plan after it; 0: none. */
	uint64_t answer_fingerprint;

	/* the request that waits for our response */
	struct ptt_sip_request *req;  /**< INVITE or UPDATE; NULL: none */
	uint32_t req_serial;          /**< tells @ref req from a later one at the same address */
	bool is_update;               /**< @ref req is an UPDATE: no ACK follows */
	bool we_offer;                /**< our 200 is an offer: the ACK has the answer */
	uint32_t response_generation; /**< of the MSK for the response to @ref req; 0: none */
	uint32_t ack_generation;      /**< of the MSK in our 200 that waits for its ACK; 0: none */

	struct ptt_member_offer offer;
};

struct ptt_member *ptt_member_new(struct ptt_group *group, struct ptt_dialog *dialog);
/** Takes the member out of the roster, gives MUK and endpoint back, and deletes the row if @p forget.
 *  The dialog stays. */
void ptt_member_free(struct ptt_member *member, bool forget);
struct ptt_member *ptt_member_of(const struct ptt_group *group, uint32_t handle);
/** Opens the endpoint. @p local: our end of it. */
enum ptt_err ptt_member_open_endpoint(
	struct ptt_member *member, struct ptt_sdp_local *local) PTT_MUST_CHECK;
/** Our end of an open endpoint. */
enum ptt_err ptt_member_local(
	const struct ptt_member *member, struct ptt_sdp_local *local) PTT_MUST_CHECK;
/** Hands the plan to the media thread. */
void ptt_member_set_peer(struct ptt_member *member);
void ptt_member_put_row(struct ptt_member *member, struct ptt_store_batch *batch);
/** Takes plan and fingerprint from a row (media_row.h). Errors: MALFORMED. */
enum ptt_err ptt_member_take_media(
	struct ptt_member *member, struct ptt_bytes media) PTT_MUST_CHECK;
/** Reserves CSeqs of a dialog up to @p cseq, and o= versions up to @p o_version, in @p batch. */
void ptt_member_reserve(const struct ptt_dialog *dialog, uint32_t cseq, uint32_t o_version,
	struct ptt_store_batch *batch);
/** Deletes the row. Writes which MSKs were sent, because that is still true. */
void ptt_member_delete_row(const struct ptt_member *member);
/** Writes the row with the next commit of the store. */
void ptt_member_save(struct ptt_member *member);
/**
 * Writes a body from the plan. generation: of the MSK in it; 0: none. offer NULL: the body is an
 * offer; else it is the answer to that offer.
 * Errors: NO_KEY, NO_SPACE, BUSY and EXHAUSTED (counters), SYSTEM.
 */
struct ptt_member_body {
	uint32_t generation;
	const struct ptt_sdp_lines *offer;
	char text[PTT_SDP_BODY_SIZE];
	size_t len;
};
enum ptt_err ptt_member_write_body(
	struct ptt_member *member, struct ptt_member_body *body) PTT_MUST_CHECK;
/** Replaces the member's MUK. Takes over the reference of @p muk, which may be NULL; gives the former
 *  one back. */
void ptt_member_set_muk(struct ptt_member *member, struct ptt_session_muk *muk);
/** Gives the lease of the MUK back and advances the offer of the next member in line. */
void ptt_member_release_muk(struct ptt_member *member);
const char *ptt_member_name(const struct ptt_member *member);
/** Feeds one event about the member (group.c); logs an error. */
void ptt_member_feed(
	struct ptt_member *member, enum ptt_tracker_event_kind kind, uint32_t generation);

#endif
