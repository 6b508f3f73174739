/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hex and base64 of bytes.h. Hex and ptt_base64_put() also convert keys, so no table look-up there
 * depends on the bytes. ptt_write_base64() is faster and uses a table: its input goes over the wire
 * in the clear.
 */
#include "crypto/bytes.h"

/** @return 0xff where lo <= c <= hi, else 0; without a branch */
static unsigned in_range(unsigned c, unsigned lo, unsigned hi)
{
	return (((lo - 1 - c) & (c - hi - 1)) >> 8) & 0xff;
}

static char hex_digit(unsigned v)
{
	return (char)('0' + v + (in_range(v, 10, 15) & ('a' - '0' - 10)));
}

enum ptt_err ptt_hex_put(char *out, size_t size, struct ptt_bytes in)
{
	size_t i;

	if (size == 0 || in.len > (size - 1) / 2)
		return PTT_ERR_NO_SPACE;
	for (i = 0; i < in.len; i++) {
		out[2 * i] = hex_digit(in.data[i] >> 4);
		out[2 * i + 1] = hex_digit(in.data[i] & 15);
	}
	out[2 * in.len] = '\0';
	return PTT_OK;
}

/** @return the value of one hex digit; sets bits of @p bad if @p digit is none */
static unsigned hex_value(unsigned *bad, char digit)
{
	unsigned c = (unsigned char)digit;
	unsigned dec = in_range(c, '0', '9'), low = in_range(c, 'a', 'f'),
		 up = in_range(c, 'A', 'F');

	*bad |= ~(dec | low | up) & 0xff;
	return (dec & (c - '0')) | (low & (c - 'a' + 10)) | (up & (c - 'A' + 10));
}

enum ptt_err ptt_hex_get(uint8_t *out, size_t *len, size_t size, const char *in, size_t in_len)
{
	unsigned bad = 0;
	size_t i;

	if (in_len % 2 != 0)
		return PTT_ERR_MALFORMED;
	if (in_len / 2 > size)
		return PTT_ERR_NO_SPACE;
	for (i = 0; i < in_len / 2; i++) {
		unsigned hi = hex_value(&bad, in[2 * i]), lo = hex_value(&bad, in[2 * i + 1]);

		out[i] = (uint8_t)(hi << 4 | lo);
	}
	if (bad != 0)
		return PTT_ERR_MALFORMED;
	*len = in_len / 2;
	return PTT_OK;
}

static char base64_digit(unsigned v)
{
	unsigned c = (in_range(v, 26, 51) & (v - 26 + 'a')) |
		     (in_range(v, 52, 61) & (v - 52 + '0')) | (in_range(v, 62, 62) & '+') |
		     (in_range(v, 63, 63) & '/') | (~in_range(v, 26, 63) & 0xff & (v + 'A'));

	return (char)c;
}

enum ptt_err ptt_base64_put(char *out, size_t size, struct ptt_bytes in)
{
	size_t i, o = 0;

	if (in.len > SIZE_MAX / 2 || size < PTT_BASE64_LEN(in.len) + 1)
		return PTT_ERR_NO_SPACE;
	for (i = 0; i < in.len; i += 3) {
		size_t left = in.len - i;
		unsigned v = (unsigned)in.data[i] << 16;

		v |= left > 1 ? (unsigned)in.data[i + 1] << 8 : 0;
		v |= left > 2 ? in.data[i + 2] : 0;
		out[o++] = base64_digit(v >> 18);
		out[o++] = base64_digit(v >> 12 & 63);
		out[o++] = left > 1 ? base64_digit(v >> 6 & 63) : '=';
		out[o++] = left > 2 ? base64_digit(v & 63) : '=';
	}
	out[o] = '\0';
	return PTT_OK;
}

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void ptt_write_base64(struct ptt_writer *wr, struct ptt_bytes in)
{
	uint8_t *out = NULL;
	size_t i;

	if (in.len > SIZE_MAX / 2)
		(void)ptt_writer_fail(wr, PTT_ERR_NO_SPACE);
	else
		out = ptt_writer_take(wr, PTT_BASE64_LEN(in.len));
	for (i = 0; out && i < in.len; i += 3, out += 4) {
		size_t left = in.len - i;
		unsigned v = (unsigned)in.data[i] << 16;

		v |= left > 1 ? (unsigned)in.data[i + 1] << 8 : 0;
		v |= left > 2 ? in.data[i + 2] : 0;
		out[0] = (uint8_t)base64_digits[v >> 18];
		out[1] = (uint8_t)base64_digits[v >> 12 & 63];
		out[2] = left > 1 ? (uint8_t)base64_digits[v >> 6 & 63] : '=';
		out[3] = left > 2 ? (uint8_t)base64_digits[v & 63] : '=';
	}
}

#define NO_DIGIT 64 /* no digit's value has this bit */

static unsigned base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a') + 26;
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0') + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : NO_DIGIT;
}

enum ptt_err ptt_base64_get(uint8_t *out, size_t *len, size_t size, const char *in, size_t in_len)
{
	size_t pad = 0, i, k, o = 0, total;
	unsigned bad = 0;

	if (in_len % 4 != 0)
		return PTT_ERR_MALFORMED;
	if (in_len != 0 && in[in_len - 1] == '=')
		pad = in[in_len - 2] == '=' ? 2 : 1;
	total = in_len / 4 * 3 - pad;
	if (total > size)
		return PTT_ERR_NO_SPACE;
	for (i = 0; i < in_len; i += 4) {
		unsigned v = 0;

		for (k = 0; k < 4; k++) {
			unsigned digit = i + k < in_len - pad ? base64_value(in[i + k]) : 0;

			bad |= digit & NO_DIGIT;
			v = v << 6 | digit;
		}
		for (k = 0; k < 3 && o < total; k++)
			out[o++] = (uint8_t)(v >> (16 - 8 * k));
		/* if unused bits could be set, two texts would mean the same bytes */
		bad |= k < 3 ? v & (0xffffffu >> (8 * k)) : 0;
	}
	if (bad != 0)
		return PTT_ERR_MALFORMED;
	*len = total;
	return PTT_OK;
}
