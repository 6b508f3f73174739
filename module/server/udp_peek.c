/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/server/udp_peek.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { PLACES = 32, RUNS = 4, DATAGRAM = 4096 };

struct ptt_udp_peek {
	const int *fd;
	ptt_udp_peek_fn *fn;
	void *ctx;
	char nothing[PLACES];
	struct iovec iov[PLACES], drop_iov[PLACES];
	struct mmsghdr msg[PLACES], drop[PLACES];
	uint8_t room[PLACES][DATAGRAM];
};

/* Where the next peek begins; the kernel moves it on with each one. -1: always at the head, as
 * everybody else who peeks at this socket has it. */
static bool peek_from(int fd, int offset)
{
	return setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof offset) == 0;
}

enum ptt_err ptt_udp_peek_new(
	struct ptt_udp_peek **out, const int *fd, ptt_udp_peek_fn *fn, void *ctx)
{
	struct ptt_udp_peek *peek;

	if (!peek_from(*fd, -1))
		return PTT_ERR_UNSUPPORTED;
	peek = calloc(1, sizeof *peek);
	if (!peek)
		return PTT_ERR_SYSTEM;
	peek->fd = fd;
	peek->fn = fn;
	peek->ctx = ctx;
	for (size_t i = 0; i < PLACES; i++) {
		peek->iov[i] = (struct iovec){peek->room[i], DATAGRAM};
		peek->msg[i].msg_hdr = (struct msghdr){.msg_iov = &peek->iov[i], .msg_iovlen = 1};
		peek->drop_iov[i] = (struct iovec){&peek->nothing[i], 1};
		peek->drop[i].msg_hdr =
			(struct msghdr){.msg_iov = &peek->drop_iov[i], .msg_iovlen = 1};
	}
	*out = peek;
	return PTT_OK;
}

void ptt_udp_peek_free(struct ptt_udp_peek *peek)
{
	free(peek);
}

/* One that does not fit is not ours: what is peeked behind it would be its rest. */
static bool is_whole(const struct mmsghdr *msg)
{
	return msg->msg_len > 0 && !(msg->msg_hdr.msg_flags & MSG_TRUNC);
}

static unsigned offer_round(struct ptt_udp_peek *peek, unsigned count)
{
	unsigned taken = 0;

	while (taken < count && is_whole(&peek->msg[taken]) &&
		peek->fn(
			peek->ctx, (struct ptt_bytes){peek->room[taken], peek->msg[taken].msg_len}))
		taken++;
	return taken;
}

/* An error in between is what ICMP said of something sent: it is over once it is told. What an error
 * leaves is Sofia's, for which it is one more copy. */
static void drop(struct ptt_udp_peek *peek, unsigned count)
{
	for (int errors = 0; count > 0 && errors < PLACES;) {
		int got = recvmmsg(*peek->fd, peek->drop, count, MSG_DONTWAIT, NULL);

		if (got > 0)
			count -= (unsigned)got;
		else if (errno == EAGAIN)
			return;
		else
			errors++;
	}
}

size_t ptt_udp_peek_run(struct ptt_udp_peek *peek)
{
	size_t taken = 0;

	for (int run = 0; run < RUNS; run++) {
		unsigned mine;
		int count;

		if (!peek_from(*peek->fd, 0))
			break;
		count = recvmmsg(*peek->fd, peek->msg, PLACES, MSG_PEEK | MSG_DONTWAIT, NULL);
		if (count <= 0)
			break;
		mine = offer_round(peek, (unsigned)count);
		drop(peek, mine);
		taken += mine;
		if (mine < PLACES)
			break;
	}
	(void)peek_from(*peek->fd, -1);
	return taken;
}
