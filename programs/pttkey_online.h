/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file pttkey_online.h
 * The commands of `pttkey` that talk to a running server over its control socket.
 */
#ifndef PTTKEY_ONLINE_H
#define PTTKEY_ONLINE_H

/**
 * status groups members expel admit rekey drain reload log-level watch. @p argv[0] is the command's
 * name.
 * @return the exit status: 0 done, 1 refused by the server, 2 usage or configuration, 3 no server
 * to reach
 */
int ptt_cmd_online(int argc, char **argv);

#endif
