/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file store.h
 * The durable state of a server: write batches, handed to a thread of their own, and the reads.
 *
 * A batch is one transaction: all of it, or nothing. With a su_root the store has a thread
 * (su_clone) with its own connection; ptt_store_commit() hands it a batch and calls back on the
 * su_root's thread when the batch is durable. Reads, and ptt_store_commit_sync(), run in the
 * calling thread on a second connection: start-up, tools, tests, look-ups by primary key. A read
 * sees what was *completed*, not what is queued.
 *
 * Keys are wrapped when they enter a batch, so the queue holds no key. Several processes may open
 * one store. One thread (that of the su_root) uses a store. Batches complete in the order in which
 * they were committed.
 */
#ifndef PTT_STORE_H
#define PTT_STORE_H

#include <sofia-sip/su_wait.h>

#include "crypto/err.h"
#include "module/store/rows.h"

struct ptt_store;
struct ptt_store_batch;

struct ptt_store_options {
	const char *path;          /**< of the SQLite file; made with mode 0600 if absent */
	const struct ptt_kek *kek; /**< copied */
	su_root_t *root;           /**< NULL: no thread, only ptt_store_commit_sync() (tools) */
	uint32_t queue_max;        /**< batches waiting; 0 = 4096 */
	uint32_t busy_timeout_ms;  /**< wait for another process's write; 0 = 5000 */
	uint32_t wal_pages;        /**< 4 KiB each; the WAL begins anew about there; 0 = 8000 */
};

/** Errors: SYSTEM (disk), UNSUPPORTED (other schema), AUTH (other KEK); @p text says what. */
enum ptt_err ptt_store_open(struct ptt_store **out, const struct ptt_store_options *options,
	char *text, size_t text_size) PTT_MUST_CHECK;
/** Completes what is queued (calls the callbacks), stops the thread, closes. NULL is fine. */
void ptt_store_close(struct ptt_store *store);
/**
 * True from a failed write or read (disk full, read-only, gone) to the next write that succeeds.
 */
bool ptt_store_is_failing(const struct ptt_store *store);

/**
 * Batches. A put that fails (too long, no memory, no random bytes) makes the batch fail: the error
 * comes from the commit, so that callers check once. 128 MiB at most.
 * @return NULL if out of memory; then every function below takes NULL and the commit says SYSTEM
 */
struct ptt_store_batch *ptt_store_batch_new(struct ptt_store *store);
/** Gives up a batch that is not committed. NULL is fine. */
void ptt_store_batch_free(struct ptt_store_batch *batch);

enum ptt_durability {
	PTT_STORE_LAZY,   /**< NORMAL, with the next batch or 50 ms later: what nobody waits for */
	PTT_STORE_NORMAL, /**< survives kill -9: roster, dialogs, "sent to" */
	PTT_STORE_FULL,   /**< survives loss of power: reserved counters, intents, bans, MSKs */
};

/** Called once, on the su_root's thread. @p err: as for ptt_store_commit_sync(). */
typedef void ptt_store_done_fn(void *ctx, enum ptt_err err);

/**
 * Takes the batch, whatever it returns. @p done may be NULL. If it returns an error, @p done is not
 * called.
 * Errors: BUSY: the queue is full, or the store is being closed; or the first error of a put.
 */
enum ptt_err ptt_store_commit(struct ptt_store_batch *batch, enum ptt_durability durability,
	ptt_store_done_fn *done, void *ctx) PTT_MUST_CHECK;
/**
 * The same at once, in the calling thread; takes the batch. Never mixed with queued batches on one
 * row.
 * Errors: MISMATCH: a reservation's expectation is not met, or a row that must be new exists, or
 * one that must exist does not; SYSTEM: disk; BUSY: another process holds the file for longer than
 * busy_timeout_ms.
 */
enum ptt_err ptt_store_commit_sync(
	struct ptt_store_batch *batch, enum ptt_durability durability) PTT_MUST_CHECK;

/** Adds or replaces; sqn never goes back. */
void ptt_batch_put_subscriber(struct ptt_store_batch *batch, const struct ptt_subscriber_row *row);
/** With his bootstrappings. */
void ptt_batch_del_subscriber(struct ptt_store_batch *batch, const char *impi);
/** Must be new (MISMATCH). */
void ptt_batch_put_bootstrap(struct ptt_store_batch *batch, const struct ptt_bootstrap_row *row);
void ptt_batch_del_bootstrap(struct ptt_store_batch *batch, const char *btid);
/** Deletes the bootstrappings that expired before @p utc_s. */
void ptt_batch_purge_bootstraps(struct ptt_store_batch *batch, int64_t utc_s);
/**
 * Adds or replaces; generation, and next_key_number in one key group, never go back.
 * A key group that another group ever had is a MISMATCH.
 */
void ptt_batch_put_group(struct ptt_store_batch *batch, const struct ptt_group_row *row);
/** Must be new (MISMATCH): an id is never bound to two keys. */
void ptt_batch_put_msk(struct ptt_store_batch *batch, const struct ptt_msk_row *row);
/** NEXT becomes CURRENT. */
void ptt_batch_promote_msk(struct ptt_store_batch *batch, const char *group, uint32_t msk_id);
/** Deletes the key, and the "sent to" rows of its generation. */
void ptt_batch_retire_msk(struct ptt_store_batch *batch, const char *group, uint32_t msk_id);
/** The same of all keys of @p group that are older than this one. */
void ptt_batch_retire_older(struct ptt_store_batch *batch, const char *group, uint32_t msk_id);
/**
 * Subscriber @p impi was sent the MSK of @p generation: goes with the deletion of his dialog, whose
 * row says so until then. Again is no error.
 */
void ptt_batch_add_sent(
	struct ptt_store_batch *batch, const char *group, uint32_t generation, const char *impi);
void ptt_batch_put_ban(
	struct ptt_store_batch *batch, const char *group, const char *impi, int64_t since_utc_s);
void ptt_batch_del_ban(struct ptt_store_batch *batch, const char *group, const char *impi);
/** One intent a group; adds or replaces. */
void ptt_batch_put_intent(struct ptt_store_batch *batch, const struct ptt_intent_row *row);
void ptt_batch_del_intent(struct ptt_store_batch *batch, const char *group);
/** Adds or replaces; the reserved numbers never go back. */
void ptt_batch_put_dialog(struct ptt_store_batch *batch, const struct ptt_dialog_row *row);
void ptt_batch_del_dialog(struct ptt_store_batch *batch, const char *call_id, const char *local_tag,
	const char *remote_tag);
/** See struct ptt_reservation. */
void ptt_batch_reserve(struct ptt_store_batch *batch, const struct ptt_reservation *reservation);
/**
 * At a start: the CSeq and o= version of every dialog move up by PTT_STORE_BLOCK, for the price of
 * one row. What the rows say from then on less that block is what a former process may have used;
 * the block is the caller's. Reservations of a former process that is still there are refused.
 */
void ptt_batch_reserve_dialogs(struct ptt_store_batch *batch);

#endif
