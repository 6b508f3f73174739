/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Datagrams of a turn leave together and in order. Datagrams that a full socket refuses wait, and
 * their number is bounded. */
#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sofia-sip/su.h>

#include "module/base/metrics.h"
#include "module/sip/udp_batch.h"
#include "tests/unit/check_main.h"

static su_root_t *root;
static int ours, theirs; /* ours: the batch's */
static struct ptt_udp_batch *batch;

static void open_batch(void)
{
	ck_assert_int_eq(su_init(), 0);
	root = su_root_create(NULL);
	ck_assert_int_eq(ptt_udp_batch_new(&batch, root, &ours), PTT_OK);
}

/* A socket pair holds some ten datagrams, then sendmmsg() fails with EAGAIN. */
static void set_up_pair(void)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair), 0);
	ours = pair[0];
	theirs = pair[1];
	open_batch();
}

static int bound(int family, struct sockaddr_in6 *at)
{
	struct sockaddr_in *at4 = (void *)at;
	socklen_t len = sizeof(*at);
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	*at = (struct sockaddr_in6){.sin6_family = (sa_family_t)family};
	if (family == AF_INET)
		at4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(
		bind(fd, (struct sockaddr *)at, family == AF_INET ? sizeof(*at4) : len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)at, &len), 0);
	return fd;
}

static void tear_down(void)
{
	ptt_udp_batch_free(batch);
	su_root_destroy(root);
	su_deinit();
	close(ours);
	close(theirs);
}

static enum ptt_err add(unsigned number, size_t len, const struct sockaddr_in6 *to)
{
	static uint8_t text[8000];

	memset(text, 'x', sizeof(text));
	snprintf((char *)text, sizeof(text), "%u", number);
	return ptt_udp_batch_add(batch, to, (struct ptt_bytes){text, len});
}

/* The number of the next datagram; -1: the socket is empty. */
static int next(size_t len)
{
	char text[8000];
	ssize_t got = recv(theirs, text, sizeof(text), MSG_DONTWAIT);

	if (got < 0)
		return -1;
	ck_assert_uint_eq((size_t)got, len);
	return atoi(text);
}

static void turn(void)
{
	su_root_step(root, 0);
	su_root_step(root, 0);
}

START_TEST(leaves_with_the_turn)
{
	ck_assert_int_eq(add(0, 100, NULL), PTT_OK);
	ck_assert_int_eq(add(1, 100, NULL), PTT_OK);
	ck_assert_int_eq(next(100), -1);
	turn();
	ck_assert_int_eq(next(100), 0);
	ck_assert_int_eq(next(100), 1);
	ck_assert_int_eq(next(100), -1);
}
END_TEST

/* Turns until datagram @p number is there. A turn with a timer due within 1 ms does not sleep, so
 * the wait is bounded in time and not in turns. */
static bool comes_within(int number, size_t len, double seconds)
{
	su_time_t start = su_now();

	while (next(len) != number) {
		if (su_time_diff(su_now(), start) > seconds)
			return false;
		su_root_step(root, 1);
	}
	return true;
}

/* Unread input makes more to send, so the batch waits for it, but only for 1 ms. */
START_TEST(waits_while_there_is_more_to_read)
{
	su_time_t start = su_now();
	int early;

	ck_assert_int_eq(send(theirs, "in", 2, 0), 2);
	ck_assert_int_eq(add(0, 100, NULL), PTT_OK);
	turn();
	early = next(100);
	if (su_time_diff(su_now(), start) < 0.001)
		ck_assert_int_eq(early, -1);
	ck_assert_int_eq(add(1, 100, NULL), PTT_OK);
	ck_assert(comes_within(1, 100, 10));
}
END_TEST

/* The order survives any number of full sockets; no datagram is lost while a place is free. */
START_TEST(full_socket)
{
	int expected = 0, number;
	int64_t dropped = ptt_metric_get(PTT_METRIC_DROPPED, "sip");

	for (unsigned i = 0; i < 64; i++)
		ck_assert_int_eq(add(i, 1300, NULL), PTT_OK);
	for (int turns = 0; expected < 64 && turns < 2000; turns++) {
		su_root_step(root, 5);
		while ((number = next(1300)) >= 0)
			ck_assert_int_eq(number, expected++);
	}
	ck_assert_int_eq(expected, 64);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_DROPPED, "sip"), dropped);
}
END_TEST

