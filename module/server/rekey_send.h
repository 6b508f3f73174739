/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file rekey_send.h
 * Back end (a) of the re-key transaction: finished text to the transport, by public calls of Sofia
 * only.
 */
#ifndef PTT_REKEY_SEND_H
#define PTT_REKEY_SEND_H

#include <sofia-sip/nta.h>

#include "module/server/rekey_text.h"
#include "module/server/sip_events.h"

/** The first listener of that transport, or NULL. */
const struct ptt_listener *ptt_rekey_listener(
	const struct ptt_listener *listeners, const char *transport) __attribute__((pure));
/** What a request of @p dialog leaves by: its own connection or listener, unless the hop asks
 *  for another. */
const struct ptt_listener *ptt_rekey_via(const struct ptt_listener *listeners,
	const struct ptt_dialog *dialog, const struct ptt_hop *hop);
/** Over 1300 bytes on UDP: counted, and refused, or @p via becomes TCP, or it goes all the same.
 *  Errors: NO_SPACE. */
enum ptt_err ptt_rekey_size(const struct ptt_listener **via, const struct ptt_dialog *dialog,
	size_t len, const struct ptt_listener *listeners,
	enum ptt_sip_over_mtu rule) PTT_MUST_CHECK;
/** @p text as a message of one fragment; NULL: no memory. Keeps: the caller destroys it. */
msg_t *ptt_rekey_msg(nta_agent_t *agent, const char *text, size_t len);
/** The same message may be sent again. @p used (may be NULL) gets the transport, not counted.
 *  Errors: SYSTEM. */
enum ptt_err ptt_rekey_send(struct ptt_dialog *dialog, const struct ptt_listener *via,
	const struct ptt_hop *hop, msg_t *msg, tport_t **used) PTT_MUST_CHECK;
/** The body of a message made by ptt_rekey_msg(), borrowed from it. */
struct ptt_bytes ptt_rekey_body(msg_t *msg);
/** A new branch of 64 random bits. Errors: SYSTEM. */
enum ptt_err ptt_rekey_branch(char out[PTT_BRANCH_SIZE]) PTT_MUST_CHECK;
/** An ACK; head.dialog is set here, head.branch NULL becomes a new one, as for a 2xx. */
void ptt_rekey_send_ack(nta_agent_t *agent, struct ptt_dialog *dialog, struct ptt_rekey_head head,
	const struct ptt_hop *hop);
/** ACK for a final response to an INVITE of the past: one more copy, or of a former process. */
void ptt_rekey_ack_again(nta_agent_t *agent, const struct ptt_listener *listeners,
	struct ptt_dialog *dialog, const sip_t *answer);

#endif
