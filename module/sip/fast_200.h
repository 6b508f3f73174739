/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file fast_200.h
 * Reads the one kind of message that a re-key gets thousands of: a plain 200 to an INVITE of ours.
 *
 * Whatever is not plain (another status, more than one Via, folded lines, quoted strings, a header
 * that might mean something) is nobody's here: Sofia's parser reads it, and the same transaction
 * takes it. What is read here, Sofia's parser would have read the same; a fuzz target holds the two
 * together.
 */
#ifndef PTT_FAST_200_H
#define PTT_FAST_200_H

#include <stdbool.h>

#include "crypto/bytes.h"

/** Borrowed from the datagram. */
struct ptt_fast_200 {
	struct ptt_bytes branch, call_id, from_tag, to_tag;
	struct ptt_bytes target; /**< URI of the Contact; empty: there is none */
	struct ptt_bytes body;   /**< application/sdp */
	uint32_t cseq;
	bool has_allow, allows_update; /**< Allow is there; and has UPDATE */
};

/** Errors: UNSUPPORTED: not plain. */
enum ptt_err ptt_fast_200_get(struct ptt_fast_200 *out, struct ptt_bytes datagram) PTT_MUST_CHECK;

#endif
