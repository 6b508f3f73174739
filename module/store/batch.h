/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file batch.h
 * Inside the store: the bytes of a batch.
 *
 *   statement(1) | parameters(1) | { 'i' value(8) | 't' len(4) bytes | 'b' len(4) bytes }*   and
 * the next
 *
 * Numbers in the host's order: a batch never leaves the process. Texts and blobs are bound where
 * they lie.
 */
#ifndef PTT_BATCH_H
#define PTT_BATCH_H

#include "module/store/schema.h"
#include "module/store/store.h"

struct ptt_store_batch {
	struct ptt_store *store;
	uint8_t *data;
	size_t len, size; /**< bytes */
	size_t count_at;  /**< place of the parameter count of the statement being built */
	enum ptt_err err; /**< the first error */
	enum ptt_durability durability;
	ptt_store_done_fn *done;
	void *ctx;
	struct ptt_store_batch *next; /**< in the queue, and in a list for the thread */
};

void ptt_batch_begin(struct ptt_store_batch *batch, enum ptt_stmt stmt);
void ptt_batch_int(struct ptt_store_batch *batch, int64_t value);
void ptt_batch_text(struct ptt_store_batch *batch, const char *text);
void ptt_batch_blob(struct ptt_store_batch *batch, struct ptt_bytes blob);
/**
 * A text that is an identity: 1 to PTT_STORE_ID_MAX - 1 bytes, in one line; else the batch fails.
 */
void ptt_batch_id(struct ptt_store_batch *batch, const char *id);
void ptt_batch_fail(struct ptt_store_batch *batch, enum ptt_err err);

/** Associated data of a wrapped column: "table/length:key/key2", so that no two rows share one. */
struct ptt_row_id {
	char text[2 * PTT_STORE_ID_MAX + 64];
};
struct ptt_bytes ptt_row_id_make(
	struct ptt_row_id *id, const char *table, const char *key, const char *key2);
struct ptt_bytes ptt_row_id_msk(struct ptt_row_id *id, const char *group, uint32_t msk_id);

/** What the wrapped columns hold. */
struct ptt_wrapped_subscriber {
	struct ptt_k k;
	struct ptt_opc opc;
};
struct ptt_wrapped_bootstrap {
	struct ptt_ks ks;
	uint8_t rand[PTT_STORE_RAND_LEN];
};
struct ptt_wrapped_msk {
	struct ptt_msk msk;
	uint8_t rand[PTT_STORE_RAND_LEN];
};

#endif
