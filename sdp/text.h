/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file text.h
 * Writing text lines through a ptt_writer, and the safe way to Sofia's SDP parser. Used inside
 * sdp/.
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
/** Ends the text with a NUL that is not counted in @p len. Errors: NO_SPACE. */
enum ptt_err ptt_text_end(struct ptt_writer *wr, size_t *len) PTT_MUST_CHECK;

/** Copies and cuts to @p size - 1. */
void ptt_text_copy(char *out, size_t size, const char *in);

/**
 * The only way to sdp_parse() for text from the network: sdp_parse() loops for ever on some m=
 * lines and leaves things unset after short ones, so every line is checked first, and only v o c m
 * a pass. The media, proto and first format of each m= line are put into @p lines as written (Sofia
 * changes their case), and its count.
 * @param parser to be freed with sdp_parser_free() after PTT_OK
 * Errors: MALFORMED, SYSTEM.
 */
enum ptt_err ptt_sdp_parse(
	sdp_parser_t **parser, struct ptt_sdp_lines *lines, struct ptt_bytes text) PTT_MUST_CHECK;

#endif
