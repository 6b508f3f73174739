/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/base/tls_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module/base/log.h"

static void name_in(char out[320], const struct ptt_tls_folder *folder, const char *name)
{
	snprintf(out, 320, "%s/%s", folder->path, name);
}

static int append_file(int to, const char *path)
{
	int from = open(path, O_RDONLY | O_CLOEXEC);
	char buf[4096];
	ssize_t n = -1;

	if (from < 0)
		return -1;
	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (write(to, buf, (size_t)n) != n) {
			n = -1;
			break;
		}
	explicit_bzero(buf, sizeof(buf));
	close(from);
	return n < 0 ? -1 : 0;
}

static int write_pem(const struct ptt_tls_folder *folder, const char *name, const char *first,
	const char *second)
{
	char path[320];
	int fd, failed;

	name_in(path, folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	failed = append_file(fd, first) != 0 || (second && append_file(fd, second) != 0);
	return close(fd) != 0 || failed ? -1 : 0;
}

int ptt_tls_folder_make(struct ptt_tls_folder *folder, const struct ptt_tls_files *files)
{
	const char *base = getenv("TMPDIR");

	snprintf(
		folder->path, sizeof(folder->path), "%s/pttkey-tls-XXXXXX", base ? base : P_tmpdir);
	if (mkdtemp(folder->path) &&
		(!files->cert || write_pem(folder, "agent.pem", files->cert, files->key) == 0) &&
		(!files->ca || write_pem(folder, "cafile.pem", files->ca, NULL) == 0))
		return 0;
	ptt_log(PTT_LOG_ERROR, "tls-files", "cert=%s ca=%s text=%s", files->cert ? files->cert : "",
		files->ca ? files->ca : "", strerror(errno));
	ptt_tls_folder_remove(folder);
	return -1;
}

void ptt_tls_folder_remove(struct ptt_tls_folder *folder)
{
	static const char *const names[] = {"agent.pem", "cafile.pem"};
	char path[320];

	if (folder->path[0] == '\0')
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		name_in(path, folder, names[i]);
		unlink(path);
	}
	rmdir(folder->path);
	folder->path[0] = '\0';
}
