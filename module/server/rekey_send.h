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

/** The first listener of that transport, or NULL. */
const struct ptt_listener *ptt_rekey_listener(
	const struct ptt_listener *listeners, const char *transport) __attribute__((pure));
/** What a request of @p dialog leaves by: its own connection or listener, unless the hop asks
 *  for another. */
const struct ptt_listener *ptt_rekey_via(const struct ptt_listener *listeners,
	const struct ptt_dialog *dialog, const struct ptt_hop *hop);
/** @p text as a message of one fragment; NULL: no memory. Keeps: the caller destroys it. */
msg_t *ptt_rekey_msg(nta_agent_t *agent, const char *text, size_t len);
/** The same message may be sent again. Errors: SYSTEM. */
enum ptt_err ptt_rekey_send(struct ptt_dialog *dialog, const struct ptt_listener *via,
	const struct ptt_hop *hop, msg_t *msg) PTT_MUST_CHECK;
/** A new branch of 64 random bits. Errors: SYSTEM. */
enum ptt_err ptt_rekey_branch(char out[PTT_BRANCH_SIZE]) PTT_MUST_CHECK;

#endif
