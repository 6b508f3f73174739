/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Offers as clients send them (docs/wire.md section 4.8). */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "sdp/channel.h"
#include "sdp/client_offer.h"
#include "tests/unit/check_main.h"

#define SDP       "application/sdp"
#define SESSION   "v=0\r\no=alice 2890844526 2890844527 IN IP4 192.0.2.10\r\ns= \r\nt=0 0\r\n"
#define SESSION_C SESSION "c=IN IP4 192.0.2.10\r\n"

/* An OMA PoC client: AMR, ptime, TBCP. */
static const char poc_offer[] =
	SESSION_C "m=audio 49170 RTP/AVP 97\r\na=rtpmap:97 AMR/8000\r\n"
		  "a=fmtp:97 mode-set=0,2,4,7; octet-align=1\r\na=ptime:100\r\na=maxptime:200\r\n"
		  "m=application 49180 udp TBCP\r\n"
		  "a=fmtp:TBCP queuing=1; tb_priority=2;Timestamp=1;foo=bar\r\n";

static struct ptt_client_offer offer;

static enum ptt_err get(const char *type, const char *body)
{
	return ptt_client_offer_get(&offer, type, ptt_bytes_of_str(body));
}

START_TEST(test_poc_client)
{
	const struct ptt_sdp_line *line = offer.lines.line;
	char text[PTT_SDP_ADDR_TEXT_LEN];

	ck_assert_int_eq(get(SDP, poc_offer), PTT_OK);
	ck_assert(offer.has_sdp && offer.has_tbcp && !offer.on_hold && !offer.has_channel);
	ck_assert_uint_eq(offer.lines.count, 2);
	ck_assert_uint_eq(offer.lines.session_id, 2890844526u);
	ck_assert_uint_eq(offer.lines.version, 2890844527u);
	ck_assert_int_eq(line[0].kind, PTT_LINE_AUDIO);
	ck_assert_uint_eq(line[0].port, 49170);
	ck_assert_int_eq(line[0].direction, PTT_DIR_SENDRECV);
	ck_assert_str_eq(ptt_sdp_addr_text(text, &line[0].address), "192.0.2.10");
	ck_assert_uint_eq(line[0].format_count, 1);
	ck_assert_str_eq(line[0].formats[0].codec, "AMR/8000/1");
	ck_assert_uint_eq(line[0].formats[0].payload_type, 97);
	ck_assert_str_eq(line[0].formats[0].fmtp, "mode-set=0,2,4,7; octet-align=1");
	ck_assert_int_eq(line[1].kind, PTT_LINE_FLOOR);
	ck_assert_uint_eq(line[1].port, 49180);
	ck_assert(offer.tbcp.given);
	ck_assert_uint_eq(offer.tbcp.queuing, 1);
	ck_assert_uint_eq(offer.tbcp.tb_priority, 2);
	ck_assert_uint_eq(offer.tbcp.timestamp, 1);
	ck_assert_uint_eq(offer.lines.mikey_len, 0);
}
END_TEST

