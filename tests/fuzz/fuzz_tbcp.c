/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TBCP: whatever is read can be written, and reads as the same again. */
#include <stdlib.h>
#include <string.h>

#include "module/media/tbcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t first[PTT_TBCP_MAX_LEN], second[PTT_TBCP_MAX_LEN];
	struct ptt_tbcp msg, again;
	size_t first_len, second_len;

	if (ptt_tbcp_get(&msg, (struct ptt_bytes){data, size}) != PTT_OK)
		return 0;
	if (ptt_tbcp_put(first, &first_len, sizeof(first), &msg) != PTT_OK)
		return 0; /* texts longer than we write */
	if (ptt_tbcp_get(&again, (struct ptt_bytes){first, first_len}) != PTT_OK ||
		ptt_tbcp_put(second, &second_len, sizeof(second), &again) != PTT_OK)
		abort();
	if (first_len != second_len || memcmp(first, second, first_len) != 0)
		abort();
	return 0;
}
