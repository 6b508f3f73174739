/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The value of an a=key-mgmt attribute: what is taken must come out the same when written again. */
#include <stdlib.h>
#include <string.h>

#include "sdp/key_mgmt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t blob[PTT_MIKEY_MAX_LEN], again[PTT_MIKEY_MAX_LEN], line[2048];
	size_t len = 0, again_len = 0, line_len = 0;
	struct ptt_writer wr = ptt_writer_of(line, sizeof(line));
	struct ptt_bytes value;

	if (ptt_key_mgmt_value_get(blob, &len, sizeof(blob), (struct ptt_bytes){data, size}) !=
		PTT_OK)
		return 0;
	ptt_key_mgmt_put(&wr, (struct ptt_bytes){blob, len});
	if (ptt_writer_end(&wr, &line_len) != PTT_OK)
		abort();
	value = (struct ptt_bytes){
		line + strlen("a=key-mgmt:"), line_len - strlen("a=key-mgmt:\r\n")};
	if (ptt_key_mgmt_value_get(again, &again_len, sizeof(again), value) != PTT_OK ||
		again_len != len || memcmp(again, blob, len) != 0)
		abort();
	return 0;
}
