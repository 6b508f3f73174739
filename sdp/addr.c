/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sdp/addr.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

bool ptt_sdp_addr_get(struct ptt_sdp_addr *addr, const char *text)
{
	memset(addr, 0, sizeof(*addr));
	if (!text)
		return false;
	if (inet_pton(AF_INET, text, addr->bytes) == 1)
		addr->family = 4;
	else if (inet_pton(AF_INET6, text, addr->bytes) == 1)
		addr->family = 6;
	return addr->family != 0;
}

const char *ptt_sdp_addr_text(char out[PTT_SDP_ADDR_TEXT_LEN], const struct ptt_sdp_addr *addr)
{
	out[0] = '\0';
	if (addr->family != 0)
		inet_ntop(addr->family == 6 ? AF_INET6 : AF_INET, addr->bytes, out,
			PTT_SDP_ADDR_TEXT_LEN);
	return out;
}

bool ptt_sdp_addr_equal(const struct ptt_sdp_addr *a, const struct ptt_sdp_addr *b)
{
	size_t len = a->family == 6 ? 16 : 4;

	return a->family == b->family && (a->family == 0 || memcmp(a->bytes, b->bytes, len) == 0);
}

bool ptt_sdp_addr_is_multicast(const struct ptt_sdp_addr *addr)
{
	return (addr->family == 4 && (addr->bytes[0] & 0xF0) == 0xE0) ||
	       (addr->family == 6 && addr->bytes[0] == 0xFF);
}

bool ptt_sdp_addr_is_any(const struct ptt_sdp_addr *addr)
{
	static const uint8_t zeros[16];

	return addr->family != 0 && memcmp(addr->bytes, zeros, sizeof(zeros)) == 0;
}
