/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "sdp/client_offer.h"

#define MAX_BOUNDARY_LEN 70 /* RFC 2046 5.1.1 */

static bool type_is(const char *value, const char *type)
{
	size_t len = strlen(type);

	return strncasecmp(value, type, len) == 0 &&
	       (value[len] == '\0' || value[len] == ';' || isspace((unsigned char)value[len]));
}

/* Writes the boundary parameter as "--boundary". */
static enum ptt_err get_delimiter(char out[MAX_BOUNDARY_LEN + 3], const char *content_type)
{
	const char *pos = content_type;
	size_t len;

	for (;;) {
		pos = strchr(pos, ';');
		if (!pos)
			return PTT_ERR_MALFORMED;
		pos++;
		pos += strspn(pos, " \t");
		if (strncasecmp(pos, "boundary", 8) != 0)
			continue;
		pos += 8 + strspn(pos + 8, " \t");
		if (*pos == '=')
			break;
	}
	pos++;
	pos += strspn(pos, " \t");
	if (*pos == '"') {
		pos++;
		len = strcspn(pos, "\"");
		if (pos[len] != '"')
			return PTT_ERR_MALFORMED;
	} else {
		len = strcspn(pos, " \t;");
	}
	if (len == 0 || len > MAX_BOUNDARY_LEN)
		return PTT_ERR_MALFORMED;
	out[0] = out[1] = '-';
	memcpy(out + 2, pos, len);
	out[2 + len] = '\0';
	return PTT_OK;
}

/* @return the next delimiter at the beginning of a line, or NULL */
static const uint8_t *find_delimiter(struct ptt_bytes in, const char *delimiter)
{
	size_t len = strlen(delimiter);
	const uint8_t *pos = in.data, *end = in.data + in.len;

	while (pos < end) {
		pos = memmem(pos, (size_t)(end - pos), delimiter, len);
		if (!pos)
			return NULL;
		if (pos == in.data || pos[-1] == '\n')
			return pos;
		pos++;
	}
	return NULL;
}

/* Removes a line from the front of @p in. @return the line without its end */
static struct ptt_bytes take_line(struct ptt_bytes *in)
{
	const uint8_t *eol = memchr(in->data, '\n', in->len);
	struct ptt_bytes line = {in->data, eol ? (size_t)(eol - in->data) : in->len};
	size_t used = line.len + (eol ? 1 : 0);

	in->data += used;
	in->len -= used;
	if (line.len > 0 && line.data[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* @return true if @p line is the header @p name; its value is cut to the buffer */
static bool get_header(char *value, size_t size, struct ptt_bytes line, const char *name)
{
	size_t len = strlen(name), at = len;

	if (line.len <= len || strncasecmp((const char *)line.data, name, len) != 0)
		return false;
	while (at < line.len && (line.data[at] == ' ' || line.data[at] == '\t'))
		at++;
	if (at == line.len || line.data[at] != ':')
		return false;
	for (at++; at < line.len && (line.data[at] == ' ' || line.data[at] == '\t');)
		at++;
	len = line.len - at < size ? line.len - at : size - 1;
	memcpy(value, line.data + at, len);
	value[len] = '\0';
	return true;
}

static void put_part(struct ptt_body_parts *out, const char *type, struct ptt_bytes content)
{
	if (out->sdp.len == 0 && type_is(type, "application/sdp"))
		out->sdp = content;
	else if (out->resource_lists.len == 0 && type_is(type, "application/resource-lists+xml"))
		out->resource_lists = content;
}

/* A part: headers, an empty line, content. A part without a type is text/plain and is ignored. */
static enum ptt_err on_part(struct ptt_body_parts *out, struct ptt_bytes part)
{
	char type[128] = "", encoding[32] = "";
	struct ptt_bytes line;

	do {
		if (part.len == 0)
			return PTT_ERR_MALFORMED;
		line = take_line(&part);
		if (!get_header(type, sizeof(type), line, "Content-Type"))
			(void)(get_header(type, sizeof(type), line, "c") ||
				get_header(encoding, sizeof(encoding), line,
					"Content-Transfer-Encoding"));
	} while (line.len > 0);
	/*
	 * SIP bodies are 8-bit clean (RFC 3261 7.4.1), so parts in base64 are not decoded but
	 * refused.
	 */
	if (strcasecmp(encoding, "base64") == 0 || strcasecmp(encoding, "quoted-printable") == 0)
		return PTT_ERR_UNSUPPORTED;
	put_part(out, type, part);
	return PTT_OK;
}

static enum ptt_err get_multipart(
	struct ptt_body_parts *out, const char *content_type, struct ptt_bytes body)
{
	char delimiter[MAX_BOUNDARY_LEN + 3];
	const uint8_t *end = body.data + body.len, *pos;
	struct ptt_bytes rest;

	PTT_TRY(get_delimiter(delimiter, content_type));
	pos = find_delimiter(body, delimiter);
	for (int parts = 0; pos; parts++) {
		struct ptt_bytes part;

		rest.data = pos + strlen(delimiter);
		rest.len = (size_t)(end - rest.data);
		if (rest.len >= 2 && rest.data[0] == '-' && rest.data[1] == '-')
			return PTT_OK;
		if (parts == PTT_OFFER_MAX_PARTS)
			return PTT_ERR_MALFORMED;
		(void)take_line(&rest);
		pos = find_delimiter(rest, delimiter);
		if (!pos)
			break;
		part = (struct ptt_bytes){rest.data, (size_t)(pos - rest.data)};
		if (part.len > 0 &&
			part.data[part.len - 1] == '\n') /* the line end belongs to the delimiter */
			part.len--;
		if (part.len > 0 && part.data[part.len - 1] == '\r')
			part.len--;
		PTT_TRY(on_part(out, part));
	}
	return PTT_ERR_MALFORMED; /* the body is cut off: the last delimiter is missing */
}

enum ptt_err ptt_body_parts_get(
	struct ptt_body_parts *out, const char *content_type, struct ptt_bytes body)
{
	memset(out, 0, sizeof(*out));
	if (body.len > PTT_OFFER_MAX_BODY_LEN)
		return PTT_ERR_MALFORMED;
	content_type += strspn(content_type, " \t");
	if (*content_type == '\0' || type_is(content_type, "application/sdp")) {
		out->sdp = body;
		return PTT_OK;
	}
	if (type_is(content_type, "application/resource-lists+xml")) {
		out->resource_lists = body;
		return PTT_OK;
	}
	if (strncasecmp(content_type, "multipart/", 10) == 0)
		return get_multipart(out, content_type, body);
	return PTT_ERR_UNSUPPORTED;
}
