/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/config/config_fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char config_dir[64], config_path[96], config_text[1024];

void config_set_up(void)
{
	strcpy(config_dir, "/tmp/ptt-config-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(config_dir));
	snprintf(config_path, sizeof(config_path), "%s/pttkeyd.conf", config_dir);
}

void config_tear_down(void)
{
	char name[160];

	unlink(config_path);
	snprintf(name, sizeof(name), "%s/kek", config_dir);
	unlink(name);
	rmdir(config_dir);
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
	put_file(config_path, settings, strlen(settings));
	return ptt_config_load(out, config_path, config_text, sizeof(config_text));
}
