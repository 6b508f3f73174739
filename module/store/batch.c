/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/store/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/kek.h"
#include "module/store/store_impl.h"

#define BATCH_MAX   (128u << 20)
#define WRAPPED_MAX 96

/* ---- bytes ---- */

struct ptt_store_batch *ptt_store_batch_new(struct ptt_store *store)
{
	struct ptt_store_batch *batch = calloc(1, sizeof(*batch));

	if (batch)
		batch->store = store;
	return batch;
}

void ptt_store_batch_free(struct ptt_store_batch *batch)
{
	if (!batch)
		return;
	free(batch->data);
	free(batch);
}

void ptt_batch_fail(struct ptt_store_batch *batch, enum ptt_err err)
{
	if (batch && batch->err == PTT_OK)
		batch->err = err;
}

/** Makes room; false once the batch has failed. */
static bool reserve(struct ptt_store_batch *batch, size_t len)
{
	size_t size = batch->size == 0 ? 512 : batch->size;
	uint8_t *data;

	if (batch->err != PTT_OK)
		return false;
	if (len > BATCH_MAX - batch->len) {
		ptt_batch_fail(batch, PTT_ERR_NO_SPACE);
		return false;
	}
	while (size < batch->len + len)
		size *= 2;
	if (size == batch->size)
		return true;
	data = realloc(batch->data, size);
	if (!data) {
		ptt_batch_fail(batch, PTT_ERR_SYSTEM);
		return false;
	}
	batch->data = data;
	batch->size = size;
	return true;
}

static void append(struct ptt_store_batch *batch, const void *bytes, size_t len)
{
	if (len == 0 || !reserve(batch, len))
		return;
	memcpy(batch->data + batch->len, bytes, len);
	batch->len += len;
}

void ptt_batch_begin(struct ptt_store_batch *batch, enum ptt_stmt stmt)
{
	uint8_t head[2] = {(uint8_t)stmt, 0};

	if (!batch)
		return;
	batch->count_at = batch->len + 1;
	append(batch, head, sizeof(head));
}

static void begin_value(struct ptt_store_batch *batch, char type)
{
	append(batch, &type, 1);
	if (batch->err == PTT_OK)
		batch->data[batch->count_at]++;
}

void ptt_batch_int(struct ptt_store_batch *batch, int64_t value)
{
	if (!batch)
		return;
	begin_value(batch, 'i');
	append(batch, &value, sizeof(value));
}

static void put_string(struct ptt_store_batch *batch, char type, const void *bytes, size_t len)
{
	uint32_t len32 = (uint32_t)len;

	if (!batch)
		return;
	if (len > BATCH_MAX) {
		ptt_batch_fail(batch, PTT_ERR_NO_SPACE);
		return;
	}
	begin_value(batch, type);
	append(batch, &len32, sizeof(len32));
	append(batch, bytes, len);
}

void ptt_batch_text(struct ptt_store_batch *batch, const char *text)
{
	put_string(batch, 't', text, !text ? 0 : strlen(text));
}

void ptt_batch_blob(struct ptt_store_batch *batch, struct ptt_bytes blob)
{
	put_string(batch, 'b', blob.data, blob.len);
}

void ptt_batch_id(struct ptt_store_batch *batch, const char *id)
{
	size_t len = !id ? 0 : strlen(id);

	/* lists of ids are kept line by line, so none may hold a line's end */
	if (len == 0 || len >= PTT_STORE_ID_MAX || strpbrk(id, "\r\n")) {
		ptt_batch_fail(batch, PTT_ERR_MALFORMED);
		return;
	}
	put_string(batch, 't', id, len);
}

struct ptt_bytes ptt_row_id_make(
	struct ptt_row_id *id, const char *table, const char *key, const char *key2)
{
	int len =
		snprintf(id->text, sizeof(id->text), "%s/%zu:%s/%s", table, strlen(key), key, key2);

