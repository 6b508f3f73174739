/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/ops/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "module/base/list.h"
#include "module/base/metrics.h"

#define CLIENTS_MAX  32
#define LINE_MAX_LEN 65536
#define OUT_MAX      (64u << 20)
#define EVENTS_MAX   (1u << 20)

/* One connection. */
struct peer {
	struct ptt_control *control;
	int fd;            /* -1: the slot is free */
	int index;         /* of its su_wait */
	const void *topic; /* whose events it gets; the control itself: "watch"; NULL: none */
	bool closing;      /* close once the output is written */
	uint32_t serial;   /* tells this client from an earlier one in the slot */
	char *in, *out;
	size_t in_len;
	size_t out_len, out_done; /* bytes queued; of them written */
};

struct ptt_control {
	su_root_t *root;
	const struct ptt_control_handler *table;
	void *ctx;
	int fd, index;
	bool busy; /* inside a callback of a client: closing one waits for its end */
	char path[108];
	struct ptt_control_reply *pending; /* unanswered; they outlive the socket */
	struct peer peers[CLIENTS_MAX];
};

struct ptt_control_reply {
	struct ptt_control *control; /* NULL: the socket is closed */
	size_t slot;
	uint32_t serial;
	struct ptt_control_reply *next, **link;
};

/* ---- a client ---- */

static void peer_close(struct peer *peer)
{
	if (peer->fd < 0)
		return;
	su_root_deregister(peer->control->root, peer->index);
	close(peer->fd);
	free(peer->in);
	free(peer->out);
	peer->fd = -1;
	peer->in = peer->out = NULL;
	peer->in_len = peer->out_len = peer->out_done = 0;
	peer->topic = NULL;
	peer->closing = false;
	peer->serial++;
}

/** Writes what the socket takes. @return false if the client is gone */
static bool flush(struct peer *peer)
{
	ssize_t len = 1;

	while (peer->out_done < peer->out_len && len > 0) {
		len = send(peer->fd, peer->out + peer->out_done, peer->out_len - peer->out_done,
			MSG_NOSIGNAL | MSG_DONTWAIT);
		if (len > 0)
			peer->out_done += (size_t)len;
	}
	if (peer->out_done == peer->out_len) {
		free(peer->out);
		peer->out = NULL;
		peer->out_done = peer->out_len = 0;
	}
	if (len < 0 && errno != EAGAIN && errno != EINTR)
		return false;
	su_root_eventmask(peer->control->root, peer->index, peer->fd,
		peer->out_len > 0 ? SU_WAIT_IN | SU_WAIT_OUT : SU_WAIT_IN);
	return true;
}

static bool queue_line(struct peer *peer, const char *line, size_t len)
{
	size_t max = peer->topic ? EVENTS_MAX : OUT_MAX;
	char *out;

	if (peer->out_done > 0) {
		peer->out_len -= peer->out_done;
		memmove(peer->out, peer->out + peer->out_done, peer->out_len);
		peer->out_done = 0;
	}
	if (len + 1 > max || peer->out_len > max - len - 1)
		return false;
	out = realloc(peer->out, peer->out_len + len + 1);
	if (!out)
		return false;
	memcpy(out + peer->out_len, line, len);
	out[peer->out_len + len] = '\n';
	peer->out = out;
	peer->out_len += len + 1;
	return true;
}

static void peer_send(struct peer *peer, json_t *json)
{
	char *line = json_dumps(json, JSON_COMPACT);
	bool queued;

	json_decref(json);
	if (peer->fd < 0 || peer->closing) {
		free(line);
		return;
	}
	queued = line && queue_line(peer, line, strlen(line));
	free(line);
	if (queued && flush(peer))
		return;
	/* a client that does not read, or is gone: it must not hold the server up */
	ptt_metric_inc_label(PTT_METRIC_DROPPED, "control");
	if (peer->control->busy)
		peer->closing = true;
	else
		peer_close(peer);
}

