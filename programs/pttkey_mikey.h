/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file pttkey_mikey.h
 * `pttkey mikey decode|open|seal-msk|seal-mtk`: offline, no server needed.
 */
#ifndef PTTKEY_MIKEY_H
#define PTTKEY_MIKEY_H

#include <jansson.h>

#include "crypto/mikey.h"

/**
 * @param argv argv[0] is "mikey"
 * @return exit status: 0 done, 1 the message is refused, 2 wrong usage (said on stderr)
 */
int ptt_cmd_mikey(int argc, char **argv);

/**
 * Fills @p obj with all of a message. Errors: those of NULL-ciphered key data that does not parse.
 */
enum ptt_err ptt_mikey_json(json_t *obj, const struct ptt_mikey_msg *msg) PTT_MUST_CHECK;
/** The same for people. @return 0, or 1 when stdout fails */
int ptt_mikey_print_lines(json_t *obj);

#endif
