/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The thin INVITE transaction against a bare socket: RFC 3261 17.1.1, 13.2.2.4, 14.1; faults of
 * wire profile 6. */
#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "module/ops/metrics.h"
#include "module/server/rekey_text.h"
#include "tests/unit/sip_fixture.h"

static struct fixture fx;
static char tag[64];

static void open_with(const struct ptt_sip_options *options)
{
	fixture_open(&fx, options);
	ue_join(&fx, "c1", tag);
	fx.heard[0] = '\0';
}

static void set_up(void)
{
	const struct ptt_sip_options options = {.t1_ms = 40};

	open_with(&options);
}

static void tear_down(void)
{
	fixture_close(&fx);
}

static void offer(const char *body, uint32_t cookie)
{
	ck_assert_int_eq(ptt_sip_offer(fx.dialog, body, strlen(body), cookie), PTT_OK);
}

static void expect_method(const char *method)
{
	size_t len = strlen(method);

	ck_assert_msg(ue_recv(&fx), "%s expected, nothing came", method);
	ck_assert_msg(strncmp(fx.in, method, len) == 0 && fx.in[len] == ' ',
		"%s expected, but:\n%s", method, fx.in);
}

/* The text: compact headers, no Allow, the Contact is the address the UE called. */
START_TEST(text)
{
	char contact[64];

	offer("v=0\r\ns=offer\r\n", 1);
	expect_method("INVITE");
	snprintf(contact, sizeof contact, "<sip:127.0.0.1:%u>", fx.server_port);
	ck_assert_str_eq(ue_header(&fx, "m"), contact);
	ck_assert_str_eq(ue_header(&fx, "i"), "c1");
	ck_assert_str_eq(ue_header(&fx, "CSeq"), "1 INVITE");
	ck_assert_str_eq(ue_header(&fx, "Allow"), "");
	ck_assert_str_eq(ue_header(&fx, "c"), "application/sdp");
	ck_assert_str_eq(ue_header(&fx, "l"), "14");
	ck_assert_str_eq(ue_body(&fx), "v=0\r\ns=offer\r\n");
	ck_assert_ptr_nonnull(strstr(ue_header(&fx, "t"), "<sip:u1@example.org>;tag=ue"));
	ck_assert_ptr_nonnull(strstr(ue_header(&fx, "f"), tag));
}
END_TEST

/* First copy lost: the next one has the same bytes; then 200, ACK on a branch of its own. */
START_TEST(lost_offer)
{
	char first[sizeof fx.in], branch[256];
	size_t len;

	offer("v=0\r\n", 7);
	expect_method("INVITE");
	memcpy(first, fx.in, sizeof first);
	len = fx.in_len;
	for (int copy = 0; copy < 2; copy++) {
		expect_method("INVITE");
		ck_assert_uint_eq(fx.in_len, len);
		ck_assert_mem_eq(fx.in, first, len);
	}
	snprintf(branch, sizeof branch, "%s", ue_header(&fx, "v"));
	ue_answer(&fx, 200, "Contact: <sip:new@127.0.0.1:5999>\r\n", "v=0\r\ns=answer\r\n");
	fixture_step(&fx, 20);
	ck_assert_str_eq(fx.heard, "offer-200");
	ck_assert_uint_eq(fx.cookie, 7);
	ck_assert_str_eq(fx.dialog->remote_target, "sip:new@127.0.0.1:5999");
	ck_assert_uint_eq(ptt_sip_pending(fx.sip), 0);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_OFFERS, "sent") >= 1, 1);
}
END_TEST

/* Our ACK is lost: the UE repeats its 200, and gets an ACK for each; told once. */
START_TEST(repeated_answer)
{
	char request[sizeof fx.in], branch[2][256];

	offer("v=0\r\n", 1);
	expect_method("INVITE");
	memcpy(request, fx.in, sizeof request);
	for (int copy = 0; copy < 3; copy++) {
		ue_answer_to(&fx, request, _i ? 486 : 200, "", "");
		expect_method("ACK");
		ck_assert_str_eq(ue_header(&fx, "CSeq"), "1 ACK");
		snprintf(branch[copy > 0], sizeof branch[0], "%s",
			strstr(ue_header(&fx, "v"), "branch="));
	}
	ck_assert_str_eq(fx.heard, _i ? "offer-486" : "offer-200");
	/* 17.1.1.3: same branch as the INVITE for a refusal; 13.2.2.4: a new one for a 2xx. */
	ck_assert_int_eq(strstr(request, branch[0]) != NULL, _i == 1);
	ck_assert_int_eq(strcmp(branch[0], branch[1]) == 0, _i == 1);
}
END_TEST

