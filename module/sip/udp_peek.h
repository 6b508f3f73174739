/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file udp_peek.h Back end (c) of offers: peeks at the datagrams in Sofia's socket and removes
 * those of ours from its head, many with one system call. The first datagram that is not ours, and
 * all behind it, are left for Sofia.
 * Thread: the one that reads the socket.
 */
#ifndef PTT_UDP_PEEK_H
#define PTT_UDP_PEEK_H

#include <netinet/in.h>
#include <stdbool.h>

#include "crypto/bytes.h"

struct ptt_udp_peek;

/** True: the datagram is ours and is handled. It must not read the socket. @p from: IPv4 or
 *  IPv6. */
typedef bool ptt_udp_peek_fn(void *ctx, struct ptt_bytes datagram, const struct sockaddr_in6 *from);

/** @p fd: the place of the descriptor, -1 once the socket is closed. No other code may peek at the
 *  socket meanwhile. Keeps: @p fd. Errors: SYSTEM; UNSUPPORTED: the kernel has no SO_PEEK_OFF. */
enum ptt_err ptt_udp_peek_new(
	struct ptt_udp_peek **out, const int *fd, ptt_udp_peek_fn *fn, void *ctx) PTT_MUST_CHECK;
/** NULL is fine. */
void ptt_udp_peek_free(struct ptt_udp_peek *peek);
/** Removes our datagrams at the head of the socket, at most about 100. It peeks at few if the
 *  last run removed few, because peeking copies Sofia's datagrams in vain. @return how many it
 *  removed */
size_t ptt_udp_peek_run(struct ptt_udp_peek *peek);
/** Has the last run left the socket empty? */
bool ptt_udp_peek_emptied(const struct ptt_udp_peek *peek);

#endif
