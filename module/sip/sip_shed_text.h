/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file sip_shed_text.h
 * Makes the final response to an initial INVITE straight from its datagram, without a message, a
 * transaction or a timer. So a refusal costs about a thirtieth of one by Sofia. No I/O, no clock.
 *
 * Only plain requests are read: no folded line; one From, To, Call-ID and CSeq; no To tag. Any
 * other is PTT_SHED_OTHER and left to Sofia.
 * Spec: RFC 3261 8.2.7 (stateless UAS: the same tag each time), 18.2.2; RFC 3581 4 (rport).
 */
#ifndef PTT_SIP_SHED_TEXT_H
#define PTT_SIP_SHED_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/bytes.h"

#define PTT_SHED_IN_MAX  4096 /**< bytes of a datagram that can be read */
#define PTT_SHED_OUT_MAX 2048 /**< bytes of a response */
#define PTT_SHED_LINES   16   /**< lines of a request that its response may repeat */

enum ptt_shed_kind {
	PTT_SHED_OTHER,  /**< Sofia must read it */
	PTT_SHED_INVITE, /**< ptt_shed_put() can make its response */
	PTT_SHED_ACK,    /**< the ACK of such a response; needs no action */
};

/** The parts of an INVITE that its response needs, borrowed from the datagram. */
struct ptt_shed_request {
	struct ptt_bytes uri, call_id;
	bool has_credentials; /**< there is an Authorization header */
	struct ptt_bytes
		line[PTT_SHED_LINES]; /**< lines that the response repeats, in order; no CRLF */
	size_t count, top_via, to;    /**< number of lines; indexes of the top Via and of To */
	uint16_t port;                /**< port of the top Via; 0 (rport): the source port */
};

/** @p tag: the To tag of our responses. An ACK with it is ours, for no peer can guess it. */
enum ptt_shed_kind ptt_shed_read(
	struct ptt_shed_request *out, struct ptt_bytes datagram, const char *tag);

struct ptt_shed_response {
	const char *status;    /**< "503 Service Unavailable" */
	const char *headers;   /**< headers that the request does not have; each with CRLF */
	const char *tag;       /**< To tag */
	const char *from_host; /**< source address of the request, as a number */
	uint16_t from_port;    /**< source port of the request */
};
/** Errors: NO_SPACE. */
enum ptt_err ptt_shed_put(char out[PTT_SHED_OUT_MAX], size_t *len,
	const struct ptt_shed_request *request,
	const struct ptt_shed_response *response) PTT_MUST_CHECK;

#endif
