/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Size of offers, and their transport and next hop. RFC 3261 18.1.1. */
#include "tests/unit/check_main.h"
#include "tests/unit/sip/offer_fixture.h"

static int route_case;

/* An offer to a TCP member goes over its connection; if that is lost, to its Contact. */
START_TEST(over_tcp)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof(addr);

	ck_assert_int_eq(bind(listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&addr, &len), 0);
	ue_connect(&offers_fx, ntohs(addr.sin_port));
	ue_join(&offers_fx, "tcp", tag);
	offers_fx.heard[0] = '\0';
	offer("v=0\r\n", 1);
	expect_method("INVITE");
	ck_assert_ptr_nonnull(strstr(ue_header(&offers_fx, "v"), "SIP/2.0/TCP"));
	ck_assert_ptr_nonnull(strstr(ue_header(&offers_fx, "m"), "transport=tcp"));
	ue_answer(&offers_fx, 200, "", "");
	expect_method("ACK");
	close(offers_fx.sock);
	fixture_step(&offers_fx, 50);
	offer("v=0\r\n", 2);
	fixture_step(&offers_fx, 50);
	offers_fx.sock = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	ck_assert_int_ge(offers_fx.sock, 0);
	expect_method("INVITE");
	ue_answer(&offers_fx, 200, "", "");
	expect_method("ACK");
	ptt_sip_bye(offers_fx.dialog, NULL);
	expect_method("BYE");
	ue_answer(&offers_fx, 200, "", "");
	fixture_step(&offers_fx, 20);
	ck_assert_str_eq(offers_fx.heard, "offer-200 offer-200");
	ck_assert_uint_eq(ptt_sip_pending(offers_fx.sip), 0);
	close(listener);
}
END_TEST

/* As above, but nobody listens on TCP: UDP at once, and the metric counts it once more. */
START_TEST(over_mtu_no_tcp)
{
	const struct ptt_sip_options options = {.t1_ms = 400, .over_mtu = PTT_SIP_OVER_MTU_TCP};
	char body[1200];
	int64_t before;

	fixture_close(&offers_fx);
	open_with(&options);
	memset(body, 'x', sizeof(body));
	before = ptt_metric_get(PTT_METRIC_OVER_MTU, NULL);
	ck_assert_int_eq(ptt_sip_offer(offers_fx.dialog, body, sizeof(body), 1), PTT_OK);
	expect_method("INVITE");
	ck_assert_ptr_nonnull(strstr(ue_header(&offers_fx, "v"), "SIP/2.0/UDP"));
	ck_assert_uint_eq(strlen(ue_body(&offers_fx)), sizeof(body));
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_OVER_MTU, NULL), before + 2);
	ue_answer(&offers_fx, 200, "", "");
	expect_method("ACK");
	ck_assert_str_eq(offers_fx.heard, "offer-200");
}
END_TEST

/* PTT_SIP_OVER_MTU_TCP: an offer over 1300 bytes goes to the same host and port by TCP; the next
 * small one goes by UDP. */
