/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/sip/fast_200.h"

#include <ctype.h>
#include <strings.h>

/*
 * SIP/2.0 200 ...            lines in any order, each at most once, none folded
 * v: SIP/2.0/UDP host;branch=...
 * f: <uri>;tag=...   t: <uri>;tag=...   i: ...   CSeq: n INVITE
 * m: <uri>           c: application/sdp          l: n
 */
enum header {
	VIA,
	FROM,
	TO,
	CALL_ID,
	CSEQ,
	CONTACT,
	CONTENT_TYPE,
	CONTENT_LENGTH,
	ALLOW,
	SUPPORTED,
	USER_AGENT,
	SERVER,
	NEEDED = 1 << VIA | 1 << FROM | 1 << TO | 1 << CALL_ID | 1 << CSEQ | 1 << CONTENT_LENGTH
};

#define NAME(text, header) \
	{ \
		text, sizeof(text) - 1, header \
	}
static const struct {
	const char *name;
	size_t len;
	enum header header;
} names[] = {
	NAME("v", VIA),
	NAME("f", FROM),
	NAME("t", TO),
	NAME("i", CALL_ID),
	NAME("CSeq", CSEQ),
	NAME("m", CONTACT),
	NAME("c", CONTENT_TYPE),
	NAME("l", CONTENT_LENGTH),
	NAME("Via", VIA),
	NAME("From", FROM),
	NAME("To", TO),
	NAME("Call-ID", CALL_ID),
	NAME("Contact", CONTACT),
	NAME("Content-Type", CONTENT_TYPE),
	NAME("Content-Length", CONTENT_LENGTH),
	NAME("Allow", ALLOW),
	NAME("User-Agent", USER_AGENT),
	NAME("Server", SERVER),
	NAME("Supported", SUPPORTED),
	NAME("k", SUPPORTED),
};

struct text {
	const char *at, *end;
};

static struct ptt_bytes bytes_of(struct text text)
{
	return (struct ptt_bytes){(const uint8_t *)text.at, (size_t)(text.end - text.at)};
}

static bool skip(struct text *text, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(text->end - text->at) < len || memcmp(text->at, word, len) != 0)
		return false;
	text->at += len;
	return true;
}

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c);
}

/* A token character of RFC 3261 25.1; the table goes from blank to tilde. */
static bool is_token(char c)
{
	static const char yes[] = "010001010011011011111111110000000111111111111111"
				  "11111111111000011111111111111111111111111110001";

	return c >= ' ' && c <= '~' && yes[c - ' '] == '1';
}

static struct text token(struct text *text)
{
	struct text out = {text->at, text->at};

	while (out.end < text->end && is_token(*out.end))
		out.end++;
	text->at = out.end;
	return out;
}

/* The rest of the text is one token, and not empty. */
static bool whole_token(struct ptt_bytes *out, struct text text)
{
	*out = bytes_of(token(&text));
	return out->len > 0 && text.at == text.end;
}

static bool number(uint32_t *out, struct text *text)
{
	const char *start = text->at;

	for (*out = 0; text->at < text->end && *text->at >= '0' && *text->at <= '9'; text->at++)
		*out = *out * 10 + (uint32_t)(*text->at - '0');
	return text->at > start && text->at - start < 10;
}

static bool is_text(struct text text, const char *word)
{
	return skip(&text, word) && text.at == text.end;
}

static void run_of(struct text *text, const char *more)
{
	while (text->at < text->end && (is_token(*text->at) || is_one_of(*text->at, more)))
		text->at++;
}

static bool host(struct text *text)
{
	const char *start = text->at;

	if (!skip(text, "[")) {
		while (text->at < text->end &&
			(isalnum((unsigned char)*text->at) || is_one_of(*text->at, "-.")))
			text->at++;
		return text->at > start && start[0] != '-' && start[0] != '.';
	}
	while (text->at < text->end &&
		(isxdigit((unsigned char)*text->at) || is_one_of(*text->at, ":.")))
		text->at++;
	return text->at > start + 2 && skip(text, "]");
}

/* sip:[user@]host[:port], up to the parameters of the URI. */
static bool uri_head(struct text *text)
{
	struct text user = *text;
	uint32_t port;

	if (!skip(text, "sip:") && !skip(text, "sips:"))
		return false;
	user = *text;
	run_of(&user, "&=+$,;");
	if (user.at > text->at && skip(&user, "@"))
		*text = user;
	return host(text) && (!skip(text, ":") || (number(&port, text) && port <= UINT16_MAX));
}

/* "<...>": a URI without headers and without characters that need quoting. A URI with an escape is
 * left to Sofia. */
static bool angle(struct ptt_bytes *uri, struct text *text)
{
	const char *start = text->at + 1;

	if (!skip(text, "<") || !uri_head(text))
		return false;
	while (skip(text, ";")) {
		struct text name = token(text);

		if (name.at == name.end)
			return false;
		if (skip(text, "="))
			run_of(text, "[]:/&+$");
	}
	*uri = bytes_of((struct text){start, text->at});
	return skip(text, ">") && !memchr(uri->data, '%', uri->len);
}

static bool name_addr(struct ptt_bytes *tag, struct text text)
{
	struct ptt_bytes uri;

	return angle(&uri, &text) && skip(&text, ";tag=") && whole_token(tag, text);
}