/* ---- commands ---- */

const char *ptt_control_err_word(enum ptt_err err)
{
	static const char *const words[] = {[PTT_OK] = "ok",
		[PTT_ERR_MALFORMED] = "malformed",
		[PTT_ERR_AUTH] = "auth",
		[PTT_ERR_REPLAY] = "replay",
		[PTT_ERR_UNSUPPORTED] = "unsupported",
		[PTT_ERR_NO_KEY] = "no-such",
		[PTT_ERR_MISMATCH] = "mismatch",
		[PTT_ERR_NO_SPACE] = "no-space",
		[PTT_ERR_EXHAUSTED] = "exhausted",
		[PTT_ERR_BUSY] = "busy",
		[PTT_ERR_SYSTEM] = "system"};

	return (size_t)err < sizeof(words) / sizeof(words[0]) ? words[err] : "system";
}

static json_t *error_line(enum ptt_err err, const char *text)
{
	json_t *line = json_pack(
		"{s:b, s:s, s:s}", "ok", 0, "error", ptt_control_err_word(err), "text", text);

	/* a text that is not UTF-8 is not worth losing the answer for */
	return line ? line
		    : json_pack("{s:b, s:s, s:s}", "ok", 0, "error", ptt_control_err_word(err),
			      "text", "-");
}

/** Whose reply this is; NULL: the client has gone, or the socket is closed. */
static struct peer *peer_of(const struct ptt_control_reply *reply)
{
	struct peer *peer = reply->control ? &reply->control->peers[reply->slot] : NULL;

	return peer && peer->fd >= 0 && peer->serial == reply->serial ? peer : NULL;
}

/** Answers, if the client is still there, and frees the handle. */
static void answer(struct ptt_control_reply *reply, json_t *line)
{
	struct peer *peer = peer_of(reply);

	PTT_LIST_REMOVE(reply, next, link);
	if (peer)
		peer_send(peer, line);
	else
		json_decref(line);
	free(reply);
}

void ptt_control_ok(struct ptt_control_reply *reply, json_t *result)
{
	answer(reply, json_pack("{s:b, s:o}", "ok", 1, "result", result ? result : json_object()));
}

void ptt_control_follow(struct ptt_control_reply *reply, json_t *result, const void *topic)
{
	struct peer *peer = peer_of(reply);

	if (peer)
		peer->topic = topic;
	ptt_control_ok(reply, result);
}

void ptt_control_error(struct ptt_control_reply *reply, enum ptt_err err, const char *text)
{
	answer(reply, error_line(err, text));
}

static struct ptt_control_reply *reply_new(struct peer *peer)
{
	struct ptt_control_reply *reply = calloc(1, sizeof(*reply));

	if (!reply)
		return NULL;
	reply->control = peer->control;
	reply->slot = (size_t)(peer - peer->control->peers);
	reply->serial = peer->serial;
	PTT_LIST_ADD(peer->control->pending, reply, next, link);
	return reply;
}

static void dispatch(struct peer *peer, const char *cmd, const json_t *args)
{
	const struct ptt_control *control = peer->control;
	struct ptt_control_reply *reply;

	if (strcmp(cmd, "watch") == 0) {
		peer->topic = control;
		peer_send(peer, json_pack("{s:b, s:{}}", "ok", 1, "result"));
		return;
	}
	for (const struct ptt_control_handler *one = control->table; one->name; one++) {
		if (strcmp(one->name, cmd) != 0)
			continue;
		reply = reply_new(peer);
		if (!reply)
			peer_send(peer, error_line(PTT_ERR_SYSTEM, "out of memory"));
		else
			one->fn(control->ctx, reply, args);
		return;
	}
	peer_send(peer, error_line(PTT_ERR_UNSUPPORTED, "no such command"));
}

