/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ub_exchange.h
 * The client's side of one bootstrapping as a state machine: no sockets, no clock.
 *
 * @code
 * GET, IMPI --> 401, RAND AUTN --> [GET, auts --> 401] --> GET, RES --> 200, B-TID, rspauth
 * @endcode
 * ptt_ub_client.h drives one over libcurl; `pttkey lab bootstrap` drives thousands side by side.
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

/** What a bootstrapping gives. The owner wipes it. */
struct ptt_bootstrap {
	char impi[PTT_UB_NAME_MAX];
	char btid[PTT_BTID_MAX];
	struct ptt_ks ks;
	uint8_t rand[PTT_UB_RAND_LEN];
	int64_t expires_utc_s;
};

enum ptt_ub_step {
	PTT_UB_STEP_SEND,   /**< send what ptt_ub_exchange_request() gives */
	PTT_UB_STEP_DONE,   /**< the result is there */
	PTT_UB_STEP_FAILED, /**< see @c err */
};

struct ptt_ub_exchange {
	const struct ptt_card *card; /**< borrowed */
	struct ptt_bootstrap result;
	struct ptt_ub_digest last; /**< the Authorization sent last */
	struct ptt_card_answer answer;
	enum ptt_err err;
	unsigned int rounds; /**< answers seen */
	bool resynced, answered;
};

/** An answer of the BSF; absent headers are NULL. Borrowed. */
struct ptt_ub_answer {
	long status;
	const char *www_authenticate, *authentication_info, *content_type;
	struct ptt_bytes body;
};

/**
 * Keeps: @p card (NULL: no challenge is answered, for probing). Errors: MALFORMED (an IMPI or host
 * that cannot go into a header).
 */
enum ptt_err ptt_ub_exchange_init(struct ptt_ub_exchange *ex, const struct ptt_card *card,
	const char *impi, const char *bsf_host, const char *path) PTT_MUST_CHECK;
/** The value of the Authorization header to send now; the request is a GET without a body. */
enum ptt_err ptt_ub_exchange_request(
	struct ptt_ub_exchange *ex, char *out, size_t size) PTT_MUST_CHECK;
/**
 * Takes the BSF's answer. At most one resynchronisation and one challenge renewed by stale=true.
 * @c err after FAILED: AUTH (network not authentic: AUTN or rspauth wrong), NO_KEY (403 or 404:
 * subscriber unknown), MISMATCH (our RES was refused), REPLAY (still out of range after
 * resynchronisation), MALFORMED, UNSUPPORTED (no AKAv1-MD5 offered), BUSY (5xx: later), SYSTEM.
 */
enum ptt_ub_step ptt_ub_exchange_answer(
	struct ptt_ub_exchange *ex, const struct ptt_ub_answer *answer);

#endif
