/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/kek.h"
#include "module/base/clock.h"
#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/store/store_impl.h"
#include "module/store/store_read.h"

#define QUEUE_MAX       4096
#define WAL_PAGES       8000
#define BUSY_TIMEOUT_MS 5000
#define TOGETHER_MAX    256 /* batches in one transaction */
#define LAZY_MS         50
#define CLOSE_MAX_MS \
	15000 /* for what is queued: a write may wait BUSY_TIMEOUT_MS for another process */

static const char kek_check_text[] = "pttkey store";

/** What crosses the threads. */
struct letter {
	struct ptt_store *store;
	struct ptt_store_batch *batch; /**< the first of a list */
};

void ptt_store_note(struct ptt_store *store, enum ptt_err err, const struct ptt_db *db)
{
	bool bad = err == PTT_ERR_SYSTEM || err == PTT_ERR_BUSY;
	bool gone = sqlite3_errcode(db->handle) == SQLITE_OK;
	bool was;

	/* a refused reservation is an answer, not a fault of the store */
	if (err != PTT_OK && !bad)
		return;
	was = atomic_exchange(&store->failing, bad);
	if (bad) {
		ptt_metric_inc(PTT_METRIC_STORE_ERRORS);
		ptt_log_limited(PTT_LOG_ERROR, "store-failing", "error=%s",
			gone ? "the file is gone" : sqlite3_errmsg(db->handle));
	} else if (was) {
		ptt_log(PTT_LOG_WARN, "store-recovered", "error=none");
	}
	ptt_metric_set(PTT_METRIC_STORE_FAILING, bad);
}

static void run(struct ptt_store *store, struct ptt_db *db, struct ptt_store_batch *first)
{
	int64_t start = ptt_clock_us();

	ptt_db_run_list(db, first);
	ptt_metric_observe_us(PTT_METRIC_STORE_SECONDS, (uint64_t)(ptt_clock_us() - start));
	for (struct ptt_store_batch *batch = first; batch; batch = batch->next)
		ptt_store_note(store, batch->err, db);
}

/** On the store's thread. */
static void on_finish(su_root_magic_t *magic, su_msg_r msg, su_msg_arg_t *arg)
{
	struct ptt_store *store = ((struct letter *)arg)->store;

	(void)magic;
	(void)msg;
	ptt_checkpointer_finish(store);
	store->finishing = false;
}

/** A message of its own, behind the report of the batch that made it necessary. */
static void ask_finish(struct ptt_store *store, su_msg_r batch_msg)
{
	su_msg_r msg = SU_MSG_R_INIT;

	if (store->finishing || su_msg_create(msg, su_msg_to(batch_msg), su_msg_to(batch_msg),
					on_finish, sizeof(struct letter)) != 0)
		return;
	((struct letter *)su_msg_data(msg))->store = store;
	store->finishing = su_msg_send(msg) == 0;
}

/** On the store's thread. */
static void on_batch(su_root_magic_t *magic, su_msg_r msg, su_msg_arg_t *arg)
{
	struct letter *letter = (struct letter *)arg;

	(void)magic;
	run(letter->store, &letter->store->writer, letter->batch);
	if (ptt_checkpointer_look(letter->store))
		ask_finish(letter->store, msg);
}

static void send_gathered(struct ptt_store *store);
static void send_all(struct ptt_store *store);

static void answer(struct ptt_store *store, struct ptt_store_batch *first)
{
	while (first) {
		struct ptt_store_batch *batch = first;

		first = batch->next;
		store->queued--;
		if (batch->done)
			batch->done(batch->ctx, batch->err);
		ptt_store_batch_free(batch);
	}
}

/** Back on the root's thread. What the callbacks commit joins what has gathered meanwhile. */
static void on_done(su_root_magic_t *magic, su_msg_r msg, su_msg_arg_t *arg)
{
	struct letter letter = *(struct letter *)arg;

	(void)magic;
	(void)msg;
	answer(letter.store, letter.batch);
	letter.store->under_way = false;
	send_gathered(letter.store);
}

/** The first of the queue, at most TOGETHER_MAX, as a list of their own. */
static struct ptt_store_batch *take_gathered(struct ptt_store *store)
{
	struct ptt_store_batch *first = store->first, *last = first;

	store->eager -= first->durability != PTT_STORE_LAZY;
	for (int i = 1; i < TOGETHER_MAX && last->next; i++) {
		last = last->next;
		store->eager -= last->durability != PTT_STORE_LAZY;
	}
	store->first = last->next;
	if (!store->first)
		store->last = NULL;
	last->next = NULL;
	return first;
}

static enum ptt_err send_list(struct ptt_store *store, struct ptt_store_batch *first)
{
	su_msg_r msg = SU_MSG_R_INIT;
	struct letter *letter;

