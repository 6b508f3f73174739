/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file codec.h
 * Speech frames to and from RTP payloads: AMR narrow band (octet-aligned) and PCMU; 8 kHz, 20 ms.
 *
 * Spec: RFC 4867 sections 4.4 (octet-aligned payload) and 5.3 (frame types); RFC 3551 section
 * 4.5.14 and ITU-T G.711 (PCMU).
 */
#ifndef PTT_CODEC_H
#define PTT_CODEC_H

#include "crypto/bytes.h"

#define PTT_CODEC_RATE        8000
#define PTT_CODEC_FRAME       160 /**< samples of 20 ms */
#define PTT_CODEC_FRAME_MS    20
#define PTT_CODEC_PAYLOAD_MAX 160  /**< bytes of one encoded frame with its payload header */
#define PTT_CODEC_SAMPLES_MAX 1920 /**< samples of one payload: 12 frames, 240 ms */

enum ptt_codec { PTT_CODEC_NONE = 0, PTT_CODEC_PCMU, PTT_CODEC_AMR, PTT_CODECS };

/**
 * The codec of an rtpmap value such as "AMR/8000/1" (any case, rate and channels optional); NONE if
 * the codec is unknown.
 */
enum ptt_codec ptt_codec_by_name(const char *rtpmap);

struct ptt_codec_state {
	enum ptt_codec codec;
	void *enc, *dec; /**< opencore-amr's, created at first use */
};

void ptt_codec_init(struct ptt_codec_state *st, enum ptt_codec codec);
void ptt_codec_wipe(struct ptt_codec_state *st);
/** Encodes one frame into an RTP payload. Errors: UNSUPPORTED, NO_SPACE, SYSTEM. */
enum ptt_err ptt_codec_encode(struct ptt_codec_state *st, uint8_t *out, size_t *len, size_t size,
	const int16_t samples[PTT_CODEC_FRAME]) PTT_MUST_CHECK;
/**
 * Decodes one payload; @p samples has room for PTT_CODEC_SAMPLES_MAX. Errors: MALFORMED,
 * UNSUPPORTED, SYSTEM.
 */
enum ptt_err ptt_codec_decode(struct ptt_codec_state *st, int16_t *samples, size_t *count,
	struct ptt_bytes payload) PTT_MUST_CHECK;

#endif
