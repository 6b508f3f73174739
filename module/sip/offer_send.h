/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file offer_send.h
 * How offers leave. Back end (a): finished text to Sofia's transport, for any transport and host.
 * Back end (b): the listener's batch (udp_batch.h), if it has one.
 */
#ifndef PTT_OFFER_SEND_H
#define PTT_OFFER_SEND_H

#include <sofia-sip/nta.h>

#include "module/sip/offer_text.h"
#include "module/sip/sip_events.h"

/** The listener that a request of @p dialog leaves by: the dialog's own, unless the hop asks for
 *  another transport and there is such a listener. */
const struct ptt_listener *ptt_offer_via(const struct ptt_listener *listeners,
	const struct ptt_dialog *dialog, const struct ptt_hop *hop);
/** Counts a request of @p len over 1300 bytes on UDP and applies @p rule: refuse it, change @p via
 *  to the TCP listener, or send it all the same. Errors: NO_SPACE: refused. */
enum ptt_err ptt_offer_size(const struct ptt_listener **via, const struct ptt_dialog *dialog,
	size_t len, const struct ptt_listener *listeners,
	enum ptt_sip_over_mtu rule) PTT_MUST_CHECK;
/** The bytes of a request, kept for repeats. */
struct ptt_offer_packet {
	nta_agent_t *agent;
	char *text;
	size_t len; /**< bytes */
	msg_t *msg; /**< the text as a message of one fragment; NULL: not sent by Sofia yet */
};
/** Copies @p text. Errors: SYSTEM: the packet is unchanged. */
enum ptt_err ptt_offer_packet_set(
	struct ptt_offer_packet *packet, const char *text, size_t len) PTT_MUST_CHECK;
void ptt_offer_packet_wipe(struct ptt_offer_packet *packet);
/** The bytes behind the empty line, borrowed. */
struct ptt_bytes ptt_offer_packet_body(const struct ptt_offer_packet *packet);
/** Sends the packet. @p used (may be NULL) gets the transport, without a reference; it is not
 *  written if the packet went into a batch. Errors: SYSTEM. */
enum ptt_err ptt_offer_send(struct ptt_dialog *dialog, const struct ptt_listener *via,
	const struct ptt_hop *hop, struct ptt_offer_packet *packet, tport_t **used) PTT_MUST_CHECK;
/** Makes a branch of 64 random bits. Errors: SYSTEM. */
enum ptt_err ptt_offer_branch(char out[PTT_BRANCH_SIZE]) PTT_MUST_CHECK;
/** Sends an ACK. head.dialog is set here. head.branch NULL: on a new branch, as for a 2xx. */
void ptt_offer_send_ack(nta_agent_t *agent, struct ptt_dialog *dialog, struct ptt_offer_head head,
	const struct ptt_hop *hop);
/** Sends an ACK for a final response whose INVITE has no transaction any more: it is a repeat, or
 *  an INVITE of a former process. */
void ptt_offer_ack_again(nta_agent_t *agent, const struct ptt_listener *listeners,
	struct ptt_dialog *dialog, const sip_t *response);

#endif
