/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file control_impl.h
 * Inside the control socket: its clients.
 */
#ifndef PTT_CONTROL_IMPL_H
#define PTT_CONTROL_IMPL_H

#include "module/ops/control.h"

#define PTT_CONTROL_CLIENTS_MAX 32
#define PTT_CONTROL_LINE_MAX    65536
#define PTT_CONTROL_OUT_MAX     (64u << 20)
#define PTT_CONTROL_EVENTS_MAX  (1u << 20)

/** One connection. */
struct ptt_control_peer {
	struct ptt_control *control;
	int fd;    /**< -1: the slot is free */
	int index; /**< of its su_wait */
	bool watching;
	bool closing;    /**< close once the output is written */
	uint32_t serial; /**< tells this client from an earlier one in the slot */
	char *in, *out;
	size_t in_len;
	size_t out_len, out_done; /**< bytes queued; of them written */
};

struct ptt_control {
	su_root_t *root;
	const struct ptt_control_handler *table;
	void *ctx;
	int fd, index;
	bool busy; /**< inside a callback of a client: closing one waits for its end */
	char path[108];
	struct ptt_control_reply *pending; /**< unanswered; they outlive the socket */
	struct ptt_control_peer peers[PTT_CONTROL_CLIENTS_MAX];
};

struct ptt_control_reply {
	struct ptt_control *control; /**< NULL: the socket is closed */
	size_t slot;
	uint32_t serial;
	struct ptt_control_reply *next;
};

/** Queues one line (@p json is stolen) and writes what the socket takes. */
void ptt_control_peer_send(struct ptt_control_peer *peer, json_t *json);
void ptt_control_peer_close(struct ptt_control_peer *peer);
/** Reads, answers, writes; the su_wait callback of a client. */
int ptt_control_peer_ready(su_root_magic_t *magic, su_wait_t *wait, su_wakeup_arg_t *arg);
/** Hands one line to its handler (control.c). */
void ptt_control_handle(struct ptt_control_peer *peer, const char *line, size_t len);

#endif
