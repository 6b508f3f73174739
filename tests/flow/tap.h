/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file tap.h
 * A wire between one client and the server that keeps what passes, and
 * loses or holds what it is told to.
 *
 * It is a UDP port that is the server to the client and the client to the server: it swaps the
 * ports in the messages that it hands on, and nothing else, so sizes and bodies are those of a
 * plain wire.
 */
#ifndef PTT_TEST_TAP_H
#define PTT_TEST_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sofia-sip/su_wait.h>

#define TAP_LOG_MAX 256

enum tap_fate { TAP_PASS, TAP_DROP, TAP_HOLD };

struct tap_message {
	bool from_server;
	enum tap_fate fate;
	size_t len;
	char *text; /**< as it came, with a NUL behind */
};

struct tap;
/** What becomes of a message; called once for each. It may change the text, but not its length. */
typedef enum tap_fate tap_rule(struct tap *tap, struct tap_message *message);

struct tap {
	su_root_t *root;
	int fd, index;
	uint16_t port, server_port, client_port;
	tap_rule *rule; /**< NULL: all pass */
	struct tap_message log[TAP_LOG_MAX];
	size_t count;
};

/** A rule: the two do not hear each other any more. */
tap_rule tap_lose_all;

void tap_open(struct tap *tap, su_root_t *root, uint16_t server_port);
void tap_close(struct tap *tap);
/** Hands on what was held, in order; the rule stands. */
void tap_release(struct tap *tap);
/** Sends a text of ours to the client, as if it were the server. */
void tap_to_client(struct tap *tap, const struct tap_message *message);

/** Is it a request with this method (CSeq's for an answer), or an answer with this status to it? */
bool tap_is(const struct tap_message *message, int status, const char *method);
/** The nth (from 0) from that side of that kind; NULL: none. @p status 0: requests. */
const struct tap_message *tap_find(
	const struct tap *tap, bool from_server, int status, const char *method, int nth);
int tap_number(const struct tap *tap, bool from_server, int status, const char *method);
/** The nth line of the body or a header line that begins so, without it, up to CR; NULL: none.
 * Overwritten by the call after the next. */
const char *tap_line(const struct tap_message *message, const char *begin);

#endif
