/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file nbsp.h
 * The JSON of Nbsp_GBA, bootstrapping-info-retrieval: writes and reads request and response. No
 * sockets.
 *
 * @code
 * {"btId":"..@bsf","nafId":{"nafFqdn":"pf1..","uaSecProtId":"0100000001"},
 *  "gbaUAware":true,"gsIds":[4]}
 * {"meKeyMaterial":"64 hex","uiccKeyMaterial":"64 hex","keyExpiryTime":"2026-11-21T15:43:19Z",
 *  "ussList":[{"uss":{"gsId":4,"gsType":4,"ueIds":[{"ueId":"sip:.."}]}}],
 *  "gbaType":"3G_GBA","impi":".."}
 * @endcode
 * Unknown members are skipped; a name that stands twice is MALFORMED. Texts of keys are wiped after
 * use.
 * Spec: TS 29.309 6.1.6 and its OpenAPI file; errors: application/problem+json, TS 29.571.
 */
#ifndef PTT_NBSP_H
#define PTT_NBSP_H

#include "crypto/bytes.h"
#include "module/gba/zn.h"

#define PTT_NBSP_PATH     "/nbsp-gba/v1/bootstrapping-info-retrieval"
#define PTT_NBSP_BODY_MAX 16384 /**< bytes of the longest body that is read */
#define PTT_NBSP_TYPE     "application/json"
#define PTT_NBSP_PROBLEM  "application/problem+json"

/** Writes a request, with NUL. Errors: NO_SPACE, MALFORMED (a text that is not UTF-8), SYSTEM. */
enum ptt_err ptt_nbsp_request_put(
	char *out, size_t size, const struct ptt_zn_query *query) PTT_MUST_CHECK;
/**
 * Reads a request. @param what the name of the malformed member, for the problem's detail. Errors:
 * MALFORMED, NO_SPACE.
 */
enum ptt_err ptt_nbsp_request_get(
	struct ptt_zn_query *out, const char **what, struct ptt_bytes body) PTT_MUST_CHECK;
/**
 * Writes the body of a 200, with NUL; answer->err is PTT_OK. The caller wipes @p out. Errors:
 * NO_SPACE, MALFORMED, SYSTEM.
 */
enum ptt_err ptt_nbsp_response_put(
	char *out, size_t size, const struct ptt_zn_answer *answer) PTT_MUST_CHECK;
/** Reads the body of a 200. The caller wipes @p out. Errors: MALFORMED, NO_SPACE. */
enum ptt_err ptt_nbsp_response_get(struct ptt_zn_answer *out, struct ptt_bytes body) PTT_MUST_CHECK;

struct ptt_nbsp_problem {
	unsigned int status;
	const char *cause; /**< "CONTEXT_NOT_FOUND" .. */
	const char *detail;
};

/** @return the BSF's response to an error */
struct ptt_nbsp_problem ptt_nbsp_problem_of(enum ptt_err err);
/** Writes a problem, with NUL. Errors: NO_SPACE, MALFORMED, SYSTEM. */
enum ptt_err ptt_nbsp_problem_put(
	char *out, size_t size, const struct ptt_nbsp_problem *problem) PTT_MUST_CHECK;
/**
 * @return the NAF's error for a status other than 200: NO_KEY (404, except for a wrong path), AUTH
 * (401, 403), BUSY (429, 5xx), SYSTEM (any other: NAF or BSF is configured wrongly)
 */
enum ptt_err ptt_nbsp_status_get(long status, struct ptt_bytes body);

#endif
