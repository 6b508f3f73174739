/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "crypto/keyring.h"

#include <string.h>

void ptt_keyring_init(struct ptt_keyring *ring)
{
	memset(ring, 0, sizeof(*ring));
}

void ptt_keyring_wipe(struct ptt_keyring *ring)
{
	ptt_wipe(ring, sizeof(*ring));
}

static struct ptt_keyring_msk *find(
	struct ptt_keyring *ring, const uint8_t *key_domain, uint32_t msk_id)
{
	size_t i;

	for (i = 0; i < PTT_KEYRING_SLOTS; i++) {
		struct ptt_keyring_msk *slot = &ring->msk[i];

		if (slot->held && slot->msk_id == msk_id &&
			memcmp(slot->key_domain, key_domain, sizeof(slot->key_domain)) == 0)
			return slot;
	}
	return NULL;
}

const struct ptt_keyring_msk *ptt_keyring_find_msk(
	const struct ptt_keyring *ring, const uint8_t *key_domain, uint32_t msk_id)
{
	return find((struct ptt_keyring *)(uintptr_t)ring, key_domain, msk_id);
}

static void slot_wipe(struct ptt_keyring_msk *slot)
{
	ptt_wipe(slot, sizeof(*slot));
}

static void mtk_wipe_under(struct ptt_keyring_mtk *mtk, uint32_t msk_id)
{
	uint32_t of_msk;
	uint16_t mtk_id;

	ptt_mki_get(&of_msk, &mtk_id, mtk->mki);
	if (mtk->held && of_msk == msk_id)
		ptt_wipe(mtk, sizeof(*mtk));
}

/** SEQl > SEQu: wipes the MSK and the MTKs that came under it. */
static enum ptt_keyring_change revoke(
	struct ptt_keyring *ring, struct ptt_keyring_msk *slot, uint32_t msk_id)
{
	if (slot) {
		mtk_wipe_under(&ring->mtk, msk_id);
		mtk_wipe_under(&ring->old_mtk, msk_id);
		slot_wipe(slot);
	}
	return PTT_KEYRING_REVOKED;
}

/** An MSK that is held already: only SEQu may change, and only upwards. */
static enum ptt_err refresh(struct ptt_keyring_msk *slot, enum ptt_keyring_change *change,
	const struct ptt_mikey_ids *ids, const struct ptt_mikey_msk *in)
{
	if (!ptt_secret_equal(slot->msk.b, in->msk.b, sizeof(in->msk.b)) ||
		memcmp(slot->rand, ids->rand, sizeof(slot->rand)) != 0 ||
		slot->csb_id != ids->csb_id || slot->suite != ids->suite)
		return PTT_ERR_MISMATCH;
	*change = in->sequ > slot->sequ ? PTT_KEYRING_RAISED : PTT_KEYRING_UNCHANGED;
	if (in->sequ > slot->sequ)
		slot->sequ = in->sequ;
	return PTT_OK;
}

/**
 * @return true if the MSK is older than the current one. Key Numbers compare within one Key Group
 * only.
 */
static bool is_older(const struct ptt_keyring_msk *current, const struct ptt_mikey_ids *ids)
{
	return current->held &&
	       memcmp(current->key_domain, ids->key_domain, sizeof(ids->key_domain)) == 0 &&
	       ptt_msk_id_group(current->msk_id) == ptt_msk_id_group(ids->msk_id) &&
	       ptt_msk_id_number(current->msk_id) > ptt_msk_id_number(ids->msk_id);
}

enum ptt_err ptt_keyring_put_msk(struct ptt_keyring *ring, enum ptt_keyring_change *change,
	const struct ptt_mikey_ids *ids, const struct ptt_mikey_msk *in)
{
	struct ptt_keyring_msk *slot = find(ring, ids->key_domain, ids->msk_id);
	struct ptt_keyring_msk *next = &ring->msk[PTT_KEYRING_NEXT];

	if (ptt_msk_id_number(ids->msk_id) == 0)
		return PTT_ERR_MISMATCH;
	if (in->seql > in->sequ) {
		*change = revoke(ring, slot, ids->msk_id);
		return PTT_OK;
	}
	if (slot)
		return refresh(slot, change, ids, in);
	if (is_older(&ring->msk[PTT_KEYRING_CURRENT], ids))
		return PTT_ERR_REPLAY;

	slot_wipe(&ring->msk[PTT_KEYRING_PREVIOUS]); /* so that at most two MSKs are held */
	slot_wipe(next);
	*next = (struct ptt_keyring_msk){.held = true,
		.msk_id = ids->msk_id,
		.csb_id = ids->csb_id,
		.msk = in->msk,
		.seqs = in->seql,
		.sequ = in->sequ,
		.suite = ids->suite};
	memcpy(next->key_domain, ids->key_domain, sizeof(next->key_domain));
	memcpy(next->rand, ids->rand, sizeof(next->rand));
	*change = PTT_KEYRING_NEW_MSK;
	return PTT_OK;
}

enum ptt_err ptt_keyring_take_msk(struct ptt_keyring *ring, enum ptt_keyring_change *change,
	struct ptt_mikey_ctx *ctx, struct ptt_bytes in, const struct ptt_keyring_muk *muk)
{
	PTT_SECRET(struct ptt_mikey_msk, opened);
	struct ptt_mikey_ids ids;

	PTT_TRY(ptt_mikey_peek(&ids, in));
	if (ids.kind != PTT_MIKEY_KIND_MSK)
		return PTT_ERR_MISMATCH;
	PTT_TRY(ptt_replay_check(muk->replay, ids.counter));
	PTT_TRY(ptt_mikey_open_msk(ctx, &opened, in, muk->muk));
	PTT_TRY(ptt_replay_accept(muk->replay, ids.counter));
	return ptt_keyring_put_msk(ring, change, &ids, &opened);
}