START_TEST(provisional_stops_timer_a)
{
	offer("v=0\r\n", 1);
	expect_method("INVITE");
	ue_answer(&fx, 100, "", "");
	ck_assert(ue_silent(&fx, 200));
	ck_assert_str_eq(fx.heard, "");
}
END_TEST

/* Timer B: 64 T1 here are 64 x 10 ms. */
START_TEST(timeout)
{
	const struct ptt_sip_options options = {.t1_ms = 10, .own_default = true};
	int copies = 0;

	fixture_close(&fx);
	open_with(&options);
	offer("v=0\r\n", 3);
	while (!fx.heard[0] && ue_recv(&fx))
		copies++;
	while (!ue_silent(&fx, 10)) {
		ue_recv(&fx);
		copies++;
	}
	fixture_step(&fx, 100);
	ck_assert_str_eq(fx.heard, "offer-408");
	ck_assert(fx.result.timed_out);
	ck_assert_int_eq(copies, 7);
	ptt_sip_drop(fx.dialog);
	ck_assert_uint_eq(ptt_sip_pending(fx.sip), 0);
}
END_TEST

START_TEST(refusals)
{
	offer("v=0\r\n", 1);
	expect_method("INVITE");
	ue_answer(&fx, 503, "Retry-After: 9\r\n", "");
	expect_method("ACK");
	ck_assert_str_eq(fx.heard, "offer-503");
	ck_assert_uint_eq(fx.result.retry_after_s, 9);
	offer("v=0\r\n", 2);
	expect_method("INVITE");
	ck_assert_str_eq(ue_header(&fx, "CSeq"), "2 INVITE");
	ue_answer(&fx, 488, "Warning: 306 ue \"bad MAC\"\r\n", "");
	expect_method("ACK");
	ck_assert_uint_eq(fx.result.warning, 306);
	offer("v=0\r\n", 3);
	expect_method("INVITE");
	ue_answer(&fx, 491, "", "");
	expect_method("ACK");
	/* The UE owns the Call-ID: 0 to 2 s, in steps of 10 ms. */
	ck_assert_uint_le(fx.result.glare_ms, 2000);
	ck_assert_uint_eq(fx.result.glare_ms % 10, 0);
	ck_assert_str_eq(fx.heard, "offer-503 offer-488 offer-491");
}
END_TEST

/* Glare: their INVITE during ours gets 491. */
START_TEST(glare)
{
	struct ue_request rq = {.method = "INVITE", .call_id = "c1", .cseq = 9, .to_tag = tag};
	char request[sizeof fx.in];

	offer("v=0\r\n", 1);
	expect_method("INVITE");
	memcpy(request, fx.in, sizeof request);
	ue_answer_to(&fx, request, 100, "", "");
	fixture_step(&fx, 10);
	ue_request_auth(&fx, &rq, NULL);
	ue_expect(&fx, 491);
	ck_assert_str_eq(fx.heard, "");
	rq.method = "ACK";
	rq.branch = "z9hG4bK-c1-9-INVITE";
	ue_request(&fx, &rq);
	ue_answer_to(&fx, request, 200, "", "");
	expect_method("ACK");
	ck_assert_str_eq(fx.heard, "offer-200");
}
END_TEST

/* Answers with a right branch but another dialog, CSeq or tag change nothing. */
START_TEST(forged_answer)
{
	static const char *const what[] = {
		"i: c1", "tag=ue", "CSeq: 1 ", "f: <sip:alpha@poc.example.org>;tag="};
	char forged[sizeof fx.in], request[sizeof fx.in];
	char *at;

	offer("v=0\r\n", 1);
	expect_method("INVITE");
	memcpy(request, fx.in, sizeof request);
	memcpy(forged, fx.in, sizeof forged);
	at = strstr(forged, what[_i]);
	ck_assert_ptr_nonnull(at);
	at += strlen(what[_i]) - (_i == 2 ? 2 : _i == 3 ? 0 : 1);
	*at = *at == '7' ? '8' : '7';
	ue_answer_to(&fx, forged, 200, "", "");
	fixture_step(&fx, 20);
	ck_assert_str_eq(fx.heard, "");
	ue_answer_to(&fx, request, 200, "", "");
	fixture_step(&fx, 20);
	ck_assert_str_eq(fx.heard, "offer-200");
}
END_TEST

