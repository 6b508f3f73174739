/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file pttkey_subscriber.h
 * `pttkey subscriber add|list|import|remove`: the subscribers of the embedded BSF, in the store.
 */
#ifndef PTTKEY_SUBSCRIBER_H
#define PTTKEY_SUBSCRIBER_H

/**
 * Works on the store, with the server running or not. @p argv[0] is "subscriber", @p argv[1] what
 * to do.
 * @return the exit status: 0 done, 1 refused (no such subscriber, bad value, store), 2 usage or
 * configuration
 */
int ptt_cmd_subscriber(int argc, char **argv);

#endif
