/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/store/store_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/kek.h"
#include "module/store/store_impl.h"

/** Copies a text column; what no put of ours writes is MALFORMED. */
static enum ptt_err column_id(char out[PTT_STORE_ID_MAX], sqlite3_stmt *stmt, int column)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	if (!text)
		return PTT_ERR_SYSTEM;
	if (strlen(text) >= PTT_STORE_ID_MAX)
		return PTT_ERR_MALFORMED;
	strcpy(out, text);
	return PTT_OK;
}

static const char *column_text(sqlite3_stmt *stmt, int column)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	return !text ? "" : text;
}

static struct ptt_bytes column_bytes(sqlite3_stmt *stmt, int column)
{
	const void *data = sqlite3_column_blob(stmt, column);

	return (struct ptt_bytes){data, (size_t)sqlite3_column_bytes(stmt, column)};
}

/** PTT_OK at a row, NO_KEY at the end. */
static enum ptt_err step(struct ptt_store *store, sqlite3_stmt *stmt)
{
	int rc = !stmt ? SQLITE_ERROR : sqlite3_step(stmt);
	enum ptt_err err;

	if (rc == SQLITE_ROW)
		return PTT_OK;
	if (rc == SQLITE_DONE)
		return PTT_ERR_NO_KEY;
	err = ptt_db_err(rc) == PTT_ERR_BUSY ? PTT_ERR_BUSY : PTT_ERR_SYSTEM;
	ptt_store_note(store, err, &store->reader);
	return err;
}

static sqlite3_stmt *prepare(
	struct ptt_store *store, enum ptt_stmt which, const char *key1, const char *key2)
{
	sqlite3_stmt *stmt = ptt_db_stmt(&store->reader, which);

	if (stmt && key1)
		sqlite3_bind_text(stmt, 1, key1, -1, SQLITE_TRANSIENT);
	if (stmt && key2)
		sqlite3_bind_text(stmt, 2, key2, -1, SQLITE_TRANSIENT);
	return stmt;
}

/** Ends a statement, so that it holds no read transaction open (that would hold up checkpoints). */
static enum ptt_err finish(sqlite3_stmt *stmt, enum ptt_err err)
{
	sqlite3_reset(stmt);
	return err;
}

enum ptt_err ptt_store_get_impus(struct ptt_store *store,
	char out[PTT_STORE_IMPUS_MAX][PTT_STORE_ID_MAX], size_t *count, const char *impi)
{
	sqlite3_stmt *stmt = prepare(store, PTT_STMT_GET_IMPUS, impi, NULL);
	enum ptt_err err = PTT_OK;

	*count = 0;
	while (err == PTT_OK && *count < PTT_STORE_IMPUS_MAX) {
		err = step(store, stmt);
		if (err == PTT_OK)
			err = column_id(out[*count], stmt, 0);
		if (err == PTT_OK)
			++*count;
	}
	return finish(stmt, err == PTT_ERR_NO_KEY && *count > 0 ? PTT_OK : err);
}

static enum ptt_err subscriber_row(
	struct ptt_store *store, struct ptt_subscriber_row *out, sqlite3_stmt *stmt)
{
	PTT_SECRET(struct ptt_wrapped_subscriber, keys);
	struct ptt_row_id id;
	int amf = sqlite3_column_int(stmt, 3);

	PTT_TRY(column_id(out->impi, stmt, 0));
	PTT_TRY(ptt_kek_unwrap(&keys, sizeof(keys), &store->kek,
		ptt_row_id_make(&id, "subscriber", out->impi, ""), column_bytes(stmt, 1)));
	out->k = keys.k;
	out->opc = keys.opc;
	out->sqn = (uint64_t)sqlite3_column_int64(stmt, 2);
	out->amf[0] = (uint8_t)(amf >> 8);
	out->amf[1] = (uint8_t)amf;
	out->gba_u = sqlite3_column_int(stmt, 4) != 0;
	return ptt_store_get_impus(store, out->impu, &out->impu_count, out->impi);
}

