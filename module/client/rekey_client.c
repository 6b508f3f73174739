/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/client/rekey_client.h"

#include <stdlib.h>
#include <string.h>

#define OLD_KEYS_MAX 256 /* MSKs that a hostile client keeps; a new one replaces the oldest */

/* The MUK of one bootstrapping, and the counter received under it. */
struct muk_slot {
	bool held;
	char btid[PTT_REKEY_BTID_SIZE];
	char naf[PTT_REKEY_NAF_SIZE];
	struct ptt_muk muk;
	struct ptt_replay replay;
};

enum { MUK_PRESENT, MUK_FORMER, MUK_SLOTS };

struct old_keys {
	struct ptt_keyring_msk msk[OLD_KEYS_MAX];
	size_t next;
};

struct ptt_rekey_client {
	struct ptt_mikey_ctx mikey;
	struct ptt_keyring ring;
	struct muk_slot muk[MUK_SLOTS];
	uint8_t last[PTT_REKEY_MIKEY_MAX]; /* the last MSK message accepted in this dialog */
	size_t last_len;
	enum ptt_suite min_suite;
	struct old_keys *old_keys; /* hostile mode only; else NULL */
};

enum ptt_err ptt_rekey_client_new(struct ptt_rekey_client **out, bool hostile)
{
	struct ptt_rekey_client *rc = calloc(1, sizeof(*rc));

	if (!rc)
		return PTT_ERR_SYSTEM;
	if (hostile)
		rc->old_keys = calloc(1, sizeof(*rc->old_keys));
	if ((hostile && !rc->old_keys) || ptt_mikey_ctx_init(&rc->mikey) != PTT_OK) {
		ptt_rekey_client_free(rc);
		return PTT_ERR_SYSTEM;
	}
	ptt_keyring_init(&rc->ring);
	*out = rc;
	return PTT_OK;
}

void ptt_rekey_client_free(struct ptt_rekey_client *rc)
{
	if (!rc)
		return;
	ptt_mikey_ctx_wipe(&rc->mikey);
	if (rc->old_keys)
		ptt_wipe(rc->old_keys, sizeof(*rc->old_keys));
	free(rc->old_keys);
	ptt_wipe(rc, sizeof(*rc));
	free(rc);
}

void ptt_rekey_client_set_min_suite(struct ptt_rekey_client *rc, enum ptt_suite suite)
{
	rc->min_suite = suite;
}

void ptt_rekey_client_new_dialog(struct ptt_rekey_client *rc)
{
	rc->last_len = 0;
}

void ptt_rekey_client_drop_keys(struct ptt_rekey_client *rc)
{
	if (rc->old_keys)
		return;
	ptt_keyring_wipe(&rc->ring);
	ptt_keyring_init(&rc->ring);
	rc->last_len = 0;
}

enum ptt_err ptt_rekey_client_set_muk(struct ptt_rekey_client *rc, const char *btid,
	const char *naf_fqdn, const struct ptt_muk *muk)
{
	struct muk_slot *present = &rc->muk[MUK_PRESENT];

	if (strlen(btid) >= sizeof(present->btid) || strlen(naf_fqdn) >= sizeof(present->naf))
		return PTT_ERR_NO_SPACE;
	/* The counter belongs to the MUK: setting the same MUK again must not reset it. */
	if (present->held && strcmp(present->btid, btid) == 0 &&
		strcmp(present->naf, naf_fqdn) == 0)
		return PTT_OK;
	if (present->held)
		rc->muk[MUK_FORMER] = *present;
	ptt_wipe(present, sizeof(*present));
	present->held = true;
	strcpy(present->btid, btid);
	strcpy(present->naf, naf_fqdn);
	present->muk = *muk;
	return PTT_OK;
}

/* IDr names the MUK; IDi must be the NAF that the MUK was derived for. */
static enum ptt_err muk_find(
	struct ptt_rekey_client *rc, struct muk_slot **out, const struct ptt_mikey_ids *ids)
{
	for (int i = 0; i < MUK_SLOTS; i++) {
		struct muk_slot *slot = &rc->muk[i];

		if (!slot->held || !ptt_bytes_equal(ids->idr, ptt_bytes_of_str(slot->btid)))
			continue;
		if (!ptt_bytes_equal(ids->idi, ptt_bytes_of_str(slot->naf)))
			return PTT_ERR_MISMATCH;
		*out = slot;
		return PTT_OK;
	}
	return PTT_ERR_NO_KEY;
}

static void old_keys_add(struct ptt_rekey_client *rc, const struct ptt_mikey_ids *ids)
{
	const struct ptt_keyring_msk *msk;

	if (!rc->old_keys)
		return;
	msk = ptt_keyring_find_msk(&rc->ring, ids->key_domain, ids->msk_id);
	if (msk)
		rc->old_keys->msk[rc->old_keys->next++ % OLD_KEYS_MAX] = *msk;
}

