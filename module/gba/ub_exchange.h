/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ub_exchange.h
 * The client's side of one bootstrapping as a state machine: no sockets, no clock.
 *
 * @code
 * GET, IMPI --> 401, RAND AUTN --> [GET, auts --> 401] --> GET, RES --> 200, B-TID, rspauth
 * @endcode
 * ub_client.h runs one over libcurl; ub_many.h runs thousands at once.
 * Spec: TS 33.220 4.5.2, TS 24.109 clause 4, RFC 3310.
 */
#ifndef PTT_UB_EXCHANGE_H
#define PTT_UB_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/err.h"
#include "crypto/secret.h"
#include "module/gba/boot_info.h"
#include "module/gba/card.h"
#include "module/gba/ub_digest.h"

/** The result of a bootstrapping. The owner wipes it. */
struct ptt_bootstrap {
	char impi[PTT_UB_NAME_MAX];
	char btid[PTT_BTID_MAX];
	struct ptt_ks ks;
	uint8_t rand[PTT_UB_RAND_LEN];
	int64_t expires_utc_s;
};

enum ptt_ub_step {
	PTT_UB_STEP_SEND,   /**< send the request of ptt_ub_exchange_request() */
	PTT_UB_STEP_DONE,   /**< @c result is set */
	PTT_UB_STEP_FAILED, /**< @c err says why */
};

struct ptt_ub_exchange {
	const struct ptt_card *card; /**< borrowed */
	struct ptt_bootstrap result;
	struct ptt_ub_digest last; /**< the last Authorization */
	struct ptt_card_result card_result;
	enum ptt_err err;
	unsigned int rounds; /**< responses received */
	bool resynced;       /**< AUTS was sent */
	bool res_sent;
};

/** A response of the BSF; absent headers are NULL. Borrowed. */
struct ptt_ub_response {
	long status;
	const char *www_authenticate, *authentication_info, *content_type;
	struct ptt_bytes body;
};

/**
 * Starts. The owner wipes @p ex by ptt_wipe(). Keeps: @p card (NULL: a challenge ends the exchange,
 * for probing). Errors: MALFORMED (an IMPI or host that cannot stand in a header).
 */
enum ptt_err ptt_ub_exchange_init(struct ptt_ub_exchange *ex, const struct ptt_card *card,
	const char *impi, const char *bsf_host, const char *path) PTT_MUST_CHECK;
/**
 * Writes the value of the next Authorization header, with NUL; the request is a GET without a body.
 * Errors: NO_SPACE.
 */
enum ptt_err ptt_ub_exchange_request(
	struct ptt_ub_exchange *ex, char *out, size_t size) PTT_MUST_CHECK;
/**
 * Reads the BSF's response. At most one resynchronisation, and five responses in all. Errors, in @c
 * err after FAILED: AUTH (AUTN or rspauth is wrong: not our network), NO_KEY (403 or 404:
 * subscriber unknown), MISMATCH (the BSF refused RES), REPLAY (SQN out of range after the
 * resynchronisation too), MALFORMED, UNSUPPORTED (AKAv1-MD5 is not offered), BUSY (5xx: try later),
 * SYSTEM.
 */
enum ptt_ub_step ptt_ub_exchange_response(
	struct ptt_ub_exchange *ex, const struct ptt_ub_response *response);

#endif
