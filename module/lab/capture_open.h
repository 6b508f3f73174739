/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file capture_open.h
 * Opens the SRTP and SRTCP of captured datagrams with all keys of a session. No sockets, no clock.
 *
 * Each key has its own openers, made at its first packet. So the order of keys does not matter, and
 * no key retires.
 */
#ifndef PTT_CAPTURE_OPEN_H
#define PTT_CAPTURE_OPEN_H

#include "module/rtp/srtp_open.h"

struct ptt_capture_open;

struct ptt_capture_open_counts {
	uint64_t srtp, srtcp; /**< opened */
	uint64_t failed;      /**< known MKI, not opened: bad tag, or a repeat */
};

/** Errors: SYSTEM. */
enum ptt_err ptt_capture_open_new(struct ptt_capture_open **out) PTT_MUST_CHECK;
/** Wipes; NULL is fine. */
void ptt_capture_open_free(struct ptt_capture_open *open);
/** Adds a key; ignores a second one of the same MKI. Errors: UNSUPPORTED (lengths), SYSTEM. */
enum ptt_err ptt_capture_open_add(struct ptt_capture_open *open, const uint8_t mki[PTT_MKI_LEN],
	const struct ptt_mtk *mtk) PTT_MUST_CHECK;
/**
 * Opens a datagram's payload in place if its key is known; @p len is shorter then.
 * @return whether it was opened
 */
bool ptt_capture_open_packet(struct ptt_capture_open *open, uint8_t *payload, size_t *len);
void ptt_capture_open_counts(
	const struct ptt_capture_open *open, struct ptt_capture_open_counts *out);

#endif
