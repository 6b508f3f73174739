/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/ue/codec.h"

#include <opencore-amrnb/interf_dec.h>
#include <opencore-amrnb/interf_enc.h>
#include <string.h>
#include <strings.h>

/* RFC 4867 4.3.1: CMR 15 = no mode requested, in the top four bits. 4.3.2: ToC = F, FT(4), Q. */
#define AMR_CMR_NONE   0xf0
#define AMR_TOC_MORE   0x80
#define AMR_FRAMES_MAX (PTT_CODEC_SAMPLES_MAX / PTT_CODEC_FRAME)
#define AMR_FRAME_MAX  32 /* ToC byte and the longest frame */

/* Bytes of speech by frame type; RFC 4867 4.3.2 and TS 26.101 table 1a: 8 = SID, 15 = no data. */
static const int8_t amr_frame_len[16] = {
	12, 13, 15, 17, 19, 20, 26, 31, 5, -1, -1, -1, -1, -1, 0, 0};

static const struct {
	const char *name;
	enum ptt_codec codec;
} names[] = {
	{.name = "AMR", .codec = PTT_CODEC_AMR},
	{.name = "PCMU", .codec = PTT_CODEC_PCMU},
};
_Static_assert(sizeof(names) / sizeof(names[0]) == PTT_CODECS - 1, "a name for each codec");

enum ptt_codec ptt_codec_by_name(const char *rtpmap)
{
	size_t len = strcspn(rtpmap, "/");
	const char *rest = rtpmap + len;

	if (*rest != '\0' && strcmp(rest, "/8000") != 0 && strcmp(rest, "/8000/1") != 0)
		return PTT_CODEC_NONE;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i].name) == len && strncasecmp(names[i].name, rtpmap, len) == 0)
			return names[i].codec;
	}
	return PTT_CODEC_NONE;
}

void ptt_codec_init(struct ptt_codec_state *st, enum ptt_codec codec)
{
	*st = (struct ptt_codec_state){.codec = codec};
}

void ptt_codec_wipe(struct ptt_codec_state *st)
{
	if (st->enc)
		Encoder_Interface_exit(st->enc);
	if (st->dec)
		Decoder_Interface_exit(st->dec);
	*st = (struct ptt_codec_state){0};
}

/* G.711 mu-law: sign, 3 bits of segment, 4 of mantissa, all inverted. */
static uint8_t ulaw_from(int16_t sample)
{
	int value = sample, segment = 7, sign = 0;

	if (value < 0) {
		value = -value;
		sign = 0x80;
	}
	value = (value > 32635 ? 32635 : value) + 132;
	while (segment > 0 && value < 1 << (segment + 7))
		segment--;
	return (uint8_t) ~(sign | segment << 4 | ((value >> (segment + 3)) & 0x0f));
}

static int16_t ulaw_to(uint8_t code)
{
	int bits = ~code & 0xff;
	int value = ((((bits & 0x0f) << 3) + 132) << ((bits >> 4) & 7)) - 132;

	return (int16_t)(bits & 0x80 ? -value : value);
}

static enum ptt_err encode_pcmu(uint8_t *out, size_t *len, size_t size, const int16_t *samples)
{
	if (size < PTT_CODEC_FRAME)
		return PTT_ERR_NO_SPACE;
	for (size_t i = 0; i < PTT_CODEC_FRAME; i++)
		out[i] = ulaw_from(samples[i]);
	*len = PTT_CODEC_FRAME;
	return PTT_OK;
}

/* The library's frame begins with the payload's ToC byte (F = 0, Q = 1). */
static enum ptt_err encode_amr(
	struct ptt_codec_state *st, uint8_t *out, size_t *len, size_t size, const int16_t *samples)
{
	uint8_t frame[64];
	int frame_len;

	if (!st->enc)
		st->enc = Encoder_Interface_init(0);
	if (!st->enc)
		return PTT_ERR_SYSTEM;
	frame_len = Encoder_Interface_Encode(st->enc, MR122, samples, frame, 0);
	if (frame_len <= 0)
		return PTT_ERR_SYSTEM;
	if (size < (size_t)frame_len + 1)
		return PTT_ERR_NO_SPACE;
	out[0] = AMR_CMR_NONE;
	memcpy(out + 1, frame, (size_t)frame_len);
	*len = (size_t)frame_len + 1;
	return PTT_OK;
}

enum ptt_err ptt_codec_encode(struct ptt_codec_state *st, uint8_t *out, size_t *len, size_t size,
	const int16_t samples[PTT_CODEC_FRAME])
{
	switch (st->codec) {
	case PTT_CODEC_PCMU:
		return encode_pcmu(out, len, size, samples);
	case PTT_CODEC_AMR:
		return encode_amr(st, out, len, size, samples);
	default:
		return PTT_ERR_UNSUPPORTED;
	}
}

static enum ptt_err decode_pcmu(int16_t *samples, size_t *count, struct ptt_bytes payload)
{
	if (payload.len > PTT_CODEC_SAMPLES_MAX)
		return PTT_ERR_MALFORMED;
	for (size_t i = 0; i < payload.len; i++)
		samples[i] = ulaw_to(payload.data[i]);
	*count = payload.len;
	return PTT_OK;
}

/*
 * CMR, then all ToC bytes, then the frames in the same order (octet-aligned, no CRC, no
 * interleaving).
 */
static enum ptt_err read_toc(uint8_t toc[AMR_FRAMES_MAX], size_t *frames, struct ptt_reader *rd)
{
	uint8_t byte = AMR_TOC_MORE;

	(void)ptt_read_u8(rd);
	for (*frames = 0; byte & AMR_TOC_MORE; (*frames)++) {
		if (*frames == AMR_FRAMES_MAX || ptt_reader_left(rd) == 0)
			return PTT_ERR_MALFORMED;
		byte = ptt_read_u8(rd);
		toc[*frames] = byte;
		if (amr_frame_len[byte >> 3 & 0x0f] < 0)
			return PTT_ERR_MALFORMED;
	}
	return PTT_OK;
}

static enum ptt_err decode_amr(
	struct ptt_codec_state *st, int16_t *samples, size_t *count, struct ptt_bytes payload)
{
	struct ptt_reader rd = ptt_reader_of(payload);
	uint8_t toc[AMR_FRAMES_MAX], frame[AMR_FRAME_MAX];
	size_t frames;

	if (!st->dec)
		st->dec = Decoder_Interface_init();
	if (!st->dec)
		return PTT_ERR_SYSTEM;
	PTT_TRY(read_toc(toc, &frames, &rd));
	for (size_t i = 0; i < frames; i++) {
		uint8_t type = toc[i] >> 3 & 0x0f;

		memset(frame, 0, sizeof(frame));
		frame[0] = toc[i] & 0x7c;
		ptt_read_copy(&rd, frame + 1, (size_t)amr_frame_len[type]);
		if (rd.err != PTT_OK)
			return PTT_ERR_MALFORMED;
		Decoder_Interface_Decode(st->dec, frame, samples + i * PTT_CODEC_FRAME, 0);
	}
	*count = frames * PTT_CODEC_FRAME;
	return ptt_reader_end(&rd);
}

enum ptt_err ptt_codec_decode(
	struct ptt_codec_state *st, int16_t *samples, size_t *count, struct ptt_bytes payload)
{
	switch (st->codec) {
	case PTT_CODEC_PCMU:
		return decode_pcmu(samples, count, payload);
	case PTT_CODEC_AMR:
		return decode_amr(st, samples, count, payload);
	default:
		return PTT_ERR_UNSUPPORTED;
	}
}