START_TEST(test_tbcp_params)
{
	static const struct {
		const char *fmtp;
		uint8_t queuing, priority, timestamp;
	} cases[] = {
		{"queuing=1;tb_priority=1;timestamp=1", 1, 1, 1},
		{"QUEUING=1; TB_PRIORITY=3; TIMESTAMP=0", 1, 3, 0},
		{" timestamp = 1 ;; queuing= 1 ", 1, 1, 1},
		{"", 0, 1, 0},
		{";", 0, 1, 0},
		{"=;=1;queuing;queuing=", 0, 1, 0},
		{"queuing=2;tb_priority=0;timestamp=9", 0, 1, 0},
		{"queuing=11;tb_priority=4;xqueuing=1;timestam=1", 0, 1, 0},
		{"poc_lock=1;multimedia=0;queuing=1", 1, 1, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ptt_tbcp_params p;

		ptt_tbcp_params_get(&p, cases[i].fmtp);
		ck_assert_uint_eq(p.given, cases[i].fmtp[0] != '\0');
		ck_assert_msg(p.queuing == cases[i].queuing && p.tb_priority == cases[i].priority &&
				      p.timestamp == cases[i].timestamp,
			"%s", cases[i].fmtp);
	}
}
END_TEST

START_TEST(test_tbcp_agreed)
{
	static const struct {
		struct ptt_tbcp_params ours;
		const char *theirs, *line;
	} cases[] = {
		{{true, 1, 3, 1}, "queuing=1;tb_priority=3;timestamp=1",
			"a=fmtp:TBCP queuing=1;tb_priority=3;timestamp=1\r\n"},
		{{true, 1, 2, 1}, "tb_priority=3; timestamp=1",
			"a=fmtp:TBCP tb_priority=2;timestamp=1\r\n"},
		{{true, 1, 2, 1}, "Queuing=1", "a=fmtp:TBCP queuing=1\r\n"},
		{{true, 0, 1, 0}, "queuing=1;tb_priority=3;timestamp=1", ""},
		{{0}, "queuing=1;tb_priority=3", ""},
		{{true, 1, 3, 1}, "", ""},
	};
	uint8_t text[100];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ptt_writer wr = ptt_writer_of(text, sizeof(text));
		struct ptt_tbcp_params theirs, both;
		size_t len;

		ptt_tbcp_params_get(&theirs, cases[i].theirs);
		both = ptt_tbcp_params_agree(&cases[i].ours, &theirs);
		ck_assert_uint_ge(both.tb_priority, 1);
		ptt_tbcp_params_put(&wr, &both);
		ck_assert_int_eq(ptt_writer_end(&wr, &len), PTT_OK);
		ck_assert_uint_eq(len, strlen(cases[i].line));
		ck_assert_mem_eq(text, cases[i].line, len);
	}
}
END_TEST

START_TEST(test_softphone)
{
	ck_assert_int_eq(get("", SESSION_C "m=audio 5004 RTP/AVP 0 8 18 101\r\n"
					   "a=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
					   "m=video 0 RTP/AVP 34\r\n"),
		PTT_OK);
	ck_assert(offer.has_sdp && !offer.has_tbcp);
	ck_assert_uint_eq(offer.lines.line[0].format_count, 4);
	ck_assert_str_eq(offer.lines.line[0].formats[0].codec, "PCMU/8000/1");
	ck_assert_str_eq(offer.lines.line[0].formats[1].codec, "PCMA/8000/1");
	ck_assert_str_eq(offer.lines.line[0].formats[3].codec, "telephone-event/8000/1");
	ck_assert_int_eq(offer.lines.line[1].kind, PTT_LINE_OTHER);
	ck_assert_str_eq(offer.lines.line[1].proto, "RTP/AVP");
	ck_assert_str_eq(offer.lines.line[1].format, "34");
}
END_TEST

