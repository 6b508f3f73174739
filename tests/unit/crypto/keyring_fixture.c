/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/crypto/keyring_fixture.h"

#include <string.h>

struct ptt_mikey_ctx ctx;
struct ptt_keyring ring;
struct ptt_replay replay;
const struct ptt_muk muk = {{0x11}};
uint32_t counter;

struct pf_msk pf_msk_make(uint16_t number)
{
	struct pf_msk pf = {.ids = {.csb_id = 0xc5b,
				    .key_domain = {0x00, 0xf1, 0x10},
				    .msk_id = ptt_msk_id_make(7, number),
				    .idi = ptt_bytes_of_str("pf"),
				    .idr = ptt_bytes_of_str("btid")},
		.msk = {.sequ = PTT_MBMS_SEQ_MAX}};

	memset(pf.msk.msk.b, number + 1, sizeof(pf.msk.msk.b));
	memset(pf.ids.rand, number + 2, sizeof(pf.ids.rand));
	return pf;
}

enum ptt_err give_msk(struct pf_msk *pf, enum ptt_keyring_change *change)
{
	const struct ptt_keyring_muk key = {&muk, &replay};
	uint8_t buf[PTT_MIKEY_SEALED_MAX];
	struct ptt_writer wr = ptt_writer_of(buf, sizeof(buf));

	pf->ids.counter = ++counter;
	ck_assert_int_eq(ptt_mikey_seal_msk(&ctx, &wr, &pf->ids, &pf->msk, &muk), PTT_OK);
	return ptt_keyring_take_msk(
		&ring, change, &ctx, (struct ptt_bytes){buf, ptt_writer_len(&wr)}, &key);
}

struct ptt_mtk mtk_make(uint16_t id)
{
	struct ptt_mtk mtk = {.key_len = 16, .salt_len = 14};

	memset(mtk.key, id, 16);
	memset(mtk.salt, id + 100, 14);
	return mtk;
}

enum ptt_err cast_mtk_as(const struct pf_msk *pf, enum ptt_keyring_change *change, uint16_t id,
	const struct ptt_mtk *mtk)
{
	uint8_t buf[PTT_MIKEY_SEALED_MAX];
	struct ptt_writer wr = ptt_writer_of(buf, sizeof(buf));
	struct ptt_mikey_ids ids = pf->ids;

	ids.mtk_id = id;
	ids.counter = id;
	ids.suite = mtk->salt_len == 12 ? PTT_SUITE_AEAD_AES_128_GCM : PTT_SUITE_AES_CM_128_SHA1_80;
	ck_assert_int_eq(ptt_mikey_seal_mtk(&ctx, &wr, &ids, mtk, &pf->msk.msk), PTT_OK);
	return ptt_keyring_take_mtk(
		&ring, change, &ctx, (struct ptt_bytes){buf, ptt_writer_len(&wr)});
}

enum ptt_err cast_mtk(const struct pf_msk *pf, enum ptt_keyring_change *change, uint16_t id)
{
	struct ptt_mtk mtk = mtk_make(id);

	return cast_mtk_as(pf, change, id, &mtk);
}

const struct ptt_mtk *find_mtk(const struct pf_msk *pf, uint16_t id, uint64_t now_ms)
{
	uint8_t mki[PTT_MBMS_MKI_LEN];

	ptt_mki_put(mki, pf->ids.msk_id, id);
	return ptt_keyring_find_mtk(&ring, mki, now_ms);
}

bool held(const struct pf_msk *pf)
{
	return ptt_keyring_find_msk(&ring, pf->ids.key_domain, pf->ids.msk_id) != NULL;
}

int held_count(void)
{
	int i, n = 0;

	for (i = 0; i < PTT_KEYRING_SLOTS; i++)
		n += ring.msk[i].held;
	return n;
}

void keyring_set_up(void)
{
	ck_assert_int_eq(ptt_mikey_ctx_init(&ctx), PTT_OK);
	ptt_keyring_init(&ring);
	replay = (struct ptt_replay){0};
	counter = 0;
}

void keyring_tear_down(void)
{
	ptt_keyring_wipe(&ring);
	ptt_mikey_ctx_wipe(&ctx);
}
