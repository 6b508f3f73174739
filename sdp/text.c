/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sdp/text.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "sdp/media_lines.h"

/* A body has eight addresses, and inet_ntop() uses sprintf(), which is slower. */
static void put_ipv4(struct ptt_writer *wr, const uint8_t bytes[4])
{
	uint8_t text[16], *end = text;

	for (const uint8_t *b = bytes; b < bytes + 4; b++) {
		if (*b >= 100)
			*end++ = (uint8_t)('0' + *b / 100);
		if (*b >= 10)
			*end++ = (uint8_t)('0' + *b / 10 % 10);
		*end++ = (uint8_t)('0' + *b % 10);
		*end++ = '.';
	}
	ptt_write_bytes(wr, (struct ptt_bytes){text, (size_t)(end - text - 1)});
}

void ptt_text_host(struct ptt_writer *wr, const struct ptt_sdp_addr *addr)
{
	char text[PTT_SDP_ADDR_TEXT_LEN];

	if (addr->family == 4)
		put_ipv4(wr, addr->bytes);
	else
		ptt_write_str(wr, ptt_sdp_addr_text(text, addr));
}

void ptt_text_addr(struct ptt_writer *wr, const struct ptt_sdp_addr *addr)
{
	if (addr->family == 0) {
		ptt_write_str(wr, "IN IP4 0.0.0.0");
		return;
	}
	ptt_write_str(wr, addr->family == 6 ? "IN IP6 " : "IN IP4 ");
	ptt_text_host(wr, addr);
}

enum ptt_err ptt_text_end(struct ptt_writer *wr, size_t *len)
{
	size_t with_nul = 0;

	ptt_write_u8(wr, 0);
	PTT_TRY(ptt_writer_end(wr, &with_nul));
	*len = with_nul - 1;
	return PTT_OK;
}

void ptt_text_copy(char *out, size_t size, const char *in)
{
	size_t len = in ? strnlen(in, size - 1) : 0;

	if (len > 0)
		memcpy(out, in, len);
	out[len] = '\0';
}

/* token-char of RFC 4566 9 */
static bool is_token(unsigned char c)
{
	return (c >= '^' && c <= '~') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '*' || c == '+' || c == '!' || (c >= '#' && c <= '\'');
}

static bool is_proto(unsigned char c)
{
	return c == '/' || is_token(c);
}

static bool is_port(unsigned char c)
{
	return c == '/' || (c >= '0' && c <= '9');
}

/* Reads one field of an m= line, up to the next blank. */
static enum ptt_err m_field(
	char *out, size_t size, struct ptt_reader *rd, bool (*is_legal)(unsigned char))
{
	size_t len = 0, left = ptt_reader_left(rd);

	while (left > 0 && *rd->pos == ' ')
		(void)ptt_read_u8(rd), left--;
	while (len < left && rd->pos[len] != ' ')
		len++;
	if (len == 0 || len >= size)
		return PTT_ERR_MALFORMED;
	ptt_read_copy(rd, (uint8_t *)out, len);
	out[len] = '\0';
	for (size_t i = 0; i < len; i++)
		if (!is_legal((unsigned char)out[i]))
			return PTT_ERR_MALFORMED;
	return PTT_OK;
}

/*
 * m=<media> <port>[/<n>] <proto> <fmt> ... A format with a character that is not of a token would
 * make sdp_parse() loop for ever.
 */
static enum ptt_err check_m(struct ptt_sdp_line *line, struct ptt_bytes rest)
{
	struct ptt_reader rd = ptt_reader_of(rest);
	char port[16], format[64];

	PTT_TRY(m_field(line->media, sizeof(line->media), &rd, is_token));
	PTT_TRY(m_field(port, sizeof(port), &rd, is_port));
	if (port[0] == '/' || strtoul(port, NULL, 10) > UINT16_MAX)
		return PTT_ERR_MALFORMED;
	line->port = (uint16_t)strtoul(port, NULL, 10);
	PTT_TRY(m_field(line->proto, sizeof(line->proto), &rd, is_proto));
	PTT_TRY(m_field(line->format, sizeof(line->format), &rd, is_token));
	while (ptt_reader_left(&rd) > 0 && rd.pos[ptt_reader_left(&rd) - 1] == ' ')
		rd.end--;
	while (ptt_reader_left(&rd) > 0)
		PTT_TRY(m_field(format, sizeof(format), &rd, is_token));
	return PTT_OK;
}

/* Checks a line, and copies it if its kind is used here. */
static enum ptt_err filter_line(
	struct ptt_writer *out, struct ptt_sdp_lines *lines, struct ptt_bytes line)
{
	struct ptt_bytes rest;

	if (line.len < 2 || line.data[1] != '=' || line.data[0] < 'a' || line.data[0] > 'z')
		return PTT_ERR_MALFORMED;
	if (!strchr("vocma", line.data[0]))
		return PTT_OK;
	rest = (struct ptt_bytes){line.data + 2, line.len - 2};
	if (rest.len == 0)
		return PTT_ERR_MALFORMED;
	if (line.data[0] == 'm') {
		if (lines->count == PTT_SDP_MAX_LINES)
			return PTT_ERR_MALFORMED;
		memset(&lines->line[lines->count], 0, offsetof(struct ptt_sdp_line, formats));
		PTT_TRY(check_m(&lines->line[lines->count], rest));
		lines->count++;
	}
	ptt_write_bytes(out, line);
	ptt_write_str(out, "\r\n");
	return PTT_OK;
}

static enum ptt_err filter(
	struct ptt_writer *out, struct ptt_sdp_lines *lines, struct ptt_bytes text)
{
	const uint8_t *pos = text.data, *end = text.data + text.len;

	while (pos < end) {
		const uint8_t *eol = pos;

		while (eol < end && *eol != '\r' && *eol != '\n')
			eol++;
		if (eol > pos)
			PTT_TRY(filter_line(
				out, lines, (struct ptt_bytes){pos, (size_t)(eol - pos)}));
		pos = eol + (eol < end);
	}
	return PTT_OK;
}

enum ptt_err ptt_sdp_parse(
	sdp_parser_t **parser, struct ptt_sdp_lines *lines, struct ptt_bytes text)
{
	/* A line that ends with LF alone grows by one byte, the last line by two; and NUL. */
	size_t size = 2 * text.len + 3, len = 0;
	struct ptt_writer out;
	enum ptt_err err;
	char *copy;

	*parser = NULL;
	if (text.len == 0 || text.len > PTT_SDP_MAX_LEN || memchr(text.data, 0, text.len))
		return PTT_ERR_MALFORMED;
	copy = su_alloc(NULL, (isize_t)size);
	if (!copy)
		return PTT_ERR_SYSTEM;
	out = ptt_writer_of((uint8_t *)copy, size);
	err = filter(&out, lines, text);
	if (err == PTT_OK)
		err = ptt_text_end(&out, &len);
	if (err == PTT_OK)
		*parser = sdp_parse(NULL, copy, (issize_t)len, sdp_f_c_missing);
	su_free(NULL, copy);
	if (err != PTT_OK)
		return err;
	if (sdp_session(*parser))
		return PTT_OK;
	sdp_parser_free(*parser);
	*parser = NULL;
	return PTT_ERR_MALFORMED;
}
