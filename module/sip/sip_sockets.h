/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file sip_sockets.h Finds the descriptors of Sofia's UDP transports. Sofia has no call for that,
 * but passes each descriptor to its STUN server, which an application may replace. Ours only
 * records the descriptors and never responds to STUN.
 */
#ifndef PTT_SIP_SOCKETS_H
#define PTT_SIP_SOCKETS_H

#include <stdbool.h>

#include <sofia-sip/tport.h>

/** Call it before the process makes its first agent; once is enough. False: it is too late, or
 *  there is another STUN server. Then ptt_sip_socket_of() finds nothing. */
bool ptt_sip_sockets_watch(void);
/** The place of a UDP transport's descriptor, or NULL: unknown. It becomes -1 when Sofia closes the
 *  socket. Keeps: the place is static. */
const int *ptt_sip_socket_of(const tport_t *primary);
/** A duplicate descriptor of the same socket, for the caller to close. If the descriptor was not
 *  recorded, it is looked up by its address among the open ones of the process. -1: not found. */
int ptt_sip_socket_dup(const tport_t *primary);

#endif
