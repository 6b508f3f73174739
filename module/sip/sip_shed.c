/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * During an overload this file reads the agent's datagram sockets before Sofia does. It takes
 * initial INVITEs from the head of the queue and responds to them: with a challenge if the overload
 * admits the join, else with 503. At the first other message it stops, and Sofia reads on.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/random.h"
#include "module/base/clock.h"
#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/sip/sip_internal.h"
#include "module/sip/sip_shed_text.h"
#include "module/sip/udp_batch.h"
#include "module/sip/udp_peek.h"

struct ptt_sip_shed {
	struct ptt_sip *sip;
	const int *fd; /* a duplicate, for an epoll set takes a descriptor once */
	int index;     /* of the wait in the root; -1: not watched */
	bool empty;    /* the last run left the socket empty; else Sofia must read on */
	struct ptt_udp_peek *peek;
	struct ptt_udp_batch *batch; /* the responses of one run */
	char tag[24];
};

static bool is_ours(const struct ptt_sip *sip, struct ptt_bytes request_uri)
{
	char text[PTT_SIP_URI_SIZE], uri[PTT_SIP_URI_SIZE];
	url_t url;

	if (request_uri.len >= sizeof(text))
		return false;
	memcpy(text, request_uri.data, request_uri.len);
	text[request_uri.len] = '\0';
	return url_d(&url, text) == 0 && url.url_type == url_sip && url.url_host &&
	       ptt_sip_uri_put(uri, &url) == PTT_OK &&
	       (!sip->events->is_ours || sip->events->is_ours(sip->ctx, uri));
}

/* Sets the address of the response: the source address, with the port of the Via if it names
 * one. */
static void aim(
	struct sockaddr_in6 *peer, char host[INET6_ADDRSTRLEN], uint16_t *from, uint16_t port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)peer;
	bool six = peer->sin6_family == AF_INET6;
	in_port_t *at = six ? &peer->sin6_port : &in->sin_port;

	inet_ntop(peer->sin6_family, six ? (const void *)&peer->sin6_addr : &in->sin_addr, host,
		INET6_ADDRSTRLEN);
	*from = ntohs(*at);
	if (port)
		*at = htons(port);
}

/* False: the response is too long. A response that the full socket refuses counts as sent: the peer
 * repeats its request. */
static bool respond(struct ptt_sip_shed *shed, const struct ptt_shed_request *request,
	const struct sockaddr_in6 *from, const struct ptt_shed_response *what)
{
	char text[PTT_SHED_OUT_MAX], host[INET6_ADDRSTRLEN] = "";
	struct ptt_shed_response with = *what;
	struct sockaddr_in6 peer = *from;
	size_t len;

	with.tag = shed->tag;
	with.from_host = host;
	aim(&peer, host, &with.from_port, request->port);
	if (ptt_shed_put(text, &len, request, &with) != PTT_OK)
		return false;
	if (ptt_udp_batch_add(shed->batch, &peer, (struct ptt_bytes){(uint8_t *)text, len}) !=
		PTT_OK)
		ptt_log_limited(PTT_LOG_DEBUG, "answer-not-sent", "status=%s", with.status);
	return true;
}

static bool refuse(struct ptt_sip_shed *shed, const struct ptt_shed_request *request,
	const struct sockaddr_in6 *from)
{
	struct ptt_shed_response with = {.status = "503 Service Unavailable"};
	char header[32];

	snprintf(header, sizeof(header), "Retry-After: %u\r\n",
		(unsigned)ptt_sip_count_shed(shed->sip, true));
	with.headers = header;
	return respond(shed, request, from, &with);
}

static bool challenge(struct ptt_sip_shed *shed, const struct ptt_shed_request *request,
	const struct sockaddr_in6 *from)
{
	struct ptt_digest_challenge out;
	struct ptt_shed_response with = {.status = "401 Unauthorized"};
	char headers[sizeof(out.value) / sizeof(out.value[0]) * (PTT_DIGEST_CHALLENGE_SIZE + 24)];
	size_t len = 0;

	if (ptt_digest_challenge_put(shed->sip->digest, &out, false, ptt_clock_ms()) != PTT_OK)
		return false;
	for (size_t i = 0; i < out.count; i++)
		len += (size_t)snprintf(headers + len, sizeof(headers) - len,
			"WWW-Authenticate: %s\r\n", out.value[i]);
	with.headers = headers;
	if (!respond(shed, request, from, &with))
		return false;
	ptt_metric_inc_label(PTT_METRIC_JOINS, "challenged");
	ptt_sip_let_in(shed->sip);
	return true;
}

