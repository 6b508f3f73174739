/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measures how far the SIP thread is behind; core/overload.h decides whether that is an
 * overload. */
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "module/base/clock.h"
#include "module/core/overload.h"
#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/sip/sip_internal.h"
#include "module/sip/sip_sockets.h"

enum { SOCKETS_MAX = 16, LOOK_US = 1000 };

struct socket {
	int fd; /* a duplicate of one of the agent's */
	struct ptt_receive_queue queue;
	struct ptt_sip_shed *shed; /* while overloaded */
};

struct ptt_sip_load {
	struct ptt_sip *sip;
	su_timer_t *timer;
	int64_t look_us; /* time of the last look() */
	size_t socket_count;
	struct socket socket[SOCKETS_MAX];
};

/* ---- the datagram sockets of the agent ---- */

static void add_socket(struct ptt_sip_load *load, int fd)
{
	struct timespec stamp;

	/* The first SIOCGSTAMPNS makes the kernel timestamp the datagrams to come. */
	(void)ioctl(fd, SIOCGSTAMPNS, &stamp);
	load->socket[load->socket_count++].fd = fd;
}

static void find_sockets(struct ptt_sip_load *load)
{
	tport_t *primary = tport_primaries(nta_agent_tports(load->sip->agent));

	for (; primary && load->socket_count < SOCKETS_MAX; primary = tport_next(primary)) {
		int fd = tport_is_udp(primary) ? ptt_sip_socket_dup(primary) : -1;

		if (fd >= 0)
			add_socket(load, fd);
		else if (tport_is_udp(primary))
			ptt_log(PTT_LOG_WARN, "receive-queue-unknown", "port=%s",
				tport_name(primary)->tpn_port);
	}
}

/* ---- measuring ---- */

static int64_t delay_of(int fd, struct ptt_receive_queue *queue, int64_t now_us)
{
	struct ptt_receive_sample sample = {.age_us = -1};
	uint32_t info[SK_MEMINFO_VARS] = {0};
	socklen_t len = sizeof(info);
	struct timespec stamp;

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len) != 0)
		return 0;
	sample.used = info[SK_MEMINFO_RMEM_ALLOC];
	sample.size = info[SK_MEMINFO_RCVBUF];
	if (sample.used > 0 && ioctl(fd, SIOCGSTAMPNS, &stamp) == 0)
		sample.age_us = ptt_clock_utc_ns() / 1000 -
				((int64_t)stamp.tv_sec * 1000000 + stamp.tv_nsec / 1000);
	return ptt_receive_delay_us(queue, &sample, now_us);
}

/* During an overload new joins are refused at the socket, before Sofia reads them. */
static void switch_shed(struct ptt_sip_load *load)
{
	bool on = load->sip->overload.level != PTT_OVERLOAD_NONE;

	if (on && !ptt_sip_turn_hook(load->sip))
		ptt_log_limited(PTT_LOG_WARN, "no-cheap-refusals", "cause=%s", "prepoll hook");
	for (size_t i = 0; i < load->socket_count; i++) {
		struct socket *at = &load->socket[i];

		ptt_sip_shed_end(at->shed);
		at->shed = on ? ptt_sip_shed_begin(load->sip, &at->fd) : NULL;
	}
}

static int64_t worst_delay(struct ptt_sip_load *load, int64_t now_us)
{
	int64_t worst_us = 0;

	for (size_t i = 0; i < load->socket_count; i++) {
		int64_t one = delay_of(load->socket[i].fd, &load->socket[i].queue, now_us);

		worst_us = one > worst_us ? one : worst_us;
	}
	return worst_us;
}

static void ask_for_rekey(struct ptt_sip_load *load, int64_t now_us)
{
	const struct ptt_sip *sip = load->sip;

	if (sip->events->is_rekeying)
		ptt_overload_rekeying(
			&load->sip->overload, sip->events->is_rekeying(sip->ctx), now_us);
}

/* At most one measurement per LOOK_US, because turns may be short. */
static void look(struct ptt_sip_load *load)
{
	int64_t now_us = ptt_clock_us();

	if (now_us - load->look_us < LOOK_US)
		return;
	load->look_us = now_us;
	ptt_overload_look(&load->sip->overload, worst_delay(load, now_us));
	ask_for_rekey(load, now_us);
}

void ptt_sip_load_turn(struct ptt_sip *sip)
{
	struct ptt_sip_load *load = sip->load;

	if (load->sip->overload.level == PTT_OVERLOAD_NONE)
		return;
	look(load);
	for (size_t i = 0; i < load->socket_count; i++)
		ptt_sip_shed_run(load->socket[i].shed);
}

static void tell_change(const struct ptt_overload *load, uint32_t waiting, int64_t now_us)
{
	if (load->level != PTT_OVERLOAD_NONE)
		ptt_log_limited(PTT_LOG_WARN, "overloaded", "lag_ms=%lld waiting=%u",
			(long long)load->lag_us / 1000, waiting);
	else
		ptt_log_limited(PTT_LOG_INFO, "overload-over", "lasted_ms=%lld joins_shed=%llu",
			(long long)(now_us - load->began_us) / 1000,
			(unsigned long long)load->shed);
}

static void on_tick(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
	struct ptt_sip_load *load = (struct ptt_sip_load *)arg;
	int64_t now_us = ptt_clock_us();
	uint32_t waiting = ptt_sip_request_count(load->sip);

	(void)magic;
	if (ptt_overload_measure(
		    &load->sip->overload, worst_delay(load, now_us), waiting, now_us)) {
		tell_change(&load->sip->overload, waiting, now_us);
		switch_shed(load);
	}
	ask_for_rekey(load, now_us);
	ptt_metric_set(PTT_METRIC_OVERLOADED, (int64_t)load->sip->overload.level);
	ptt_metric_observe_us(PTT_METRIC_SIP_LAG_SECONDS, (uint64_t)load->sip->overload.lag_us);
	su_timer_set_interval(timer, on_tick, arg, PTT_OVERLOAD_TICK_MS);
}

enum ptt_err ptt_sip_load_open(struct ptt_sip *sip, const struct ptt_overload_limits *limits)
{
	struct ptt_sip_load *load = calloc(1, sizeof(*load));

	sip->load = load;
	if (!load)
		return PTT_ERR_SYSTEM;
	load->sip = sip;
	ptt_overload_set(&sip->overload, limits);
	find_sockets(load);
	load->timer = su_timer_create(su_root_task(sip->root), PTT_OVERLOAD_TICK_MS);
	return load->timer && su_timer_set_interval(load->timer, on_tick, (su_timer_arg_t *)load,
				      PTT_OVERLOAD_TICK_MS) == 0
		       ? PTT_OK
		       : PTT_ERR_SYSTEM;
}

void ptt_sip_load_free(struct ptt_sip *sip)
{
	if (!sip->load)
		return;
	for (size_t i = 0; i < sip->load->socket_count; i++) {
		ptt_sip_shed_end(sip->load->socket[i].shed);
		close(sip->load->socket[i].fd);
	}
	if (sip->load->timer)
		su_timer_destroy(sip->load->timer);
	free(sip->load);
	sip->load = NULL;
}
