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

/* The server of this process. Only the root's thread uses it. */
static struct ptt_diameter_server *live;
static su_task_r post_to;

/*
 * A request that a thread of freeDiameter waits for. The thread and the message share it; the last
 * of them frees it.
 */
struct request {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	unsigned int holders;
	bool answered;
	struct ptt_zn_query query;
	struct ptt_zn_answer answer;
};

static void release(struct request *request)
{
	bool last;

	pthread_mutex_lock(&request->lock);
	last = --request->holders == 0;
	pthread_mutex_unlock(&request->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&request->lock);
	pthread_cond_destroy(&request->wake);
	ptt_wipe(request, sizeof(*request));
	free(request);
}

/* Runs on the root. */
static void on_posted(su_root_magic_t *magic, su_msg_r msg, su_msg_arg_t *arg)
{
	struct request *request = *(struct request **)(void *)arg;

	(void)magic;
	(void)msg;
	pthread_mutex_lock(&request->lock);
	if (live) {
		ptt_zn_serve(live->zn, &request->answer, &request->query);
		request->answered = true;
	}
	pthread_cond_signal(&request->wake);
	pthread_mutex_unlock(&request->lock);
	release(request);
}

static bool post(struct request *request)
{
	su_msg_r msg = SU_MSG_R_INIT;

	if (su_msg_create(msg, post_to, su_task_null, on_posted, sizeof(request)) != 0)
		return false;
	memcpy((void *)su_msg_data(msg), &request, sizeof(request));
	request->holders++; /* not shared yet, so no lock is needed */
	if (su_msg_send(msg) == 0)
		return true;
	request->holders--;
	su_msg_destroy(msg);
	return false;
}

/*
 * Passes the request to the root and waits for at most ROOT_TIMEOUT_S. This blocks one of
 * freeDiameter's few threads.
 */
static void ask_root(struct request *request)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ROOT_TIMEOUT_S;
	request->answer.err = PTT_ERR_BUSY;
	if (!post(request))
		return;
	pthread_mutex_lock(&request->lock);
	while (!request->answered &&
		pthread_cond_timedwait(&request->wake, &request->lock, &until) == 0)
		;
	pthread_mutex_unlock(&request->lock);
}

static enum ptt_err answer(struct msg **msg)
{
	struct request *request = calloc(1, sizeof(*request));
	PTT_SECRET(struct ptt_zn_answer, found);

	if (!request)
		return PTT_ERR_SYSTEM;
	pthread_mutex_init(&request->lock, NULL);
	pthread_cond_init(&request->wake, NULL);
	request->holders = 1;
	found.err = ptt_diameter_request_get(&request->query, *msg);
	if (found.err == PTT_OK) {
		ask_root(request);
		pthread_mutex_lock(&request->lock);
		found = request->answer;
		pthread_mutex_unlock(&request->lock);
	} else {
		ptt_log_limited(PTT_LOG_INFO, "zn-diameter-refused", "reason=%s",
			"an AVP is missing or malformed");
	}
	release(request);
	if (fd_msg_new_answer_from_req(fd_g_config->cnf_dict, msg, 0) != 0)
		return PTT_ERR_SYSTEM;
	return ptt_diameter_answer_put(*msg, &found);
}

/* Runs in a thread of freeDiameter. */
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
