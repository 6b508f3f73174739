/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/group/group_keys.h"

#include <stdio.h>
#include <string.h>

#include "crypto/random.h"
#include "module/base/log.h"
#include "module/store/store_read.h"

#define KEY_NUMBER_MAX 65535u
#define MTK_ID_END     65536u

struct load {
	struct ptt_group_keys *keys;
	struct ptt_store_batch *batch;
	uint32_t next;
};

static void forget_current(struct load *load)
{
	struct ptt_msk_slot *current = &load->keys->current;

	if (current->live)
		ptt_batch_retire_msk(load->batch, load->keys->row.uri, current->msk_id);
	ptt_wipe(current, sizeof(*current));
}

/*
 * Rows come oldest first. Two CURRENT rows: the crash came between promotion and retirement; the
 * newer one counts. A NEXT row older than the intent's: it was replaced before its cut-over, or its
 * cut-over was not recorded. In the second case an expelled member may hold the older current MSK,
 * so both are deleted.
 */
static enum ptt_err take_row(void *ctx, const struct ptt_msk_row *row)
{
	struct load *load = ctx;
	struct ptt_group_keys *keys = load->keys;
	struct ptt_msk_slot *slot = &keys->current;

	if (row->state != PTT_MSK_CURRENT)
		slot = row->generation == load->next ? &keys->next : NULL;
	if (slot == &keys->current || row->generation < load->next)
		forget_current(load);
	if (!slot) {
		ptt_batch_retire_msk(load->batch, row->group, row->msk_id);
		return PTT_OK;
	}
	*slot = (struct ptt_msk_slot){
		.live = true,
		.sent_unknown =
			row->boot_id[0] == '\0' || strcmp(row->boot_id, keys->profile.boot_id) != 0,
		.msk_id = row->msk_id,
		.generation = row->generation,
		.suite = row->suite,
		.msk = row->msk,
		.mtk_next = row->mtk_id_reserved,
		.mtk_reserved = row->mtk_id_reserved,
	};
	memcpy(slot->rand, row->rand, sizeof(slot->rand));
	return PTT_OK;
}

static void put_msk(struct ptt_store_batch *batch, const struct ptt_group_keys *keys,
	const struct ptt_msk_slot *slot, enum ptt_msk_state state)
{
	PTT_SECRET(struct ptt_msk_row, row);

	memcpy(row.group, keys->row.uri, sizeof(row.group));
	row.msk_id = slot->msk_id;
	row.generation = slot->generation;
	row.state = state;
	row.suite = slot->suite;
	row.msk = slot->msk;
	memcpy(row.rand, slot->rand, sizeof(row.rand));
	row.mtk_id_reserved = slot->mtk_reserved;
	snprintf(row.boot_id, sizeof(row.boot_id), "%s", keys->profile.boot_id);
	ptt_batch_put_msk(batch, &row);
}

static void reserve_block(
	const struct ptt_group_keys *keys, struct ptt_msk_slot *slot, struct ptt_store_batch *batch)
{
	struct ptt_reservation reservation = {
		.counter = PTT_COUNTER_MTK_ID,
		.key = keys->row.uri,
		.msk_id = slot->msk_id,
		.expected = slot->mtk_reserved,
	};

	slot->mtk_reserving = slot->mtk_reserved + PTT_MTK_ID_BLOCK;
	if (slot->mtk_reserving > MTK_ID_END)
		slot->mtk_reserving = MTK_ID_END;
	reservation.reserved = slot->mtk_reserving;
	ptt_batch_reserve(batch, &reservation);
}

static enum ptt_err new_group(struct ptt_group_keys *keys, const char *uri, uint16_t key_group)
{
	struct ptt_store_batch *batch;

	keys->row = (struct ptt_group_row){.key_group = key_group, .next_key_number = 1};
	snprintf(keys->row.uri, sizeof(keys->row.uri), "%s", uri);
	if (key_group == 0)
		PTT_TRY(ptt_store_free_key_group(keys->store, &keys->row.key_group));
	PTT_TRY(ptt_random_bytes(&keys->row.csb_id, sizeof(keys->row.csb_id)));
	batch = ptt_store_batch_new(keys->store);
	ptt_batch_put_group(batch, &keys->row);
	return ptt_store_commit_sync(batch, PTT_STORE_FULL);
}

enum ptt_err ptt_group_keys_load(
	struct ptt_group_keys *keys, const char *uri, uint16_t key_group, uint32_t next)
{
	enum ptt_err err = ptt_store_get_group(keys->store, &keys->row, uri);
	struct ptt_msk_slot *slots[] = {&keys->current, &keys->next};
	struct load load = {.keys = keys, .next = next};

