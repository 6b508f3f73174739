/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file offer_tx.h
 * The thin client transaction of a re-key: the only place that sends INVITEs in a dialog, and the
 * UPDATEs that do the same.
 *
 * The finished text is handed to the transport, the same bytes again by Timer A, and nothing is
 * held after the final answer. Answers come by the host's default outgoing. A 2xx is ACKed on a new
 * branch, anything else on that of the INVITE; doubles are ACKed again from the dialog alone. An
 * UPDATE has no ACK, and the timers of its kind.
 * Spec: RFC 3261 17.1.1 (client INVITE transaction), 17.1.2 (the other one), 13.2.2.4 (ACK), 14.1
 * (491), 18.1.1 (size); RFC 3311 (UPDATE).
 */
#ifndef PTT_OFFER_TX_H
#define PTT_OFFER_TX_H

#include <sofia-sip/nta.h>

#include "module/sip/dialog.h"
#include "module/sip/fast_200.h"
#include "module/sip/sip_events.h"

struct ptt_offer_tx;
struct ptt_offer;

/** The end of an offer; dialog->offer is NULL by then. @p answer: the final response, NULL if
 *  there is none. */
typedef void ptt_offer_done_fn(void *ctx, struct ptt_dialog *dialog, uint32_t cookie,
	const struct ptt_sip_result *result, const sip_t *answer);

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
/** Offers under way are forgotten. NULL is fine. */
void ptt_offer_tx_free(struct ptt_offer_tx *tx);
size_t ptt_offer_tx_pending(const struct ptt_offer_tx *tx);

/** Uses up one CSeq, sets dialog->offer; an UPDATE if ptt_dialog_by_update(). Errors: as of ptt_sip_offer(). */
enum ptt_err ptt_offer_tx_send(struct ptt_offer_tx *tx, struct ptt_dialog *dialog,
	struct ptt_bytes body, uint32_t cookie) PTT_MUST_CHECK;
/** Sent no more, but its answer is still ACKed: for a dialog that is ending. An UPDATE is dropped. */
void ptt_offer_tx_silence(struct ptt_offer_tx *tx, struct ptt_offer *offer);
/** Forgotten at once, without a call of done. */
void ptt_offer_tx_drop(struct ptt_offer_tx *tx, struct ptt_offer *offer);
/** True if the branch is that of an offer under way: then the response is dealt with. */
bool ptt_offer_tx_response(struct ptt_offer_tx *tx, const sip_t *answer);
/** The same for a plain 200 that Sofia has not seen. False: nothing is done, it is Sofia's to read:
 *  no offer of that branch, or anything that differs from what the dialog knows. */
bool ptt_offer_tx_fast_200(struct ptt_offer_tx *tx, const struct ptt_fast_200 *reply);

#endif
