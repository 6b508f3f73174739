/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tracker's actions, executed: keys made and made durable, members told, the channel switched. */
#include <stdlib.h>
#include <string.h>

#include "module/base/clock.h"
#include "module/base/fault_point.h"
#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/group/event_package.h"
#include "module/group/group_int.h"

static void feed(struct ptt_group *group, enum ptt_tracker_event_kind kind, uint32_t generation,
	enum ptt_err err)
{
	struct ptt_tracker_event event = {.kind = kind, .generation = generation, .err = err};

	ptt_group_feed_or_log(group, &event);
}

static void act_offer(struct ptt_group *group, const struct ptt_tracker_action *action)
{
	struct ptt_member *member = ptt_member_of(group, action->member);

	if (member)
		ptt_offer_want_msk(member, action->generation);
}

/* --- decisions made durable --- */

struct persist {
	struct ptt_group *group;
	uint32_t generation;
	bool with_done; /**< a switch not in the store yet: a crash must not bring back the MSK before it */
};

static void on_persisted(void *ctx, enum ptt_err err)
{
	struct persist *persist = ctx;

	PTT_FAULT("intent-durable");
	if (persist->with_done && err == PTT_OK)
		persist->group->switch_unrecorded = false;
	if (!persist->group->stopped)
		feed(persist->group, err == PTT_OK ? PTT_EV_PERSISTED : PTT_EV_PERSIST_FAILED,
			persist->generation, err);
	free(persist);
}

static void act_new_msk(struct ptt_group *group, const struct ptt_tracker_action *action)
{
	group->msk_err = ptt_group_keys_make(&group->keys, action->generation);
	group->msk_to_write = group->msk_err == PTT_OK;
	group->rekey_decided_ms = ptt_clock_ms();
	PTT_FAULT("msk-made");
}

static void act_ban(struct ptt_group *group, const struct ptt_tracker_action *action)
{
	if (group->ban_count == group->ban_size) {
		size_t size = group->ban_size ? group->ban_size * 2 : 16;
		uint32_t *bans = reallocarray(group->bans, size, sizeof(*bans));

		if (!bans) {
			group->msk_err = PTT_ERR_SYSTEM;
			return;
		}
		group->bans = bans;
		group->ban_size = size;
	}
	group->bans[group->ban_count++] = action->subject;
}

/** The switch to the current MSK: the former one goes, and the intent if it is this one's. */
static void put_done(struct ptt_group *group, struct ptt_store_batch *batch)
{
	ptt_group_keys_done(&group->keys, batch);
	if (group->intent_generation == group->keys.current.generation)
		ptt_batch_del_intent(batch, group->uri); /* else it is a later re-key's */
}

static enum ptt_err write_intent(
	struct ptt_group *group, const struct ptt_tracker_action *action, struct persist *persist)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(group->env->store);
	struct ptt_intent_row intent = {
		.group = group->uri,
		.generation = action->generation,
		.reason = (uint8_t)action->reason,
		.deadline_ms = (int64_t)action->at_ms,
		.boot_id = group->env->boot_id,
	};
	enum ptt_err err = PTT_OK;

	if (persist->with_done)
		put_done(group, batch);
	for (size_t i = 0; i < group->ban_count; i++)
		ptt_batch_put_ban(batch, group->uri, ptt_roster_impi(group->roster, group->bans[i]),
			ptt_clock_utc_s());
	if (action->generation != 0) {
		if (group->msk_to_write) /* else it speaks of a re-key under way, whose MSK is written */
			err = ptt_group_keys_put(&group->keys, batch);
		ptt_batch_put_intent(batch, &intent);
		group->intent_generation = action->generation;
	}
	if (err != PTT_OK) {
		ptt_store_batch_free(batch);
		return err;
	}
	PTT_FAULT("intent-write");
	return ptt_store_commit(batch, PTT_STORE_FULL, on_persisted, persist);
}

