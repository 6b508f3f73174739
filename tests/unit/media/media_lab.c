/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/media/media_lab.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void lo_up(void)
{
	struct ifreq req = {0};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	strcpy(req.ifr_name, "lo");
	if (ioctl(fd, SIOCGIFFLAGS, &req) == 0) {
		req.ifr_flags = (short)(req.ifr_flags | IFF_UP);
		if (ioctl(fd, SIOCSIFFLAGS, &req) != 0)
			abort();
	}
	close(fd);
}

void lab_enter(void)
{
	if (unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0)
		lo_up();
}

struct ptt_mtk lab_mtk(uint8_t fill)
{
	struct ptt_mtk mtk = {.key_len = 16, .salt_len = 14};

	memset(mtk.key, fill, mtk.key_len);
	memset(mtk.salt, fill ^ 0x5a, mtk.salt_len);
	return mtk;
}

int lab_socket(const char *address, uint16_t *port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET};
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || inet_pton(AF_INET, address, &addr.sin_addr) != 1 ||
		bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0 ||
		getsockname(fd, (struct sockaddr *)&addr, &len) != 0)
		abort();
	*port = ntohs(addr.sin_port);
	return fd;
}

uint16_t lab_ports(void)
{
	uint16_t port = 0;

	while (port < 20000 || port > 60000) {
		int fd = lab_socket(LAB_SOURCE, &port);

		close(fd);
	}
	return port;
}

void lab_send(int fd, const void *data, size_t len, uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (sendto(fd, data, len, 0, (struct sockaddr *)&to, sizeof(to)) != (ssize_t)len)
		abort();
}

size_t lab_recv(int fd, uint8_t *buf, size_t size)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	ssize_t n;

	if (poll(&pfd, 1, 2000) != 1)
		return 0;
	n = recv(fd, buf, size, 0);
	return n > 0 ? (size_t)n : 0;
}
