/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/media/floor_queue.h"

static bool goes_before(const struct ptt_floor_member *a, const struct ptt_floor_member *b)
{
	if (a->asked != b->asked)
		return a->asked > b->asked;
	return a->timestamp != 0 && b->timestamp != 0 && a->timestamp < b->timestamp;
}

void ptt_floor_queue_put(struct ptt_floor_queue *queue, struct ptt_floor_member *member,
	uint8_t priority, uint64_t timestamp)
{
	struct ptt_floor_member **at = &queue->first;

	member->position_sent = 0; /* every Request is answered, even if its place stays */
	if (member->waiting && member->asked == priority)
		return;
	(void)ptt_floor_queue_drop(queue, member);
	member->asked = priority;
	member->timestamp = timestamp;
	member->waiting = true;
	while (*at && !goes_before(member, *at))
		at = &(*at)->next;
	member->next = *at;
	*at = member;
	queue->count++;
}

bool ptt_floor_queue_drop(struct ptt_floor_queue *queue, struct ptt_floor_member *member)
{
	struct ptt_floor_member **at = &queue->first;

	if (!member->waiting)
		return false;
	while (*at != member)
		at = &(*at)->next;
	*at = member->next;
	member->next = NULL;
	member->waiting = false;
	queue->count--;
	return true;
}
