/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The thin transaction: losses, repeats, refusals, glare, forged responses. RFC 3261 17.1.1, 14.1.
 */
#include "tests/unit/sip/offer_fixture.h"

/* Headers are compact, there is no Allow, and the Contact is the address that the UE called. */
START_TEST(text)
{
	char contact[64];

	offer("v=0\r\ns=offer\r\n", 1);
	expect_method("INVITE");
	snprintf(contact, sizeof(contact), "<sip:127.0.0.1:%u>", offers_fx.server_port);
	ck_assert_str_eq(ue_header(&offers_fx, "m"), contact);
	ck_assert_str_eq(ue_header(&offers_fx, "i"), "c1");
	ck_assert_str_eq(ue_header(&offers_fx, "CSeq"), "1 INVITE");
	ck_assert_str_eq(ue_header(&offers_fx, "Allow"), "");
	ck_assert_str_eq(ue_header(&offers_fx, "c"), "application/sdp");
	ck_assert_str_eq(ue_header(&offers_fx, "l"), "14");
	ck_assert_str_eq(ue_body(&offers_fx), "v=0\r\ns=offer\r\n");
	ck_assert_ptr_nonnull(strstr(ue_header(&offers_fx, "t"), "<sip:u1@example.org>;tag=ue"));
	ck_assert_ptr_nonnull(strstr(ue_header(&offers_fx, "f"), tag));
}
END_TEST

/* The first copy is lost: the next one has the same bytes. The ACK of the 200 has a new branch. */
START_TEST(lost_offer)
{
	char first[sizeof(offers_fx.in)], branch[256];
	size_t len;

	offer("v=0\r\n", 7);
	expect_method("INVITE");
	memcpy(first, offers_fx.in, sizeof(first));
	len = offers_fx.in_len;
	for (int copy = 0; copy < 2; copy++) {
		expect_method("INVITE");
		ck_assert_uint_eq(offers_fx.in_len, len);
		ck_assert_mem_eq(offers_fx.in, first, len);
	}
	snprintf(branch, sizeof(branch), "%s", ue_header(&offers_fx, "v"));
	ue_answer(&offers_fx, 200, "Contact: <sip:new@127.0.0.1:5999>\r\n", "v=0\r\ns=answer\r\n");
	fixture_step(&offers_fx, 20);
	ck_assert_str_eq(offers_fx.heard, "offer-200");
	ck_assert_uint_eq(offers_fx.cookie, 7);
	ck_assert_str_eq(offers_fx.dialog->remote_target, "sip:new@127.0.0.1:5999");
	ck_assert_uint_eq(ptt_sip_pending(offers_fx.sip), 0);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_OFFERS, "sent") >= 1, 1);
}
END_TEST

/* Our ACK is lost: each repeated 200 gets an ACK, but there is one on_offer_result. */
START_TEST(repeated_answer)
{
	char request[sizeof(offers_fx.in)], branch[2][256];

	offer_seen(request);
	for (int copy = 0; copy < 3; copy++) {
		ue_answer_to(&offers_fx, request, _i ? 486 : 200, "", "");
		expect_method("ACK");
		ck_assert_str_eq(ue_header(&offers_fx, "CSeq"), "1 ACK");
		snprintf(branch[copy > 0], sizeof(branch[0]), "%s",
			strstr(ue_header(&offers_fx, "v"), "branch="));
	}
	ck_assert_str_eq(offers_fx.heard, _i ? "offer-486" : "offer-200");
	/* 17.1.1.3: the ACK of a refusal has the branch of the INVITE; 13.2.2.4: of a 2xx a new
	 * one. */
	ck_assert_int_eq(strstr(request, branch[0]) != NULL, _i == 1);
	ck_assert_int_eq(strcmp(branch[0], branch[1]) == 0, _i == 1);
}
END_TEST

START_TEST(provisional_stops_timer_a)
{
	offer("v=0\r\n", 1);
	expect_method("INVITE");
	ue_answer(&offers_fx, 100, "", "");
	ck_assert(ue_silent(&offers_fx, 200));
	ck_assert_str_eq(offers_fx.heard, "");
}
END_TEST

/* Timer B: 64 T1 are 640 ms here. */
START_TEST(timeout)
{
	const struct ptt_sip_options options = {.t1_ms = 10, .own_default = true};

	fixture_close(&offers_fx);
	open_with(&options);
	offer("v=0\r\n", 3);
	ck_assert_int_eq(offer_given_up(NULL), 7);
}
END_TEST

