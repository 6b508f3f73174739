/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The expiry of a MUK during a session.
 *
 *   30 s before: logged -> expired: no MSK is sealed under it -> an MSK is due, or 5 s later: BYE
 *
 * MUKs made together expire together, so the BYEs are spread over turns of the loop. A member that
 * authenticates a request with a new B-TID in time has a new MUK by then (join.c).
 */
#include <time.h>

#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/group/group_int.h"

#define LOOKS_A_TURN 256

/* An owner without a pending INVITE. The others are ended when theirs is over. */
static struct ptt_member *next_owner(const struct ptt_session_muk *muk)
{
	for (struct ptt_muk_lease *lease = muk->owners; lease; lease = lease->sibling) {
		struct ptt_member *member = lease->owner;

		if (member->acked && !member->req)
			return member;
	}
	return NULL;
}

static void warn(struct ptt_session_muk *muk, int64_t utc_s)
{
	const struct ptt_member *member = muk->owners ? muk->owners->owner : NULL;

	muk->warned = true;
	ptt_metric_inc_label(PTT_METRIC_USER_KEYS, "expiring");
	ptt_log_limited(PTT_LOG_INFO, "user-key-expiring", "member=%s btid=%s left_s=%lld",
		member ? ptt_member_name(member) : "", muk->btid,
		(long long)(muk->expires_utc_s - utc_s));
}

/* Ends at most @p most owners; the next call ends others. @return how many */
static unsigned int end(
	struct ptt_group_env *env, struct ptt_session_muk *muk, int64_t utc_s, unsigned int most)
{
	struct ptt_member *member;
	unsigned int count = 0;

	muk->refs++; /* the last owner gives its reference back */
	while (count < most && (member = next_owner(muk))) {
		count++;
		ptt_metric_inc_label(PTT_METRIC_USER_KEYS, "expired");
		ptt_log(PTT_LOG_INFO, "user-key-expired", "group=%s member=%s btid=%s",
			member->group->uri, ptt_member_name(member), muk->btid);
		ptt_departure_expire_key(member);
	}
	ptt_muk_due_at(&env->muks, muk, utc_s + (!next_owner(muk)));
	ptt_muk_unref(&env->muks, muk);
	return count;
}

bool ptt_muk_expiry_some(struct ptt_group_env *env, int64_t utc_s)
{
	struct ptt_session_muk *muk;
	unsigned int ends = 0, looks = 0;

	while (ends < env->ends_a_turn && looks++ < LOOKS_A_TURN) {
		int64_t last;

		muk = ptt_muk_table_due(&env->muks, utc_s);
		if (!muk)
			return false;
		last = muk->expires_utc_s + (muk->wanted ? 0 : PTT_MUK_GRACE_S);
		if (utc_s >= last) {
			ends += end(env, muk, utc_s, env->ends_a_turn - ends);
			continue;
		}
		if (!muk->warned)
			warn(muk, utc_s);
		ptt_muk_due_at(&env->muks, muk, last);
	}
	return true;
}

void ptt_muk_expiry_resume(struct ptt_group *group)
{
	uint32_t handle = PTT_HANDLE_NONE;

	while ((handle = ptt_roster_next_member(group->roster, handle)) != PTT_HANDLE_NONE) {
		struct ptt_member *member = ptt_member_of(group, handle);

		if (!member->muk)
			ptt_departure_expire_key(member);
	}
}
