/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/group/event_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "module/base/xml.h"

static const char doc_tail[] = "</users></conference-info>\n";

/* Room that is always kept: an IMPU of 255 bytes, each written as six, twice, and all around it. */
enum { USER_MAX = 4000 };

__attribute__((format(printf, 2, 3))) static void put(
	struct ptt_event_doc *doc, const char *fmt, ...)
{
	size_t room = sizeof(doc->text) - doc->len;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(doc->text + doc->len, room, fmt, args);
	va_end(args);
	if (len > 0)
		doc->len += (size_t)len < room ? (size_t)len : room - 1;
}

/* A URI as an attribute. What no URI has and XML could not carry is written as URIs write it. */
static void put_uri(struct ptt_event_doc *doc, const char *uri)
{
	for (; *uri; uri++) {
		unsigned char byte = (unsigned char)*uri;
		const char *entity = ptt_xml_entity(*uri);

		if (entity)
			put(doc, "%s", entity);
		else if (byte <= ' ' || byte >= 0x7f)
			put(doc, "%%%02X", byte);
		else
			put(doc, "%c", byte);
	}
}

static void put_when(struct ptt_event_doc *doc, int64_t utc_s)
{
	time_t seconds = (time_t)utc_s;
	char text[40] = "1970-01-01T00:00:00Z";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	put(doc, "<when>%s</when>", text);
}

void ptt_event_doc_begin(struct ptt_event_doc *doc, const struct ptt_event_head *head)
{
	const char *state = head->full ? "full" : "partial";

	doc->len = doc->count = 0;
	doc->limit = head->limit;
	put(doc, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		 "<conference-info xmlns=\"urn:ietf:params:xml:ns:conference-info\" entity=\"");
	put_uri(doc, head->entity);
	put(doc, "\" state=\"%s\" version=\"%u\"><users state=\"%s\">", state,
		(unsigned)head->version, state);
}

static void put_departure(struct ptt_event_doc *doc, const struct ptt_event_user *user)
{
	/* The reason is what the BYE's Reason header says (RFC 3326). */
	static const struct {
		const char *method, *reason;
	} text[] = {
		[PTT_EVENT_DEPARTED] = {"departed", ""},
		[PTT_EVENT_BOOTED] = {"booted",
			"<reason>SIP;cause=403;text=&quot;expelled&quot;</reason>"},
		[PTT_EVENT_FAILED] = {"failed",
			"<reason>SIP;cause=408;text=&quot;no answer, or no key taken&quot;</reason>"},
	};

	put(doc, "<disconnection-method>%s</disconnection-method><disconnection-info>",
		text[user->how].method);
	put_when(doc, user->left_utc_s);
	put(doc, "%s</disconnection-info>", text[user->how].reason);
}

/* RFC 4575 5.6 and 5.7, in the order of its schema. */
static void put_user(struct ptt_event_doc *doc, const struct ptt_event_user *user)
{
	put(doc, "<user entity=\"");
	put_uri(doc, user->impu);
	put(doc, "\" state=\"partial\"><endpoint entity=\"");
	put_uri(doc, user->impu);
	put(doc,
		";endpoint=%08x\"><status>%s</status><joining-method>dialed-in</joining-method>"
		"<joining-info>",
		(unsigned)user->endpoint, user->how == PTT_EVENT_IN ? "connected" : "disconnected");
	put_when(doc, user->joined_utc_s);
	put(doc, "</joining-info>");
	if (user->how != PTT_EVENT_IN)
		put_departure(doc, user);
	put(doc, "</endpoint></user>");
}

bool ptt_event_doc_add(struct ptt_event_doc *doc, const struct ptt_event_user *user)
{
	size_t before = doc->len;

	if (doc->count == PTT_EVENT_DOC_USERS || sizeof(doc->text) - doc->len < USER_MAX)
		return false;
	for (size_t i = 0; i < doc->count; i++) {
		if (strcmp(doc->users[i], user->impu) == 0)
			return false;
	}
	put_user(doc, user);
	if (doc->count > 0 && doc->len + sizeof(doc_tail) > doc->limit) {
		doc->len = before;
		doc->text[before] = '\0';
		return false;
	}
	doc->users[doc->count++] = user->impu;
	return true;
}

void ptt_event_doc_end(struct ptt_event_doc *doc)
{
	put(doc, "%s", doc_tail);
}
