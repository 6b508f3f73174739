/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file udp_peek.h
 * Back end (c) of the re-key transaction: looks at what waits on a socket that is somebody else's,
 * and takes from its head what is ours, many with one system call. From the first that is not, all
 * is left for the owner to read.
 */
#ifndef PTT_UDP_PEEK_H
#define PTT_UDP_PEEK_H

#include <netinet/in.h>
#include <stdbool.h>

#include "crypto/bytes.h"

struct ptt_udp_peek;

/** True: it was ours, and is dealt with. It must not read the socket. @p from: IPv4 or IPv6. */
typedef bool ptt_udp_peek_fn(void *ctx, struct ptt_bytes datagram, const struct sockaddr_in6 *from);

/** @p fd: where the descriptor stands; -1 there from when it is closed. Nobody reads it from another
 *  thread, and nobody else peeks at it while this lives. Keeps: @p fd. Errors: SYSTEM; UNSUPPORTED: the
 *  kernel has no SO_PEEK_OFF. */
enum ptt_err ptt_udp_peek_new(
	struct ptt_udp_peek **out, const int *fd, ptt_udp_peek_fn *fn, void *ctx) PTT_MUST_CHECK;
/** NULL is fine. */
void ptt_udp_peek_free(struct ptt_udp_peek *peek);
/** Takes what is ours at the head of the socket now, at most some 100. What is looked at is little if
 *  the last run found little: the owner's messages are copied in vain. @return how many */
size_t ptt_udp_peek_run(struct ptt_udp_peek *peek);
/** Whether the last run has left nothing. */
bool ptt_udp_peek_emptied(const struct ptt_udp_peek *peek);

#endif
