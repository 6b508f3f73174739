/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/server/sip_sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
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
	memset(sockets, -1, sizeof sockets);
	watching = tport_plug_in_stun_server(&plugin.table) == 0;
	return watching;
}

static bool same_address(const struct sockaddr *a, const struct sockaddr *b)
{
	const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;
	const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;

	if (a->sa_family != b->sa_family)
		return false;
	if (a->sa_family == AF_INET)
		return a4->sin_port == b4->sin_port && a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	return a->sa_family == AF_INET6 && a6->sin6_port == b6->sin6_port &&
	       memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof a6->sin6_addr) == 0;
}

const int *ptt_sip_socket_of(const tport_t *primary)
{
	const su_addrinfo_t *own = tport_get_address(primary);
	struct sockaddr_storage bound = {0};

	for (int i = 0; own && i < SOCKETS_MAX; i++) {
		socklen_t len = sizeof bound;

		if (sockets[i] > 0 &&
			getsockname(sockets[i], (struct sockaddr *)&bound, &len) == 0 &&
			same_address((struct sockaddr *)&bound, own->ai_addr))
			return &sockets[i];
	}
	return NULL;
}
