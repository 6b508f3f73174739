/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/uss.h"

#include <expat.h>
#include <stdio.h>
#include <string.h>

#include "module/base/xml.h"

#define DEPTH_MAX 16

struct parse {
	XML_Parser parser;
	struct ptt_zn_answer *out;
	unsigned int depth;
	bool in_uid, bad;
	char uid[PTT_ZN_ID_MAX];
	size_t len;
};

static void refuse(struct parse *ps)
{
	ps->bad = true;
	XML_StopParser(ps->parser, XML_FALSE);
}

static const char *local_name(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon ? colon + 1 : name;
}

static void on_start(void *ctx, const XML_Char *name, const XML_Char **attrs)
{
	struct parse *ps = ctx;

	(void)attrs;
	if (++ps->depth > DEPTH_MAX || ps->in_uid)
		refuse(ps);
	ps->in_uid = strcmp(local_name(name), "uid") == 0;
	ps->len = 0;
}

static void on_text(void *ctx, const XML_Char *text, int len)
{
	struct parse *ps = ctx;

	if (!ps->in_uid)
		return;
	for (int i = 0; i < len; i++) {
		if ((unsigned char)text[i] <= ' ')
			continue;
		if (ps->len + 1 >= sizeof(ps->uid)) {
			refuse(ps);
			return;
		}
		ps->uid[ps->len++] = text[i];
	}
}

static void on_end(void *ctx, const XML_Char *name)
{
	struct parse *ps = ctx;

	(void)name;
	ps->depth--;
	if (ps->in_uid && ps->len > 0 && ps->out->impu_count < PTT_ZN_IMPUS_MAX) {
		ps->uid[ps->len] = '\0';
		memcpy(ps->out->impus[ps->out->impu_count++], ps->uid, ps->len + 1);
	}
	ps->in_uid = false;
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

enum ptt_err ptt_uss_get(struct ptt_zn_answer *out, struct ptt_bytes document)
{
	struct parse ps = {.out = out};
	bool good;

	if (document.len > PTT_USS_MAX)
		return PTT_ERR_NO_SPACE;
	ps.parser = XML_ParserCreate(NULL);
	if (!ps.parser)
		return PTT_ERR_SYSTEM;
	XML_SetUserData(ps.parser, &ps);
	XML_SetElementHandler(ps.parser, on_start, on_end);
	XML_SetCharacterDataHandler(ps.parser, on_text);
	XML_SetStartDoctypeDeclHandler(ps.parser, on_doctype);
	good = XML_Parse(ps.parser, (const char *)document.data, (int)document.len, XML_TRUE) ==
	       XML_STATUS_OK;
	XML_ParserFree(ps.parser);
	return good && !ps.bad ? PTT_OK : PTT_ERR_MALFORMED;
}

enum ptt_err ptt_uss_put(char *out, size_t size, const struct ptt_zn_answer *answer)
{
	struct ptt_writer wr = ptt_writer_of((uint8_t *)out, size);
	char head[128];
	size_t len;

	snprintf(head, sizeof(head),
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<ussList><uss id=\"%d\" type=\"%d\"><uids>",
		PTT_ZN_MBMS_GSID, PTT_ZN_MBMS_GSID);
	ptt_write_bytes(&wr, ptt_bytes_of_str(head));
	for (size_t i = 0; i < answer->impu_count; i++) {
		ptt_write_bytes(&wr, ptt_bytes_of_str("<uid>"));
		ptt_xml_write(&wr, answer->impus[i]);
		ptt_write_bytes(&wr, ptt_bytes_of_str("</uid>"));
	}
	ptt_write_bytes(&wr, ptt_bytes_of_str("</uids></uss></ussList>\n"));
	ptt_write_u8(&wr, '\0');
	return ptt_writer_end(&wr, &len);
}
