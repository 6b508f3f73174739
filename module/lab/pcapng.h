/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file pcapng.h
 * Copies a pcapng capture and lets somebody change what its UDP datagrams carry. No sockets.
 *
 * Everything else, other packets included, stays byte for byte. Ethernet, Linux cooked (1 and 2),
 * raw IP and BSD null links; IPv4 and IPv6 without extension headers, no fragments. Lengths and
 * checksums of a changed packet are made good.
 * Spec: draft-ietf-opsawg-pcapng (blocks SHB, IDB, EPB), in this machine's byte order.
 */
#ifndef PTT_PCAPNG_H
#define PTT_PCAPNG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "crypto/err.h"

/** May change @p payload and shorten it. @return whether it did */
typedef bool ptt_pcapng_udp_f(void *ctx, uint8_t *payload, size_t *len);

struct ptt_pcapng_counts {
	uint64_t packets, datagrams, changed;
};

/**
 * From @p in to @p out. Errors: UNSUPPORTED (no pcapng, the other byte order), MALFORMED (cut
 * short, lengths that do not fit), SYSTEM (writing, memory).
 */
enum ptt_err ptt_pcapng_filter(FILE *in, FILE *out, ptt_pcapng_udp_f *fn, void *ctx,
	struct ptt_pcapng_counts *counts) PTT_MUST_CHECK;

#endif
