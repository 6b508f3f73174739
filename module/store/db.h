/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file db.h
 * Inside the store: one SQLite connection, its prepared statements, and the running of a batch.
 */
#ifndef PTT_DB_H
#define PTT_DB_H

#include <sqlite3.h>

#include "module/store/batch.h"

struct ptt_db {
	sqlite3 *handle;
	sqlite3_stmt *stmts[PTT_STMT_COUNT]; /**< prepared at first use */
	enum ptt_durability durability;      /**< PRAGMA synchronous as it stands */
	int wal_pages;                       /**< in the WAL after the last commit */
};

/**
 * Opens, makes the schema in an empty file, checks its version. Errors: SYSTEM, UNSUPPORTED, BUSY.
 */
enum ptt_err ptt_db_open(struct ptt_db *db, const char *path, uint32_t busy_timeout_ms, char *text,
	size_t text_size) PTT_MUST_CHECK;
void ptt_db_close(struct ptt_db *db);
/**
 * The statement, reset and without parameters; NULL if it cannot be prepared. Reset it after use.
 */
sqlite3_stmt *ptt_db_stmt(struct ptt_db *db, enum ptt_stmt stmt);
/** SQLITE_DONE and SQLITE_ROW are PTT_OK. */
enum ptt_err ptt_db_err(int rc);
/**
 * A list of batches (batch->next), each all or nothing, its result in batch->err: in one transaction, so that
 * they share one fsync; each by itself if that fails.
 */
void ptt_db_run_list(struct ptt_db *db, struct ptt_store_batch *first);
/** No commit makes a checkpoint by itself any more: see checkpointer.c. */
void ptt_db_own_checkpoints(struct ptt_db *db);
void ptt_db_checkpoint(struct ptt_db *db);

#endif
