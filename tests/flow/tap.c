/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/flow/tap.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE_MAX 8192

static struct sockaddr_in loopback(uint16_t port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port)};

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return addr;
}

/* Every "127.0.0.1:FROM" becomes "127.0.0.1:TO". */
static void swap_port(char text[MESSAGE_MAX], uint16_t from, uint16_t to)
{
	static char out[MESSAGE_MAX];
	char old[24], new[24], *at, *rest = text;
	size_t used = 0;

	snprintf(old, sizeof(old), "127.0.0.1:%u", from);
	snprintf(new, sizeof(new), "127.0.0.1:%u", to);
	while ((at = strstr(rest, old))) {
		*at = '\0';
		used += (size_t)snprintf(out + used, sizeof(out) - used, "%s%s", rest, new);
		rest = at + strlen(old);
		ck_assert_uint_lt(used, sizeof(out));
	}
	snprintf(out + used, sizeof(out) - used, "%s", rest);
	memcpy(text, out, sizeof(out));
}

/* What the sender calls its own is ours to the receiver, and what it
 * calls ours is the receiver's own. */
static void hand_on(struct tap *tap, const struct tap_message *message)
{
	uint16_t from = message->from_server ? tap->server_port : tap->client_port;
	uint16_t to = message->from_server ? tap->client_port : tap->server_port;
	struct sockaddr_in addr = loopback(to);
	char text[MESSAGE_MAX] = "";

	memcpy(text, message->text, message->len);
	swap_port(text, tap->port, to);
	swap_port(text, from, tap->port);
	ck_assert_int_eq(
		sendto(tap->fd, text, strlen(text), 0, (struct sockaddr *)&addr, sizeof(addr)),
		(ssize_t)strlen(text));
}

static int on_readable(su_root_magic_t *magic, su_wait_t *wait, su_wakeup_arg_t *arg)
{
	struct tap *tap = (struct tap *)arg;
	struct sockaddr_in addr;
	socklen_t addr_len = sizeof(addr);
	char text[MESSAGE_MAX];
	struct tap_message *message = &tap->log[tap->count];
	ssize_t n = recvfrom(
		tap->fd, text, sizeof(text) - 1, MSG_DONTWAIT, (struct sockaddr *)&addr, &addr_len);

	(void)magic;
	(void)wait;
	if (n <= 4) /* nothing, or a keep-alive */
		return 0;
	ck_assert_uint_lt(tap->count, TAP_LOG_MAX);
	message->from_server = ntohs(addr.sin_port) == tap->server_port;
	if (!message->from_server)
		tap->client_port = ntohs(addr.sin_port);
	message->len = (size_t)n;
	message->text = strndup(text, (size_t)n);
	tap->count++;
	message->fate = tap->rule ? tap->rule(tap, message) : TAP_PASS;
	if (message->fate == TAP_PASS)
		hand_on(tap, message);
	return 0;
}

enum tap_fate tap_lose_all(struct tap *tap, struct tap_message *message)
{
	(void)tap;
	(void)message;
	return TAP_DROP;
}

void tap_open(struct tap *tap, su_root_t *root, uint16_t server_port)
{
	struct sockaddr_in addr = loopback(0);
	socklen_t len = sizeof(addr);
	su_wait_t wait[1] = {SU_WAIT_INIT};

	memset(tap, 0, sizeof(*tap));
	tap->root = root;
	tap->server_port = server_port;
	tap->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(tap->fd, 0);
	ck_assert_int_eq(bind(tap->fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(getsockname(tap->fd, (struct sockaddr *)&addr, &len), 0);
	tap->port = ntohs(addr.sin_port);
	ck_assert_int_eq(su_wait_create(wait, tap->fd, SU_WAIT_IN), 0);
	tap->index = su_root_register(root, wait, on_readable, (su_wakeup_arg_t *)tap, 0);
	ck_assert_int_gt(tap->index, 0);
}

void tap_close(struct tap *tap)
{
	su_root_deregister(tap->root, tap->index);
	close(tap->fd);
	for (size_t i = 0; i < tap->count; i++)
		free(tap->log[i].text);
}

void tap_release(struct tap *tap)
{
	for (size_t i = 0; i < tap->count; i++) {
		if (tap->log[i].fate != TAP_HOLD)
			continue;
		tap->log[i].fate = TAP_PASS;
		hand_on(tap, &tap->log[i]);
	}
}

void tap_to_client(struct tap *tap, const struct tap_message *message)
{
	hand_on(tap, message);
}

bool tap_is(const struct tap_message *message, int status, const char *method)
{
	char begin[32];
	const char *cseq;

	if (status == 0) {
		snprintf(begin, sizeof(begin), "%s ", method);
		return strncmp(message->text, begin, strlen(begin)) == 0;
	}
	snprintf(begin, sizeof(begin), "SIP/2.0 %d ", status);
	if (strncmp(message->text, begin, strlen(begin)) != 0)
		return false;
	cseq = tap_line(message, "CSeq:");
	return cseq && strstr(cseq, method);
}

const struct tap_message *tap_find(
	const struct tap *tap, bool from_server, int status, const char *method, int nth)
{
	for (size_t i = 0; i < tap->count; i++)
		if (tap->log[i].from_server == from_server &&
			tap_is(&tap->log[i], status, method) && nth-- == 0)
			return &tap->log[i];
	return NULL;
}

int tap_number(const struct tap *tap, bool from_server, int status, const char *method)
{
	int number = 0;

	while (tap_find(tap, from_server, status, method, number))
		number++;
	return number;
}

const char *tap_line(const struct tap_message *message, const char *begin)
{
	static char lines[2][MESSAGE_MAX];
	static int turn;
	const char *at = message->text;

	while (at && strncasecmp(at, begin, strlen(begin)) != 0) {
		at = strstr(at, "\r\n");
		at = at ? at + 2 : NULL;
	}
	if (!at)
		return NULL;
	at += strlen(begin);
	turn = !turn;
	snprintf(lines[turn], sizeof(lines[turn]), "%.*s", (int)strcspn(at, "\r\n"), at);
	return lines[turn];
}
