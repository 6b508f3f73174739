/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file key_mgmt.h
 * The attribute that carries a MIKEY message in SDP: a=key-mgmt:mikey <base64>.
 *
 * Spec: RFC 4567 section 3.1 (syntax, levels) and 4.1; the bytes are opaque here.
 */
#ifndef PTT_KEY_MGMT_H
#define PTT_KEY_MGMT_H

#include <sofia-sip/sdp.h>

#include "crypto/bytes.h"

/** Longest MIKEY message taken from or put into SDP, bytes (ours are about 210). */
#define PTT_MIKEY_MAX_LEN 1024

/** Of the two levels only the session's. */
#define PTT_SDP_SESSION_LEVEL (-1)

/**
 * Reads one attribute value: what follows "a=key-mgmt:".
 * White space around prtcl-id is taken; its case is not minded; base64 is strict.
 * @param value e.g. "mikey AQAF..."
 * Errors: UNSUPPORTED another protocol than mikey; MALFORMED; NO_SPACE.
 */
enum ptt_err ptt_key_mgmt_value_get(
	uint8_t *out, size_t *len, size_t size, struct ptt_bytes value) PTT_MUST_CHECK;

/**
 * The MIKEY message that is in force for media line @p media_index (0 = first m=): that of the
 * media level, else that of the session. Lines of other protocols are passed over; of two of one
 * level the first counts.
 * @param media_index or PTT_SDP_SESSION_LEVEL
 * Errors: NO_KEY no mikey line there; MALFORMED; NO_SPACE.
 */
enum ptt_err ptt_key_mgmt_get(uint8_t *out, size_t *len, size_t size, const sdp_session_t *sdp,
	int media_index) PTT_MUST_CHECK;

/** Writes "a=key-mgmt:mikey <base64>\r\n". An error (NO_SPACE) shows at ptt_writer_end(). */
void ptt_key_mgmt_put(struct ptt_writer *wr, struct ptt_bytes mikey);

#endif
