/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tracker's actions, executed: keys made and made durable, members told, the channel switched. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "module/base/fault_point.h"
#include "module/base/log.h"
#include "module/server/pf.h"

static void tell(struct ptt_conference *conf, enum ptt_tracker_event_kind kind, uint32_t generation,
	enum ptt_err err)
{
	struct ptt_tracker_event event = {.kind = kind, .generation = generation, .err = err};

	ptt_conference_tell(conf, &event);
}

static void act_offer(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	struct ptt_member *member = ptt_member_of(conf, action->member);

	if (member == NULL)
		return;
	member->offer_generation = action->generation;
	ptt_rekey_try_offer(member);
}

/* --- decisions made durable --- */

struct persist {
	struct ptt_conference *conf;
	uint32_t generation;
	bool with_done; /**< a switch not in the store yet: a crash must not bring back the MSK before it */
};

static void on_persisted(void *ctx, enum ptt_err err)
{
	struct persist *persist = ctx;

	PTT_FAULT("intent-durable");
	if (persist->with_done && err == PTT_OK)
		persist->conf->unrecorded = false;
	if (!persist->conf->stopped)
		tell(persist->conf, err == PTT_OK ? PTT_EV_PERSISTED : PTT_EV_PERSIST_FAILED,
			persist->generation, err);
	free(persist);
}

static void act_new_msk(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	conf->make_err = ptt_group_keys_make(&conf->keys, action->generation);
	conf->made = conf->make_err == PTT_OK;
	conf->decided_ms = ptt_media_now_ms();
	PTT_FAULT("msk-made");
}

static void act_ban(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	if (conf->ban_count == conf->ban_size) {
		size_t size = conf->ban_size ? conf->ban_size * 2 : 16;
		uint32_t *bans = reallocarray(conf->bans, size, sizeof(*bans));

		if (bans == NULL) {
			conf->make_err = PTT_ERR_SYSTEM;
			return;
		}
		conf->bans = bans;
		conf->ban_size = size;
	}
	conf->bans[conf->ban_count++] = action->subject;
}

/** The switch to the current MSK: the former one goes, and the intent if it is this one's. */
static void put_done(struct ptt_conference *conf, struct ptt_store_batch *batch)
{
	ptt_group_keys_done(&conf->keys, batch);
	if (conf->intent_generation == conf->keys.current.generation)
		ptt_batch_del_intent(batch, conf->uri); /* else it is a later re-key's */
}

static enum ptt_err write_intent(struct ptt_conference *conf,
	const struct ptt_tracker_action *action, struct persist *persist)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(conf->pf->store);
	struct ptt_intent_row intent = {
		.group = conf->uri,
		.generation = action->generation,
		.reason = (uint8_t)action->reason,
		.deadline_ms = (int64_t)action->at_ms,
		.boot_id = conf->pf->boot_id,
	};
	enum ptt_err err = PTT_OK;

	if (persist->with_done)
		put_done(conf, batch);
	for (size_t i = 0; i < conf->ban_count; i++)
		ptt_batch_put_ban(
			batch, conf->uri, ptt_roster_impi(conf->roster, conf->bans[i]), time(NULL));
	if (action->generation != 0) {
		if (conf->made) /* else it speaks of a re-key under way, whose MSK is written */
			err = ptt_group_keys_put(&conf->keys, batch);
		ptt_batch_put_intent(batch, &intent);
		conf->intent_generation = action->generation;
	}
	if (err != PTT_OK) {
		ptt_store_batch_free(batch);
		return err;
	}
	PTT_FAULT("intent-write");
	return ptt_store_commit(batch, PTT_STORE_FULL, on_persisted, persist);
}

static void act_persist(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	struct persist *persist = malloc(sizeof(*persist));
	enum ptt_err err = persist == NULL ? PTT_ERR_SYSTEM : conf->make_err;

	if (persist != NULL)
		*persist = (struct persist){conf, action->generation, conf->unrecorded};
	if (err == PTT_OK)
		err = write_intent(conf, action, persist);
	conf->ban_count = 0;
	conf->make_err = PTT_OK;
	conf->made = false;
	if (err == PTT_OK)
		return;
	free(persist);
	tell(conf, PTT_EV_PERSIST_FAILED, action->generation, err);
}

static void act_drop(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	ptt_group_keys_drop(&conf->keys);
	ptt_log(PTT_LOG_ERROR, "msk-dropped", "group=%s generation=%u", conf->uri,
		action->generation);
}

