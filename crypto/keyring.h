/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file keyring.h
 * The UE's keys of one channel: MSKs previous, current, next by id, MTKs by MKI. At most two MSKs
 * are held.
 *
 * Current is the MSK of the last accepted MTK message. A new MSK becomes `next` (and wipes
 * `previous`);
 * the first good MTK message under it promotes it, and MTK messages under older ones are refused
 * from
 * then on. The former MTK serves receiving until 1 s after the first good packet under the new one.
 * Spec: TS 33.246 6.5 (MGV-F); wire profile section 3, "UE rules" and "Ring per channel".
 */
#ifndef PTT_KEYRING_H
#define PTT_KEYRING_H

#include "crypto/mikey_seal.h"
#include "crypto/replay.h"

#define PTT_KEYRING_MTK_RETIRE_MS 1000

enum ptt_keyring_slot {
	PTT_KEYRING_PREVIOUS,
	PTT_KEYRING_CURRENT,
	PTT_KEYRING_NEXT,
	PTT_KEYRING_SLOTS
};

/** One held MSK. */
struct ptt_keyring_msk {
	bool held;
	uint8_t key_domain[PTT_MBMS_KEY_DOMAIN_LEN];
	uint32_t msk_id, csb_id;
	uint8_t rand[PTT_MBMS_RAND_LEN];
	struct ptt_msk msk;
	uint16_t seqs, sequ; /**< newest MTK ID taken; newest allowed */
	enum ptt_suite suite;
};

/** One MTK, by MKI. */
struct ptt_keyring_mtk {
	bool held;
	uint8_t mki[PTT_MBMS_MKI_LEN];
	struct ptt_mtk mtk;
};

struct ptt_keyring {
	struct ptt_keyring_msk msk[PTT_KEYRING_SLOTS];
	struct ptt_keyring_mtk mtk, old_mtk; /**< newest accepted, and the one before */
	uint64_t retire_at_ms;               /**< when old_mtk goes; 0: no packet under mtk yet */
};

void ptt_keyring_init(struct ptt_keyring *ring);
void ptt_keyring_wipe(struct ptt_keyring *ring);

/** What taking an MSK message did. */
enum ptt_keyring_change {
	PTT_KEYRING_UNCHANGED, /**< held already, same interval */
	PTT_KEYRING_NEW_MSK,   /**< stored as next */
	PTT_KEYRING_RAISED,    /**< SEQu raised */
	PTT_KEYRING_REVOKED,   /**< SEQl > SEQu: wiped (or was not held) */
	PTT_KEYRING_NEW_MTK,   /**< another MTK is the newest now */
	PTT_KEYRING_PROMOTED,  /**< as NEW_MTK, and its MSK became current */
	PTT_KEYRING_REPEATED,  /**< the present MTK once more */
};

/** The UE's side of one MUK: its key and the counter kept with it. Borrowed for the call. */
struct ptt_keyring_muk {
	const struct ptt_muk *muk;
	struct ptt_replay *replay;
};

/**
 * A whole MSK message: counter, MAC, interval, ring. The counter advances once the MAC is good
 * (keep it
 * on disk), even if the ring then refuses.
 * Errors: REPLAY, AUTH, MALFORMED, UNSUPPORTED, MISMATCH (another key under a held id, Key Number
 * 0).
 */
enum ptt_err ptt_keyring_take_msk(struct ptt_keyring *ring, enum ptt_keyring_change *change,
	struct ptt_mikey_ctx *ctx, struct ptt_bytes in,
	const struct ptt_keyring_muk *muk) PTT_MUST_CHECK;
/** Only the ring rules, for an opened message. Errors: MISMATCH, REPLAY. */
enum ptt_err ptt_keyring_put_msk(struct ptt_keyring *ring, enum ptt_keyring_change *change,
	const struct ptt_mikey_ids *ids, const struct ptt_mikey_msk *in) PTT_MUST_CHECK;
/**
 * A whole MTK message. Errors: NO_KEY (MSK not held: pull), REPLAY (older MSK, MTK ID not above
 * SEQs,
 * above SEQu), AUTH, MALFORMED, UNSUPPORTED, MISMATCH (CSB ID). Nothing changes on an error.
 */
enum ptt_err ptt_keyring_take_mtk(struct ptt_keyring *ring, enum ptt_keyring_change *change,
	struct ptt_mikey_ctx *ctx, struct ptt_bytes in) PTT_MUST_CHECK;

/** The held MSK of that id, or NULL. Keeps: valid until the ring changes. */
const struct ptt_keyring_msk *ptt_keyring_find_msk(
	const struct ptt_keyring *ring, const uint8_t *key_domain, uint32_t msk_id);
/** The MTK for an MKI of 6 bytes, or NULL; a retired one is wiped first. */
const struct ptt_mtk *ptt_keyring_find_mtk(
	struct ptt_keyring *ring, const uint8_t *mki, uint64_t now_ms);
/** A packet under @p mki was good: under the newest, the old one's last second begins. */
void ptt_keyring_packet_good(struct ptt_keyring *ring, const uint8_t *mki, uint64_t now_ms);
/** Wipes what is due. @return when to call again (ms), 0 = nothing is due */
uint64_t ptt_keyring_tick(struct ptt_keyring *ring, uint64_t now_ms);

#endif
