/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/sip/sip_one.h"

struct fixture fx;

void sip_one_set_up(void)
{
	fixture_open(&fx, NULL);
}

void sip_one_tear_down(void)
{
	fixture_close(&fx);
}
