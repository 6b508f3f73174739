/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which MUK a member has, and the end of a member, which gives it back. */
#include <stdlib.h>

#include "module/base/clock.h"
#include "module/base/metrics.h"
#include "module/group/group_int.h"

void ptt_member_set_muk(struct ptt_member *member, struct ptt_session_muk *muk)
{
	struct ptt_session_muk *former = member->muk;

	if (former) {
		ptt_member_release_muk(member);
		ptt_muk_remove_owner(&member->lease);
	}
	member->muk = muk;
	if (muk)
		ptt_muk_add_owner(muk, &member->lease);
	ptt_muk_unref(&member->group->env->muks, former);
}

void ptt_member_release_muk(struct ptt_member *member)
{
	struct ptt_member *next;

	if (!member->muk)
		return;
	next = ptt_muk_release(member->muk, &member->lease, ptt_clock_ms());
	if (next && !member->group->stopped)
		ptt_offer_advance(next);
}

void ptt_member_free(struct ptt_member *member, bool forget)
{
	struct ptt_group_env *env = member->group->env;

	if (forget)
		ptt_member_delete_row(member);
	ptt_member_set_muk(member, NULL);
	ptt_endpoint_close(member->endpoint);
	if (member->handle != PTT_HANDLE_NONE)
		ptt_roster_leave(member->group->roster, member->handle);
	if (!member->group->stopped)
		ptt_metric_set(PTT_METRIC_MEMBERS, ptt_groups_member_count(env));
	member->dialog->user = NULL;
	free(member);
}
