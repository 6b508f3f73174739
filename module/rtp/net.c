/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/rtp/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#define RECV_BUFFER (1 << 20)

static struct sockaddr_in *in4(const struct ptt_addr *addr)
{
	return (struct sockaddr_in *)(uintptr_t)&addr->ss;
}

static struct sockaddr_in6 *in6(const struct ptt_addr *addr)
{
	return (struct sockaddr_in6 *)(uintptr_t)&addr->ss;
}

static int level_of(const struct ptt_addr *addr)
{
	return addr->ss.ss_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
}

enum ptt_err ptt_addr_get(struct ptt_addr *out, const char *text, uint16_t port)
{
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &in4(out)->sin_addr) == 1) {
		out->ss.ss_family = AF_INET;
		out->len = sizeof(struct sockaddr_in);
	} else if (inet_pton(AF_INET6, text, &in6(out)->sin6_addr) == 1) {
		out->ss.ss_family = AF_INET6;
		out->len = sizeof(struct sockaddr_in6);
	} else {
		return PTT_ERR_MALFORMED;
	}
	ptt_addr_set_port(out, port);
	return PTT_OK;
}

enum ptt_err ptt_addr_put(char *out, size_t size, const struct ptt_addr *addr)
{
	const void *bytes = addr->ss.ss_family == AF_INET ? (const void *)&in4(addr)->sin_addr
							  : (const void *)&in6(addr)->sin6_addr;

	return inet_ntop(addr->ss.ss_family, bytes, out, (socklen_t)size) ? PTT_OK
									  : PTT_ERR_NO_SPACE;
}

/* The port stands at the same place in both families. */
uint16_t ptt_addr_port(const struct ptt_addr *addr)
{
	return ntohs(in4(addr)->sin_port);
}

void ptt_addr_set_port(struct ptt_addr *addr, uint16_t port)
{
	in4(addr)->sin_port = htons(port);
}

bool ptt_addr_same_host(const struct ptt_addr *a, const struct ptt_addr *b)
{
	if (a->ss.ss_family != b->ss.ss_family)
		return false;
	if (a->ss.ss_family == AF_INET)
		return in4(a)->sin_addr.s_addr == in4(b)->sin_addr.s_addr;
	return memcmp(&in6(a)->sin6_addr, &in6(b)->sin6_addr, sizeof(struct in6_addr)) == 0;
}

bool ptt_addr_is_any(const struct ptt_addr *addr)
{
	if (addr->ss.ss_family == AF_INET)
		return in4(addr)->sin_addr.s_addr == INADDR_ANY;
	return IN6_IS_ADDR_UNSPECIFIED(&in6(addr)->sin6_addr);
}

bool ptt_addr_is_multicast(const struct ptt_addr *addr)
{
	if (addr->ss.ss_family == AF_INET)
		return IN_MULTICAST(ntohl(in4(addr)->sin_addr.s_addr));
	return IN6_IS_ADDR_MULTICAST(&in6(addr)->sin6_addr);
}

enum ptt_err ptt_net_interface(unsigned int *index, const char *name)
{
	*index = name != NULL ? if_nametoindex(name) : 0;
	return name && *index == 0 ? PTT_ERR_NO_KEY : PTT_OK;
}

/* 0 = not this interface or family; link-local counts less, so it is a last resort. */
static int rank(const struct ifaddrs *ifa, const char *interface, int family)
{
	const struct sockaddr_in6 *addr = (const struct sockaddr_in6 *)(const void *)ifa->ifa_addr;

	if (!addr || addr->sin6_family != family || strcmp(ifa->ifa_name, interface) != 0)
		return 0;
	return family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&addr->sin6_addr) ? 1 : 2;
}

enum ptt_err ptt_net_interface_address(char *out, size_t size, const char *interface, int family)
{
	struct ifaddrs *all;
	struct ptt_addr addr = {0};
	enum ptt_err err = PTT_ERR_NO_KEY;
	int best = 0;

	if (getifaddrs(&all) != 0)
		return PTT_ERR_SYSTEM;
	for (const struct ifaddrs *ifa = all; ifa; ifa = ifa->ifa_next) {
		if (rank(ifa, interface, family) <= best)
			continue;
		best = rank(ifa, interface, family);
		addr.len = family == AF_INET ? sizeof(struct sockaddr_in)
					     : sizeof(struct sockaddr_in6);
		memcpy(&addr.ss, ifa->ifa_addr, addr.len);
	}
	freeifaddrs(all);
	if (best > 0)
		err = ptt_addr_put(out, size, &addr);
	return err;
}

static int udp_socket(const struct ptt_addr *like)
{
	int size = RECV_BUFFER;
	int fd = socket(like->ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
			sizeof(size)); /* the system may give less */
	return fd;
}

static enum ptt_err fail(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return PTT_ERR_SYSTEM;
}

