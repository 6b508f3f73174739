/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file rtp.h
 * The RTP fixed header, read and written. Pure.
 *
 *     |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *     |                           timestamp                           |
 *     |                             SSRC                              |
 *
 * Spec: RFC 3550 section 5.1.
 */
#ifndef PTT_RTP_H
#define PTT_RTP_H

#include "crypto/bytes.h"

#define PTT_RTP_HEADER_LEN 12
#define PTT_RTP_MAX_LEN    1500 /**< bytes of the longest packet, tag and MKI included */

struct ptt_rtp {
	bool marker;
	uint8_t pt;
	uint16_t seq;
	uint32_t timestamp, ssrc;
	struct ptt_bytes payload; /**< without CSRCs, extension and padding; borrowed */
};

/** Errors: MALFORMED (version, lengths, padding). */
enum ptt_err ptt_rtp_get(struct ptt_rtp *out, struct ptt_bytes in) PTT_MUST_CHECK;
/** Fixed header and payload, no CSRC, no extension, no padding. Errors: NO_SPACE. */
enum ptt_err ptt_rtp_put(
	uint8_t *out, size_t *len, size_t size, const struct ptt_rtp *rtp) PTT_MUST_CHECK;

#endif