enum ptt_err ptt_store_get_subscriber(
	struct ptt_store *store, struct ptt_subscriber_row *out, const char *impi)
{
	sqlite3_stmt *stmt = prepare(store, PTT_STMT_GET_SUBSCRIBER, impi, NULL);
	enum ptt_err err = step(store, stmt);

	if (err == PTT_OK && out)
		err = subscriber_row(store, out, stmt);
	return finish(stmt, err);
}

enum ptt_err ptt_store_find_subscriber(
	struct ptt_store *store, struct ptt_subscriber_row *out, const char *impu)
{
	sqlite3_stmt *stmt = prepare(store, PTT_STMT_FIND_SUBSCRIBER, impu, NULL);
	enum ptt_err err = step(store, stmt);
	char impi[PTT_STORE_ID_MAX];

	if (err == PTT_OK)
		err = column_id(impi, stmt, 0);
	PTT_TRY(finish(stmt, err));
	return ptt_store_get_subscriber(store, out, impi);
}

static enum ptt_err bootstrap_row(
	struct ptt_store *store, struct ptt_bootstrap_row *out, sqlite3_stmt *stmt)
{
	PTT_SECRET(struct ptt_wrapped_bootstrap, keys);
	struct ptt_row_id id;

	PTT_TRY(column_id(out->btid, stmt, 0));
	PTT_TRY(column_id(out->impi, stmt, 1));
	PTT_TRY(ptt_kek_unwrap(&keys, sizeof(keys), &store->kek,
		ptt_row_id_make(&id, "bootstrap", out->btid, out->impi), column_bytes(stmt, 2)));
	out->ks = keys.ks;
	memcpy(out->rand, keys.rand, sizeof(out->rand));
	out->expires_utc_s = sqlite3_column_int64(stmt, 3);
	out->counter_base = (uint64_t)sqlite3_column_int64(stmt, 4);
	out->gba_u = sqlite3_column_int(stmt, 5) != 0;
	return PTT_OK;
}

static enum ptt_err one_bootstrap(struct ptt_store *store, struct ptt_bootstrap_row *out,
	enum ptt_stmt which, const char *key)
{
	sqlite3_stmt *stmt = prepare(store, which, key, NULL);
	enum ptt_err err = step(store, stmt);

	if (err == PTT_OK)
		err = bootstrap_row(store, out, stmt);
	return finish(stmt, err);
}

enum ptt_err ptt_store_get_bootstrap(
	struct ptt_store *store, struct ptt_bootstrap_row *out, const char *btid)
{
	return one_bootstrap(store, out, PTT_STMT_GET_BOOTSTRAP, btid);
}

enum ptt_err ptt_store_find_bootstrap(
	struct ptt_store *store, struct ptt_bootstrap_row *out, const char *impi)
{
	return one_bootstrap(store, out, PTT_STMT_FIND_BOOTSTRAP, impi);
}

enum ptt_err ptt_store_get_group(
	struct ptt_store *store, struct ptt_group_row *out, const char *uri)
{
	sqlite3_stmt *stmt = prepare(store, PTT_STMT_GET_GROUP, uri, NULL);
	enum ptt_err err = step(store, stmt);

	if (err == PTT_OK)
		err = column_id(out->uri, stmt, 0);
	if (err == PTT_OK) {
		out->key_group = (uint16_t)sqlite3_column_int(stmt, 1);
		out->csb_id = (uint32_t)sqlite3_column_int64(stmt, 2);
		out->next_key_number = (uint32_t)sqlite3_column_int64(stmt, 3);
		out->generation = (uint32_t)sqlite3_column_int64(stmt, 4);
	}
	return finish(stmt, err);
}

enum ptt_err ptt_store_free_key_group(struct ptt_store *store, uint16_t *out)
{
	sqlite3_stmt *stmt = prepare(store, PTT_STMT_FREE_KEY_GROUP, NULL, NULL);
	enum ptt_err err = step(store, stmt);
	int64_t number = err == PTT_OK ? sqlite3_column_int64(stmt, 0) : 0;

