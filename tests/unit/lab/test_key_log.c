/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The laboratory's key log: file modes; lines read back as written. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module/lab/key_log.h"
#include "module/base/log.h"
#include "tests/unit/check_main.h"

static char folder[] = "/tmp/pttkey-key-log-XXXXXX", path[64];
static const uint8_t mki[PTT_MBMS_MKI_LEN] = {0x00, 0x07, 0x00, 0x02, 0x00, 0x1f};

static void setup(void)
{
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/keys", folder);
}

static void teardown(void)
{
	(void)unlink(path); /* not every test made it */
	ck_assert_int_eq(rmdir(folder), 0);
}

static struct ptt_mtk mtk_of(uint8_t key_len, uint8_t salt_len)
{
	struct ptt_mtk mtk = {.key_len = key_len, .salt_len = salt_len};

	for (uint8_t i = 0; i < key_len; i++)
		mtk.key[i] = (uint8_t)(0xa0 + i);
	for (uint8_t i = 0; i < salt_len; i++)
		mtk.salt[i] = (uint8_t)(0x10 + i);
	return mtk;
}

START_TEST(test_off)
{
	struct ptt_key_log log = {0};
	struct ptt_mtk mtk = mtk_of(16, 14);

	ptt_key_log_close(&log); /* zeroed: closes no descriptor 0 */
	ck_assert_int_eq(ptt_key_log_open(&log, NULL), PTT_OK);
	ck_assert_int_eq(ptt_key_log_open(&log, ""), PTT_OK);
	ck_assert(!log.on);
	ptt_key_log_put(&log, mki, &mtk, "sip:alpha@example.org");
}
END_TEST

START_TEST(test_mode)
{
	struct ptt_key_log log;
	struct stat st;

	ck_assert_int_eq(ptt_key_log_open(&log, path), PTT_OK);
	ptt_key_log_close(&log);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777u, 0600);
	ck_assert_int_eq(chmod(path, 0640), 0);
	ck_assert_int_eq(ptt_key_log_open(&log, path), PTT_ERR_AUTH);
	ck_assert(!log.on);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("elsewhere", path), 0);
	ck_assert_int_eq(ptt_key_log_open(&log, path), PTT_ERR_SYSTEM);
	ck_assert_int_eq(ptt_key_log_open(&log, folder), PTT_ERR_SYSTEM);
}
END_TEST

/* Each suite written and read; a second opening appends. */
START_TEST(test_lines)
{
	static const uint8_t lens[][2] = {{16, 14}, {16, 12}, {32, 12}};
	struct ptt_mtk mtk = mtk_of(lens[_i][0], lens[_i][1]);
	struct ptt_key_log_entry entry;
	struct ptt_key_log log;
	char line[PTT_KEY_LOG_LINE_MAX];
	int found = 0;
	FILE *in;

	for (int round = 0; round < 2; round++) {
		ck_assert_int_eq(ptt_key_log_open(&log, path), PTT_OK);
		ptt_key_log_put(&log, mki, &mtk, "sip:alpha@example.org");
		ptt_key_log_close(&log);
	}
	in = fopen(path, "r");
	ck_assert_ptr_nonnull(in);
	while (fgets(line, sizeof(line), in)) {
		enum ptt_err err = ptt_key_log_get(&entry, line);

		if (err == PTT_ERR_NO_KEY)
			continue;
		ck_assert_int_eq(err, PTT_OK);
		ck_assert_int_eq(strncmp(line, "MTK 00070002001f A", 18), 0);
		ck_assert_mem_eq(entry.mki, mki, sizeof(mki));
		ck_assert_mem_eq(&entry.mtk, &mtk, sizeof(mtk));
		ck_assert_int_eq((int)entry.suite, _i);
		ck_assert_str_eq(entry.group, "sip:alpha@example.org");
		found++;
	}
	fclose(in);
	ck_assert_int_eq(found, 2);
}
END_TEST

#define KEY  "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
#define SALT "101112131415161718191a1b1c1d"

START_TEST(test_bad_lines)
{
	static const struct {
		enum ptt_err err;
		const char *line;
	} table[] = {
		{PTT_OK, "MTK 00070002001f AES_CM_128_HMAC_SHA1_80 " KEY " " SALT
			 " 1.000 sip:a@b\n"},
		{PTT_ERR_NO_KEY, "# a comment\n"},
		{PTT_ERR_NO_KEY, "\n"},
		{PTT_ERR_NO_KEY, "MSK 00070002 whatever\n"},
		{PTT_ERR_MALFORMED, "MTK 00070002001f AES_CM_128_HMAC_SHA1_80 " KEY " " SALT "\n"},
		{PTT_ERR_MALFORMED,
			"MTK 00070002001 AES_CM_128_HMAC_SHA1_80 " KEY " " SALT " 1 g\n"},
		{PTT_ERR_MALFORMED, "MTK 00070002001f AES_CM_256 " KEY " " SALT " 1 g\n"},
		{PTT_ERR_MALFORMED, "MTK 00070002001f AEAD_AES_128_GCM " KEY " " SALT " 1 g\n"},
		{PTT_ERR_MALFORMED,
			"MTK 00070002001f AES_CM_128_HMAC_SHA1_80 zz" KEY " " SALT " 1 g\n"},
		{PTT_ERR_MALFORMED, "MTK 00070002001f AES_CM_128_HMAC_SHA1_80 " KEY KEY KEY KEY
				    " " SALT " 1 g\n"},
	};
	struct ptt_key_log_entry entry;

	ck_assert_int_eq(ptt_key_log_get(&entry, table[_i].line), table[_i].err);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("key_log");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_off);
	tcase_add_test(tc, test_mode);
	tcase_add_loop_test(tc, test_lines, 0, 3);
	tcase_add_loop_test(tc, test_bad_lines, 0, 10);
	return check_run_case("key_log", tc);
}
