/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <expat.h>
#include <string.h>

#include "sdp/client_offer.h"

#define RESOURCE_LISTS_NS "urn:ietf:params:xml:ns:resource-lists"
#define MAX_DEPTH         16

struct reading {
	XML_Parser parser;
	struct ptt_uri_list *out;
	enum ptt_err err;
	int depth;
};

static void fail(struct reading *rd, enum ptt_err err)
{
	if (rd->err == PTT_OK)
		rd->err = err;
	(void)XML_StopParser(rd->parser, XML_FALSE);
}

/*
 * @return true if the URI has no blank, no control and no character that could end a header's field
 */
static bool is_plain_uri(const char *uri)
{
	size_t len = strlen(uri);

	if (len == 0 || len >= PTT_OFFER_URI_SIZE)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)uri[i] <= ' ' || strchr("<>\"\x7f", uri[i]))
			return false;
	return true;
}

static void on_entry(struct reading *rd, const char *uri)
{
	if (!is_plain_uri(uri))
		fail(rd, PTT_ERR_MALFORMED);
	else if (rd->out->count == PTT_OFFER_MAX_URIS)
		fail(rd, PTT_ERR_NO_SPACE);
	else
		memcpy(rd->out->uri[rd->out->count++], uri, strlen(uri) + 1);
}

static void on_start(void *user, const XML_Char *name, const XML_Char **attributes)
{
	struct reading *rd = user;

	if (++rd->depth > MAX_DEPTH) {
		fail(rd, PTT_ERR_MALFORMED);
		return;
	}
	if (strcmp(name, RESOURCE_LISTS_NS "|entry") != 0 && strcmp(name, "entry") != 0)
		return;
	for (; attributes[0]; attributes += 2) {
		if (strcmp(attributes[0], "uri") != 0)
			continue;
		on_entry(rd, attributes[1]);
		return;
	}
	fail(rd, PTT_ERR_MALFORMED);
}

static void on_end(void *user, const XML_Char *name)
{
	struct reading *rd = user;

	(void)name;
	rd->depth--;
}

static void on_doctype(void *user, const XML_Char *name, const XML_Char *system_id,
	const XML_Char *public_id, int has_internal_subset)
{
	(void)name;
	(void)system_id;
	(void)public_id;
	(void)has_internal_subset;
	fail(user, PTT_ERR_MALFORMED);
}

enum ptt_err ptt_uri_list_get(struct ptt_uri_list *out, struct ptt_bytes xml)
{
	struct reading rd = {.out = out, .err = PTT_OK};

	memset(out, 0, sizeof(*out));
	if (xml.len > PTT_OFFER_MAX_BODY_LEN)
		return PTT_ERR_MALFORMED;
	rd.parser = XML_ParserCreateNS(NULL, '|');
	if (!rd.parser)
		return PTT_ERR_SYSTEM;
	XML_SetUserData(rd.parser, &rd);
	XML_SetElementHandler(rd.parser, on_start, on_end);
	XML_SetStartDoctypeDeclHandler(rd.parser, on_doctype);
	if (XML_Parse(rd.parser, (const char *)xml.data, (int)xml.len, XML_TRUE) != XML_STATUS_OK &&
		rd.err == PTT_OK)
		rd.err = PTT_ERR_MALFORMED;
	XML_ParserFree(rd.parser);
	if (rd.err != PTT_OK)
		memset(out, 0, sizeof(*out));
	return rd.err;
}
