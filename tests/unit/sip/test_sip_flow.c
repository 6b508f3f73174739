/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dialogs from the UE's side: joins, leaves, refusals, losses. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check_main.h"
#include "tests/unit/sip/sip_one.h"

START_TEST(join_and_leave)
{
	struct ue_request bye = {.method = "BYE", .call_id = "join", .cseq = 3};
	char tag[64];

	ue_join(&fx, "join", tag);
	ck_assert_str_eq(fx.heard, "invite ack");
	ck_assert_ptr_nonnull(fx.dialog);
	ck_assert(fx.dialog->confirmed);
	bye.to_tag = tag;
	ue_request(&fx, &bye);
	ue_expect(&fx, 200);
	ck_assert_str_eq(fx.heard, "invite ack bye");
	bye.cseq++;
	ue_request(&fx, &bye);
	ue_expect(&fx, 481);
}
END_TEST

/* The group refuses: the dialog is freed with the request. */
START_TEST(refused)
{
	struct ue_request rq = {.method = "INVITE", .call_id = "refused", .cseq = 1};

	fx.answer = 404;
	ue_challenged(&fx, &rq);
	ue_expect(&fx, 404);
	ck_assert_str_eq(fx.heard, "invite");
}
END_TEST

/* 9.2: CANCEL before the group responds, and during the look-up of the keys. */
START_TEST(cancelled)
{
	struct ue_request rq = {.method = "INVITE", .call_id = "cancel", .cseq = 1};
	struct ue_request cancel = {.method = "CANCEL",
		.call_id = "cancel",
		.cseq = 2,
		.branch = "z9hG4bK-cancel-2-INVITE"};
	int seen = 0;

	fx.hold = true;
	fx.naf_slow = _i == 1;
	ue_challenged(&fx, &rq);
	fixture_step(&fx, 30);
	ck_assert_str_eq(fx.heard, _i ? "" : "invite");
	ue_request(&fx, &cancel);
	while (seen != 3) {
		ck_assert(ue_recv(&fx));
		seen |= ue_status(&fx) == 200 ? 1 : ue_status(&fx) == 487 ? 2 : 0;
	}
	ck_assert_str_eq(fx.heard, _i ? "" : "invite cancel");
	ck_assert_ptr_null(fx.naf_cb);
}
END_TEST

START_TEST(slow_naf_source)
{
	struct ue_request rq = {.method = "INVITE", .call_id = "slow", .cseq = 1};

	fx.naf_slow = true;
	ue_challenged(&fx, &rq);
	fixture_step(&fx, 30);
	ck_assert_str_eq(fx.heard, "");
	fixture_naf_answer(&fx);
	ue_expect(&fx, 200);
	ck_assert_str_eq(fx.heard, "invite");
}
END_TEST

/* 13.3.1.4: the 200 is repeated until the ACK. Without an ACK a BYE follows. */
START_TEST(lost_ack)
{
	struct ue_request rq = {.method = "INVITE", .call_id = "noack", .cseq = 1};
	int copies = 0;

	ue_challenged(&fx, &rq);
	while (ue_recv(&fx) && ue_status(&fx) == 200)
		copies++;
	ck_assert_int_ge(copies, 3);
	ck_assert_int_eq(strncmp(fx.in, "BYE ", 4), 0);
	ck_assert_str_eq(fx.heard, "invite no-ack");
	ue_answer(&fx, 200, "", "");
	fixture_step(&fx, 50);
	ck_assert_uint_eq(ptt_sip_pending(fx.sip), 0);
}
END_TEST

START_TEST(pull_and_update)
{
	struct ue_request rq = {.method = "INVITE", .call_id = "pull", .cseq = 3};
	char tag[64];

	ue_join(&fx, "pull", tag);
	rq.to_tag = tag;
	ue_request_auth(&fx, &rq, NULL);
	ue_expect(&fx, 200);
	ck_assert(!ptt_sip_can_offer(fx.dialog));
	ck_assert_int_eq(ptt_sip_offer(fx.dialog, "v=0\r\n", 5, 1), PTT_ERR_BUSY);
	rq = (struct ue_request){.method = "ACK",
		.call_id = "pull",
		.cseq = 3,
		.to_tag = tag,
		.body = "v=0\r\ns=answer\r\n"};
	ue_request(&fx, &rq);
	fixture_step(&fx, 20);
	ck_assert_str_eq(fx.heard, "invite ack pull ack ready");
	ck_assert_str_eq(fx.ack_body, "v=0\r\ns=answer\r\n");
	ck_assert(ptt_sip_can_offer(fx.dialog));
	rq = (struct ue_request){
		.method = "UPDATE", .call_id = "pull", .cseq = 4, .to_tag = tag, .body = "v=0\r\n"};
	ue_request_auth(&fx, &rq, NULL);
	ue_expect(&fx, 200);
	ck_assert_str_eq(fx.heard, "invite ack pull ack ready update");
	rq = (struct ue_request){.method = "UPDATE", .call_id = "pull", .cseq = 5, .to_tag = tag};
	ue_request(&fx, &rq);
	ue_expect(&fx, 200);
	ck_assert_str_eq(fx.heard, "invite ack pull ack ready update");
}
END_TEST

