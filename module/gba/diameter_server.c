/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "module/gba/diameter.h"
#include "module/gba/diameter_node.h"
#include "module/base/log.h"

#define ROOT_TIMEOUT_S 2

struct ptt_diameter_server {
	struct ptt_zn_server *zn;
	struct disp_hdl *handler;
};

/* The one of this process; of the root's thread. */
static struct ptt_diameter_server *live;
static su_task_r post_to;

/*
 * A question that a thread of freeDiameter waits with. Two hold it, the thread and the message; the
 * last one frees it.
 */
struct question {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	unsigned int holders;
	bool answered;
	struct ptt_zn_query query;
	struct ptt_zn_answer answer;
};

static void let_go(struct question *question)
{
	bool last;

	pthread_mutex_lock(&question->lock);
	last = --question->holders == 0;
	pthread_mutex_unlock(&question->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&question->lock);
	pthread_cond_destroy(&question->wake);
	ptt_wipe(question, sizeof(*question));
	free(question);
}

/* On the root. */
static void on_question(su_root_magic_t *magic, su_msg_r msg, su_msg_arg_t *arg)
{
	struct question *question = *(struct question **)(void *)arg;

	(void)magic;
	(void)msg;
	pthread_mutex_lock(&question->lock);
	if (live) {
		ptt_zn_serve(live->zn, &question->answer, &question->query);
		question->answered = true;
	}
	pthread_cond_signal(&question->wake);
	pthread_mutex_unlock(&question->lock);
	let_go(question);
}

static bool post(struct question *question)
{
	su_msg_r msg = SU_MSG_R_INIT;

	if (su_msg_create(msg, post_to, su_task_null, on_question, sizeof(question)) != 0)
		return false;
	memcpy((void *)su_msg_data(msg), &question, sizeof(question));
	question->holders++; /* nobody else has it yet */
	if (su_msg_send(msg) == 0)
		return true;
	question->holders--;
	su_msg_destroy(msg);
	return false;
}

/* Hands the question to the root and waits, bounded: freeDiameter has some threads for this. */
static void ask_root(struct question *question)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ROOT_TIMEOUT_S;
	question->answer.err = PTT_ERR_BUSY;
	if (!post(question))
		return;
	pthread_mutex_lock(&question->lock);
	while (!question->answered &&
		pthread_cond_timedwait(&question->wake, &question->lock, &until) == 0)
		;
	pthread_mutex_unlock(&question->lock);
}

static enum ptt_err answer(struct msg **msg)
{
	struct question *question = calloc(1, sizeof(*question));
	PTT_SECRET(struct ptt_zn_answer, found);

	if (!question)
		return PTT_ERR_SYSTEM;
	pthread_mutex_init(&question->lock, NULL);
	pthread_cond_init(&question->wake, NULL);
	question->holders = 1;
	found.err = ptt_diameter_request_get(&question->query, *msg);
	if (found.err == PTT_OK) {
		ask_root(question);
		pthread_mutex_lock(&question->lock);
		found = question->answer;
		pthread_mutex_unlock(&question->lock);
	} else {
		ptt_log_limited(PTT_LOG_INFO, "zn-diameter-refused", "reason=%s",
			"an AVP is missing or malformed");
	}
	let_go(question);
	if (fd_msg_new_answer_from_req(fd_g_config->cnf_dict, msg, 0) != 0)
		return PTT_ERR_SYSTEM;
	return ptt_diameter_answer_put(*msg, &found);
}

/* In a thread of freeDiameter. */
static int on_request(struct msg **msg, struct avp *avp, struct session *session, void *data,
	enum disp_action *action)
{
	struct msg_hdr *hdr;

	(void)avp;
	(void)session;
	(void)data;
	if (!msg || !*msg || fd_msg_hdr(*msg, &hdr) != 0 || !(hdr->msg_flags & CMD_FLAG_REQUEST))
		return EINVAL;
	*action = DISP_ACT_SEND;
	return answer(msg) == PTT_OK ? 0 : ENOMEM;
}

enum ptt_err ptt_diameter_server_new(struct ptt_diameter_server **out, su_root_t *root,
	struct ptt_zn_server *zn, const char *file)
{
	struct ptt_diameter_server *self = calloc(1, sizeof(*self));
	struct disp_when when = {0};
	enum ptt_err err;

	*out = NULL;
	if (!self)
		return PTT_ERR_SYSTEM;
	self->zn = zn;
	err = ptt_diameter_node_open(file);
	if (err != PTT_OK) {
		free(self);
		return err;
	}
	su_task_copy(post_to, su_root_task(root));
	when.app = ptt_diameter_app();
	when.command = ptt_diameter_command();
	if (fd_disp_register(on_request, DISP_HOW_CC, &when, NULL, &self->handler) != 0 ||
		ptt_diameter_node_run() != PTT_OK) {
		ptt_diameter_server_free(self);
		return PTT_ERR_SYSTEM;
	}
	live = self;
	*out = self;
	return PTT_OK;
}

void ptt_diameter_server_free(struct ptt_diameter_server *self)
{
	if (!self)
		return;
	live = NULL;
	ptt_diameter_node_close();
	free(self);
}
