/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file store_impl.h
 * Inside the store: the store itself.
 */
#ifndef PTT_STORE_IMPL_H
#define PTT_STORE_IMPL_H

#include <stdatomic.h>

#include "module/store/db.h"

struct ptt_store {
	struct ptt_kek kek;
	struct ptt_db reader; /**< of the calling thread: reads, ptt_store_commit_sync() */
	struct ptt_db writer; /**< of the store's thread */
	su_root_t *root;      /**< NULL: no thread */
	su_clone_r clone;
	uint32_t queued, queue_max;           /**< batches, on the root's thread */
	struct ptt_store_batch *first, *last; /**< gathered, not with the thread yet */
	bool under_way;                       /**< a list is with the thread */
	bool closing;                         /**< the thread gets nothing more */
	bool checkpoint_asked;                /**< on the store's thread */
	_Atomic bool failing;
};

/** Counts, logs and remembers what became of one commit or read. */
void ptt_store_note(struct ptt_store *store, enum ptt_err err, const struct ptt_db *db);

#endif
