/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file amr_pack.h
 * Converts AMR payloads between the two forms: a member may use the bandwidth-efficient one, the
 * channel is octet-aligned.
 *
 *     bandwidth-efficient  CMR(4) { F FT(4) Q }* frames, bit after bit, padded once at the end
 *     octet-aligned        CMR(4) 0000 { F FT(4) Q 00 }* frames, each padded to an octet
 *
 * Spec: RFC 4867 sections 4.3 and 4.4. AMR and AMR-WB; no CRC, no interleaving.
 */
#ifndef PTT_AMR_PACK_H
#define PTT_AMR_PACK_H

#include "crypto/bytes.h"

#define PTT_AMR_FRAMES_MAX  12
#define PTT_AMR_PAYLOAD_MAX (1 + 61 * PTT_AMR_FRAMES_MAX) /**< bytes, either form */

enum ptt_amr_band { PTT_AMR_NARROW, PTT_AMR_WIDE };

/** Bandwidth-efficient in, octet-aligned out. Errors: MALFORMED, NO_SPACE. */
enum ptt_err ptt_amr_align(uint8_t *out, size_t *len, size_t size, struct ptt_bytes in,
	enum ptt_amr_band band) PTT_MUST_CHECK;
/** Octet-aligned in, bandwidth-efficient out. Errors: MALFORMED, NO_SPACE. */
enum ptt_err ptt_amr_pack(uint8_t *out, size_t *len, size_t size, struct ptt_bytes in,
	enum ptt_amr_band band) PTT_MUST_CHECK;

#endif
