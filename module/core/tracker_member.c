/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One member: its container (worklist, in flight, heap of waiting ones), and what each rule of the
 * table does to it. The tracker never begins a second offer while one is outstanding. When the
 * first ends, catch_up() compares the MSK answered with the newest, and queues the member again.
 */
#include "module/core/tracker_impl.h"

#include <stdlib.h>
#include <string.h>

/* Slots */

static enum ptt_err array_grow(void **array, uint32_t *size, size_t item_size, uint32_t index)
{
	uint32_t want = *size == 0 ? 16 : *size;
	void *grown;

	while (want <= index)
		want *= 2;
	if (want == *size)
		return PTT_OK;
	grown = realloc(*array, want * item_size);
	if (!grown)
		return PTT_ERR_SYSTEM;
	memset((char *)grown + *size * item_size, 0, (want - *size) * item_size);
	*array = grown;
	*size = want;
	return PTT_OK;
}

enum ptt_err ptt_tracker_member_reserve(struct ptt_tracker *t, uint32_t handle)
{
	uint32_t index = ptt_handle_index(handle);
	void *members = t->members;
	enum ptt_err err = array_grow(&members, &t->members_size, sizeof(*t->members), index);

	t->members = members;
	PTT_TRY(err);
	if (t->members[index].handle != 0)
		return PTT_ERR_MISMATCH; /* the slot's former tenant has not left yet */
	if (index >= t->top)
		t->top = index + 1;
	t->members[index] = (struct ptt_tracker_member){.state = M_NONE};
	return PTT_OK;
}

enum ptt_err ptt_tracker_wait_reserve(struct ptt_tracker *t)
{
	void *heap = t->wait.heap;
	enum ptt_err err = array_grow(&heap, &t->wait.size, sizeof(*t->wait.heap), t->wait.len);

	t->wait.heap = heap;
	return err;
}

enum ptt_err ptt_tracker_subject_reserve(struct ptt_tracker *t, uint32_t handle)
{
	uint32_t index = ptt_handle_index(handle);
	void *array = t->subjects;
	struct ptt_tracker_subject *sub;
	enum ptt_err err = array_grow(&array, &t->subjects_size, sizeof(*t->subjects), index);

	t->subjects = array;
	PTT_TRY(err);
	sub = &t->subjects[index];
	if (sub->handle == handle)
		return PTT_OK;
	if (sub->handle != 0 && (sub->first != PTT_NO_SLOT || (sub->flags & PTT_SUBJECT_EXPELLING)))
		return PTT_ERR_MISMATCH;
	*sub = (struct ptt_tracker_subject){.handle = handle, .first = PTT_NO_SLOT};
	return PTT_OK;
}

/* Subjects */

void ptt_tracker_subject_fire(struct ptt_step *step, uint32_t subject_slot, unsigned int event)
{
	uint32_t slot = step->t->subjects[subject_slot].first;

	while (slot != PTT_NO_SLOT) {
		uint32_t next = step->t->members[slot].sibling; /* the rule may forget the member */

		ptt_tracker_fire_member(step, slot, event);
		slot = next;
	}
}

/* The worklist of members that need an offer */

static void need_push(struct ptt_tracker *t, uint32_t slot)
{
	struct ptt_tracker_member *mem = &t->members[slot];

	mem->prev = t->need.last;
	mem->next = PTT_NO_SLOT;
	if (t->need.last == PTT_NO_SLOT)
		t->need.first = slot;
	else
		t->members[t->need.last].next = slot;
	t->need.last = slot;
}

static void need_remove(struct ptt_tracker *t, uint32_t slot)
{
	const struct ptt_tracker_member *mem = &t->members[slot];

	if (mem->prev == PTT_NO_SLOT)
		t->need.first = mem->next;
	else
		t->members[mem->prev].next = mem->next;
	if (mem->next == PTT_NO_SLOT)
		t->need.last = mem->prev;
	else
		t->members[mem->next].prev = mem->prev;
}

/* The heap of waiting members; each member knows its index, so that removal is cheap */

static void heap_put(struct ptt_tracker *t, uint32_t place, struct ptt_tracker_wait wait)
{
	t->wait.heap[place] = wait;
	t->members[wait.slot].prev = place;
}

