/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file udp_batch.h
 * Back end (b) of offers: gathers datagrams and sends them by one sendmmsg() on Sofia's socket.
 *
 * A batch leaves at the end of the turn of the event loop, or when it has 64 datagrams. While the
 * socket has unread input, which will make more to send, the batch waits for up to 1 ms. Datagrams
 * that a full socket refuses wait in order in the same 64 places, and are tried again each 2 ms. A
 * dropped datagram is counted, and Timer A of its transaction repeats it.
 * Thread: that of the root.
 */
#ifndef PTT_UDP_BATCH_H
#define PTT_UDP_BATCH_H

#include <netinet/in.h>

#include <sofia-sip/su_wait.h>

#include "crypto/bytes.h"

struct ptt_udp_batch;

/** @p fd: the place of the descriptor, -1 once the socket is closed. Keeps: @p fd. Errors:
 *  SYSTEM. */
enum ptt_err ptt_udp_batch_new(
	struct ptt_udp_batch **out, su_root_t *root, const int *fd) PTT_MUST_CHECK;
/** Sends the waiting datagrams if the socket takes them. NULL is fine. */
void ptt_udp_batch_free(struct ptt_udp_batch *batch);
/** Copies the datagram. @p to NULL: the socket is connected. An IPv4 address is mapped for an IPv6
 *  socket. Errors: NO_SPACE: the socket is full and all places are taken, so the datagram is
 *  dropped and counted; UNSUPPORTED: the socket cannot send to such an address. */
enum ptt_err ptt_udp_batch_add(struct ptt_udp_batch *batch, const struct sockaddr_in6 *to,
	struct ptt_bytes datagram) PTT_MUST_CHECK;
/** Sends the waiting datagrams now. */
void ptt_udp_batch_flush(struct ptt_udp_batch *batch);

#endif