/* Expelled in the middle of an offer: BYE at once, the answer is ACKed, nobody is told. */
START_TEST(bye_during_offer)
{
	char request[sizeof fx.in];

	offer("v=0\r\n", 1);
	expect_method("INVITE");
	memcpy(request, fx.in, sizeof request);
	ptt_sip_bye(fx.dialog, NULL);
	expect_method("BYE");
	ck_assert_str_eq(ue_header(&fx, "CSeq"), "2 BYE");
	ue_answer(&fx, 200, "", "");
	ue_answer_to(&fx, request, 487, "", "");
	expect_method("ACK");
	ck_assert_str_eq(ue_header(&fx, "CSeq"), "1 ACK");
	fixture_step(&fx, 20);
	ck_assert_str_eq(fx.heard, "");
	ck_assert_uint_eq(ptt_sip_pending(fx.sip), 0);
}
END_TEST

/* He leaves in the middle of an offer. */
START_TEST(leave_during_offer)
{
	struct ue_request rq = {.method = "BYE", .call_id = "c1", .cseq = 9, .to_tag = tag};
	char request[sizeof fx.in];

	offer("v=0\r\n", 1);
	expect_method("INVITE");
	memcpy(request, fx.in, sizeof request);
	ue_answer_to(&fx, request, 100, "", "");
	fixture_step(&fx, 10);
	ue_request(&fx, &rq);
	ue_expect(&fx, 200);
	ck_assert_str_eq(fx.heard, "bye");
	ue_answer_to(&fx, request, 200, "", "");
	expect_method("ACK");
	ck_assert_str_eq(fx.heard, "bye");
	ck_assert_uint_eq(ptt_sip_pending(fx.sip), 0);
}
END_TEST

/* kill -9: the dialog goes on from its row, CSeq and o= jump; a 200 for the former process is
 * ACKed. */
START_TEST(restart)
{
	struct ptt_dialog_row row;
	struct ptt_dialog *copy;
	char request[sizeof fx.in], transport[128], keep[3][128];
	uint32_t version;

	offer("v=0\r\n", 1);
	expect_method("INVITE");
	memcpy(request, fx.in, sizeof request);
	ue_answer_to(&fx, request, 100, "", "");
	fixture_step(&fx, 10);
	ptt_dialog_save(fx.dialog, &row, transport);
	ck_assert_int_eq(ptt_sip_restore(fx.sip, &copy, &row), PTT_ERR_BUSY);
	/* The texts of the row must outlive the dialog they came from. */
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
	ptt_sip_drop(fx.dialog);
	ck_assert_int_eq(ptt_sip_restore(fx.sip, &fx.dialog, &row), PTT_OK);
	ue_answer_to(&fx, request, 200, "", "");
	expect_method("ACK");
	ck_assert_str_eq(fx.heard, "former");
	ck_assert_int_eq(ptt_sip_offer(fx.dialog, "v=0\r\n", 5, 2), PTT_ERR_EXHAUSTED);
	ck_assert_int_eq(ptt_dialog_next_version(fx.dialog, &version), PTT_ERR_EXHAUSTED);
	ck_assert(ptt_dialog_needs_reserve(fx.dialog));
	ptt_dialog_set_reserved(fx.dialog, row.cseq_reserved + 1000, row.o_version_reserved + 1000);
	ck_assert_int_eq(ptt_dialog_next_version(fx.dialog, &version), PTT_OK);
	ck_assert_uint_eq(version, row.o_version_reserved);
	offer("v=0\r\n", 2);
	expect_method("INVITE");
	ck_assert_str_eq(ue_header(&fx, "CSeq"), "1001 INVITE");
	ue_answer(&fx, 200, "", "");
	expect_method("ACK");
	ck_assert_str_eq(fx.heard, "former offer-200");
}
END_TEST

/* A member on TCP is offered over his connection, and when it is lost at his Contact. */
START_TEST(over_tcp)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof addr;

	ck_assert_int_eq(bind(listener, (struct sockaddr *)&addr, sizeof addr), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&addr, &len), 0);
	ue_connect(&fx, ntohs(addr.sin_port));
	ue_join(&fx, "tcp", tag);
	fx.heard[0] = '\0';
	offer("v=0\r\n", 1);
	expect_method("INVITE");
	ck_assert_ptr_nonnull(strstr(ue_header(&fx, "v"), "SIP/2.0/TCP"));
	ck_assert_ptr_nonnull(strstr(ue_header(&fx, "m"), "transport=tcp"));
	ue_answer(&fx, 200, "", "");
	expect_method("ACK");
	close(fx.sock);
	fixture_step(&fx, 50);
	offer("v=0\r\n", 2);
	fixture_step(&fx, 50);
	fx.sock = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	ck_assert_int_ge(fx.sock, 0);
	expect_method("INVITE");
	ue_answer(&fx, 200, "", "");
	expect_method("ACK");
	ptt_sip_bye(fx.dialog, NULL);
	expect_method("BYE");
	ue_answer(&fx, 200, "", "");
	fixture_step(&fx, 20);
	ck_assert_str_eq(fx.heard, "offer-200 offer-200");
	ck_assert_uint_eq(ptt_sip_pending(fx.sip), 0);
	close(listener);
}
END_TEST

