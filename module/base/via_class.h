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

#include <sofia-sip/msg_types.h>

/**
 * The class of messages for NTATAG_MCLASS: Sofia's own, but for the topmost Via. It lives as long as the code is loaded,
 * so an agent that outlives the module gets NULL, Sofia's own class, before. Thread: the agent's. NULL: no memory.
 */
const msg_mclass_t *ptt_via_class(void);

#endif
