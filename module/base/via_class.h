/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file via_class.h
 * A reader of Via headers that takes `maddr` out of the topmost one.
 *
 * Sofia sends a response to the host named by the topmost Via's `maddr`. A peer that writes a name there makes the
 * SIP thread wait in a blocking getaddrinfo(); a peer that writes an address has our responses sent to a third party.
 * With this reader a response goes where its request came from (RFC 3261 18.2.2, `received`; RFC 3581, `rport`).
 * Only the topmost Via loses the parameter: proxies further on route the response by their own.
 */
#ifndef PTT_VIA_CLASS_H
#define PTT_VIA_CLASS_H

#include <sofia-sip/nta.h>

#include "crypto/err.h"

/**
 * Makes @p agent read the messages that it receives from now on so. The class lives as long as the process.
 * Thread: the agent's. Errors: SYSTEM.
 */
enum ptt_err ptt_via_class_install(nta_agent_t *agent) PTT_MUST_CHECK;
/** Gives @p agent Sofia's own class back: before the code of this one is unloaded. */
void ptt_via_class_remove(nta_agent_t *agent);

#endif
