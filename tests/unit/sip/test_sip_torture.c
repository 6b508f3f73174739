/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Malformed and odd messages, after RFC 4475: each gets a response or is dropped, and the next good
 * one gets its 2xx. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check_main.h"
#include "tests/unit/sip/sip_one.h"

static void still_alive(const char *call_id)
{
	struct ue_request rq = {.method = "OPTIONS", .call_id = call_id, .cseq = 1};

	ue_request(&fx, &rq);
	do
		ck_assert_msg(ue_recv(&fx), "no answer after %s", call_id);
	while (strcmp(ue_header(&fx, "Call-ID"), call_id) != 0);
	ck_assert_int_eq(ue_status(&fx), 200);
}

#define TOP  "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKt;rport\r\n"
#define REST "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: t\r\nCSeq: 1 "

static const char *const torture[] = {
	"",
	"\r\n\r\n",
	"\r\n",
	"garbage",
	"INVITE",
	"INVITE sip:a@b SIP/2.0\r\n\r\n",
	"INVITE sip:a@b SIP/2.0\r\n" TOP "\r\n",
	"INVITE sip:a@b SIP/7.0\r\n" TOP REST "INVITE\r\n\r\n",
	"INVITE sip:a@b SIP/2.0\r\n" TOP "To: <sip:c@d>\r\nCall-ID: t\r\nCSeq: 1 INVITE\r\n\r\n",
	"INVITE sip:a@b SIP/2.0\r\n" TOP
	"From: <sip:a@b>\r\nTo: <sip:c@d>\r\nCall-ID: t\r\nCSeq: 1 INVITE\r\n\r\n",
	"INVITE sip:a@b SIP/2.0\r\n" TOP
	"From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCSeq: 1 INVITE\r\n\r\n",
	"INVITE sip:a@b SIP/2.0\r\n" TOP REST "OPTIONS\r\n\r\n",
	"INVITE sip:a@b SIP/2.0\r\n" TOP REST "\r\n\r\n",
	"INVITE sip:a@b SIP/2.0\r\n" TOP "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: t\r\n"
	"CSeq: 99999999999 INVITE\r\n\r\n",
	"INVITE sip:a@b SIP/2.0\r\n" TOP REST "INVITE\r\nContent-Length: -999\r\n\r\n",
	"INVITE sip:a@b SIP/2.0\r\n" TOP REST "INVITE\r\nContent-Length: 9999\r\n\r\nshort",
	"INVITE sip:a@b SIP/2.0\r\n" TOP REST "INVITE\r\nContact: \"\"<>\r\n\r\n",
	"INVITE sip:a@b SIP/2.0\r\n" TOP REST "INVITE\r\nContact: *\r\n\r\n",
	"INVITE <sip:a@b> SIP/2.0\r\n" TOP REST "INVITE\r\n\r\n",
	"INVITE sip:a@b; lr SIP/2.0\r\n" TOP REST "INVITE\r\n\r\n",
	"INVITE  sip:a@b  SIP/2.0\r\n" TOP REST "INVITE\r\n\r\n",
	"INVITE sip: SIP/2.0\r\n" TOP REST "INVITE\r\n\r\n",
	"INVITE sip:@ SIP/2.0\r\n" TOP REST "INVITE\r\n\r\n",
	"INVITE * SIP/2.0\r\n" TOP REST "INVITE\r\n\r\n",
	"INVITE nobodyKnowsThisScheme:x SIP/2.0\r\n" TOP REST "INVITE\r\n\r\n",
	"INVITE sip:a@b SIP/2.0\r\n" TOP REST "INVITE\r\nAuthorization: Digest\r\n\r\n",
	"INVITE sip:a@b SIP/2.0\r\n" TOP REST "INVITE\r\nAuthorization: Digest username=\"\r\n\r\n",
	"INVITE sip:a@b SIP/2.0\r\n" TOP REST
	"INVITE\r\nAuthorization: Foo bar\r\nAuthorization: Digest ,,,\r\n\r\n",
	"INVITE sip:a@b SIP/2.0\r\n" TOP REST "INVITE\r\nRequire: \r\nProxy-Require: ,,\r\n\r\n",
	"REFER sip:a@b SIP/2.0\r\n" TOP REST "REFER\r\n\r\n",
	"REFER sip:a@b SIP/2.0\r\n" TOP REST "REFER\r\nRefer-To: \r\n\r\n",
	"ACK sip:a@b SIP/2.0\r\n" TOP REST "ACK\r\n\r\n",
	"ACK sip:a@b SIP/2.0\r\n\r\n",
	"CANCEL sip:a@b SIP/2.0\r\n" TOP REST "CANCEL\r\n\r\n",
	"BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP\r\n" REST "BYE\r\n\r\n",
	"BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1\r\n" REST "BYE\r\n\r\n",
	"BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:99999;branch=\r\n" REST "BYE\r\n\r\n",
	"PRACK sip:a@b SIP/2.0\r\n" TOP REST "PRACK\r\nRAck: 1 1 INVITE\r\n\r\n",
	"SIP/2.0 200 OK\r\n\r\n",
	"SIP/2.0 200 OK\r\n" TOP REST "INVITE\r\n\r\n",
	"SIP/2.0 999 What\r\n" TOP REST "INVITE\r\n\r\n",
	"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK0123456789abcdef\r\n" REST
	"INVITE\r\n\r\n",
	"SIP/2.0 486 Busy\r\n" TOP
	"From: <sip:a@b>\r\nTo: <sip:c@d>\r\nCall-ID: t\r\nCSeq: 1 INVITE\r\n\r\n",
	"SIP/2.0 200 OK\r\n" TOP REST "ACK\r\n\r\n",
};