START_TEST(test_hold_and_levels)
{
	ck_assert_int_eq(get(SDP, SESSION_C "m=audio 5004 RTP/AVP 0\r\na=sendonly\r\n"), PTT_OK);
	ck_assert(offer.on_hold);
	ck_assert_int_eq(get(SDP, SESSION_C "m=audio 5004 RTP/AVP 0\r\na=inactive\r\n"), PTT_OK);
	ck_assert(offer.on_hold);
	ck_assert_int_eq(
		get(SDP, SESSION "m=audio 5004 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n"), PTT_OK);
	ck_assert(offer.on_hold);
	ck_assert_int_eq(get(SDP, SESSION "m=audio 5004 RTP/AVP 0\r\nc=IN IP6 ::\r\n"), PTT_OK);
	ck_assert(offer.on_hold);
	ck_assert_int_eq(get(SDP, SESSION_C "m=audio 5004 RTP/AVP 0\r\na=recvonly\r\n"), PTT_OK);
	ck_assert(!offer.on_hold);
	/*
	 * A direction at session level applies to all lines; a line's own direction and c= override
	 * it.
	 */
	ck_assert_int_eq(
		get(SDP, SESSION_C
			"a=sendonly\r\nm=audio 5004 RTP/AVP 0\r\n"
			"m=audio 5006 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\na=sendrecv\r\n"),
		PTT_OK);
	ck_assert_int_eq(offer.lines.line[0].direction, PTT_DIR_SENDONLY);
	ck_assert_int_eq(offer.lines.line[1].direction, PTT_DIR_SENDRECV);
	ck_assert_uint_eq(offer.lines.line[0].address.family, 4);
	ck_assert_uint_eq(offer.lines.line[1].address.family, 6);
	/* A host name is not resolved. */
	ck_assert_int_eq(
		get(SDP, SESSION "c=IN IP4 pc.example.org\r\nm=audio 5004 RTP/AVP 0\r\n"), PTT_OK);
	ck_assert_uint_eq(offer.lines.line[0].address.family, 0);
}
END_TEST

START_TEST(test_no_body)
{
	ck_assert_int_eq(get("", ""), PTT_OK);
	ck_assert(!offer.has_sdp);
	ck_assert_int_eq(get("text/plain", "hello"), PTT_ERR_UNSUPPORTED);
	ck_assert_int_eq(get("application/sdpx", poc_offer), PTT_ERR_UNSUPPORTED);
	ck_assert_int_eq(get(" Application/SDP ; charset=utf-8", poc_offer), PTT_OK);
}
END_TEST

#define LIST \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" \
	"<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list>\n" \
	"<entry uri=\"sip:bill@example.org\"/><entry uri=\"tel:+1-201-555-0123\">" \
	"<display-name>x</display-name></entry>\n" \
	"</list></resource-lists>\r\n"
#define MIXED(sep, sdp, list) \
	"preamble\r\n--" sep "\r\nContent-Type: application/sdp\r\n\r\n" sdp "\r\n--" sep \
	"\r\nContent-type:application/resource-lists+xml\r\n" \
	"Content-Disposition: recipient-list\r\n" \
	"\r\n" list "\r\n--" sep "--\r\nepilogue"

START_TEST(test_multipart)
{
	static const char *const types[] = {"multipart/mixed;boundary=b1x",
		"multipart/mixed; boundary=\"b1x\"",
		"Multipart/Mixed ;charset=x; Boundary = b1x ;y=z"};

	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(
			get(types[i], MIXED("b1x", SESSION_C "m=audio 5004 RTP/AVP 0\r\n", LIST)),
			PTT_OK);
		ck_assert(offer.has_sdp);
		ck_assert_uint_eq(offer.lines.count, 1);
		ck_assert_uint_eq(offer.invited.count, 2);
		ck_assert_str_eq(offer.invited.uri[0], "sip:bill@example.org");
		ck_assert_str_eq(offer.invited.uri[1], "tel:+1-201-555-0123");
	}
	ck_assert_int_eq(get("multipart/mixed", MIXED("b", "", LIST)), PTT_ERR_MALFORMED);
	ck_assert_int_eq(get("multipart/mixed;boundary=", "x"), PTT_ERR_MALFORMED);
	ck_assert_int_eq(
		get("multipart/mixed;boundary=\"b", MIXED("b", "", LIST)), PTT_ERR_MALFORMED);
	ck_assert_int_eq(
		get("multipart/mixed;boundary=other", MIXED("b", "", LIST)), PTT_ERR_MALFORMED);
	ck_assert_int_eq(get("multipart/mixed;boundary=b",
				 "--b\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--"),
		PTT_ERR_UNSUPPORTED);
	/* A list without SDP: the client asks the server to offer. */
	ck_assert_int_eq(get("application/resource-lists+xml", LIST), PTT_OK);
	ck_assert(!offer.has_sdp);
	ck_assert_uint_eq(offer.invited.count, 2);
}
END_TEST

