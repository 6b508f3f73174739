/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A capture: opened with a key that fits no packet of it, and with its datagrams cut. */
#include <stdlib.h>
#include <string.h>

#include "module/lab/capture_open.h"
#include "module/lab/pcapng.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool cut(void *ctx, uint8_t *payload, size_t *len)
{
	uint8_t first = *len ? payload[0] : 0;

	if (ptt_capture_open_packet(ctx, payload, len))
		abort(); /* a forged packet */
	*len -= first % (*len + 1);
	return *len % 2 == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t mki[PTT_MKI_LEN] = {0, 1, 0, 2, 0, 5};
	static struct ptt_capture_open *open;
	struct ptt_mtk mtk = {.key = {1}, .salt = {2}, .key_len = 16, .salt_len = 14};
	struct ptt_pcapng_counts counts;
	FILE *in, *out;
	char *copy = NULL;
	size_t len = 0;
	enum ptt_err err;

	if (size == 0)
		return 0;
	if (!open && (ptt_capture_open_new(&open) != PTT_OK ||
			     ptt_capture_open_add(open, mki, &mtk) != PTT_OK))
		abort();
	in = fmemopen((void *)(uintptr_t)data, size, "r");
	out = open_memstream(&copy, &len);
	if (!in || !out)
		abort();
	err = ptt_pcapng_filter(in, out, cut, open, &counts);
	fclose(in);
	fclose(out);
	if (err == PTT_ERR_SYSTEM || len > size || counts.changed > counts.datagrams ||
		counts.datagrams > counts.packets)
		abort();
	free(copy);
	return 0;
}
