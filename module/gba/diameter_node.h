/* SPDX-License-Identifier: LGPL-2.1-or-later */
/** @file diameter_node.h  freeDiameter's stack in this process: once. Inside gba only. */
#ifndef PTT_DIAMETER_NODE_H
#define PTT_DIAMETER_NODE_H

#include "module/gba/diameter_msg.h"

/**
 * Reads @p file, adds our dictionary, and says that we do Zn. Then register what is to be called,
 * and run. Errors: BUSY (used before: the stack starts once a process), MALFORMED (file), SYSTEM.
 */
enum ptt_err ptt_diameter_node_open(const char *file) PTT_MUST_CHECK;
/** Starts threads; peers are connected in the background. Errors: SYSTEM. */
enum ptt_err ptt_diameter_node_run(void) PTT_MUST_CHECK;
/** Ends all threads of freeDiameter; nothing of ours is called any more. After open() only. */
void ptt_diameter_node_close(void);

#endif
