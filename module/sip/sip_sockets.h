/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file sip_sockets.h
 * Which descriptors Sofia's UDP transports have. Sofia does not say; but it hands each to its STUN
 * server, for which an application may put one of its own. Ours answers nothing (a SIP port of ours
 * is no STUN server) and only writes the descriptors down.
 */
#ifndef PTT_SIP_SOCKETS_H
#define PTT_SIP_SOCKETS_H

#include <stdbool.h>

#include <sofia-sip/tport.h>

/** To be called before the process makes its first agent; once is enough. False: it is too late, or
 *  another STUN server is plugged in: ptt_sip_socket_of() will know nothing. */
bool ptt_sip_sockets_watch(void);
/** Where the descriptor of a UDP transport stands (-1 from when Sofia closes it), or NULL if it is
 *  not known. Keeps: valid for ever. */
const int *ptt_sip_socket_of(const tport_t *primary);
/** A descriptor of the caller's own for the same socket, which he closes; also where nobody watched:
 *  then it is found by its address among those that the process has. -1: there is none. */
int ptt_sip_socket_dup(const tport_t *primary);

#endif
