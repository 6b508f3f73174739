/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file udp_batch.h
 * Back end (b) of the re-key transaction: datagrams gathered and sent by one sendmmsg(), on a
 * socket that is somebody else's.
 *
 * What is added leaves at the end of the turn of the event loop, or when there are 64 of them;
 * while the socket has more to read, which will make more to send, they wait for up to 1 ms. What the
 * socket does not take waits, in order, in the same 64 places, and is tried again
 * each 2 ms. Nothing is lost silently, but lost it may be, like a datagram on its way: Timer A of
 * its transaction repeats it.
 */
#ifndef PTT_UDP_BATCH_H
#define PTT_UDP_BATCH_H

#include <netinet/in.h>

#include <sofia-sip/su_wait.h>

#include "crypto/bytes.h"

struct ptt_udp_batch;

/** @p fd: where the descriptor stands; -1 there from when it is closed. Keeps: @p fd. Errors:
 *  SYSTEM. */
enum ptt_err ptt_udp_batch_new(
	struct ptt_udp_batch **out, su_root_t *root, const int *fd) PTT_MUST_CHECK;
/** What waits is sent if it can be. NULL is fine. */
void ptt_udp_batch_free(struct ptt_udp_batch *batch);
/** The bytes are copied. @p to NULL: the socket is connected. An IPv4 address is mapped for a
 *  socket of IPv6. Errors: NO_SPACE: the socket takes nothing now and all places are taken, it is
 *  dropped and counted; UNSUPPORTED: no such address on this socket. */
enum ptt_err ptt_udp_batch_add(struct ptt_udp_batch *batch, const struct sockaddr_in6 *to,
	struct ptt_bytes datagram) PTT_MUST_CHECK;
/** Sends what waits. */
void ptt_udp_batch_flush(struct ptt_udp_batch *batch);

#endif
