/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file srtp_policy.h
 * From an MTK to a libsrtp policy; the suite follows from the lengths of key and salt in bytes.
 *
 *     16/14  AES_CM_128_HMAC_SHA1_80   MKI before the tag of 10 bytes    RFC 3711
 *     16/12  AEAD_AES_128_GCM          MKI last                          RFC 7714
 *     32/12  AEAD_AES_256_GCM          MKI last
 */
#ifndef PTT_SRTP_POLICY_H
#define PTT_SRTP_POLICY_H

#include <srtp2/srtp.h>

#include "crypto/secret.h"
#include "module/rtp/srtp_open.h"

#define PTT_SRTP_REPLAY_WINDOW 128

/** A policy with the memory it points into; the owner wipes it (PTT_SECRET). */
struct ptt_srtp_policy {
	srtp_policy_t policy;
	srtp_master_key_t master;
	srtp_master_key_t *masters[1];
	uint8_t key[PTT_MTK_MAX_LEN + PTT_MTK_SALT_MAX_LEN];
	uint8_t mki[PTT_MKI_LEN];
};

/** Also initialises libsrtp once a process. Errors: UNSUPPORTED (lengths), SYSTEM. */
enum ptt_err ptt_srtp_policy_fill(struct ptt_srtp_policy *out, const struct ptt_mtk *mtk,
	const uint8_t mki[PTT_MKI_LEN], bool inbound) PTT_MUST_CHECK;
/**
 * Tries a suite. Debian's libsrtp is built with NSS and has AES-GCM; a build without a crypto
 * library has not. Errors: UNSUPPORTED, SYSTEM.
 */
enum ptt_err ptt_srtp_suite_ready(enum ptt_suite suite) PTT_MUST_CHECK;
/** Whether the lengths of key and salt are those of a suite. */
bool ptt_srtp_suite_known(const struct ptt_mtk *mtk);
/** Bytes that follow the MKI in a packet: the tag of AES-CM, none with GCM. */
size_t ptt_srtp_after_mki_len(const struct ptt_mtk *mtk);
/** Bytes of the tag, wherever it stands; 0 = no suite. */
size_t ptt_srtp_tag_len(const struct ptt_mtk *mtk);

#endif
