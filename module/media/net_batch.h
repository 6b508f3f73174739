/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file net_batch.h
 * Many datagrams of one socket in one system call, in or out. Private to module/media.
 *
 * A batch belongs to one thread. It is some 50 kB: too large for a stack.
 */
#ifndef PTT_NET_BATCH_H
#define PTT_NET_BATCH_H

#include "module/rtp/net.h"
#include "module/rtp/rtp.h"

#define PTT_NET_BATCH_MAX 32

struct ptt_net_batch {
	size_t count;
	struct {
		struct ptt_addr addr; /**< sender, or where to */
		size_t len;
		_Alignas(8) uint8_t data[PTT_RTP_MAX_LEN];
	} datagram[PTT_NET_BATCH_MAX];
};

/**
 * Receives all that waits, at most PTT_NET_BATCH_MAX. A datagram longer than PTT_RTP_MAX_LEN gets
 * len 0: it is no packet of ours.
 */
void ptt_net_batch_recv(struct ptt_net_batch *batch, int fd);
/** Room for one more datagram, PTT_RTP_MAX_LEN bytes; NULL = full. */
uint8_t *ptt_net_batch_room(struct ptt_net_batch *batch);
/** Adds the datagram that was written into the room. */
void ptt_net_batch_add(struct ptt_net_batch *batch, size_t len, const struct ptt_addr *to);
/**
 * Sends all in order and empties the batch. A datagram that the kernel refuses is lost.
 * @return how many left
 */
size_t ptt_net_batch_send(struct ptt_net_batch *batch, int fd);

#endif
