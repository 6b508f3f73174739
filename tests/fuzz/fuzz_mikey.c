/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * MIKEY: decodes, encodes again and compares, peeks, and tries to open the message with fixed keys.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/keyring.h"
#include "crypto/mikey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ptt_mikey_ctx ctx;

static void round_trip(const struct ptt_mikey_msg *msg, struct ptt_bytes in)
{
	uint8_t *buf = malloc(in.len + 1);
	struct ptt_writer wr = ptt_writer_of(buf, in.len);

	if (ptt_mikey_encode(&wr, msg) != PTT_OK || ptt_writer_len(&wr) != in.len ||
		memcmp(buf, in.data, in.len) != 0)
		abort();
	free(buf);
}

static void open_all(struct ptt_bytes in)
{
	static const struct ptt_muk muk;
	static const struct ptt_msk msk;
	const struct ptt_mikey_mtk_key key = {&msk, muk.b};
	struct ptt_replay replay = {0};
	const struct ptt_keyring_muk ring_key = {&muk, &replay};
	enum ptt_keyring_change change;
	struct ptt_keyring ring = {0};
	struct ptt_mikey_ids ids;
	struct ptt_mikey_msk opened;
	struct ptt_mtk mtk;

	(void)!ptt_mikey_open_msk(&ctx, &opened, in, &muk);
	(void)!ptt_mikey_open_mtk(&ctx, &mtk, in, &key);
	if (ptt_mikey_peek(&ids, in) == PTT_OK)
		(void)!ptt_mikey_open_verify(&ctx, in, &ids, &muk);
	(void)!ptt_keyring_take_msk(&ring, &change, &ctx, in, &ring_key);
	(void)!ptt_keyring_take_mtk(&ring, &change, &ctx, in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ptt_mikey_key_data keys[PTT_MIKEY_MAX_KEYS];
	struct ptt_bytes in = {data, size};
	struct ptt_mikey_msg msg;
	size_t count;

	if (!ctx.aes_cm && ptt_mikey_ctx_init(&ctx) != PTT_OK)
		abort();
	(void)!ptt_mikey_key_data_get(keys, &count, in);
	if (ptt_mikey_decode(&msg, in) == PTT_OK)
		round_trip(&msg, in);
	open_all(in);
	return 0;
}
