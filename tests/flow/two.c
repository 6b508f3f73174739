/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/flow/two.h"

#include <check.h>

struct play play;
struct actor *a, *b;
uint32_t old;

void two_open(const char *policy)
{
	play_open(&play, policy);
	a = play_enter_settled(&play, 0);
	b = play_enter_settled(&play, 1);
	old = play_current(&play);
	ptt_metrics_reset();
}

void two_close(void)
{
	play_close(&play);
}

void two_until_on_new(const struct actor *actor)
{
	PLAY_UNTIL(&play, play_is_stable(&play) && play_current(&play) != old &&
				  actor_is_on(actor, play_current(&play)));
}
