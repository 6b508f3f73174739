/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The 503 made straight from a datagram: to which requests, its text, and what is left to Sofia. */
#include <stdio.h>
#include <string.h>

#include "module/sip/sip_shed_text.h"
#include "tests/unit/check_main.h"

#define TAG "shed0123456789abcdef"

static const char via[] = "Via: SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bKa;rport\r\n";
static const char rest[] =
	"From: <sip:u1@x>;tag=f\r\nTo: <sip:alpha@x>\r\nCall-ID: c1@x\r\nCSeq: 1 INVITE\r\n"
	"Contact: <sip:u1@192.0.2.7>\r\nMax-Forwards: 70\r\n";

static struct ptt_shed_request request;

static enum ptt_shed_kind look(const char *text)
{
	return ptt_shed_read(&request, ptt_bytes_of_str(text), TAG);
}

static const char *message(const char *first, const char *headers)
{
	static char text[4096];

	snprintf(text, sizeof(text), "%s\r\n%sContent-Length: 0\r\n\r\n", first, headers);
	return text;
}

static const char *invite(const char *a, const char *b)
{
	static char headers[2048];

	snprintf(headers, sizeof(headers), "%s%s", a, b);
	return message("INVITE sip:alpha@x SIP/2.0", headers);
}

static const char *invite_headers(const char *call_id)
{
	static char headers[1024];

	snprintf(headers, sizeof(headers),
		"%sFrom: <sip:u1@x>;tag=f\r\nTo: <sip:alpha@x>\r\n%sCSeq: 1 INVITE\r\n", via,
		call_id);
	return headers;
}

static const char *answer(const char *status, const char *headers)
{
	static char out[PTT_SHED_OUT_MAX + 1];
	const struct ptt_shed_response with = {.status = status,
		.headers = headers,
		.tag = TAG,
		.from_host = "198.51.100.9",
		.from_port = 61000};
	size_t len;

	ck_assert_int_eq(ptt_shed_put(out, &len, &request, &with), PTT_OK);
	out[len] = '\0';
	return out;
}

static const char *refusal(void)
{
	return answer("503 Service Unavailable", "Retry-After: 7\r\n");
}

