/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One TCP connection with many members behind it, as a server behind an S-CSCF sees it. */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/sip_text.h"
#include "tests/bench/udp.h"

enum { ROOM = 1 << 20 };

struct ptt_bench_stream {
	char *in, *out;
	size_t in_len, out_len, out_sent, out_size;
};

static void over(const char *why)
{
	fprintf(stderr, "members: the connection is over: %s\n", why);
	exit(2);
}

bool ptt_bench_stream_open(struct ptt_bench_udp *udp, const struct sockaddr_in *server)
{
	struct sockaddr_in own;
	socklen_t len = sizeof(own);
	int on = 1;

	memset(udp, 0, sizeof(*udp));
	udp->stream = calloc(1, sizeof(*udp->stream));
	if (!udp->stream)
		return false;
	udp->stream->in = malloc(ROOM + 1);
	udp->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (!udp->stream->in || udp->fd < 0 ||
		connect(udp->fd, (const struct sockaddr *)server, sizeof(*server)) != 0 ||
		getsockname(udp->fd, (struct sockaddr *)&own, &len) != 0)
		return false;
	(void)setsockopt(udp->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	udp->port = ntohs(own.sin_port);
	return true;
}

/* @return the length of the first message in @p data; 0 if it is incomplete */
static size_t message_len(const char *data, size_t len)
{
	const char *end = memmem(data, len, "\r\n\r\n", 4);
	struct ptt_bench_text head = {data, end ? (int)(end - data + 2) : 0}, line;
	size_t body = 0;

	if (!end)
		return 0;
	while ((line = ptt_bench_line(&head)).len > 0) {
		if (strncasecmp(line.at, "l:", 2) == 0)
			body = strtoul(line.at + 2, NULL, 10);
		else if (strncasecmp(line.at, "Content-Length:", 15) == 0)
			body = strtoul(line.at + 15, NULL, 10);
	}
	body += (size_t)(end + 4 - data);
	return body <= len ? body : 0;
}

static unsigned int hand_over(struct ptt_bench_udp *udp, ptt_bench_on_datagram *fn, void *ctx)
{
	struct ptt_bench_stream *stream = udp->stream;
	static const struct sockaddr_in nobody;
	unsigned int count = 0;
	size_t at = 0, len;

	while ((len = message_len(stream->in + at, stream->in_len - at)) > 0) {
		struct ptt_bench_datagram in = {.data = stream->in + at,
			.len = len,
			.from = &nobody,
			.at_ns = ptt_bench_now_ns()};
		char next = in.data[len];

		in.data[len] = '\0';
		fn(ctx, udp, &in);
		in.data[len] = next;
		at += len;
		count++;
	}
	stream->in_len -= at;
	memmove(stream->in, stream->in + at, stream->in_len);
	return count;
}

unsigned int ptt_bench_stream_read(struct ptt_bench_udp *udp, ptt_bench_on_datagram *fn, void *ctx)
{
	struct ptt_bench_stream *stream = udp->stream;
	ssize_t n = recv(udp->fd, stream->in + stream->in_len, ROOM - stream->in_len, MSG_DONTWAIT);

	if (n == 0)
		over("end");
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		over(strerror(errno));
	if (n < 0)
		return 0;
	stream->in_len += (size_t)n;
	return hand_over(udp, fn, ctx);
}

void ptt_bench_stream_send(struct ptt_bench_udp *udp, const void *data, size_t len)
{
	struct ptt_bench_stream *stream = udp->stream;

	if (stream->out_len + len > stream->out_size) {
		stream->out_size = 2 * (stream->out_len + len);
		stream->out = realloc(stream->out, stream->out_size);
		if (!stream->out)
			abort();
	}
	memcpy(stream->out + stream->out_len, data, len);
	stream->out_len += len;
}

/* Keeps bytes that the peer does not read now for a later turn. Waiting here could make both
 * sides wait for each other. */
void ptt_bench_stream_flush(struct ptt_bench_udp *udp)
{
	struct ptt_bench_stream *stream = udp->stream;

	while (stream->out_sent < stream->out_len) {
		ssize_t n = send(udp->fd, stream->out + stream->out_sent,
			stream->out_len - stream->out_sent, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0)
			stream->out_sent += (size_t)n;
		else if (errno == EAGAIN)
			return;
		else if (errno != EINTR)
			over(strerror(errno));
	}
	stream->out_len = stream->out_sent = 0;
}
