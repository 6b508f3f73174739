/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * While overloaded: a second look at the agent's datagram sockets, before Sofia's. A new join that
 * is next in the queue is taken out and refused; at anything else it stops, and Sofia reads on.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/random.h"
#include "module/ops/log.h"
#include "module/server/sip_internal.h"
#include "module/server/sip_shed_text.h"

enum { AT_A_TIME = 64 }; /* of a turn of the loop; then Sofia reads one, whatever it is */

struct ptt_sip_shed {
	struct ptt_sip *sip;
	int fd;    /* one of our own for the same socket */
	int index; /* in the root; -1: not watched */
	char tag[24];
};

struct peer {
	struct sockaddr_storage at;
	socklen_t len;
};

static bool is_ours(const struct ptt_sip *sip, struct ptt_bytes request_uri)
{
	char text[PTT_SIP_URI_SIZE], uri[PTT_SIP_URI_SIZE];
	url_t url;

	if (request_uri.len >= sizeof text)
		return false;
	memcpy(text, request_uri.data, request_uri.len);
	text[request_uri.len] = '\0';
	return url_d(&url, text) == 0 && url.url_type == url_sip && url.url_host &&
	       ptt_sip_uri_put(uri, &url) == PTT_OK &&
	       (!sip->events->is_ours || sip->events->is_ours(sip->ctx, uri));
}

/* Where the answer goes: to the port that the Via names, or where it came from. */
static void aim(struct peer *peer, char host[INET6_ADDRSTRLEN], uint16_t *from, uint16_t port)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&peer->at;
	struct sockaddr_in *in = (struct sockaddr_in *)&peer->at;
	bool six = peer->at.ss_family == AF_INET6;
	in_port_t *at = six ? &in6->sin6_port : &in->sin_port;

	inet_ntop(peer->at.ss_family, six ? (const void *)&in6->sin6_addr : &in->sin_addr, host,
		INET6_ADDRSTRLEN);
	*from = ntohs(*at);
	if (port)
		*at = htons(port);
}

static void refuse(
	struct ptt_sip_shed *shed, const struct ptt_shed_request *request, struct peer *peer)
{
	char text[PTT_SHED_OUT_MAX], host[INET6_ADDRSTRLEN] = "";
	struct ptt_shed_answer answer = {.tag = shed->tag, .from_host = host};
	size_t len;

	answer.retry_after_s = ptt_sip_count_shed(shed->sip, true);
	aim(peer, host, &answer.from_port, request->port);
	/* One that does not fit, or that the socket does not take, is a datagram lost. */
	if (ptt_shed_put(text, &len, request, &answer) == PTT_OK)
		(void)sendto(shed->fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL,
			(const struct sockaddr *)&peer->at, peer->len);
}

/* False: what comes next, if anything, is Sofia's. */
static bool take_one(struct ptt_sip_shed *shed)
{
	static uint8_t data[PTT_SHED_IN_MAX]; /* all of this is on the SIP thread */
	struct ptt_shed_request request;
	struct peer peer = {.len = sizeof peer.at};
	ssize_t n = recvfrom(shed->fd, data, sizeof data, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT,
		(struct sockaddr *)&peer.at, &peer.len);
	enum ptt_shed_kind kind;

	if (n <= 0 || n > (ssize_t)sizeof data)
		return false;
	kind = ptt_shed_read(&request, (struct ptt_bytes){data, (size_t)n}, shed->tag);
	if (kind == PTT_SHED_OTHER || (kind == PTT_SHED_INVITE && !is_ours(shed->sip, request.uri)))
		return false;
	(void)recv(shed->fd, NULL, 0, MSG_DONTWAIT);
	if (kind == PTT_SHED_INVITE)
		refuse(shed, &request, &peer);
	return true;
}

static int on_readable(su_root_magic_t *magic, su_wait_t *wait, su_wakeup_arg_t *arg);

static bool watch(struct ptt_sip_shed *shed)
{
	su_wait_t wait[1] = {SU_WAIT_INIT};

	shed->index = su_wait_create(wait, shed->fd, SU_WAIT_IN) == 0
			      ? su_root_register(shed->sip->root, wait, on_readable,
					(su_wakeup_arg_t *)shed, 0)
			      : -1;
	return shed->index > 0;
}

static void unwatch(struct ptt_sip_shed *shed)
{
	if (shed->index > 0)
		su_root_deregister(shed->sip->root, shed->index);
	shed->index = -1;
}

/* What was readable for Sofia when both were told may be gone now, and Sofia reads without asking again: a
 * change of what is watched ends this turn of the root's, and the next one asks. */
static int on_readable(su_root_magic_t *magic, su_wait_t *wait, su_wakeup_arg_t *arg)
{
	struct ptt_sip_shed *shed = (struct ptt_sip_shed *)arg;
	int taken = 0;

	(void)magic;
	(void)wait;
	while (taken < AT_A_TIME && take_one(shed))
		taken++;
	if (taken == 0)
		return 0;
	unwatch(shed);
	if (!watch(shed))
		ptt_log_limited(PTT_LOG_WARN, "no-cheap-refusals", "fd=%d", shed->fd);
	return 0;
}

struct ptt_sip_shed *ptt_sip_shed_begin(struct ptt_sip *sip, int fd)
{
	struct ptt_sip_shed *shed = calloc(1, sizeof *shed);
	uint64_t id;

	if (!shed)
		return NULL;
	shed->sip = sip;
	shed->fd = dup(fd); /* an epoll set has a descriptor once */
	if (shed->fd >= 0 && ptt_random_bytes(&id, sizeof id) == PTT_OK && watch(shed)) {
		snprintf(shed->tag, sizeof shed->tag, "shed%016" PRIx64, id);
		return shed;
	}
	ptt_log_limited(PTT_LOG_WARN, "no-cheap-refusals", "fd=%d", fd);
	if (shed->fd >= 0)
		close(shed->fd);
	free(shed);
	return NULL;
}

void ptt_sip_shed_end(struct ptt_sip_shed *shed)
{
	if (!shed)
		return;
	unwatch(shed);
	close(shed->fd);
	free(shed);
}