static bool is_mki(const struct ptt_keyring_mtk *mtk, const uint8_t *mki)
{
	return mtk->held && memcmp(mtk->mki, mki, sizeof(mtk->mki)) == 0;
}

/**
 * The check before the MAC: the MTK ID must be a new one in the interval, or that of the present
 * MTK.
 */
static enum ptt_err mtk_check(const struct ptt_keyring *ring, const struct ptt_keyring_msk *slot,
	const struct ptt_mikey_ids *ids)
{
	uint8_t mki[PTT_MBMS_MKI_LEN];

	ptt_mki_put(mki, ids->msk_id, ids->mtk_id);
	if (!slot)
		return PTT_ERR_NO_KEY;
	/* an expelled member still has the previous MSK and could forge MTK messages under it */
	if (slot == &ring->msk[PTT_KEYRING_PREVIOUS])
		return PTT_ERR_REPLAY;
	if (slot->csb_id != ids->csb_id)
		return PTT_ERR_MISMATCH;
	if (ids->mtk_id == slot->seqs && is_mki(&ring->mtk, mki))
		return PTT_OK;
	return ids->mtk_id > slot->seqs && ids->mtk_id <= slot->sequ ? PTT_OK : PTT_ERR_REPLAY;
}

static bool mtk_equal(const struct ptt_mtk *a, const struct ptt_mtk *b)
{
	return a->key_len == b->key_len && a->salt_len == b->salt_len &&
	       ptt_secret_equal(a->key, b->key, a->key_len) &&
	       ptt_secret_equal(a->salt, b->salt, a->salt_len);
}

static void promote(struct ptt_keyring *ring)
{
	struct ptt_keyring_msk *msk = ring->msk;

	slot_wipe(&msk[PTT_KEYRING_PREVIOUS]);
	msk[PTT_KEYRING_PREVIOUS] = msk[PTT_KEYRING_CURRENT];
	msk[PTT_KEYRING_CURRENT] = msk[PTT_KEYRING_NEXT];
	slot_wipe(&msk[PTT_KEYRING_NEXT]);
}

static enum ptt_err mtk_put(struct ptt_keyring *ring, enum ptt_keyring_change *change,
	struct ptt_keyring_msk *slot, const struct ptt_mikey_ids *ids, const struct ptt_mtk *mtk)
{
	uint8_t mki[PTT_MBMS_MKI_LEN];

	ptt_mki_put(mki, ids->msk_id, ids->mtk_id);
	if (is_mki(&ring->mtk, mki)) {
		*change = PTT_KEYRING_REPEATED;
		return mtk_equal(&ring->mtk.mtk, mtk) ? PTT_OK : PTT_ERR_MISMATCH;
	}
	slot->seqs = ids->mtk_id;
	ptt_wipe(&ring->old_mtk, sizeof(ring->old_mtk));
	ring->old_mtk = ring->mtk;
	ring->mtk = (struct ptt_keyring_mtk){.held = true, .mtk = *mtk};
	memcpy(ring->mtk.mki, mki, sizeof(mki));
	ring->retire_at_ms = 0;
	*change = PTT_KEYRING_NEW_MTK;
	if (slot == &ring->msk[PTT_KEYRING_NEXT]) {
		promote(ring);
		*change = PTT_KEYRING_PROMOTED;
	}
	return PTT_OK;
}

enum ptt_err ptt_keyring_take_mtk(struct ptt_keyring *ring, enum ptt_keyring_change *change,
	struct ptt_mikey_ctx *ctx, struct ptt_bytes in)
{
	PTT_SECRET(struct ptt_mtk, mtk);
	const struct ptt_suite_def *suite;
	struct ptt_keyring_msk *slot;
	struct ptt_mikey_mtk_key key;
	struct ptt_mikey_ids ids;

	PTT_TRY(ptt_mikey_peek(&ids, in));
	if (ids.kind != PTT_MIKEY_KIND_MTK)
		return PTT_ERR_MISMATCH;
	slot = find(ring, ids.key_domain, ids.msk_id);
	PTT_TRY(mtk_check(ring, slot, &ids));
	key = (struct ptt_mikey_mtk_key){&slot->msk, slot->rand};
	PTT_TRY(ptt_mikey_open_mtk(ctx, &mtk, in, &key));
	suite = ptt_suite_def(slot->suite);
	if (!suite || mtk.key_len != suite->key_len || mtk.salt_len != suite->salt_len)
		return PTT_ERR_MISMATCH;
	return mtk_put(ring, change, slot, &ids, &mtk);
}

const struct ptt_mtk *ptt_keyring_find_mtk(
	struct ptt_keyring *ring, const uint8_t *mki, uint64_t now_ms)
{
	(void)ptt_keyring_tick(ring, now_ms);
	if (is_mki(&ring->mtk, mki))
		return &ring->mtk.mtk;
	return is_mki(&ring->old_mtk, mki) ? &ring->old_mtk.mtk : NULL;
}

void ptt_keyring_packet_good(struct ptt_keyring *ring, const uint8_t *mki, uint64_t now_ms)
{
	if (ring->retire_at_ms == 0 && ring->old_mtk.held && is_mki(&ring->mtk, mki))
		ring->retire_at_ms = now_ms + PTT_KEYRING_MTK_RETIRE_MS;
}

uint64_t ptt_keyring_tick(struct ptt_keyring *ring, uint64_t now_ms)
{
	if (ring->retire_at_ms != 0 && now_ms >= ring->retire_at_ms) {
		ptt_wipe(&ring->old_mtk, sizeof(ring->old_mtk));
		ring->retire_at_ms = 0;
	}
	return ring->retire_at_ms;
}
