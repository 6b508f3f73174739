/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * INVITEs of the members: joins, and pulls and offers of their own in the dialog.
 *
 *   INVITE -> admitted -> one batch (dialog, "sent to", counters) -> durable -> 200 (with the MSK, if the
 *   client asked for the channel or for our offer) -> ACK -> offers of the re-key engine
 */
#include <string.h>

#include "module/base/clock.h"
#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/group/group_int.h"

#define DIALOGS_A_SUBSCRIBER 8u

/* One description at a time is read, on the one SIP thread; it is too large for the stack. */
static struct ptt_client_offer client_offer;

static bool is_member(const struct ptt_group *group, const struct ptt_naf_keys *keys)
{
	if (group->config->members_any)
		return true;
	for (size_t i = 0; i < keys->impu_count; i++)
		if (ptt_config_is_member(group->config, keys->impus[i]))
			return true;
	return false;
}

/* --- joining --- */

static enum ptt_err add_subject(
	struct ptt_group *group, uint32_t *subject, const struct ptt_naf_keys *keys)
{
	PTT_TRY(ptt_roster_subject(subject, group->roster, keys->impi));
	for (size_t i = 0; i < keys->impu_count; i++)
		if (ptt_roster_add_impu(group->roster, *subject, keys->impus[i]) ==
			PTT_ERR_MISMATCH)
			ptt_log_limited(PTT_LOG_WARN, "identity-taken", "group=%s impu=%s",
				group->uri, keys->impus[i]);
	return PTT_OK;
}

/* The client's description against ours; says whether the MSK goes into the 200. */
static enum ptt_err negotiate(struct ptt_member *member, bool *wants_key)
{
	struct ptt_sdp_local local;
	enum ptt_channel_verdict verdict;

	PTT_TRY(!member->endpoint ? ptt_member_open_endpoint(member, &local)
				  : ptt_member_local(member, &local));
	member->we_offer = !client_offer.has_sdp;
	if (client_offer.has_sdp) {
		PTT_TRY(ptt_media_plan_on_offer(
			&member->plan, &verdict, &client_offer.lines, &local, &member->group->sdp));
		*wants_key = verdict == PTT_VERDICT_ACCEPTED;
		if (verdict == PTT_VERDICT_REFUSED && member->acked)
			ptt_member_feed(member, PTT_EV_CHANNEL_REFUSED, 0);
		return PTT_OK;
	}
	if (!member->acked)
		ptt_media_plan_init(&member->plan, &local);
	*wants_key = true;
	return PTT_OK;
}

static enum ptt_err join(
	struct ptt_member *member, const struct ptt_sip_info *info, uint32_t subject)
{
	struct ptt_group *group = member->group;
	struct ptt_tracker_event event = {.kind = PTT_EV_JOIN, .subject = subject};
	struct ptt_session_muk *muk;
	bool wants_key = false;

	PTT_TRY(negotiate(member, &wants_key));
	PTT_TRY(ptt_muk_ref(&muk, &group->env->muks, info->btid, info->keys));
	ptt_member_set_muk(member, muk);
	if (wants_key && ptt_muk_acquire(member->muk, &member->lease, ptt_clock_ms()))
		event.generation = ptt_tracker_msk_for_answer(group->tracker, subject, true);
	if (member->we_offer && event.generation != 0)
		PTT_TRY(ptt_media_plan_add_channel(&member->plan));
	member->response_generation = event.generation;
	event.member = member->handle;
	return ptt_group_feed(group, &event);
}

static uint16_t body_status(enum ptt_err err)
{
	return err == PTT_ERR_UNSUPPORTED ? 415 : ptt_group_sip_status(err);
}

static const char *join_label(uint16_t status)
{
	switch (status) {
	case 403:
		return "forbidden";
	case 404:
		return "not-found";
	case 486:
		return "full";
	case 503:
		return "draining";
	default:
		return "malformed";
	}
}

/* Each dialog costs two media ports: one subscriber's devices, yes; a flood of one, no. */
static bool has_enough_dialogs(const struct ptt_group *group, uint32_t subject)
{
	uint32_t handle = PTT_HANDLE_NONE, count = 0;

	while (count < DIALOGS_A_SUBSCRIBER &&
		(handle = ptt_roster_next_of(group->roster, subject, handle)) != PTT_HANDLE_NONE)
		count++;
	return count == DIALOGS_A_SUBSCRIBER;
}

/* Each refusal has a line of its own. */
static const char *join_text(
	const struct ptt_group *group, const struct ptt_sip_info *info, uint16_t status)
{
	uint32_t subject =
		group ? ptt_roster_find(group->roster, info->keys->impi) : PTT_HANDLE_NONE;

	switch (status) {
	case 403:
		return ptt_roster_is_banned(group->roster, subject) ? "banned" : "not a member";
	case 404:
		return "no such group";
	case 415:
		return "body of another type";
	case 486:
		return "full";
	case 488:
		return "nothing acceptable in the offer";
	case 503:
		return "not now";
	default:
		return "malformed, or out of resources";
	}
}

