/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/sip/udp_peek.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { PLACES = 32, FEW = 4, RUNS = 4, DATAGRAM = 4096 };

struct ptt_udp_peek {
	const int *fd;
	ptt_udp_peek_fn *fn;
	void *ctx;
	unsigned first; /* datagrams of the first peek of a run; later ones use all places */
	bool emptied;
	char nothing[PLACES];
	struct sockaddr_in6 from[PLACES];
	struct iovec iov[PLACES], drop_iov[PLACES];
	struct mmsghdr msg[PLACES], drop[PLACES];
	uint8_t room[PLACES][DATAGRAM];
};

/* Sets where the next peek begins; the kernel advances it with each peek. -1: every peek begins at
 * the head, as without SO_PEEK_OFF. */
static bool peek_from(int fd, int offset)
{
	return setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof(offset)) == 0;
}

enum ptt_err ptt_udp_peek_new(
	struct ptt_udp_peek **out, const int *fd, ptt_udp_peek_fn *fn, void *ctx)
{
	struct ptt_udp_peek *peek;

	if (!peek_from(*fd, -1))
		return PTT_ERR_UNSUPPORTED;
	peek = calloc(1, sizeof(*peek));
	if (!peek)
		return PTT_ERR_SYSTEM;
	peek->fd = fd;
	peek->fn = fn;
	peek->ctx = ctx;
	peek->first = FEW;
	for (size_t i = 0; i < PLACES; i++) {
		peek->iov[i] = (struct iovec){peek->room[i], DATAGRAM};
		peek->msg[i].msg_hdr = (struct msghdr){
			.msg_name = &peek->from[i], .msg_iov = &peek->iov[i], .msg_iovlen = 1};
		peek->drop_iov[i] = (struct iovec){&peek->nothing[i], 1};
		peek->drop[i].msg_hdr =
			(struct msghdr){.msg_iov = &peek->drop_iov[i], .msg_iovlen = 1};
	}
	*out = peek;
	return PTT_OK;
}

void ptt_udp_peek_free(struct ptt_udp_peek *peek)
{
	if (peek)
		(void)peek_from(*peek->fd, -1);
	free(peek);
}

/* A truncated datagram is left to Sofia, for the next peek would return its rest. */
static bool is_whole(const struct mmsghdr *msg)
{
	return msg->msg_len > 0 && !(msg->msg_hdr.msg_flags & MSG_TRUNC);
}

static unsigned offer_round(struct ptt_udp_peek *peek, unsigned count)
{
	unsigned taken = 0;

	while (taken < count && is_whole(&peek->msg[taken]) &&
		peek->fn(peek->ctx, (struct ptt_bytes){peek->room[taken], peek->msg[taken].msg_len},
			&peek->from[taken]))
		taken++;
	return taken;
}

/* Removes datagrams. A read error reports an earlier ICMP error and clears it, so try again. Sofia
 * reads whatever is left once more, as a repeat. */
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

static int look(struct ptt_udp_peek *peek, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		peek->msg[i].msg_hdr.msg_namelen = sizeof(peek->from[i]);
	return peek_from(*peek->fd, 0)
		       ? recvmmsg(*peek->fd, peek->msg, count, MSG_PEEK | MSG_DONTWAIT, NULL)
		       : -1;
}

size_t ptt_udp_peek_run(struct ptt_udp_peek *peek)
{
	unsigned wanted = peek->first;
	size_t taken = 0;

	for (int run = 0; run < RUNS; run++) {
		int count = look(peek, wanted);
		unsigned mine = count > 0 ? offer_round(peek, (unsigned)count) : 0;

		drop(peek, mine);
		taken += mine;
		peek->emptied = count < (int)wanted && (count <= 0 || mine == (unsigned)count);
		if (mine < wanted)
			break;
		wanted = PLACES;
	}
	peek->first = taken > PLACES ? PLACES : taken > FEW ? (unsigned)taken : FEW;
	return taken;
}

bool ptt_udp_peek_emptied(const struct ptt_udp_peek *peek)
{
	return peek->emptied;
}
