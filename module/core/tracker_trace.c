/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ring of a tracker's last transitions: written by each rule that runs, read by number. */
#include "module/core/tracker_impl.h"

#define RING PTT_TRACKER_TRACE_LEN

static struct ptt_tracker_mark *mark_at(struct ptt_tracker *t, uint64_t number)
{
	return &t->trace.ring[number % RING];
}

void ptt_tracker_mark(struct ptt_tracker *t, const struct ptt_tracker_mark *mark)
{
	*mark_at(t, t->trace.count) = *mark;
	mark_at(t, t->trace.count)->at_ms = t->now_ms;
	t->trace.count++;
}

void ptt_tracker_mark_write(
	struct ptt_tracker *t, uint32_t generation, enum ptt_rekey_reason reason)
{
	struct ptt_tracker_mark *mark = mark_at(t, t->trace.count - 1);

	mark->generation = generation;
	mark->reason = (uint8_t)reason;
}

uint64_t ptt_tracker_trace_count(const struct ptt_tracker *t)
{
	return t->trace.count;
}

bool ptt_tracker_trace_get(
	const struct ptt_tracker *t, uint64_t number, struct ptt_tracker_transition *out)
{
	const struct ptt_tracker_mark *mark = &t->trace.ring[number % RING];

	if (number >= t->trace.count || t->trace.count - number > RING)
		return false;
	*out = (struct ptt_tracker_transition){
		.at_ms = mark->at_ms,
		.machine = ptt_tracker_machine_str((enum ptt_state)mark->state),
		.state = ptt_tracker_state_str((enum ptt_state)mark->state),
		.event = ptt_tracker_word_of(mark->event),
		.next = ptt_tracker_state_str((enum ptt_state)mark->next),
		.reason = (enum ptt_rekey_reason)mark->reason,
		.member = mark->member,
		.subject = mark->subject,
		.generation = mark->generation,
	};
	return true;
}
