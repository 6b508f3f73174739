/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/group/muk.h"

#include <stdlib.h>
#include <string.h>

static struct ptt_session_muk *find(const struct ptt_muk_table *muks, const char *btid)
{
	struct ptt_table_node *node = ptt_table_first(&muks->table, ptt_table_hash(0, btid));

	for (; node; node = ptt_table_next(node)) {
		struct ptt_session_muk *muk = (struct ptt_session_muk *)node;

		if (strcmp(muk->btid, btid) == 0)
			return muk;
	}
	return NULL;
}

/* --- expiry --- */

static void due_unlink(struct ptt_session_muk *muk)
{
	if (!muk->due_link)
		return;
	*muk->due_link = muk->due_next;
	if (muk->due_next)
		muk->due_next->due_link = muk->due_link;
	muk->due_link = NULL;
}

void ptt_muk_due_at(struct ptt_muk_table *muks, struct ptt_session_muk *muk, int64_t utc_s)
{
	struct ptt_session_muk **slot;

	due_unlink(muk);
	muk->due_utc_s = utc_s > muks->visited_utc_s ? utc_s : muks->visited_utc_s + 1;
	slot = &muks->due[muk->due_utc_s % PTT_MUK_SLOTS];
	muk->due_next = *slot;
	if (*slot)
		(*slot)->due_link = &muk->due_next;
	muk->due_link = slot;
	*slot = muk;
}

struct ptt_session_muk *ptt_muk_table_due(struct ptt_muk_table *muks, int64_t utc_s)
{
	if (muks->visited_utc_s > utc_s) /* the clock was set back */
		muks->visited_utc_s = utc_s;
	if (utc_s - muks->visited_utc_s > PTT_MUK_SLOTS)
		muks->visited_utc_s = utc_s - PTT_MUK_SLOTS;
	for (; muks->visited_utc_s < utc_s; muks->visited_utc_s++) {
		struct ptt_session_muk *muk = muks->due[(muks->visited_utc_s + 1) % PTT_MUK_SLOTS];

		while (muk && muk->due_utc_s > utc_s)
			muk = muk->due_next;
		if (muk) {
			due_unlink(muk);
			return muk;
		}
	}
	return NULL;
}

void ptt_muk_add_owner(struct ptt_session_muk *muk, struct ptt_muk_lease *lease)
{
	lease->sibling = muk->owners;
	if (lease->sibling)
		lease->sibling->sibling_link = &lease->sibling;
	lease->sibling_link = &muk->owners;
	muk->owners = lease;
}

void ptt_muk_remove_owner(struct ptt_muk_lease *lease)
{
	if (!lease->sibling_link)
		return;
	*lease->sibling_link = lease->sibling;
	if (lease->sibling)
		lease->sibling->sibling_link = lease->sibling_link;
	lease->sibling_link = NULL;
}

static void wipe_and_free(struct ptt_session_muk *muk)
{
	free(muk->btid);
	ptt_wipe(muk, sizeof(*muk));
	free(muk);
}

enum ptt_err ptt_muk_ref(struct ptt_session_muk **out, struct ptt_muk_table *muks, const char *btid,
	const struct ptt_naf_keys *from)
{
	struct ptt_session_muk *muk = find(muks, btid);
	enum ptt_err err = PTT_ERR_SYSTEM;

	if (!muk) {
		muk = calloc(1, sizeof(*muk));
		if (!muk)
			return PTT_ERR_SYSTEM;
		muk->last = &muk->first;
		muk->muk = from->muk;
		muk->expires_utc_s = from->expires_utc_s;
		muk->counter_base = from->counter_base;
		muk->btid = strdup(btid);
		if (muk->btid)
			err = ptt_table_add(&muks->table, &muk->node, ptt_table_hash(0, btid));
		if (err != PTT_OK) {
			wipe_and_free(muk);
			return err;
		}
		ptt_muk_due_at(muks, muk, muk->expires_utc_s - PTT_MUK_WARN_S);
	}
	muk->refs++;
	*out = muk;
	return PTT_OK;
}

void ptt_muk_unref(struct ptt_muk_table *muks, struct ptt_session_muk *muk)
{
	if (!muk || --muk->refs > 0)
		return;
	due_unlink(muk);
	ptt_table_remove(&muks->table, &muk->node);
	wipe_and_free(muk);
}

bool ptt_muk_acquire(struct ptt_session_muk *muk, struct ptt_muk_lease *lease, int64_t now_ms)
{
	if (!muk->holder || muk->holder == lease->owner) {
		muk->holder = lease->owner;
		muk->held_ms = now_ms;
		return true;
	}
	for (struct ptt_muk_lease *t = muk->first; t; t = t->next)
		if (t == lease)
			return false;
	lease->next = NULL;
	*muk->last = lease;
	muk->last = &lease->next;
	return false;
}

static void *pass_on(struct ptt_session_muk *muk, int64_t now_ms)
{
	struct ptt_muk_lease *lease = muk->first;

	muk->holder = NULL;
	if (!lease)
		return NULL;
	muk->first = lease->next;
	if (!muk->first)
		muk->last = &muk->first;
	lease->next = NULL;
	muk->holder = lease->owner;
	muk->held_ms = now_ms;
	return lease->owner;
}

static void leave_line(struct ptt_session_muk *muk, const struct ptt_muk_lease *lease)
{
	struct ptt_muk_lease **t = &muk->first;

	while (*t && *t != lease)
		t = &(*t)->next;
	if (!*t)
		return;
	*t = lease->next;
	if (!*t)
		muk->last = t;
}

void *ptt_muk_release(struct ptt_session_muk *muk, struct ptt_muk_lease *lease, int64_t now_ms)
{
	if (muk->holder == lease->owner)
		return pass_on(muk, now_ms);
	leave_line(muk, lease);
	return NULL;
}

void *ptt_muk_lease_expire(struct ptt_session_muk *muk, int64_t now_ms)
{
	if (!muk->holder || !muk->first || now_ms - muk->held_ms < PTT_MUK_LEASE_MS)
		return NULL;
	return pass_on(muk, now_ms);
}