/* Nobody reads: the queue is bounded; each dropped datagram is logged and counted. */
START_TEST(bounded)
{
	int64_t dropped = ptt_metric_get(PTT_METRIC_DROPPED, "sip");
	int taken = 0, came = 0;

	for (unsigned i = 0; i < 10000; i++)
		taken += add(i, 1300, NULL) == PTT_OK;
	ck_assert_int_lt(taken, 9000);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_DROPPED, "sip") - dropped, 10000 - taken);
	for (int turns = 0; came < taken && turns < 2000; turns++) {
		su_root_step(root, 5);
		while (next(1300) >= 0)
			came++;
	}
	ck_assert_int_eq(came, taken);
}
END_TEST

/* More bytes than the batch has room for at once. */
START_TEST(large)
{
	int number, expected = 0;

	for (unsigned i = 0; i < 40; i++) {
		ck_assert_int_eq(add(i, 6144, NULL), PTT_OK);
		if (i % 4 == 3)
			turn();
		while ((number = next(6144)) >= 0)
			ck_assert_int_eq(number, expected++);
	}
	ck_assert_int_eq(expected, 40);
}
END_TEST

/* An IPv4 address works on an IPv4 socket, and mapped on an IPv6 socket. An IPv6 address on an IPv4
 * socket is refused. */
START_TEST(addresses)
{
	struct sockaddr_in6 own, to;

	ours = bound(_i ? AF_INET6 : AF_INET, &own);
	theirs = bound(AF_INET, &to);
	open_batch();
	ck_assert_int_eq(add(7, 100, &to), PTT_OK);
	ptt_udp_batch_flush(batch);
	ck_assert_int_eq(poll(&(struct pollfd){.fd = theirs, .events = POLLIN}, 1, 2000), 1);
	ck_assert_int_eq(next(100), 7);
	to.sin6_family = AF_INET6;
	ck_assert_int_eq(add(8, 100, &to), _i ? PTT_OK : PTT_ERR_UNSUPPORTED);
}
END_TEST

/* An ICMP error about one datagram does not lose the next one. */
START_TEST(after_an_icmp_error)
{
	struct sockaddr_in6 own, to, gone;
	int nobody = bound(AF_INET, &gone), on = 1;

	ours = bound(AF_INET, &own);
	setsockopt(ours, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
	theirs = bound(AF_INET, &to);
	open_batch();
	close(nobody);
	for (unsigned i = 0; i < 10; i++) {
		ck_assert_int_eq(add(99, 100, &gone), PTT_OK);
		ptt_udp_batch_flush(batch);
		poll(&(struct pollfd){.fd = ours, .events = POLLERR}, 1, 2000);
		ck_assert_int_eq(add(i, 100, &to), PTT_OK);
		ptt_udp_batch_flush(batch);
		ck_assert_int_eq(
			poll(&(struct pollfd){.fd = theirs, .events = POLLIN}, 1, 2000), 1);
		ck_assert_int_eq(next(100), (int)i);
	}
}
END_TEST

/* After Sofia closed the socket the batch sends nothing: the number may be another file's now. */
START_TEST(closed)
{
	int fd = ours;

	ours = -1;
	ck_assert_int_eq(add(0, 100, NULL), PTT_OK);
	turn();
	ck_assert_int_eq(next(100), -1);
	ours = fd;
	ck_assert_int_eq(add(1, 100, NULL), PTT_OK);
	turn();
	ck_assert_int_eq(next(100), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("udp_batch");
	TCase *pair = tcase_create("pair"), *udp = tcase_create("udp");

	tcase_set_timeout(pair, 30);
	tcase_add_checked_fixture(pair, set_up_pair, tear_down);
	tcase_add_test(pair, leaves_with_the_turn);
	tcase_add_test(pair, waits_while_there_is_more_to_read);
	tcase_add_test(pair, full_socket);
	tcase_add_test(pair, bounded);
	tcase_add_test(pair, large);
	tcase_add_test(pair, closed);
	suite_add_tcase(s, pair);
	tcase_add_checked_fixture(udp, NULL, tear_down);
	tcase_add_loop_test(udp, addresses, 0, 2);
	tcase_add_test(udp, after_an_icmp_error);
	suite_add_tcase(s, udp);
	return check_run(s);
}
