/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/boot_info.h"

#include <expat.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DEPTH_MAX     16
#define TIME_TEXT_MAX 48

enum element { EL_OTHER, EL_BTID, EL_LIFETIME };

struct parse {
	XML_Parser parser;
	struct ptt_boot_info *out;
	char lifetime[TIME_TEXT_MAX];
	size_t btid_len, lifetime_len;
	unsigned int depth;
	enum element in;
	bool has_root, has_btid, has_lifetime, bad;
};

static void refuse(struct parse *ps)
{
	ps->bad = true;
	XML_StopParser(ps->parser, XML_FALSE);
}

static void on_start(void *ctx, const XML_Char *name, const XML_Char **attrs)
{
	struct parse *ps = ctx;

	(void)attrs;
	if (++ps->depth > DEPTH_MAX || ps->in != EL_OTHER) {
		refuse(ps);
	} else if (ps->depth == 1) {
		ps->has_root = strcmp(name, PTT_BOOT_INFO_NS " BootstrappingInfo") == 0;
		if (!ps->has_root)
			refuse(ps);
	} else if (ps->depth == 2 && strcmp(name, PTT_BOOT_INFO_NS " btid") == 0) {
		ps->in = EL_BTID;
		if (ps->has_btid)
			refuse(ps);
		ps->has_btid = true;
	} else if (ps->depth == 2 && strcmp(name, PTT_BOOT_INFO_NS " lifetime") == 0) {
		ps->in = EL_LIFETIME;
		if (ps->has_lifetime)
			refuse(ps);
		ps->has_lifetime = true;
	}
}

static void on_end(void *ctx, const XML_Char *name)
{
	struct parse *ps = ctx;

	(void)name;
	ps->depth--;
	ps->in = EL_OTHER;
}

static void on_text(void *ctx, const XML_Char *text, int text_len)
{
	struct parse *ps = ctx;
	size_t len = (size_t)text_len;
	char *to = ps->in == EL_BTID ? ps->out->btid : ps->lifetime;
	size_t size = ps->in == EL_BTID ? sizeof(ps->out->btid) : sizeof(ps->lifetime);
	size_t *have = ps->in == EL_BTID ? &ps->btid_len : &ps->lifetime_len;

	if (ps->in == EL_OTHER)
		return;
	if (len >= size - *have) {
		refuse(ps);
		return;
	}
	memcpy(to + *have, text, len);
	*have += len;
	to[*have] = '\0';
}

static void on_doctype(
	void *ctx, const XML_Char *name, const XML_Char *sysid, const XML_Char *pubid, int internal)
{
	(void)name;
	(void)sysid;
	(void)pubid;
	(void)internal;
	refuse(ctx); /* no DTD, so no entities of the sender's making */
}

static void trim(char *text)
{
	size_t start = strspn(text, " \t\r\n"), len;

	memmove(text, text + start, strlen(text + start) + 1);
	len = strlen(text);
	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		text[--len] = '\0';
}

/* Spec: XML Schema dateTime; "Z" is what 24.109 asks for, an offset is taken. */
static enum ptt_err zone_get(int64_t *offset_s, const char *text)
{
	int hours = 0, minutes = 0, used = 0;

	*offset_s = 0;
	if (*text == '.') {
		size_t digits = strspn(text + 1, "0123456789");

		if (digits == 0)
			return PTT_ERR_MALFORMED;
		text += 1 + digits;
	}
	if (strcmp(text, "Z") == 0 || *text == '\0')
		return PTT_OK;
	if ((*text != '+' && *text != '-') || strlen(text) != 6 ||
		strspn(text + 1, "0123456789") != 2 || text[3] != ':' ||
		sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 || used != 5 ||
		hours > 14 || minutes > 59)
		return PTT_ERR_MALFORMED;
	*offset_s = ((int64_t)hours * 60 + minutes) * 60;
	if (*text == '-')
		*offset_s = -*offset_s;
	return PTT_OK;
}

