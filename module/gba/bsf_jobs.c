/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/bsf_jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/base/list.h"
#include "module/base/log.h"
#include "module/store/store_read.h"

#define TRIES_MAX 3

struct ptt_ub_job {
	struct ptt_bsf_ub *ub; /* NULL: the BSF was freed; the completion frees the job only */
	struct ptt_ub_job *next, **link;
	struct ptt_ub_request *waiting;
	ptt_ub_go_on *go_on; /* of every waiting request */
	char impi[PTT_STORE_ID_MAX];
	bool is_reservation;
	unsigned int tries;
	uint64_t above, reserved;     /* reservation */
	struct ptt_bootstrap_row row; /* bootstrapping */
};

static struct ptt_ub_job *job_new(struct ptt_bsf_ub *ub, const char *impi, ptt_ub_go_on *go_on)
{
	struct ptt_ub_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	snprintf(job->impi, sizeof(job->impi), "%s", impi);
	job->ub = ub;
	job->go_on = go_on;
	PTT_LIST_ADD(ub->jobs, job, next, link);
	return job;
}

static void job_free(struct ptt_ub_job *job)
{
	PTT_LIST_REMOVE(job, next, link);
	ptt_wipe(job, sizeof(*job));
	free(job);
}

static void job_wait(struct ptt_ub_job *job, struct ptt_ub_request *request)
{
	struct ptt_ub_request **end = &job->waiting;

	while (*end)
		end = &(*end)->next;
	request->job = job;
	request->next = NULL;
	*end = request;
}

void ptt_bsf_ub_forget(struct ptt_ub_request *request)
{
	struct ptt_ub_request **link = request->job ? &request->job->waiting : NULL;

	while (link && *link && *link != request)
		link = &(*link)->next;
	if (link && *link)
		*link = request->next;
	request->job = NULL;
	request->next = NULL;
}

void ptt_bsf_ub_stop(struct ptt_bsf_ub *ub)
{
	while (ub->jobs) {
		struct ptt_ub_job *job = ub->jobs;

		while (job->waiting)
			ptt_bsf_ub_forget(job->waiting);
		PTT_LIST_REMOVE(job, next, link);
		job->ub = NULL;
	}
}

/*
 * Lets every waiting request go on. The job is unlinked already, as a request may join a new one.
 */
static void settle_all(struct ptt_bsf_ub *ub, struct ptt_ub_job *job, enum ptt_err err)
{
	while (job->waiting) {
		struct ptt_ub_request *request = job->waiting;

		ptt_bsf_ub_forget(request);
		job->go_on(ub, request, err);
		if (request->verdict.status)
			ub->on_verdict(ub->ctx, request);
	}
}

static enum ptt_err commit_block(struct ptt_ub_job *job, uint64_t expected);

static enum ptt_err retry_block(struct ptt_ub_job *job)
{
	PTT_SECRET(struct ptt_subscriber_row, sub);

	if (++job->tries >= TRIES_MAX)
		return PTT_ERR_BUSY;
	PTT_TRY(ptt_store_get_subscriber(job->ub->store, &sub, job->impi));
	return commit_block(job, sub.sqn);
}

static void on_block(void *ctx, enum ptt_err err)
{
	struct ptt_ub_job *job = ctx;
	struct ptt_bsf_ub *ub = job->ub;
	struct ptt_bsf_sub *sub;

	if (!ub) {
		job_free(job);
		return;
	}
	if (err == PTT_ERR_MISMATCH) { /* another process or the operator changed the row */
		err = retry_block(job);
		if (err == PTT_OK)
			return;
	}
	PTT_LIST_REMOVE(job, next, link);
	sub = err == PTT_OK ? ptt_bsf_sub_of(&ub->state, job->impi) : NULL;
	if (sub) {
		sub->sqn_last = job->above;
		sub->sqn_reserved = job->reserved;
	}
	settle_all(ub, job, err);
	job_free(job);
}

