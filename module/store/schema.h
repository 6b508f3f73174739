/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file schema.h
 * Inside the store: the schema and every statement, in one place.
 */
#ifndef PTT_STORE_SCHEMA_H
#define PTT_STORE_SCHEMA_H

#include <stdbool.h>

/** PRAGMA user_version. A lower one is brought up to it, a higher one is refused. */
#define PTT_SCHEMA_VERSION 4

enum ptt_stmt {
	PTT_STMT_PUT_SUBSCRIBER,
	PTT_STMT_CLEAR_IMPUS,
	PTT_STMT_PUT_IMPU,
	PTT_STMT_DEL_SUBSCRIBER,
	PTT_STMT_PUT_BOOTSTRAP,
	PTT_STMT_PRUNE_BOOTSTRAPS,
	PTT_STMT_DEL_BOOTSTRAP,
	PTT_STMT_DEL_BOOTSTRAPS_OF,
	PTT_STMT_PURGE_BOOTSTRAPS,
	PTT_STMT_CLAIM_KEY_GROUP,
	PTT_STMT_PUT_GROUP,
	PTT_STMT_PUT_MSK,
	PTT_STMT_PROMOTE_MSK,
	PTT_STMT_RETIRE_SENT,
	PTT_STMT_RETIRE_MSK,
	PTT_STMT_ADD_SENT,
	PTT_STMT_PUT_BAN,
	PTT_STMT_DEL_BAN,
	PTT_STMT_PUT_INTENT,
	PTT_STMT_DEL_INTENT,
	PTT_STMT_PUT_DIALOG,
	PTT_STMT_DEL_DIALOG,
	PTT_STMT_RESERVE_SQN,
	PTT_STMT_RESERVE_MUK,
	PTT_STMT_RESERVE_MTK_ID,
	PTT_STMT_RESERVE_MTK,
	PTT_STMT_RESERVE_CSEQ,
	PTT_STMT_RESERVE_O_VERSION,
	PTT_STMT_PUT_KEK_CHECK,
	PTT_STMT_GET_KEK_CHECK,
	PTT_STMT_GET_SUBSCRIBER,
	PTT_STMT_FIND_SUBSCRIBER,
	PTT_STMT_GET_IMPUS,
	PTT_STMT_GET_BOOTSTRAP,
	PTT_STMT_FIND_BOOTSTRAP,
	PTT_STMT_GET_GROUP,
	PTT_STMT_FREE_KEY_GROUP,
	PTT_STMT_GET_BAN,
	PTT_STMT_EACH_SUBSCRIBER,
	PTT_STMT_EACH_MSK,
	PTT_STMT_EACH_SENT,
	PTT_STMT_EACH_BAN,
	PTT_STMT_EACH_INTENT,
	PTT_STMT_EACH_DIALOG,
	PTT_STMT_COUNT
};

struct ptt_stmt_text {
	const char *sql;
	bool one_row; /**< it must change exactly one row, or the batch fails with MISMATCH */
};

extern const struct ptt_stmt_text ptt_stmt_texts[PTT_STMT_COUNT];
/** One script a version, each in a transaction: from the version of its index to the next; it sets
 *  user_version. */
extern const char *const ptt_schema_steps[PTT_SCHEMA_VERSION];

#endif
