/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file pttkey_gba.h
 * `pttkey gba derive`: the whole chain from K to the MRK, offline.
 */
#ifndef PTTKEY_GBA_H
#define PTTKEY_GBA_H

/**
 * @param argv argv[0] is "gba"
 * @return exit status: 0 done, 2 wrong usage (said on stderr)
 */
int ptt_cmd_gba(int argc, char **argv);

#endif
