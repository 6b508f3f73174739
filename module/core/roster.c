/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/core/roster.h"
#include "module/core/names.h"

#include <stdlib.h>

/** Ends a free list or a chain; no slot has this index. */
#define NO_SLOT UINT32_MAX

struct member {
	void *dialog;
	uint32_t handle;  /**< of the present tenant, or of the last one while the slot is free */
	uint32_t subject; /**< the subject's slot; NO_SLOT while free */
	uint32_t link;    /**< next member of the subject, or next free slot */
};

struct subject {
	struct ptt_name *names; /**< the IMPI first, then IMPUs in order; NULL while free */
	uint32_t handle;
	uint32_t link; /**< first member, or next free slot */
	bool banned;
};

/** Free slots are a FIFO, so that a handle's tenancy comes round as late as possible. */
struct slots {
	uint32_t used, top, size;
	uint32_t free_first, free_last;
};

struct ptt_roster {
	struct member *members;
	struct subject *subjects;
	struct ptt_names names;
	struct slots member_slots, subject_slots;
	uint32_t max_members, bans, sweep_at;
};

/* Handles */

static uint32_t handle_next(uint32_t handle, uint32_t index)
{
	uint32_t tenancy = ptt_handle_tenancy(handle) + 1;

	return ptt_handle_of(tenancy > PTT_HANDLE_MAX_TENANCY ? 1 : tenancy, index);
}

static struct member *member_of(const struct ptt_roster *roster, uint32_t handle)
{
	uint32_t index = ptt_handle_index(handle);
	struct member *mem = NULL;

	if (index < roster->member_slots.top)
		mem = &roster->members[index];
	return mem && mem->subject != NO_SLOT && mem->handle == handle ? mem : NULL;
}

static struct subject *subject_of(const struct ptt_roster *roster, uint32_t handle)
{
	uint32_t index = ptt_handle_index(handle);
	struct subject *sub = NULL;

	if (index < roster->subject_slots.top)
		sub = &roster->subjects[index];
	return sub && sub->names && sub->handle == handle ? sub : NULL;
}

/** Makes room for one more slot, by doubling; the caller hands the slot out. */
static enum ptt_err slots_reserve(struct slots *slots, void **array, size_t item_size)
{
	uint32_t size = slots->size == 0 ? 16 : slots->size * 2;
	void *grown;

	if (slots->free_first != NO_SLOT || slots->top < slots->size)
		return PTT_OK;
	if (slots->size >= PTT_HANDLE_MAX_SLOTS)
		return PTT_ERR_NO_SPACE;
	grown = realloc(*array, size * item_size);
	if (!grown)
		return PTT_ERR_SYSTEM;
	*array = grown;
	slots->size = size;
	return PTT_OK;
}

/* The roster */

enum ptt_err ptt_roster_new(struct ptt_roster **out, uint32_t max_members)
{
	struct ptt_roster *roster = calloc(1, sizeof(*roster));

	if (!roster)
		return PTT_ERR_SYSTEM;
	roster->max_members = max_members;
	roster->member_slots.free_first = roster->member_slots.free_last = NO_SLOT;
	roster->subject_slots.free_first = roster->subject_slots.free_last = NO_SLOT;
	*out = roster;
	return PTT_OK;
}

static void names_free(struct ptt_roster *roster, struct subject *sub)
{
	while (sub->names) {
		struct ptt_name *name = sub->names;

		sub->names = name->next;
		ptt_names_remove(&roster->names, name);
	}
}

void ptt_roster_free(struct ptt_roster *roster)
{
	if (!roster)
		return;
	for (uint32_t i = 0; i < roster->subject_slots.top; i++)
		names_free(roster, &roster->subjects[i]);
	free(roster->members);
	free(roster->subjects);
	ptt_names_wipe(&roster->names);
	free(roster);
}

void ptt_roster_set_max(struct ptt_roster *roster, uint32_t max_members)
{
	roster->max_members = max_members;
}

/* Subjects */

static uint32_t subject_take(struct ptt_roster *roster)
{
	struct slots *slots = &roster->subject_slots;
	uint32_t slot = slots->free_first;

	if (slot == NO_SLOT) {
		slot = slots->top++;
		roster->subjects[slot] = (struct subject){.handle = 0};
	} else {
		slots->free_first = roster->subjects[slot].link;
		if (slots->free_first == NO_SLOT)
			slots->free_last = NO_SLOT;
	}
	slots->used++;
	roster->subjects[slot].handle = handle_next(roster->subjects[slot].handle, slot);
	roster->subjects[slot].link = NO_SLOT;
	return slot;
}