static bool bind_and_ask(int fd, struct ptt_addr *local)
{
	socklen_t len = sizeof(local->ss);

	if (bind(fd, (struct sockaddr *)&local->ss, local->len) != 0)
		return false;
	return ptt_addr_port(local) != 0 ||
	       getsockname(fd, (struct sockaddr *)&local->ss, &len) == 0;
}

enum ptt_err ptt_net_unicast(int *fd, struct ptt_addr *local)
{
	*fd = udp_socket(local);
	if (*fd < 0 || !bind_and_ask(*fd, local))
		return fail(*fd);
	return PTT_OK;
}

static bool set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

static bool set_out4(int fd, const struct ptt_net_group *group)
{
	struct ip_mreqn req = {.imr_ifindex = (int)group->interface};

	if (group->source.len != 0)
		req.imr_address = in4(&group->source)->sin_addr;
	return setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &req, sizeof(req)) == 0 &&
	       set_int(fd, IPPROTO_IP, IP_MULTICAST_TTL, group->ttl) &&
	       set_int(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 1) &&
	       set_int(fd, IPPROTO_IP, IP_TOS, group->dscp << 2);
}

static bool set_out6(int fd, const struct ptt_net_group *group)
{
	return set_int(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)group->interface) &&
	       set_int(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, group->ttl) &&
	       set_int(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1) &&
	       set_int(fd, IPPROTO_IPV6, IPV6_TCLASS, group->dscp << 2);
}

enum ptt_err ptt_net_cast_out(int *fd, struct ptt_net_group *group)
{
	bool ipv4 = group->group.ss.ss_family == AF_INET;

	*fd = udp_socket(&group->group);
	if (*fd < 0)
		return PTT_ERR_SYSTEM;
	if (!(ipv4 ? set_out4(*fd, group) : set_out6(*fd, group)))
		return fail(*fd);
	if (!ipv4 && group->source.len != 0 &&
		IN6_IS_ADDR_LINKLOCAL(&in6(&group->source)->sin6_addr))
		in6(&group->source)->sin6_scope_id = group->interface;
	if (group->source.len != 0 && !bind_and_ask(*fd, &group->source))
		return fail(*fd);
	return PTT_OK;
}

enum ptt_err ptt_net_source_of(struct ptt_addr *out, const struct ptt_net_group *group)
{
	struct ptt_net_group copy = *group;
	socklen_t len = sizeof(out->ss);
	int fd;

	copy.source.len = 0;
	PTT_TRY(ptt_net_cast_out(&fd, &copy));
	if (connect(fd, (struct sockaddr *)&copy.group.ss, copy.group.len) != 0 ||
		getsockname(fd, (struct sockaddr *)&out->ss, &len) != 0)
		return fail(fd);
	out->len = len;
	ptt_addr_set_port(out, 0);
	close(fd);
	return PTT_OK;
}

static bool join_source(int fd, const struct ptt_net_group *group)
{
	struct group_source_req req = {.gsr_interface = group->interface};

	req.gsr_group = group->group.ss;
	req.gsr_source = group->source.ss;
	return setsockopt(fd, level_of(&group->group), MCAST_JOIN_SOURCE_GROUP, &req,
		       sizeof(req)) == 0;
}

static bool join_any(int fd, const struct ptt_net_group *group)
{
	struct group_req req = {.gr_interface = group->interface};

	req.gr_group = group->group.ss;
	return setsockopt(fd, level_of(&group->group), MCAST_JOIN_GROUP, &req, sizeof(req)) == 0;
}

/* Bound to the group's address, so that datagrams to other addresses do not come in. */
enum ptt_err ptt_net_cast_in(int *fd, bool *filtered, const struct ptt_net_group *group)
{
	struct ptt_addr local = group->group;
	int on = 1;

	*fd = udp_socket(&group->group);
	if (*fd < 0)
		return PTT_ERR_SYSTEM;
	if (local.ss.ss_family == AF_INET6)
		in6(&local)->sin6_scope_id = group->interface;
	if (setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
		bind(*fd, (struct sockaddr *)&local.ss, local.len) != 0)
		return fail(*fd);
	*filtered = group->source.len != 0 && join_source(*fd, group);
	if (!*filtered && !join_any(*fd, group))
		return fail(*fd);
	return PTT_OK;
}

size_t ptt_net_recv(int fd, uint8_t *buf, size_t size, struct ptt_addr *from)
{
	ssize_t n;

	from->len = sizeof(from->ss);
	n = recvfrom(fd, buf, size, 0, (struct sockaddr *)&from->ss, &from->len);
	return n > 0 ? (size_t)n : 0;
}

bool ptt_net_send(int fd, struct ptt_bytes data, const struct ptt_addr *to)
{
	return sendto(fd, data.data, data.len, 0, (const struct sockaddr *)&to->ss, to->len) ==
	       (ssize_t)data.len;
}
