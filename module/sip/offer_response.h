/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file offer_response.h
 * Reads the responses to an offer. The meaning of every final status is decided here.
 */
#ifndef PTT_OFFER_RESPONSE_H
#define PTT_OFFER_RESPONSE_H

#include "module/sip/dialog.h"
#include "module/sip/fast_200.h"
#include "module/sip/sip_events.h"

/** The meaning of a final response to an offer. */
enum ptt_offer_outcome ptt_offer_outcome_of(const sip_t *response) __attribute__((pure));
/** Borrows from @p response. glare_ms is drawn at random here (RFC 3261 14.1). */
struct ptt_sip_result ptt_offer_result_of(const struct ptt_dialog *dialog, const sip_t *response);
/** Has the response the Call-ID and tags of this dialog? */
bool ptt_offer_response_is_of(const struct ptt_dialog *dialog, const sip_t *response)
	__attribute__((pure));
/** Does the plain 200 belong to this dialog, and change nothing in it? */
bool ptt_fast_200_is_plain(const struct ptt_dialog *dialog, const struct ptt_fast_200 *reply)
	__attribute__((pure));
/** Sets dialog->allows_update if the message has an Allow (RFC 3311 section 4). */
void ptt_offer_take_allow(struct ptt_dialog *dialog, const sip_t *in);
/** Reads Allow and Contact of a 2xx: target refresh (RFC 3261 12.2.1.2). A Contact that is no SIP
 *  URI changes nothing. @return whether the remote target changed */
bool ptt_offer_take_target(struct ptt_dialog *dialog, const sip_t *response);

#endif
