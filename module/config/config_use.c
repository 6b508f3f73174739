/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module/config/config_read.h"

enum ptt_err ptt_config_split_address(
	char *host, size_t host_size, uint16_t *port, const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t len = !colon ? 0 : (size_t)(colon - text);
	unsigned long number = 0;
	char *end;

	if (len == 0 || !isdigit((unsigned char)colon[1]))
		return PTT_ERR_MALFORMED;
	number = strtoul(colon + 1, &end, 10);
	if (*end != '\0' || number > 65535)
		return PTT_ERR_MALFORMED;
	if (text[0] == '[') {
		if (len < 3 || text[len - 1] != ']')
			return PTT_ERR_MALFORMED;
		text++;
		len -= 2;
	} else if (memchr(text, ':', len)) {
		return PTT_ERR_MALFORMED;
	}
	if (len >= host_size || strcspn(text, " /@") < len)
		return PTT_ERR_MALFORMED;
	memcpy(host, text, len);
	host[len] = '\0';
	*port = (uint16_t)number;
	return PTT_OK;
}

const struct ptt_config_group *ptt_config_find_group(
	const struct ptt_config *config, const char *uri)
{
	for (size_t i = 0; i < config->group_count; i++) {
		if (ptt_config_uri_compare(config->groups[i].uri, uri) == 0)
			return &config->groups[i];
	}
	return NULL;
}

static bool holds(const char *const *sorted, size_t count, const char *uri)
{
	size_t low = 0;
	size_t high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = ptt_config_uri_compare(sorted[middle], uri);

		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

bool ptt_config_is_member(const struct ptt_config_group *group, const char *impu)
{
	return group->members_any || holds(group->members, group->member_count, impu);
}

bool ptt_config_is_owner(const struct ptt_config_group *group, const char *impu)
{
	return holds(group->owners, group->owner_count, impu);
}

static bool is_among(const struct ptt_config_users *users, const char *impu)
{
	return users->any || holds(users->list, users->count, impu);
}

bool ptt_config_is_talker(const struct ptt_config_group *group, const char *impu)
{
	return is_among(&group->floor.talkers, impu);
}

uint8_t ptt_config_priority(const struct ptt_config_group *group, const char *impu)
{
	return is_among(&group->floor.pre_emptive, impu) ? PTT_CONFIG_PRIORITY_MAX
							 : group->floor.priority;
}

static enum ptt_err read_kek(
	struct ptt_kek *out, int fd, const char *path, char *text, size_t text_size)
{
	PTT_SECRET(struct ptt_kek, kek);
	struct stat st;
	uint8_t more;
	ssize_t len;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		snprintf(text, text_size, "%s: no regular file; accepted: 32 raw bytes, mode 0600",
			path);
		return PTT_ERR_SYSTEM;
	}
	if ((st.st_mode & 0177) != 0) {
		snprintf(text, text_size, "%s: mode %04o; accepted: mode 0600", path,
			st.st_mode & 07777u);
		return PTT_ERR_AUTH;
	}
	len = read(fd, &kek, sizeof(kek));
	if (len != (ssize_t)sizeof(kek) || read(fd, &more, 1) != 0) {
		snprintf(text, text_size, "%s: %lld bytes; accepted: 32 raw bytes", path,
			(long long)st.st_size);
		return PTT_ERR_MALFORMED;
	}
	*out = kek;
	return PTT_OK;
}

enum ptt_err ptt_config_load_kek(
	struct ptt_kek *out, const struct ptt_config *config, char *text, size_t text_size)
{
	const char *path = config->store.kek_file;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	enum ptt_err err;

	if (fd < 0) {
		snprintf(text, text_size, "%s: kek_file: %s; accepted: 32 raw bytes, mode 0600",
			path, strerror(errno));
		return PTT_ERR_SYSTEM;
	}
	err = read_kek(out, fd, path, text, text_size);
	close(fd);
	return err;
}