	if (su_msg_create(msg, su_clone_task(store->clone), su_root_task(store->root), on_batch,
		    sizeof(*letter)) != 0)
		return PTT_ERR_SYSTEM;
	letter = (struct letter *)su_msg_data(msg);
	letter->store = store;
	letter->batch = first;
	if (su_msg_report(msg, on_done) != 0) {
		su_msg_destroy(msg);
		return PTT_ERR_SYSTEM;
	}
	store->under_way = true;
	/* from here on the report answers; an error here is only that the thread was not woken */
	(void)su_msg_send(msg);
	return PTT_OK;
}

static void on_lazy(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
	(void)magic;
	(void)timer;
	send_all((struct ptt_store *)arg);
}

/** What nobody waits for waits for others; without a timer it goes at once. */
static void send_gathered(struct ptt_store *store)
{
	if (store->first && (store->eager > 0 || store->closing ||
				    su_timer_set_interval(store->timer, on_lazy,
					    (su_timer_arg_t *)store, LAZY_MS) != 0))
		send_all(store);
}

/** One list at a time is with the thread; while it is, further batches gather: one fsync for many. */
static void send_all(struct ptt_store *store)
{
	while (!store->under_way && store->first) {
		struct ptt_store_batch *first = take_gathered(store);

		if (!store->closing && send_list(store, first) == PTT_OK)
			return;
		for (struct ptt_store_batch *batch = first; batch; batch = batch->next)
			batch->err = PTT_ERR_SYSTEM;
		answer(store, first);
	}
}

static void gather(struct ptt_store *store, struct ptt_store_batch *batch)
{
	batch->next = NULL;
	if (store->last)
		store->last->next = batch;
	else
		store->first = batch;
	store->last = batch;
	store->queued++;
	store->eager += batch->durability != PTT_STORE_LAZY;
}

enum ptt_err ptt_store_commit(struct ptt_store_batch *batch, enum ptt_durability durability,
	ptt_store_done_fn *done, void *ctx)
{
	enum ptt_err err = !batch ? PTT_ERR_SYSTEM : batch->err;
	struct ptt_store *store = !batch ? NULL : batch->store;

	if (err == PTT_OK && !store->root)
		err = PTT_ERR_UNSUPPORTED;
	if (err == PTT_OK && (store->queued >= store->queue_max || store->closing)) {
		ptt_metric_inc_label(PTT_METRIC_DROPPED, "store");
		err = PTT_ERR_BUSY;
	}
	if (err == PTT_OK) {
		batch->durability = durability;
		batch->done = done;
		batch->ctx = ctx;
		gather(store, batch);
		send_gathered(store);
	} else {
		ptt_store_batch_free(batch);
	}
	return err;
}

enum ptt_err ptt_store_commit_sync(struct ptt_store_batch *batch, enum ptt_durability durability)
{
	enum ptt_err err = !batch ? PTT_ERR_SYSTEM : batch->err;

	if (err == PTT_OK) {
		batch->durability = durability;
		batch->next = NULL;
		run(batch->store, &batch->store->reader, batch);
		err = batch->err;
	}
	ptt_store_batch_free(batch);
	return err;
}

enum ptt_err ptt_store_get_numbers(struct ptt_store *store, uint64_t *out)
{
	sqlite3_stmt *stmt = ptt_db_stmt(&store->reader, PTT_STMT_GET_NUMBERS);
	enum ptt_err err = PTT_OK;

	if (!stmt || sqlite3_step(stmt) != SQLITE_ROW)
		err = PTT_ERR_SYSTEM;
	else
		*out = (uint64_t)sqlite3_column_int64(stmt, 0);
	ptt_store_note(store, err, &store->reader);
	sqlite3_reset(stmt);
	return err;
}

static enum ptt_err read_kek_check(struct ptt_store *store)
{
	sqlite3_stmt *stmt = ptt_db_stmt(&store->reader, PTT_STMT_GET_KEK_CHECK);
	char opened[sizeof(kek_check_text)];
	enum ptt_err err = PTT_ERR_SYSTEM;
	int rc = !stmt ? SQLITE_ERROR : sqlite3_step(stmt);

	if (rc == SQLITE_DONE)
		err = PTT_ERR_NO_KEY;
	if (rc == SQLITE_ROW)
		err = ptt_kek_unwrap(opened, sizeof(opened), &store->kek,
			ptt_bytes_of_str("kek_check"),
			(struct ptt_bytes){sqlite3_column_blob(stmt, 0),
				(size_t)sqlite3_column_bytes(stmt, 0)});
	sqlite3_reset(stmt);
	return err;
}

