/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checkpoints: what the WAL holds goes into the database on a thread of its own, with a connection of its own, so that
 * no batch waits for the disk meanwhile. But the WAL begins anew only when all of it is there, which under load never
 * happens beside the writer: once the checkpointer has done it with wal_pages in it, the writer does the little that is left.
 * Where the checkpointer does not get that far, for want of time, the writer waits for it: when twice as many have come
 * since it was asked. So the WAL has five times as many at most.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "module/store/store_impl.h"

#define CHECKPOINTER_NICE 5
#define WAIT_S            5

/** Some ms of copying at a time: not while others have work on this core. */
static void *run(void *arg)
{
	struct ptt_checkpointer *checkpointer = arg;

	(void)setpriority(PRIO_PROCESS, 0, CHECKPOINTER_NICE); /* of this thread alone, on Linux */
	pthread_mutex_lock(&checkpointer->mutex);
	while (!checkpointer->quit) {
		if (!checkpointer->busy) {
			pthread_cond_wait(&checkpointer->changed, &checkpointer->mutex);
			continue;
		}
		pthread_mutex_unlock(&checkpointer->mutex);
		ptt_db_checkpoint(&checkpointer->db);
		pthread_mutex_lock(&checkpointer->mutex);
		checkpointer->busy = false;
		pthread_cond_signal(&checkpointer->changed);
	}
	pthread_mutex_unlock(&checkpointer->mutex);
	return NULL;
}

static void tell(struct ptt_checkpointer *checkpointer, bool *what)
{
	pthread_mutex_lock(&checkpointer->mutex);
	*what = true;
	pthread_cond_signal(&checkpointer->changed);
	pthread_mutex_unlock(&checkpointer->mutex);
}

/** @return whether it still is, when @p wait_s are over */
static bool is_busy(struct ptt_checkpointer *checkpointer, time_t wait_s)
{
	struct timespec end;
	int timed_out = wait_s == 0;
	bool busy;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += wait_s;
	pthread_mutex_lock(&checkpointer->mutex);
	while (checkpointer->busy && timed_out == 0)
		timed_out =
			pthread_cond_timedwait(&checkpointer->changed, &checkpointer->mutex, &end);
	busy = checkpointer->busy;
	pthread_mutex_unlock(&checkpointer->mutex);
	return busy;
}

static bool is_much(const struct ptt_store *store)
{
	return store->writer.wal_pages - store->checkpointer.asked_pages >= 2 * store->wal_pages;
}

bool ptt_checkpointer_look(struct ptt_store *store)
{
	struct ptt_checkpointer *checkpointer = &store->checkpointer;
	int pages = store->writer.wal_pages;

	if (is_much(store))
		return true;
	if (is_busy(checkpointer, 0))
		return false;
	if (checkpointer->asked_pages >= store->wal_pages)
		return true;
	if (pages - checkpointer->asked_pages >= store->wal_pages / 8) {
		checkpointer->asked_pages = pages;
		tell(checkpointer, &checkpointer->busy);
	}
	return false;
}

void ptt_checkpointer_finish(struct ptt_store *store)
{
	if (is_busy(&store->checkpointer, is_much(store) ? WAIT_S : 0))
		return;
	ptt_db_checkpoint(&store->writer);
	store->checkpointer.asked_pages = 0;
}

enum ptt_err ptt_checkpointer_start(
	struct ptt_store *store, const char *path, uint32_t busy_ms, char *text, size_t text_size)
{
	struct ptt_checkpointer *checkpointer = &store->checkpointer;
	pthread_condattr_t attr;

	PTT_TRY(ptt_db_open(&checkpointer->db, path, busy_ms, text, text_size));
	pthread_mutex_init(&checkpointer->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&checkpointer->changed, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&checkpointer->thread, NULL, run, checkpointer) == 0)
		return PTT_OK;
	ptt_db_close(&checkpointer->db);
	snprintf(text, text_size, "%s: no thread for the store", path);
	return PTT_ERR_SYSTEM;
}

void ptt_checkpointer_stop(struct ptt_store *store)
{
	struct ptt_checkpointer *checkpointer = &store->checkpointer;

	if (!checkpointer->db.handle)
		return;
	tell(checkpointer, &checkpointer->quit);
	pthread_join(checkpointer->thread, NULL);
	ptt_db_close(&checkpointer->db);
	pthread_cond_destroy(&checkpointer->changed);
	pthread_mutex_destroy(&checkpointer->mutex);
}
