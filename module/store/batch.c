/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/store/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_MAX (128u << 20)

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