static void act_persist(struct ptt_group *group, const struct ptt_tracker_action *action)
{
	struct persist *persist = malloc(sizeof(*persist));
	enum ptt_err err = !persist ? PTT_ERR_SYSTEM : group->msk_err;

	if (persist)
		*persist = (struct persist){group, action->generation, group->switch_unrecorded};
	if (err == PTT_OK)
		err = write_intent(group, action, persist);
	group->ban_count = 0;
	group->msk_err = PTT_OK;
	group->msk_to_write = false;
	if (err == PTT_OK)
		return;
	free(persist);
	feed(group, PTT_EV_PERSIST_FAILED, action->generation, err);
}

static void act_drop(struct ptt_group *group, const struct ptt_tracker_action *action)
{
	ptt_group_keys_drop(&group->keys);
	ptt_log(PTT_LOG_ERROR, "msk-dropped", "group=%s generation=%u", group->uri,
		action->generation);
}

void ptt_group_expel_decided(struct ptt_group *group, uint32_t subject, enum ptt_err err)
{
	struct ptt_expel_wait **link = &group->waits, *mine = NULL;

	while (*link) {
		struct ptt_expel_wait *wait = *link;

		if (wait->subject != subject) {
			link = &wait->next;
			continue;
		}
		*link = wait->next;
		wait->next = mine;
		mine = wait;
	}
	while (mine) {
		struct ptt_expel_wait *wait = mine;

		mine = wait->next;
		if (wait->fn)
			wait->fn(wait->ctx, err);
		free(wait);
	}
}

static void act_expel_accepted(struct ptt_group *group, const struct ptt_tracker_action *action)
{
	PTT_FAULT("expel-accepted");
	ptt_roster_set_ban(group->roster, action->subject, true);
	ptt_log(PTT_LOG_INFO, "expelled", "group=%s member=%s", group->uri,
		ptt_roster_impi(group->roster, action->subject));
	ptt_group_announce(group, "expelled", ptt_roster_impi(group->roster, action->subject));
	ptt_event_expelled(group, action->subject);
	ptt_group_expel_decided(group, action->subject, PTT_OK);
	PTT_FAULT("expel-answered");
}

static void act_expel_refused(struct ptt_group *group, const struct ptt_tracker_action *action)
{
	ptt_log(PTT_LOG_ERROR, "expel-refused", "group=%s member=%s error=%s", group->uri,
		ptt_roster_impi(group->roster, action->subject), ptt_err_str(action->err));
	ptt_group_expel_decided(group, action->subject, action->err);
}

static void act_bye(struct ptt_group *group, const struct ptt_tracker_action *action)
{
	struct ptt_member *member = ptt_member_of(group, action->member);
	bool expelled = action->cause == PTT_BYE_EXPELLED;
	struct ptt_dialog *dialog;

	if (!member)
		return;
	ptt_log(PTT_LOG_INFO, expelled ? "bye-expelled" : "bye-failed",
		"group=%s member=%s call_id=%s", group->uri, ptt_member_name(member),
		member->dialog->call_id);
	if (!expelled)
		ptt_metric_inc_label(PTT_METRIC_LEAVES, "refused");
	dialog = member->dialog;
	ptt_event_left(member, expelled ? PTT_EVENT_BOOTED : PTT_EVENT_FAILED);
	if (member->req) {
		struct ptt_sip_request *req = member->req;
		bool initial = !member->acked && member->ack_generation == 0;
		struct ptt_sip_response response = {.status = 403};

		ptt_member_free(member, true);
		if (ptt_sip_respond(req, &response) != PTT_OK)
			ptt_log_limited(
				PTT_LOG_WARN, "answer-not-sent", "group=%s status=403", group->uri);
		if (initial)
			return; /* the dialog ends with its INVITE */
	} else {
		ptt_member_free(member, true);
	}
	PTT_FAULT("bye");
	ptt_sip_bye(dialog, expelled ? PTT_REASON_HEADER_EXPELLED : NULL);
	PTT_FAULT("bye-sent");
}

/* --- the switch --- */