	if (err == PTT_OK && (number < 1 || number > UINT16_MAX))
		err = PTT_ERR_EXHAUSTED;
	*out = (uint16_t)number;
	return finish(stmt, err);
}

enum ptt_err ptt_store_get_ban(
	struct ptt_store *store, int64_t *since_utc_s, const char *group, const char *impi)
{
	sqlite3_stmt *stmt = prepare(store, PTT_STMT_GET_BAN, group, impi);
	enum ptt_err err = step(store, stmt);

	if (err == PTT_OK && since_utc_s)
		*since_utc_s = sqlite3_column_int64(stmt, 0);
	return finish(stmt, err);
}

enum ptt_err ptt_store_each_subscriber(struct ptt_store *store, ptt_subscriber_fn *fn, void *ctx)
{
	sqlite3_stmt *stmt = prepare(store, PTT_STMT_EACH_SUBSCRIBER, NULL, NULL);
	PTT_SECRET(struct ptt_subscriber_row, row);
	enum ptt_err err;

	while ((err = step(store, stmt)) == PTT_OK) {
		err = subscriber_row(store, &row, stmt);
		if (err == PTT_OK)
			err = fn(ctx, &row);
		if (err != PTT_OK)
			return finish(stmt, err);
	}
	return finish(stmt, err == PTT_ERR_NO_KEY ? PTT_OK : err);
}

static enum ptt_err msk_row(struct ptt_store *store, struct ptt_msk_row *out, sqlite3_stmt *stmt)
{
	PTT_SECRET(struct ptt_wrapped_msk, keys);
	struct ptt_row_id id;

	PTT_TRY(column_id(out->group, stmt, 0));
	out->msk_id = (uint32_t)sqlite3_column_int64(stmt, 1);
	out->generation = (uint32_t)sqlite3_column_int64(stmt, 2);
	out->state = sqlite3_column_int(stmt, 3) == PTT_MSK_NEXT ? PTT_MSK_NEXT : PTT_MSK_CURRENT;
	out->suite = (enum ptt_suite)sqlite3_column_int(stmt, 6);
	if (!ptt_suite_def(out->suite))
		return PTT_ERR_UNSUPPORTED;
	PTT_TRY(ptt_kek_unwrap(&keys, sizeof(keys), &store->kek,
		ptt_row_id_msk(&id, out->group, out->msk_id), column_bytes(stmt, 4)));
	out->msk = keys.msk;
	memcpy(out->rand, keys.rand, sizeof(out->rand));
	out->mtk_id_reserved = (uint32_t)sqlite3_column_int64(stmt, 5);
	snprintf(out->boot_id, sizeof(out->boot_id), "%s", column_text(stmt, 7));
	return PTT_OK;
}

enum ptt_err ptt_store_each_msk(
	struct ptt_store *store, const char *group, ptt_msk_fn *fn, void *ctx)
{
	sqlite3_stmt *stmt = prepare(store, PTT_STMT_EACH_MSK, group, NULL);
	PTT_SECRET(struct ptt_msk_row, row);
	enum ptt_err err;

	while ((err = step(store, stmt)) == PTT_OK) {
		err = msk_row(store, &row, stmt);
		if (err == PTT_OK)
			err = fn(ctx, &row);
		if (err != PTT_OK)
			return finish(stmt, err);
	}
	return finish(stmt, err == PTT_ERR_NO_KEY ? PTT_OK : err);
}

enum ptt_err ptt_store_each_sent(
	struct ptt_store *store, const char *group, ptt_sent_fn *fn, void *ctx)
{
	sqlite3_stmt *stmt = prepare(store, PTT_STMT_EACH_SENT, group, NULL);
	enum ptt_err err;