/* The same, and nobody listens on TCP there: UDP at once, and the metric says so once more. */
START_TEST(over_mtu_no_tcp)
{
	const struct ptt_sip_options options = {.t1_ms = 400, .over_mtu = PTT_SIP_OVER_MTU_TCP};
	char body[1200];
	int64_t before;

	fixture_close(&fx);
	open_with(&options);
	memset(body, 'x', sizeof body);
	before = ptt_metric_get(PTT_METRIC_OVER_MTU, NULL);
	ck_assert_int_eq(ptt_sip_offer(fx.dialog, body, sizeof body, 1), PTT_OK);
	expect_method("INVITE");
	ck_assert_ptr_nonnull(strstr(ue_header(&fx, "v"), "SIP/2.0/UDP"));
	ck_assert_uint_eq(strlen(ue_body(&fx)), sizeof body);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_OVER_MTU, NULL), before + 2);
	ue_answer(&fx, 200, "", "");
	expect_method("ACK");
	ck_assert_str_eq(fx.heard, "offer-200");
}
END_TEST

/* Over 1300 bytes with PTT_SIP_OVER_MTU_TCP: the same host and port, but by TCP; the next small
 * one by UDP. */
START_TEST(over_mtu_by_tcp)
{
	const struct ptt_sip_options options = {.t1_ms = 40, .over_mtu = PTT_SIP_OVER_MTU_TCP};
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int udp, listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	char body[1200];

	fixture_close(&fx);
	open_with(&options);
	addr.sin_port = htons((uint16_t)fx.port);
	ck_assert_int_eq(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&addr, sizeof addr), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	memset(body, 'x', sizeof body);
	ck_assert_int_eq(ptt_sip_offer(fx.dialog, body, sizeof body, 1), PTT_OK);
	fixture_step(&fx, 50);
	udp = fx.sock;
	fx.sock = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	ck_assert_int_ge(fx.sock, 0);
	expect_method("INVITE");
	ck_assert_ptr_nonnull(strstr(ue_header(&fx, "v"), "SIP/2.0/TCP"));
	ue_answer(&fx, 200, "", "");
	expect_method("ACK");
	close(fx.sock);
	close(listener);
	fx.sock = udp;
	offer("v=0\r\n", 2);
	expect_method("INVITE");
	ck_assert_ptr_nonnull(strstr(ue_header(&fx, "v"), "SIP/2.0/UDP"));
	ck_assert_str_eq(fx.heard, "offer-200");
}
END_TEST

/* Nobody listens at the Contact any more: the end is bounded. */
START_TEST(tcp_refused)
{
	const struct ptt_sip_options options = {.t1_ms = 10, .own_default = true};

	fixture_close(&fx);
	fixture_open(&fx, &options);
	ue_connect(&fx, 1);
	ue_join(&fx, "tcp", tag);
	fx.heard[0] = '\0';
	shutdown(fx.sock, SHUT_RDWR);
	fixture_step(&fx, 50);
	if (ptt_sip_offer(fx.dialog, "v=0\r\n", 5, 1) == PTT_OK)
		fixture_step(&fx, 800);
	else
		strcpy(fx.heard, "offer-408");
	ck_assert_str_eq(fx.heard, "offer-408");
}
END_TEST

/* Wire profile section 4, "Size": the lab form with a body of 856 bytes fits; more is counted,
 * and sent or not. */
