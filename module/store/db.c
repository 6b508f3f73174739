/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "module/base/fault_point.h"

#define WAL_LIMIT_BYTES "37748736" /* the file stays as long as the WAL gets (checkpointer.c) */

enum ptt_err ptt_db_err(int rc)
{
	switch (rc & 0xFF) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return PTT_OK;
	case SQLITE_CONSTRAINT:
		return PTT_ERR_MISMATCH;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return PTT_ERR_BUSY;
	default:
		return PTT_ERR_SYSTEM;
	}
}

static enum ptt_err exec(struct ptt_db *db, const char *sql)
{
	return ptt_db_err(sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

sqlite3_stmt *ptt_db_stmt(struct ptt_db *db, enum ptt_stmt stmt)
{
	sqlite3_stmt **slot = &db->stmts[stmt];

	if (!*slot && sqlite3_prepare_v3(db->handle, ptt_stmt_texts[stmt].sql, -1,
			      SQLITE_PREPARE_PERSISTENT, slot, NULL) != SQLITE_OK)
		return NULL;
	sqlite3_reset(*slot);
	sqlite3_clear_bindings(*slot);
	return *slot;
}

static enum ptt_err query_int(struct ptt_db *db, int *out, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	*out = rc == SQLITE_ROW ? sqlite3_column_int(stmt, 0) : 0;
	sqlite3_finalize(stmt);
	return ptt_db_err(rc);
}

static enum ptt_err check_schema(struct ptt_db *db, const char *path, char *text, size_t text_size)
{
	int version, before = -1, tables;
	bool foreign;

	PTT_TRY(query_int(db, &version, "PRAGMA user_version"));
	PTT_TRY(query_int(db, &tables, "SELECT count(*) FROM sqlite_master"));
	foreign = version == 0 && tables != 0;
	while (!foreign && version >= 0 && version < PTT_SCHEMA_VERSION && version != before) {
		before = version;
		/* A failure may be that another process was faster. */
		if (exec(db, ptt_schema_steps[version]) != PTT_OK) {
			snprintf(text, text_size, "%s: cannot be written: %s", path,
				sqlite3_errmsg(db->handle));
			(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
		}
		PTT_TRY(query_int(db, &version, "PRAGMA user_version"));
	}
	if (version == PTT_SCHEMA_VERSION)
		return PTT_OK;
	if (version == before)
		return PTT_ERR_SYSTEM;
	snprintf(text, text_size, "%s: schema version %d; this program knows version %d", path,
		version, PTT_SCHEMA_VERSION);
	return PTT_ERR_UNSUPPORTED;
}

/** Keys are inside, if only wrapped: the file is for its owner alone from its first byte. */
static void create_private(const char *path)
{
	int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

	/*
	 * an existing file is not opened here: closing it would drop this process's SQLite locks on
	 * it
	 */
	if (fd >= 0)
		close(fd);
}

static enum ptt_err set_up(struct ptt_db *db, const char *path, char *text, size_t text_size)
{
	PTT_TRY(exec(db,
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
		"PRAGMA journal_size_limit = " WAL_LIMIT_BYTES ";"
		"PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;"));
	return check_schema(db, path, text, text_size);
}

enum ptt_err ptt_db_open(
	struct ptt_db *db, const char *path, uint32_t busy_timeout_ms, char *text, size_t text_size)
{
	enum ptt_err err;
	int rc;

	memset(db, 0, sizeof(*db));
	text[0] = '\0';
	create_private(path);
	rc = sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK) {
		snprintf(text, text_size, "%s: %s", path, sqlite3_errstr(rc));
		ptt_db_close(db);
		return PTT_ERR_SYSTEM;
	}
	sqlite3_busy_timeout(db->handle, (int)busy_timeout_ms);
	db->durability = PTT_STORE_NORMAL;
	err = set_up(db, path, text, text_size);
	if (err == PTT_OK)
		return PTT_OK;
	if (text[0] == '\0')
		snprintf(text, text_size, "%s: %s", path, sqlite3_errmsg(db->handle));
	ptt_db_close(db);
	return err;
}

void ptt_db_close(struct ptt_db *db)
{
	for (size_t i = 0; i < PTT_STMT_COUNT; i++)
		sqlite3_finalize(db->stmts[i]);
	sqlite3_close(db->handle);
	memset(db, 0, sizeof(*db));
}

/** Walks the bytes of a batch; they are ours, so what does not fit is a bug and ends the walk. */
struct walk {
	const uint8_t *pos, *end;
};

static uint32_t walk_u32(struct walk *walk)
{
	uint32_t value;

	memcpy(&value, walk->pos, sizeof(value));
	walk->pos += sizeof(value);
	return value;
}

static int bind_one(struct walk *walk, sqlite3_stmt *stmt, int place)
{
	uint8_t type = *walk->pos++;
	const uint8_t *bytes;
	int64_t value;
	uint32_t len;

	if (type == 'i') {
		memcpy(&value, walk->pos, sizeof(value));
		walk->pos += sizeof(value);
		return sqlite3_bind_int64(stmt, place, value);
	}
	len = walk_u32(walk);
	bytes = walk->pos;
	walk->pos += len;
	if (type == 't')
		return sqlite3_bind_text(stmt, place, (const char *)bytes, (int)len, SQLITE_STATIC);
	if (len == 0)
		return sqlite3_bind_zeroblob(stmt, place, 0);
	return sqlite3_bind_blob(stmt, place, bytes, (int)len, SQLITE_STATIC);
}

static enum ptt_err run_one(struct ptt_db *db, struct walk *walk)
{
	enum ptt_stmt which = (enum ptt_stmt) * walk->pos++;
	int count = *walk->pos++;
	sqlite3_stmt *stmt = ptt_db_stmt(db, which);
	int rc = SQLITE_OK;

	if (!stmt)
		return ptt_db_err(sqlite3_errcode(db->handle));
	for (int i = 1; i <= count && rc == SQLITE_OK; i++)
		rc = bind_one(walk, stmt, i);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	if (rc != SQLITE_DONE)
		return ptt_db_err(rc) == PTT_OK ? PTT_ERR_SYSTEM : ptt_db_err(rc);
	if (ptt_stmt_texts[which].one_row && sqlite3_changes(db->handle) != 1)
		return PTT_ERR_MISMATCH;
	return PTT_OK;
}

static enum ptt_err run_rows(struct ptt_db *db, const struct ptt_store_batch *batch)
{
	struct walk walk = {batch->data, batch->data + batch->len};

	while (walk.pos < walk.end)
		PTT_TRY(run_one(db, &walk));
	return PTT_OK;
}

static enum ptt_err begin(struct ptt_db *db, enum ptt_durability durability)
{
	int moved = 0;

	PTT_TRY(PTT_FAULT_ERR("store-begin"));
	/* what is written to a deleted file is lost at the next start: that is no durable write */
	if (sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
		moved != 0)
		return PTT_ERR_SYSTEM;
	if (durability == PTT_STORE_LAZY)
		durability = PTT_STORE_NORMAL;
	if (durability != db->durability) {
		PTT_TRY(exec(db, durability == PTT_STORE_FULL ? "PRAGMA synchronous = FULL"
							      : "PRAGMA synchronous = NORMAL"));
		db->durability = durability;
	}
	return exec(db, "BEGIN IMMEDIATE");
}

static enum ptt_err end(struct ptt_db *db, enum ptt_err err)
{
	if (err == PTT_OK)
		err = PTT_FAULT_ERR("store-commit");
	if (err == PTT_OK)
		err = exec(db, "COMMIT");
	PTT_FAULT("store-committed");
	/* some errors end the transaction themselves; a second ROLLBACK would hide their text */
	if (err != PTT_OK && sqlite3_get_autocommit(db->handle) == 0)
		(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	return err;
}

static enum ptt_err run_alone(struct ptt_db *db, const struct ptt_store_batch *batch)
{
	PTT_TRY(begin(db, batch->durability));
	return end(db, run_rows(db, batch));
}

static enum ptt_err run_together(struct ptt_db *db, const struct ptt_store_batch *first)
{
	enum ptt_durability durability = PTT_STORE_NORMAL;
	enum ptt_err err = PTT_OK;

	for (const struct ptt_store_batch *batch = first; batch; batch = batch->next)
		if (batch->durability == PTT_STORE_FULL)
			durability = PTT_STORE_FULL;
	PTT_TRY(begin(db, durability));
	for (const struct ptt_store_batch *batch = first; batch && err == PTT_OK;
		batch = batch->next)
		err = run_rows(db, batch);
	return end(db, err);
}

void ptt_db_run_list(struct ptt_db *db, struct ptt_store_batch *first)
{
	enum ptt_err err = first->next ? run_together(db, first) : PTT_ERR_MISMATCH;

	for (struct ptt_store_batch *batch = first; batch; batch = batch->next)
		batch->err = err == PTT_OK || err == PTT_ERR_BUSY ? err : run_alone(db, batch);
}

static int on_wal(void *ctx, sqlite3 *handle, const char *name, int pages)
{
	struct ptt_db *db = ctx;

	(void)handle;
	(void)name;
	db->wal_pages = pages;
	return SQLITE_OK;
}

void ptt_db_own_checkpoints(struct ptt_db *db)
{
	sqlite3_wal_hook(db->handle, on_wal, db);
}

void ptt_db_checkpoint(struct ptt_db *db)
{
	/* passive: a reader may hold it up, the next one goes on from there */
	(void)sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	db->wal_pages = 0;
}