START_TEST(test_multipart_truncated)
{
	static const char body[] = MIXED("b1x", SESSION_C "m=audio 5004 RTP/AVP 0", LIST);
	size_t whole = sizeof(body) - 1 - strlen("\r\nepilogue");

	for (size_t n = 1; n < whole; n++)
		ck_assert_msg(ptt_client_offer_get(&offer, "multipart/mixed;boundary=b1x",
				      (struct ptt_bytes){(const uint8_t *)body, n}) != PTT_OK,
			"cut at %zu", n);
}
END_TEST

static struct ptt_uri_list list;

static enum ptt_err get_list(const char *xml)
{
	return ptt_uri_list_get(&list, ptt_bytes_of_str(xml));
}

#define RL(inner) \
	"<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\">" inner "</resource-lists>"

START_TEST(test_uri_list)
{
	static char many[PTT_OFFER_MAX_BODY_LEN + 2];

	ck_assert_int_eq(get_list(RL("")), PTT_OK);
	ck_assert_uint_eq(list.count, 0);
	ck_assert_int_eq(
		get_list("<r:resource-lists xmlns:r=\"urn:ietf:params:xml:ns:resource-lists\">"
			 "<r:list><r:entry uri=\"sip:a@b\"/></r:list></r:resource-lists>"),
		PTT_OK);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_int_eq(get_list(RL("<entry/>")), PTT_ERR_MALFORMED);
	ck_assert_int_eq(get_list(RL("<entry uri=\"\"/>")), PTT_ERR_MALFORMED);
	ck_assert_int_eq(get_list(RL("<entry uri=\"sip:a@b&gt;;x\"/>")), PTT_ERR_MALFORMED);
	ck_assert_int_eq(get_list(RL("<entry uri=\"sip:a@b&#10;Via:\"/>")), PTT_ERR_MALFORMED);
	ck_assert_int_eq(get_list("<!DOCTYPE r [<!ENTITY a \"b\">]>" RL("<entry uri=\"&a;\"/>")),
		PTT_ERR_MALFORMED);
	ck_assert_int_eq(get_list("<entry uri=\"sip:a@b\">"), PTT_ERR_MALFORMED);
	ck_assert_uint_eq(list.count, 0);
	ck_assert_int_eq(
		get_list("<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>"), PTT_ERR_MALFORMED);
	strcpy(many, "<resource-lists>");
	for (int i = 0; i <= PTT_OFFER_MAX_URIS; i++)
		strcat(many, "<entry uri=\"sip:a@b\"/>");
	strcat(many, "</resource-lists>");
	ck_assert_int_eq(get_list(many), PTT_ERR_NO_SPACE);
	memset(many, ' ', sizeof(many) - 1);
	ck_assert_int_eq(get_list(many), PTT_ERR_MALFORMED);
}
END_TEST

START_TEST(test_truncated)
{
	/* No cut may crash; a cut at the end of a line is a valid description. */
	for (size_t n = 1; n < sizeof(poc_offer) - 1; n++) {
		enum ptt_err err = ptt_client_offer_get(
			&offer, SDP, (struct ptt_bytes){(const uint8_t *)poc_offer, n});

		ck_assert(err == PTT_OK || err == PTT_ERR_MALFORMED);
		if (n < strlen("v=0\r\no=alice 2890844526 2890844527 IN IP4 1"))
			ck_assert_int_eq(err, PTT_ERR_MALFORMED);
	}
}
END_TEST

