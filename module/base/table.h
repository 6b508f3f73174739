/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file table.h
 * A hash table of intrusive nodes: the owner's struct has a node as its first member. Grows by
 * doubling.
 */
#ifndef PTT_TABLE_H
#define PTT_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/err.h"

struct ptt_table_node {
	struct ptt_table_node *next;
	uint32_t hash;
};

/** All zero is an empty table. */
struct ptt_table {
	struct ptt_table_node **slots;
	size_t slot_count; /**< a power of two, or 0 */
	size_t count;
	size_t any; /**< where ptt_table_any() found the last one */
};

/** Keeps: @p node, until it is removed. Errors: SYSTEM: no memory for the first slots. */
enum ptt_err ptt_table_add(
	struct ptt_table *table, struct ptt_table_node *node, uint32_t hash) PTT_MUST_CHECK;
/** Nothing happens if it is not in the table. */
void ptt_table_remove(struct ptt_table *table, struct ptt_table_node *node);
/** First node with that hash, or NULL; go on with ptt_table_next(). */
struct ptt_table_node *ptt_table_first(const struct ptt_table *table, uint32_t hash);
struct ptt_table_node *ptt_table_next(const struct ptt_table_node *node);
/** Any node, or NULL if the table is empty: to empty it. */
struct ptt_table_node *ptt_table_any(struct ptt_table *table);
/** The slots; the nodes are the owner's. */
void ptt_table_wipe(struct ptt_table *table);
/** A keyed hash of texts: @p seed is random, or the hash so far. */
uint32_t ptt_table_hash(uint32_t seed, const char *text);

#endif
