/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checkpoints: what the WAL holds goes into the database on a thread of its own, with a connection of its own, so that
 * no batch waits for the disk meanwhile. But the WAL begins anew only when all of it is there, which under load never
 * happens beside the writer: once the keeper has done it with wal_pages in it, the writer does the little that is left.
 * Where the keeper does not get that far, for want of time, the writer waits for it: when twice as many have come
 * since it was asked. So the WAL has five times as many at most.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "module/store/store_impl.h"

#define KEEPER_NICE 5
#define WAIT_S      5

/** Some ms of copying at a time: not while others have work on this core. */
static void *run(void *arg)
{
	struct ptt_keeper *keeper = arg;

	(void)setpriority(PRIO_PROCESS, 0, KEEPER_NICE); /* of this thread alone, on Linux */
	pthread_mutex_lock(&keeper->mutex);
	while (!keeper->quit) {
		if (!keeper->busy) {
			pthread_cond_wait(&keeper->changed, &keeper->mutex);
			continue;
		}
		pthread_mutex_unlock(&keeper->mutex);
		ptt_db_checkpoint(&keeper->db);
		pthread_mutex_lock(&keeper->mutex);
		keeper->busy = false;
		pthread_cond_signal(&keeper->changed);
	}
	pthread_mutex_unlock(&keeper->mutex);
	return NULL;
}

static void tell(struct ptt_keeper *keeper, bool *what)
{
	pthread_mutex_lock(&keeper->mutex);
	*what = true;
	pthread_cond_signal(&keeper->changed);
	pthread_mutex_unlock(&keeper->mutex);
}

/** @return whether it still is, when @p wait_s are over */
static bool is_busy(struct ptt_keeper *keeper, time_t wait_s)
{
	struct timespec end;
	int timed_out = wait_s == 0;
	bool busy;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += wait_s;
	pthread_mutex_lock(&keeper->mutex);
	while (keeper->busy && timed_out == 0)
		timed_out = pthread_cond_timedwait(&keeper->changed, &keeper->mutex, &end);
	busy = keeper->busy;
	pthread_mutex_unlock(&keeper->mutex);
	return busy;
}

static bool is_much(const struct ptt_store *store)
{
	return store->writer.wal_pages - store->keeper.asked_pages >= 2 * store->wal_pages;
}

bool ptt_keeper_look(struct ptt_store *store)
{
	struct ptt_keeper *keeper = &store->keeper;
	int pages = store->writer.wal_pages;

	if (is_much(store))
		return true;
	if (is_busy(keeper, 0))
		return false;
	if (keeper->asked_pages >= store->wal_pages)
		return true;
	if (pages - keeper->asked_pages >= store->wal_pages / 8) {
		keeper->asked_pages = pages;
		tell(keeper, &keeper->busy);
	}
	return false;
}

void ptt_keeper_finish(struct ptt_store *store)
{
	if (is_busy(&store->keeper, is_much(store) ? WAIT_S : 0))
		return;
	ptt_db_checkpoint(&store->writer);
	store->keeper.asked_pages = 0;
}

enum ptt_err ptt_keeper_start(
	struct ptt_store *store, const char *path, uint32_t busy_ms, char *text, size_t text_size)
{
	struct ptt_keeper *keeper = &store->keeper;
	pthread_condattr_t attr;

	PTT_TRY(ptt_db_open(&keeper->db, path, busy_ms, text, text_size));
	pthread_mutex_init(&keeper->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&keeper->changed, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&keeper->thread, NULL, run, keeper) == 0)
		return PTT_OK;
	ptt_db_close(&keeper->db);
	snprintf(text, text_size, "%s: no thread for the store", path);
	return PTT_ERR_SYSTEM;
}

void ptt_keeper_stop(struct ptt_store *store)
{
	struct ptt_keeper *keeper = &store->keeper;

	if (!keeper->db.handle)
		return;
	tell(keeper, &keeper->quit);
	pthread_join(keeper->thread, NULL);
	ptt_db_close(&keeper->db);
	pthread_cond_destroy(&keeper->changed);
	pthread_mutex_destroy(&keeper->mutex);
}
