/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The thin transaction by UPDATE: timers, responses, glare. RFC 3261 17.1.2, RFC 3311. */
#include "tests/unit/sip/offer_fixture.h"

static void offer_update(void)
{
	offers_fx.dialog->allows_update = true; /* as after an INVITE with Allow */
	ptt_sip_want_update(offers_fx.dialog, true);
	offer("v=0\r\n", 1);
}

/* RFC 3261 17.1.2.2: Timer E doubles up to T2, here 8 T1, and a 1xx does not stop it. Timer F ends
 * it. There is no ACK. */
START_TEST(update_timers)
{
	const struct ptt_sip_options options = {.t1_ms = 10, .own_default = true};
	char first[sizeof(offers_fx.in)];
	int copies;

	fixture_close(&offers_fx);
	open_with(&options);
	offer_update();
	expect_method("UPDATE");
	ck_assert_str_eq(ue_header(&offers_fx, "CSeq"), "1 UPDATE");
	memcpy(first, offers_fx.in, sizeof(first));
	if (_i)
		ue_answer_to(&offers_fx, first, 100, "", "");
	copies = 1 + offer_given_up(first);
	if (_i == 0)
		ck_assert_int_eq(copies, 11); /* at 0 1 3 7 15 23 31 39 47 55 63 T1 */
	else
		ck_assert_int_ge(copies, 9);
}
END_TEST

/* The response to an UPDATE gets no ACK, and sets target and Allow. A response to an INVITE does
 * not match an UPDATE. */
START_TEST(update_answers)
{
	char request[sizeof(offers_fx.in)], forged[sizeof(offers_fx.in)], target[64];

	snprintf(target, sizeof(target), "%s", offers_fx.dialog->remote_target);
	offer_update();
	expect_method("UPDATE");
	memcpy(request, offers_fx.in, sizeof(request));
	memcpy(forged, offers_fx.in, sizeof(forged));
	memcpy(strstr(forged, "1 UPDATE"), "1 INVITE", 8);
	ue_answer_to(&offers_fx, forged, 200, "", "");
	fixture_step(&offers_fx, 20);
	ck_assert_str_eq(offers_fx.heard, "");
	ue_answer_to(&offers_fx, request, 200,
		"Contact: <sip:new@127.0.0.1:5999>\r\nAllow: INVITE, ACK, BYE\r\n", "v=0\r\n");
	ck_assert(ue_silent(&offers_fx, 60));
	ck_assert_str_eq(offers_fx.heard, "offer-200");
	ck_assert_str_eq(offers_fx.dialog->remote_target, "sip:new@127.0.0.1:5999");
	ck_assert(!offers_fx.dialog->allows_update);
	ck_assert_int_eq(ptt_dialog_set_target(offers_fx.dialog, target), PTT_OK);
	offer("v=0\r\n", 2);
	expect_method("INVITE");
	ck_assert_uint_ge(
		(uint64_t)ptt_metric_get(PTT_METRIC_OFFER_METHODS, "invite-for-update"), 1);
}
END_TEST

/* RFC 3311 5.2: an UPDATE of the UE during ours gets 491, and a second one while the first waits
 * gets 500. */
START_TEST(update_glare)
{
	struct ue_request rq = {
		.method = "UPDATE", .call_id = "c1", .cseq = 9, .to_tag = tag, .body = "v=0\r\n"};
	char request[sizeof(offers_fx.in)];

	offer_update();
	expect_method("UPDATE");
	memcpy(request, offers_fx.in, sizeof(request));
	ue_request_auth(&offers_fx, &rq, NULL);
	do
		ck_assert(ue_recv(&offers_fx));
	while (strncmp(offers_fx.in, "UPDATE", 6) == 0); /* a copy of ours */
	ck_assert_int_eq(ue_status(&offers_fx), 491);
	ue_answer_to(&offers_fx, request, 491, "", "");
	fixture_step(&offers_fx, 20);
	ck_assert_str_eq(offers_fx.heard, "offer-491");
	offers_fx.hold = true;
	rq.cseq = 10;
	ue_request_auth(&offers_fx, &rq, NULL);
	fixture_step(&offers_fx, 20);
	ck_assert_str_eq(offers_fx.heard, "offer-491 update");
	ck_assert_int_eq(ptt_sip_offer(offers_fx.dialog, "v=0\r\n", 5, 2), PTT_ERR_BUSY);
	rq.cseq = 11;
	ue_request(&offers_fx, &rq);
	ue_expect(&offers_fx, 500);
	ck_assert_int_ge(atoi(ue_header(&offers_fx, "Retry-After")), 1);
	ck_assert_int_eq(
		ptt_sip_respond(offers_fx.waiting, &(struct ptt_sip_response){.status = 200}),
		PTT_OK);
	ue_expect(&offers_fx, 200);
	ck_assert_str_eq(offers_fx.heard, "offer-491 update ready");
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_loop_test(tc, update_timers, 0, 2);
	tcase_add_test(tc, update_answers);
	tcase_add_test(tc, update_glare);
}

int main(void)
{
	return run_each_way("rekey_update", add);
}
