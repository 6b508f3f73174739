/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file offer_tx.h
 * The thin client transaction of offers. No other file sends a re-INVITE or an UPDATE.
 *
 * A transaction gives finished text to the transport, repeats the same bytes by Timer A, and ends
 * with the final response. Responses come by the host's default outgoing. The ACK of a 2xx has a
 * new branch, any other ACK that of the INVITE. A repeated response gets its ACK from the dialog
 * alone (ptt_offer_ack_again()). An UPDATE has no ACK, and Timers E and F.
 * Spec: RFC 3261 17.1.1 (INVITE), 17.1.2 (non-INVITE), 13.2.2.4 (ACK), 14.1 (491), 18.1.1 (size);
 * RFC 3311 (UPDATE).
 */
#ifndef PTT_OFFER_TX_H
#define PTT_OFFER_TX_H

#include <sofia-sip/nta.h>

#include "module/sip/dialog.h"
#include "module/sip/fast_200.h"
#include "module/sip/sip_events.h"

struct ptt_offer_tx;
struct ptt_offer;

/** An offer has ended; dialog->offer is NULL already. @p response: the final response; NULL: none,
 *  or a plain 200 that Sofia did not parse. */
typedef void ptt_offer_done_fn(void *ctx, struct ptt_dialog *dialog, uint32_t cookie,
	const struct ptt_sip_result *result, const sip_t *response);

struct ptt_offer_tx_options {
	su_root_t *root;
	nta_agent_t *agent;
	struct ptt_listener *const *listeners; /**< head of a list; Keeps: the pointer */
	enum ptt_sip_over_mtu over_mtu;
	uint32_t t1_ms;
	ptt_offer_done_fn *done;
	void *ctx;
};

/** Errors: SYSTEM. */
enum ptt_err ptt_offer_tx_new(
	struct ptt_offer_tx **out, const struct ptt_offer_tx_options *options) PTT_MUST_CHECK;
/** Frees the offers under way without a call of done. NULL is fine. */
void ptt_offer_tx_free(struct ptt_offer_tx *tx);
size_t ptt_offer_tx_pending(const struct ptt_offer_tx *tx);

/** Sends an offer, uses up one CSeq and sets dialog->offer. It is an UPDATE if
 *  ptt_dialog_by_update(). Errors: as of ptt_sip_offer(). */
enum ptt_err ptt_offer_tx_send(struct ptt_offer_tx *tx, struct ptt_dialog *dialog,
	struct ptt_bytes body, uint32_t cookie) PTT_MUST_CHECK;
/** For a dialog that is ending: the offer is not repeated any more, but its response still gets an
 *  ACK. An UPDATE is dropped. */
void ptt_offer_tx_silence(struct ptt_offer_tx *tx, struct ptt_offer *offer);
/** Frees the offer without a call of done. */
void ptt_offer_tx_drop(struct ptt_offer_tx *tx, struct ptt_offer *offer);
/** True: the branch is that of an offer under way, and the response is handled. */
bool ptt_offer_tx_response(struct ptt_offer_tx *tx, const sip_t *response);
/** As ptt_offer_tx_response(), for a plain 200 that Sofia has not read. False: nothing was done and
 *  Sofia must read it. The branch is unknown, or the 200 would change the dialog. */
bool ptt_offer_tx_fast_200(struct ptt_offer_tx *tx, const struct ptt_fast_200 *reply);

#endif
