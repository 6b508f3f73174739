/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/boot_info.h"

#include <expat.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "module/base/xml.h"
#include "module/gba/utc.h"

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
	refuse(ctx); /* without a DTD the sender can define no entities */
}

static void trim(char *text)
{
	size_t start = strspn(text, " \t\r\n"), len;

	memmove(text, text + start, strlen(text + start) + 1);
	len = strlen(text);
	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		text[--len] = '\0';
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
	return ptt_utc_get(&ps->out->expires_utc_s, ps->lifetime);
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

enum ptt_err ptt_boot_info_put(char *out, size_t size, const struct ptt_boot_info *info)
{
	struct ptt_writer wr = ptt_writer_of((uint8_t *)out, size);
	char stamp[PTT_UTC_SIZE];
	size_t len;

	for (const char *c = info->btid; *c; c++)
		if (*c <= 0x20 || *c >= 0x7f)
			return PTT_ERR_MALFORMED;
	PTT_TRY(ptt_utc_put(stamp, info->expires_utc_s));
	ptt_write_bytes(&wr, ptt_bytes_of_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
					      "<BootstrappingInfo xmlns=\"" PTT_BOOT_INFO_NS "\">"
					      "<btid>"));
	ptt_xml_write(&wr, info->btid);
	ptt_write_bytes(&wr, ptt_bytes_of_str("</btid><lifetime>"));
	ptt_write_bytes(&wr, ptt_bytes_of_str(stamp));
	ptt_write_bytes(&wr, ptt_bytes_of_str("</lifetime></BootstrappingInfo>\n"));
	ptt_write_u8(&wr, '\0');
	return ptt_writer_end(&wr, &len);
}
