/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file offer_send.h
 * How the requests of a re-key leave: finished text to Sofia's transport (back end (a): any
 * transport, any host), or into the batch of the listener (back end (b): udp_batch.h), where it has
 * one.
 */
#ifndef PTT_OFFER_SEND_H
#define PTT_OFFER_SEND_H

#include <sofia-sip/nta.h>

#include "module/sip/offer_text.h"
#include "module/sip/sip_events.h"

/** The first listener of that transport, or NULL. */
const struct ptt_listener *ptt_offer_listener(
	const struct ptt_listener *listeners, const char *transport) __attribute__((pure));
/** What a request of @p dialog leaves by: its own connection or listener, unless the hop asks
 *  for another. */
const struct ptt_listener *ptt_offer_via(const struct ptt_listener *listeners,
	const struct ptt_dialog *dialog, const struct ptt_hop *hop);
/** Over 1300 bytes on UDP: counted, and refused, or @p via becomes TCP, or it goes all the same.
 *  Errors: NO_SPACE. */
enum ptt_err ptt_offer_size(const struct ptt_listener **via, const struct ptt_dialog *dialog,
	size_t len, const struct ptt_listener *listeners,
	enum ptt_sip_over_mtu rule) PTT_MUST_CHECK;
/** A request that may be sent again, the same bytes. */
struct ptt_offer_packet {
	nta_agent_t *agent;
	char *text;
	size_t len; /**< bytes */
	msg_t *msg; /**< the same as a message of one fragment; NULL: not sent by Sofia yet */
};
/** Copies @p text. Errors: SYSTEM: the packet is as it was. */
enum ptt_err ptt_offer_packet_set(
	struct ptt_offer_packet *packet, const char *text, size_t len) PTT_MUST_CHECK;
void ptt_offer_packet_wipe(struct ptt_offer_packet *packet);
/** What follows the empty line, borrowed. */
struct ptt_bytes ptt_offer_packet_body(const struct ptt_offer_packet *packet);
/** @p used (may be NULL) gets the transport, not counted; NULL if it went into a batch.
 *  Errors: SYSTEM. */
enum ptt_err ptt_offer_send(struct ptt_dialog *dialog, const struct ptt_listener *via,
	const struct ptt_hop *hop, struct ptt_offer_packet *packet, tport_t **used) PTT_MUST_CHECK;
/** A new branch of 64 random bits. Errors: SYSTEM. */
enum ptt_err ptt_offer_branch(char out[PTT_BRANCH_SIZE]) PTT_MUST_CHECK;
/** An ACK; head.dialog is set here, head.branch NULL becomes a new one, as for a 2xx. */
void ptt_offer_send_ack(nta_agent_t *agent, struct ptt_dialog *dialog, struct ptt_offer_head head,
	const struct ptt_hop *hop);
/** ACK for a final response to an INVITE of the past: one more copy, or of a former process. */
void ptt_offer_ack_again(nta_agent_t *agent, const struct ptt_listener *listeners,
	struct ptt_dialog *dialog, const sip_t *answer);

#endif
