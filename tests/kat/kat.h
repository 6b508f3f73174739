/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file kat.h
 * Known answers: text files of `name = value` lines in blocks, which end at an empty line or a
 * comment.
 */
#ifndef PTT_KAT_H
#define PTT_KAT_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define KAT_LINES    48
#define KAT_LINE_MAX 1024

struct kat {
	FILE *file;
	size_t count;
	char lines[KAT_LINES][KAT_LINE_MAX];
};

/** tests/kat/@p name; a missing file ends the test. */
void kat_open(struct kat *kat, const char *name);
/** Reads the next block. @return false at the end, with the file closed */
bool kat_next(struct kat *kat);
bool kat_has(const struct kat *kat, const char *name);
/** The value as text; a missing one ends the test. */
const char *kat_text(const struct kat *kat, const char *name);
/** The value as hex into @p out. @return bytes */
size_t kat_hex(const struct kat *kat, const char *name, void *out, size_t size);
/** Ends the test unless the value's hex is exactly these bytes. */
void kat_check(const struct kat *kat, const char *name, const void *got, size_t len);

#endif
