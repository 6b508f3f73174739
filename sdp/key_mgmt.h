/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file key_mgmt.h
 * The attribute that carries a MIKEY message in SDP: a=key-mgmt:mikey <base64>.
 *
 * Spec: RFC 4567 sections 3.1 (syntax), 3.2 (levels) and 4.1. The message is opaque bytes here.
 */
#ifndef PTT_KEY_MGMT_H
#define PTT_KEY_MGMT_H

#include <sofia-sip/sdp.h>

#include "crypto/bytes.h"

/** Bytes of the longest MIKEY message in SDP; an MSK message has about 210. */
#define PTT_MIKEY_MAX_LEN 1024

/** Stands for a line index: only the session level is read. */
#define PTT_SDP_SESSION_LEVEL (-1)

/**
 * Reads one attribute value: what follows "a=key-mgmt:". White space around prtcl-id is allowed,
 * and its case is ignored; base64 is strict.
 * @param value e.g. "mikey AQAF..."
 * Errors: UNSUPPORTED (a protocol other than mikey); MALFORMED; NO_SPACE.
 */
enum ptt_err ptt_key_mgmt_value_get(
	uint8_t *out, size_t *len, size_t size, struct ptt_bytes value) PTT_MUST_CHECK;

/**
 * Reads the MIKEY message that applies to media line @p media_index (0: the first m=): that of the
 * media level, else that of the session. Lines of other protocols are skipped; of two on one level
 * the first counts.
 * @param media_index or PTT_SDP_SESSION_LEVEL
 * Errors: NO_KEY (no mikey line); MALFORMED; NO_SPACE.
 */
enum ptt_err ptt_key_mgmt_get(uint8_t *out, size_t *len, size_t size, const sdp_session_t *sdp,
	int media_index) PTT_MUST_CHECK;

/** Writes "a=key-mgmt:mikey <base64>\r\n". Errors: the writer's (NO_SPACE). */
void ptt_key_mgmt_put(struct ptt_writer *wr, struct ptt_bytes mikey);

#endif
