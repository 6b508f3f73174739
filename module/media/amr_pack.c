/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/media/amr_pack.h"

#include <string.h>

#define TOC_MORE     0x20 /* F of the six bits F FT(4) Q */
#define TOC_TYPE(t)  ((t) >> 1 & 0x0f)
#define BITS_UNKNOWN (-1)

/* Bits of speech by frame type: TS 26.101 table 2; 8 = SID, 14 and 15 carry none. */
static const int16_t frame_bits[16] = {
	95, 103, 118, 134, 148, 159, 204, 244, 39, -1, -1, -1, -1, -1, 0, 0};

/* A cursor over bits that remembers running past the end. */
struct bits {
	const uint8_t *in; /* reading */
	uint8_t *out;      /* writing */
	size_t pos, end;
	bool over;
};

static unsigned int read_bits(struct bits *rd, unsigned int count)
{
	unsigned int value = 0;

	for (; count > 0; count--, rd->pos++) {
		unsigned int bit = 0;

		if (rd->pos < rd->end)
			bit = rd->in[rd->pos / 8] >> (7 - rd->pos % 8) & 1;
		else
			rd->over = true;
		value = value << 1 | bit;
	}
	return value;
}

static void write_bits(struct bits *wr, unsigned int value, unsigned int count)
{
	for (; count > 0; count--, wr->pos++) {
		if (wr->pos >= wr->end)
			wr->over = true;
		else if (value >> (count - 1) & 1)
			wr->out[wr->pos / 8] |= (uint8_t)(1 << (7 - wr->pos % 8));
	}
}

static void skip_to_octet(struct bits *cursor)
{
	cursor->pos = (cursor->pos + 7) / 8 * 8;
}

static void copy_bits(struct bits *wr, struct bits *rd, unsigned int count)
{
	for (; count > 0; count--)
		write_bits(wr, read_bits(rd, 1), 1);
}

/* CMR and the table of contents; the kinds of frames that follow. */
static enum ptt_err copy_toc(struct bits *wr, struct bits *rd, bool align,
	unsigned int toc[PTT_AMR_FRAMES_MAX], size_t *frames)
{
	unsigned int entry = TOC_MORE, in_pad = align ? 0 : 4, out_pad = align ? 4 : 0;

	write_bits(wr, read_bits(rd, 4), 4);
	(void)read_bits(rd, in_pad);
	write_bits(wr, 0, out_pad);
	for (*frames = 0; entry & TOC_MORE; (*frames)++) {
		if (*frames == PTT_AMR_FRAMES_MAX || rd->over)
			return PTT_ERR_MALFORMED;
		entry = read_bits(rd, 6);
		(void)read_bits(rd, in_pad / 2);
		write_bits(wr, entry, 6);
		write_bits(wr, 0, out_pad / 2);
		if (frame_bits[TOC_TYPE(entry)] == BITS_UNKNOWN)
			return PTT_ERR_MALFORMED;
		toc[*frames] = entry;
	}
	return PTT_OK;
}

static enum ptt_err convert(uint8_t *out, size_t *len, size_t size, struct ptt_bytes in, bool align)
{
	struct bits rd = {.in = in.data, .end = in.len * 8}, wr = {.out = out, .end = size * 8};
	unsigned int toc[PTT_AMR_FRAMES_MAX];
	size_t frames;

	memset(out, 0, size);
	PTT_TRY(copy_toc(&wr, &rd, align, toc, &frames));
	for (size_t i = 0; i < frames; i++) {
		copy_bits(&wr, &rd, (unsigned int)frame_bits[TOC_TYPE(toc[i])]);
		skip_to_octet(align ? &wr : &rd);
	}
	skip_to_octet(&rd);
	skip_to_octet(&wr);
	if (rd.over || rd.pos != rd.end)
		return PTT_ERR_MALFORMED;
	*len = wr.pos / 8;
	return wr.over ? PTT_ERR_NO_SPACE : PTT_OK;
}

enum ptt_err ptt_amr_align(uint8_t *out, size_t *len, size_t size, struct ptt_bytes in)
{
	return convert(out, len, size, in, true);
}

enum ptt_err ptt_amr_pack(uint8_t *out, size_t *len, size_t size, struct ptt_bytes in)
{
	return convert(out, len, size, in, false);
}
