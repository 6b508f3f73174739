/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file keyring_fixture.h
 * A keyring, and a PF that seals messages for it.
 */
#ifndef PTT_TEST_KEYRING_FIXTURE_H
#define PTT_TEST_KEYRING_FIXTURE_H

#include "crypto/keyring.h"
#include "tests/kat/kat.h"

extern struct ptt_mikey_ctx ctx;
extern struct ptt_keyring ring;
extern struct ptt_replay replay;
extern const struct ptt_muk muk;
extern uint32_t counter; /**< the last T that the PF used under the MUK */

/** Makes an MSK of the PF; its bytes follow from its number. */
struct pf_msk {
	struct ptt_mikey_ids ids;
	struct ptt_mikey_msk msk;
};

struct pf_msk pf_msk_make(uint16_t number);
/** Seals the MSK with the next T and gives the message to the ring. */
enum ptt_err give_msk(struct pf_msk *pf, enum ptt_keyring_change *change);
/** Makes an MTK; its bytes follow from its id. */
struct ptt_mtk mtk_make(uint16_t id);
enum ptt_err cast_mtk_as(const struct pf_msk *pf, enum ptt_keyring_change *change, uint16_t id,
	const struct ptt_mtk *mtk);
enum ptt_err cast_mtk(const struct pf_msk *pf, enum ptt_keyring_change *change, uint16_t id);
const struct ptt_mtk *find_mtk(const struct pf_msk *pf, uint16_t id, uint64_t now_ms);
bool held(const struct pf_msk *pf);
int held_count(void);

/** Expects PTT_OK and this change. */
#define EXPECT(call, want) \
	do { \
		ck_assert_int_eq(call, PTT_OK); \
		ck_assert_int_eq(change, want); \
	} while (0)

void keyring_set_up(void);
void keyring_tear_down(void);

#endif
