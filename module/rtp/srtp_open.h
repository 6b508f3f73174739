/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file srtp_open.h
 * Opens SRTP or SRTCP packets by their MKI; time is an argument, no sockets.
 *
 * The first valid packet under a new key retires all older keys 1 s later. The arrival of a new key
 * retires all but the one before it 1 s later. Up to 32 packets of an unknown MKI wait up to 200 ms
 * for their key. A hostile opener (for tests of an expelled member) keeps every key and tries them
 * all, whatever the MKI.
 * Spec: RFC 3711 3.1, 3.4, 8.1 (MKI before the tag), RFC 7714 (MKI last); docs/wire.md 5.1.
 */
#ifndef PTT_SRTP_OPEN_H
#define PTT_SRTP_OPEN_H

#include "crypto/bytes.h"
#include "crypto/mbms_profile.h"
#include "crypto/secret.h"

#define PTT_MKI_LEN        PTT_MBMS_MKI_LEN /**< bytes: MSK ID (4), MTK ID (2) */
#define PTT_SRTP_HOLD_MAX  32
#define PTT_SRTP_HOLD_MS   200
#define PTT_SRTP_RETIRE_MS 1000

struct ptt_srtp_open;

/** heard = opened + undecryptable + replayed + held */
struct ptt_srtp_open_stats {
	uint64_t heard; /**< packets passed in */
	uint64_t opened;
	uint64_t undecryptable; /**< no key in time, bad tag, too short */
	uint64_t replayed;
	uint64_t held; /**< waiting now */
};

/** One opened packet, plain RTP or RTCP; borrowed for the call. */
typedef void ptt_srtp_opened_f(
	void *ctx, struct ptt_bytes packet, const uint8_t mki[PTT_MKI_LEN], int64_t now_ms);

/**
 * Initialises libsrtp, once a process. Without this call the first key does it, and the first
 * packets wait for tens of milliseconds. Errors: SYSTEM.
 */
enum ptt_err ptt_srtp_prepare(void) PTT_MUST_CHECK;
/** @p rtcp: opens SRTCP. Errors: SYSTEM (memory, libsrtp). */
enum ptt_err ptt_srtp_open_new(struct ptt_srtp_open **out, bool rtcp, bool hostile,
	ptt_srtp_opened_f *on_opened, void *ctx) PTT_MUST_CHECK;
void ptt_srtp_open_free(struct ptt_srtp_open *op);
/**
 * Installs a key and delivers the packets that waited for it. The same key again is fine.
 * Errors: MISMATCH (this MKI has another key), UNSUPPORTED (key lengths), SYSTEM. Keeps: a copy.
 */
enum ptt_err ptt_srtp_open_add(struct ptt_srtp_open *op, const struct ptt_mtk *mtk,
	const uint8_t mki[PTT_MKI_LEN], int64_t now_ms) PTT_MUST_CHECK;
/** Opens, holds or counts one packet. */
void ptt_srtp_open_packet(struct ptt_srtp_open *op, struct ptt_bytes packet, int64_t now_ms);
void ptt_srtp_open_tick(struct ptt_srtp_open *op, int64_t now_ms);
/** INT64_MAX = nothing waits. */
int64_t ptt_srtp_open_due_ms(const struct ptt_srtp_open *op);
/**
 * The MKI inside a packet: at the place of a key that matches, else at that of AES-CM.
 * NULL = too short. Borrowed.
 */
const uint8_t *ptt_srtp_open_mki(const struct ptt_srtp_open *op, struct ptt_bytes packet);
/**
 * Another opener (the channel's other stream) opened a packet under @p mki: older keys retire.
 */
void ptt_srtp_open_good(struct ptt_srtp_open *op, const uint8_t mki[PTT_MKI_LEN], int64_t now_ms);
/** Wipes the keys under that MSK (the first 4 bytes of their MKI); a hostile opener ignores it. */
void ptt_srtp_open_revoke(struct ptt_srtp_open *op, uint32_t msk_id);
/** Wipes all keys and held packets; a hostile opener ignores it. */
void ptt_srtp_open_drop_keys(struct ptt_srtp_open *op);
void ptt_srtp_open_get_stats(const struct ptt_srtp_open *op, struct ptt_srtp_open_stats *out);
/** Number of keys; for tests. */
size_t ptt_srtp_open_keys(const struct ptt_srtp_open *op);

#endif
