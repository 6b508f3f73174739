/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bench/sip_text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

int ptt_bench_text_is(struct ptt_bench_text text, const char *other)
{
	return (size_t)text.len == strlen(other) &&
	       strncasecmp(text.at, other, (size_t)text.len) == 0;
}

struct ptt_bench_text ptt_bench_line(struct ptt_bench_text *rest)
{
	const char *end = memchr(rest->at, '\n', (size_t)rest->len);
	struct ptt_bench_text line = {rest->at, end ? (int)(end - rest->at) : rest->len};
	int step = end ? line.len + 1 : line.len;

	rest->at += step;
	rest->len -= step;
	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	return line;
}

struct ptt_bench_text ptt_bench_param(struct ptt_bench_text in, const char *name)
{
	size_t name_len = strlen(name);
	const char *end = in.at + in.len;

	for (const char *p = in.at; p && p + name_len < end; p++) {
		const char *from = p + name_len + 1;
		int quoted;

		if (strncasecmp(p, name, name_len) != 0 || p[name_len] != '=' ||
			(p > in.at && !strchr(" ;,?", p[-1])))
			continue;
		quoted = *from == '"';
		from += quoted;
		for (p = from; p < end && !strchr(quoted ? "\"" : ";,> ", *p);)
			p++;
		return (struct ptt_bench_text){from, (int)(p - from)};
	}
	return (struct ptt_bench_text){in.at, 0};
}

struct ptt_bench_text ptt_bench_uri(struct ptt_bench_text in)
{
	const char *from = in.len ? memchr(in.at, '<', (size_t)in.len) : NULL;
	const char *to = from ? memchr(from, '>', (size_t)(in.at + in.len - from)) : NULL;

	return to ? (struct ptt_bench_text){from + 1, (int)(to - from - 1)} : in;
}

long ptt_bench_number_after(struct ptt_bench_text in, const char *what)
{
	const char *at = in.len ? memmem(in.at, (size_t)in.len, what, strlen(what)) : NULL;

	return at ? strtol(at + strlen(what), NULL, 10) : -1;
}

static struct ptt_bench_text trim(const char *at, const char *end)
{
	while (at < end && *at == ' ')
		at++;
	return (struct ptt_bench_text){at, (int)(end - at)};
}

static void read_cseq(struct ptt_bench_sip *out, struct ptt_bench_text value)
{
	char *end;

	out->cseq = (uint32_t)strtoul(value.at, &end, 10);
	out->cseq_method = trim(end, value.at + value.len);
}

static void read_header(
	struct ptt_bench_sip *out, struct ptt_bench_text name, struct ptt_bench_text value)
{
	if (ptt_bench_text_is(name, "v") || ptt_bench_text_is(name, "Via")) {
		if (out->via_count < PTT_BENCH_VIAS)
			out->via[out->via_count++] = value;
	} else if (ptt_bench_text_is(name, "f") || ptt_bench_text_is(name, "From")) {
		out->from = value;
	} else if (ptt_bench_text_is(name, "t") || ptt_bench_text_is(name, "To")) {
		out->to = value;
	} else if (ptt_bench_text_is(name, "i") || ptt_bench_text_is(name, "Call-ID")) {
		out->call_id = value;
	} else if (ptt_bench_text_is(name, "m") || ptt_bench_text_is(name, "Contact")) {
		out->contact = value;
	} else if (ptt_bench_text_is(name, "CSeq")) {
		read_cseq(out, value);
	} else if (ptt_bench_text_is(name, "Retry-After")) {
		out->retry_after_s = (uint32_t)strtoul(value.at, NULL, 10);
	} else if (ptt_bench_text_is(name, "WWW-Authenticate") && out->challenge.len == 0) {
		out->challenge = value;
	}
}

static void read_first_line(struct ptt_bench_sip *out, struct ptt_bench_text line)
{
	const char *space = memchr(line.at, ' ', (size_t)line.len), *second;

	if (!space)
		return;
	if (strncmp(line.at, "SIP/2.0 ", 8) == 0) {
		out->status = atoi(line.at + 8);
		return;
	}
	out->method = (struct ptt_bench_text){line.at, (int)(space - line.at)};
	second = memchr(space + 1, ' ', (size_t)(line.at + line.len - space - 1));
	if (second)
		out->uri = (struct ptt_bench_text){space + 1, (int)(second - space - 1)};
}

void ptt_bench_sip_read(struct ptt_bench_sip *out, const char *data, size_t len)
{
	struct ptt_bench_text rest = {data, (int)len}, line;

	memset(out, 0, sizeof(*out));
	read_first_line(out, ptt_bench_line(&rest));
	for (line = ptt_bench_line(&rest); line.len > 0; line = ptt_bench_line(&rest)) {
		const char *colon = memchr(line.at, ':', (size_t)line.len);

		if (colon)
			read_header(out, (struct ptt_bench_text){line.at, (int)(colon - line.at)},
				trim(colon + 1, line.at + line.len));
	}
	out->body = rest;
}
