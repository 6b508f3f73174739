/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file net.h
 * UDP sockets of the user plane, unicast and multicast, IPv4 and IPv6.
 *
 * All sockets are non-blocking and close on exec. SYSTEM leaves the cause in errno.
 */
#ifndef PTT_NET_H
#define PTT_NET_H

#include <sys/socket.h>

#include "crypto/bytes.h"

struct ptt_addr {
	struct sockaddr_storage ss;
	socklen_t len; /**< 0 = none */
};

/** Numeric text only. Errors: MALFORMED. */
enum ptt_err ptt_addr_get(struct ptt_addr *out, const char *text, uint16_t port) PTT_MUST_CHECK;
/** Without the port. Errors: NO_SPACE (INET6_ADDRSTRLEN is enough). */
enum ptt_err ptt_addr_put(char *out, size_t size, const struct ptt_addr *addr) PTT_MUST_CHECK;
uint16_t ptt_addr_port(const struct ptt_addr *addr);
void ptt_addr_set_port(struct ptt_addr *addr, uint16_t port);
bool ptt_addr_same_host(const struct ptt_addr *a, const struct ptt_addr *b);
/** 0.0.0.0 or :: */
bool ptt_addr_is_any(const struct ptt_addr *addr);
bool ptt_addr_is_multicast(const struct ptt_addr *addr);

/** Errors: NO_KEY. NULL gives 0, "by route". */
enum ptt_err ptt_net_interface(unsigned int *index, const char *name) PTT_MUST_CHECK;
/** First address of an interface, text (INET6_ADDRSTRLEN). Errors: NO_KEY (none), SYSTEM. */
enum ptt_err ptt_net_interface_address(
	char *out, size_t size, const char *interface, int family) PTT_MUST_CHECK;
/** A socket bound to @p local (port 0 = any); writes the address it got back. Errors: SYSTEM. */
enum ptt_err ptt_net_unicast(int *fd, struct ptt_addr *local) PTT_MUST_CHECK;

struct ptt_net_group {
	struct ptt_addr group;  /**< with port */
	struct ptt_addr source; /**< len 0 = any (to receive), the system chooses (to send) */
	unsigned int interface; /**< index; 0 = by route */
	uint8_t ttl, dscp;      /**< out */
};
/** A socket to send from; writes its source back. This host receives it, too. Errors: SYSTEM. */
enum ptt_err ptt_net_cast_out(int *fd, struct ptt_net_group *group) PTT_MUST_CHECK;
/** The source address that the system chooses towards the group. Errors: SYSTEM. */
enum ptt_err ptt_net_source_of(
	struct ptt_addr *out, const struct ptt_net_group *group) PTT_MUST_CHECK;
/** A socket that joined the group; @p filtered: the kernel filters by source. Errors: SYSTEM. */
enum ptt_err ptt_net_cast_in(
	int *fd, bool *filtered, const struct ptt_net_group *group) PTT_MUST_CHECK;

/** @return bytes, 0 = nothing there (or an empty datagram), with its sender. */
size_t ptt_net_recv(int fd, uint8_t *buf, size_t size, struct ptt_addr *from);
/** @return false if the datagram did not leave. */
bool ptt_net_send(int fd, struct ptt_bytes data, const struct ptt_addr *to);

#endif
