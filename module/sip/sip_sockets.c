/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/sip/sip_sockets.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/tport_plugins.h>

#define SOCKETS_MAX 16

static int sockets[SOCKETS_MAX];

static tport_stun_server_t *create(su_root_t *root, const tagi_t *tags)
{
	(void)root, (void)tags;
	return (tport_stun_server_t *)sockets;
}

static void destroy(tport_stun_server_t *server)
{
	(void)server;
}

static int replace(int old, int new)
{
	for (int i = 0; i < SOCKETS_MAX; i++) {
		if (sockets[i] != old)
			continue;
		sockets[i] = new;
		return 0;
	}
	return -1;
}

static int add_socket(tport_stun_server_t *server, su_socket_t socket)
{
	(void)server;
	return replace(-1, socket);
}

static int remove_socket(tport_stun_server_t *server, su_socket_t socket)
{
	(void)server;
	return replace(socket, -1);
}

static void on_request(tport_stun_server_t *server, su_socket_t socket, void *data, ssize_t len,
	void *from, socklen_t from_len)
{
	(void)server, (void)socket, (void)data, (void)len, (void)from, (void)from_len;
}

/* Sofia refuses a table that is not larger than its own. */
static const struct {
	tport_stun_server_vtable_t table;
	char more;
} plugin = {{sizeof(tport_stun_server_vtable_t) + 1, create, destroy, add_socket, remove_socket,
		    on_request},
	0};

bool ptt_sip_sockets_watch(void)
{
	static bool watching;

	if (watching)
		return true;
	memset(sockets, -1, sizeof(sockets));
	watching = tport_plug_in_stun_server(&plugin.table) == 0;
	return watching;
}

static bool is_bound_to(int fd, const su_addrinfo_t *at)
{
	struct sockaddr_storage own = {0};
	socklen_t len = sizeof(own), type_len = sizeof(int);
	int type = 0;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) == 0 && type == SOCK_DGRAM &&
	       getsockname(fd, (struct sockaddr *)&own, &len) == 0 &&
	       su_cmp_sockaddr((const su_sockaddr_t *)&own, (const su_sockaddr_t *)at->ai_addr) ==
		       0;
}

const int *ptt_sip_socket_of(const tport_t *primary)
{
	const su_addrinfo_t *own = tport_get_address(primary);

	for (int i = 0; own && i < SOCKETS_MAX; i++) {
		if (sockets[i] > 0 && is_bound_to(sockets[i], own))
			return &sockets[i];
	}
	return NULL;
}

static int find_open(const su_addrinfo_t *at)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;
	int found = -1;

	while (dir && found < 0 && (entry = readdir(dir))) {
		char *end;
		long fd = strtol(entry->d_name, &end, 10);

		if (!*end && end != entry->d_name && is_bound_to((int)fd, at))
			found = (int)fd;
	}
	if (dir)
		closedir(dir);
	return found;
}

int ptt_sip_socket_dup(const tport_t *primary)
{
	const int *known = ptt_sip_socket_of(primary);
	const su_addrinfo_t *own = tport_get_address(primary);
	int fd = known ? *known : own ? find_open(own) : -1;

	return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
}
