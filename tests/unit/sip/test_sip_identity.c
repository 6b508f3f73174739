/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Challenges, credentials, identities. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check_main.h"
#include "tests/unit/sip/sip_one.h"

/* The challenge: MD5 first, then SHA-256; realm, qop (docs/wire.md section 2). */
START_TEST(challenge)
{
	struct ue_request rq = {.method = "INVITE", .call_id = "chal", .cseq = 1};
	const char *second;

	ue_request(&fx, &rq);
	ue_expect(&fx, 401);
	second = strstr(fx.in, "WWW-Authenticate:") + 1;
	ck_assert_ptr_nonnull(strstr(ue_header(&fx, "WWW-Authenticate"), "algorithm=MD5"));
	ck_assert_ptr_nonnull(strstr(ue_header(&fx, "WWW-Authenticate"),
		"realm=\"3GPP-bootstrapping@" FIXTURE_NAF "\""));
	ck_assert_ptr_nonnull(strstr(ue_header(&fx, "WWW-Authenticate"), "qop=\"auth,auth-int\""));
	second = strstr(second, "WWW-Authenticate:");
	ck_assert_ptr_nonnull(second);
	ck_assert_ptr_nonnull(strstr(second, "algorithm=SHA-256"));
	ck_assert_ptr_null(strstr(fx.in, "stale"));
	ck_assert_str_eq(fx.heard, "");
}
END_TEST

START_TEST(wrong_password_and_unknown_btid)
{
	struct ue_request rq = {.method = "INVITE", .call_id = "wrong", .cseq = 1};

	ue_request(&fx, &rq);
	ue_expect(&fx, 401);
	rq.cseq = 2;
	ue_request_auth(&fx, &rq, "wrong");
	ue_expect(&fx, 401);
	ck_assert_ptr_null(strstr(fx.in, "stale"));
	strcpy(fx.btid, "nobody@bsf.example.org");
	rq.cseq = 3;
	ue_request_auth(&fx, &rq, NULL);
	ue_expect(&fx, 401);
	ck_assert_ptr_null(strstr(fx.in, "stale"));
	ck_assert_str_eq(fx.heard, "");
}
END_TEST

START_TEST(replayed_nonce_count_is_stale)
{
	struct ue_request rq = {.method = "INVITE", .call_id = "stale", .cseq = 1};

	fx.answer = 486;
	ue_challenged(&fx, &rq);
	ue_expect(&fx, 486);
	fx.nc = 0;
	rq.cseq = 3;
	ue_request_auth(&fx, &rq, NULL);
	ue_expect_after(&fx, 486, 401);
	ck_assert_ptr_nonnull(strstr(fx.in, "stale=true"));
}
END_TEST

START_TEST(foreign_from)
{
	struct ue_request rq = {
		.method = "INVITE", .call_id = "from", .cseq = 1, .from = "sip:other@example.org"};

	ue_challenged(&fx, &rq);
	ue_expect(&fx, 403);
	ck_assert_str_eq(fx.heard, "");
}
END_TEST

/* 12.2.2: a lower CSeq gets 500. A re-INVITE without credentials gets a challenge and does not
 * block the next one. */
START_TEST(reinvite_order_and_challenge)
{
	struct ue_request rq = {.method = "INVITE", .call_id = "order", .cseq = 10};
	char tag[64];

	ue_join(&fx, "order", tag);
	rq.to_tag = tag;
	ue_request(&fx, &rq);
	ue_expect(&fx, 401);
	ck_assert(ptt_sip_can_offer(fx.dialog));
	rq.cseq = 9;
	ue_request(&fx, &rq);
	ue_expect_after(&fx, 401, 500);
}
END_TEST

/* P-Asserted-Identity counts from a trusted neighbour only, and the digest must still be right. */
START_TEST(asserted_identity)
{
	static const char *const trusted[] = {"192.0.2.1", "127.0.0.1"};
	const struct ptt_sip_options options = {.trusted = trusted, .trusted_count = _i ? 2 : 1};
	struct ue_request rq = {.method = "INVITE",
		.call_id = "pai",
		.cseq = 1,
		.from = "sip:anonymous@anonymous.invalid",
		.headers = "P-Asserted-Identity: <" FIXTURE_USER ">\r\n"};

	fixture_close(&fx);
	fixture_open(&fx, &options);
	ue_challenged(&fx, &rq);
	ue_expect(&fx, _i ? 200 : 403);
	ck_assert_str_eq(fx.heard, _i ? "invite" : "");
}
END_TEST

/* The first of several Authorization headers that verifies counts. */
START_TEST(several_credentials)
{
	struct ue_request rq = {.method = "INVITE",
		.call_id = "many",
		.cseq = 1,
		.headers =
			"Authorization: Basic eDp5\r\n"
			"Authorization: Digest username=\"x\", realm=\"other\", nonce=\"n\","
			" uri=\"sip:x@y\", response=\"00\"\r\n"
			"Authorization: Digest username=\"x\", realm=\"3GPP-bootstrapping@" FIXTURE_NAF
			"\", nonce=\"n\", uri=\"sip:x@y\", response=\"00\"\r\n"};

	ue_challenged(&fx, &rq);
	ue_expect(&fx, 200);
	ck_assert_str_eq(fx.heard, "invite");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("flow");

	tcase_add_checked_fixture(tc, sip_one_set_up, sip_one_tear_down);
	tcase_add_test(tc, challenge);
	tcase_add_test(tc, wrong_password_and_unknown_btid);
	tcase_add_test(tc, replayed_nonce_count_is_stale);
	tcase_add_test(tc, foreign_from);
	tcase_add_test(tc, reinvite_order_and_challenge);
	tcase_add_loop_test(tc, asserted_identity, 0, 2);
	tcase_add_test(tc, several_credentials);
	return check_run_case("sip_identity", tc);
}
