/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "crypto/bytes.h"

struct ptt_bytes ptt_bytes_of_str(const char *str)
{
	return (struct ptt_bytes){(const uint8_t *)str, strlen(str)};
}

bool ptt_bytes_equal(struct ptt_bytes a, struct ptt_bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static void first_error(enum ptt_err *err, enum ptt_err what)
{
	if (*err == PTT_OK)
		*err = what;
}

struct ptt_reader ptt_reader_of(struct ptt_bytes in)
{
	static const uint8_t nothing[1];
	const uint8_t *start = in.data ? in.data : nothing;

	return (struct ptt_reader){start, start + (in.data ? in.len : 0), PTT_OK};
}

size_t ptt_reader_left(const struct ptt_reader *rd)
{
	return rd->err == PTT_OK ? (size_t)(rd->end - rd->pos) : 0;
}

/** Advances the reader by @p len bytes; no other function does. @return the bytes, or NULL */
static const uint8_t *reader_take(struct ptt_reader *rd, size_t len)
{
	const uint8_t *at = rd->pos;

	if (rd->err != PTT_OK || len > (size_t)(rd->end - rd->pos)) {
		first_error(&rd->err, PTT_ERR_MALFORMED);
		return NULL;
	}
	rd->pos += len;
	return at;
}

uint8_t ptt_read_u8(struct ptt_reader *rd)
{
	const uint8_t *at = reader_take(rd, 1);

	return at ? at[0] : 0;
}

uint16_t ptt_read_u16(struct ptt_reader *rd)
{
	const uint8_t *at = reader_take(rd, 2);

	if (!at)
		return 0;
	return (uint16_t)(at[0] << 8 | at[1]);
}

uint32_t ptt_read_u32(struct ptt_reader *rd)
{
	const uint8_t *at = reader_take(rd, 4);

	if (!at)
		return 0;
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

struct ptt_bytes ptt_read_bytes(struct ptt_reader *rd, size_t len)
{
	const uint8_t *at = reader_take(rd, len);

	return (struct ptt_bytes){at, at ? len : 0};
}

void ptt_read_copy(struct ptt_reader *rd, uint8_t *out, size_t len)
{
	const uint8_t *at = reader_take(rd, len);

	if (len == 0)
		return;
	if (at)
		memcpy(out, at, len);
	else
		memset(out, 0, len);
}

void ptt_reader_fail(struct ptt_reader *rd, enum ptt_err err)
{
	first_error(&rd->err, err);
}

enum ptt_err ptt_reader_end(const struct ptt_reader *rd)
{
	if (rd->err != PTT_OK)
		return rd->err;
	return rd->pos == rd->end ? PTT_OK : PTT_ERR_MALFORMED;
}

struct ptt_writer ptt_writer_of(uint8_t *buf, size_t size)
{
	return (struct ptt_writer){buf, buf, buf + size, PTT_OK};
}

size_t ptt_writer_len(const struct ptt_writer *wr)
{
	return (size_t)(wr->pos - wr->start);
}

uint8_t *ptt_writer_fail(struct ptt_writer *wr, enum ptt_err err)
{
	first_error(&wr->err, err);
	return NULL;
}

void ptt_write_u8(struct ptt_writer *wr, uint8_t value)
{
	uint8_t *at = ptt_writer_take(wr, 1);

	if (at)
		*at = value;
}

void ptt_write_u16(struct ptt_writer *wr, uint16_t value)
{
	const uint8_t b[] = {(uint8_t)(value >> 8), (uint8_t)value};

	ptt_write_bytes(wr, PTT_BYTES_OF(b));
}

void ptt_write_u32(struct ptt_writer *wr, uint32_t value)
{
	const uint8_t b[] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
		(uint8_t)value};

	ptt_write_bytes(wr, PTT_BYTES_OF(b));
}

void ptt_write_zeros(struct ptt_writer *wr, size_t len)
{
	uint8_t *at = ptt_writer_take(wr, len);

	if (at && len != 0)
		memset(at, 0, len);
}

void ptt_write_decimal(struct ptt_writer *wr, uint64_t value)
{
	uint8_t digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (uint8_t)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	ptt_write_bytes(wr, (struct ptt_bytes){digits + at, sizeof(digits) - at});
}

enum ptt_err ptt_writer_end(const struct ptt_writer *wr, size_t *len)
{
	if (wr->err != PTT_OK)
		return wr->err;
	*len = ptt_writer_len(wr);
	return PTT_OK;
}
