/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/diameter.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "module/gba/diameter_node.h"
#include "module/base/log.h"

#define NAME_MAX_LEN 256

/* A request that waits for the sending thread. */
struct job {
	struct job *next;
	uint32_t id;
	struct ptt_zn_query query;
};

struct diameter {
	struct ptt_zn_source zn; /* first */
	char realm[NAME_MAX_LEN], host[NAME_MAX_LEN];
	pthread_t sender;
	bool has_node, has_sender;
	pthread_mutex_t lock; /* guards first, last and stopping */
	pthread_cond_t wake;
	struct job *first, **last;
	bool stopping;
};

/*
 * The source of this process. Only the root's thread uses it: after the end it is NULL, and late
 * messages are dropped.
 */
static struct diameter *live;
/*
 * The task that freeDiameter's threads post to. It is set before they start and constant until they
 * end.
 */
static su_task_r post_to;

/* A message from freeDiameter's threads to the root. */
struct result {
	uint32_t id;
	struct ptt_zn_answer answer;
};

static void on_result(su_root_magic_t *magic, su_msg_r msg, su_msg_arg_t *arg)
{
	struct result *result = (struct result *)(void *)arg;

	(void)magic;
	(void)msg;
	if (live)
		ptt_zn_source_done(&live->zn, result->id, &result->answer);
	ptt_wipe(result, sizeof(*result));
}

/* Runs in any thread. Without memory the look-up ends by its time-out. */
static void post(uint32_t id, const struct ptt_zn_answer *answer)
{
	su_msg_r msg = SU_MSG_R_INIT;
	struct result *result;

	if (su_msg_create(msg, post_to, su_task_null, on_result, sizeof(*result)) != 0)
		return;
	result = (struct result *)(void *)su_msg_data(msg);
	result->id = id;
	result->answer = *answer;
	if (su_msg_send(msg) != 0)
		su_msg_destroy(msg);
}

/* Runs in a thread of freeDiameter. */
static void on_answer(void *data, struct msg **msg)
{
	PTT_SECRET(struct ptt_zn_answer, answer);

	(void)ptt_diameter_answer_get(&answer, *msg); /* answer.err has the error */
	post((uint32_t)(uintptr_t)data, &answer);
	fd_msg_free(*msg);
	*msg = NULL;
}

/* Runs in a thread of freeDiameter. The root's own time-out has ended the look-up already. */
static void on_expired(void *data, DiamId_t to, size_t to_len, struct msg **msg)
{
	(void)data;
	(void)to;
	(void)to_len;
	fd_msg_free(*msg);
	*msg = NULL;
}

static void send_job(const struct diameter *self, const struct job *job)
{
	struct ptt_diameter_to to = {self->realm, *self->host ? self->host : NULL};
	struct ptt_zn_answer failed = {.err = PTT_ERR_BUSY};
	struct timespec until;
	struct msg *msg;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += self->zn.timeout_ms / 1000 + 1;
	if (ptt_diameter_request_put(&msg, &job->query, &to) != PTT_OK) {
		post(job->id, &failed);
		return;
	}
	if (fd_msg_send_timeout(&msg, on_answer, (void *)(uintptr_t)job->id, on_expired, &until) !=
		0) {
		fd_msg_free(msg);
		post(job->id, &failed);
	}
}

static struct job *next_job(struct diameter *self)
{
	struct job *job;

	pthread_mutex_lock(&self->lock);
	while (!self->first && !self->stopping)
		pthread_cond_wait(&self->wake, &self->lock);
	job = self->stopping ? NULL : self->first;
	if (job) {
		self->first = job->next;
		if (!self->first)
			self->last = &self->first;
	}
	pthread_mutex_unlock(&self->lock);
	return job;
}

/* fd_msg_send() blocks while a peer reads nothing; this thread may block, the root may not. */
static void *sender_main(void *arg)
{
	struct job *job;

	while ((job = next_job(arg))) {
		send_job(arg, job);
		free(job);
	}
	return NULL;
}