	/* a key that is cut was refused before by ptt_batch_id() */
	if (len >= (int)sizeof(id->text))
		len = (int)sizeof(id->text) - 1;
	return (struct ptt_bytes){(const uint8_t *)id->text, (size_t)len};
}

struct ptt_bytes ptt_row_id_msk(struct ptt_row_id *id, const char *group, uint32_t msk_id)
{
	char number[16];

	snprintf(number, sizeof(number), "%08x", msk_id);
	return ptt_row_id_make(id, "msk", group, number);
}

/* ---- rows ---- */

/** Wraps @p in into the batch, bound to the row @p id. */
static void put_wrapped(
	struct ptt_store_batch *batch, struct ptt_bytes id, const void *in, size_t len)
{
	uint8_t wrapped[WRAPPED_MAX];
	struct ptt_writer out = ptt_writer_of(wrapped, sizeof(wrapped));
	enum ptt_err err;

	if (!batch)
		return;
	err = ptt_kek_wrap(&out, &batch->store->kek, id, (struct ptt_bytes){in, len});
	if (err != PTT_OK)
		ptt_batch_fail(batch, err);
	ptt_batch_blob(batch, (struct ptt_bytes){wrapped, ptt_writer_len(&out)});
}

static void put_u64(struct ptt_store_batch *batch, uint64_t value)
{
	if (value > INT64_MAX)
		ptt_batch_fail(batch, PTT_ERR_EXHAUSTED);
	ptt_batch_int(batch, (int64_t)value);
}

void ptt_batch_put_subscriber(struct ptt_store_batch *batch, const struct ptt_subscriber_row *row)
{
	PTT_SECRET(struct ptt_wrapped_subscriber, keys);
	struct ptt_row_id id;

	if (row->impu_count < 1 || row->impu_count > PTT_STORE_IMPUS_MAX)
		ptt_batch_fail(batch, PTT_ERR_MALFORMED);
	keys.k = row->k;
	keys.opc = row->opc;
	ptt_batch_begin(batch, PTT_STMT_PUT_SUBSCRIBER);
	ptt_batch_id(batch, row->impi);
	put_wrapped(batch, ptt_row_id_make(&id, "subscriber", row->impi, ""), &keys, sizeof(keys));
	put_u64(batch, row->sqn);
	ptt_batch_int(batch, row->amf[0] << 8 | row->amf[1]);
	ptt_batch_int(batch, row->gba_u);
	ptt_batch_begin(batch, PTT_STMT_CLEAR_IMPUS);
	ptt_batch_id(batch, row->impi);
	for (size_t i = 0; i < row->impu_count && i < PTT_STORE_IMPUS_MAX; i++) {
		ptt_batch_begin(batch, PTT_STMT_PUT_IMPU);
		ptt_batch_id(batch, row->impu[i]);
		ptt_batch_id(batch, row->impi);
		ptt_batch_int(batch, (int64_t)i);
	}
}

/** A statement whose only parameters are these identities; NULL ends them. */
static void put_ids(struct ptt_store_batch *batch, enum ptt_stmt stmt, const char *id1,
	const char *id2, const char *id3)
{
	ptt_batch_begin(batch, stmt);
	ptt_batch_id(batch, id1);
	if (id2)
		ptt_batch_id(batch, id2);
	if (id3)
		ptt_batch_id(batch, id3);
}

void ptt_batch_del_subscriber(struct ptt_store_batch *batch, const char *impi)
{
	put_ids(batch, PTT_STMT_DEL_SUBSCRIBER, impi, NULL, NULL);
	put_ids(batch, PTT_STMT_CLEAR_IMPUS, impi, NULL, NULL);
	put_ids(batch, PTT_STMT_DEL_BOOTSTRAPS_OF, impi, NULL, NULL);
}

