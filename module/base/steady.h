/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file steady.h
 * Sofia's timers follow the wall clock: set back while one runs, it is late by as much; standing
 * still, it never comes. A program that calls this first has timers that follow the monotonic
 * clock.
 */
#ifndef PTT_STEADY_H
#define PTT_STEADY_H

/**
 * From now on Sofia's time of day is that of this moment, and goes on with the monotonic clock. For
 * the process, so it is the program's to call, before its first su_root; not the module's.
 */
void ptt_steady_time(void);

#endif
