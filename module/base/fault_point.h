/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file fault_point.h
 * Named places where a test lets the process die or a step fail; nothing
 * at all in an ordinary build.
 *
 * Only with `./configure --enable-fault-points`. The environment variable PTT_FAULT then holds
 * rules "NAME:HIT:WHAT", separated by commas: at the HIT-th time (from 1; 0: every time) that the
 * point NAME is passed, WHAT happens. "@FILE" means that the rules stand in that file, which may
 * change at any time; when its text does, the counting begins again. docs/architecture.md says how
 * the tests use it.
 *
 *   kill       the process ends by SIGKILL
 *   error      the point returns PTT_ERR_SYSTEM (places that take an error: PTT_FAULT_ERR)
 *   alloc=K    the K-th allocation of the module from here on fails, once
 *   random=K   the K-th request for random bytes from here on fails, once
 */
#ifndef PTT_FAULT_POINT_H
#define PTT_FAULT_POINT_H

#include <stdbool.h>

#include "crypto/err.h"

enum ptt_err ptt_fault_point(const char *name);
/** What the wrappers of fault_alloc.c ask: is this the one that fails? */
bool ptt_fault_alloc(void);
bool ptt_fault_random(void);

#ifdef PTT_FAULT_POINTS
#define PTT_FAULT(name)     ((void)ptt_fault_point(name))
#define PTT_FAULT_ERR(name) ptt_fault_point(name)
#else
#define PTT_FAULT(name)     ((void)0)
#define PTT_FAULT_ERR(name) PTT_OK
#endif

#endif
