/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/kat/kat.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/bytes.h"

void kat_open(struct kat *kat, const char *name)
{
	const char *srcdir = getenv("srcdir");
	char path[1024];

	snprintf(path, sizeof(path), "%s/tests/kat/%s", srcdir ? srcdir : ".", name);
	memset(kat, 0, sizeof(*kat));
	kat->file = fopen(path, "r");
	ck_assert_msg(kat->file != NULL, "%s is missing", path);
}

bool kat_next(struct kat *kat)
{
	char line[KAT_LINE_MAX];

	kat->count = 0;
	while (fgets(line, sizeof(line), kat->file)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] != '\0' && line[0] != '#') {
			ck_assert(kat->count < KAT_LINES && strstr(line, " = ") != NULL);
			memcpy(kat->lines[kat->count++], line, sizeof(line));
		} else if (kat->count != 0) {
			return true;
		}
	}
	if (kat->count != 0)
		return true;
	fclose(kat->file);
	return false;
}

static const char *value_of(const struct kat *kat, const char *name)
{
	size_t i, len = strlen(name);

	for (i = 0; i < kat->count; i++) {
		if (strncmp(kat->lines[i], name, len) == 0 &&
			strncmp(kat->lines[i] + len, " = ", 3) == 0)
			return kat->lines[i] + len + 3;
	}
	return NULL;
}

bool kat_has(const struct kat *kat, const char *name)
{
	return value_of(kat, name) != NULL;
}

const char *kat_text(const struct kat *kat, const char *name)
{
	const char *value = value_of(kat, name);

	ck_assert_msg(value != NULL, "%s is missing", name);
	return value;
}

size_t kat_hex(const struct kat *kat, const char *name, void *out, size_t size)
{
	const char *value = kat_text(kat, name);
	size_t len = 0;

	ck_assert_int_eq(ptt_hex_get(out, &len, size, value, strlen(value)), PTT_OK);
	return len;
}

void kat_check(const struct kat *kat, const char *name, const void *got, size_t len)
{
	uint8_t want[KAT_LINE_MAX];

	ck_assert_msg(kat_hex(kat, name, want, sizeof(want)) == len, "%s: length", name);
	ck_assert_msg(memcmp(want, got, len) == 0, "%s differs", name);
}