START_TEST(a_new_join_is_answered)
{
	ck_assert_int_eq(look(invite(via, rest)), PTT_SHED_INVITE);
	ck_assert_uint_eq(request.uri.len, strlen("sip:alpha@x"));
	ck_assert_uint_eq(request.port, 0);
	ck_assert_str_eq(refusal(),
		"SIP/2.0 503 Service Unavailable\r\n"
		"Via: SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bKa;rport=61000;received=198.51.100.9\r\n"
		"From: <sip:u1@x>;tag=f\r\nTo: <sip:alpha@x>;tag=" TAG "\r\nCall-ID: c1@x\r\n"
		"CSeq: 1 INVITE\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
}
END_TEST

/* A challenge: its headers stand behind those of the request. */
START_TEST(a_new_join_is_challenged)
{
	ck_assert_int_eq(look(invite(via, rest)), PTT_SHED_INVITE);
	ck_assert(!request.has_credentials);
	ck_assert_str_eq(answer("401 Unauthorized",
				 "WWW-Authenticate: Digest a\r\nWWW-Authenticate: Digest b\r\n"),
		"SIP/2.0 401 Unauthorized\r\n"
		"Via: SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bKa;rport=61000;received=198.51.100.9\r\n"
		"From: <sip:u1@x>;tag=f\r\nTo: <sip:alpha@x>;tag=" TAG "\r\nCall-ID: c1@x\r\n"
		"CSeq: 1 INVITE\r\nWWW-Authenticate: Digest a\r\nWWW-Authenticate: Digest b\r\n"
		"Content-Length: 0\r\n\r\n");
}
END_TEST

/* A request with credentials is recognised, with its Call-ID. The response does not repeat the
 * credentials. */
START_TEST(one_with_credentials)
{
	static const char *const names[] = {"Authorization: Digest x\r\n",
		"authorization : Digest x\r\nAUTHORIZATION:Digest y\r\n"};

	ck_assert_int_eq(
		look(invite(names[_i], invite_headers("Call-ID: \t c1@x \r\n"))), PTT_SHED_INVITE);
	ck_assert(request.has_credentials);
	ck_assert_uint_eq(request.call_id.len, strlen("c1@x"));
	ck_assert_mem_eq(request.call_id.data, "c1@x", request.call_id.len);
	ck_assert_ptr_null(strstr(refusal(), "Digest"));
}
END_TEST

/* Compact names, no rport, a proxy on the way. */
START_TEST(by_a_proxy)
{
	ck_assert_int_eq(
		look(invite(
			"v: SIP/2.0/UDP [2001:db8::1]:5080;branch=z9hG4bKb\r\n"
			"v: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bKc;received=10.0.0.2, SIP/2.0/UDP h;branch=d\r\n",
			"f: <sip:u1@x>;tag=f\r\nt: sip:alpha@x\r\ni: c1\r\ncSeQ: 1 INVITE\r\n")),
		PTT_SHED_INVITE);
	ck_assert_uint_eq(request.port, 5080);
	ck_assert_str_eq(refusal(),
		"SIP/2.0 503 Service Unavailable\r\n"
		"v: SIP/2.0/UDP [2001:db8::1]:5080;branch=z9hG4bKb;received=198.51.100.9\r\n"
		"v: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bKc;received=10.0.0.2, SIP/2.0/UDP h;branch=d\r\n"
		"f: <sip:u1@x>;tag=f\r\nt: sip:alpha@x;tag=" TAG "\r\ni: c1\r\ncSeQ: 1 INVITE\r\n"
		"Retry-After: 7\r\nContent-Length: 0\r\n\r\n");
	ck_assert_int_eq(
		look(invite("Via: SIP/2.0/UDP host;branch=z9hG4bKa\r\n", rest)), PTT_SHED_INVITE);
	ck_assert_uint_eq(request.port, 5060);
}
END_TEST

static const struct {
	const char *first, *via, *headers;
} odd[] = {
	/* other methods, and text that is not SIP */
	{"BYE sip:alpha@x SIP/2.0", via, rest},
	{"SUBSCRIBE sip:alpha@x SIP/2.0", via, rest},
	{"invite sip:alpha@x SIP/2.0", via, rest},
	{"INVITE sip:alpha@x SIP/3.0", via, rest},
	{"INVITE sip:alpha@x  SIP/2.0", via, rest},
	{"INVITE SIP/2.0", via, rest},
	{"SIP/2.0 200 OK", via, rest},
	{"ACK sip:alpha@x SIP/2.0", via, rest},
	/* in a dialog, or needing another response from Sofia */
	{NULL, via,
		"From: <sip:u1@x>;tag=f\r\nTo: <sip:alpha@x>;tag=t\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"},
	{NULL, via,
		"From: <sip:u1@x>;tag=f\r\nTo: <sip:alpha@x> ; TAG=t\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"},
	{"Proxy-Require: x", via, rest},
	{"Require: 100rel", via, rest},
	/* a header is missing, repeated or folded */
	{NULL, "", rest},
	{NULL, via, "To: <sip:alpha@x>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"},
	{NULL, via, "From: <sip:u1@x>\r\nTo: <sip:alpha@x>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"},
	{NULL, via, "From: <sip:u1@x>;tag=f\r\nTo: <sip:alpha@x>\r\nCSeq: 1 INVITE\r\n"},
	{NULL, via, "From: <sip:u1@x>;tag=f\r\nTo: <sip:alpha@x>\r\nCall-ID: c\r\nCSeq: 1 BYE\r\n"},
	{NULL, via,
		"From: <sip:u1@x>;tag=f\r\nTo: <sip:a@x>\r\nt: <sip:b@x>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"},
	{"Subject: one\r\n two", via, rest},
	{"Subject: one\n two", via, rest},
	{"Subject: one\r two", via, rest},
	{"no colon", via, rest},
	/* the address of the response is not plain */
	{NULL, "Via: SIP/2.0/TCP 192.0.2.7;branch=z9hG4bKa\r\n", rest},
	{NULL, "Via: SIP/2.0/UDP 192.0.2.7\r\n", rest},
	{NULL, "Via: SIP/2.0/UDP 192.0.2.7;branch=a, SIP/2.0/UDP 192.0.2.8;branch=b\r\n", rest},
	{NULL, "Via: SIP/2.0/UDP 192.0.2.7;maddr=192.0.2.9;branch=a\r\n", rest},
	{NULL, "Via: SIP/2.0/UDP 192.0.2.7;branch=a;rport=5\r\n", rest},
	{NULL, "Via: SIP/2.0/UDP 192.0.2.7;branch=a;rportal\r\n", rest},
	{NULL, "Via: SIP/2.0/UDP 192.0.2.7:0;branch=a\r\n", rest},
	{NULL, "Via: SIP/2.0/UDP 192.0.2.7:65536;branch=a\r\n", rest},
	{NULL, "Via: SIP/2.0/UDP [2001:db8::1;branch=a\r\n", rest},
};

START_TEST(what_is_odd_is_left_to_sofia)
{
	const char *first = odd[_i].first, *text;
	char headers[2048];
	bool line = first && memmem(first, strlen(first), "SIP/", 4);

	snprintf(headers, sizeof(headers), "%s%s%s%s", first && !line ? first : "",
		first && !line ? "\r\n" : "", odd[_i].via, odd[_i].headers);
	text = message(line ? first : "INVITE sip:alpha@x SIP/2.0", headers);
	ck_assert_int_eq(look(text), PTT_SHED_OTHER);
}
END_TEST

START_TEST(cut_short)
{
	const char *text = invite(via, rest);
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		ck_assert_int_eq(
			ptt_shed_read(&request, (struct ptt_bytes){(const uint8_t *)text, i}, TAG),
			PTT_SHED_OTHER);
	ck_assert_int_eq(look(text), PTT_SHED_INVITE);
}
END_TEST

START_TEST(an_ack_of_ours)
{
	ck_assert_int_eq(look("ACK sip:alpha@x SIP/2.0\r\nTo: <sip:alpha@x>;tag=" TAG "\r\n\r\n"),
		PTT_SHED_ACK);
	ck_assert_int_eq(look("ACK sip:alpha@x SIP/2.0\r\nTo: <sip:alpha@x>;tag=other\r\n\r\n"),
		PTT_SHED_OTHER);
}
END_TEST

START_TEST(too_long_for_an_answer)
{
	const struct ptt_shed_response with = {
		.status = "503 x", .headers = "", .tag = TAG, .from_host = "::1"};
	char out[PTT_SHED_OUT_MAX], headers[3000];
	size_t len;

	snprintf(headers, sizeof(headers),
		"From: <sip:u1@x>;tag=f\r\nTo: <sip:alpha@x>\r\nCall-ID: %02000d\r\nCSeq: 1 INVITE\r\n",
		1);
	ck_assert_int_eq(look(message("INVITE sip:alpha@x SIP/2.0", headers)), PTT_SHED_OTHER);
	snprintf(headers, sizeof(headers),
		"%sFrom: <sip:u1@x>;tag=f\r\nTo: <sip:alpha@x>\r\nCall-ID: %02000d\r\nCSeq: 1 INVITE\r\n",
		via, 1);
	ck_assert_int_eq(look(message("INVITE sip:alpha@x SIP/2.0", headers)), PTT_SHED_INVITE);
	ck_assert_int_eq(ptt_shed_put(out, &len, &request, &with), PTT_ERR_NO_SPACE);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("sip shed");

	tcase_add_test(tc, a_new_join_is_answered);
	tcase_add_test(tc, a_new_join_is_challenged);
	tcase_add_loop_test(tc, one_with_credentials, 0, 2);
	tcase_add_test(tc, by_a_proxy);
	tcase_add_loop_test(
		tc, what_is_odd_is_left_to_sofia, 0, (int)(sizeof(odd) / sizeof(odd[0])));
	tcase_add_test(tc, cut_short);
	tcase_add_test(tc, an_ack_of_ours);
	tcase_add_test(tc, too_long_for_an_answer);
	return check_run_case("sip shed", tc);
}