void ptt_batch_put_bootstrap(struct ptt_store_batch *batch, const struct ptt_bootstrap_row *row)
{
	PTT_SECRET(struct ptt_wrapped_bootstrap, keys);
	struct ptt_row_id id;

	keys.ks = row->ks;
	memcpy(keys.rand, row->rand, sizeof(keys.rand));
	put_ids(batch, PTT_STMT_PUT_BOOTSTRAP, row->btid, row->impi, NULL);
	put_wrapped(batch, ptt_row_id_make(&id, "bootstrap", row->btid, row->impi), &keys,
		sizeof(keys));
	ptt_batch_int(batch, row->expires_utc_s);
	put_u64(batch, row->counter_base);
	ptt_batch_int(batch, row->gba_u);
	put_ids(batch, PTT_STMT_PRUNE_BOOTSTRAPS, row->impi, NULL, NULL);
}

void ptt_batch_del_bootstrap(struct ptt_store_batch *batch, const char *btid)
{
	put_ids(batch, PTT_STMT_DEL_BOOTSTRAP, btid, NULL, NULL);
}

void ptt_batch_purge_bootstraps(struct ptt_store_batch *batch, int64_t utc_s)
{
	ptt_batch_begin(batch, PTT_STMT_PURGE_BOOTSTRAPS);
	ptt_batch_int(batch, utc_s);
}

void ptt_batch_put_group(struct ptt_store_batch *batch, const struct ptt_group_row *row)
{
	ptt_batch_begin(batch, PTT_STMT_CLAIM_KEY_GROUP);
	ptt_batch_int(batch, row->key_group);
	ptt_batch_id(batch, row->uri);
	ptt_batch_begin(batch, PTT_STMT_PUT_GROUP);
	ptt_batch_id(batch, row->uri);
	ptt_batch_int(batch, row->key_group);
	ptt_batch_int(batch, row->csb_id);
	ptt_batch_int(batch, row->next_key_number);
	ptt_batch_int(batch, row->generation);
}

void ptt_batch_put_msk(struct ptt_store_batch *batch, const struct ptt_msk_row *row)
{
	PTT_SECRET(struct ptt_wrapped_msk, keys);
	struct ptt_row_id id;

	keys.msk = row->msk;
	memcpy(keys.rand, row->rand, sizeof(keys.rand));
	ptt_batch_begin(batch, PTT_STMT_PUT_MSK);
	ptt_batch_int(batch, row->msk_id);
	ptt_batch_id(batch, row->group);
	ptt_batch_int(batch, row->generation);
	ptt_batch_int(batch, row->state);
	put_wrapped(batch, ptt_row_id_msk(&id, row->group, row->msk_id), &keys, sizeof(keys));
	ptt_batch_int(batch, row->mtk_id_reserved);
	ptt_batch_int(batch, row->suite);
	ptt_batch_text(batch, row->boot_id);
}

static void put_on_msk(
	struct ptt_store_batch *batch, enum ptt_stmt stmt, const char *group, uint32_t msk_id)
{
	ptt_batch_begin(batch, stmt);
	ptt_batch_id(batch, group);
	ptt_batch_int(batch, msk_id);
}

void ptt_batch_promote_msk(struct ptt_store_batch *batch, const char *group, uint32_t msk_id)
{
	put_on_msk(batch, PTT_STMT_PROMOTE_MSK, group, msk_id);
}

void ptt_batch_retire_msk(struct ptt_store_batch *batch, const char *group, uint32_t msk_id)
{
	put_on_msk(batch, PTT_STMT_RETIRE_SENT, group, msk_id);
	put_on_msk(batch, PTT_STMT_RETIRE_MSK, group, msk_id);
}

void ptt_batch_add_sent(
	struct ptt_store_batch *batch, const char *group, uint32_t generation, const char *impi)
{
	ptt_batch_begin(batch, PTT_STMT_ADD_SENT);
	ptt_batch_id(batch, group);
	ptt_batch_int(batch, generation);
	ptt_batch_id(batch, impi);
}

