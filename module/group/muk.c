/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/group/muk.h"

#include <stdlib.h>
#include <string.h>

static struct ptt_session_muk *find(const struct ptt_muk_table *keys, const char *btid)
{
	struct ptt_table_node *node = ptt_table_first(&keys->table, ptt_table_hash(0, btid));

	for (; node; node = ptt_table_next(node)) {
		struct ptt_session_muk *key = (struct ptt_session_muk *)node;

		if (strcmp(key->btid, btid) == 0)
			return key;
	}
	return NULL;
}

/* --- the end of their life --- */

static void due_unlink(struct ptt_session_muk *key)
{
	if (!key->due_link)
		return;
	*key->due_link = key->due_next;
	if (key->due_next)
		key->due_next->due_link = key->due_link;
	key->due_link = NULL;
}

void ptt_muk_due_at(struct ptt_muk_table *keys, struct ptt_session_muk *key, int64_t utc_s)
{
	struct ptt_session_muk **slot;

	due_unlink(key);
	key->due_utc_s = utc_s > keys->visited_utc_s ? utc_s : keys->visited_utc_s + 1;
	slot = &keys->due[key->due_utc_s % PTT_MUK_SLOTS];
	key->due_next = *slot;
	if (*slot)
		(*slot)->due_link = &key->due_next;
	key->due_link = slot;
	*slot = key;
}

struct ptt_session_muk *ptt_muk_table_due(struct ptt_muk_table *keys, int64_t utc_s)
{
	if (keys->visited_utc_s > utc_s) /* the clock was set back */
		keys->visited_utc_s = utc_s;
	if (utc_s - keys->visited_utc_s > PTT_MUK_SLOTS)
		keys->visited_utc_s = utc_s - PTT_MUK_SLOTS;
	for (; keys->visited_utc_s < utc_s; keys->visited_utc_s++) {
		struct ptt_session_muk *key = keys->due[(keys->visited_utc_s + 1) % PTT_MUK_SLOTS];

		while (key && key->due_utc_s > utc_s)
			key = key->due_next;
		if (key) {
			due_unlink(key);
			return key;
		}
	}
	return NULL;
}

void ptt_muk_add_owner(struct ptt_session_muk *key, struct ptt_muk_lease *turn)
{
	turn->sibling = key->owners;
	if (turn->sibling)
		turn->sibling->sibling_link = &turn->sibling;
	turn->sibling_link = &key->owners;
	key->owners = turn;
}

void ptt_muk_remove_owner(struct ptt_muk_lease *turn)
{
	if (!turn->sibling_link)
		return;
	*turn->sibling_link = turn->sibling;
	if (turn->sibling)
		turn->sibling->sibling_link = turn->sibling_link;
	turn->sibling_link = NULL;
}

static void wipe_and_free(struct ptt_session_muk *key)
{
	free(key->btid);
	ptt_wipe(key, sizeof(*key));
	free(key);
}

enum ptt_err ptt_muk_ref(struct ptt_session_muk **out, struct ptt_muk_table *keys, const char *btid,
	const struct ptt_naf_keys *from)
{
	struct ptt_session_muk *key = find(keys, btid);
	enum ptt_err err = PTT_ERR_SYSTEM;

	if (!key) {
		key = calloc(1, sizeof(*key));
		if (!key)
			return PTT_ERR_SYSTEM;
		key->last = &key->first;
		key->muk = from->muk;
		key->expires_utc_s = from->expires_utc_s;
		key->counter_base = from->counter_base;
		key->btid = strdup(btid);
		if (key->btid)
			err = ptt_table_add(&keys->table, &key->node, ptt_table_hash(0, btid));
		if (err != PTT_OK) {
			wipe_and_free(key);
			return err;
		}
		ptt_muk_due_at(keys, key, key->expires_utc_s - PTT_MUK_WARN_S);
	}
	key->refs++;
	*out = key;
	return PTT_OK;
}

void ptt_muk_unref(struct ptt_muk_table *keys, struct ptt_session_muk *key)
{
	if (!key || --key->refs > 0)
		return;
	due_unlink(key);
	ptt_table_remove(&keys->table, &key->node);
	wipe_and_free(key);
}

bool ptt_muk_acquire(struct ptt_session_muk *key, struct ptt_muk_lease *turn, int64_t now_ms)
{
	if (!key->holder || key->holder == turn->owner) {
		key->holder = turn->owner;
		key->held_ms = now_ms;
		return true;
	}
	for (struct ptt_muk_lease *t = key->first; t; t = t->next)
		if (t == turn)
			return false;
	turn->next = NULL;
	*key->last = turn;
	key->last = &turn->next;
	return false;
}

static void *pass_on(struct ptt_session_muk *key, int64_t now_ms)
{
	struct ptt_muk_lease *turn = key->first;

	key->holder = NULL;
	if (!turn)
		return NULL;
	key->first = turn->next;
	if (!key->first)
		key->last = &key->first;
	turn->next = NULL;
	key->holder = turn->owner;
	key->held_ms = now_ms;
	return turn->owner;
}

static void leave_line(struct ptt_session_muk *key, const struct ptt_muk_lease *turn)
{
	struct ptt_muk_lease **t = &key->first;

	while (*t && *t != turn)
		t = &(*t)->next;
	if (!*t)
		return;
	*t = turn->next;
	if (!*t)
		key->last = t;
}

void *ptt_muk_release(struct ptt_session_muk *key, struct ptt_muk_lease *turn, int64_t now_ms)
{
	if (key->holder == turn->owner)
		return pass_on(key, now_ms);
	leave_line(key, turn);
	return NULL;
}

void *ptt_muk_lease_expire(struct ptt_session_muk *key, int64_t now_ms)
{
	if (!key->holder || !key->first || now_ms - key->held_ms < PTT_MUK_LEASE_MS)
		return NULL;
	return pass_on(key, now_ms);
}