START_TEST(refusals)
{
	offer("v=0\r\n", 1);
	expect_method("INVITE");
	ue_answer(&offers_fx, 503, "Retry-After: 9\r\n", "");
	expect_method("ACK");
	ck_assert_str_eq(offers_fx.heard, "offer-503");
	ck_assert_uint_eq(offers_fx.result.retry_after_s, 9);
	offer("v=0\r\n", 2);
	expect_method("INVITE");
	ck_assert_str_eq(ue_header(&offers_fx, "CSeq"), "2 INVITE");
	ue_answer(&offers_fx, 488, "Warning: 306 ue \"bad MAC\"\r\n", "");
	expect_method("ACK");
	ck_assert_uint_eq(offers_fx.result.warning, 306);
	offer("v=0\r\n", 3);
	expect_method("INVITE");
	ue_answer(&offers_fx, 491, "", "");
	expect_method("ACK");
	/* The UE owns the Call-ID: 0 to 2 s, in steps of 10 ms. */
	ck_assert_uint_le(offers_fx.result.glare_ms, 2000);
	ck_assert_uint_eq(offers_fx.result.glare_ms % 10, 0);
	ck_assert_str_eq(offers_fx.heard, "offer-503 offer-488 offer-491");
}
END_TEST

/* Glare: an INVITE of the UE during ours gets 491. */
START_TEST(glare)
{
	struct ue_request rq = {.method = "INVITE", .call_id = "c1", .cseq = 9, .to_tag = tag};
	char request[sizeof(offers_fx.in)];

	offer_taken(request);
	ue_request_auth(&offers_fx, &rq, NULL);
	ue_expect(&offers_fx, 491);
	ck_assert_str_eq(offers_fx.heard, "");
	rq.method = "ACK";
	rq.branch = "z9hG4bK-c1-9-INVITE";
	ue_request(&offers_fx, &rq);
	ue_answer_to(&offers_fx, request, 200, "", "");
	expect_method("ACK");
	ck_assert_str_eq(offers_fx.heard, "offer-200");
}
END_TEST

/* Responses with the right branch but another dialog, CSeq or tag change nothing. */
START_TEST(forged_answer)
{
	static const char *const what[] = {
		"i: c1", "tag=ue", "CSeq: 1 ", "f: <sip:alpha@poc.example.org>;tag="};
	char forged[sizeof(offers_fx.in)], request[sizeof(offers_fx.in)];
	char *at;

	offer_seen(request);
	memcpy(forged, offers_fx.in, sizeof(forged));
	at = strstr(forged, what[_i]);
	ck_assert_ptr_nonnull(at);
	at += strlen(what[_i]) - (_i == 2 ? 2 : _i == 3 ? 0 : 1);
	*at = *at == '7' ? '8' : '7';
	ue_answer_to(&offers_fx, forged, 200, "", "");
	fixture_step(&offers_fx, 20);
	ck_assert_str_eq(offers_fx.heard, "");
	ue_answer_to(&offers_fx, request, 200, "", "");
	fixture_step(&offers_fx, 20);
	ck_assert_str_eq(offers_fx.heard, "offer-200");
}
END_TEST

/* Expelled during an offer: BYE at once; the response gets its ACK but causes no event. */
START_TEST(bye_during_offer)
{
	char request[sizeof(offers_fx.in)];

	offer_seen(request);
	ptt_sip_bye(offers_fx.dialog, NULL);
	expect_method("BYE");
	ck_assert_str_eq(ue_header(&offers_fx, "CSeq"), "2 BYE");
	ue_answer(&offers_fx, 200, "", "");
	ue_answer_to(&offers_fx, request, 487, "", "");
	expect_method("ACK");
	ck_assert_str_eq(ue_header(&offers_fx, "CSeq"), "1 ACK");
	fixture_step(&offers_fx, 20);
	ck_assert_str_eq(offers_fx.heard, "");
	ck_assert_uint_eq(ptt_sip_pending(offers_fx.sip), 0);
}
END_TEST

/* The member leaves during an offer. */
START_TEST(leave_during_offer)
{
	struct ue_request rq = {.method = "BYE", .call_id = "c1", .cseq = 9, .to_tag = tag};
	char request[sizeof(offers_fx.in)];

	offer_taken(request);
	ue_request(&offers_fx, &rq);
	ue_expect(&offers_fx, 200);
	ck_assert_str_eq(offers_fx.heard, "bye");
	ue_answer_to(&offers_fx, request, 200, "", "");
	expect_method("ACK");
	ck_assert_str_eq(offers_fx.heard, "bye");
	ck_assert_uint_eq(ptt_sip_pending(offers_fx.sip), 0);
}
END_TEST

