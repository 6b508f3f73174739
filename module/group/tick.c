/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the groups do once a second. */

#include "module/base/clock.h"
#include "module/group/group_int.h"

#define SLOTS_A_TURN 1024 /* of the table of MUKs */

/* Ends the leases of silent holders, in a part of the table. @return true: there is more of it */
static bool end_leases(struct ptt_group_env *env)
{
	const struct ptt_table *table = &env->muks.table;
	int64_t now = ptt_clock_ms();
	size_t end = env->lease_slot + SLOTS_A_TURN;

	for (; env->lease_slot < end && env->lease_slot < table->slot_count; env->lease_slot++)
		for (struct ptt_table_node *node = table->slots[env->lease_slot], *next; node;
			node = next) {
			struct ptt_member *member;

			next = node->next;
			member = ptt_muk_lease_expire((struct ptt_session_muk *)node, now);
			if (member)
				ptt_offer_advance(member);
		}
	return env->lease_slot < table->slot_count;
}

static void make_owed_mtks(const struct ptt_group_env *env)
{
	struct ptt_tracker_event due = {.kind = PTT_EV_MTK_DUE};

	for (struct ptt_group *group = env->groups; group; group = group->next_group)
		if (group->mtk_owed)
			ptt_group_feed_or_log(group, &due);
}

bool ptt_groups_tick_more(struct ptt_group_env *env)
{
	bool more = end_leases(env);

	if (ptt_muk_expiry_some(env, ptt_clock_utc_s()))
		more = true;
	return more;
}

bool ptt_groups_tick(struct ptt_group_env *env)
{
	bool more;

	env->lease_slot = 0;
	more = ptt_groups_tick_more(env);
	make_owed_mtks(env);
	return more;
}
