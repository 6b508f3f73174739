/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file lru.h
 * A bounded table of small values by text key. When it is full, the value that was added or touched
 * longest ago is dropped.
 *
 * Memory is bounded by max times (value + key). A value is wiped when it is removed. No clock, no
 * locks.
 */
#ifndef PTT_LRU_H
#define PTT_LRU_H

#include <stdbool.h>
#include <stddef.h>

struct ptt_lru;

/** At most @p max values of @p value_len bytes each. @return NULL: no memory, or max is 0. */
struct ptt_lru *ptt_lru_new(size_t max, size_t value_len);
/** Wipes all; NULL is fine. */
void ptt_lru_free(struct ptt_lru *lru);
/** @return the value, valid until it is removed; NULL: not held. Its age does not change. */
void *ptt_lru_get(struct ptt_lru *lru, const char *key);
/** Makes a held value the youngest. An unknown key is fine. */
void ptt_lru_touch(struct ptt_lru *lru, const char *key);
/**
 * Adds a zeroed value. It replaces the value of the same key or, in a full table, the oldest.
 * @param evicted set to true if the oldest value was dropped; may be NULL @return NULL: no memory
 */
void *ptt_lru_add(struct ptt_lru *lru, bool *evicted, const char *key);
void ptt_lru_del(struct ptt_lru *lru, const char *key);
/** The oldest value; NULL: the table is empty. */
void *ptt_lru_oldest(struct ptt_lru *lru);
void ptt_lru_drop_oldest(struct ptt_lru *lru);
size_t ptt_lru_count(const struct ptt_lru *lru);

#endif