START_TEST(odd_requests)
{
	static const struct {
		struct ue_request rq;
		int status;
		const char *header, *value;
	} row[] = {
		{{.method = "OPTIONS"}, 200, "Allow", "INVITE, ACK"},
		{{.method = "OPTIONS"}, 200, "Accept", "application/sdp"},
		{{.method = "REGISTER"}, 405, "Allow", "INVITE, ACK"},
		{{.method = "MESSAGE"}, 405, "Allow", "REFER"},
		{{.method = "INFO"}, 405, "Allow", "REFER"},
		{{.method = "FROBNICATE"}, 501, "", ""},
		{{.method = "BYE"}, 481, "", ""},
		{{.method = "UPDATE"}, 481, "", ""},
		{{.method = "CANCEL"}, 481, "", ""},
		{{.method = "INVITE", .to_tag = "none"}, 481, "", ""},
		{{.method = "BYE", .to_tag = "none"}, 481, "", ""},
		{{.method = "SUBSCRIBE", .headers = "Event: presence\r\n"}, 489, "", ""},
		{{.method = "INVITE", .headers = "Require: 100rel, foo\r\n"}, 420, "Unsupported",
			"100rel, foo"},
		{{.method = "INVITE", .headers = "Proxy-Require: bar\r\n"}, 420, "Unsupported",
			"bar"},
		{{.method = "INVITE", .uri = "tel:+1234"}, 416, "", ""},
		{{.method = "INVITE", .headers = "Content-Type: text/plain\r\n", .body = "x"}, 415,
			"Accept", "application/sdp"},
		{{.method = "INVITE", .headers = "Content-Encoding: gzip\r\n", .body = "x"}, 415,
			"Accept-Encoding", "identity"},
		{{.method = "REFER", .headers = "Refer-To: <sip:v@example.org;method=BYE>\r\n"},
			401, "", ""},
	};
	struct ue_request rq = row[_i].rq;
	char call_id[32];

	snprintf(call_id, sizeof(call_id), "odd%d", _i);
	rq.call_id = call_id;
	rq.cseq = 1;
	ue_request(&fx, &rq);
	ue_expect(&fx, row[_i].status);
	ck_assert_ptr_nonnull(strstr(ue_header(&fx, row[_i].header), row[_i].value));
	ck_assert_str_eq(fx.heard, "");
	/* After all that, the next valid request gets its response. */
	rq = (struct ue_request){.method = "OPTIONS", .call_id = "next", .cseq = 1};
	ue_request(&fx, &rq);
	do
		ck_assert(ue_recv(&fx));
	while (strcmp(ue_header(&fx, "Call-ID"), "next") != 0);
	ck_assert_int_eq(ue_status(&fx), 200);
}
END_TEST

START_TEST(refer)
{
	const char *sub = _i ? "Refer-Sub: false\r\n" : "";
	char headers[128], tag[64] = "", first[64] = "";
	struct ue_request rq = {
		.method = "REFER", .call_id = "refer", .cseq = 7, .headers = headers};
	bool inside = _i == 2;

	snprintf(headers, sizeof(headers), "Refer-To: <sip:victim@example.org;method=BYE>\r\n%s",
		sub);
	if (inside) {
		ue_join(&fx, "refer", tag);
		rq.to_tag = tag;
		ue_request_auth(&fx, &rq, NULL);
	} else {
		ue_challenged(&fx, &rq);
	}
	ck_assert(ue_recv(&fx));
	if (strncmp(fx.in, "NOTIFY", 6) != 0)
		ck_assert_int_eq(ue_status(&fx), 202);
	snprintf(first, sizeof(first), "%.6s", fx.in);
	ck_assert_str_eq(fx.target, "sip:victim@example.org");
	ck_assert_str_eq(fx.heard, inside ? "invite ack refer-in" : "refer");
	if (_i) {
		ck_assert_str_eq(ue_header(&fx, "Refer-Sub"), "false");
		bool silent = ue_silent(&fx, 50);

		ck_assert_msg(silent, "%s", ue_recv(&fx) ? fx.in : "");
		return;
	}
	ck_assert(ue_recv(&fx));
	ck_assert_int_eq(strncmp(fx.in, "NOTIFY", 6), 0);
	ck_assert_str_eq(ue_body(&fx), "SIP/2.0 200 OK\r\n");
	ck_assert_str_eq(ue_header(&fx, "Event"), "refer");
	ue_answer(&fx, 200, "", "");
	fixture_step(&fx, 20);
	ck_assert_uint_eq(ptt_sip_pending(fx.sip), 0);
}
END_TEST