	if (err == PTT_ERR_NO_KEY)
		return new_group(keys, uri, key_group);
	PTT_TRY(err);
	load.batch = ptt_store_batch_new(keys->store);
	err = ptt_store_each_msk(keys->store, uri, take_row, &load);
	if (err != PTT_OK) {
		ptt_store_batch_free(load.batch);
		return err;
	}
	if (next != 0 && !keys->next.live) /* the cut-over was begun: this start ends it */
		ptt_batch_del_intent(load.batch, uri);
	if (key_group != 0)
		keys->row.key_group =
			key_group; /* Key Numbers go on: if the configuration changes back, no MSK ID repeats */
	for (size_t i = 0; i < 2; i++)
		if (slots[i]->live && slots[i]->mtk_reserved < MTK_ID_END)
			reserve_block(keys, slots[i], load.batch);
	PTT_TRY(ptt_store_commit_sync(load.batch, PTT_STORE_FULL));
	for (size_t i = 0; i < 2; i++) {
		if (slots[i]->mtk_reserving != 0)
			slots[i]->mtk_reserved = slots[i]->mtk_reserving;
		slots[i]->mtk_reserving = 0;
	}
	return PTT_OK;
}

void ptt_group_keys_wipe(struct ptt_group_keys *keys)
{
	ptt_wipe(&keys->current, sizeof(keys->current));
	ptt_wipe(&keys->next, sizeof(keys->next));
	ptt_wipe(&keys->staged, sizeof(keys->staged));
}

enum ptt_err ptt_group_keys_make(struct ptt_group_keys *keys, uint32_t generation)
{
	struct ptt_group_row row = keys->row;
	PTT_SECRET(struct ptt_msk_slot, fresh);

	if (row.next_key_number > KEY_NUMBER_MAX) {
		PTT_TRY(ptt_store_free_key_group(keys->store, &row.key_group));
		row.next_key_number = 1;
	}
	fresh.live = true;
	fresh.msk_id = ptt_msk_id_make(row.key_group, (uint16_t)row.next_key_number);
	fresh.generation = generation;
	fresh.suite = keys->profile.suite;
	fresh.mtk_next = 1;
	fresh.mtk_reserved = 1 + PTT_MTK_ID_BLOCK;
	PTT_TRY(ptt_random_key(&fresh.msk, sizeof(fresh.msk)));
	PTT_TRY(ptt_random_bytes(fresh.rand, sizeof(fresh.rand)));
	row.next_key_number++;
	row.generation = generation;
	keys->row = row;
	keys->staged = fresh;
	return PTT_OK;
}

enum ptt_err ptt_group_keys_put(const struct ptt_group_keys *keys, struct ptt_store_batch *batch)
{
	if (!keys->staged.live)
		return PTT_ERR_NO_KEY;
	ptt_batch_put_group(batch, &keys->row);
	put_msk(batch, keys, &keys->staged, PTT_MSK_NEXT);
	return PTT_OK;
}

void ptt_group_keys_drop(struct ptt_group_keys *keys)
{
	ptt_wipe(&keys->staged, sizeof(keys->staged));
}

void ptt_group_keys_stage(struct ptt_group_keys *keys, struct ptt_store_batch *batch)
{
	if (keys->next.live)
		ptt_batch_retire_msk(batch, keys->row.uri, keys->next.msk_id);
	keys->next = keys->staged;
	ptt_group_keys_drop(keys);
}

/* Nothing waits for this write. Without it the next start offers the MSK and cuts over once more. */
static void put_switch(const struct ptt_group_keys *keys)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(keys->store);

	ptt_batch_promote_msk(batch, keys->row.uri, keys->current.msk_id);
	if (ptt_store_commit(batch, PTT_STORE_NORMAL, NULL, NULL) != PTT_OK)
		ptt_log_limited(PTT_LOG_WARN, "switch-not-written", "group=%s", keys->row.uri);
}

enum ptt_err ptt_group_keys_promote(struct ptt_group_keys *keys)
{
	if (!keys->next.live)
		return PTT_ERR_NO_KEY;
	keys->current = keys->next;
	ptt_wipe(&keys->next, sizeof(keys->next));
	put_switch(keys);
	return PTT_OK;
}

void ptt_group_keys_done(struct ptt_group_keys *keys, struct ptt_store_batch *batch)
{
	/* every older one: the cut-over before this one may not have been recorded */
	ptt_batch_retire_older(batch, keys->row.uri, keys->current.msk_id);
	ptt_batch_promote_msk(batch, keys->row.uri, keys->current.msk_id);
}

