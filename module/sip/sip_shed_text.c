/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/sip/sip_shed_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEFAULT_PORT 5060

static bool starts(struct ptt_bytes in, const char *with)
{
	size_t len = strlen(with);

	return in.len >= len && memcmp(in.data, with, len) == 0;
}

/* The first place of @p what, in any case of letters. */
static const uint8_t *find(struct ptt_bytes in, const char *what)
{
	size_t len = strlen(what);
	int first = tolower(what[0]);

	for (size_t i = 0; i + len <= in.len; i++) {
		if (tolower(in.data[i]) == first &&
			strncasecmp((const char *)in.data + i, what, len) == 0)
			return in.data + i;
	}
	return NULL;
}

/* The next line. False: no CRLF follows, or the line has another CR, LF or NUL. */
static bool next_line(struct ptt_bytes *line, struct ptt_bytes *rest)
{
	const uint8_t *end = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;

	if (!end || end == rest->data || end[-1] != '\r')
		return false;
	*line = (struct ptt_bytes){rest->data, (size_t)(end - 1 - rest->data)};
	rest->data = end + 1;
	rest->len -= line->len + 2;
	return !memchr(line->data, '\r', line->len) && !memchr(line->data, '\0', line->len);
}

enum name { OTHER, VIA, FROM, TO, CALL_ID, CSEQ, CREDENTIALS, FORBIDDEN };

static enum name name_of(struct ptt_bytes line, struct ptt_bytes *value)
{
	static const struct {
		const char *text;
		enum name name;
	} names[] = {{"Via", VIA}, {"v", VIA}, {"From", FROM}, {"f", FROM}, {"To", TO}, {"t", TO},
		{"Call-ID", CALL_ID}, {"i", CALL_ID}, {"CSeq", CSEQ},
		{"Authorization", CREDENTIALS}, {"Require", FORBIDDEN},
		{"Proxy-Require", FORBIDDEN}};
	const uint8_t *colon = memchr(line.data, ':', line.len);
	size_t len = colon ? (size_t)(colon - line.data) : 0;

	if (!colon)
		return FORBIDDEN;
	*value = (struct ptt_bytes){colon + 1, line.len - len - 1};
	while (len > 0 && (line.data[len - 1] == ' ' || line.data[len - 1] == '\t'))
		len--;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i].text) == len &&
			strncasecmp(names[i].text, (const char *)line.data, len) == 0)
			return names[i].name;
	}
	return OTHER;
}

/* "SIP/2.0/UDP host[:port];params": one hop, without a parameter that redirects the response. */
static bool read_via(struct ptt_shed_request *out, struct ptt_bytes value)
{
	const uint8_t *sent_by = find(value, "SIP/2.0/UDP "), *rport = find(value, ";rport");
	const uint8_t *end = value.data + value.len, *semicolon, *at;
	struct ptt_bytes host;
	unsigned long port = DEFAULT_PORT;

	if (!sent_by || memchr(value.data, ',', value.len) || find(value, "maddr") ||
		find(value, "comp=") || find(value, "received") || find(value, "rport="))
		return false;
	sent_by += strlen("SIP/2.0/UDP ");
	host = (struct ptt_bytes){sent_by, (size_t)(end - sent_by)};
	semicolon = memchr(host.data, ';', host.len);
	if (!semicolon || host.data[0] == ' ')
		return false;
	host.len = (size_t)(semicolon - host.data);
	if (rport && rport + strlen(";rport") < end && !strchr("; \t", rport[strlen(";rport")]))
		return false;
	at = host.data[0] == '[' ? memchr(host.data, ']', host.len) : host.data;
	if (!at)
		return false;
	at = memchr(at, ':', host.len - (size_t)(at - host.data));
	if (at)
		port = strtoul((const char *)at + 1, NULL, 10); /* stops at the semicolon */
	out->port = rport ? 0 : (uint16_t)port;
	return port > 0 && port <= 65535;
}

static bool read_first(struct ptt_shed_request *out, struct ptt_bytes line)
{
	static const char version[] = " SIP/2.0";
	const size_t method = strlen("INVITE "), end = sizeof(version) - 1;

	if (!starts(line, "INVITE ") || line.len <= method + end ||
		memcmp(line.data + line.len - end, version, end) != 0)
		return false;
	out->uri = (struct ptt_bytes){line.data + method, line.len - method - end};
	return !memchr(out->uri.data, ' ', out->uri.len);
}

static struct ptt_bytes trim(struct ptt_bytes value)
{
	while (value.len > 0 && (value.data[0] == ' ' || value.data[0] == '\t')) {
		value.data++;
		value.len--;
	}
	while (value.len > 0 &&
		(value.data[value.len - 1] == ' ' || value.data[value.len - 1] == '\t'))
		value.len--;
	return value;
}

