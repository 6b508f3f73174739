/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/base/table.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 64 };

static struct ptt_table_node **slot_of(const struct ptt_table *table, uint32_t hash)
{
	return &table->slots[hash & (table->slot_count - 1)];
}

static void link_node(struct ptt_table *table, struct ptt_table_node *node)
{
	struct ptt_table_node **slot = slot_of(table, node->hash);

	node->next = *slot;
	*slot = node;
}

/* No memory for a larger table only makes the chains longer. */
static void grow(struct ptt_table *table)
{
	struct ptt_table bigger = {
		.slot_count = table->slot_count ? 2 * table->slot_count : FIRST_SLOTS,
		.count = table->count};
	struct ptt_table_node *node, *next;

	bigger.slots = calloc(bigger.slot_count, sizeof(struct ptt_table_node *));
	if (!bigger.slots)
		return;
	for (size_t i = 0; i < table->slot_count; i++) {
		for (node = table->slots[i]; node; node = next) {
			next = node->next;
			link_node(&bigger, node);
		}
	}
	free(table->slots);
	*table = bigger;
}

enum ptt_err ptt_table_add(struct ptt_table *table, struct ptt_table_node *node, uint32_t hash)
{
	if (table->count >= table->slot_count)
		grow(table);
	if (!table->slots)
		return PTT_ERR_SYSTEM;
	node->hash = hash;
	link_node(table, node);
	table->count++;
	return PTT_OK;
}

void ptt_table_remove(struct ptt_table *table, struct ptt_table_node *node)
{
	struct ptt_table_node **link;

	if (!table->slots)
		return;
	for (link = slot_of(table, node->hash); *link; link = &(*link)->next) {
		if (*link != node)
			continue;
		*link = node->next;
		node->next = NULL;
		table->count--;
		return;
	}
}

static struct ptt_table_node *match(struct ptt_table_node *node, uint32_t hash)
{
	while (node && node->hash != hash)
		node = node->next;
	return node;
}

struct ptt_table_node *ptt_table_first(const struct ptt_table *table, uint32_t hash)
{
	return table->slots ? match(*slot_of(table, hash), hash) : NULL;
}

struct ptt_table_node *ptt_table_next(const struct ptt_table_node *node)
{
	return match(node->next, node->hash);
}

struct ptt_table_node *ptt_table_any(struct ptt_table *table)
{
	size_t i = table->any < table->slot_count ? table->any : 0;

	for (size_t n = 0; table->count && n < table->slot_count;
		n++, i = (i + 1) % table->slot_count) {
		if (!table->slots[i])
			continue;
		table->any = i;
		return table->slots[i];
	}
	return NULL;
}

void ptt_table_wipe(struct ptt_table *table)
{
	free(table->slots);
	*table = (struct ptt_table){0};
}

uint32_t ptt_table_hash(uint32_t seed, const char *text)
{
	uint32_t hash = seed ^ 2166136261u;

	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 16777619u;
	return hash ^ hash >> 15;
}
