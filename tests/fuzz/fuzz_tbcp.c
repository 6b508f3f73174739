/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TBCP in a datagram, alone or in a compound: a message read can be written, and reads the same. */
#include <stdlib.h>
#include <string.h>

#include "module/rtp/tbcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void one(struct ptt_bytes packet)
{
	uint8_t first[PTT_TBCP_MAX_LEN], second[PTT_TBCP_MAX_LEN];
	struct ptt_tbcp msg, again;
	size_t first_len, second_len;

	if (ptt_tbcp_get(&msg, packet) != PTT_OK)
		return;
	if (ptt_tbcp_put(first, &first_len, sizeof(first), &msg) != PTT_OK)
		return; /* texts longer than we write */
	if (ptt_tbcp_get(&again, (struct ptt_bytes){first, first_len}) != PTT_OK ||
		ptt_tbcp_put(second, &second_len, sizeof(second), &again) != PTT_OK)
		abort();
	if (first_len != second_len || memcmp(first, second, first_len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ptt_bytes rest = {data, size}, packet;
	size_t total = 0;

	one(rest);
	while (ptt_rtcp_next(&packet, &rest)) {
		if (packet.len < 4 || packet.data != data + total)
			abort();
		total += packet.len;
		one(packet);
	}
	if (total + rest.len != size)
		abort();
	return 0;
}
