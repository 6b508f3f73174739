/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file group_keys.h
 * The MSKs of one group, staged, next and current, and the MTKs made under the current one.
 *
 *   make (staged) -> put (into a batch) -> stage (next) -> seal for each member -> promote (current)
 *   -> next_mtk ... -> done (into a batch)
 *
 * A staged MSK was not sent to any member; members hold at most next and current. The counter T of
 * an MTK message is its MTK ID: both rise by one with each new MTK, and no value is used twice. A
 * repeated message has the same bytes. MTK IDs are durable in blocks before use; the first block is
 * written with the MSK. Thread: SIP.
 * Spec: docs/wire.md sections 3 and 6; TS 31.102 4.2.80 (two MSKs a Key Group).
 */
#ifndef PTT_GROUP_KEYS_H
#define PTT_GROUP_KEYS_H

#include "crypto/mikey_seal.h"
#include "module/group/muk.h"
#include "module/store/store.h"

#define PTT_MTK_ID_BLOCK 64u /**< of 65,535 per MSK; a restart loses up to one block */

struct ptt_msk_slot {
	bool live;
	bool sent_unknown; /**< staged under another boot: rows of members that were sent it may be lost */
	uint32_t msk_id, generation;
	enum ptt_suite suite; /**< of its MTKs, from the configuration when the MSK was staged */
	struct ptt_msk msk;
	uint8_t rand[PTT_MBMS_RAND_LEN];
	uint32_t mtk_next;     /**< next MTK ID */
	uint32_t mtk_reserved; /**< those below are durable */
	uint32_t mtk_reserving;
};

/** The part of every message of the group that comes from the configuration. */
struct ptt_group_profile {
	uint8_t key_domain[PTT_MBMS_KEY_DOMAIN_LEN];
	const char *naf_fqdn; /**< IDi; kept */
	const char *boot_id;  /**< of this boot; kept; "": not known */
	bool empty_map, sdp_ids;
	enum ptt_suite suite; /**< of the next MSK */
};

struct ptt_group_keys {
	struct ptt_mikey_ctx *mikey; /**< borrowed */
	struct ptt_store *store;     /**< borrowed */
	struct ptt_group_profile profile;
	struct ptt_group_row row;
	struct ptt_msk_slot current, next, staged;
};

/**
 * At start-up: reads the group's row and its MSKs, and reserves a block of MTK IDs for each. Makes
 * the row of a new group. @p next: generation of a pending intent, 0: none; other MSKs are deleted.
 * If the cut-over to @p next was begun, it is the current MSK already.
 * Errors: EXHAUSTED; SYSTEM; AUTH: another KEK.
 */
enum ptt_err ptt_group_keys_load(struct ptt_group_keys *keys, const char *uri, uint16_t key_group,
	uint32_t next) PTT_MUST_CHECK;
void ptt_group_keys_wipe(struct ptt_group_keys *keys);

/** Makes a staged MSK under the next Key Number. Errors: EXHAUSTED, SYSTEM: nothing has changed. */
enum ptt_err ptt_group_keys_make(struct ptt_group_keys *keys, uint32_t generation) PTT_MUST_CHECK;
/** Puts group and staged MSK into @p batch. Errors: NO_KEY: none is staged. */
enum ptt_err ptt_group_keys_put(
	const struct ptt_group_keys *keys, struct ptt_store_batch *batch) PTT_MUST_CHECK;
/** Forgets the staged MSK. */
void ptt_group_keys_drop(struct ptt_group_keys *keys);
/** The staged MSK becomes next; @p batch deletes a former next MSK. */
void ptt_group_keys_stage(struct ptt_group_keys *keys, struct ptt_store_batch *batch);
/** The next MSK becomes current, in the store too. Wipes the former one. Errors: NO_KEY: none is
 *  next. */
enum ptt_err ptt_group_keys_promote(struct ptt_group_keys *keys) PTT_MUST_CHECK;
/** The cut-over is done: puts the promotion into @p batch once more, and deletes every older MSK. */
void ptt_group_keys_done(struct ptt_group_keys *keys, struct ptt_store_batch *batch);
const struct ptt_msk_slot *ptt_group_keys_of(
	const struct ptt_group_keys *keys, uint32_t generation);
/** The newest live generation staged under another boot, or under an unknown one; 0: none. */
uint32_t ptt_group_keys_sent_unknown(const struct ptt_group_keys *keys);

/** Seals the MSK of a generation for one MUK, with T = counter. Errors: NO_KEY: no such generation;
 *  SYSTEM; NO_SPACE. */
struct ptt_group_seal {
	uint32_t generation, counter;
	const struct ptt_session_muk *muk;
};
enum ptt_err ptt_group_keys_seal(const struct ptt_group_keys *keys, struct ptt_writer *out,
	const struct ptt_group_seal *seal) PTT_MUST_CHECK;

/** Makes an MTK under the current MSK, and its message. Errors: NO_KEY; BUSY: reserve a block first;
 *  EXHAUSTED; SYSTEM. */
struct ptt_group_mtk {
	struct ptt_mtk mtk;
	uint16_t mtk_id;
	uint8_t mki[PTT_MBMS_MKI_LEN];
	uint8_t message[PTT_MIKEY_SEALED_MAX];
	size_t message_len;
};
enum ptt_err ptt_group_keys_next_mtk(
	struct ptt_group_keys *keys, struct ptt_group_mtk *out) PTT_MUST_CHECK;
/** True: less than half a block of MTK IDs is left, and no further block is being written. */
bool ptt_group_keys_needs_block(const struct ptt_group_keys *keys);
/** Puts the reservation of a block into @p batch; ptt_group_keys_reserved() takes the outcome. */
void ptt_group_keys_reserve(struct ptt_group_keys *keys, struct ptt_store_batch *batch);
void ptt_group_keys_reserved(struct ptt_group_keys *keys, enum ptt_err err);

#endif
