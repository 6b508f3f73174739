/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file names.h
 * The roster's table of names (IMPIs and IMPUs): which subject slot has which name. Open
 * addressing, linear probing, at most half full. Used by roster.c only.
 */
#ifndef PTT_NAMES_H
#define PTT_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/err.h"

struct ptt_name {
	struct ptt_name *next; /**< the owner's chain; the table does not read it */
	uint32_t hash, subject;
	char text[];
};

/** A zeroed table is empty. */
struct ptt_names {
	struct ptt_name **table;
	uint32_t size, len;
	size_t bytes; /**< sum over all names */
};

/** @return NULL if no subject has this name. */
struct ptt_name *ptt_names_find(const struct ptt_names *names, const char *text);
/** Adds a copy of a name not in the table yet. Errors: MALFORMED empty; SYSTEM. */
enum ptt_err ptt_names_add(struct ptt_name **out, struct ptt_names *names, uint32_t subject,
	const char *text) PTT_MUST_CHECK;
/** Unlinks @p name and frees it. */
void ptt_names_remove(struct ptt_names *names, struct ptt_name *name);
/** Frees the table; the caller has removed all names. */
void ptt_names_wipe(struct ptt_names *names);

#endif