/* Restores the dialog from its row; @p reserved more of its numbers were reserved meanwhile. */
static struct ptt_dialog_row restore(uint32_t reserved)
{
	struct ptt_dialog_row row;
	struct ptt_dialog *copy;
	static char transport[128], keep[2][128];

	ptt_dialog_save(offers_fx.dialog, &row, transport);
	ck_assert_int_eq(ptt_sip_restore(offers_fx.sip, &copy, &row), PTT_ERR_BUSY);
	/* The row borrows its texts from the dialog, which is freed below. */
	strcpy(keep[0], row.local_tag);
	strcpy(keep[1], row.remote_target);
	row.call_id = "c1";
	row.local_tag = keep[0];
	row.remote_tag = "ue";
	row.local_uri = FIXTURE_GROUP;
	row.remote_uri = FIXTURE_USER;
	row.remote_target = keep[1];
	row.route_set = "";
	row.impi = row.impu = row.btid = row.group = "x";
	row.cseq_reserved += reserved;
	row.o_version_reserved += reserved;
	row.start_reserved = reserved;
	ptt_sip_drop(offers_fx.dialog);
	ck_assert_int_eq(ptt_sip_restore(offers_fx.sip, &offers_fx.dialog, &row), PTT_OK);
	return row;
}

/* kill -9: the dialog is restored from its row, and CSeq and o= jump. A 200 to an offer of the
 * former process gets an ACK. */
START_TEST(restart)
{
	struct ptt_dialog_row row;
	char request[sizeof(offers_fx.in)];
	uint32_t version;

	offer_taken(request);
	row = restore(0);
	ue_answer_to(&offers_fx, request, 200, "", "");
	expect_method("ACK");
	ck_assert_str_eq(offers_fx.heard, "former");
	ck_assert_int_eq(ptt_sip_offer(offers_fx.dialog, "v=0\r\n", 5, 2), PTT_ERR_EXHAUSTED);
	ck_assert_int_eq(ptt_dialog_next_version(offers_fx.dialog, &version), PTT_ERR_EXHAUSTED);
	ck_assert(ptt_dialog_needs_reserve(offers_fx.dialog));
	ptt_dialog_set_reserved(
		offers_fx.dialog, row.cseq_reserved + 1000, row.o_version_reserved + 1000);
	ck_assert_int_eq(ptt_dialog_next_version(offers_fx.dialog, &version), PTT_OK);
	ck_assert_uint_eq(version, row.o_version_reserved);
	offer("v=0\r\n", 2);
	expect_method("INVITE");
	ck_assert_str_eq(ue_header(&offers_fx, "CSeq"), "1001 INVITE");
	ue_answer(&offers_fx, 200, "", "");
	expect_method("ACK");
	ck_assert_str_eq(offers_fx.heard, "former offer-200");
}
END_TEST

START_TEST(restart_with_numbers_in_hand)
{
	uint32_t version;

	restore(1000);
	ck_assert(!ptt_dialog_needs_reserve(offers_fx.dialog));
	ck_assert_int_eq(ptt_dialog_next_version(offers_fx.dialog, &version), PTT_OK);
	ck_assert_uint_eq(version, 1001);
	offer("v=0\r\n", 1);
	expect_method("INVITE");
	ck_assert_str_eq(ue_header(&offers_fx, "CSeq"), "1001 INVITE");
	ue_answer(&offers_fx, 200, "", "");
	expect_method("ACK");
	ck_assert_str_eq(offers_fx.heard, "offer-200");
}
END_TEST

/* A metric shows how offers leave. */
START_TEST(listeners_counted)
{
	const char *io = udp_io == PTT_UDP_TPORT  ? "tport"
			 : udp_io == PTT_UDP_PEEK ? "peek"
						  : "batch";

	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_UDP_LISTENERS, io), 1);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_UDP_LISTENERS, NULL), 1);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, text);
	tcase_add_test(tc, lost_offer);
	tcase_add_loop_test(tc, repeated_answer, 0, 2);
	tcase_add_test(tc, provisional_stops_timer_a);
	tcase_add_test(tc, timeout);
	tcase_add_test(tc, refusals);
	tcase_add_test(tc, glare);
	tcase_add_loop_test(tc, forged_answer, 0, 4);
	tcase_add_test(tc, bye_during_offer);
	tcase_add_test(tc, leave_during_offer);
	tcase_add_test(tc, restart);
	tcase_add_test(tc, restart_with_numbers_in_hand);
	tcase_add_test(tc, listeners_counted);
}

int main(void)
{
	return run_each_way("offer_tx", add);
}
