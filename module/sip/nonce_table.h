/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file nonce_table.h
 * Signed nonces, and a bounded table of their counts.
 *
 *   nonce = hex( time in ms (8) | number (8) | HMAC-SHA-256 of both, first 16 bytes )
 *
 * The HMAC key is random and lives as long as the process. The table is set-associative. Evicting
 * an entry raises the floor of its bucket: nonces issued at or before the floor, and not in the
 * table, are stale. So memory is bounded, and no count is accepted twice.
 */
#ifndef PTT_NONCE_TABLE_H
#define PTT_NONCE_TABLE_H

#include "crypto/bytes.h"

#define PTT_NONCE_SIZE 65 /**< bytes, with NUL */

struct ptt_nonce_table;

/** Errors: SYSTEM. */
enum ptt_err ptt_nonce_table_new(struct ptt_nonce_table **out, uint32_t life_ms) PTT_MUST_CHECK;
void ptt_nonce_table_free(struct ptt_nonce_table *table);
/** Errors: SYSTEM. */
enum ptt_err ptt_nonce_make(
	struct ptt_nonce_table *table, char out[PTT_NONCE_SIZE], int64_t now_ms) PTT_MUST_CHECK;
/** Uses up count @p nc of @p nonce. Errors: REPLAY: the nonce is not ours or too old, or the count
 *  is not above the highest one used; SYSTEM. */
enum ptt_err ptt_nonce_use(struct ptt_nonce_table *table, struct ptt_bytes nonce, uint32_t nc,
	int64_t now_ms) PTT_MUST_CHECK;
/** True if more than half of the life of @p nonce is over. ptt_nonce_use() must have accepted
 *  it. */
bool ptt_nonce_is_aging(
	const struct ptt_nonce_table *table, struct ptt_bytes nonce, int64_t now_ms);

#endif
