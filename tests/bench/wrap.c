/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Only seals N MSK messages as a re-key does, for callgrind to count. run.py subtracts the counts
 * of two N, so that the start of the program cancels out.
 *
 * usage: wrap N
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/mikey_seal.h"

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1;
	struct ptt_mikey_ids ids = {.csb_id = 0x01020304,
		.key_domain = {0x00, 0xf1, 0x10},
		.msk_id = 0x00010001,
		.idi = ptt_bytes_of_str("pf1.poc.example.org"),
		.idr = ptt_bytes_of_str("MDEyMzQ1Njc4OWFiY2RlZg==@bsf.poc.example.org"),
		.sdp_ids = true};
	struct ptt_mikey_msk msk = {.sequ = PTT_MBMS_SEQ_MAX};
	uint8_t out[PTT_MIKEY_SEALED_MAX];
	struct ptt_mikey_ctx ctx;
	struct ptt_muk muk;

	memset(&msk.msk, 0x5a, sizeof(msk.msk));
	memset(ids.rand, 0xa5, sizeof(ids.rand));
	if (ptt_mikey_ctx_init(&ctx) != PTT_OK)
		return 2;
	for (int i = 0; i < count; i++) {
		struct ptt_writer wr = ptt_writer_of(out, sizeof(out));

		memset(&muk, i, sizeof(muk));
		ids.counter = (uint32_t)i + 1;
		if (ptt_mikey_seal_msk(&ctx, &wr, &ids, &msk, &muk) != PTT_OK)
			return 1;
	}
	ptt_mikey_ctx_wipe(&ctx);
	return 0;
}