START_TEST(test_hostile_sdp)
{
	/* Sofia's own parser loops for ever on the first texts, and its memory grows. */
	static const char *const bad[] = {SESSION_C "m=application 1 udp (\r\n",
		SESSION_C "m=application 1 udp TBCP /\r\n", SESSION_C "m=audio 1 RTP/AVP 200\r\n",
		SESSION_C "m=audio 1 RTP/AVP *\r\n", SESSION_C "m=audio 65536 RTP/AVP 0\r\n",
		SESSION_C "m=audio 1 RTP/AVP\r\n", SESSION_C "m=audio 1\r\n", SESSION_C "m=\r\n",
		SESSION_C "m=audio -1 RTP/AVP 0\r\n", SESSION_C "m=audio 1 RTP/AVP 0\r\na\r\n",
		SESSION_C "m=audio 1 RTP/AVP 0\r\n=\r\n", SESSION_C "m=audio 1 RTP/AVP 0\r\na=\r\n",
		"v=1\r\no=- 1 1 IN IP4 1.2.3.4\r\n", "v=0\r\n", "x", "\r\n", "v=0\r\no=\r\n",
		SESSION "c=IN\r\n", SESSION "c=IN IP4\r\n", SESSION "c=IN IP4 224.1.1.1/999\r\n",
		SESSION_C "m=audio 1 RTP/AVP 96\r\na=rtpmap:96 AMR\r\n",
		SESSION_C "m=audio 1 RTP/AVP 0\r\na=:\r\n"};
	static char many[PTT_SDP_MAX_LEN + 2];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(get(SDP, bad[i]) == PTT_ERR_MALFORMED, "taken: %s", bad[i]);
	ck_assert_int_eq(ptt_client_offer_get(&offer, SDP,
				 (struct ptt_bytes){(const uint8_t *)poc_offer, sizeof(poc_offer)}),
		PTT_ERR_MALFORMED); /* a NUL inside */
	strcpy(many, SESSION_C);
	for (int i = 0; i < PTT_SDP_MAX_LINES; i++)
		strcat(many, "m=audio 1 RTP/AVP 0\r\n");
	ck_assert_int_eq(get(SDP, many), PTT_OK);
	strcat(many, "m=audio 1 RTP/AVP 0\r\n");
	ck_assert_int_eq(get(SDP, many), PTT_ERR_MALFORMED);
	memset(many, 'a', sizeof(many) - 1);
	ck_assert_int_eq(get(SDP, many), PTT_ERR_MALFORMED);
}
END_TEST

START_TEST(test_odd_but_fine)
{
	/* LF alone, unknown lines, empty lines, trailing blank in m=, more formats than we keep. */
	ck_assert_int_eq(
		get(SDP, "v=0\no=- 1 1 IN IP4 192.0.2.1\n\ns=-\ni=x\nu=x\ne=x\np=x\nb=AS:1\n"
			 "t=0 0\nr=junk\nz=junk\nk=prompt\nc=IN IP4 192.0.2.1\n"
			 "m=audio 1 RTP/AVP 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 \n"
			 "a=rtpmap:97 X/1\na=rtpmap:1 averyverylongencodingname/8000\nb=\nq=x"),
		PTT_OK);
	ck_assert_uint_eq(offer.lines.line[0].format_count, PTT_SDP_MAX_FORMATS);
	ck_assert_str_eq(offer.lines.line[0].formats[0].codec, "");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("field");

	tcase_add_test(tc, test_poc_client);
	tcase_add_test(tc, test_tbcp_params);
	tcase_add_test(tc, test_tbcp_agreed);
	tcase_add_test(tc, test_softphone);
	tcase_add_test(tc, test_hold_and_levels);
	tcase_add_test(tc, test_no_body);
	tcase_add_test(tc, test_multipart);
	tcase_add_test(tc, test_multipart_truncated);
	tcase_add_test(tc, test_uri_list);
	tcase_add_test(tc, test_truncated);
	tcase_add_test(tc, test_hostile_sdp);
	tcase_add_test(tc, test_odd_but_fine);
	return check_run_case("client_offer", tc);
}
