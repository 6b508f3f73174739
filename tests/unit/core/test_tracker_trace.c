/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ring of transitions: what is in it, in which order, and what falls out of it. */
#include "tests/unit/core/tracker_play.h"

#include <stdio.h>
#include <string.h>

/** "member 1: idle>need rekey operator g2" and so on, from number @p first on. */
static void shown(char *out, size_t size, uint64_t first)
{
	struct ptt_tracker_transition one;
	size_t len = 0;

	out[0] = '\0';
	for (; ptt_tracker_trace_get(tracker, first, &one) && len < size; first++)
		len += (size_t)snprintf(out + len, size - len, "%s%s %u: %s>%s %s %s g%u\n",
			one.at_ms == now_ms ? "" : "earlier ", one.machine,
			ptt_handle_index(one.member), one.state, one.next, one.event,
			ptt_rekey_reason_str(one.reason), one.generation);
}

START_TEST(a_rekey_is_told_in_its_order)
{
	char text[4096];
	uint64_t from;

	group_of(2);
	from = ptt_tracker_trace_count(tracker);
	now_ms += 5;
	PLAY("new-msk g2; ban s2; persist g2 expel", EXPEL, S(2));
	PLAY("expel-accepted s2; bye 2 expelled; stage g2; offer 1 g2", PERSISTED, G(2));
	PLAY("promote g2 expel", ANSWERED, M(1), G(2));
	PLAY("retire g1; done g2", CUT_OVER, G(2));
	shown(text, sizeof(text), from);
	ck_assert_str_eq(text, "channel 0: stable>stable expel expel g1\n"
			       "writer 0: idle>busy write expel g2\n"
			       "writer 0: busy>idle persisted expel g2\n"
			       "member 2: idle>none expelled expel g1\n"
			       "channel 0: stable>rekeying staged expel g2\n"
			       "member 1: idle>need rekey expel g2\n"
			       "member 1: need>offered offer expel g2\n"
			       "member 1: offered>idle answered expel g2\n"
			       "channel 0: rekeying>switching settled expel g2\n"
			       "channel 0: switching>stable cut-over expel g2\n");
}
END_TEST

START_TEST(the_last_64_are_kept)
{
	struct ptt_tracker_transition one;
	uint64_t count;

	group_of(1);
	for (uint32_t i = 0; i < 100; i++) {
		PLAY("offer 2 g1", JOIN, M(2), S(2));
		PLAY("", LEAVE, M(2));
	}
	count = ptt_tracker_trace_count(tracker);
	ck_assert_uint_gt(count, 2 * PTT_TRACKER_TRACE_LEN);
	ck_assert(!ptt_tracker_trace_get(tracker, count, &one));
	ck_assert(!ptt_tracker_trace_get(tracker, count - PTT_TRACKER_TRACE_LEN - 1, &one));
	ck_assert(ptt_tracker_trace_get(tracker, count - PTT_TRACKER_TRACE_LEN, &one));
	ck_assert(ptt_tracker_trace_get(tracker, count - 1, &one));
	ck_assert_str_eq(one.event, "leave");
	ck_assert_uint_eq(one.subject, handle(2));
}
END_TEST

START_TEST(what_is_ignored_is_not_in_it)
{
	uint64_t count;

	group_of(1);
	count = ptt_tracker_trace_count(tracker);
	PLAY("", TIMER, G(0));
	PLAY("", STALE_ANSWER, M(1));
	PLAY(ERROR_NO_KEY, LEAVE, M(7));
	ck_assert_uint_eq(ptt_tracker_trace_count(tracker), count);
}
END_TEST

int main(void)
{
	const TTest *const plays[] = {
		a_rekey_is_told_in_its_order, the_last_64_are_kept, what_is_ignored_is_not_in_it};

	return play_all("tracker-trace", plays, sizeof(plays) / sizeof(plays[0]));
}