static void act_stage(struct ptt_group *group, const struct ptt_tracker_action *action)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(group->env->store);

	PTT_FAULT("stage");
	ptt_group_keys_stage(&group->keys, batch);
	if (ptt_store_commit(batch, PTT_STORE_NORMAL, NULL, NULL) != PTT_OK)
		ptt_log(PTT_LOG_WARN, "msk-not-retired", "group=%s", group->uri); /* next start */
	ptt_metric_inc_label(PTT_METRIC_REKEYS, ptt_rekey_reason_str(action->reason));
	ptt_log(PTT_LOG_INFO, "rekey", "group=%s reason=%s msk_id=%08x generation=%u members=%u",
		group->uri, ptt_rekey_reason_str(action->reason), group->keys.next.msk_id,
		action->generation, ptt_roster_members(group->roster));
	PTT_FAULT("staged");
}

struct ids_block {
	struct ptt_group *group;
	uint32_t msk_id;
};

static void on_ids_durable(void *ctx, enum ptt_err err)
{
	struct ids_block *block = ctx;

	PTT_FAULT("ids-durable");
	if (block->group->keys.current.msk_id == block->msk_id)
		ptt_group_keys_reserved(&block->group->keys, err);
	free(block);
}

static void reserve_ids(struct ptt_group *group)
{
	struct ids_block *block = malloc(sizeof(*block));
	struct ptt_store_batch *batch;

	if (!block)
		return; /* the next MTK asks again */
	*block = (struct ids_block){.group = group, .msk_id = group->keys.current.msk_id};
	batch = ptt_store_batch_new(group->env->store);
	ptt_group_keys_reserve(&group->keys, batch);
	PTT_FAULT("ids-write");
	if (ptt_store_commit(batch, PTT_STORE_FULL, on_ids_durable, block) != PTT_OK)
		on_ids_durable(block, PTT_ERR_SYSTEM);
}

/* Only under the MSK that the tracker means: never under a former one. */
static enum ptt_err cast_mtk(struct ptt_group *group, uint32_t generation)
{
	PTT_SECRET(struct ptt_group_mtk, mtk);
	struct ptt_media_mtk cast = {.mtk = &mtk.mtk};
	const struct ptt_group_hooks *hooks = &group->env->hooks;

	if (group->keys.current.generation != generation)
		return PTT_ERR_NO_KEY;
	PTT_TRY(ptt_group_keys_next_mtk(&group->keys, &mtk));
	memcpy(cast.mki, mtk.mki, sizeof(cast.mki));
	cast.message = (struct ptt_bytes){mtk.message, mtk.message_len};
	PTT_TRY(PTT_FAULT_ERR("cast"));
	if (hooks->on_mtk)
		hooks->on_mtk(hooks->ctx, group, mtk.mki, &mtk.mtk);
	PTT_TRY(ptt_media_set_mtk(group->channel, &cast));
	PTT_FAULT("cast-done");
	if (ptt_group_keys_needs_block(&group->keys))
		reserve_ids(group);
	return PTT_OK;
}

static void act_promote(struct ptt_group *group, const struct ptt_tracker_action *action)
{
	enum ptt_err err = ptt_group_keys_promote(&group->keys);

	PTT_FAULT("promoted");
	group->cutover_pending = true;
	if (action->at_ms != 0)
		group->expel_accepted_ms = (int64_t)action->at_ms;
	if (err == PTT_OK)
		err = cast_mtk(group, action->generation);
	if (err != PTT_OK)
		feed(group, PTT_EV_CUTOVER_FAILED, action->generation, err);
}

static void act_new_mtk(struct ptt_group *group, const struct ptt_tracker_action *action)
{
	enum ptt_err err = cast_mtk(group, action->generation);

	group->mtk_owed = false;
	if (err == PTT_OK)
		return;
	ptt_log_limited(PTT_LOG_ERROR, "no-mtk", "group=%s generation=%u error=%s", group->uri,
		action->generation, ptt_err_str(err));
	if (err == PTT_ERR_EXHAUSTED)
		feed(group, PTT_EV_MTK_EXHAUSTED, 0, err);
	else if (group->cutover_pending)
		feed(group, PTT_EV_CUTOVER_FAILED, action->generation,
			err); /* and again in a second */
	else
		group->mtk_owed = true;
}

