/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file keyring.h
 * The UE's keys of one channel: its previous, current and next MSK by id, its MTKs by MKI. At most
 * two MSKs are held.
 *
 * Current is the MSK of the last accepted MTK message. A new MSK becomes `next` and wipes
 * `previous`. The first good MTK message under `next` promotes it; MTK messages under older MSKs
 * are refused from then on. The former MTK opens packets until 1 s after the first good packet
 * under the new one. Spec: TS 33.246 6.5 (MGV-F); docs/wire.md section 3.7.
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
	uint16_t seqs, sequ; /**< the highest MTK ID accepted, and the highest allowed */
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
	struct ptt_keyring_mtk mtk, old_mtk; /**< the MTK accepted last, and the one before it */
	uint64_t retire_at_ms; /**< when old_mtk is wiped; 0: no packet has opened under mtk yet */
};

void ptt_keyring_init(struct ptt_keyring *ring);
void ptt_keyring_wipe(struct ptt_keyring *ring);

/** What an accepted MSK or MTK message changed. */
enum ptt_keyring_change {
	PTT_KEYRING_UNCHANGED, /**< the MSK is held already, with the same interval */
	PTT_KEYRING_NEW_MSK,   /**< stored as next */
	PTT_KEYRING_RAISED,    /**< SEQu raised */
	PTT_KEYRING_REVOKED,   /**< SEQl > SEQu: the MSK is wiped, or was not held */
	PTT_KEYRING_NEW_MTK,   /**< a new MTK was stored */
	PTT_KEYRING_PROMOTED,  /**< as NEW_MTK, and its MSK became current */
	PTT_KEYRING_REPEATED,  /**< the MTK is held already */
};

/** The UE's side of one MUK: its key and the counter kept with it. Borrowed for the call. */
struct ptt_keyring_muk {
	const struct ptt_muk *muk;
	struct ptt_replay *replay;
};

/**
 * Opens an MSK message: checks counter and MAC, then stores the MSK. The counter advances as soon
 * as the MAC verifies, even if the MSK is then refused; the caller makes it durable.
 * Errors: REPLAY, AUTH, MALFORMED, UNSUPPORTED, MISMATCH (not an MSK message, another key under a
 * held id, Key Number 0).
 */
enum ptt_err ptt_keyring_take_msk(struct ptt_keyring *ring, enum ptt_keyring_change *change,
	struct ptt_mikey_ctx *ctx, struct ptt_bytes in,
	const struct ptt_keyring_muk *muk) PTT_MUST_CHECK;
/**
 * The second half of ptt_keyring_take_msk(), for a message that is open already. Exported for
 * tests. Errors: MISMATCH, REPLAY.
 */
enum ptt_err ptt_keyring_put_msk(struct ptt_keyring *ring, enum ptt_keyring_change *change,
	const struct ptt_mikey_ids *ids, const struct ptt_mikey_msk *in) PTT_MUST_CHECK;
/**
 * Opens an MTK message and stores its MTK. Nothing changes on an error. Errors: NO_KEY (the MSK is
 * not held: pull), REPLAY (an older MSK, or an MTK ID outside SEQs + 1 to SEQu), AUTH, MALFORMED,
 * UNSUPPORTED, MISMATCH (CSB ID, suite, another MTK under the same id).
 */
enum ptt_err ptt_keyring_take_mtk(struct ptt_keyring *ring, enum ptt_keyring_change *change,
	struct ptt_mikey_ctx *ctx, struct ptt_bytes in) PTT_MUST_CHECK;

/** @return the held MSK of that id, or NULL. Keeps: valid until the ring changes. */
const struct ptt_keyring_msk *ptt_keyring_find_msk(
	const struct ptt_keyring *ring, const uint8_t *key_domain, uint32_t msk_id);
/**
 * @param mki PTT_MBMS_MKI_LEN bytes @return the MTK, or NULL. Wipes an MTK whose time is over
 * first. An observer for tests.
 */
const struct ptt_mtk *ptt_keyring_find_mtk(
	struct ptt_keyring *ring, const uint8_t *mki, uint64_t now_ms);
/**
 * A packet under @p mki was opened. The first one under the newest MTK starts the last second of
 * the MTK before it.
 */
void ptt_keyring_packet_good(struct ptt_keyring *ring, const uint8_t *mki, uint64_t now_ms);
/** Wipes the former MTK once its time is over. @return when to call again, in ms; 0: not needed */
uint64_t ptt_keyring_tick(struct ptt_keyring *ring, uint64_t now_ms);

#endif
