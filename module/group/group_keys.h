/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file group_keys.h
 * The MSKs of one group, staged, next and current, and the MTKs made under the current one.
 *
 *   make (staged) -> put (into a batch) -> stage (next) -> seal for each member -> promote (current)
 *   -> next_mtk ... -> done (into a batch)
 *
 * A staged MSK was sent to nobody; at most next and current live outside. An MTK message's counter T is its
 * MTK ID: both rise by one with each new MTK and are never used twice; repeats are the same bytes. MTK IDs are
 * durable in blocks before use, the first block with the MSK itself.
 * Spec: docs/wire.md 3 and 6; TS 31.102 4.2.80 (two MSKs a Key Group).
 */
#ifndef PTT_GROUP_KEYS_H
#define PTT_GROUP_KEYS_H

#include "crypto/mikey_seal.h"
#include "module/group/muk.h"
#include "module/store/store.h"

#define PTT_MTK_ID_BLOCK 64u /**< 65,535 ids a MSK; a restart gives up to one block away */

struct ptt_msk_slot {
	bool live;
	bool sent_unknown; /**< made under another boot: rows of who was sent it may be lost */
	uint32_t msk_id, generation;
	enum ptt_suite suite; /**< of its MTKs: that of the configuration when it was made */
	struct ptt_msk msk;
	uint8_t rand[PTT_MBMS_RAND_LEN];
	uint32_t mtk_next;     /**< next MTK ID */
	uint32_t mtk_reserved; /**< those below are durable */
	uint32_t mtk_reserving;
};

/** What every message of the group says, from the configuration. */
struct ptt_group_profile {
	uint8_t key_domain[PTT_MBMS_KEY_DOMAIN_LEN];
	const char *naf_fqdn; /**< IDi; kept */
	const char *boot_id;  /**< of now; kept; "" not known */
	bool empty_map, sdp_ids;
	enum ptt_suite suite; /**< of MSKs to come */
};

struct ptt_group_keys {
	struct ptt_mikey_ctx *mikey; /**< borrowed */
	struct ptt_store *store;     /**< borrowed */
	struct ptt_group_profile profile;
	struct ptt_group_row row;
	struct ptt_msk_slot current, next, staged;
};

/**
 * At start-up: the group's row (made, not yet written, for a new group) and its MSKs, each with a fresh block of
 * MTK IDs. @p next is the generation of a pending intent, 0: none; other MSKs are deleted. If its switch was begun it
 * is the current one already.
 * Errors: EXHAUSTED; SYSTEM; AUTH: another KEK.
 */
enum ptt_err ptt_group_keys_load(struct ptt_group_keys *keys, const char *uri, uint16_t key_group,
	uint32_t next) PTT_MUST_CHECK;
void ptt_group_keys_wipe(struct ptt_group_keys *keys);

/** A fresh MSK under the next Key Number, set aside. Errors: EXHAUSTED, SYSTEM: nothing has changed. */
enum ptt_err ptt_group_keys_make(struct ptt_group_keys *keys, uint32_t generation) PTT_MUST_CHECK;
/** Writes group and staged MSK into @p batch. Errors: NO_KEY: none is staged. */
enum ptt_err ptt_group_keys_put(
	const struct ptt_group_keys *keys, struct ptt_store_batch *batch) PTT_MUST_CHECK;
/** Forgets the staged MSK. */
void ptt_group_keys_drop(struct ptt_group_keys *keys);
/** Staged becomes next; @p batch loses a next one that there was. */
void ptt_group_keys_stage(struct ptt_group_keys *keys, struct ptt_store_batch *batch);
/** Next becomes current, in the store too; the former current one is wiped. Errors: NO_KEY: none is next. */
enum ptt_err ptt_group_keys_promote(struct ptt_group_keys *keys) PTT_MUST_CHECK;
/** The last promotion has ended: writes it into @p batch, once more, and deletes every older MSK. */
void ptt_group_keys_done(struct ptt_group_keys *keys, struct ptt_store_batch *batch);
const struct ptt_msk_slot *ptt_group_keys_of(
	const struct ptt_group_keys *keys, uint32_t generation);
/** The newest generation that was made under another boot, or under one not known; 0: none lives. */
uint32_t ptt_group_keys_sent_unknown(const struct ptt_group_keys *keys);

/** The MSK message of @p generation for one user, with T = @p counter.
 *  Errors: NO_KEY: no such generation; SYSTEM; NO_SPACE. */
struct ptt_group_seal {
	uint32_t generation, counter;
	const struct ptt_session_muk *user;
};
enum ptt_err ptt_group_keys_seal(const struct ptt_group_keys *keys, struct ptt_writer *out,
	const struct ptt_group_seal *seal) PTT_MUST_CHECK;

/** A new MTK under the current MSK, with its message. Errors: BUSY: reserve a block first; EXHAUSTED; SYSTEM. */
struct ptt_group_mtk {
	struct ptt_mtk mtk;
	uint16_t mtk_id;
	uint8_t mki[PTT_MBMS_MKI_LEN];
	uint8_t message[PTT_MIKEY_SEALED_MAX];
	size_t message_len;
};
enum ptt_err ptt_group_keys_next_mtk(
	struct ptt_group_keys *keys, struct ptt_group_mtk *out) PTT_MUST_CHECK;
/** True if less than half a block of MTK IDs is left and none is on its way. */
bool ptt_group_keys_needs_block(const struct ptt_group_keys *keys);
void ptt_group_keys_reserve(struct ptt_group_keys *keys, struct ptt_store_batch *batch);
void ptt_group_keys_reserved(struct ptt_group_keys *keys, enum ptt_err err);

#endif