const struct ptt_msk_slot *ptt_group_keys_of(const struct ptt_group_keys *keys, uint32_t generation)
{
	if (keys->next.live && keys->next.generation == generation)
		return &keys->next;
	if (keys->current.live && keys->current.generation == generation)
		return &keys->current;
	return NULL;
}

uint32_t ptt_group_keys_sent_unknown(const struct ptt_group_keys *keys)
{
	if (keys->next.live && keys->next.sent_unknown)
		return keys->next.generation;
	return keys->current.live && keys->current.sent_unknown ? keys->current.generation : 0;
}

static struct ptt_mikey_ids common_ids(
	const struct ptt_group_keys *keys, const struct ptt_msk_slot *slot)
{
	struct ptt_mikey_ids ids = {
		.csb_id = keys->row.csb_id,
		.msk_id = slot->msk_id,
		/* the Empty map cannot express any other suite */
		.empty_map =
			keys->profile.empty_map && slot->suite == ptt_mbms_profile.default_suite,
		.suite = slot->suite,
	};

	memcpy(ids.key_domain, keys->profile.key_domain, sizeof(ids.key_domain));
	memcpy(ids.rand, slot->rand, sizeof(ids.rand));
	return ids;
}

enum ptt_err ptt_group_keys_seal(const struct ptt_group_keys *keys, struct ptt_writer *out,
	const struct ptt_group_seal *seal)
{
	const struct ptt_msk_slot *slot = ptt_group_keys_of(keys, seal->generation);
	PTT_SECRET(struct ptt_mikey_msk, in);
	struct ptt_mikey_ids ids;

	if (!slot)
		return PTT_ERR_NO_KEY;
	ids = common_ids(keys, slot);
	ids.counter = seal->counter;
	ids.idi = ptt_bytes_of_str(keys->profile.naf_fqdn);
	ids.idr = ptt_bytes_of_str(seal->muk->btid);
	ids.sdp_ids = keys->profile.sdp_ids;
	in.msk = slot->msk;
	/* The MTK on the channel stays acceptable: SEQl is one below it, or 0 before the first MTK. */
	in.seql = (uint16_t)(slot->mtk_next > 1 ? slot->mtk_next - 2 : 0);
	in.sequ = PTT_MBMS_SEQ_MAX;
	return ptt_mikey_seal_msk(keys->mikey, out, &ids, &in, &seal->muk->muk);
}

enum ptt_err ptt_group_keys_next_mtk(struct ptt_group_keys *keys, struct ptt_group_mtk *out)
{
	struct ptt_msk_slot *slot = &keys->current;
	const struct ptt_suite_def *suite = ptt_suite_def(keys->current.suite);
	struct ptt_mikey_ids ids = common_ids(keys, slot);
	struct ptt_writer wr = ptt_writer_of(out->message, sizeof(out->message));

	if (!slot->live)
		return PTT_ERR_NO_KEY;
	if (slot->mtk_next >= MTK_ID_END)
		return PTT_ERR_EXHAUSTED;
	if (slot->mtk_next >= slot->mtk_reserved)
		return PTT_ERR_BUSY;
	out->mtk_id = (uint16_t)slot->mtk_next;
	out->mtk.key_len = suite->key_len;
	out->mtk.salt_len = suite->salt_len;
	PTT_TRY(ptt_random_key(out->mtk.key, suite->key_len));
	PTT_TRY(ptt_random_key(out->mtk.salt, suite->salt_len));
	ids.mtk_id = out->mtk_id;
	ids.counter = out->mtk_id;
	slot->mtk_next++; /* used even if sealing fails */
	PTT_TRY(ptt_mikey_seal_mtk(keys->mikey, &wr, &ids, &out->mtk, &slot->msk));
	PTT_TRY(ptt_writer_end(&wr, &out->message_len));
	ptt_mki_put(out->mki, slot->msk_id, out->mtk_id);
	return PTT_OK;
}

bool ptt_group_keys_needs_block(const struct ptt_group_keys *keys)
{
	const struct ptt_msk_slot *slot = &keys->current;

	return slot->mtk_reserving == 0 && slot->mtk_reserved < MTK_ID_END &&
	       slot->mtk_reserved < slot->mtk_next + PTT_MTK_ID_BLOCK / 2;
}

void ptt_group_keys_reserve(struct ptt_group_keys *keys, struct ptt_store_batch *batch)
{
	reserve_block(keys, &keys->current, batch);
}

void ptt_group_keys_reserved(struct ptt_group_keys *keys, enum ptt_err err)
{
	struct ptt_msk_slot *slot = &keys->current;

	if (err == PTT_OK && slot->mtk_reserving > slot->mtk_reserved)
		slot->mtk_reserved = slot->mtk_reserving;
	slot->mtk_reserving = 0;
}
