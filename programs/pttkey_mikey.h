/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file pttkey_mikey.h
 * `pttkey mikey decode|open|seal-msk|seal-mtk`: offline, no server needed.
 */
#ifndef PTTKEY_MIKEY_H
#define PTTKEY_MIKEY_H

/**
 * @param argv argv[0] is "mikey"
 * @return exit status: 0 done, 1 the message is refused, 2 wrong usage (said on stderr)
 */
int ptt_cmd_mikey(int argc, char **argv);

#endif
