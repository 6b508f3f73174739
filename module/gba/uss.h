/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file uss.h
 * GBA user security settings, the XML of Diameter's AVP 400: its public identities.
 *
 * @code
 * <ussList><uss id="4" type="4"><uids><uid>sip:anna@poc.example.org</uid></uids></uss></ussList>
 * @endcode
 * Spec: TS 29.109 6.3.1.1 and annex A, where they stand inside a <guss> too.
 */
#ifndef PTT_USS_H
#define PTT_USS_H

#include "crypto/bytes.h"
#include "module/gba/zn.h"

#define PTT_USS_MAX 8192 /**< bytes of the longest document that is read */

/**
 * Reads each <uid> in order; those beyond PTT_ZN_IMPUS_MAX are ignored. Errors: MALFORMED,
 * NO_SPACE, SYSTEM.
 */
enum ptt_err ptt_uss_get(struct ptt_zn_answer *out, struct ptt_bytes document) PTT_MUST_CHECK;
/** Writes a document, with NUL. Errors: NO_SPACE. */
enum ptt_err ptt_uss_put(char *out, size_t size, const struct ptt_zn_answer *answer) PTT_MUST_CHECK;

#endif
