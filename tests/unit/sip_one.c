/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/sip_one.h"

struct fixture fx;

void set_up(void)
{
	fixture_open(&fx, NULL);
}

void tear_down(void)
{
	fixture_close(&fx);
}
