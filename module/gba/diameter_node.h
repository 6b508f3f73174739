/* SPDX-License-Identifier: LGPL-2.1-or-later */
/** @file diameter_node.h freeDiameter's stack, once in a process. Inside gba only. */
#ifndef PTT_DIAMETER_NODE_H
#define PTT_DIAMETER_NODE_H

#include "module/gba/diameter_msg.h"

/**
 * Reads @p file, adds Zn to the dictionary and announces the application. The caller then registers
 * its handlers and calls ptt_diameter_node_run(). Errors: BUSY (opened before: the stack starts
 * once in a process), MALFORMED (file), SYSTEM.
 */
enum ptt_err ptt_diameter_node_open(const char *file) PTT_MUST_CHECK;
/** Starts freeDiameter's threads, which connect to the peers. Errors: SYSTEM. */
enum ptt_err ptt_diameter_node_run(void) PTT_MUST_CHECK;
/**
 * Ends all threads of freeDiameter; no handler is called afterwards. Call it after a successful
 * open only.
 */
void ptt_diameter_node_close(void);

#endif