static void act_expel_accepted(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	PTT_FAULT("expel-accepted");
	ptt_roster_set_ban(conf->roster, action->subject, true);
	ptt_log(PTT_LOG_INFO, "expelled", "group=%s member=%s", conf->uri,
		ptt_roster_impi(conf->roster, action->subject));
	ptt_pf_event(conf, "expelled", ptt_roster_impi(conf->roster, action->subject));
	ptt_event_expelled(conf, action->subject);
	ptt_conference_answer_expel(conf, action->subject, PTT_OK);
	PTT_FAULT("expel-answered");
}

static void act_expel_refused(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	ptt_log(PTT_LOG_ERROR, "expel-refused", "group=%s member=%s error=%s", conf->uri,
		ptt_roster_impi(conf->roster, action->subject), ptt_err_str(action->err));
	ptt_conference_answer_expel(conf, action->subject, action->err);
}

static void act_bye(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	struct ptt_member *member = ptt_member_of(conf, action->member);
	bool expelled = action->cause == PTT_BYE_EXPELLED;
	struct ptt_dialog *dialog;

	if (member == NULL)
		return;
	ptt_log(PTT_LOG_INFO, expelled ? "bye-expelled" : "bye-failed",
		"group=%s member=%s call_id=%s", conf->uri, ptt_member_name(member),
		member->dialog->call_id);
	if (!expelled)
		ptt_metric_inc_label(PTT_METRIC_LEAVES, "refused");
	dialog = member->dialog;
	ptt_event_left(member, expelled ? PTT_EVENT_BOOTED : PTT_EVENT_FAILED);
	if (member->req != NULL) {
		struct ptt_sip_request *req = member->req;
		bool initial = !member->acked && member->ack_generation == 0;
		struct ptt_sip_answer answer = {.status = 403};

		ptt_member_free(member, true);
		if (ptt_sip_answer(req, &answer) != PTT_OK)
			ptt_log_limited(
				PTT_LOG_WARN, "answer-not-sent", "group=%s status=403", conf->uri);
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

static void act_stage(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(conf->pf->store);

	PTT_FAULT("stage");
	ptt_group_keys_stage(&conf->keys, batch);
	if (ptt_store_commit(batch, PTT_STORE_NORMAL, NULL, NULL) != PTT_OK)
		ptt_log(PTT_LOG_WARN, "msk-not-retired", "group=%s", conf->uri); /* next start */
	ptt_metric_inc_label(PTT_METRIC_REKEYS, ptt_rekey_reason_str(action->reason));
	ptt_log(PTT_LOG_INFO, "rekey", "group=%s reason=%s msk_id=%08x generation=%u members=%u",
		conf->uri, ptt_rekey_reason_str(action->reason), conf->keys.next.msk_id,
		action->generation, ptt_roster_members(conf->roster));
	PTT_FAULT("staged");
}

struct ids_block {
	struct ptt_conference *conf;
	uint32_t msk_id;
};

static void on_ids_durable(void *ctx, enum ptt_err err)
{
	struct ids_block *block = ctx;

	PTT_FAULT("ids-durable");
	if (block->conf->keys.current.msk_id == block->msk_id)
		ptt_group_keys_reserved(&block->conf->keys, err);
	free(block);
}

static void reserve_ids(struct ptt_conference *conf)
{
	struct ids_block *block = malloc(sizeof(*block));
	struct ptt_store_batch *batch;

	if (block == NULL)
		return; /* the next MTK asks again */
	*block = (struct ids_block){.conf = conf, .msk_id = conf->keys.current.msk_id};
	batch = ptt_store_batch_new(conf->pf->store);
	ptt_group_keys_reserve(&conf->keys, batch);
	PTT_FAULT("ids-write");
	if (ptt_store_commit(batch, PTT_STORE_FULL, on_ids_durable, block) != PTT_OK)
		on_ids_durable(block, PTT_ERR_SYSTEM);
}

/* Only under the MSK that the tracker means: never under a former one. */
static enum ptt_err cast_mtk(struct ptt_conference *conf, uint32_t generation)
{
	PTT_SECRET(struct ptt_group_mtk, mtk);
	struct ptt_media_mtk cast = {.mtk = &mtk.mtk};

	if (conf->keys.current.generation != generation)
		return PTT_ERR_NO_KEY;
	PTT_TRY(ptt_group_keys_next_mtk(&conf->keys, &mtk));
	memcpy(cast.mki, mtk.mki, sizeof(cast.mki));
	cast.message = (struct ptt_bytes){mtk.message, mtk.message_len};
	PTT_TRY(PTT_FAULT_ERR("cast"));
	ptt_key_log_put(&conf->pf->key_log, mtk.mki, &mtk.mtk, conf->uri);
	PTT_TRY(ptt_media_set_mtk(conf->channel, &cast));
	PTT_FAULT("cast-done");
	if (ptt_group_keys_needs_block(&conf->keys))
		reserve_ids(conf);
	return PTT_OK;
}

static void act_promote(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	enum ptt_err err = ptt_group_keys_promote(&conf->keys);

	PTT_FAULT("promoted");
	conf->cutover_pending = true;
	if (action->at_ms != 0)
		conf->accepted_ms = (int64_t)action->at_ms;
	if (err == PTT_OK)
		err = cast_mtk(conf, action->generation);
	if (err != PTT_OK)
		tell(conf, PTT_EV_CUTOVER_FAILED, action->generation, err);
}

static void act_new_mtk(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	enum ptt_err err = cast_mtk(conf, action->generation);

	conf->mtk_owed = false;
	if (err == PTT_OK)
		return;
	ptt_log_limited(PTT_LOG_ERROR, "no-mtk", "group=%s generation=%u error=%s", conf->uri,
		action->generation, ptt_err_str(err));
	if (err == PTT_ERR_EXHAUSTED)
		tell(conf, PTT_EV_MTK_EXHAUSTED, 0, err);
	else if (conf->cutover_pending)
		tell(conf, PTT_EV_CUTOVER_FAILED, action->generation,
			err); /* and again in a second */
	else
		conf->mtk_owed = true;
}

static void act_silence(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	ptt_log(PTT_LOG_ERROR, "silence", "group=%s error=%s", conf->uri, ptt_err_str(action->err));
	if (ptt_media_silence(conf->channel) != PTT_OK)
		ptt_log(PTT_LOG_ERROR, "silence-failed", "group=%s", conf->uri);
	if (!conf->silent)
		ptt_metric_set(PTT_METRIC_CHANNELS_SILENT,
			ptt_metric_get(PTT_METRIC_CHANNELS_SILENT, NULL) + 1);
	conf->silent = true;
}

static void on_done_written(void *ctx, enum ptt_err err)
{
	struct ptt_conference *conf = ctx;

	if (err == PTT_OK)
		return;
	conf->unrecorded = true; /* goes with the next intent; a start before that switches again */
	ptt_log(PTT_LOG_ERROR, "rekey-not-recorded", "group=%s", conf->uri);
}

static void act_done(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(conf->pf->store);
	int64_t took_ms = conf->decided_ms != 0 ? ptt_media_now_ms() - conf->decided_ms : 0;

	PTT_FAULT("done");
	put_done(conf, batch);
	if (ptt_store_commit(batch, PTT_STORE_FULL, on_done_written, conf) != PTT_OK)
		on_done_written(conf, PTT_ERR_SYSTEM);
	conf->decided_ms = 0;
	ptt_metric_observe_us(PTT_METRIC_REKEY_SECONDS, (uint64_t)took_ms * 1000);
	ptt_log(PTT_LOG_INFO, "rekeyed",
		"group=%s reason=%s msk_id=%08x generation=%u took_ms=%lld", conf->uri,
		ptt_rekey_reason_str(action->reason), conf->keys.current.msk_id, action->generation,
		(long long)took_ms);
	ptt_pf_event(conf, "rekeyed", NULL);
	PTT_FAULT("done-told");
}

static void act_alarm(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	ptt_log(PTT_LOG_ERROR, "rekey-not-begun", "group=%s reason=%s error=%s", conf->uri,
		ptt_rekey_reason_str(action->reason), ptt_err_str(action->err));
}

/* The MTK of the cut-over has ended the silence on the channel already. */
static void act_unsilence(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	(void)action;
	if (conf->silent)
		ptt_metric_set(PTT_METRIC_CHANNELS_SILENT,
			ptt_metric_get(PTT_METRIC_CHANNELS_SILENT, NULL) - 1);
	conf->silent = false;
}

/* Promotion wiped the former MSK already. */
static void act_retire(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	PTT_FAULT("retired");
	ptt_log(PTT_LOG_DEBUG, "msk-retired", "group=%s generation=%u", conf->uri,
		action->generation);
}

void ptt_rekey_execute(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	static void (*const table[])(struct ptt_conference *, const struct ptt_tracker_action *) = {
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

	table[action->kind](conf, action);
}
