/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file client_offer.h
 * Reads the body of a client's INVITE as seen in the field: plain SDP, or multipart/mixed with a
 * list of invited users beside it; TBCP parameters in any spelling; softphones without TBCP.
 *
 * Spec: OMA PoC Control Plane (session set-up); RFC 2046 5.1, RFC 5366, RFC 4826 (resource-lists).
 */
#ifndef PTT_CLIENT_OFFER_H
#define PTT_CLIENT_OFFER_H

#include "sdp/media_lines.h"
#include "sdp/tbcp_params.h"

#define PTT_OFFER_MAX_BODY_LEN 32768 /**< bytes */
#define PTT_OFFER_MAX_PARTS    8
#define PTT_OFFER_MAX_URIS     64
#define PTT_OFFER_URI_SIZE     128 /**< with NUL; a longer URI makes the list MALFORMED */

/** The parts of a body. Keeps: they point into the body. */
struct ptt_body_parts {
	struct ptt_bytes sdp;            /**< len 0: none */
	struct ptt_bytes resource_lists; /**< len 0: none */
};

/**
 * Finds the parts by their types; of two of a type the first counts.
 * @param content_type the header's value, e.g. "multipart/mixed;boundary=x"; "" counts as SDP
 * Errors: MALFORMED; UNSUPPORTED (another type of body, or an encoded part: 415).
 */
enum ptt_err ptt_body_parts_get(
	struct ptt_body_parts *out, const char *content_type, struct ptt_bytes body) PTT_MUST_CHECK;

/** The invited users of a resource list, in order. */
struct ptt_uri_list {
	char uri[PTT_OFFER_MAX_URIS][PTT_OFFER_URI_SIZE];
	uint8_t count;
};

/**
 * Reads the uri of every entry element. A DOCTYPE is refused, so no entities expand. Errors:
 * MALFORMED; NO_SPACE (more than PTT_OFFER_MAX_URIS); SYSTEM (no memory).
 */
enum ptt_err ptt_uri_list_get(struct ptt_uri_list *out, struct ptt_bytes xml) PTT_MUST_CHECK;

/** About 50 kB: keep it off small stacks. */
struct ptt_client_offer {
	struct ptt_sdp_lines lines;
	bool has_sdp;     /**< false: the client asks the server to offer */
	bool has_tbcp;    /**< a TBCP line with a port */
	bool on_hold;     /**< unicast audio sendonly, inactive, or at 0.0.0.0 */
	bool has_channel; /**< the client offered the channel's three lines */
	struct ptt_tbcp_params tbcp;
	struct ptt_uri_list invited;
};

/**
 * Reads a body; an empty one is fine. Array elements beyond a count are not set. Errors: as of
 * ptt_body_parts_get(), ptt_sdp_lines_get() and ptt_uri_list_get().
 */
enum ptt_err ptt_client_offer_get(struct ptt_client_offer *out, const char *content_type,
	struct ptt_bytes body) PTT_MUST_CHECK;

#endif
