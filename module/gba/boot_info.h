/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file boot_info.h
 * BootstrappingInfo, the body of Ub's 200: btid and lifetime. Spec: TS 24.109 annex C.
 *
 * @code
 * <?xml version="1.0" encoding="UTF-8"?>
 * <BootstrappingInfo xmlns="uri:3gpp-gba"><btid>..</btid>
 *     <lifetime>2026-11-21T15:43:19Z</lifetime></BootstrappingInfo>
 * @endcode
 */
#ifndef PTT_BOOT_INFO_H
#define PTT_BOOT_INFO_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/bytes.h"
#include "crypto/err.h"

#define PTT_BTID_MAX       320  /**< a B-TID with NUL */
#define PTT_BOOT_INFO_MAX  4096 /**< bytes of the longest body that is read */
#define PTT_BOOT_INFO_TYPE "application/vnd.3gpp.bsf+xml"
#define PTT_BOOT_INFO_NS   "uri:3gpp-gba"

struct ptt_boot_info {
	char btid[PTT_BTID_MAX];
	int64_t expires_utc_s;
};

/**
 * Reads a body. Elements of other namespaces are skipped. A DTD, an entity other than XML's five,
 * or too deep a nesting is MALFORMED. A lifetime may have a fraction or an offset; @p out has it in
 * UTC.
 * Errors: MALFORMED, NO_SPACE (larger than PTT_BOOT_INFO_MAX), SYSTEM (memory).
 */
enum ptt_err ptt_boot_info_get(struct ptt_boot_info *out, struct ptt_bytes body) PTT_MUST_CHECK;
/** Writes a body, with NUL. Errors: NO_SPACE; MALFORMED (a B-TID that is not printable). */
enum ptt_err ptt_boot_info_put(
	char *out, size_t size, const struct ptt_boot_info *info) PTT_MUST_CHECK;

#endif