static void handle_line(struct peer *peer, const char *line, size_t len)
{
	json_t *request = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	const char *cmd = json_string_value(json_object_get(request, "cmd"));
	json_t *args = json_incref(json_object_get(request, "args"));

	if (!args)
		args = json_object();
	if (len >= LINE_MAX_LEN)
		peer_send(peer, error_line(PTT_ERR_NO_SPACE, "line too long"));
	else if (!cmd || !json_is_object(args))
		peer_send(peer,
			error_line(PTT_ERR_MALFORMED, "accepted: {\"cmd\":NAME,\"args\":{...}}"));
	else
		dispatch(peer, cmd, args);
	json_decref(args);
	json_decref(request);
}

/* ---- input ---- */

/** Hands on all whole lines that came in. */
static void take_lines(struct peer *peer)
{
	uint32_t serial = peer->serial;
	size_t start = 0;
	char *end;

	while (peer->serial == serial && !peer->closing &&
		(end = memchr(peer->in + start, '\n', peer->in_len - start))) {
		size_t len = (size_t)(end - peer->in) - start;

		handle_line(peer, peer->in + start, len);
		start += len + 1;
	}
	peer->in_len -= start;
	memmove(peer->in, peer->in + start, peer->in_len);
}

static bool take_input(struct peer *peer)
{
	ssize_t len =
		recv(peer->fd, peer->in + peer->in_len, LINE_MAX_LEN - peer->in_len, MSG_DONTWAIT);

	if (len < 0)
		return errno == EAGAIN || errno == EINTR;
	if (len == 0)
		return false;
	peer->in_len += (size_t)len;
	take_lines(peer);
	if (peer->in_len < LINE_MAX_LEN)
		return true;
	handle_line(peer, peer->in, peer->in_len);
	return false;
}

static int on_ready(su_root_magic_t *magic, su_wait_t *wait, su_wakeup_arg_t *arg)
{
	struct peer *peer = (struct peer *)arg;
	int events = su_wait_events(wait, peer->fd);
	bool alive = true;

	(void)magic;
	peer->control->busy = true;
	if (events & SU_WAIT_OUT)
		alive = flush(peer);
	if (alive && (events & (SU_WAIT_IN | SU_WAIT_HUP | SU_WAIT_ERR)))
		alive = take_input(peer);
	peer->control->busy = false;
	if (!alive || (peer->closing && peer->fd >= 0))
		peer_close(peer);
	return 0;
}

/* ---- the socket ---- */

static void accept_peer(struct ptt_control *control, struct peer *peer, int fd)
{
	su_wait_t wait[1] = {SU_WAIT_INIT};

	peer->in = malloc(LINE_MAX_LEN);
	peer->fd = fd;
	if (peer->in && su_wait_create(wait, fd, SU_WAIT_IN) == 0) {
		peer->index =
			su_root_register(control->root, wait, on_ready, (su_wakeup_arg_t *)peer, 0);
		if (peer->index >= 0)
			return;
	}
	free(peer->in);
	peer->in = NULL;
	peer->fd = -1;
	close(fd);
}

static int on_connect(su_root_magic_t *magic, su_wait_t *wait, su_wakeup_arg_t *arg)
{
	struct ptt_control *control = (struct ptt_control *)arg;
	int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)magic;
	(void)wait;
	if (fd < 0)
		return 0;
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (control->peers[i].fd < 0) {
			accept_peer(control, &control->peers[i], fd);
			return 0;
		}
	}
	ptt_metric_inc_label(PTT_METRIC_DROPPED, "control");
	close(fd);
	return 0;
}

static enum ptt_err address_of(struct sockaddr_un *out, const char *path)
{
	memset(out, 0, sizeof(*out));
	out->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(out->sun_path))
		return PTT_ERR_NO_SPACE;
	strcpy(out->sun_path, path);
	return PTT_OK;
}

/** Takes a socket file away that a dead server left; anything else in its place stays. */
static enum ptt_err clear_path(const struct sockaddr_un *address)
{
	struct stat st;
	int fd;
	int rc;