static void subject_drop(struct ptt_roster *roster, uint32_t slot)
{
	struct slots *slots = &roster->subject_slots;

	names_free(roster, &roster->subjects[slot]);
	roster->subjects[slot].link = NO_SLOT;
	if (slots->free_last == NO_SLOT)
		slots->free_first = slot;
	else
		roster->subjects[slots->free_last].link = slot;
	slots->free_last = slot;
	slots->used--;
}

enum ptt_err ptt_roster_subject(uint32_t *subject, struct ptt_roster *roster, const char *impi)
{
	const struct ptt_name *known = ptt_names_find(&roster->names, impi);
	void *array = roster->subjects;
	struct ptt_name *name;
	enum ptt_err err;
	uint32_t slot;

	if (known) {
		*subject = roster->subjects[known->subject].handle;
		return PTT_OK;
	}
	err = slots_reserve(&roster->subject_slots, &array, sizeof(*roster->subjects));
	roster->subjects = array;
	PTT_TRY(err);
	PTT_TRY(ptt_names_add(&name, &roster->names, NO_SLOT, impi));
	slot = subject_take(roster);
	name->subject = slot;
	roster->subjects[slot].names = name;
	*subject = roster->subjects[slot].handle;
	return PTT_OK;
}

enum ptt_err ptt_roster_add_impu(struct ptt_roster *roster, uint32_t subject, const char *impu)
{
	struct subject *sub = subject_of(roster, subject);
	const struct ptt_name *known = ptt_names_find(&roster->names, impu);
	struct ptt_name **end;

	if (!sub)
		return PTT_ERR_NO_KEY;
	if (known)
		return roster->subjects[known->subject].handle == subject ? PTT_OK
									  : PTT_ERR_MISMATCH;
	for (end = &sub->names; *end; end = &(*end)->next)
		;
	return ptt_names_add(end, &roster->names, ptt_handle_index(subject), impu);
}

uint32_t ptt_roster_find(const struct ptt_roster *roster, const char *impu_or_impi)
{
	const struct ptt_name *name = ptt_names_find(&roster->names, impu_or_impi);

	return !name ? PTT_HANDLE_NONE : roster->subjects[name->subject].handle;
}

const char *ptt_roster_impi(const struct ptt_roster *roster, uint32_t subject)
{
	const struct subject *sub = subject_of(roster, subject);

	return !sub ? NULL : sub->names->text;
}

const char *ptt_roster_impu(const struct ptt_roster *roster, uint32_t subject, size_t index)
{
	const struct subject *sub = subject_of(roster, subject);
	const struct ptt_name *name = !sub ? NULL : sub->names->next;

	for (; name && index > 0; index--)
		name = name->next;
	return !name ? NULL : name->text;
}

void ptt_roster_set_ban(struct ptt_roster *roster, uint32_t subject, bool banned)
{
	struct subject *sub = subject_of(roster, subject);

	if (!sub || sub->banned == banned)
		return;
	sub->banned = banned;
	roster->bans += banned ? 1 : UINT32_MAX;
}

bool ptt_roster_is_banned(const struct ptt_roster *roster, uint32_t subject)
{
	const struct subject *sub = subject_of(roster, subject);

	return sub && sub->banned;
}

void ptt_roster_sweep(struct ptt_roster *roster, bool (*held)(const void *arg, uint32_t subject),
	const void *arg, uint32_t budget)
{
	uint32_t top = roster->subject_slots.top;

	for (uint32_t i = 0; i < budget && i < top; i++) {
		uint32_t slot = roster->sweep_at = (roster->sweep_at + 1) % top;
		const struct subject *sub = &roster->subjects[slot];

		if (!sub->names || sub->banned || sub->link != NO_SLOT)
			continue;
		if (!held(arg, sub->handle))
			subject_drop(roster, slot);
	}
}

/* Members */

