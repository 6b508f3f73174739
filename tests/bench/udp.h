/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file udp.h
 * A UDP socket that reads and writes in batches (recvmmsg, sendmmsg), or one TCP connection behind
 * the same functions (stream.c): for the benchmarks only.
 */
#ifndef PTT_BENCH_UDP_H
#define PTT_BENCH_UDP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PTT_BENCH_BATCH    64
#define PTT_BENCH_DATAGRAM 2048

struct ptt_bench_udp {
	int fd;
	uint16_t port;
	unsigned int out_count;
	struct ptt_bench_udp_buffers *buf;
	struct ptt_bench_stream *stream; /**< NULL: datagrams */
};

/** Gets one datagram, or one message of a stream. @p at_ns is CLOCK_MONOTONIC, 0 without receive
 * time stamps. Borrowed for the call. */
struct ptt_bench_datagram {
	char *data; /**< NUL-terminated in place */
	size_t len;
	const struct sockaddr_in *from;
	int64_t at_ns;
};

typedef void ptt_bench_on_datagram(
	void *ctx, struct ptt_bench_udp *udp, const struct ptt_bench_datagram *in);

int64_t ptt_bench_now_ns(void);
/** Binds to 127.0.0.1 (port 0: any); large socket buffers. False with errno. */
bool ptt_bench_udp_open(struct ptt_bench_udp *udp, uint16_t port);
/** Connects by TCP; Content-Length separates the messages. False with errno. */
bool ptt_bench_stream_open(struct ptt_bench_udp *udp, const struct sockaddr_in *server);
/** Turns on the kernel's receive time stamps. */
bool ptt_bench_udp_stamp(struct ptt_bench_udp *udp);
/** Binds to a multicast group on the loopback interface, with receive time stamps. */
bool ptt_bench_udp_join(struct ptt_bench_udp *udp, const char *group, uint16_t port);
/** Reads one batch without waiting; @return datagrams read */
unsigned int ptt_bench_udp_read(struct ptt_bench_udp *udp, ptt_bench_on_datagram *fn, void *ctx);
/** Queues; @p data stays where it is until the flush. Flushes by itself when the batch is full. */
void ptt_bench_udp_send(
	struct ptt_bench_udp *udp, const struct sockaddr_in *to, const void *data, size_t len);
/** Queues a copy. */
void ptt_bench_udp_send_copy(
	struct ptt_bench_udp *udp, const struct sockaddr_in *to, const void *data, size_t len);
void ptt_bench_udp_flush(struct ptt_bench_udp *udp);

/* stream.c, behind the functions above */
unsigned int ptt_bench_stream_read(struct ptt_bench_udp *udp, ptt_bench_on_datagram *fn, void *ctx);
void ptt_bench_stream_send(struct ptt_bench_udp *udp, const void *data, size_t len);
void ptt_bench_stream_flush(struct ptt_bench_udp *udp);

#endif
