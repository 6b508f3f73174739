/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The body of Ub's 200: what is read can be written, and reads the same again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "module/gba/boot_info.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ptt_boot_info first, again;
	char text[8 * PTT_BTID_MAX];

	if (ptt_boot_info_get(&first, (struct ptt_bytes){data, size}) != PTT_OK)
		return 0;
	if (ptt_boot_info_put(text, sizeof(text), &first) != PTT_OK)
		return 0; /* not printable, or a year past 9999 */
	if (ptt_boot_info_get(&again, ptt_bytes_of_str(text)) != PTT_OK)
		abort();
	if (strcmp(first.btid, again.btid) != 0 || first.expires_utc_s != again.expires_utc_s)
		abort();
	return 0;
}
