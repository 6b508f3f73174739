/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file card.h
 * The USIM as a bootstrapping client sees it: one command, AUTHENTICATE.
 *
 * The software USIM (module/client/usim.h) is one implementation; a card in a reader would be
 * another. Spec: TS 31.102 7.1 (3G context), TS 33.102 6.3.3.
 */
#ifndef PTT_CARD_H
#define PTT_CARD_H

#include <stdint.h>

#include "crypto/err.h"
#include "crypto/secret.h"

#define PTT_CARD_RAND_LEN 16
#define PTT_CARD_AUTN_LEN 16
#define PTT_CARD_RES_LEN  8
#define PTT_CARD_AUTS_LEN 14

/** The card's result of AUTHENTICATE. The owner wipes it. */
struct ptt_card_result {
	struct ptt_ks ks;                /**< CK || IK; set with PTT_OK only */
	uint8_t res[PTT_CARD_RES_LEN];   /**< set with PTT_OK only */
	uint8_t auts[PTT_CARD_AUTS_LEN]; /**< set with PTT_ERR_REPLAY only */
};

struct ptt_card {
	/**
	 * Checks the network's AUTN and makes the result. Errors: AUTH (the MAC or AMF is wrong:
	 * not the card's network), REPLAY (SQN out of range: synchronisation failure, @p out->auts
	 * is set), SYSTEM (the SQN could not be made durable: the result must not be used).
	 */
	enum ptt_err (*authenticate)(void *ctx, struct ptt_card_result *out,
		const uint8_t rand[PTT_CARD_RAND_LEN], const uint8_t autn[PTT_CARD_AUTN_LEN]);
	void *ctx; /**< first argument of authenticate; borrowed */
};

#endif