	if (lstat(address->sun_path, &st) != 0)
		return PTT_OK;
	if (!S_ISSOCK(st.st_mode)) {
		errno = EEXIST;
		return PTT_ERR_SYSTEM;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return PTT_ERR_SYSTEM;
	rc = connect(fd, (const struct sockaddr *)address, sizeof(*address));
	if (rc != 0 && errno == ECONNREFUSED)
		rc = unlink(address->sun_path) == 0 ? 1 : 0;
	else
		rc = 0;
	close(fd);
	errno = EADDRINUSE;
	return rc == 1 ? PTT_OK : PTT_ERR_BUSY;
}

static enum ptt_err listen_at(struct ptt_control *control, const struct sockaddr_un *address)
{
	su_wait_t wait[1] = {SU_WAIT_INIT};
	mode_t was;
	int rc;

	PTT_TRY(clear_path(address));
	control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (control->fd < 0)
		return PTT_ERR_SYSTEM;
	/* the file must never be open to others, not for an instant */
	was = umask(0177);
	rc = bind(control->fd, (const struct sockaddr *)address, sizeof(*address));
	umask(was);
	if (rc != 0)
		return PTT_ERR_SYSTEM;
	strcpy(control->path, address->sun_path);
	if (listen(control->fd, 16) != 0 || su_wait_create(wait, control->fd, SU_WAIT_ACCEPT) != 0)
		return PTT_ERR_SYSTEM;
	control->index =
		su_root_register(control->root, wait, on_connect, (su_wakeup_arg_t *)control, 0);
	return control->index >= 0 ? PTT_OK : PTT_ERR_SYSTEM;
}

enum ptt_err ptt_control_open(struct ptt_control **out, const struct ptt_control_options *options,
	char *text, size_t text_size)
{
	struct ptt_control *control = calloc(1, sizeof(*control));
	struct sockaddr_un address;
	enum ptt_err err;

	*out = NULL;
	snprintf(text, text_size, "%s: out of memory", options->path);
	if (!control)
		return PTT_ERR_SYSTEM;
	control->root = options->root;
	control->table = options->table;
	control->ctx = options->ctx;
	control->fd = control->index = -1;
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		control->peers[i].control = control;
		control->peers[i].fd = -1;
	}
	errno = ENAMETOOLONG;
	err = address_of(&address, options->path);
	if (err == PTT_OK)
		err = listen_at(control, &address);
	if (err != PTT_OK) {
		snprintf(text, text_size, "%s: %s", options->path, strerror(errno));
		ptt_control_close(control);
		return err == PTT_ERR_BUSY ? err : PTT_ERR_SYSTEM;
	}
	*out = control;
	return PTT_OK;
}

void ptt_control_close(struct ptt_control *control)
{
	if (!control)
		return;
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		peer_close(&control->peers[i]);
	while (control->pending) {
		struct ptt_control_reply *reply = control->pending;

		PTT_LIST_REMOVE(reply, next, link);
		reply->control = NULL;
	}
	if (control->index >= 0)
		su_root_deregister(control->root, control->index);
	if (control->fd >= 0)
		close(control->fd);
	if (control->path[0] != '\0')
		unlink(control->path);
	free(control);
}

void ptt_control_event_on(struct ptt_control *control, const void *topic, json_t *event)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (control->peers[i].fd >= 0 && control->peers[i].topic == topic)
			peer_send(&control->peers[i], json_incref(event));
	}
	json_decref(event);
}

bool ptt_control_followed(const struct ptt_control *control, const void *topic)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (control->peers[i].fd >= 0 && control->peers[i].topic == topic)
			return true;
	}
	return false;
}

void ptt_control_event(struct ptt_control *control, json_t *event)
{
	ptt_control_event_on(control, control, event);
}

bool ptt_control_watched(const struct ptt_control *control)
{
	return ptt_control_followed(control, control);
}
