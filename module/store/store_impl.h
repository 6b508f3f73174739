/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file store_impl.h
 * Inside the store: the store itself.
 */
#ifndef PTT_STORE_IMPL_H
#define PTT_STORE_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "module/store/db.h"

/** Checkpoints, on a thread of their own: checkpointer.c. */
struct ptt_checkpointer {
	struct ptt_db db; /**< of its thread */
	pthread_t thread;
	pthread_mutex_t mutex; /**< of the next three */
	pthread_cond_t changed;
	bool busy; /**< it was asked, and is not done */
	bool quit;
	int asked_pages; /**< of the WAL when it was last asked; 0: anew. On the store's thread */
};

struct ptt_store {
	struct ptt_kek kek;
	struct ptt_db reader; /**< of the calling thread: reads, ptt_store_commit_sync() */
	struct ptt_db writer; /**< of the store's thread */
	su_root_t *root;      /**< NULL: no thread */
	su_clone_r clone;
	su_timer_t *timer;                    /**< for those that wait for others */
	uint32_t queued, queue_max;           /**< batches, on the root's thread */
	uint32_t eager;                       /**< gathered ones that are not LAZY */
	struct ptt_store_batch *first, *last; /**< gathered, not with the thread yet */
	bool under_way;                       /**< a list is with the thread */
	bool closing;                         /**< the thread gets nothing more */
	bool finishing;                       /**< that is on its way; on the store's thread */
	int wal_pages;                        /**< as in the options */
	struct ptt_checkpointer checkpointer;
	_Atomic bool failing;
};

/** Errors: SYSTEM, BUSY; @p text says what. */
enum ptt_err ptt_checkpointer_start(struct ptt_store *store, const char *path, uint32_t busy_ms,
	char *text, size_t text_size) PTT_MUST_CHECK;
/** When the store's thread has stopped. Fine if it was not started. */
void ptt_checkpointer_stop(struct ptt_store *store);
/** On the store's thread, after each list of batches. @return whether ptt_checkpointer_finish() is due */
bool ptt_checkpointer_look(struct ptt_store *store);
/** The writer's part of a checkpoint; on the store's thread. */
void ptt_checkpointer_finish(struct ptt_store *store);

/** Counts, logs and remembers what became of one commit or read. */
void ptt_store_note(struct ptt_store *store, enum ptt_err err, const struct ptt_db *db);

#endif
