/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions about all groups of a server. */
#include "module/group/group_int.h"

struct ptt_group *ptt_groups_find(const struct ptt_group_env *env, const char *group_uri)
{
	const struct ptt_config_group *config = ptt_config_find_group(env->config, group_uri);

	for (struct ptt_group *group = env->groups; group && config; group = group->next_group)
		if (group->config == config)
			return group;
	return NULL;
}

bool ptt_groups_are_rekeying(const struct ptt_group_env *env)
{
	for (const struct ptt_group *group = env->groups; group; group = group->next_group) {
		struct ptt_tracker_status status = ptt_tracker_status(group->tracker);

		if (status.deadline_ms != 0 || status.writing)
			return true;
	}
	return false;
}

bool ptt_groups_are_idle(const struct ptt_group_env *env)
{
	for (const struct ptt_group *group = env->groups; group; group = group->next_group)
		if (!ptt_tracker_is_idle(group->tracker))
			return false;
	return true;
}

int64_t ptt_groups_member_count(const struct ptt_group_env *env)
{
	int64_t count = 0;

	for (const struct ptt_group *group = env->groups; group; group = group->next_group)
		count += ptt_roster_members(group->roster);
	return count;
}

void ptt_group_announce(const struct ptt_group *group, const char *event, const char *member)
{
	const struct ptt_group_hooks *hooks = &group->env->hooks;

	if (hooks->on_event)
		hooks->on_event(hooks->ctx, group, event, member);
}