/* False: Sofia must read it. A repeat of a request that waits is such a case: only NTA can match
 * it. */
static bool take_invite(struct ptt_sip_shed *shed, const struct ptt_shed_request *request,
	const struct sockaddr_in6 *from)
{
	struct ptt_sip *sip = shed->sip;
	bool sheds = ptt_sip_sheds(sip, request->has_credentials);

	if (sip->draining_s || (request->has_credentials && !sheds) || !is_ours(sip, request->uri))
		return false;
	if (request->has_credentials && ptt_sip_request_waits(sip, request->call_id))
		return false;
	return sheds ? refuse(shed, request, from) : challenge(shed, request, from);
}

static bool on_datagram(void *ctx, struct ptt_bytes datagram, const struct sockaddr_in6 *from)
{
	struct ptt_sip_shed *shed = ctx;
	struct ptt_shed_request request;

	switch (ptt_shed_read(&request, datagram, shed->tag)) {
	case PTT_SHED_INVITE:
		return take_invite(shed, &request, from);
	case PTT_SHED_ACK:
		return true;
	case PTT_SHED_OTHER:
		break;
	}
	return false;
}

static int on_readable(su_root_magic_t *magic, su_wait_t *wait, su_wakeup_arg_t *arg);

static bool watch(struct ptt_sip_shed *shed)
{
	su_wait_t wait[1] = {SU_WAIT_INIT};

	shed->index = su_wait_create(wait, *shed->fd, SU_WAIT_IN) == 0
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

/* @return whether it took any joins */
static bool run(struct ptt_sip_shed *shed)
{
	bool taken = ptt_udp_peek_run(shed->peek) > 0;

	if (taken)
		ptt_udp_batch_flush(shed->batch);
	shed->empty = ptt_udp_peek_emptied(shed->peek);
	return taken;
}

void ptt_sip_shed_run(struct ptt_sip_shed *shed)
{
	if (shed && !shed->empty)
		(void)run(shed);
}

/* A datagram came while the loop waited, so this function and Sofia were both called for it. If
 * run() took it, Sofia must not read: it would read without polling again. Changing the set of
 * waits ends the root's present turn, and so prevents that. */
static int on_readable(su_root_magic_t *magic, su_wait_t *wait, su_wakeup_arg_t *arg)
{
	struct ptt_sip_shed *shed = (struct ptt_sip_shed *)arg;

	(void)magic, (void)wait;
	if (shed->sip->closing || (shed->sip->hooked && !shed->empty) || !run(shed) || !shed->empty)
		return 0;
	unwatch(shed);
	if (!watch(shed))
		ptt_log_limited(PTT_LOG_WARN, "no-cheap-refusals", "fd=%d", *shed->fd);
	return 0;
}

struct ptt_sip_shed *ptt_sip_shed_begin(struct ptt_sip *sip, const int *fd)
{
	struct ptt_sip_shed *shed = calloc(1, sizeof(*shed));
	uint64_t id;

	if (!shed)
		return NULL;
	shed->sip = sip;
	shed->fd = fd;
	shed->index = -1;
	shed->empty = true;
	if (ptt_random_bytes(&id, sizeof(id)) == PTT_OK &&
		ptt_udp_batch_new(&shed->batch, sip->root, fd) == PTT_OK &&
		ptt_udp_peek_new(&shed->peek, fd, on_datagram, shed) == PTT_OK && watch(shed)) {
		snprintf(shed->tag, sizeof(shed->tag), "shed%016" PRIx64, id);
		return shed;
	}
	ptt_log_limited(PTT_LOG_WARN, "no-cheap-refusals", "fd=%d", *fd);
	ptt_sip_shed_end(shed);
	return NULL;
}

void ptt_sip_shed_end(struct ptt_sip_shed *shed)
{
	if (!shed)
		return;
	unwatch(shed);
	ptt_udp_peek_free(shed->peek);
	ptt_udp_batch_free(shed->batch);
	free(shed);
}