static enum ptt_err verify_make(struct ptt_rekey_client *rc, struct ptt_rekey_msk *out,
	const struct ptt_mikey_ids *ids, const struct muk_slot *slot)
{
	struct ptt_writer wr = ptt_writer_of(out->verify, sizeof(out->verify));

	out->verify_len = 0;
	if (!ids->verify)
		return PTT_OK;
	PTT_TRY(ptt_mikey_seal_verify(&rc->mikey, &wr, ids, &slot->muk));
	return ptt_writer_end(&wr, &out->verify_len);
}

enum ptt_err ptt_rekey_client_on_msk(
	struct ptt_rekey_client *rc, struct ptt_rekey_msk *out, struct ptt_bytes mikey)
{
	struct ptt_mikey_ids ids = {0};
	struct muk_slot *slot = NULL;
	bool same = rc->last_len > 0 &&
		    ptt_bytes_equal(mikey, (struct ptt_bytes){rc->last, rc->last_len});

	memset(out, 0, sizeof(*out));
	if (mikey.len > sizeof(rc->last))
		return PTT_ERR_NO_SPACE;
	PTT_TRY(ptt_mikey_peek(&ids, mikey));
	if (ids.kind != PTT_MIKEY_KIND_MSK)
		return PTT_ERR_MISMATCH;
	out->msk_id = ids.msk_id;
	out->counter = ids.counter;
	out->suite = ids.suite;
	memcpy(out->key_domain, ids.key_domain, sizeof(out->key_domain));
	if (ids.suite < rc->min_suite)
		return PTT_ERR_UNSUPPORTED;
	PTT_TRY(muk_find(rc, &slot, &ids));
	memcpy(out->btid, slot->btid, sizeof(out->btid));
	PTT_TRY(verify_make(rc, out, &ids, slot));
	if (same) {
		out->repeated = true;
		out->change = PTT_KEYRING_UNCHANGED;
		return PTT_OK;
	}
	struct ptt_keyring_muk muk = {&slot->muk, &slot->replay};

	PTT_TRY(ptt_keyring_take_msk(&rc->ring, &out->change, &rc->mikey, mikey, &muk));
	memcpy(rc->last, mikey.data, mikey.len);
	rc->last_len = mikey.len;
	/* The PF uses our new MUK, so the former one is not needed any more. */
	if (slot == &rc->muk[MUK_PRESENT])
		ptt_wipe(&rc->muk[MUK_FORMER], sizeof(rc->muk[MUK_FORMER]));
	old_keys_add(rc, &ids);
	return PTT_OK;
}

/* Tries every MSK ever held, also those that the ring has retired: only a hostile UE does this. */
static enum ptt_err old_keys_open(
	struct ptt_rekey_client *rc, struct ptt_rekey_mtk *out, struct ptt_bytes message)
{
	for (size_t i = 0; i < OLD_KEYS_MAX; i++) {
		const struct ptt_keyring_msk *msk = &rc->old_keys->msk[i];
		struct ptt_mikey_mtk_key key = {&msk->msk, msk->rand};

		if (!msk->held ||
			ptt_mikey_open_mtk(&rc->mikey, &out->mtk, message, &key) != PTT_OK)
			continue;
		out->change = PTT_KEYRING_NEW_MTK;
		return PTT_OK;
	}
	return PTT_ERR_NO_KEY;
}

enum ptt_err ptt_rekey_client_on_mtk(
	struct ptt_rekey_client *rc, struct ptt_rekey_mtk *out, struct ptt_bytes message)
{
	struct ptt_mikey_ids ids = {0};
	enum ptt_err err;

	memset(out, 0, sizeof(*out));
	PTT_TRY(ptt_mikey_peek(&ids, message));
	if (ids.kind != PTT_MIKEY_KIND_MTK)
		return PTT_ERR_MISMATCH;
	out->msk_id = ids.msk_id;
	out->mtk_id = ids.mtk_id;
	ptt_mki_put(out->mki, ids.msk_id, ids.mtk_id);
	err = ptt_keyring_take_mtk(&rc->ring, &out->change, &rc->mikey, message);
	if (err == PTT_OK)
		out->mtk = rc->ring.mtk.mtk;
	else if (rc->old_keys && old_keys_open(rc, out, message) == PTT_OK)
		err = PTT_OK;
	return err;
}

void ptt_rekey_client_packet_good(
	struct ptt_rekey_client *rc, const uint8_t mki[PTT_MBMS_MKI_LEN], uint64_t now_ms)
{
	ptt_keyring_packet_good(&rc->ring, mki, now_ms);
}

uint64_t ptt_rekey_client_tick(struct ptt_rekey_client *rc, uint64_t now_ms)
{
	return ptt_keyring_tick(&rc->ring, now_ms);
}

bool ptt_rekey_client_has_msk(const struct ptt_rekey_client *rc)
{
	for (int i = 0; i < PTT_KEYRING_SLOTS; i++) {
		if (rc->ring.msk[i].held)
			return true;
	}
	return false;
}

uint32_t ptt_rekey_client_current_msk_id(const struct ptt_rekey_client *rc)
{
	const struct ptt_keyring_msk *current = &rc->ring.msk[PTT_KEYRING_CURRENT];

	return current->held ? current->msk_id : 0;
}
