/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file sip_shed_text.h
 * The final answer to an initial INVITE straight from its datagram, without a message, a transaction
 * or a timer: what makes a refusal some thirty times cheaper than one by Sofia. No I/O, no clock.
 *
 * Only what is plain is read: one line a header, one From, To, Call-ID and CSeq, no To tag.
 * Whatever is odd is left to Sofia (PTT_SHED_OTHER), so this need not judge it.
 * Spec: RFC 3261 8.2.7 (stateless UAS: the same tag each time), 18.2.2; RFC 3581 4 (rport).
 */
#ifndef PTT_SIP_SHED_TEXT_H
#define PTT_SIP_SHED_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/bytes.h"

#define PTT_SHED_IN_MAX  4096 /**< bytes of a datagram that is looked at */
#define PTT_SHED_OUT_MAX 2048 /**< bytes of an answer */
#define PTT_SHED_LINES   16

enum ptt_shed_kind {
	PTT_SHED_OTHER,  /**< Sofia's */
	PTT_SHED_INVITE, /**< may be answered here */
	PTT_SHED_ACK,    /**< of such an answer: nothing is to be done */
};

/** Borrowed from the datagram. */
struct ptt_shed_request {
	struct ptt_bytes uri, call_id;
	bool has_credentials; /**< it answers a challenge */
	struct ptt_bytes
		line[PTT_SHED_LINES]; /**< what the answer repeats, in order; without CRLF */
	size_t count, top_via, to;    /**< which of them */
	uint16_t port; /**< where the answer goes by the top Via; 0: where it came from */
};

/** @p tag: of our answers, which no peer can guess. */
enum ptt_shed_kind ptt_shed_read(
	struct ptt_shed_request *out, struct ptt_bytes datagram, const char *tag);

struct ptt_shed_answer {
	const char *status;  /**< "503 Service Unavailable" */
	const char *headers; /**< those that are not the request's; each with CRLF */
	const char *tag;
	const char *from_host; /**< where the request came from, as a number */
	uint16_t from_port;
};
/** Errors: NO_SPACE. */
enum ptt_err ptt_shed_put(char out[PTT_SHED_OUT_MAX], size_t *len,
	const struct ptt_shed_request *request,
	const struct ptt_shed_answer *answer) PTT_MUST_CHECK;

#endif
