/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/sip/udp_batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "module/base/log.h"
#include "module/base/metrics.h"

enum { PLACES = 64, ROOM = PLACES * 1500, WAIT_MS = 1, RETRY_MS = 2 };

struct ptt_udp_batch {
	const int *fd;
	su_timer_t *timer;
	sa_family_t family;
	bool blocked;          /* the socket was full; the timer tries again */
	bool waiting;          /* for more datagrams, until full or for WAIT_MS */
	unsigned first, count; /* places in use */
	size_t used;           /* bytes of room in use */
	struct sockaddr_in6 to[PLACES];
	struct iovec iov[PLACES];
	struct mmsghdr msg[PLACES];
	uint8_t room[ROOM];
};

static void on_timer(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg);

enum ptt_err ptt_udp_batch_new(struct ptt_udp_batch **out, su_root_t *root, const int *fd)
{
	struct ptt_udp_batch *batch = calloc(1, sizeof(*batch));
	struct sockaddr_storage own = {0};
	socklen_t len = sizeof(own);

	if (!batch)
		return PTT_ERR_SYSTEM;
	batch->fd = fd;
	batch->timer = su_timer_create(su_root_task(root), 0);
	if (!batch->timer || getsockname(*fd, (struct sockaddr *)&own, &len) != 0) {
		su_timer_destroy(batch->timer);
		free(batch);
		return PTT_ERR_SYSTEM;
	}
	batch->family = own.ss_family;
	for (size_t i = 0; i < PLACES; i++) {
		batch->msg[i].msg_hdr.msg_iov = &batch->iov[i];
		batch->msg[i].msg_hdr.msg_iovlen = 1;
	}
	*out = batch;
	return PTT_OK;
}

void ptt_udp_batch_free(struct ptt_udp_batch *batch)
{
	if (!batch)
		return;
	ptt_udp_batch_flush(batch);
	su_timer_destroy(batch->timer);
	free(batch);
}

static void arm(struct ptt_udp_batch *batch, su_duration_t ms)
{
	su_timer_set_interval(batch->timer, on_timer, (su_timer_arg_t *)batch, ms);
}

static void dropped(const char *why)
{
	ptt_metric_inc_label(PTT_METRIC_DROPPED, "sip");
	ptt_log_limited(PTT_LOG_WARN, "datagram-not-sent", "error=%s", why);
}

static bool is_full(int error)
{
	return error == EAGAIN || error == ENOBUFS || error == ENOMEM;
}

/* Sends as many datagrams as the socket takes. False: the socket is full. An error may report, and
 * clear, an earlier ICMP error, so each datagram is tried twice. */
static bool send_some(struct ptt_udp_batch *batch)
{
	int sent = -1;

	for (int i = 0; i < 2 && sent <= 0; i++) {
		sent = sendmmsg(*batch->fd, &batch->msg[batch->first], batch->count - batch->first,
			MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent <= 0 && is_full(errno))
			return false;
	}
	if (sent <= 0)
		dropped(strerror(errno));
	batch->first += sent > 0 ? (unsigned)sent : 1;
	return true;
}

void ptt_udp_batch_flush(struct ptt_udp_batch *batch)
{
	batch->waiting = false;
	while (batch->first < batch->count) {
		batch->blocked = !send_some(batch);
		if (!batch->blocked)
			continue;
		arm(batch, RETRY_MS);
		return;
	}
	batch->blocked = false;
	batch->first = batch->count = 0;
	batch->used = 0;
}

static bool more_to_read(const struct ptt_udp_batch *batch)
{
	int bytes = 0;

	return ioctl(*batch->fd, FIONREAD, &bytes) == 0 && bytes > 0;
}

static void on_timer(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
	struct ptt_udp_batch *batch = (struct ptt_udp_batch *)arg;

	(void)magic, (void)timer;
	if (batch->count == 0)
		return;
	if (batch->blocked || batch->waiting || !more_to_read(batch)) {
		ptt_udp_batch_flush(batch);
		return;
	}
	batch->waiting = true;
	arm(batch, WAIT_MS);
}

static enum ptt_err set_address(
	struct ptt_udp_batch *batch, unsigned place, const struct sockaddr_in6 *to)
{
	const struct sockaddr_in *to4 = (const void *)to;
	struct sockaddr_in6 *out = &batch->to[place];
	socklen_t len = 0;

	if (to && to->sin6_family == batch->family) {
		*out = *to;
		len = to->sin6_family == AF_INET ? sizeof(*to4) : sizeof(*to);
	} else if (to && to->sin6_family == AF_INET && batch->family == AF_INET6) {
		*out = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = to4->sin_port};
		memset(out->sin6_addr.s6_addr + 10, 0xff, 2);
		memcpy(out->sin6_addr.s6_addr + 12, &to4->sin_addr, 4);
		len = sizeof(*out);
	} else if (to) {
		return PTT_ERR_UNSUPPORTED;
	}
	batch->msg[place].msg_hdr.msg_name = len ? out : NULL;
	batch->msg[place].msg_hdr.msg_namelen = len;
	return PTT_OK;
}

static bool has_place(const struct ptt_udp_batch *batch, size_t len)
{
	return batch->count < PLACES && len <= ROOM - batch->used;
}

enum ptt_err ptt_udp_batch_add(
	struct ptt_udp_batch *batch, const struct sockaddr_in6 *to, struct ptt_bytes datagram)
{
	if (!has_place(batch, datagram.len) && !batch->blocked)
		ptt_udp_batch_flush(batch);
	if (!has_place(batch, datagram.len)) {
		dropped("queue full");
		return PTT_ERR_NO_SPACE;
	}
	PTT_TRY(set_address(batch, batch->count, to));
	memcpy(batch->room + batch->used, datagram.data, datagram.len);
	batch->iov[batch->count] = (struct iovec){batch->room + batch->used, datagram.len};
	batch->used += datagram.len;
	if (batch->count++ == 0)
		arm(batch, 0);
	else if (batch->count == PLACES && !batch->blocked)
		ptt_udp_batch_flush(batch);
	return PTT_OK;
}
