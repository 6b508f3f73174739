/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file offer_text.h
 * The text of an offer on the wire: the re-INVITE or UPDATE, its ACK, and the next hop. No
 * transaction, no I/O.
 *
 * Headers are compact and Allow is left out, so that the request stays within 1300 bytes (RFC 3261
 * 7.3.3, 18.1.1).
 */
#ifndef PTT_OFFER_TEXT_H
#define PTT_OFFER_TEXT_H

#include <netinet/in.h>

#include "module/sip/dialog.h"

#define PTT_OFFER_TEXT_MAX 6144 /**< bytes of a request */
#define PTT_SIP_UDP_MAX    1300 /**< bytes of a request on UDP, RFC 3261 18.1.1 */
#define PTT_BRANCH_SIZE    24   /**< "z9hG4bK" and 16 hex digits, NUL */

struct ptt_offer_head {
	const struct ptt_dialog *dialog;
	const struct ptt_listener *via; /**< the listener it leaves by */
	const char *branch;
	uint32_t cseq;
	bool update; /**< the offer is an UPDATE */
};

/** Writes the re-INVITE or UPDATE of an offer. Errors: NO_SPACE. */
enum ptt_err ptt_offer_invite_put(char out[PTT_OFFER_TEXT_MAX], size_t *len,
	const struct ptt_offer_head *head, struct ptt_bytes body) PTT_MUST_CHECK;
/** Writes an ACK. head.branch is a new one for a 2xx, else that of the INVITE. Errors: NO_SPACE. */
enum ptt_err ptt_offer_ack_put(char out[PTT_OFFER_TEXT_MAX], size_t *len,
	const struct ptt_offer_head *head) PTT_MUST_CHECK;

/** The next hop: the first Route, or the remote target. */
struct ptt_hop {
	char host[64]; /**< an IP literal; IPv6 in brackets */
	char port[8];
	char transport[8]; /**< "udp", "tcp", "tls", or "" if the URI does not say */
	struct sockaddr_in6
		to; /**< host and port as a number; a sockaddr_in for IPv4; family 0: unknown */
};
/** Works out the next hop. A host name is not looked up, for that would block: the address of the
 *  peer's last request is used instead. Errors: MALFORMED. */
enum ptt_err ptt_hop_get(struct ptt_hop *out, const struct ptt_dialog *dialog) PTT_MUST_CHECK;

#endif
