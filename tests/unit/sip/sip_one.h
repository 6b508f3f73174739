/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file sip_one.h
 * One server with default options and one UE, opened before and closed after each test.
 */
#ifndef PTT_TEST_SIP_ONE_H
#define PTT_TEST_SIP_ONE_H

#include "tests/unit/sip/sip_fixture.h"

extern struct fixture fx;

void sip_one_set_up(void);
void sip_one_tear_down(void);

#endif
