/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file control.h
 * The control socket: a unix stream socket of mode 0600 on the SIP su_root, and the tool's side of
 * it.
 *
 * A request is one line of JSON, {"cmd":NAME,"args":{...}}; the answer is one line,
 * {"ok":true,"result":{...}} or {"ok":false,"error":WORD,"text":...}. Handlers may answer later:
 * `expel` answers when it is durable. After "watch" the connection gets one JSON line an event
 * until it closes. Requests are
 * 64 KiB at most, clients 32; one that does not read (64 MiB of answers, 1 MiB of events waiting)
 * is closed.
 */
#ifndef PTT_CONTROL_H
#define PTT_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>
#include <sofia-sip/su_wait.h>

#include "crypto/err.h"

struct ptt_control;
struct ptt_control_reply;

/**
 * Handles one command. @p args is an object (empty if the request has none), borrowed during the
 * call.
 * Keeps: @p reply until it is answered, exactly once, by one of the two functions below, now or
 * later on the same thread; it stays valid when the client goes or the socket closes.
 */
typedef void ptt_control_fn(void *ctx, struct ptt_control_reply *reply, const json_t *args);

struct ptt_control_handler {
	const char *name;
	ptt_control_fn *fn;
};

/** @p result is stolen; NULL is an empty object. */
void ptt_control_ok(struct ptt_control_reply *reply, json_t *result);
/** @p text is for people; the word of @p err is for programs (see ptt_control_err_word()). */
void ptt_control_error(struct ptt_control_reply *reply, enum ptt_err err, const char *text);

/**
 * Listens at @p path. A socket file that nobody listens on is replaced; one that somebody does is
 * BUSY.
 * @p table ends with a NULL name and is kept, as is @p ctx. "watch" is built in.
 * Errors: BUSY, SYSTEM; @p text says what.
 */
struct ptt_control_options {
	su_root_t *root;
	const char *path;
	const struct ptt_control_handler *table;
	void *ctx;
};
enum ptt_err ptt_control_open(struct ptt_control **out, const struct ptt_control_options *options,
	char *text, size_t text_size) PTT_MUST_CHECK;
/** Closes all clients and removes the socket file; never from within a handler. NULL is fine. */
void ptt_control_close(struct ptt_control *control);
/**
 * Answers with @p result (stolen), and from then on the client gets the lines of
 * ptt_control_event_on() for this topic, until it closes. One topic a client: the last one counts.
 * Keeps: @p topic as a number; it is compared, never read.
 */
void ptt_control_follow(struct ptt_control_reply *reply, json_t *result, const void *topic);
/** One line to every client that follows @p topic; @p event is stolen. */
void ptt_control_event_on(struct ptt_control *control, const void *topic, json_t *event);
bool ptt_control_followed(const struct ptt_control *control, const void *topic);
/** One line to every watcher; @p event is stolen. */
void ptt_control_event(struct ptt_control *control, json_t *event);
/** True if somebody watches (so that events need not be built for nobody). */
bool ptt_control_watched(const struct ptt_control *control);

/** "malformed" "no-such" "busy" ... : the "error" member of an answer. */
const char *ptt_control_err_word(enum ptt_err err);

/** The tool's side, blocking. */
struct ptt_control_client {
	int fd;
	char *buf;
	size_t len, size; /**< bytes used, bytes there */
};
/** Errors: SYSTEM: nobody listens there. */
enum ptt_err ptt_control_connect(
	struct ptt_control_client *client, const char *path) PTT_MUST_CHECK;
/** Sends one request. @p args is stolen, may be NULL. */
enum ptt_err ptt_control_send(
	struct ptt_control_client *client, const char *cmd, json_t *args) PTT_MUST_CHECK;
/**
 * Waits for one line; @p timeout_ms < 0: for ever. Errors: BUSY: timeout; SYSTEM: closed. Keeps:
 * the caller's.
 */
enum ptt_err ptt_control_receive(
	struct ptt_control_client *client, json_t **out, int timeout_ms) PTT_MUST_CHECK;
void ptt_control_disconnect(struct ptt_control_client *client);

#endif