/* ";name[=value]" */
static bool via_param(struct ptt_bytes *branch, struct text *text)
{
	struct text name, value;

	if (!skip(text, ";"))
		return false;
	name = token(text);
	if (name.at == name.end)
		return false;
	if (!skip(text, "="))
		return !is_text(name, "branch");
	value.at = text->at;
	if (!host(text))
		return false;
	value.end = text->at;
	if (!is_text(name, "branch"))
		return true;
	if (branch->len > 0)
		return false;
	*branch = bytes_of(value);
	return true;
}

/* Exactly one Via value, with exactly one branch parameter. */
static bool via(struct ptt_bytes *branch, struct text text)
{
	uint32_t port;

	branch->len = 0;
	if (!skip(&text, "SIP/2.0/UDP ") || !host(&text) ||
		(skip(&text, ":") && (!number(&port, &text) || port > UINT16_MAX)))
		return false;
	while (text.at < text.end) {
		if (!via_param(branch, &text))
			return false;
	}
	return branch->len > 0;
}

static bool cseq(uint32_t *out, struct text text)
{
	return number(out, &text) && skip(&text, " INVITE") && text.at == text.end;
}

static bool call_id(struct ptt_bytes *out, struct text text)
{
	*out = bytes_of(text);
	while (text.at < text.end && (is_token(*text.at) || is_one_of(*text.at, "@:[]")))
		text.at++;
	return out->len > 0 && text.at == text.end;
}

static bool contact(struct ptt_bytes *out, struct text text)
{
	return angle(out, &text) && text.at == text.end;
}

/* "INVITE, ACK, UPDATE". @p has: the list contains @p word. False: not such a list. */
static bool list(bool *has, const char *word, struct text text)
{
	*has = false;
	while (text.at < text.end) {
		struct ptt_bytes item = bytes_of(token(&text));

		if (item.len == 0)
			return false;
		*has |= ptt_bytes_equal(item, ptt_bytes_of_str(word));
		if (text.at < text.end && !skip(&text, ", ") && !skip(&text, ","))
			return false;
	}
	return true;
}

static bool content_type(struct text text)
{
	static const char sdp[] = "application/sdp";

	return (size_t)(text.end - text.at) == sizeof(sdp) - 1 &&
	       strncasecmp(text.at, sdp, sizeof(sdp) - 1) == 0;
}

static bool is_printable(struct text text)
{
	while (text.at < text.end && *text.at >= ' ' && *text.at <= '~')
		text.at++;
	return text.at == text.end;
}

static bool take(
	struct ptt_fast_200 *out, uint32_t *body_len, enum header header, struct text value)
{
	bool ignored;

	switch (header) {
	case VIA:
		return via(&out->branch, value);
	case FROM:
		return name_addr(&out->from_tag, value);
	case TO:
		return name_addr(&out->to_tag, value);
	case CALL_ID:
		return call_id(&out->call_id, value);
	case CSEQ:
		return cseq(&out->cseq, value);
	case CONTACT:
		return contact(&out->target, value);
	case CONTENT_TYPE:
		return content_type(value);
	case CONTENT_LENGTH:
		return number(body_len, &value) && value.at == value.end;
	case ALLOW:
		out->has_allow = true;
		return list(&out->allows_update, "UPDATE", value);
	case SUPPORTED:
		return list(&ignored, "", value);
	default:
		return is_printable(value);
	}
}

static int header_of(struct text name)
{
	size_t len = (size_t)(name.end - name.at);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].len == len && strncasecmp(names[i].name, name.at, len) == 0)
			return (int)names[i].header;
	}
	return -1;
}

/* "name: value"; each header at most once. */
static bool header_line(
	struct ptt_fast_200 *out, uint32_t *body_len, unsigned *seen, struct text line)
{
	struct text name = token(&line);
	int header = header_of(name);

	if (header < 0 || !skip(&line, ":") || (*seen & 1u << header))
		return false;
	while (skip(&line, " "))
		;
	*seen |= 1u << header;
	return take(out, body_len, (enum header)header, line);
}

/* The text up to CRLF; @p rest begins behind it. */
static bool next_line(struct text *line, struct text *rest)
{
	const char *end = memchr(rest->at, '\r', (size_t)(rest->end - rest->at));

	if (!end || end + 1 == rest->end || end[1] != '\n')
		return false;
	*line = (struct text){rest->at, end};
	rest->at = end + 2;
	return true;
}

enum ptt_err ptt_fast_200_get(struct ptt_fast_200 *out, struct ptt_bytes datagram)
{
	struct text rest = {
		(const char *)datagram.data, (const char *)datagram.data + datagram.len};
	uint32_t body_len = 0;
	unsigned seen = 0;
	struct text line;

	memset(out, 0, sizeof(*out));
	if (!next_line(&line, &rest) || !skip(&line, "SIP/2.0 200 ") || !is_printable(line))
		return PTT_ERR_UNSUPPORTED;
	for (;;) {
		if (!next_line(&line, &rest))
			return PTT_ERR_UNSUPPORTED;
		if (line.at == line.end)
			break;
		if (!header_line(out, &body_len, &seen, line))
			return PTT_ERR_UNSUPPORTED;
	}
	out->body = bytes_of(rest);
	if ((seen & NEEDED) != NEEDED || out->body.len != body_len ||
		(body_len > 0 && !(seen & 1 << CONTENT_TYPE)))
		return PTT_ERR_UNSUPPORTED;
	return PTT_OK;
}
