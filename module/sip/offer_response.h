/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file offer_response.h
 * What a final answer to an offer says.
 */
#ifndef PTT_OFFER_RESPONSE_H
#define PTT_OFFER_RESPONSE_H

#include "module/sip/dialog.h"
#include "module/sip/fast_200.h"
#include "module/sip/sip_events.h"

/** Borrows from @p answer. A 491 gets its random delay here (RFC 3261 14.1). */
struct ptt_sip_result ptt_offer_result_of(const struct ptt_dialog *dialog, const sip_t *answer);
/** Is it an answer within this dialog? */
bool ptt_offer_response_is_of(const struct ptt_dialog *dialog, const sip_t *answer)
	__attribute__((pure));
/** Is it one within this dialog that changes nothing of it? */
bool ptt_fast_200_is_plain(const struct ptt_dialog *dialog, const struct ptt_fast_200 *reply)
	__attribute__((pure));
/** Takes Allow of any message, if it has one: whether the peer does UPDATE (RFC 3311 section 4). */
void ptt_offer_take_allow(struct ptt_dialog *dialog, const sip_t *in);
/** Target refresh by the Contact of a 2xx (RFC 3261 12.2.1.2), and its Allow; a Contact that is no SIP
 *  URI changes nothing. @return whether the target is another one now */
bool ptt_offer_take_target(struct ptt_dialog *dialog, const sip_t *answer);

#endif