static enum ptt_err ask(struct ptt_zn_source *source, uint32_t id, const struct ptt_zn_query *query)
{
	struct diameter *self = (struct diameter *)(void *)source;
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return PTT_ERR_SYSTEM;
	job->id = id;
	job->query = *query;
	pthread_mutex_lock(&self->lock);
	*self->last = job;
	self->last = &job->next;
	pthread_cond_signal(&self->wake);
	pthread_mutex_unlock(&self->lock);
	return PTT_OK;
}

/* Removes a request that was not sent yet. An answer to a sent one is dropped on arrival. */
static void give_up(struct ptt_zn_source *source, uint32_t id)
{
	struct diameter *self = (struct diameter *)(void *)source;
	struct job **link, *job;

	pthread_mutex_lock(&self->lock);
	for (link = &self->first; (job = *link) && job->id != id; link = &job->next)
		;
	if (job) {
		*link = job->next;
		if (!*link)
			self->last = link;
	}
	pthread_mutex_unlock(&self->lock);
	free(job);
}

static void free_diameter(struct ptt_zn_source *source)
{
	struct diameter *self = (struct diameter *)(void *)source;

	live = NULL;
	pthread_mutex_lock(&self->lock);
	self->stopping = true;
	pthread_cond_signal(&self->wake);
	pthread_mutex_unlock(&self->lock);
	if (self->has_node)
		ptt_diameter_node_close(); /* before the join: it unblocks the sender */
	if (self->has_sender)
		pthread_join(self->sender, NULL);
	while (self->first) {
		struct job *job = self->first;

		self->first = job->next;
		free(job);
	}
	ptt_zn_source_wipe(source);
	pthread_mutex_destroy(&self->lock);
	pthread_cond_destroy(&self->wake);
	ptt_wipe(self, sizeof(*self));
	free(self);
}

static const struct ptt_zn_transport transport = {
	.name = "diameter", .ask = ask, .give_up = give_up, .free = free_diameter};

static enum ptt_err set_names(struct diameter *self, const struct ptt_diameter_param *param)
{
	const char *realm = param->bsf_realm ? param->bsf_realm : fd_g_config->cnf_diamrlm;

	if (strlen(realm) >= sizeof(self->realm) ||
		(param->bsf_host && strlen(param->bsf_host) >= sizeof(self->host)))
		return PTT_ERR_MALFORMED;
	strcpy(self->realm, realm);
	if (param->bsf_host)
		strcpy(self->host, param->bsf_host);
	return PTT_OK;
}

static enum ptt_err start(struct diameter *self, const struct ptt_diameter_param *param)
{
	PTT_TRY(ptt_zn_source_init(&self->zn, &transport, &param->zn));
	PTT_TRY(ptt_diameter_node_open(param->file));
	self->has_node = true;
	PTT_TRY(set_names(self, param));
	su_task_copy(post_to, su_root_task(param->zn.root));
	PTT_TRY(ptt_diameter_node_run());
	self->has_sender = pthread_create(&self->sender, NULL, sender_main, self) == 0;
	live = self;
	return self->has_sender ? PTT_OK : PTT_ERR_SYSTEM;
}

enum ptt_err ptt_naf_diameter_new(
	struct ptt_naf_source **out, const struct ptt_diameter_param *param)
{
	struct diameter *self = calloc(1, sizeof(*self));
	enum ptt_err err;

	*out = NULL;
	if (!self)
		return PTT_ERR_SYSTEM;
	pthread_mutex_init(&self->lock, NULL);
	pthread_cond_init(&self->wake, NULL);
	self->last = &self->first;
	err = start(self, param);
	if (err != PTT_OK) {
		free_diameter(&self->zn);
		return err;
	}
	*out = &self->zn.source;
	return PTT_OK;
}