START_TEST(over_mtu_by_tcp)
{
	const struct ptt_sip_options options = {.t1_ms = 40, .over_mtu = PTT_SIP_OVER_MTU_TCP};
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int udp, listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	char body[1200];

	fixture_close(&offers_fx);
	open_with(&options);
	addr.sin_port = htons((uint16_t)offers_fx.port);
	ck_assert_int_eq(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	memset(body, 'x', sizeof(body));
	ck_assert_int_eq(ptt_sip_offer(offers_fx.dialog, body, sizeof(body), 1), PTT_OK);
	fixture_step(&offers_fx, 50);
	udp = offers_fx.sock;
	offers_fx.sock = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	ck_assert_int_ge(offers_fx.sock, 0);
	expect_method("INVITE");
	ck_assert_ptr_nonnull(strstr(ue_header(&offers_fx, "v"), "SIP/2.0/TCP"));
	ue_answer(&offers_fx, 200, "", "");
	expect_method("ACK");
	close(offers_fx.sock);
	close(listener);
	offers_fx.sock = udp;
	offer("v=0\r\n", 2);
	expect_method("INVITE");
	ck_assert_ptr_nonnull(strstr(ue_header(&offers_fx, "v"), "SIP/2.0/UDP"));
	ck_assert_str_eq(offers_fx.heard, "offer-200");
}
END_TEST

/* Nobody listens at the Contact any more: the offer ends within a bound. */
START_TEST(tcp_refused)
{
	const struct ptt_sip_options options = {.t1_ms = 10, .own_default = true};

	fixture_close(&offers_fx);
	fixture_open(&offers_fx, &options);
	ue_connect(&offers_fx, 1);
	ue_join(&offers_fx, "tcp", tag);
	offers_fx.heard[0] = '\0';
	shutdown(offers_fx.sock, SHUT_RDWR);
	fixture_step(&offers_fx, 50);
	if (ptt_sip_offer(offers_fx.dialog, "v=0\r\n", 5, 1) == PTT_OK)
		for (int i = 0; i < 500 && !offers_fx.heard[0]; i++)
			fixture_step(&offers_fx, 10);
	else
		strcpy(offers_fx.heard, "offer-408");
	ck_assert_str_eq(offers_fx.heard, "offer-408");
}
END_TEST

/* docs/wire.md section 4, "Size": the lab form with a body of 856 bytes fits. A larger offer is
 * counted, and sent or refused. */
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
	struct ptt_offer_head head = {
		.via = &lab, .branch = "z9hG4bK0123456789abcdef", .cseq = 1001};
	struct ptt_dialog *dialog;
	char out[PTT_OFFER_TEXT_MAX];
	size_t len;

	memset(body, 'x', sizeof(body));
	ck_assert_int_eq(ptt_dialog_new(&dialog, &texts), PTT_OK);
	dialog->listener = &lab;
	head.dialog = dialog;
	ck_assert_int_eq(ptt_offer_invite_put(out, &len, &head, PTT_BYTES_OF(body)), PTT_OK);
	ck_assert_msg(len <= PTT_SIP_UDP_MAX, "%zu bytes", len);
	ptt_dialog_free(dialog);
}
END_TEST

/* RFC 3261 12.2.1.1: a first route without lr is the Request-URI, and the target is the last Route;
 * the same for BYE. */
static const struct {
	const char *route_set, *uri, *route;
} routed[] = {
	{"<sip:127.0.0.1:%u;lr>,<sip:b@10.0.0.2;lr>", "sip:u1@10.0.0.9:7",
		"<sip:127.0.0.1:%u;lr>,<sip:b@10.0.0.2;lr>"},
	{"<sip:127.0.0.1:%u;lr=on>", "sip:u1@10.0.0.9:7", "<sip:127.0.0.1:%u;lr=on>"},
	{"<sip:127.0.0.1:%u>,<sip:b@10.0.0.2;lr>", "sip:127.0.0.1:%u",
		"<sip:b@10.0.0.2;lr>,<sip:u1@10.0.0.9:7>"},
	{"<sip:127.0.0.1:%u;lrx=1>", "sip:127.0.0.1:%u;lrx=1", "<sip:u1@10.0.0.9:7>"},
};

/* Joins all Route lines, without blanks behind the commas. */
static void all_routes(char *out, size_t room)
{
	out[0] = '\0';
	for (const char *at = offers_fx.in; (at = strstr(at, "\r\nRoute: ")) != NULL; at += 2)
		snprintf(out + strlen(out), room - strlen(out), "%s%.*s", out[0] ? "," : "",
			(int)strcspn(at + 9, "\r"), at + 9);
	for (char *blank; (blank = strstr(out, ", ")) != NULL;)
		memmove(blank + 1, blank + 2, strlen(blank + 2) + 1);
}

static void check_way(const char *method)
{
	char line[300], want[256], route[256];

	expect_method(method);
	snprintf(want, sizeof(want), routed[route_case].uri, offers_fx.port);
	snprintf(line, sizeof(line), "%s %s SIP/2.0\r\n", method, want);
	ck_assert_msg(
		strncmp(offers_fx.in, line, strlen(line)) == 0, "%s, not: %s", line, offers_fx.in);
	snprintf(route, sizeof(route), routed[route_case].route, offers_fx.port);
	all_routes(want, sizeof(want));
	ck_assert_str_eq(want, route);
}

