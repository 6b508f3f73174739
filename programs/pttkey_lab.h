/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file pttkey_lab.h
 * `pttkey lab bootstrap --config FILE --count N --domain D --csv FILE [--prefix TEXT] [--json]`
 *
 * Makes N test subscribers <prefix>NNNNNN@D (prefix "lab", random keys; those the store has are
 * kept), and bootstraps each through Ub of the running server. The CSV (mode 0600) is a SIPp -inf
 * file: first line SEQUENTIAL, then `uri;btid;password;muk`: IMPU as sip:user@D, B-TID, base64 MRK
 * (44 characters), MUK in hex.
 */
#ifndef PTTKEY_LAB_H
#define PTTKEY_LAB_H

/**
 * @p argv[0] is "lab", argv[1] the subcommand. @return the exit status: 0, 1 some bootstrapping
 * failed, 2 usage or configuration, 3 the server does not answer on Ub.
 */
int ptt_cmd_lab(int argc, char **argv);

#endif
