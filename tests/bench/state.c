/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The server's state of a member besides its dialog: the heap of a real tracker and a real roster
 * of N members, divided by N, and the sizes of single allocations. Prints one JSON line.
 *
 * usage: state N
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "module/core/roster.h"
#include "module/core/tracker.h"
#include "module/group/member.h"

/* A sanitizer has its own heap, whose size does not change here. */
static long heap(void)
{
	struct mallinfo2 info = mallinfo2();

	return (long)(info.uordblks + info.hblkhd);
}

static void must(enum ptt_err err)
{
	if (err != PTT_OK) {
		fprintf(stderr, "state: %s\n", ptt_err_str(err));
		exit(2);
	}
}

static long fill_roster(struct ptt_roster *roster, uint32_t count, uint32_t *member)
{
	long before = heap();
	uint32_t subject;
	char name[64];

	for (uint32_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "lab%06u@poc.example.org", i);
		must(ptt_roster_subject(&subject, roster, name));
		snprintf(name, sizeof(name), "sip:lab%06u@poc.example.org", i);
		must(ptt_roster_add_impu(roster, subject, name));
		must(ptt_roster_join(&member[i], roster, subject, roster));
	}
	return heap() - before;
}

static long fill_tracker(struct ptt_tracker *tracker, const struct ptt_roster *roster,
	uint32_t count, const uint32_t *member)
{
	struct ptt_tracker_event event = {.kind = PTT_EV_RESUME};
	struct ptt_tracker_actions actions = {0};
	long before = heap(), after;

	must(ptt_tracker_step(tracker, &event, 1, &actions));
	event.kind = PTT_EV_JOIN;
	for (uint32_t i = 0; i < count; i++) {
		event.member = member[i];
		event.subject = ptt_roster_subject_of(roster, member[i]);
		must(ptt_tracker_step(tracker, &event, 1, &actions));
	}
	after = heap() - (long)malloc_usable_size(actions.list);
	ptt_tracker_actions_wipe(&actions);
	return after - before;
}

int main(int argc, char **argv)
{
	uint32_t count = argc > 1 ? (uint32_t)atoi(argv[1]) : 0;
	struct ptt_policy policy = ptt_policy_default();
	struct ptt_roster *roster;
	struct ptt_tracker *tracker;
	uint32_t *member = calloc(count ? count : 1, sizeof(*member));
	long in_roster, in_tracker;

	if (count == 0 || !member) {
		fprintf(stderr, "usage: state N\n");
		return 2;
	}
	must(ptt_roster_new(&roster, 0));
	must(ptt_tracker_new(&tracker, &policy));
	in_roster = fill_roster(roster, count, member);
	in_tracker = fill_tracker(tracker, roster, count, member);
	printf("{\"tracker\":%.1f,\"roster\":%.1f,\"user_key\":%zu,\"member\":%zu,"
	       "\"media_plan\":%zu}\n",
		(double)in_tracker / count, (double)in_roster / count,
		sizeof(struct ptt_session_muk),
		sizeof(struct ptt_member) - sizeof(struct ptt_media_plan),
		sizeof(struct ptt_media_plan));
	ptt_tracker_free(tracker);
	ptt_roster_free(roster);
	free(member);
	return 0;
}