static bool is_plain(enum name name, struct ptt_bytes value)
{
	switch (name) {
	case FROM:
		return find(value, ";tag=") != NULL;
	case TO:
		return !find(value, "tag=");
	case CSEQ:
		return find(value, "INVITE") != NULL;
	default:
		return name != FORBIDDEN;
	}
}

/* Adds a line that the response repeats. */
static bool keep(
	struct ptt_shed_request *out, enum name name, struct ptt_bytes line, struct ptt_bytes value)
{
	if (out->count == PTT_SHED_LINES)
		return false;
	if (name == TO)
		out->to = out->count;
	if (name == CALL_ID)
		out->call_id = trim(value);
	out->line[out->count++] = line;
	return true;
}

static bool read_headers(struct ptt_shed_request *out, struct ptt_bytes rest)
{
	unsigned int seen[FORBIDDEN] = {0};
	struct ptt_bytes line, value;

	for (;;) {
		enum name name;

		if (!next_line(&line, &rest))
			return false;
		if (line.len == 0)
			break;
		if (line.data[0] == ' ' || line.data[0] == '\t')
			return false; /* a folded line */
		name = name_of(line, &value);
		if (!is_plain(name, value))
			return false;
		if (name == VIA && !seen[VIA]) {
			out->top_via = out->count;
			if (!read_via(out, value))
				return false;
		}
		out->has_credentials |= name == CREDENTIALS;
		if (name != OTHER && name != CREDENTIALS && !keep(out, name, line, value))
			return false;
		seen[name]++;
	}
	return seen[VIA] > 0 && seen[FROM] == 1 && seen[TO] == 1 && seen[CALL_ID] == 1 &&
	       seen[CSEQ] == 1;
}

enum ptt_shed_kind ptt_shed_read(
	struct ptt_shed_request *out, struct ptt_bytes datagram, const char *tag)
{
	struct ptt_bytes line, rest = datagram;

	memset(out, 0, sizeof(*out));
	if (starts(datagram, "ACK "))
		return memmem(datagram.data, datagram.len, tag, strlen(tag)) ? PTT_SHED_ACK
									     : PTT_SHED_OTHER;
	if (!starts(datagram, "INVITE ") || !next_line(&line, &rest) || !read_first(out, line) ||
		!read_headers(out, rest))
		return PTT_SHED_OTHER;
	return PTT_SHED_INVITE;
}

/* Adds the value of ;rport, and ;received. */
static void put_via(
	struct ptt_writer *wr, struct ptt_bytes line, const struct ptt_shed_response *response)
{
	const uint8_t *rport = find(line, ";rport");
	size_t head = rport ? (size_t)(rport - line.data) + strlen(";rport") : line.len;
	char more[96];

	snprintf(more, sizeof(more), ";received=%s", response->from_host);
	ptt_write_bytes(wr, (struct ptt_bytes){line.data, head});
	if (rport) {
		char port[8];

		snprintf(port, sizeof(port), "=%u", response->from_port);
		ptt_write_bytes(wr, ptt_bytes_of_str(port));
	}
	ptt_write_bytes(wr, (struct ptt_bytes){line.data + head, line.len - head});
	ptt_write_bytes(wr, ptt_bytes_of_str(more));
}

enum ptt_err ptt_shed_put(char out[PTT_SHED_OUT_MAX], size_t *len,
	const struct ptt_shed_request *request, const struct ptt_shed_response *response)
{
	struct ptt_writer wr = ptt_writer_of((uint8_t *)out, PTT_SHED_OUT_MAX);

	ptt_write_bytes(&wr, ptt_bytes_of_str("SIP/2.0 "));
	ptt_write_bytes(&wr, ptt_bytes_of_str(response->status));
	ptt_write_bytes(&wr, ptt_bytes_of_str("\r\n"));
	for (size_t i = 0; i < request->count; i++) {
		if (i == request->top_via)
			put_via(&wr, request->line[i], response);
		else
			ptt_write_bytes(&wr, request->line[i]);
		if (i == request->to) {
			ptt_write_bytes(&wr, ptt_bytes_of_str(";tag="));
			ptt_write_bytes(&wr, ptt_bytes_of_str(response->tag));
		}
		ptt_write_bytes(&wr, ptt_bytes_of_str("\r\n"));
	}
	ptt_write_bytes(&wr, ptt_bytes_of_str(response->headers));
	ptt_write_bytes(&wr, ptt_bytes_of_str("Content-Length: 0\r\n\r\n"));
	return ptt_writer_end(&wr, len);
}
