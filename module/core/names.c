/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/core/names.h"

#include <stdlib.h>
#include <string.h>

static uint32_t hash_of(const char *text)
{
	uint32_t hash = 2166136261u; /* FNV-1a, and a final mix for the low bits */

	for (; *text != '\0'; text++)
		hash = (hash ^ (uint8_t)*text) * 16777619u;
	hash ^= hash >> 15;
	hash *= 0x2c1b3c6du;
	return hash ^ hash >> 12;
}

/** @return the index of this name in the table, or of the gap where it belongs */
static uint32_t place_of(const struct ptt_names *names, const char *text, uint32_t hash)
{
	uint32_t mask = names->size - 1, at = hash & mask;

	while (names->table[at] &&
		(names->table[at]->hash != hash || strcmp(names->table[at]->text, text) != 0))
		at = (at + 1) & mask;
	return at;
}

static enum ptt_err reserve(struct ptt_names *names)
{
	uint32_t old_size = names->size, size = old_size == 0 ? 64 : old_size * 2;
	struct ptt_name **old = names->table, **table;

	if (names->len * 2 < old_size)
		return PTT_OK;
	table = calloc(size, sizeof(struct ptt_name *));
	if (!table)
		return PTT_ERR_SYSTEM;
	names->table = table;
	names->size = size;
	for (uint32_t i = 0; i < old_size; i++)
		if (old[i])
			table[place_of(names, old[i]->text, old[i]->hash)] = old[i];
	free(old);
	return PTT_OK;
}

struct ptt_name *ptt_names_find(const struct ptt_names *names, const char *text)
{
	return names->size == 0 ? NULL : names->table[place_of(names, text, hash_of(text))];
}

enum ptt_err ptt_names_add(
	struct ptt_name **out, struct ptt_names *names, uint32_t subject, const char *text)
{
	size_t len = strlen(text);
	struct ptt_name *name;

	if (len == 0)
		return PTT_ERR_MALFORMED;
	PTT_TRY(reserve(names));
	name = malloc(sizeof(*name) + len + 1);
	if (!name)
		return PTT_ERR_SYSTEM;
	name->next = NULL;
	name->hash = hash_of(text);
	name->subject = subject;
	memcpy(name->text, text, len + 1);
	names->table[place_of(names, text, name->hash)] = name;
	names->len++;
	names->bytes += sizeof(*name) + len + 1;
	*out = name;
	return PTT_OK;
}

/**
 * Closes the gap: moves back the names that probing had pushed further (Knuth 6.4, algorithm R).
 */
void ptt_names_remove(struct ptt_names *names, struct ptt_name *name)
{
	uint32_t mask = names->size - 1;
	uint32_t gap = place_of(names, name->text, name->hash), at = gap;

	for (;;) {
		at = (at + 1) & mask;
		if (!names->table[at])
			break;
		if (((at - names->table[at]->hash) & mask) >= ((at - gap) & mask)) {
			names->table[gap] = names->table[at];
			gap = at;
		}
	}
	names->table[gap] = NULL;
	names->len--;
	names->bytes -= sizeof(*name) + strlen(name->text) + 1;
	free(name);
}

void ptt_names_wipe(struct ptt_names *names)
{
	free(names->table);
	*names = (struct ptt_names){.table = NULL};
}
