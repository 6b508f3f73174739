/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/media/amr_pack.h"

#include <string.h>

#define TOC_MORE     0x20 /* F of the six bits F FT(4) Q */
#define TOC_TYPE(t)  ((t) >> 1 & 0x0f)
#define BITS_UNKNOWN (-1)

/*
 * Bits of speech by frame type: TS 26.101 and TS 26.201, table 2 of each; narrow 8 and wide 9 =
 * SID, 14 and 15 carry none.
 */
static const int16_t frame_bits[2][16] = {
	[PTT_AMR_NARROW] = {95, 103, 118, 134, 148, 159, 204, 244, 39, -1, -1, -1, -1, -1, 0, 0},
	[PTT_AMR_WIDE] = {132, 177, 253, 285, 317, 365, 397, 461, 477, 40, -1, -1, -1, -1, 0, 0},
};

struct frames {
	size_t count;
	unsigned int bits[PTT_AMR_FRAMES_MAX];
};

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

/* CMR and the table of contents; the sizes of the frames that follow. */
static enum ptt_err copy_toc(struct frames *frames, struct bits *wr, struct bits *rd, bool align,
	const int16_t frame_sizes[16])
{
	unsigned int entry = TOC_MORE, in_pad = align ? 0 : 4, out_pad = align ? 4 : 0;

	write_bits(wr, read_bits(rd, 4), 4);
	(void)read_bits(rd, in_pad);
	write_bits(wr, 0, out_pad);
	for (frames->count = 0; entry & TOC_MORE; frames->count++) {
		if (frames->count == PTT_AMR_FRAMES_MAX || rd->over)
			return PTT_ERR_MALFORMED;
		entry = read_bits(rd, 6);
		(void)read_bits(rd, in_pad / 2);
		write_bits(wr, entry, 6);
		write_bits(wr, 0, out_pad / 2);
		if (frame_sizes[TOC_TYPE(entry)] == BITS_UNKNOWN)
			return PTT_ERR_MALFORMED;
		frames->bits[frames->count] = (unsigned int)frame_sizes[TOC_TYPE(entry)];
	}
	return PTT_OK;
}

static enum ptt_err convert(
	struct bits *writer, struct ptt_bytes in, bool align, enum ptt_amr_band band)
{
	struct bits rd = {.in = in.data, .end = in.len * 8}, wr = *writer;
	struct frames frames;

	PTT_TRY(copy_toc(&frames, &wr, &rd, align, frame_bits[band]));
	for (size_t i = 0; i < frames.count; i++) {
		copy_bits(&wr, &rd, frames.bits[i]);
		skip_to_octet(align ? &wr : &rd);
	}
	skip_to_octet(&rd);
	skip_to_octet(&wr);
	if (rd.over || rd.pos != rd.end)
		return PTT_ERR_MALFORMED;
	*writer = wr;
	return wr.over ? PTT_ERR_NO_SPACE : PTT_OK;
}

enum ptt_err ptt_amr_align(
	uint8_t *out, size_t *len, size_t size, struct ptt_bytes in, enum ptt_amr_band band)
{
	struct bits wr = {.out = out, .end = size * 8};

	memset(out, 0, size);
	PTT_TRY(convert(&wr, in, true, band));
	*len = wr.pos / 8;
	return PTT_OK;
}

enum ptt_err ptt_amr_pack(
	uint8_t *out, size_t *len, size_t size, struct ptt_bytes in, enum ptt_amr_band band)
{
	struct bits wr = {.out = out, .end = size * 8};

	memset(out, 0, size);
	PTT_TRY(convert(&wr, in, false, band));
	*len = wr.pos / 8;
	return PTT_OK;
}
