/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/lru.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"

struct entry {
	struct entry *next_in_bucket;
	struct entry *older, *younger;
	char *key; /* stands behind the value, in the same allocation */
	alignas(max_align_t) unsigned char value[];
};

struct ptt_lru {
	size_t max, value_len, count, mask;
	struct entry *oldest, *youngest;
	struct entry **buckets;
};

static struct entry **bucket_of(const struct ptt_lru *lru, const char *key)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (; *key; key++)
		hash = (hash ^ (uint8_t)*key) * UINT64_C(0x100000001b3);
	return &lru->buckets[(hash ^ hash >> 32) & lru->mask];
}

/* @return the pointer to the entry, or the NULL at the end of its chain */
static struct entry **slot_of(const struct ptt_lru *lru, const char *key)
{
	struct entry **slot = bucket_of(lru, key);

	while (*slot && strcmp((*slot)->key, key) != 0)
		slot = &(*slot)->next_in_bucket;
	return slot;
}

static void unlink_age(struct ptt_lru *lru, struct entry *entry)
{
	*(entry->older ? &entry->older->younger : &lru->oldest) = entry->younger;
	*(entry->younger ? &entry->younger->older : &lru->youngest) = entry->older;
}

static void link_youngest(struct ptt_lru *lru, struct entry *entry)
{
	entry->older = lru->youngest;
	entry->younger = NULL;
	*(lru->youngest ? &lru->youngest->younger : &lru->oldest) = entry;
	lru->youngest = entry;
}

static void drop(struct ptt_lru *lru, struct entry **slot)
{
	struct entry *entry = *slot;

	if (!entry)
		return;
	*slot = entry->next_in_bucket;
	unlink_age(lru, entry);
	lru->count--;
	ptt_wipe(entry->value, lru->value_len);
	free(entry);
}

struct ptt_lru *ptt_lru_new(size_t max, size_t value_len)
{
	struct ptt_lru *lru = calloc(1, sizeof(*lru));
	size_t buckets = 16;

	while (buckets < max && buckets < SIZE_MAX / 2 / sizeof(struct entry *))
		buckets *= 2;
	if (!lru || max == 0 || !(lru->buckets = calloc(buckets, sizeof(struct entry *)))) {
		free(lru);
		return NULL;
	}
	lru->max = max;
	lru->value_len = value_len;
	lru->mask = buckets - 1;
	return lru;
}

void ptt_lru_free(struct ptt_lru *lru)
{
	if (!lru)
		return;
	while (lru->oldest)
		ptt_lru_drop_oldest(lru);
	free(lru->buckets);
	free(lru);
}

void *ptt_lru_get(struct ptt_lru *lru, const char *key)
{
	struct entry *entry = *slot_of(lru, key);

	return entry ? entry->value : NULL;
}

void ptt_lru_touch(struct ptt_lru *lru, const char *key)
{
	struct entry *entry = *slot_of(lru, key);

	if (!entry)
		return;
	unlink_age(lru, entry);
	link_youngest(lru, entry);
}

void *ptt_lru_add(struct ptt_lru *lru, bool *evicted, const char *key)
{
	size_t key_len = strlen(key);
	struct entry *entry = calloc(1, sizeof(*entry) + lru->value_len + key_len + 1);
	struct entry **bucket;

	if (!entry)
		return NULL;
	entry->key = (char *)entry->value + lru->value_len;
	memcpy(entry->key, key, key_len + 1);
	ptt_lru_del(lru, key);
	if (evicted)
		*evicted = lru->count >= lru->max;
	if (lru->count >= lru->max)
		ptt_lru_drop_oldest(lru);
	bucket = bucket_of(lru, key);
	entry->next_in_bucket = *bucket;
	*bucket = entry;
	link_youngest(lru, entry);
	lru->count++;
	return entry->value;
}

void ptt_lru_del(struct ptt_lru *lru, const char *key)
{
	struct entry **slot = slot_of(lru, key);

	if (*slot)
		drop(lru, slot);
}

void *ptt_lru_oldest(struct ptt_lru *lru)
{
	return lru->oldest ? lru->oldest->value : NULL;
}

void ptt_lru_drop_oldest(struct ptt_lru *lru)
{
	if (lru->oldest)
		drop(lru, slot_of(lru, lru->oldest->key));
}

size_t ptt_lru_count(const struct ptt_lru *lru)
{
	return lru->count;
}
