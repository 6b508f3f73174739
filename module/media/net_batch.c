/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/media/net_batch.h"

#include <errno.h>
#include <string.h>

/* The headers of recvmmsg() and sendmmsg(). */
struct headers {
	struct mmsghdr msg[PTT_NET_BATCH_MAX];
	struct iovec iov[PTT_NET_BATCH_MAX];
};

static void point(struct headers *out, struct ptt_net_batch *batch, size_t i, size_t len)
{
	struct ptt_addr *addr = &batch->datagram[i].addr;

	out->iov[i] = (struct iovec){batch->datagram[i].data, len};
	out->msg[i] = (struct mmsghdr){.msg_hdr = {.msg_name = &addr->ss,
					       .msg_namelen = addr->len,
					       .msg_iov = &out->iov[i],
					       .msg_iovlen = 1}};
}

void ptt_net_batch_recv(struct ptt_net_batch *batch, int fd)
{
	struct headers headers;
	int n;

	for (size_t i = 0; i < PTT_NET_BATCH_MAX; i++) {
		batch->datagram[i].addr.len = sizeof(batch->datagram[i].addr.ss);
		point(&headers, batch, i, sizeof(batch->datagram[i].data));
	}
	n = recvmmsg(fd, headers.msg, PTT_NET_BATCH_MAX, MSG_DONTWAIT, NULL);
	batch->count = n > 0 ? (size_t)n : 0;
	for (size_t i = 0; i < batch->count; i++) {
		const struct mmsghdr *msg = &headers.msg[i];

		batch->datagram[i].addr.len = msg->msg_hdr.msg_namelen;
		batch->datagram[i].len = msg->msg_hdr.msg_flags & MSG_TRUNC ? 0 : msg->msg_len;
	}
}

uint8_t *ptt_net_batch_room(struct ptt_net_batch *batch)
{
	return batch->count < PTT_NET_BATCH_MAX ? batch->datagram[batch->count].data : NULL;
}

void ptt_net_batch_add(struct ptt_net_batch *batch, size_t len, const struct ptt_addr *to)
{
	batch->datagram[batch->count].len = len;
	batch->datagram[batch->count].addr = *to;
	batch->count++;
}

size_t ptt_net_batch_send(struct ptt_net_batch *batch, int fd)
{
	struct headers headers;
	size_t done = 0, left = 0;

	for (size_t i = 0; i < batch->count; i++)
		point(&headers, batch, i, batch->datagram[i].len);
	while (done < batch->count) {
		int n = sendmmsg(fd, headers.msg + done, (unsigned)(batch->count - done), 0);

		if (n > 0) {
			left += (size_t)n;
			done += (size_t)n;
		} else if (errno != EINTR) {
			done++; /* the kernel refuses this one; it may take the next */
		}
	}
	batch->count = 0;
	return left;
}
