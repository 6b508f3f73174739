/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/config_fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char dir[64], path[96], text[1024];

void set_up(void)
{
	strcpy(dir, "/tmp/ptt-config-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/pttkeyd.conf", dir);
}

void tear_down(void)
{
	char name[160];

	unlink(path);
	snprintf(name, sizeof(name), "%s/kek", dir);
	unlink(name);
	rmdir(dir);
}

void put_file(const char *name, const void *bytes, size_t len)
{
	FILE *file = fopen(name, "we");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
	ck_assert_int_eq(fclose(file), 0);
}

enum ptt_err load(struct ptt_config **out, const char *settings)
{
	put_file(path, settings, strlen(settings));
	return ptt_config_load(out, path, text, sizeof(text));
}