START_TEST(routes)
{
	struct ptt_dialog_row row = {.call_id = "r1",
		.local_tag = "l",
		.remote_tag = "ue",
		.local_uri = FIXTURE_GROUP,
		.remote_uri = FIXTURE_USER,
		.remote_target = "sip:u1@10.0.0.9:7",
		.transport = "udp sip:127.0.0.1:1 127.0.0.1:9",
		.cseq_reserved = 5,
		.o_version_reserved = 5};
	char set[256];

	route_case = _i;
	snprintf(set, sizeof(set), routed[_i].route_set, offers_fx.port);
	row.route_set = set;
	ptt_sip_drop(offers_fx.dialog);
	ck_assert_int_eq(ptt_sip_restore(offers_fx.sip, &offers_fx.dialog, &row), PTT_OK);
	ptt_dialog_set_reserved(offers_fx.dialog, 100, 100);
	offer("v=0\r\n", 1);
	check_way("INVITE");
	ue_answer(&offers_fx, 200, "", "");
	check_way("ACK");
	ck_assert_str_eq(offers_fx.heard, "offer-200");
	ptt_sip_bye(offers_fx.dialog, NULL);
	check_way("BYE");
	ue_answer(&offers_fx, 200, "", "");
	fixture_step(&offers_fx, 20);
	ck_assert_uint_eq(ptt_sip_pending(offers_fx.sip), 0);
}
END_TEST

/* The size includes the session timer and each Route. */
START_TEST(over_mtu_by_what_is_added)
{
	const struct ptt_sip_options options = {.t1_ms = 400, .over_mtu = PTT_SIP_OVER_MTU_TCP};
	char body[1200], route[200];
	size_t fits;
	int64_t before;

	fixture_close(&offers_fx);
	open_with(&options);
	memset(body, 'x', sizeof(body));
	before = ptt_metric_get(PTT_METRIC_OVER_MTU, NULL);
	ck_assert_int_eq(ptt_sip_offer(offers_fx.dialog, body, 800, 1), PTT_OK);
	expect_method("INVITE");
	fits = 800 + PTT_SIP_UDP_MAX - offers_fx.in_len - 1; /* Content-Length has one digit more */
	ue_answer(&offers_fx, 200, "", "");
	expect_method("ACK");
	ck_assert_int_eq(ptt_sip_offer(offers_fx.dialog, body, fits, 1), PTT_OK);
	expect_method("INVITE");
	ck_assert_uint_eq(offers_fx.in_len, PTT_SIP_UDP_MAX);
	ue_answer(&offers_fx, 200, "", "");
	expect_method("ACK");
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_OVER_MTU, NULL), before);
	if (_i == 0) {
		offers_fx.dialog->session.interval_s = 1800;
	} else {
		snprintf(route, sizeof(route), "<sip:127.0.0.1:%u;lr>", offers_fx.port);
		offers_fx.dialog->route_set = route;
	}
	ck_assert_int_eq(ptt_sip_offer(offers_fx.dialog, body, fits, 1), PTT_OK);
	expect_method("INVITE"); /* TCP was refused: sent by UDP, and counted once more */
	ck_assert_uint_gt(offers_fx.in_len, PTT_SIP_UDP_MAX);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_OVER_MTU, NULL), before + 2);
	ue_answer(&offers_fx, 200, "", "");
	expect_method("ACK");
	offers_fx.dialog->route_set = "";
}
END_TEST

START_TEST(over_mtu)
{
	const struct ptt_sip_options options = {
		.t1_ms = 40, .over_mtu = _i ? PTT_SIP_OVER_MTU_REFUSE : PTT_SIP_OVER_MTU_SEND};
	char body[1200];
	int64_t before;

	fixture_close(&offers_fx);
	open_with(&options);
	memset(body, 'x', sizeof(body));
	before = ptt_metric_get(PTT_METRIC_OVER_MTU, NULL);
	ck_assert_int_eq(ptt_sip_offer(offers_fx.dialog, body, sizeof(body), 1),
		_i ? PTT_ERR_NO_SPACE : PTT_OK);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_OVER_MTU, NULL), before + 1);
	if (_i)
		ck_assert(ptt_sip_can_offer(offers_fx.dialog));
	else
		expect_method("INVITE");
}
END_TEST

/* Next hop: the route set first; for a host name the address of the last request. */
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

int main(void)
{
	Suite *s = suite_create("rekey_size");
	TCase *tc = tcase_create("transaction");

	tcase_add_checked_fixture(tc, offers_set_up, offers_tear_down);
	tcase_add_loop_test(tc, routes, 0, 4);
	tcase_add_loop_test(tc, over_mtu_by_what_is_added, 0, 2);
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
	return check_run(s);
}
