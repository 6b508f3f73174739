/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file diameter_msg.h
 * Zn's messages in Diameter: entries of the dictionary, and both messages in both directions.
 *
 * @code
 * BIR  Session-Id VSAI Auth-Session-State Origin-* Destination-* 403 401 402 407
 * BIA  Session-Id Result-Code | Experimental-Result Origin-* VSAI Auth-Session-State
 *      User-Name 405 [406] 404 [400] 410
 * @endcode
 * Only one thread may use a message at a time. Spec: TS 29.109 5.2, 6.2, 6.3; RFC 6733.
 */
#ifndef PTT_DIAMETER_MSG_H
#define PTT_DIAMETER_MSG_H

#include <freeDiameter/extension.h>

#include "module/gba/zn.h"

#define PTT_DIAMETER_ZN       16777220
#define PTT_DIAMETER_BIR      310
#define PTT_DIAMETER_3GPP     10415
#define PTT_DIAMETER_IMPI     5401 /**< DIAMETER_ERROR_IMPI_UNKNOWN */
#define PTT_DIAMETER_NOT_AUTH 5402 /**< DIAMETER_ERROR_NOT_AUTHORIZED */
#define PTT_DIAMETER_BTID     5403 /**< DIAMETER_ERROR_TRANSACTION_IDENTIFIER_INVALID */

/** Adds Zn's entries to the dictionary; call it after fd_core_initialize(). Errors: SYSTEM. */
enum ptt_err ptt_diameter_dict(void) PTT_MUST_CHECK;
struct dict_object *ptt_diameter_app(void);
struct dict_object *ptt_diameter_vendor(void);
struct dict_object *ptt_diameter_command(void);

/** Destination-Realm and Destination-Host (NULL: none). */
struct ptt_diameter_to {
	const char *realm, *host;
};

/** Makes a BIR. Keeps: the caller frees or sends @p out. Errors: SYSTEM. */
enum ptt_err ptt_diameter_request_put(struct msg **out, const struct ptt_zn_query *query,
	const struct ptt_diameter_to *to) PTT_MUST_CHECK;
/** Reads a BIR. Errors: MALFORMED (an AVP is missing or malformed). */
enum ptt_err ptt_diameter_request_get(struct ptt_zn_query *out, struct msg *request) PTT_MUST_CHECK;
/** Fills a BIA that was made from the request. Errors: SYSTEM. */
enum ptt_err ptt_diameter_answer_put(
	struct msg *answer, const struct ptt_zn_answer *from) PTT_MUST_CHECK;
/** Reads a BIA. @p out has the error too. Errors: those of struct ptt_zn_answer. */
enum ptt_err ptt_diameter_answer_get(struct ptt_zn_answer *out, struct msg *answer);

#endif
