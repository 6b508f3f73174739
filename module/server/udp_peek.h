/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file udp_peek.h
 * Back end (c) of the re-key transaction: looks at what waits on a socket that is somebody else's,
 * and takes from its head what is ours, many with one system call. From the first that is not, all
 * is left for the owner to read.
 */
#ifndef PTT_UDP_PEEK_H
#define PTT_UDP_PEEK_H

#include "crypto/bytes.h"

struct ptt_udp_peek;

/** True: it was ours, and is dealt with. It must not read the socket. */
typedef bool ptt_udp_peek_fn(void *ctx, struct ptt_bytes datagram);

/** @p fd: where the descriptor stands; -1 there from when it is closed. Nobody reads it from another
 *  thread. Keeps: @p fd. Errors: SYSTEM; UNSUPPORTED: the
 *  kernel has no SO_PEEK_OFF. */
enum ptt_err ptt_udp_peek_new(
	struct ptt_udp_peek **out, const int *fd, ptt_udp_peek_fn *fn, void *ctx) PTT_MUST_CHECK;
/** NULL is fine. */
void ptt_udp_peek_free(struct ptt_udp_peek *peek);
/** Takes what is ours at the head of the socket now, at most 128. @return how many */
size_t ptt_udp_peek_run(struct ptt_udp_peek *peek);

#endif