START_TEST(size)
{
	static const struct ptt_listener lab = {.contact = "sip:127.0.0.1:5060",
		.via = "SIP/2.0/UDP 127.0.0.1:5060",
		.transport = "udp"};
	const struct ptt_dialog_texts texts = {
		.call_id = "3848276298220188511@127.0.0.1",
		.local_tag = "0123456789abcdef",
		.remote_tag = "a6c85cf0123",
		.local_uri = FIXTURE_GROUP,
		.remote_uri = "sip:alice@poc.example.org",
		.remote_target = "sip:alice@127.0.0.1:40000",
	};
	static uint8_t body[856];
	struct ptt_rekey_head head = {
		.via = &lab, .branch = "z9hG4bK0123456789abcdef", .cseq = 1001};
	struct ptt_dialog *dialog;
	char out[PTT_REKEY_TEXT_MAX];
	size_t len;

	memset(body, 'x', sizeof body);
	ck_assert_int_eq(ptt_dialog_new(&dialog, &texts), PTT_OK);
	dialog->listener = &lab;
	head.dialog = dialog;
	ck_assert_int_eq(ptt_rekey_invite_put(out, &len, &head, PTT_BYTES_OF(body)), PTT_OK);
	ck_assert_msg(len <= PTT_SIP_UDP_MAX, "%zu bytes", len);
	ptt_dialog_free(dialog);
}
END_TEST

START_TEST(over_mtu)
{
	const struct ptt_sip_options options = {
		.t1_ms = 40, .over_mtu = _i ? PTT_SIP_OVER_MTU_REFUSE : PTT_SIP_OVER_MTU_SEND};
	char body[1200];
	int64_t before;

	fixture_close(&fx);
	open_with(&options);
	memset(body, 'x', sizeof body);
	before = ptt_metric_get(PTT_METRIC_OVER_MTU, NULL);
	ck_assert_int_eq(
		ptt_sip_offer(fx.dialog, body, sizeof body, 1), _i ? PTT_ERR_NO_SPACE : PTT_OK);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_OVER_MTU, NULL), before + 1);
	if (_i)
		ck_assert(ptt_sip_can_offer(fx.dialog));
	else
		expect_method("INVITE");
}
END_TEST

/* Next hops: route set first; a name falls back to where he came from. */
START_TEST(hops)
{
	static const struct {
		const char *target, *route, *host, *port, *transport;
		enum ptt_err err;
	} row[] = {
		{"sip:u@192.0.2.1:5070", "", "192.0.2.1", "5070", "", PTT_OK},
		{"sip:u@192.0.2.1", "", "192.0.2.1", "5060", "", PTT_OK},
		{"sip:u@192.0.2.1;transport=TCP", "", "192.0.2.1", "5060", "tcp", PTT_OK},
		{"sips:u@192.0.2.1", "", "192.0.2.1", "5061", "tls", PTT_OK},
		{"sip:u@[2001:db8::1]:5070", "", "[2001:db8::1]", "5070", "", PTT_OK},
		{"sip:u@ue.example.org", "", "203.0.113.9", "40000", "", PTT_OK},
		{"sip:u@192.0.2.1", "<sip:192.0.2.7;lr>,<sip:192.0.2.8;lr>", "192.0.2.7", "5060",
			"", PTT_OK},
		{"tel:+1", "", "", "", "", PTT_ERR_MALFORMED},
		{"", "", "", "", "", PTT_ERR_MALFORMED},
		{"sip:u@192.0.2.1:123456789", "", "", "", "", PTT_ERR_NO_SPACE},
		{"sip:u@192.0.2.1;transport=transporttransport", "", "", "", "", PTT_ERR_MALFORMED},
	};
	struct ptt_dialog_texts texts = {
		.remote_target = row[_i].target, .route_set = row[_i].route};
	struct ptt_dialog *dialog;
	struct ptt_hop hop;

	ck_assert_int_eq(ptt_dialog_new(&dialog, &texts), PTT_OK);
	strcpy(dialog->peer, "203.0.113.9:40000");
	ck_assert_int_eq(ptt_hop_get(&hop, dialog), row[_i].err);
	if (row[_i].err == PTT_OK) {
		ck_assert_str_eq(hop.host, row[_i].host);
		ck_assert_str_eq(hop.port, row[_i].port);
		ck_assert_str_eq(hop.transport, row[_i].transport);
	}
	ptt_dialog_free(dialog);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("rekey_tx");
	TCase *tc = tcase_create("transaction");

	tcase_add_checked_fixture(tc, set_up, tear_down);
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
	tcase_add_loop_test(tc, over_mtu, 0, 2);
	tcase_add_test(tc, over_mtu_by_tcp);
	tcase_add_test(tc, over_mtu_no_tcp);
	tcase_add_test(tc, over_tcp);
	tcase_add_test(tc, tcp_refused);
	suite_add_tcase(s, tc);
	tc = tcase_create("text");
	tcase_add_test(tc, size);
	tcase_add_loop_test(tc, hops, 0, 11);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	SRunner *sr = srunner_create(suite());
	int failed;

	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
