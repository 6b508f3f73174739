/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Documents of the conference event package, byte for byte (RFC 4575
 * section 5, its schema's order). */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/group/event_text.h"
#include "tests/unit/check_main.h"

static struct ptt_event_doc doc;

static void begin(bool full, uint32_t version, size_t limit)
{
	struct ptt_event_head head = {"sip:alpha@poc.example.org", version, full, limit};

	ptt_event_doc_begin(&doc, &head);
}

START_TEST(full_state)
{
	struct ptt_event_user anna = {
		.impu = "sip:anna@poc.example.org", .endpoint = 1, .joined_utc_s = 1700000000};

	begin(true, 1, 16000);
	ck_assert(ptt_event_doc_add(&doc, &anna));
	ptt_event_doc_end(&doc);
	ck_assert_str_eq(doc.text,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<conference-info xmlns=\"urn:ietf:params:xml:ns:conference-info\""
		" entity=\"sip:alpha@poc.example.org\" state=\"full\" version=\"1\"><users state=\"full\">"
		"<user entity=\"sip:anna@poc.example.org\" state=\"partial\">"
		"<endpoint entity=\"sip:anna@poc.example.org;endpoint=00000001\"><status>connected</status>"
		"<joining-method>dialed-in</joining-method>"
		"<joining-info><when>2023-11-14T22:13:20Z</when></joining-info></endpoint></user>"
		"</users></conference-info>\n");
	ck_assert_uint_eq(doc.len, strlen(doc.text));
}
END_TEST

/* 5.7.3: how they went, each with its time. */
START_TEST(departures)
{
	static const struct {
		enum ptt_event_how how;
		const char *text;
	} want[] = {
		{PTT_EVENT_DEPARTED,
			"<disconnection-method>departed</disconnection-method><disconnection-info>"
			"<when>2023-11-14T22:15:00Z</when></disconnection-info></endpoint>"},
		{PTT_EVENT_BOOTED,
			"<disconnection-method>booted</disconnection-method><disconnection-info>"
			"<when>2023-11-14T22:15:00Z</when>"
			"<reason>SIP;cause=403;text=&quot;expelled&quot;</reason></disconnection-info>"},
		{PTT_EVENT_FAILED,
			"<disconnection-method>failed</disconnection-method><disconnection-info>"
			"<when>2023-11-14T22:15:00Z</when><reason>SIP;cause=408;"},
	};
	struct ptt_event_user user = {.impu = "sip:u@x",
		.endpoint = 0xabcdef01,
		.how = want[_i].how,
		.joined_utc_s = 1700000000,
		.left_utc_s = 1700000100};

	begin(false, 4294967295u, 16000);
	ck_assert(ptt_event_doc_add(&doc, &user));
	ptt_event_doc_end(&doc);
	ck_assert_ptr_nonnull(strstr(
		doc.text, "state=\"partial\" version=\"4294967295\"><users state=\"partial\">"));
	ck_assert_ptr_nonnull(
		strstr(doc.text, ";endpoint=abcdef01\"><status>disconnected</status>"));
	ck_assert_ptr_nonnull(
		strstr(doc.text, "<joining-info><when>2023-11-14T22:13:20Z</when></joining-info>"));
	ck_assert_ptr_nonnull(strstr(doc.text, want[_i].text));
}
END_TEST

START_TEST(escapes)
{
	struct ptt_event_user user = {.impu = "sip:a&b<c>\"'\x01 \xff@x"};

	begin(false, 1, 16000);
	ck_assert(ptt_event_doc_add(&doc, &user));
	ptt_event_doc_end(&doc);
	ck_assert_ptr_nonnull(
		strstr(doc.text, "<user entity=\"sip:a&amp;b&lt;c&gt;&quot;&apos;%01%20%FF@x\" "));
}
END_TEST

/* The first goes in whatever its size; then the limit counts, and a user is there once. */
START_TEST(limits)
{
	struct ptt_event_user user = {.impu = "sip:u1@x"}, other = {.impu = "sip:u2@x"};
	size_t one;

	begin(false, 1, 1);
	ck_assert(ptt_event_doc_add(&doc, &user));
	ck_assert(!ptt_event_doc_add(&doc, &other));
	ptt_event_doc_end(&doc);
	ck_assert_ptr_null(strstr(doc.text, "u2"));
	one = doc.len;
	begin(false, 1, 16000);
	ck_assert(ptt_event_doc_add(&doc, &user));
	user.endpoint = 2;
	ck_assert(!ptt_event_doc_add(&doc, &user));
	ck_assert(ptt_event_doc_add(&doc, &other));
	ptt_event_doc_end(&doc);
	ck_assert_uint_gt(doc.len, one);
}
END_TEST

/* The longest names there can be, as many as there can be: it stays within, and ends as it must. */
START_TEST(never_over)
{
	static const char tail[] = "</user></users></conference-info>\n";
	static char name[100][256];
	struct ptt_event_user user = {.how = PTT_EVENT_BOOTED};
	size_t added = 0;

	begin(true, 1, SIZE_MAX);
	for (size_t i = 0; i < 100; i++) {
		memset(name[i], _i ? '"' : 'a', 255);
		snprintf(name[i], 12, "sip:%03zu", i);
		name[i][7] = '@';
		user.impu = name[i];
		if (!ptt_event_doc_add(&doc, &user))
			break;
		added++;
	}
	ptt_event_doc_end(&doc);
	ck_assert_uint_ge(added, 4);
	ck_assert_uint_lt(added, 100);
	ck_assert_uint_lt(doc.len, sizeof(doc.text) - 1);
	ck_assert_str_eq(doc.text + doc.len - (sizeof(tail) - 1), tail);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("event_text");

	tcase_add_test(tc, full_state);
	tcase_add_loop_test(tc, departures, 0, 3);
	tcase_add_test(tc, escapes);
	tcase_add_test(tc, limits);
	tcase_add_loop_test(tc, never_over, 0, 2);
	return check_run_case("event_text", tc);
}
