/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file pcapng.h
 * Copies a pcapng capture; a callback may change the payloads of its UDP datagrams. No sockets.
 *
 * All other bytes and packets stay as they are. Links: Ethernet, Linux cooked (1 and 2), raw IP,
 * BSD null. IPv4, and IPv6 without extension headers; no fragments. The filter corrects lengths and
 * checksums of a changed packet.
 * Spec: draft-ietf-opsawg-pcapng (blocks SHB, IDB, EPB), in this machine's byte order.
 */
#ifndef PTT_PCAPNG_H
#define PTT_PCAPNG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "crypto/err.h"

/** May change @p payload (@p len bytes) and shorten it. @return whether it did */
typedef bool ptt_pcapng_udp_f(void *ctx, uint8_t *payload, size_t *len);

struct ptt_pcapng_counts {
	uint64_t packets, datagrams, changed;
};

/**
 * Copies from @p in to @p out. Errors: UNSUPPORTED (not pcapng, or the other byte order), MALFORMED
 * (cut short, or wrong lengths), SYSTEM (writing, memory).
 */
enum ptt_err ptt_pcapng_filter(FILE *in, FILE *out, ptt_pcapng_udp_f *fn, void *ctx,
	struct ptt_pcapng_counts *counts) PTT_MUST_CHECK;

#endif
