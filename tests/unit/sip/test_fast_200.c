/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which responses are read before Sofia reads them, and that all others stay in the socket
 * unchanged. */
#include <poll.h>

#include "module/sip/fast_200.h"
#include "module/sip/udp_peek.h"
#include "tests/unit/check_main.h"
#include "tests/unit/sip/offer_fixture.h"

#define VIA  "v: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKab\r\n"
#define FROM "f: <sip:alpha@example.org>;tag=us\r\n"
#define TO   "t: <sip:u1@example.org>;tag=ue\r\n"
#define REST "i: c1\r\nCSeq: 7 INVITE\r\n"
#define OK   "SIP/2.0 200 OK\r\n"
#define END  "l: 0\r\n\r\n"

static const struct {
	const char *text;
	bool plain;
} replies[] = {
	{OK VIA FROM TO REST END, true},
	{OK VIA FROM TO REST "m: <sip:u1@127.0.0.1:5>\r\n" END, true},
	{OK VIA FROM TO REST "Server: any (thing) \"here\"\r\n" END, true},
	{OK VIA FROM TO REST "c: application/sdp\r\nl: 5\r\n\r\nv=0\r\n", true},
	{OK VIA FROM TO REST "c: application/SDP\r\nl: 5\r\n\r\nv=0\r\n", true},
	/* another status, method, version */
	{"SIP/2.0 202 Accepted\r\n" VIA FROM TO REST END, false},
	{"SIP/2.0 183 X\r\n" VIA FROM TO REST END, false},
	{"INVITE sip:u1@x SIP/2.0\r\n" VIA FROM TO REST END, false},
	{OK VIA FROM TO "i: c1\r\nCSeq: 7 UPDATE\r\n" END, false},
	/* not a length */
	{OK VIA FROM TO REST "c: application/sdp\r\nl: 4\r\n\r\nv=0\r\n", false},
	{OK VIA FROM TO REST "c: application/sdp\r\nl: 6\r\n\r\nv=0\r\n", false},
	{OK VIA FROM TO REST "c: application/sdp\r\n\r\nv=0\r\n", false},
	{OK VIA FROM TO REST "l: 4294967296\r\n\r\n", false},
	{OK VIA FROM TO REST "l: 5\r\n\r\nv=0\r\n", false},
	{OK VIA FROM TO REST "c: multipart/mixed\r\nl: 5\r\n\r\nv=0\r\n", false},
	/* a header twice, or missing */
	{OK VIA VIA FROM TO REST END, false},
	{OK VIA FROM TO REST TO END, false},
	{OK VIA FROM TO REST "l: 0\r\n" END, false},
	{OK VIA FROM REST END, false},
	{OK FROM TO REST END, false},
	{OK "v: SIP/2.0/UDP a;branch=z9hG4bKab;branch=z9hG4bKab\r\n" FROM TO REST END, false},
	{OK "v: SIP/2.0/UDP a;branch=z9hG4bKab, SIP/2.0/UDP b\r\n" FROM TO REST END, false},
	/* a header that might have a meaning */
	{OK VIA FROM TO REST "Require: timer\r\n" END, false},
	{OK VIA FROM TO REST "x: 90;refresher=uac\r\n" END, false},
	{OK VIA FROM TO REST "m: <sip:u1@a>,<sip:u1@b>\r\n" END, false},
	{OK VIA FROM TO REST "m: <sip:u1@a?X=y>\r\n" END, false},
	{OK VIA FROM "t: \"u\" <sip:u1@example.org>;tag=ue\r\n" REST END, false},
	{OK VIA FROM "t: <sip:u1@example.org>\r\n" REST END, false},
	/* form */
	{OK VIA FROM TO REST " folded\r\n" END, false},
	{OK VIA FROM TO "i : c1\r\nCSeq: 7 INVITE\r\n" END, false},
	{OK VIA FROM TO REST "l: 0\n\n", false},
	{OK VIA FROM TO REST "l: 0\r\n", false},
	{"\r\n" OK VIA FROM TO REST END, false},
	{"", false},
};

START_TEST(plain_or_not)
{
	struct ptt_fast_200 reply;

	ck_assert_int_eq(ptt_fast_200_get(&reply, ptt_bytes_of_str(replies[_i].text)),
		replies[_i].plain ? PTT_OK : PTT_ERR_UNSUPPORTED);
	if (!replies[_i].plain)
		return;
	ck_assert(ptt_bytes_equal(reply.branch, ptt_bytes_of_str("z9hG4bKab")));
	ck_assert(ptt_bytes_equal(reply.from_tag, ptt_bytes_of_str("us")));
	ck_assert(ptt_bytes_equal(reply.to_tag, ptt_bytes_of_str("ue")));
	ck_assert(ptt_bytes_equal(reply.call_id, ptt_bytes_of_str("c1")));
	ck_assert_uint_eq(reply.cseq, 7);
}
END_TEST

static const struct {
	const char *value;
	bool plain, update;
} allows[] = {
	{"INVITE, ACK,UPDATE", true, true},
	{"INVITE", true, false},
	{"UPDATED, update", true, false},
	{"", true, false},
	{"INVITE ACK", false, false},
	{"INVITE,,ACK", false, false},
};

START_TEST(allow)
{
	struct ptt_fast_200 reply;
	char text[512];

	snprintf(text, sizeof(text), OK VIA FROM TO REST "Allow: %s\r\n" END, allows[_i].value);
	ck_assert_int_eq(ptt_fast_200_get(&reply, ptt_bytes_of_str(text)),
		allows[_i].plain ? PTT_OK : PTT_ERR_UNSUPPORTED);
	ck_assert(!allows[_i].plain || reply.allows_update == allows[_i].update);
}
END_TEST

