/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file fast_200.h
 * Reads the message that comes in thousands after a burst of offers: a plain 200 to our INVITE.
 *
 * Anything else is UNSUPPORTED and left to Sofia's parser: another status, more than one Via,
 * folded lines, quoted strings, an unknown header. The same transaction gets it then. A fuzz target
 * checks that Sofia's parser reads a plain 200 to the same values.
 */
#ifndef PTT_FAST_200_H
#define PTT_FAST_200_H

#include <stdbool.h>

#include "crypto/bytes.h"

/** The fields of a plain 200, borrowed from the datagram. */
struct ptt_fast_200 {
	struct ptt_bytes branch, call_id, from_tag, to_tag;
	struct ptt_bytes target; /**< URI of the Contact; empty: no Contact */
	struct ptt_bytes body;   /**< application/sdp */
	uint32_t cseq;
	bool has_allow, allows_update; /**< there is an Allow; it lists UPDATE */
};

/** Errors: UNSUPPORTED: not a plain 200. */
enum ptt_err ptt_fast_200_get(struct ptt_fast_200 *out, struct ptt_bytes datagram) PTT_MUST_CHECK;

#endif
