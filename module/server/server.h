/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file server.h
 * The Participating PoC Function: everything one instance of the module has.
 */
#ifndef PTT_SERVER_H
#define PTT_SERVER_H

#include "module/abi/pttkey_module.h"
#include "module/gba/bsf.h"
#include "module/gba/naf_source.h"
#include "module/config/config_change.h"
#include "module/ops/control.h"
#include "module/lab/key_log.h"
#include "module/base/metrics.h"
#include "module/group/group.h"

struct ptt_server {
	struct ptt_group_env env; /**< root, store, NAF, SIP, media, and the groups above them */
	nta_agent_t *agent;
	const struct pttkey_host *host;
	struct ptt_config *config;  /**< the file as last taken */
	struct ptt_config *started; /**< as it was at the start: what a reload does not change */
	struct ptt_config_changes restart_needed; /**< where the two differ so */
	struct ptt_bsf *bsf;
	struct ptt_control *control;
	struct ptt_metrics_http *metrics;
	struct ptt_key_log key_log;         /**< laboratories only */
	struct ptt_media_stats media_stats; /**< as last handed to the metrics */
	su_timer_t *tick;       /**< once a second: turns that expire, gauges, the end of a drain */
	su_timer_t *more_timer; /**< what of that is too much for one turn of the loop */
	int64_t started_ms;
	uint32_t
		start_reserved; /**< at the start: so much of what the rows reserve is unused, and ours */
	int64_t drain_until_ms; /**< 0: not draining */
	bool drained;
	char endpoints[512];
};

/** @p pf is zeroed but for root, agent and host, which are the contract's; it is freed if this fails.
 *  @return 0; -1 after a log line. */
int ptt_server_start(struct ptt_server *server);
void ptt_server_stop(struct ptt_server *server);
int ptt_server_reload(struct ptt_server *server);
void ptt_server_drain(struct ptt_server *server);

/** Once a second: turns of silent MUK holders, the media's counters, the end of a drain. */
void ptt_server_on_tick(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg);
/** The hook of struct ptt_group_hooks: a line for everybody who runs `pttkey watch`. ctx: struct ptt_server */
void ptt_server_on_event(
	void *ctx, const struct ptt_group *group, const char *event, const char *member);
/** The hook for transitions: a line each for everybody who follows the group by `pttkey trace`. */
void ptt_server_on_transitions(void *ctx, const struct ptt_group *group, uint64_t from);

/** commands.c: the control socket's table. ctx: struct ptt_server. */
extern const struct ptt_control_handler ptt_server_commands[];

#endif
