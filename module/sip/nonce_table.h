/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file nonce_table.h
 * Signed nonces and the bounded memory of their counts.
 *
 *   nonce = hex( time in ms (8) | number (8) | HMAC-SHA-256 of both under a key of this process
 *  (first 16) )
 *
 * The table is set-associative. An entry that must go leaves its bucket a floor: nonces of that
 * bucket issued at or before it, and not in the table, are stale. So memory is bounded and no count
 * is ever taken twice.
 */
#ifndef PTT_NONCE_TABLE_H
#define PTT_NONCE_TABLE_H

#include "crypto/bytes.h"

#define PTT_NONCE_SIZE 65 /**< with NUL */

struct ptt_nonce_table;

/** Errors: SYSTEM. */
enum ptt_err ptt_nonce_table_new(struct ptt_nonce_table **out, uint32_t life_ms) PTT_MUST_CHECK;
void ptt_nonce_table_free(struct ptt_nonce_table *table);
/** Errors: SYSTEM. */
enum ptt_err ptt_nonce_make(
	struct ptt_nonce_table *table, char out[PTT_NONCE_SIZE], int64_t now_ms) PTT_MUST_CHECK;
/** Takes count @p nc of @p nonce. Errors: REPLAY: not ours, too old, or a count not above those
 *  used; SYSTEM. */
enum ptt_err ptt_nonce_use(struct ptt_nonce_table *table, struct ptt_bytes nonce, uint32_t nc,
	int64_t now_ms) PTT_MUST_CHECK;
/** True if more than half of the life of @p nonce, which ptt_nonce_use() took, is over. */
bool ptt_nonce_is_aging(
	const struct ptt_nonce_table *table, struct ptt_bytes nonce, int64_t now_ms);

#endif