/** A store opened with another KEK is told at once, not at the first key that does not open. */
static enum ptt_err check_kek(struct ptt_store *store)
{
	uint8_t wrapped[sizeof(kek_check_text) + PTT_KEK_OVERHEAD];
	struct ptt_writer out = ptt_writer_of(wrapped, sizeof(wrapped));
	struct ptt_bytes text = {(const uint8_t *)kek_check_text, sizeof(kek_check_text)};
	struct ptt_store_batch *batch;
	enum ptt_err err = read_kek_check(store);

	if (err != PTT_ERR_NO_KEY)
		return err;
	PTT_TRY(ptt_kek_wrap(&out, &store->kek, ptt_bytes_of_str("kek_check"), text));
	batch = ptt_store_batch_new(store);
	ptt_batch_begin(batch, PTT_STMT_PUT_KEK_CHECK);
	ptt_batch_blob(batch, (struct ptt_bytes){wrapped, ptt_writer_len(&out)});
	PTT_TRY(ptt_store_commit_sync(batch, PTT_STORE_FULL));
	/* another process may have been first */
	return read_kek_check(store);
}

static enum ptt_err start_thread(struct ptt_store *store, const struct ptt_store_options *options,
	char *text, size_t text_size)
{
	uint32_t busy_ms =
		options->busy_timeout_ms != 0 ? options->busy_timeout_ms : BUSY_TIMEOUT_MS;

	store->timer = su_timer_create(su_root_task(options->root), LAZY_MS);
	if (!store->timer)
		return PTT_ERR_SYSTEM;
	PTT_TRY(ptt_db_open(&store->writer, options->path, busy_ms, text, text_size));
	ptt_db_own_checkpoints(&store->writer);
	if (su_clone_start(options->root, store->clone, NULL, NULL, NULL) != 0) {
		snprintf(text, text_size, "%s: no thread for the store", options->path);
		return PTT_ERR_SYSTEM;
	}
	store->root = options->root;
	return ptt_checkpointer_start(store, options->path, busy_ms, text, text_size);
}

static enum ptt_err open_all(struct ptt_store *store, const struct ptt_store_options *options,
	char *text, size_t text_size)
{
	uint32_t busy_ms =
		options->busy_timeout_ms != 0 ? options->busy_timeout_ms : BUSY_TIMEOUT_MS;
	enum ptt_err err;

	PTT_TRY(ptt_db_open(&store->reader, options->path, busy_ms, text, text_size));
	err = check_kek(store);
	if (err == PTT_OK && options->root)
		err = start_thread(store, options, text, text_size);
	if (err == PTT_ERR_AUTH)
		snprintf(text, text_size,
			"%s: was written with another key-encryption key (kek_file)",
			options->path);
	else if (err != PTT_OK && text[0] == '\0')
		snprintf(text, text_size, "%s: %s", options->path,
			sqlite3_errmsg(store->reader.handle));
	return err;
}

enum ptt_err ptt_store_open(struct ptt_store **out, const struct ptt_store_options *options,
	char *text, size_t text_size)
{
	struct ptt_store *store = calloc(1, sizeof(*store));
	enum ptt_err err;

	*out = NULL;
	text[0] = '\0';
	if (!store)
		return PTT_ERR_SYSTEM;
	store->kek = *options->kek;
	store->wal_pages = options->wal_pages != 0 ? (int)options->wal_pages : WAL_PAGES;
	store->queue_max = options->queue_max != 0 ? options->queue_max : QUEUE_MAX;
	err = open_all(store, options, text, text_size);
	if (err != PTT_OK) {
		ptt_store_close(store);
		return err;
	}
	*out = store;
	return PTT_OK;
}

/*
 * su_clone_wait() delivers what the thread has answered; a step of the root may return at once, so time bounds the
 * wait, not their number. What is left then was not written, and is told so.
 */
static void stop_thread(struct ptt_store *store)
{
	int64_t end_us = ptt_clock_us() + CLOSE_MAX_MS * 1000;

	send_all(store);
	while (store->queued > 0 && ptt_clock_us() < end_us)
		su_root_step(store->root, 10);
	store->closing = true;
	su_clone_wait(store->root, store->clone);
	store->under_way = false;
	send_all(store);
}

void ptt_store_close(struct ptt_store *store)
{
	if (!store)
		return;
	if (store->root)
		stop_thread(store);
	ptt_checkpointer_stop(store);
	if (store->timer)
		su_timer_destroy(store->timer);
	ptt_db_close(&store->writer);
	ptt_db_close(&store->reader);
	ptt_wipe(store, sizeof(*store));
	free(store);
}

bool ptt_store_is_failing(const struct ptt_store *store)
{
	return atomic_load(&store->failing);
}