static uint32_t member_take(struct ptt_roster *roster)
{
	struct slots *slots = &roster->member_slots;
	uint32_t slot = slots->free_first;

	if (slot == NO_SLOT) {
		slot = slots->top++;
		roster->members[slot] = (struct member){.handle = 0};
	} else {
		slots->free_first = roster->members[slot].link;
		if (slots->free_first == NO_SLOT)
			slots->free_last = NO_SLOT;
	}
	slots->used++;
	roster->members[slot].handle = handle_next(roster->members[slot].handle, slot);
	return slot;
}

enum ptt_err ptt_roster_join(
	uint32_t *member, struct ptt_roster *roster, uint32_t subject, void *dialog)
{
	struct subject *sub = subject_of(roster, subject);
	void *array = roster->members;
	struct member *mem;
	enum ptt_err err;
	uint32_t slot;

	if (!sub)
		return PTT_ERR_NO_KEY;
	if (sub->banned)
		return PTT_ERR_AUTH;
	if (roster->max_members != 0 && roster->member_slots.used >= roster->max_members)
		return PTT_ERR_NO_SPACE;
	err = slots_reserve(&roster->member_slots, &array, sizeof(*roster->members));
	roster->members = array;
	PTT_TRY(err);
	slot = member_take(roster);
	mem = &roster->members[slot];
	mem->dialog = dialog;
	mem->subject = ptt_handle_index(subject);
	mem->link = sub->link;
	sub->link = slot;
	*member = mem->handle;
	return PTT_OK;
}

void ptt_roster_leave(struct ptt_roster *roster, uint32_t member)
{
	struct member *mem = member_of(roster, member);
	struct slots *slots = &roster->member_slots;
	uint32_t slot = ptt_handle_index(member), *link;

	if (!mem)
		return;
	link = &roster->subjects[mem->subject].link;
	while (*link != slot)
		link = &roster->members[*link].link;
	*link = mem->link;
	mem->link = mem->subject = NO_SLOT;
	mem->dialog = NULL;
	if (slots->free_last == NO_SLOT)
		slots->free_first = slot;
	else
		roster->members[slots->free_last].link = slot;
	slots->free_last = slot;
	slots->used--;
}

uint32_t ptt_roster_subject_of(const struct ptt_roster *roster, uint32_t member)
{
	const struct member *mem = member_of(roster, member);

	return !mem ? PTT_HANDLE_NONE : roster->subjects[mem->subject].handle;
}

void *ptt_roster_dialog(const struct ptt_roster *roster, uint32_t member)
{
	const struct member *mem = member_of(roster, member);

	return !mem ? NULL : mem->dialog;
}

uint32_t ptt_roster_next_member(const struct ptt_roster *roster, uint32_t after)
{
	uint32_t slot = after == PTT_HANDLE_NONE ? 0 : ptt_handle_index(after) + 1;

	for (; slot < roster->member_slots.top; slot++)
		if (roster->members[slot].subject != NO_SLOT)
			return roster->members[slot].handle;
	return PTT_HANDLE_NONE;
}

uint32_t ptt_roster_next_subject(const struct ptt_roster *roster, uint32_t after)
{
	uint32_t slot = after == PTT_HANDLE_NONE ? 0 : ptt_handle_index(after) + 1;

	for (; slot < roster->subject_slots.top; slot++)
		if (roster->subjects[slot].names)
			return roster->subjects[slot].handle;
	return PTT_HANDLE_NONE;
}

uint32_t ptt_roster_next_of(const struct ptt_roster *roster, uint32_t subject, uint32_t after)
{
	const struct subject *sub = subject_of(roster, subject);
	const struct member *mem = member_of(roster, after);
	uint32_t slot = NO_SLOT;

	if (after == PTT_HANDLE_NONE && sub)
		slot = sub->link;
	else if (mem)
		slot = mem->link;
	return slot == NO_SLOT ? PTT_HANDLE_NONE : roster->members[slot].handle;
}

uint32_t ptt_roster_members(const struct ptt_roster *roster)
{
	return roster->member_slots.used;
}

uint32_t ptt_roster_subjects(const struct ptt_roster *roster)
{
	return roster->subject_slots.used;
}

uint32_t ptt_roster_bans(const struct ptt_roster *roster)
{
	return roster->bans;
}

size_t ptt_roster_size(const struct ptt_roster *roster)
{
	return sizeof(*roster) + roster->member_slots.size * sizeof(struct member) +
	       roster->subject_slots.size * sizeof(struct subject) +
	       roster->names.size * sizeof(struct ptt_name *) + roster->names.bytes;
}
