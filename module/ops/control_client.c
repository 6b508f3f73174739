/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "module/base/clock.h"
#include "module/ops/control.h"

#define LINE_MAX_LEN (128u << 20)

enum ptt_err ptt_control_connect(struct ptt_control_client *client, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memset(client, 0, sizeof(*client));
	client->fd = -1;
	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return PTT_ERR_SYSTEM;
	}
	strcpy(address.sun_path, path);
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		return PTT_ERR_SYSTEM;
	if (connect(client->fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		int was = errno;

		ptt_control_disconnect(client);
		errno = was;
		return PTT_ERR_SYSTEM;
	}
	return PTT_OK;
}

void ptt_control_disconnect(struct ptt_control_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	free(client->buf);
	memset(client, 0, sizeof(*client));
	client->fd = -1;
}

enum ptt_err ptt_control_send(struct ptt_control_client *client, const char *cmd, json_t *args)
{
	json_t *request = json_pack("{s:s, s:o}", "cmd", cmd, "args", args ? args : json_object());
	char *line = !request ? NULL : json_dumps(request, JSON_COMPACT);
	size_t len = !line ? 0 : strlen(line);
	size_t done = 0;

	json_decref(request);
	if (!line)
		return PTT_ERR_MALFORMED;
	line[len] = '\n'; /* in place of its NUL: from here on it is bytes */
	while (done < len + 1) {
		ssize_t n = send(client->fd, line + done, len + 1 - done, MSG_NOSIGNAL);

		if (n <= 0 && errno != EINTR)
			break;
		done += n > 0 ? (size_t)n : 0;
	}
	free(line);
	return done == len + 1 ? PTT_OK : PTT_ERR_SYSTEM;
}

static enum ptt_err make_room(struct ptt_control_client *client)
{
	size_t size = client->size == 0 ? 65536 : client->size * 2;
	char *buf;

	if (client->len < client->size)
		return PTT_OK;
	if (size > LINE_MAX_LEN)
		return PTT_ERR_NO_SPACE;
	buf = realloc(client->buf, size);
	if (!buf)
		return PTT_ERR_SYSTEM;
	client->buf = buf;
	client->size = size;
	return PTT_OK;
}

/** Waits for more bytes, until @p deadline (< 0: for ever). */
static enum ptt_err read_more(struct ptt_control_client *client, int64_t deadline)
{
	struct pollfd wait = {.fd = client->fd, .events = POLLIN};
	int64_t left = deadline < 0 ? -1 : deadline - ptt_clock_ms();
	ssize_t n;
	int rc;

	PTT_TRY(make_room(client));
	rc = poll(&wait, 1, deadline < 0 ? -1 : left > 0 ? (int)left : 0);
	if (rc == 0)
		return PTT_ERR_BUSY;
	if (rc < 0)
		return errno == EINTR ? PTT_OK : PTT_ERR_SYSTEM;
	n = recv(client->fd, client->buf + client->len, client->size - client->len, 0);
	if (n <= 0)
		return n < 0 && errno == EINTR ? PTT_OK : PTT_ERR_SYSTEM;
	client->len += (size_t)n;
	return PTT_OK;
}

enum ptt_err ptt_control_receive(struct ptt_control_client *client, json_t **out, int timeout_ms)
{
	int64_t deadline = timeout_ms < 0 ? -1 : ptt_clock_ms() + timeout_ms;
	char *end;
	size_t len;

	*out = NULL;
	while (!(end = client->len == 0 ? NULL : memchr(client->buf, '\n', client->len)))
		PTT_TRY(read_more(client, deadline));
	len = (size_t)(end - client->buf);
	*out = json_loadb(client->buf, len, 0, NULL);
	client->len -= len + 1;
	memmove(client->buf, end + 1, client->len);
	return *out ? PTT_OK : PTT_ERR_MALFORMED;
}
