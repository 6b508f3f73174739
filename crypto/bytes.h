/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file bytes.h
 * Borrowed byte strings, and cursors to read and write them that remember their first error.
 *
 * Callers need not check each field: ptt_reader_end() and ptt_writer_end() return the first error.
 * After an error every read returns zeros and no write has an effect. Integers are big-endian.
 * Nothing here allocates.
 */
#ifndef PTT_BYTES_H
#define PTT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "crypto/err.h"

/** Borrowed and read-only: the memory's owner keeps it as long as the struct is used. */
struct ptt_bytes {
	const uint8_t *data;
	size_t len; /**< bytes */
};

#define PTT_BYTES_OF(array) ((struct ptt_bytes){(array), sizeof(array)})

/** A C string without its NUL as bytes. */
struct ptt_bytes ptt_bytes_of_str(const char *str);
/** @return true if length and content are equal. Not for secrets: see ptt_secret_equal(). */
bool ptt_bytes_equal(struct ptt_bytes a, struct ptt_bytes b);

struct ptt_reader {
	const uint8_t *pos, *end;
	enum ptt_err err; /**< the first error; PTT_OK so far */
};

struct ptt_reader ptt_reader_of(struct ptt_bytes in);
size_t ptt_reader_left(const struct ptt_reader *rd);
uint8_t ptt_read_u8(struct ptt_reader *rd);
uint16_t ptt_read_u16(struct ptt_reader *rd);
uint32_t ptt_read_u32(struct ptt_reader *rd);
/** The next @p len bytes, borrowed; empty after an error. */
struct ptt_bytes ptt_read_bytes(struct ptt_reader *rd, size_t len);
/** Copies @p len bytes out; zeros after an error. */
void ptt_read_copy(struct ptt_reader *rd, uint8_t *out, size_t len);
/** Records an error of the caller (a value that is not allowed), unless there is one already. */
void ptt_reader_fail(struct ptt_reader *rd, enum ptt_err err);
/** @return the first error, or PTT_ERR_MALFORMED if bytes are left over. */
enum ptt_err ptt_reader_end(const struct ptt_reader *rd) PTT_MUST_CHECK;

struct ptt_writer {
	uint8_t *start, *pos, *end;
	enum ptt_err err;
};

struct ptt_writer ptt_writer_of(uint8_t *buf, size_t size);
size_t ptt_writer_len(const struct ptt_writer *wr);
/** Records an error, unless there is one already. @return NULL */
uint8_t *ptt_writer_fail(struct ptt_writer *wr, enum ptt_err err);

/**
 * Advances the writer by @p len bytes; no other function does. @return where they may be written,
 * or NULL (NO_SPACE). Inline, as are its two users: a re-key appends some 150 pieces for each
 * member.
 */
static inline uint8_t *ptt_writer_take(struct ptt_writer *wr, size_t len)
{
	uint8_t *at = wr->pos;

	if (wr->err != PTT_OK || len > (size_t)(wr->end - at))
		return ptt_writer_fail(wr, PTT_ERR_NO_SPACE);
	wr->pos = at + len;
	return at;
}

static inline void ptt_write_bytes(struct ptt_writer *wr, struct ptt_bytes in)
{
	uint8_t *at = ptt_writer_take(wr, in.len);

	if (at && in.len != 0)
		memcpy(at, in.data, in.len);
}

/** Writes a C string without its NUL. */
static inline void ptt_write_str(struct ptt_writer *wr, const char *str)
{
	ptt_write_bytes(wr, (struct ptt_bytes){(const uint8_t *)str, strlen(str)});
}

void ptt_write_u8(struct ptt_writer *wr, uint8_t value);
void ptt_write_u16(struct ptt_writer *wr, uint16_t value);
void ptt_write_u32(struct ptt_writer *wr, uint32_t value);
/** @p len zero bytes. */
void ptt_write_zeros(struct ptt_writer *wr, size_t len);
/** Writes decimal digits. */
void ptt_write_decimal(struct ptt_writer *wr, uint64_t value);
/**
 * Base64 of RFC 4648 section 4, padded. A table look-up depends on the bytes, so it is not for
 * secrets: see ptt_base64_put().
 */
void ptt_write_base64(struct ptt_writer *wr, struct ptt_bytes in);
/** @p len: bytes written, set with PTT_OK only. @return the first error */
enum ptt_err ptt_writer_end(const struct ptt_writer *wr, size_t *len) PTT_MUST_CHECK;

/** Lower-case hex with NUL into @p out of @p size bytes (2 * len + 1 needed). */
enum ptt_err ptt_hex_put(char *out, size_t size, struct ptt_bytes in) PTT_MUST_CHECK;
/**
 * Reads hex digits of either case; any other character, or an odd length, is MALFORMED. Errors:
 * MALFORMED, NO_SPACE.
 */
enum ptt_err ptt_hex_get(
	uint8_t *out, size_t *len, size_t size, const char *in, size_t in_len) PTT_MUST_CHECK;

#define PTT_BASE64_LEN(n) (((n) + 2) / 3 * 4)
/**
 * Base64 of RFC 4648 section 4, padded, with NUL (PTT_BASE64_LEN(len) + 1 bytes needed). Fit for
 * secrets: no memory access depends on the bytes.
 */
enum ptt_err ptt_base64_put(char *out, size_t size, struct ptt_bytes in) PTT_MUST_CHECK;
/**
 * Reads padded base64 without white space; the unused bits of the last digit must be 0. Its run
 * time depends on the text, so it is not for secrets. Errors: MALFORMED, NO_SPACE.
 */
enum ptt_err ptt_base64_get(
	uint8_t *out, size_t *len, size_t size, const char *in, size_t in_len) PTT_MUST_CHECK;

#endif
