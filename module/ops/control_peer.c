/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "module/ops/control_impl.h"
#include "module/base/metrics.h"

void ptt_control_peer_close(struct ptt_control_peer *peer)
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
	peer->watching = false;
	peer->closing = false;
	peer->serial++;
}

/** Writes what the socket takes. @return false if the client is gone */
static bool flush(struct ptt_control_peer *peer)
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

static bool queue_line(struct ptt_control_peer *peer, const char *line, size_t len)
{
	size_t max = peer->watching ? PTT_CONTROL_EVENTS_MAX : PTT_CONTROL_OUT_MAX;
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

void ptt_control_peer_send(struct ptt_control_peer *peer, json_t *json)
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
		ptt_control_peer_close(peer);
}

/** Hands on all whole lines that came in. */
static void take_lines(struct ptt_control_peer *peer)
{
	uint32_t serial = peer->serial;
	size_t start = 0;
	char *end;

	while (peer->serial == serial && !peer->closing &&
		(end = memchr(peer->in + start, '\n', peer->in_len - start))) {
		size_t len = (size_t)(end - peer->in) - start;

		ptt_control_handle(peer, peer->in + start, len);
		start += len + 1;
	}
	peer->in_len -= start;
	memmove(peer->in, peer->in + start, peer->in_len);
}

static bool take_input(struct ptt_control_peer *peer)
{
	ssize_t len = recv(peer->fd, peer->in + peer->in_len, PTT_CONTROL_LINE_MAX - peer->in_len,
		MSG_DONTWAIT);

	if (len < 0)
		return errno == EAGAIN || errno == EINTR;
	if (len == 0)
		return false;
	peer->in_len += (size_t)len;
	take_lines(peer);
	if (peer->in_len < PTT_CONTROL_LINE_MAX)
		return true;
	ptt_control_handle(peer, peer->in, peer->in_len);
	return false;
}

int ptt_control_peer_ready(su_root_magic_t *magic, su_wait_t *wait, su_wakeup_arg_t *arg)
{
	struct ptt_control_peer *peer = (struct ptt_control_peer *)arg;
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
		ptt_control_peer_close(peer);
	return 0;
}