	while ((err = step(store, stmt)) == PTT_OK) {
		err = fn(ctx, (uint32_t)sqlite3_column_int64(stmt, 0), column_text(stmt, 1));
		if (err != PTT_OK)
			return finish(stmt, err);
	}
	return finish(stmt, err == PTT_ERR_NO_KEY ? PTT_OK : err);
}

enum ptt_err ptt_store_each_ban(
	struct ptt_store *store, const char *group, ptt_ban_fn *fn, void *ctx)
{
	sqlite3_stmt *stmt = prepare(store, PTT_STMT_EACH_BAN, group, NULL);
	enum ptt_err err;

	while ((err = step(store, stmt)) == PTT_OK) {
		err = fn(ctx, column_text(stmt, 0), column_text(stmt, 1),
			sqlite3_column_int64(stmt, 2));
		if (err != PTT_OK)
			return finish(stmt, err);
	}
	return finish(stmt, err == PTT_ERR_NO_KEY ? PTT_OK : err);
}

static enum ptt_err intent_row(sqlite3_stmt *stmt, ptt_intent_fn *fn, void *ctx)
{
	const struct ptt_intent_row row = {
		.group = column_text(stmt, 0),
		.generation = (uint32_t)sqlite3_column_int64(stmt, 1),
		.reason = (uint8_t)sqlite3_column_int(stmt, 2),
		.deadline_ms = sqlite3_column_int64(stmt, 3),
		.boot_id = column_text(stmt, 4),
	};

	return fn(ctx, &row);
}

enum ptt_err ptt_store_each_intent(struct ptt_store *store, ptt_intent_fn *fn, void *ctx)
{
	sqlite3_stmt *stmt = prepare(store, PTT_STMT_EACH_INTENT, NULL, NULL);
	enum ptt_err err;

	while ((err = step(store, stmt)) == PTT_OK) {
		err = intent_row(stmt, fn, ctx);
		if (err != PTT_OK)
			return finish(stmt, err);
	}
	return finish(stmt, err == PTT_ERR_NO_KEY ? PTT_OK : err);
}

static enum ptt_err dialog_row(sqlite3_stmt *stmt, ptt_dialog_fn *fn, void *ctx)
{
	struct ptt_dialog_row row = {
		.call_id = column_text(stmt, 0),
		.local_tag = column_text(stmt, 1),
		.remote_tag = column_text(stmt, 2),
		.local_uri = column_text(stmt, 3),
		.remote_uri = column_text(stmt, 4),
		.remote_target = column_text(stmt, 5),
		.route_set = column_text(stmt, 6),
		.transport = column_text(stmt, 7),
		.group = column_text(stmt, 8),
		.impi = column_text(stmt, 9),
		.impu = column_text(stmt, 10),
		.btid = column_text(stmt, 11),
		.cseq_reserved = (uint32_t)sqlite3_column_int64(stmt, 12),
		.o_version_reserved = (uint32_t)sqlite3_column_int64(stmt, 13),
		.remote_cseq = (uint32_t)sqlite3_column_int64(stmt, 14),
		.joined_utc_s = sqlite3_column_int64(stmt, 15),
		.flags = (uint32_t)sqlite3_column_int64(stmt, 16),
		.media = column_bytes(stmt, 17),
		.allows_update = sqlite3_column_int(stmt, 18) != 0,
		.session_s = (uint32_t)sqlite3_column_int64(stmt, 19),
		.refresher = sqlite3_column_int(stmt, 20) != 0,
	};

	return fn(ctx, &row);
}

enum ptt_err ptt_store_each_dialog(struct ptt_store *store, ptt_dialog_fn *fn, void *ctx)
{
	sqlite3_stmt *stmt = prepare(store, PTT_STMT_EACH_DIALOG, NULL, NULL);
	enum ptt_err err;

	while ((err = step(store, stmt)) == PTT_OK) {
		err = dialog_row(stmt, fn, ctx);
		if (err != PTT_OK)
			return finish(stmt, err);
	}
	return finish(stmt, err == PTT_ERR_NO_KEY ? PTT_OK : err);
}