START_TEST(draining)
{
	struct ue_request rq = {.method = "INVITE", .call_id = "drain2", .cseq = 1};
	char tag[64];

	ue_join(&fx, "drain", tag);
	ptt_sip_set_draining(fx.sip, 17);
	ue_request(&fx, &rq);
	ue_expect(&fx, 503);
	ck_assert_str_eq(ue_header(&fx, "Retry-After"), "17");
	rq = (struct ue_request){.method = "BYE", .call_id = "drain", .cseq = 3, .to_tag = tag};
	ue_request(&fx, &rq);
	ue_expect_after(&fx, 503, 200);
}
END_TEST

/* Expelled: BYE with its Reason. Before the ACK the BYE waits (section 15). */
START_TEST(bye_of_ours)
{
	struct ue_request rq = {.method = "INVITE", .call_id = "expel", .cseq = 1};
	char tag[64];

	ue_challenged(&fx, &rq);
	ue_expect(&fx, 200);
	snprintf(tag, sizeof(tag), "%s", ue_to_tag(&fx));
	if (_i)
		ptt_sip_bye(fx.dialog, "SIP;cause=403;text=\"expelled\"");
	rq = (struct ue_request){.method = "ACK", .call_id = "expel", .cseq = 2, .to_tag = tag};
	ue_request(&fx, &rq);
	fixture_step(&fx, 20);
	if (!_i)
		ptt_sip_bye(fx.dialog, "SIP;cause=403;text=\"expelled\"");
	do
		ck_assert(ue_recv(&fx));
	while (ue_status(&fx) == 200);
	ck_assert_int_eq(strncmp(fx.in, "BYE ", 4), 0);
	ck_assert_str_eq(ue_header(&fx, "Reason"), "SIP;cause=403;text=\"expelled\"");
	ck_assert_str_eq(fx.heard, _i ? "invite" : "invite ack");
	ue_answer(&fx, 200, "", "");
	fixture_step(&fx, 20);
	ck_assert_uint_eq(ptt_sip_pending(fx.sip), 0);
}
END_TEST

/* Ended before the final response to its INVITE: 487 and no BYE. */
START_TEST(bye_before_answer)
{
	struct ue_request rq = {.method = "INVITE", .call_id = "early", .cseq = 1};

	fx.hold = true;
	ue_challenged(&fx, &rq);
	fixture_step(&fx, 20);
	ptt_sip_bye(fx.dialog, NULL);
	ue_expect(&fx, 487);
	ck_assert_uint_eq(ptt_sip_pending(fx.sip), 0);
}
END_TEST

/* RFC 7616 3.5: a request whose nonce is past half of its life gets the next nonce. */
START_TEST(next_nonce)
{
	const struct ptt_sip_options options = {.nonce_life_s = 2};
	struct ue_request rq = {
		.method = "INVITE", .call_id = "next", .cseq = 3, .body = "v=0\r\n"};
	char tag[64];

	fixture_close(&fx);
	fixture_open(&fx, &options);
	ue_join(&fx, "next", tag);
	rq.to_tag = tag;
	ue_request_auth(&fx, &rq, NULL);
	ue_expect(&fx, 200);
	ck_assert_str_eq(ue_header(&fx, "Authentication-Info"), "");
	rq = (struct ue_request){.method = "ACK", .call_id = "next", .cseq = 3, .to_tag = tag};
	ue_request(&fx, &rq);
	rq = (struct ue_request){
		.method = "UPDATE", .call_id = "next", .cseq = 3, .body = "v=0\r\n", .to_tag = tag};
	do { /* past its whole life the response would be 401 */
		fixture_step(&fx, 20);
		rq.cseq++;
		ue_request_auth(&fx, &rq, NULL);
		ue_expect(&fx, 200);
	} while (ue_header(&fx, "Authentication-Info")[0] == '\0');
	ck_assert_int_eq(strncmp(ue_header(&fx, "Authentication-Info"), "nextnonce=\"", 11), 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("flow");

	tcase_add_checked_fixture(tc, sip_one_set_up, sip_one_tear_down);
	tcase_add_test(tc, join_and_leave);
	tcase_add_test(tc, refused);
	tcase_add_loop_test(tc, cancelled, 0, 2);
	tcase_add_test(tc, slow_naf_source);
	tcase_add_test(tc, next_nonce);
	tcase_add_test(tc, lost_ack);
	tcase_add_test(tc, pull_and_update);
	tcase_add_loop_test(tc, odd_requests, 0, 18);
	tcase_add_loop_test(tc, refer, 0, 3);
	tcase_add_test(tc, draining);
	tcase_add_loop_test(tc, bye_of_ours, 0, 2);
	tcase_add_test(tc, bye_before_answer);
	return check_run_case("sip_flow", tc);
}
