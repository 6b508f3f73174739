/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file text.h
 * Private to sdp: writes text through a ptt_writer, and calls Sofia's SDP parser safely.
 */
#ifndef PTT_TEXT_H
#define PTT_TEXT_H

#include <sofia-sip/sdp.h>

#include "crypto/bytes.h"

struct ptt_sdp_lines;
struct ptt_sdp_addr;

/** "198.51.100.30"; "" for family 0 */
void ptt_text_host(struct ptt_writer *wr, const struct ptt_sdp_addr *addr);
/** "IN IP4 198.51.100.30" */
void ptt_text_addr(struct ptt_writer *wr, const struct ptt_sdp_addr *addr);
/** Ends the text with a NUL; @p len is without it. Errors: NO_SPACE. */
enum ptt_err ptt_text_end(struct ptt_writer *wr, size_t *len) PTT_MUST_CHECK;

/** Copies @p in (NULL: ""), cut to @p size - 1 bytes, with NUL. */
void ptt_text_copy(char *out, size_t size, const char *in);

/**
 * Parses text from the network; no other function may call sdp_parse(). sdp_parse() loops for ever
 * on some m= lines and leaves members unset after short lines. So each line is checked first, and
 * only v, o, c, m and a lines are passed on. Writes the count of m= lines into @p lines, and the
 * media, proto, port and first format of each as written, because Sofia changes their case.
 * @param parser after PTT_OK the caller frees it by sdp_parser_free()
 * Errors: MALFORMED, SYSTEM.
 */
enum ptt_err ptt_sdp_parse(
	sdp_parser_t **parser, struct ptt_sdp_lines *lines, struct ptt_bytes text) PTT_MUST_CHECK;

#endif
