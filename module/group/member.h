/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file member.h
 * What a dialog has besides its SIP: key, media leg, plan, its place in the roster, its row in the store.
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
	PTT_OFFER_NONE,         /**< nothing is wanted, nothing under way */
	PTT_OFFER_WANTED,       /**< nothing is in the way, or the store works again at retry_ms */
	PTT_OFFER_WAITS_DIALOG, /**< another exchange in the dialog must end */
	PTT_OFFER_WAITS_MUK, /**< another dialog has the lease of the MUK, or there is no live MUK */
	PTT_OFFER_WAITS_COUNTERS, /**< in a window, which gathers or is on its way to the store */
	PTT_OFFER_QUEUED, /**< in a window, whose offers leave a few in each turn of the loop */
	PTT_OFFER_SENT,   /**< the member's response is awaited */
};

/** What an offer has to bring: any of these. The MSK goes first, the others then share one offer. */
enum ptt_offer_wanted {
	PTT_OFFER_WANT_MSK = 1,        /**< of struct ptt_member_offer's generation */
	PTT_OFFER_WANT_NO_CHANNEL = 2, /**< the channel's lines at port 0 */
	PTT_OFFER_WANT_REFRESH = 4,    /**< the lines as they are, for the session timer */
};

struct ptt_member_offer {
	enum ptt_offer_state state;
	unsigned int wanted;
	uint32_t generation; /**< of the MSK that the tracker wants sent */
};

/** What a dialog is to the group. dialog->user points here. */
struct ptt_member {
	struct ptt_group *group;
	struct ptt_dialog *dialog;
	struct ptt_sip_request *req; /**< INVITE or UPDATE that waits for our answer */
	struct ptt_session_muk *muk;
	struct ptt_muk_lease lease;
	struct ptt_endpoint *endpoint;
	struct ptt_media_plan plan;
	struct ptt_member_offer offer;
	uint64_t
		answer_fingerprint; /**< of the last answer that took the channel, and the plan after it; 0: none */
	uint32_t handle;
	int64_t joined_utc_s;
	uint32_t req_serial;          /**< of @ref req: a later one may lie at the same address */
	uint32_t response_generation; /**< the answer to @ref req carries it; 0: no key */
	uint32_t ack_generation;      /**< travelled in a 200 of ours, not yet ACKed; 0: none */
	bool we_offer;                /**< the 200 to @ref req is an offer: the ACK answers it */
	bool is_update;               /**< @ref req is an UPDATE: no ACK will come */
	bool acked;                   /**< the dialog is confirmed */
	bool row_postponed;           /**< his row follows with the answer to the offer under way */
};

struct ptt_member *ptt_member_new(struct ptt_group *group, struct ptt_dialog *dialog);
/** Out of the roster, key and leg given back, row deleted if @p forget. The dialog is somebody else's. */
void ptt_member_free(struct ptt_member *member, bool forget);
struct ptt_member *ptt_member_of(const struct ptt_group *group, uint32_t handle);
/** Opens the leg, and fills @p local with our end of it. */
enum ptt_err ptt_member_open_endpoint(
	struct ptt_member *member, struct ptt_sdp_local *local) PTT_MUST_CHECK;
/** Our end of an open leg. */
enum ptt_err ptt_member_local(
	const struct ptt_member *member, struct ptt_sdp_local *local) PTT_MUST_CHECK;
/** Tells the media thread what the plan says. */
void ptt_member_set_peer(struct ptt_member *member);
void ptt_member_put_row(struct ptt_member *member, struct ptt_store_batch *batch);
/** What a row says of his media. Errors: MALFORMED. */
enum ptt_err ptt_member_take_media(
	struct ptt_member *member, struct ptt_bytes media) PTT_MUST_CHECK;
/** Reserves CSeqs of a dialog up to @p cseq, and o= versions up to @p o_version, in @p batch. */
void ptt_member_reserve(const struct ptt_dialog *dialog, uint32_t cseq, uint32_t o_version,
	struct ptt_store_batch *batch);
/** Deletes the row; what it said of sent MSKs stays. */
void ptt_member_delete_row(const struct ptt_member *member);
/** Writes the row in the background, with what is written next. */
void ptt_member_save(struct ptt_member *member);
/**
 * A body from the plan; with the MSK of @p generation unless 0. @p offer NULL: an offer, else the answer to it.
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
/** @p key, whose reference is taken over (NULL: none), is his from now on; the former one is given back. */
void ptt_member_set_muk(struct ptt_member *member, struct ptt_session_muk *muk);
/** Gives the turn of the MUK back, and lets the next in line go on. */
void ptt_member_release_muk(struct ptt_member *member);
const char *ptt_member_name(const struct ptt_member *member);
/** One event about him into the tracker. */
void ptt_member_feed(
	struct ptt_member *member, enum ptt_tracker_event_kind kind, uint32_t generation);

#endif