static enum ptt_err time_get(int64_t *out, const char *text)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd";
	struct tm tm = {0}, again;
	int64_t offset_s;
	time_t when;

	for (size_t i = 0; i < sizeof(form) - 1; i++)
		if (form[i] == 'd' ? !(text[i] >= '0' && text[i] <= '9') : text[i] != form[i])
			return PTT_ERR_MALFORMED;
	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		    &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
		return PTT_ERR_MALFORMED;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	again = tm;
	when = timegm(&again);
	/* timegm() carries the 32nd over into the next month: such a date is refused. */
	if (again.tm_mon != tm.tm_mon || again.tm_mday != tm.tm_mday ||
		again.tm_hour != tm.tm_hour || again.tm_min != tm.tm_min ||
		again.tm_sec != tm.tm_sec)
		return PTT_ERR_MALFORMED;
	PTT_TRY(zone_get(&offset_s, text + sizeof(form) - 1));
	*out = (int64_t)when - offset_s;
	return PTT_OK;
}

static enum ptt_err run(struct parse *ps, struct ptt_bytes body)
{
	XML_SetUserData(ps->parser, ps);
	XML_SetElementHandler(ps->parser, on_start, on_end);
	XML_SetCharacterDataHandler(ps->parser, on_text);
	XML_SetStartDoctypeDeclHandler(ps->parser, on_doctype);
	if (XML_Parse(ps->parser, (const char *)body.data, (int)body.len, XML_TRUE) !=
		XML_STATUS_OK)
		return PTT_ERR_MALFORMED;
	if (ps->bad || !ps->has_root || !ps->has_btid || !ps->has_lifetime)
		return PTT_ERR_MALFORMED;
	trim(ps->out->btid);
	trim(ps->lifetime);
	if (!*ps->out->btid)
		return PTT_ERR_MALFORMED;
	return time_get(&ps->out->expires_utc_s, ps->lifetime);
}

enum ptt_err ptt_boot_info_get(struct ptt_boot_info *out, struct ptt_bytes body)
{
	struct parse ps = {.out = out};
	enum ptt_err err;

	memset(out, 0, sizeof(*out));
	if (body.len > PTT_BOOT_INFO_MAX)
		return PTT_ERR_NO_SPACE;
	ps.parser = XML_ParserCreateNS(NULL, ' ');
	if (!ps.parser)
		return PTT_ERR_SYSTEM;
	err = run(&ps, body);
	XML_ParserFree(ps.parser);
	return err;
}

static void put_escaped(struct ptt_writer *wr, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			ptt_write_bytes(wr, ptt_bytes_of_str("&lt;"));
		else if (*text == '&')
			ptt_write_bytes(wr, ptt_bytes_of_str("&amp;"));
		else if (*text == '>')
			ptt_write_bytes(wr, ptt_bytes_of_str("&gt;"));
		else
			ptt_write_u8(wr, (uint8_t)*text);
	}
}

enum ptt_err ptt_boot_info_put(char *out, size_t size, const struct ptt_boot_info *info)
{
	struct ptt_writer wr = ptt_writer_of((uint8_t *)out, size);
	time_t when = (time_t)info->expires_utc_s;
	char stamp[32];
	struct tm tm;
	size_t len;

	for (const char *c = info->btid; *c; c++)
		if (*c <= 0x20 || *c >= 0x7f)
			return PTT_ERR_MALFORMED;
	if (!gmtime_r(&when, &tm) || tm.tm_year < 0 || tm.tm_year > 9999 - 1900 ||
		strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return PTT_ERR_MALFORMED;
	ptt_write_bytes(&wr, ptt_bytes_of_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
					      "<BootstrappingInfo xmlns=\"" PTT_BOOT_INFO_NS "\">"
					      "<btid>"));
	put_escaped(&wr, info->btid);
	ptt_write_bytes(&wr, ptt_bytes_of_str("</btid><lifetime>"));
	ptt_write_bytes(&wr, ptt_bytes_of_str(stamp));
	ptt_write_bytes(&wr, ptt_bytes_of_str("</lifetime></BootstrappingInfo>\n"));
	ptt_write_u8(&wr, '\0');
	return ptt_writer_end(&wr, &len);
}