static void act_silence(struct ptt_group *group, const struct ptt_tracker_action *action)
{
	ptt_log(PTT_LOG_ERROR, "silence", "group=%s error=%s", group->uri,
		ptt_err_str(action->err));
	if (ptt_media_silence(group->channel) != PTT_OK)
		ptt_log(PTT_LOG_ERROR, "silence-failed", "group=%s", group->uri);
	if (!group->silent)
		ptt_metric_set(PTT_METRIC_CHANNELS_SILENT,
			ptt_metric_get(PTT_METRIC_CHANNELS_SILENT, NULL) + 1);
	group->silent = true;
}

static void on_done_written(void *ctx, enum ptt_err err)
{
	struct ptt_group *group = ctx;

	if (err == PTT_OK)
		return;
	group->switch_unrecorded =
		true; /* goes with the next intent; a start before that switches again */
	ptt_log(PTT_LOG_ERROR, "rekey-not-recorded", "group=%s", group->uri);
}

static void act_done(struct ptt_group *group, const struct ptt_tracker_action *action)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(group->env->store);
	int64_t took_ms =
		group->rekey_decided_ms != 0 ? ptt_clock_ms() - group->rekey_decided_ms : 0;

	PTT_FAULT("done");
	put_done(group, batch);
	if (ptt_store_commit(batch, PTT_STORE_FULL, on_done_written, group) != PTT_OK)
		on_done_written(group, PTT_ERR_SYSTEM);
	group->rekey_decided_ms = 0;
	ptt_metric_observe_us(PTT_METRIC_REKEY_SECONDS, (uint64_t)took_ms * 1000);
	ptt_log(PTT_LOG_INFO, "rekeyed",
		"group=%s reason=%s msk_id=%08x generation=%u took_ms=%lld", group->uri,
		ptt_rekey_reason_str(action->reason), group->keys.current.msk_id,
		action->generation, (long long)took_ms);
	ptt_group_announce(group, "rekeyed", NULL);
	PTT_FAULT("done-told");
}

static void act_alarm(struct ptt_group *group, const struct ptt_tracker_action *action)
{
	ptt_log(PTT_LOG_ERROR, "rekey-not-begun", "group=%s reason=%s error=%s", group->uri,
		ptt_rekey_reason_str(action->reason), ptt_err_str(action->err));
}

/* The MTK of the cut-over has ended the silence on the channel already. */
static void act_unsilence(struct ptt_group *group, const struct ptt_tracker_action *action)
{
	(void)action;
	if (group->silent)
		ptt_metric_set(PTT_METRIC_CHANNELS_SILENT,
			ptt_metric_get(PTT_METRIC_CHANNELS_SILENT, NULL) - 1);
	group->silent = false;
}

/* Promotion wiped the former MSK already. */
static void act_retire(struct ptt_group *group, const struct ptt_tracker_action *action)
{
	PTT_FAULT("retired");
	ptt_log(PTT_LOG_DEBUG, "msk-retired", "group=%s generation=%u", group->uri,
		action->generation);
}

void ptt_rekey_execute(struct ptt_group *group, const struct ptt_tracker_action *action)
{
	static void (*const table[])(struct ptt_group *, const struct ptt_tracker_action *) = {
		[PTT_ACT_NEW_MSK] = act_new_msk,
		[PTT_ACT_BAN] = act_ban,
		[PTT_ACT_PERSIST] = act_persist,
		[PTT_ACT_DROP] = act_drop,
		[PTT_ACT_EXPEL_ACCEPTED] = act_expel_accepted,
		[PTT_ACT_EXPEL_REFUSED] = act_expel_refused,
		[PTT_ACT_BYE] = act_bye,
		[PTT_ACT_STAGE] = act_stage,
		[PTT_ACT_OFFER] = act_offer,
		[PTT_ACT_PROMOTE] = act_promote,
		[PTT_ACT_SILENCE] = act_silence,
		[PTT_ACT_UNSILENCE] = act_unsilence,
		[PTT_ACT_RETIRE] = act_retire,
		[PTT_ACT_DONE] = act_done,
		[PTT_ACT_NEW_MTK] = act_new_mtk,
		[PTT_ACT_ALARM] = act_alarm,
	};

	table[action->kind](group, action);
}