START_TEST(literal)
{
	char call_id[32];

	ue_send(&fx, torture[_i]);
	snprintf(call_id, sizeof(call_id), "after%d", _i);
	still_alive(call_id);
	ck_assert_str_eq(fx.heard, "");
}
END_TEST

/* A good, authenticated INVITE truncated everywhere, and with changed bytes: no crash, and no state
 * stays. */
START_TEST(cut_and_bent)
{
	static const char good[] =
		"INVITE sip:alpha@poc.example.org SIP/2.0\r\n" TOP
		"Max-Forwards: 70\r\nFrom: <sip:u1@example.org>;tag=1\r\nTo: <sip:alpha@poc.example.org>\r\n"
		"Call-ID: bent\r\nCSeq: 1 INVITE\r\nContact: <sip:u1@127.0.0.1:5062>\r\n"
		"Record-Route: <sip:127.0.0.1:5063;lr>\r\nRequire: foo\r\n"
		"Authorization: Digest username=\"b\", realm=\"3GPP-bootstrapping@pf1.poc.example.org\", "
		"nonce=\"00\", uri=\"sip:alpha@poc.example.org\", response=\"00\", qop=auth, nc=00000001, "
		"cnonce=\"c\"\r\nContent-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n";
	char text[sizeof(good)];
	unsigned seed = 1;

	for (size_t cut = 0; cut < sizeof(good); cut += 3) {
		snprintf(text, cut + 1, "%s", good);
		ue_send(&fx, text);
	}
	for (int turn = 0; turn < 2000; turn++) {
		memcpy(text, good, sizeof(good));
		for (int i = 0; i < 3; i++) {
			seed = seed * 1103515245 + 12345;
			text[(seed >> 8) % (sizeof(good) - 1)] = (char)(1 + seed % 255);
		}
		ue_send(&fx, text);
		if (turn % 50 == 0)
			fixture_step(&fx, 1);
	}
	fixture_step(&fx, 100);
	still_alive("after-all");
	ck_assert_str_eq(fx.heard, "");
	ck_assert_uint_eq(ptt_sip_pending(fx.sip), 0);
}
END_TEST

/* Responses to an offer with odd contents. */
START_TEST(odd_answers)
{
	static const char *const headers[] = {
		"Contact: *\r\n",
		"Contact: <tel:+1>\r\n",
		"Contact: <sip:>\r\n",
		"Warning: x\r\n",
		"Warning: 99999999999 a \"b\"\r\n",
		"Retry-After: 99999999999\r\n",
		"Content-Type: \r\n",
	};
	char tag[64];

	ue_join(&fx, "odd", tag);
	ck_assert_int_eq(ptt_sip_offer(fx.dialog, "v=0\r\n", 5, 1), PTT_OK);
	ck_assert(ue_recv(&fx));
	ue_answer(&fx, _i % 2 ? 200 : 503, headers[_i / 2], "x");
	fixture_step(&fx, 30);
	still_alive("after");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("torture");

	tcase_add_checked_fixture(tc, sip_one_set_up, sip_one_tear_down);
	tcase_add_loop_test(tc, literal, 0, (int)(sizeof(torture) / sizeof(torture[0])));
	tcase_add_test(tc, cut_and_bent);
	tcase_add_loop_test(tc, odd_answers, 0, 14);
	return check_run_case("sip_torture", tc);
}
