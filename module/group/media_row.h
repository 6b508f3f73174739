/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file media_row.h
 * The media column of a dialog's row: the plan of the media, and the fingerprint of the last answer.
 *
 *   version (1) || plan (118, struct ptt_media_plan) || fingerprint (8)
 *
 * Plan and fingerprint are in host byte order: a store stays on hosts of one kind. Rows of builds
 * before the version byte lack it, and may lack the fingerprint too. Their first byte is an enum
 * ptt_line_kind, which is always smaller than a version.
 */
#ifndef PTT_MEDIA_ROW_H
#define PTT_MEDIA_ROW_H

#include "crypto/bytes.h"
#include "sdp/media_plan.h"

struct ptt_media_row {
	struct ptt_media_plan plan;
	uint64_t fingerprint; /**< 0: none */
};

#define PTT_MEDIA_ROW_VERSION 0x81
#define PTT_MEDIA_ROW_LEN     (1 + sizeof(struct ptt_media_plan) + sizeof(uint64_t))

void ptt_media_row_put(uint8_t out[PTT_MEDIA_ROW_LEN], const struct ptt_media_row *row);
/** Errors: MALFORMED: unknown version, or a length that no version has. */
enum ptt_err ptt_media_row_get(struct ptt_media_row *row, struct ptt_bytes in) PTT_MUST_CHECK;

#endif
