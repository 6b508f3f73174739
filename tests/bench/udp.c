/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bench/udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define SOCKET_BUFFER (32 << 20)

struct ptt_bench_udp_buffers {
	char in[PTT_BENCH_BATCH][PTT_BENCH_DATAGRAM], out[PTT_BENCH_BATCH][PTT_BENCH_DATAGRAM];
	char control[PTT_BENCH_BATCH][64];
	struct sockaddr_in from[PTT_BENCH_BATCH], to[PTT_BENCH_BATCH];
	struct iovec in_iov[PTT_BENCH_BATCH], out_iov[PTT_BENCH_BATCH];
	struct mmsghdr in_msg[PTT_BENCH_BATCH], out_msg[PTT_BENCH_BATCH];
};

static int64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t ptt_bench_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static bool open_at(struct ptt_bench_udp *udp, const struct sockaddr_in *at)
{
	struct sockaddr_in own = *at;
	socklen_t len = sizeof(own);
	int size = SOCKET_BUFFER, on = 1;

	memset(udp, 0, sizeof(*udp));
	udp->buf = calloc(1, sizeof(*udp->buf));
	udp->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (!udp->buf || udp->fd < 0)
		return false;
	if (setsockopt(udp->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
		(void)setsockopt(udp->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(udp->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) != 0)
		(void)setsockopt(udp->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	(void)setsockopt(udp->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(udp->fd, (const struct sockaddr *)at, sizeof(*at)) != 0 ||
		getsockname(udp->fd, (struct sockaddr *)&own, &len) != 0)
		return false;
	udp->port = ntohs(own.sin_port);
	return true;
}

bool ptt_bench_udp_open(struct ptt_bench_udp *udp, uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return open_at(udp, &at);
}

bool ptt_bench_udp_stamp(struct ptt_bench_udp *udp)
{
	int on = 1;

	return setsockopt(udp->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) == 0;
}

bool ptt_bench_udp_join(struct ptt_bench_udp *udp, const char *group, uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct ip_mreq mreq = {0};

	if (inet_pton(AF_INET, group, &at.sin_addr) != 1 || !open_at(udp, &at))
		return false;
	mreq.imr_multiaddr = at.sin_addr;
	mreq.imr_interface.s_addr = htonl(INADDR_LOOPBACK);
	return setsockopt(udp->fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &mreq, sizeof(mreq)) == 0 &&
	       ptt_bench_udp_stamp(udp);
}

/* The kernel's stamp is CLOCK_REALTIME; all other times here are monotonic. */
static int64_t stamp_of(struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		struct timespec ts;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&ts, CMSG_DATA(c), sizeof(ts));
		return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec + clock_ns(CLOCK_MONOTONIC) -
		       clock_ns(CLOCK_REALTIME);
	}
	return 0;
}

unsigned int ptt_bench_udp_read(struct ptt_bench_udp *udp, ptt_bench_on_datagram *fn, void *ctx)
{
	struct ptt_bench_udp_buffers *buf = udp->buf;
	int n;

	if (udp->stream)
		return ptt_bench_stream_read(udp, fn, ctx);
	for (int i = 0; i < PTT_BENCH_BATCH; i++) {
		buf->in_iov[i] = (struct iovec){buf->in[i], PTT_BENCH_DATAGRAM - 1};
		buf->in_msg[i].msg_hdr = (struct msghdr){.msg_name = &buf->from[i],
			.msg_namelen = sizeof(buf->from[i]),
			.msg_iov = &buf->in_iov[i],
			.msg_iovlen = 1,
			.msg_control = buf->control[i],
			.msg_controllen = sizeof(buf->control[i])};
	}
	n = recvmmsg(udp->fd, buf->in_msg, PTT_BENCH_BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		struct ptt_bench_datagram in = {.data = buf->in[i],
			.len = buf->in_msg[i].msg_len,
			.from = &buf->from[i],
			.at_ns = stamp_of(&buf->in_msg[i].msg_hdr)};

		in.data[in.len] = '\0';
		fn(ctx, udp, &in);
	}
	return n > 0 ? (unsigned int)n : 0;
}

void ptt_bench_udp_send(
	struct ptt_bench_udp *udp, const struct sockaddr_in *to, const void *data, size_t len)
{
	struct ptt_bench_udp_buffers *buf = udp->buf;
	unsigned int i;

	if (udp->stream) {
		ptt_bench_stream_send(udp, data, len);
		return;
	}
	i = udp->out_count++;
	buf->to[i] = *to;
	buf->out_iov[i] = (struct iovec){(void *)(uintptr_t)data, len};
	buf->out_msg[i].msg_hdr = (struct msghdr){.msg_name = &buf->to[i],
		.msg_namelen = sizeof(buf->to[i]),
		.msg_iov = &buf->out_iov[i],
		.msg_iovlen = 1};
	if (udp->out_count == PTT_BENCH_BATCH)
		ptt_bench_udp_flush(udp);
}

void ptt_bench_udp_send_copy(
	struct ptt_bench_udp *udp, const struct sockaddr_in *to, const void *data, size_t len)
{
	char *own;

	if (udp->stream) {
		ptt_bench_stream_send(udp, data, len);
		return;
	}
	own = udp->buf->out[udp->out_count];
	memcpy(own, data, len);
	ptt_bench_udp_send(udp, to, own, len);
}

void ptt_bench_udp_flush(struct ptt_bench_udp *udp)
{
	unsigned int done = 0;

	if (udp->stream)
		ptt_bench_stream_flush(udp);
	while (done < udp->out_count) {
		int n = sendmmsg(udp->fd, udp->buf->out_msg + done, udp->out_count - done, 0);

		if (n > 0) {
			done += (unsigned int)n;
		} else if (errno == EAGAIN || errno == ENOBUFS) {
			struct pollfd wait = {.fd = udp->fd, .events = POLLOUT};

			(void)poll(&wait, 1, 10);
		} else if (errno != EINTR) {
			done++; /* the port is closed by now: skip this datagram */
		}
	}
	udp->out_count = 0;
}