/* --- the socket --- */

static int ours, theirs;

static void open_sockets(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);

	ours = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	theirs = socket(AF_INET, SOCK_DGRAM, 0);
	ck_assert_int_eq(bind(ours, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(getsockname(ours, (struct sockaddr *)&at, &len), 0);
	ck_assert_int_eq(connect(theirs, (struct sockaddr *)&at, sizeof(at)), 0);
}

static void close_sockets(void)
{
	close(ours);
	close(theirs);
}

static bool take_digits(void *ctx, struct ptt_bytes datagram, const struct sockaddr_in6 *from)
{
	char *taken = ctx;
	size_t len = strlen(taken);

	(void)from;
	if (datagram.data[0] < '0' || datagram.data[0] > '9')
		return false;
	taken[len] = (char)datagram.data[0];
	taken[len + 1] = '\0';
	return true;
}

static void put(const char *datagrams)
{
	for (; *datagrams; datagrams++)
		ck_assert_int_eq(send(theirs, datagrams, *datagrams == '.' ? 0 : 1, 0),
			*datagrams == '.' ? 0 : 1);
}

/* The first datagram that is not ours, and all behind it, stay for the owner in order. */
START_TEST(leaves_the_rest)
{
	char taken[256] = "", in[16];
	struct ptt_udp_peek *peek;

	ck_assert_int_eq(ptt_udp_peek_new(&peek, &ours, take_digits, taken), PTT_OK);
	put("12a3");
	ck_assert_uint_eq(ptt_udp_peek_run(peek), 2);
	ck_assert_uint_eq(ptt_udp_peek_run(peek), 0);
	ck_assert(!ptt_udp_peek_emptied(peek));
	ck_assert_str_eq(taken, "12");
	ck_assert_int_eq(recv(ours, in, sizeof(in), 0), 1);
	ck_assert_int_eq(in[0], 'a');
	put("4.5");
	ck_assert_uint_eq(ptt_udp_peek_run(peek), 2);
	ck_assert_str_eq(taken, "1234");
	ck_assert_int_eq(recv(ours, in, sizeof(in), 0), 0);
	ck_assert_uint_eq(ptt_udp_peek_run(peek), 1);
	ck_assert(ptt_udp_peek_emptied(peek));
	ck_assert_uint_eq(ptt_udp_peek_run(peek), 0);
	ck_assert(ptt_udp_peek_emptied(peek));
	ck_assert_int_eq(recv(ours, in, sizeof(in), 0), -1);
	ck_assert_str_eq(taken, "12345");
	put("bc");
	ck_assert_uint_eq(ptt_udp_peek_run(peek), 0);
	ptt_udp_peek_free(peek);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(recv(ours, in, sizeof(in), MSG_PEEK), 1);
		ck_assert_int_eq(in[0], 'b'); /* a later peek sees the head */
	}
}
END_TEST

/* More datagrams than one peek holds; then one that does not fit, which stays whole. */
START_TEST(many_and_large)
{
	char taken[256] = "", large[6000], in[8000];
	struct ptt_udp_peek *peek;

	ck_assert_int_eq(ptt_udp_peek_new(&peek, &ours, take_digits, taken), PTT_OK);
	for (int i = 0; i < 70; i++)
		put("7");
	memset(large, '8', sizeof(large));
	ck_assert_int_eq(send(theirs, large, sizeof(large), 0), sizeof(large));
	put("9");
	ck_assert_uint_eq(ptt_udp_peek_run(peek), 70);
	ck_assert_uint_eq(ptt_udp_peek_run(peek), 0);
	ck_assert_int_eq(recv(ours, in, sizeof(in), 0), sizeof(large));
	ck_assert_uint_eq(ptt_udp_peek_run(peek), 1);
	ptt_udp_peek_free(peek);
}
END_TEST

/* --- the whole --- */

/* A plain 200 never reaches Sofia. A 200 with a new Contact does, and accepts the offer too. */
START_TEST(in_front_of_sofia)
{
	const char *contact = _i ? "Contact: <sip:new@127.0.0.1:5999>\r\n" : "";

	offer("v=0\r\n", 4);
	expect_method("INVITE");
	ue_answer(&offers_fx, 200, contact, "v=0\r\ns=answer\r\n");
	fixture_step(&offers_fx, 20);
	ck_assert_str_eq(offers_fx.heard, "offer-200");
	ck_assert_uint_eq(offers_fx.cookie, 4);
	ck_assert_uint_eq(offers_fx.dialog->cseq_acked, 1);
	ck_assert_int_eq(offers_fx.responses, _i);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fast_200");
	TCase *text = tcase_create("text"), *sockets = tcase_create("sockets"),
	      *whole = tcase_create("whole");

	tcase_add_loop_test(text, plain_or_not, 0, sizeof(replies) / sizeof(replies[0]));
	tcase_add_loop_test(text, allow, 0, sizeof(allows) / sizeof(allows[0]));
	suite_add_tcase(s, text);
	tcase_add_checked_fixture(sockets, open_sockets, close_sockets);
	tcase_add_test(sockets, leaves_the_rest);
	tcase_add_test(sockets, many_and_large);
	suite_add_tcase(s, sockets);
	tcase_add_checked_fixture(whole, set_up_peek, offers_tear_down);
	tcase_add_loop_test(whole, in_front_of_sofia, 0, 2);
	suite_add_tcase(s, whole);
	return check_run(s);
}