void ptt_batch_retire_older(struct ptt_store_batch *batch, const char *group, uint32_t msk_id)
{
	put_on_msk(batch, PTT_STMT_RETIRE_SENT_BEFORE, group, msk_id);
	put_on_msk(batch, PTT_STMT_RETIRE_MSKS_BEFORE, group, msk_id);
}

void ptt_batch_put_ban(
	struct ptt_store_batch *batch, const char *group, const char *impi, int64_t since_utc_s)
{
	put_ids(batch, PTT_STMT_PUT_BAN, group, impi, NULL);
	ptt_batch_int(batch, since_utc_s);
}

void ptt_batch_del_ban(struct ptt_store_batch *batch, const char *group, const char *impi)
{
	put_ids(batch, PTT_STMT_DEL_BAN, group, impi, NULL);
}

void ptt_batch_put_intent(struct ptt_store_batch *batch, const struct ptt_intent_row *row)
{
	ptt_batch_begin(batch, PTT_STMT_PUT_INTENT);
	ptt_batch_id(batch, row->group);
	ptt_batch_int(batch, row->generation);
	ptt_batch_int(batch, row->reason);
	ptt_batch_int(batch, row->deadline_ms);
	ptt_batch_text(batch, row->boot_id);
}

void ptt_batch_del_intent(struct ptt_store_batch *batch, const char *group)
{
	put_ids(batch, PTT_STMT_DEL_INTENT, group, NULL, NULL);
}

void ptt_batch_put_dialog(struct ptt_store_batch *batch, const struct ptt_dialog_row *row)
{
	const char *texts[] = {row->local_uri, row->remote_uri, row->remote_target, row->route_set,
		row->transport, row->group, row->impi, row->impu, row->btid};

	put_ids(batch, PTT_STMT_PUT_DIALOG, row->call_id, row->local_tag, row->remote_tag);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ptt_batch_text(batch, texts[i]);
	ptt_batch_int(batch, row->cseq_reserved);
	ptt_batch_int(batch, row->o_version_reserved);
	ptt_batch_int(batch, row->remote_cseq);
	ptt_batch_int(batch, row->joined_utc_s);
	ptt_batch_int(batch, row->flags);
	ptt_batch_blob(batch, row->media);
	ptt_batch_int(batch, row->allows_update);
	ptt_batch_int(batch, row->session_s);
	ptt_batch_int(batch, row->refresher);
}

void ptt_batch_del_dialog(struct ptt_store_batch *batch, const char *call_id, const char *local_tag,
	const char *remote_tag)
{
	put_ids(batch, PTT_STMT_DEL_DIALOG, call_id, local_tag, remote_tag);
}

void ptt_batch_reserve(struct ptt_store_batch *batch, const struct ptt_reservation *reservation)
{
	const struct ptt_reservation *r = reservation;

	if (r->reserved <= r->expected)
		ptt_batch_fail(batch, PTT_ERR_EXHAUSTED);
	switch (r->counter) {
	case PTT_COUNTER_SQN:
		put_ids(batch, PTT_STMT_RESERVE_SQN, r->key, NULL, NULL);
		break;
	case PTT_COUNTER_NUMBERS:
		ptt_batch_begin(batch, PTT_STMT_RESERVE_NUMBERS);
		break;
	case PTT_COUNTER_MTK_ID:
		put_on_msk(batch, PTT_STMT_RESERVE_MTK_ID, r->key, r->msk_id);
		break;
	case PTT_COUNTER_CSEQ:
		put_ids(batch, PTT_STMT_RESERVE_CSEQ, r->key, r->local_tag, r->remote_tag);
		break;
	case PTT_COUNTER_O_VERSION:
		put_ids(batch, PTT_STMT_RESERVE_O_VERSION, r->key, r->local_tag, r->remote_tag);
		break;
	}
	put_u64(batch, r->expected);
	put_u64(batch, r->reserved);
}

void ptt_batch_reserve_dialogs(struct ptt_store_batch *batch)
{
	ptt_batch_begin(batch, PTT_STMT_RESERVE_DIALOGS);
}