static enum ptt_err commit_block(struct ptt_ub_job *job, uint64_t expected)
{
	struct ptt_reservation reservation = {
		.counter = PTT_COUNTER_SQN, .key = job->impi, .expected = expected};
	struct ptt_store_batch *batch;

	if (job->above < expected)
		job->above = expected;
	PTT_TRY(ptt_bsf_sqn_block(&job->reserved, job->above));
	reservation.reserved = job->reserved;
	batch = ptt_store_batch_new(job->ub->store);
	ptt_batch_reserve(batch, &reservation);
	return ptt_store_commit(batch, PTT_STORE_FULL, on_block, job);
}

static struct ptt_ub_job *find_reservation(const struct ptt_bsf_ub *ub, const char *impi)
{
	struct ptt_ub_job *job = ub->jobs;

	while (job && !(job->is_reservation && strcmp(job->impi, impi) == 0))
		job = job->next;
	return job;
}

enum ptt_err ptt_bsf_ub_reserve(struct ptt_bsf_ub *ub, struct ptt_ub_request *request,
	const struct ptt_ub_sqn_block *block, ptt_ub_go_on *go_on)
{
	struct ptt_ub_job *job = find_reservation(ub, block->impi);
	enum ptt_err err;

	if (job) {
		job_wait(job, request);
		return PTT_OK;
	}
	job = job_new(ub, block->impi, go_on);
	if (!job)
		return PTT_ERR_SYSTEM;
	job->is_reservation = true;
	job->above = block->above;
	err = commit_block(job, block->stored);
	if (err == PTT_OK)
		job_wait(job, request);
	else
		job_free(job);
	return err;
}

static void on_saved(void *ctx, enum ptt_err err)
{
	struct ptt_ub_job *job = ctx;
	struct ptt_bsf_ub *ub = job->ub;

	if (ub) {
		PTT_LIST_REMOVE(job, next, link);
		if (err == PTT_OK) {
			ub->state.stats.bootstraps++;
			ptt_bsf_boot_add(&ub->state, &job->row);
			ptt_log_limited(PTT_LOG_INFO, "ub-bootstrapped", "impi=%s btid=%s",
				job->impi, job->row.btid);
		}
		settle_all(ub, job, err);
	}
	job_free(job);
}

/* A subscriber keeps its two newest bootstrappings; the one before them is deleted. */
static void rotate(
	struct ptt_bsf_ub *ub, struct ptt_store_batch *batch, const struct ptt_bootstrap_row *row)
{
	struct ptt_bsf_sub *sub = ptt_bsf_sub_of(&ub->state, row->impi);
	PTT_SECRET(struct ptt_bootstrap_row, newest);

	if (!sub)
		return; /* without memory the old bootstrapping lives until it expires */
	if (!sub->btids_known && ptt_store_find_bootstrap(ub->store, &newest, row->impi) == PTT_OK)
		memcpy(sub->btid[1], newest.btid, sizeof(sub->btid[1]));
	sub->btids_known = true;
	if (*sub->btid[0]) {
		ptt_batch_del_bootstrap(batch, sub->btid[0]);
		ptt_lru_del(ub->state.boots, sub->btid[0]);
	}
	memcpy(sub->btid[0], sub->btid[1], sizeof(sub->btid[0]));
	memcpy(sub->btid[1], row->btid, sizeof(sub->btid[1]));
}

enum ptt_err ptt_bsf_ub_save(struct ptt_bsf_ub *ub, struct ptt_ub_request *request,
	const struct ptt_bootstrap_row *row, ptt_ub_go_on *go_on)
{
	struct ptt_ub_job *job = job_new(ub, row->impi, go_on);
	struct ptt_store_batch *batch;
	enum ptt_err err;

	if (!job)
		return PTT_ERR_SYSTEM;
	job->row = *row;
	batch = ptt_store_batch_new(ub->store);
	rotate(ub, batch, row);
	ptt_batch_put_bootstrap(batch, row);
	err = ptt_store_commit(batch, PTT_STORE_NORMAL, on_saved, job);
	if (err == PTT_OK)
		job_wait(job, request);
	else
		job_free(job);
	return err;
}
