/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/lab/key_log.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/bytes.h"
#include "module/base/clock.h"
#include "module/base/log.h"

#define HEX_SIZE(n) (2 * (n) + 1)

/* The first line warns anybody who finds the file. */
static const char head[] = "# PTTKey key log: traffic keys in the clear. "
			   "Whoever has this file can read the channel.\n";

/* Refuses a file that others may read, a link, and anything but a regular file. */
static enum ptt_err file_open(int *fd, const char *path)
{
	struct stat st;

	*fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (*fd < 0 || fstat(*fd, &st) != 0 || !S_ISREG(st.st_mode))
		return PTT_ERR_SYSTEM;
	if ((st.st_mode & 0077) != 0)
		return PTT_ERR_AUTH;
	if (st.st_size == 0 && write(*fd, head, sizeof(head) - 1) != (ssize_t)sizeof(head) - 1)
		return PTT_ERR_SYSTEM;
	return PTT_OK;
}

enum ptt_err ptt_key_log_open(struct ptt_key_log *out, const char *path)
{
	enum ptt_err err;

	out->on = false;
	if (!path || !path[0])
		return PTT_OK;
	err = file_open(&out->fd, path);
	if (err != PTT_OK) {
		ptt_log(PTT_LOG_ERROR, "key-log", "file=%s text=%s", path,
			err == PTT_ERR_AUTH ? "others may read it; accepted: mode 0600"
					    : "cannot be written");
		if (out->fd >= 0)
			close(out->fd);
		return err;
	}
	out->on = true;
	ptt_log(PTT_LOG_WARN, "key-log", "file=%s text=%s", path,
		"EVERY TRAFFIC KEY IS WRITTEN TO THIS FILE: for laboratories only");
	return PTT_OK;
}

void ptt_key_log_close(struct ptt_key_log *log)
{
	if (log->on)
		close(log->fd);
	log->on = false;
}

static const struct ptt_suite_def *suite_of(const struct ptt_mtk *mtk)
{
	for (unsigned i = 0; i < PTT_SUITE_COUNT; i++) {
		const struct ptt_suite_def *def = ptt_suite_def((enum ptt_suite)i);

		if (def->key_len == mtk->key_len && def->salt_len == mtk->salt_len)
			return def;
	}
	return NULL;
}

static int line_make(char *line, size_t size, const uint8_t mki[PTT_MBMS_MKI_LEN],
	const struct ptt_mtk *mtk, const char *group)
{
	char id[HEX_SIZE(PTT_MBMS_MKI_LEN)], key[HEX_SIZE(PTT_MTK_MAX_LEN)];
	char salt[HEX_SIZE(PTT_MTK_SALT_MAX_LEN)];
	const struct ptt_suite_def *def = suite_of(mtk);
	int64_t now_ms = ptt_clock_utc_ns() / 1000000;
	int len = -1;

	if (def &&
		ptt_hex_put(id, sizeof(id), (struct ptt_bytes){mki, PTT_MBMS_MKI_LEN}) == PTT_OK &&
		ptt_hex_put(key, sizeof(key), (struct ptt_bytes){mtk->key, mtk->key_len}) ==
			PTT_OK &&
		ptt_hex_put(salt, sizeof(salt), (struct ptt_bytes){mtk->salt, mtk->salt_len}) ==
			PTT_OK)
		len = snprintf(line, size, "MTK %s %s %s %s %lld.%03ld %s\n", id, def->name, key,
			salt, (long long)(now_ms / 1000), (long)(now_ms % 1000), group);
	ptt_wipe(key, sizeof(key));
	ptt_wipe(salt, sizeof(salt));
	return len > 0 && (size_t)len < size ? len : -1;
}

void ptt_key_log_put(struct ptt_key_log *log, const uint8_t mki[PTT_MBMS_MKI_LEN],
	const struct ptt_mtk *mtk, const char *group)
{
	char line[PTT_KEY_LOG_LINE_MAX];
	int len;

	if (!log->on)
		return;
	len = line_make(line, sizeof(line), mki, mtk, group);
	if (len < 0 || write(log->fd, line, (size_t)len) != len)
		ptt_log_limited(PTT_LOG_ERROR, "key-log-failed", "group=%s", group);
	ptt_wipe(line, sizeof(line));
}

static bool hex_of(uint8_t *out, size_t len, const char *hex)
{
	size_t got = 0;

	return ptt_hex_get(out, &got, len, hex, strlen(hex)) == PTT_OK && got == len;
}

enum ptt_err ptt_key_log_get(struct ptt_key_log_entry *out, const char *line)
{
	char word[8] = "", mki[16], suite[32], key[HEX_SIZE(PTT_MTK_MAX_LEN) + 1];
	char salt[HEX_SIZE(PTT_MTK_SALT_MAX_LEN) + 1], when[32];
	const struct ptt_suite_def *def = NULL;
	bool good;
	int fields;

	memset(out, 0, sizeof(*out));
	fields = sscanf(line, "%7s %15s %31s %65s %29s %31s %511s", word, mki, suite, key, salt,
		when, out->group);
	if (strcmp(word, "MTK") != 0)
		return PTT_ERR_NO_KEY;
	if (fields == 7 && ptt_suite_by_name(&out->suite, suite) == PTT_OK) {
		def = ptt_suite_def(out->suite);
		out->mtk.key_len = def->key_len;
		out->mtk.salt_len = def->salt_len;
	}
	good = def && hex_of(out->mki, sizeof(out->mki), mki) &&
	       hex_of(out->mtk.key, def->key_len, key) &&
	       hex_of(out->mtk.salt, def->salt_len, salt);
	ptt_wipe(key, sizeof(key));
	ptt_wipe(salt, sizeof(salt));
	return good ? PTT_OK : PTT_ERR_MALFORMED;
}