static uint16_t try_join(
	struct ptt_group *group, struct ptt_sip_request *req, const struct ptt_sip_info *info)
{
	struct ptt_member *member;
	uint32_t subject;
	enum ptt_err err;

	if (!is_member(group, info->keys))
		return 403;
	err = add_subject(group, &subject, info->keys);
	if (err != PTT_OK)
		return ptt_group_sip_status(err);
	err = ptt_client_offer_get(&client_offer, info->content_type, info->body);
	if (err != PTT_OK)
		return body_status(err);
	if (has_enough_dialogs(group, subject))
		return 486;
	member = ptt_member_new(group, info->dialog);
	if (!member)
		return 500;
	member->joined_utc_s = ptt_clock_utc_s();
	err = ptt_roster_join(&member->handle, group->roster, subject, member);
	if (err == PTT_OK)
		err = join(member, info, subject);
	if (err != PTT_OK) {
		ptt_member_free(member, false);
		return ptt_group_sip_status(err);
	}
	member->req = req;
	ptt_metric_set(PTT_METRIC_MEMBERS, ptt_groups_member_count(group->env));
	ptt_join_respond(member, client_offer.has_sdp ? &client_offer.lines : NULL);
	ptt_group_sweep(group);
	return 0;
}

void ptt_join_on_invite(void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info)
{
	struct ptt_group_env *env = ctx;
	struct ptt_group *group = ptt_groups_find(env, info->request_uri);
	uint16_t status = group ? try_join(group, req, info) : 404;

	ptt_metric_inc_label(PTT_METRIC_JOINS, status == 0 ? "accepted" : join_label(status));
	if (status == 0)
		ptt_log(PTT_LOG_INFO, "joining", "group=%s member=%s impi=%s call_id=%s",
			group->uri, info->from_uri, info->keys->impi, info->dialog->call_id);
	else
		ptt_refuse(req, info, status, join_text(group, info, status));
}

/* --- in the dialog --- */

static void take_new_key(struct ptt_member *member, const struct ptt_sip_info *info)
{
	struct ptt_group_env *env = member->group->env;
	struct ptt_session_muk *muk;

	if (!info->btid || (member->muk && strcmp(member->muk->btid, info->btid) == 0))
		return;
	if (ptt_muk_ref(&muk, &env->muks, info->btid, info->keys) != PTT_OK)
		return;
	ptt_member_set_muk(member, muk);
	ptt_member_save(
		member); /* whatever comes of this request: he may have forgotten the former key */
	ptt_metric_inc_label(PTT_METRIC_USER_KEYS, "renewed");
	ptt_log(PTT_LOG_INFO, "user-key-changed", "group=%s member=%s btid=%s expires_utc_s=%lld",
		member->group->uri, ptt_member_name(member), muk->btid,
		(long long)muk->expires_utc_s);
}

static uint16_t try_reinvite(struct ptt_member *member, const struct ptt_sip_info *info)
{
	struct ptt_group *group = member->group;
	struct ptt_tracker_event event = {.kind = PTT_EV_SENT, .member = member->handle};
	uint32_t subject = ptt_roster_subject_of(group->roster, member->handle);
	bool wants_key = false;
	enum ptt_err err = ptt_client_offer_get(&client_offer, info->content_type, info->body);

	if (err != PTT_OK)
		return body_status(err);
	member->response_generation = 0;
	take_new_key(member, info);
	err = negotiate(member, &wants_key);
	if (err != PTT_OK)
		return ptt_group_sip_status(err);
	if (!wants_key)
		return 0;
	if (ptt_muk_acquire(member->muk, &member->lease, ptt_clock_ms()))
		event.generation = ptt_tracker_msk_for_answer(group->tracker, subject, false);
	if (member->we_offer || event.generation == 0)
		event.kind = PTT_EV_PULL;
	err = member->we_offer && event.generation != 0 ? ptt_media_plan_add_channel(&member->plan)
							: PTT_OK;
	if (err == PTT_OK)
		err = ptt_group_feed(group, &event);
	if (err != PTT_OK) {
		ptt_member_release_muk(member);
		return err == PTT_ERR_BUSY ? 491 : ptt_group_sip_status(err);
	}
	member->response_generation = event.generation;
	return 0;
}

void ptt_join_on_reinvite(void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info)
{
	struct ptt_member *member = info->dialog->user;
	uint16_t status = 481;

	(void)ctx;
	if (member) /* RFC 3261 14.2, RFC 3311 5.2: one at a time */
		status = member->req ? 500 : try_reinvite(member, info);
	if (status != 0) {
		ptt_refuse(req, info, status, "re-INVITE");
		return;
	}
	member->req = req;
	member->is_update = info->is_update;
	ptt_join_respond(member, client_offer.has_sdp ? &client_offer.lines : NULL);
}