static void heap_settle(struct ptt_tracker *t, uint32_t place, struct ptt_tracker_wait wait)
{
	while (place > 0 && t->wait.heap[(place - 1) / 2].due_ms > wait.due_ms) {
		heap_put(t, place, t->wait.heap[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	for (uint32_t child = 2 * place + 1; child < t->wait.len; child = 2 * place + 1) {
		if (child + 1 < t->wait.len &&
			t->wait.heap[child + 1].due_ms < t->wait.heap[child].due_ms)
			child++;
		if (t->wait.heap[child].due_ms >= wait.due_ms)
			break;
		heap_put(t, place, t->wait.heap[child]);
		place = child;
	}
	heap_put(t, place, wait);
}

static void heap_remove(struct ptt_tracker *t, uint32_t slot)
{
	uint32_t place = t->members[slot].prev;

	t->wait.len--;
	if (place != t->wait.len)
		heap_settle(t, place, t->wait.heap[t->wait.len]);
}

/** Moves the member of the step; the state decides its container. */
void ptt_tracker_member_set_state(struct ptt_step *step, enum ptt_state next)
{
	struct ptt_tracker *t = step->t;
	struct ptt_tracker_member *mem = &t->members[step->slot];

	if (mem->state == M_NEED)
		need_remove(t, step->slot);
	else if (mem->state == M_OFFERED)
		t->offers.in_flight--;
	else if (mem->state == M_GLARE || mem->state == M_RETRYING)
		heap_remove(t, step->slot);
	/* While a subject's expulsion is being written its members get no MSK; a refused write
	 * unblocks them. */
	if (next == M_NEED && ((t->subjects[mem->subject].flags & PTT_SUBJECT_EXPELLING) ||
				      (mem->flags & PTT_MEMBER_FRESH)))
		next = M_BLOCKED;
	mem->state = (uint8_t)next;
	if (next == M_NEED)
		need_push(t, step->slot);
	else if (next == M_OFFERED)
		t->offers.in_flight++;
	else if (next == M_GLARE || next == M_RETRYING)
		heap_settle(t, t->wait.len++, (struct ptt_tracker_wait){step->due_ms, step->slot});
}

void ptt_tracker_members_due(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;

	while (t->wait.len > 0 && t->wait.heap[0].due_ms <= t->now_ms)
		ptt_tracker_fire_member(step, t->wait.heap[0].slot, X_DUE);
}

void ptt_tracker_members_offer(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;

	/* While a new MSK is being written no offer begins: the new MSK would replace it at once.
	 */
	if (ptt_tracker_newest(t) == 0 || (t->write.state == W_BUSY && t->write.fresh))
		return;
	while (t->offers.in_flight < t->offers.window && t->need.first != PTT_NO_SLOT)
		ptt_tracker_fire_member(step, t->need.first, X_OFFER);
}

/* Verbs: what a rule of the table does to the member in step->slot */

static struct ptt_tracker_member *here(struct ptt_step *step)
{
	return &step->t->members[step->slot];
}

static struct ptt_tracker_subject *subject_here(struct ptt_step *step)
{
	return &step->t->subjects[here(step)->subject];
}

void ptt_tracker_member_admit(struct ptt_step *step)
{
	struct ptt_tracker_subject *sub = subject_here(step);

	here(step)->sibling = sub->first;
	sub->first = step->slot;
	step->t->members_len++;
	if (here(step)->state == M_BLOCKED)
		here(step)->flags |= PTT_MEMBER_FRESH;
}

/** Our response carries an MSK to the member. */
void ptt_tracker_member_admit_with_key(struct ptt_step *step)
{
	here(step)->offered = step->ev->generation;
	here(step)->flags &= (uint8_t)~PTT_MEMBER_FRESH;
	ptt_tracker_subject_mark_sent(step->t, subject_here(step), step->ev->generation);
}

void ptt_tracker_member_restore(struct ptt_step *step)
{
	here(step)->offered = here(step)->answered = step->ev->generation;
	if (step->ev->generation != 0)
		ptt_tracker_subject_mark_sent(step->t, subject_here(step), step->ev->generation);
}

void ptt_tracker_member_await(struct ptt_step *step)
{
	struct ptt_tracker_member *mem = here(step);

	if (mem->answered == ptt_tracker_newest(step->t) || (mem->flags & PTT_MEMBER_AWAITED))
		return;
	mem->flags |= PTT_MEMBER_AWAITED;
	step->t->offers.unsettled++;
}

/** The cut-over no longer waits for the member. */
void ptt_tracker_member_settle(struct ptt_step *step)
{
	if (!(here(step)->flags & PTT_MEMBER_AWAITED))
		return;
	here(step)->flags &= (uint8_t)~PTT_MEMBER_AWAITED;
	step->t->offers.unsettled--;
}

void ptt_tracker_member_answer(struct ptt_step *step)
{
	here(step)->answered = here(step)->offered;
	here(step)->tries = 0;
	if (here(step)->answered == ptt_tracker_newest(step->t))
		ptt_tracker_member_settle(step);
}

void ptt_tracker_member_catch_up(struct ptt_step *step)
{
	if (here(step)->answered != ptt_tracker_newest(step->t))
		ptt_tracker_fire_member(step, step->slot, X_BEHIND);
}

/** A pull means the member has no usable key: forget what it answered. */
void ptt_tracker_member_pulled(struct ptt_step *step)
{
	here(step)->answered = 0;
}

void ptt_tracker_member_offer(struct ptt_step *step)
{
	struct ptt_tracker_action *act = ptt_tracker_emit(step, PTT_ACT_OFFER);

	act->member = here(step)->handle;
	act->subject = subject_here(step)->handle;
	act->generation = here(step)->offered = ptt_tracker_newest(step->t);
	ptt_tracker_subject_mark_sent(step->t, subject_here(step), act->generation);
}

/** Counts a failure; after the policy's retries, BYE. */
void ptt_tracker_member_try(struct ptt_step *step)
{
	if (++here(step)->tries > step->t->policy.retries)
		ptt_tracker_fire_member(step, step->slot, X_GIVE_UP);
}

static void bye(struct ptt_step *step, enum ptt_bye_cause cause)
{
	struct ptt_tracker_action *act = ptt_tracker_emit(step, PTT_ACT_BYE);

	act->member = here(step)->handle;
	act->subject = subject_here(step)->handle;
	act->cause = cause;
}

void ptt_tracker_member_bye(struct ptt_step *step)
{
	bye(step, PTT_BYE_EXPELLED);
}

void ptt_tracker_member_bye_failed(struct ptt_step *step)
{
	bye(step, PTT_BYE_FAILED);
}

/** Unlinks the member. If it was the subject's last, that is a departure. */
void ptt_tracker_member_forget(struct ptt_step *step)
{
	struct ptt_tracker *t = step->t;
	struct ptt_tracker_subject *sub = subject_here(step);
	uint32_t *link = &sub->first;

	ptt_tracker_member_settle(step);
	while (*link != step->slot)
		link = &t->members[*link].sibling;
	*link = here(step)->sibling;
	*here(step) = (struct ptt_tracker_member){.state = M_NONE};
	t->members_len--;
	if (sub->first == PTT_NO_SLOT && sub->flags == 0)
		ptt_tracker_departed(step, sub);
}
