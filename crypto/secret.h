/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file secret.h
 * One type for each kind of key, so that the compiler distinguishes them, and their wiping.
 *
 * A local key is declared with PTT_SECRET, which wipes it at the end of its scope. The owner of a
 * struct that holds keys wipes it by ptt_wipe(). No function prints a key.
 */
#ifndef PTT_SECRET_H
#define PTT_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PTT_AKA_KEY_LEN      16
#define PTT_NAF_KEY_LEN      32
#define PTT_MSK_LEN          16
#define PTT_MTK_MAX_LEN      32
#define PTT_MTK_SALT_MAX_LEN 14
#define PTT_KEK_LEN          32

struct ptt_k {
	uint8_t b[PTT_AKA_KEY_LEN];
}; /**< subscriber key K, TS 35.206 */
struct ptt_opc {
	uint8_t b[PTT_AKA_KEY_LEN];
}; /**< OPc, TS 35.206 */
struct ptt_ks {
	uint8_t b[PTT_NAF_KEY_LEN];
}; /**< Ks = CK || IK, TS 33.220 4.5.2 */
struct ptt_naf_key {
	uint8_t b[PTT_NAF_KEY_LEN];
}; /**< Ks_NAF, Ks_ext_NAF or Ks_int_NAF, TS 33.220 B.3 */
struct ptt_muk {
	uint8_t b[PTT_NAF_KEY_LEN];
}; /**< MBMS user key, TS 33.246 */
struct ptt_mrk {
	uint8_t b[PTT_NAF_KEY_LEN];
}; /**< MBMS request key, TS 33.246 */
struct ptt_msk {
	uint8_t b[PTT_MSK_LEN];
}; /**< MBMS service key, TS 33.246 */
/** MBMS traffic key with its salt; the lengths depend on the SRTP suite (16/14, 16/12, 32/12). */
struct ptt_mtk {
	uint8_t key[PTT_MTK_MAX_LEN];
	uint8_t salt[PTT_MTK_SALT_MAX_LEN];
	uint8_t key_len, salt_len; /**< bytes */
};
struct ptt_kek {
	uint8_t b[PTT_KEK_LEN];
}; /**< seals keys at rest, AES-256-GCM */

/** Overwrites memory; the compiler cannot remove it. NULL is fine. */
void ptt_wipe(void *mem, size_t len);
/** @return true if both are equal; the time depends on @p len only. */
bool ptt_secret_equal(const void *a, const void *b, size_t len);

struct ptt_wipe_ref {
	void *mem;
	size_t len;
};
void ptt_wipe_ref_run(struct ptt_wipe_ref *ref);

#define PTT_CAT2(a, b) a##b
#define PTT_CAT(a, b)  PTT_CAT2(a, b)
/** Declares a zeroed local that is wiped when its scope ends: PTT_SECRET(struct ptt_muk, muk); */
#define PTT_SECRET(type, name) \
	type name = {0}; \
	__attribute__((cleanup(ptt_wipe_ref_run), unused)) struct ptt_wipe_ref PTT_CAT( \
		name, _wipe_) = {&name, sizeof(name)}

#endif
