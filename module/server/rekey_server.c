/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tracker's actions, executed. The path of an offer:
 *
 *   OFFER m g -> the dialog is free -> the MUK is free -> window -> one batch ("sent to", counters) -> durable
 *   -> sealed under the MUK -> re-INVITE
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "module/ops/log.h"
#include "module/server/pf.h"

#define RETRY_MS       1000
#define COUNTERS_AHEAD 8u /* values of T that shall be free before a message is sealed */

/* Offers gathered in one turn of the tracker, and the keys whose counters their batch reserves. */
struct ptt_window {
	struct ptt_conference *conf;
	size_t count, key_count;
	struct {
		uint32_t handle, generation, cseq, o_version;
	} offer[PTT_WINDOW_MAX];
	struct ptt_user_key *key[PTT_WINDOW_MAX];
};

/* --- offers --- */

static void tell(struct ptt_conference *conf, enum ptt_tracker_event_kind kind, uint32_t generation, enum ptt_err err)
{
	struct ptt_tracker_event event = {.kind = kind, .generation = generation, .err = err};

	ptt_conference_tell(conf, &event);
}

static void send_zeroed(struct ptt_member *member)
{
	struct ptt_member_body body = {0};

	ptt_media_plan_zero_channel(&member->plan);
	if (ptt_member_write_body(member, &body) != PTT_OK ||
		ptt_sip_offer(member->dialog, body.text, body.len, 0) != PTT_OK)
		ptt_log_limited(PTT_LOG_WARN, "channel-not-taken-out", "group=%s member=%s", member->conf->uri,
			ptt_member_name(member));
	member->zeroing = false;
}

void ptt_rekey_try_offer(struct ptt_member *member)
{
	struct ptt_conference *conf = member->conf;

	if (conf->stopped || member->in_window || !member->acked || member->req != NULL ||
		!ptt_sip_can_offer(member->dialog))
		return;
	if (member->offer_generation == 0) {
		if (member->zeroing)
			send_zeroed(member);
		return;
	}
	if (member->key == NULL || !ptt_user_key_take(member->key, &member->turn, ptt_media_now_ms()))
		return;
	if (conf->window != NULL && conf->window->count == PTT_WINDOW_MAX)
		ptt_rekey_flush(conf);
	if (conf->window == NULL)
		conf->window = calloc(1, sizeof(*conf->window));
	if (conf->window == NULL) {
		conf->window_failed = true;
		conf->retry_ms = ptt_media_now_ms() + RETRY_MS;
		return;
	}
	conf->window->conf = conf;
	conf->window->offer[conf->window->count].handle = member->handle;
	conf->window->offer[conf->window->count].generation = member->offer_generation;
	conf->window->count++;
	member->in_window = true;
	if (!conf->stepping)
		ptt_rekey_flush(conf);
}

/* What could not be sent is told to the tracker, which tries again or gives up. */
static void offer_failed(struct ptt_member *member, enum ptt_err err)
{
	struct ptt_tracker_event event = {.kind = PTT_EV_OTHER_FAIL, .member = member->handle, .err = err};

	ptt_metric_inc_label(PTT_METRIC_OFFERS, "failed");
	ptt_log_limited(PTT_LOG_WARN, "offer-failed", "group=%s member=%s call_id=%s error=%s", member->conf->uri,
		ptt_member_name(member), member->dialog->call_id, ptt_err_str(err));
	member->offer_generation = 0;
	ptt_member_release_key(member);
	ptt_conference_tell(member->conf, &event);
}

static void send_offer(struct ptt_member *member, uint32_t generation)
{
	struct ptt_member_body body = {.generation = generation};
	enum ptt_err err;

	if (member->offer_generation != generation || !ptt_sip_can_offer(member->dialog)) {
		ptt_rekey_try_offer(member); /* a newer one is due, or the member began something */
		return;
	}
	err = ptt_media_plan_add_channel(&member->plan);
	if (err == PTT_OK)
		err = ptt_member_write_body(member, &body);
	if (err == PTT_OK)
		err = ptt_sip_offer(member->dialog, body.text, body.len, generation);
	if (err == PTT_ERR_BUSY)
		return; /* on_ready comes */
	if (err != PTT_OK) {
		offer_failed(member, err);
		return;
	}
	member->offer_generation = 0;
	ptt_metric_inc_label(PTT_METRIC_OFFERS, "sent");
	ptt_log(PTT_LOG_DEBUG, "offer", "group=%s member=%s generation=%u call_id=%s", member->conf->uri,
		ptt_member_name(member), generation, member->dialog->call_id);
}

static void on_window_durable(void *ctx, enum ptt_err err)
{
	struct ptt_window *window = ctx;
	struct ptt_conference *conf = window->conf;

	for (size_t i = 0; i < window->key_count; i++) {
		ptt_user_key_reserved(window->key[i], err);
		ptt_user_key_unref(&conf->pf->user_keys, window->key[i]);
	}
	if (err != PTT_OK) {
		conf->window_failed = true;
		conf->retry_ms = ptt_media_now_ms() + RETRY_MS;
		ptt_log_limited(PTT_LOG_ERROR, "keys-held-back", "group=%s offers=%zu error=%s", conf->uri,
			window->count, ptt_err_str(err));
		if (!conf->stopped)
			tell(conf, PTT_EV_TIMER, 0, PTT_OK); /* arms the retry */
	}
	for (size_t i = 0; i < window->count; i++) {
		struct ptt_member *member = ptt_member_of(conf, window->offer[i].handle);

		if (member == NULL)
			continue;
		member->in_window = false;
		if (err == PTT_OK && window->offer[i].cseq != 0)
			ptt_dialog_set_reserved(member->dialog, window->offer[i].cseq, window->offer[i].o_version);
		if (err == PTT_OK && !conf->stopped)
			send_offer(member, window->offer[i].generation);
	}
	free(window);
}

static void add_to_batch(struct ptt_window *window, size_t i, struct ptt_store_batch *batch)
{
	struct ptt_conference *conf = window->conf;
	struct ptt_member *member = ptt_member_of(conf, window->offer[i].handle);
	uint32_t subject;

	if (member == NULL)
		return;
	subject = ptt_roster_subject_of(conf->roster, member->handle);
	ptt_batch_add_sent(batch, conf->uri, window->offer[i].generation, ptt_roster_impi(conf->roster, subject));
	if (ptt_user_key_needs_block(member->key, COUNTERS_AHEAD)) {
		ptt_user_key_reserve(member->key, batch);
		window->key[window->key_count++] = member->key;
	}
	if (ptt_dialog_needs_reserve(member->dialog)) {
		struct ptt_dialog *dialog = member->dialog;

		window->offer[i].cseq = dialog->cseq_reserved + PTT_STORE_BLOCK;
		window->offer[i].o_version = dialog->o_version_reserved + PTT_STORE_BLOCK;
		ptt_pf_reserve_dialog(dialog, window->offer[i].cseq, window->offer[i].o_version, batch);
	}
}

void ptt_rekey_flush(struct ptt_conference *conf)
{
	struct ptt_window *window = conf->window;
	struct ptt_store_batch *batch;
	enum ptt_err err;

	if (window == NULL)
		return;
	conf->window = NULL;
	batch = ptt_store_batch_new(conf->pf->store);
	for (size_t i = 0; i < window->count; i++)
		add_to_batch(window, i, batch);
	err = ptt_store_commit(batch, PTT_STORE_FULL, on_window_durable, window);
	if (err != PTT_OK)
		on_window_durable(window, err);
}

void ptt_rekey_retry(struct ptt_conference *conf, int64_t now_ms)
{
	uint32_t handle = PTT_HANDLE_NONE;

	(void)now_ms;
	conf->window_failed = false;
	while ((handle = ptt_roster_next_member(conf->roster, handle)) != PTT_HANDLE_NONE)
		ptt_rekey_try_offer(ptt_member_of(conf, handle));
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
};

static void on_persisted(void *ctx, enum ptt_err err)
{
	struct persist *persist = ctx;

	if (!persist->conf->stopped)
		tell(persist->conf, err == PTT_OK ? PTT_EV_PERSISTED : PTT_EV_PERSIST_FAILED, persist->generation, err);
	free(persist);
}

static void act_new_msk(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	conf->make_err = ptt_group_keys_make(&conf->keys, action->generation);
	conf->decided_ms = ptt_media_now_ms();
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

static enum ptt_err write_intent(struct ptt_conference *conf, const struct ptt_tracker_action *action,
	struct persist *persist)
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

	for (size_t i = 0; i < conf->ban_count; i++)
		ptt_batch_put_ban(batch, conf->uri, ptt_roster_impi(conf->roster, conf->bans[i]), time(NULL));
	if (action->generation != 0) {
		err = ptt_group_keys_put(&conf->keys, batch);
		ptt_batch_put_intent(batch, &intent);
	}
	if (err != PTT_OK) {
		ptt_store_batch_free(batch);
		return err;
	}
	return ptt_store_commit(batch, PTT_STORE_FULL, on_persisted, persist);
}

static void act_persist(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	struct persist *persist = malloc(sizeof(*persist));
	enum ptt_err err = persist == NULL ? PTT_ERR_SYSTEM : conf->make_err;

	if (persist != NULL)
		*persist = (struct persist){.conf = conf, .generation = action->generation};
	if (err == PTT_OK)
		err = write_intent(conf, action, persist);
	conf->ban_count = 0;
	conf->make_err = PTT_OK;
	if (err == PTT_OK)
		return;
	free(persist);
	tell(conf, PTT_EV_PERSIST_FAILED, action->generation, err);
}

static void act_drop(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	ptt_group_keys_drop(&conf->keys);
	ptt_log(PTT_LOG_ERROR, "msk-dropped", "group=%s generation=%u", conf->uri, action->generation);
}

void ptt_rekey_answer_expel(struct ptt_conference *conf, uint32_t subject, enum ptt_err err)
{
	struct ptt_expel_wait **link = &conf->waits, *mine = NULL;

	while (*link != NULL) {
		struct ptt_expel_wait *wait = *link;

		if (wait->subject != subject) {
			link = &wait->next;
			continue;
		}
		*link = wait->next;
		wait->next = mine;
		mine = wait;
	}
	while (mine != NULL) {
		struct ptt_expel_wait *wait = mine;

		mine = wait->next;
		if (wait->fn != NULL)
			wait->fn(wait->ctx, err);
		free(wait);
	}
}

static void act_expel_accepted(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	ptt_roster_set_ban(conf->roster, action->subject, true);
	ptt_log(PTT_LOG_INFO, "expelled", "group=%s member=%s", conf->uri,
		ptt_roster_impi(conf->roster, action->subject));
	ptt_rekey_answer_expel(conf, action->subject, PTT_OK);
}

static void act_expel_refused(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	ptt_log(PTT_LOG_ERROR, "expel-refused", "group=%s member=%s error=%s", conf->uri,
		ptt_roster_impi(conf->roster, action->subject), ptt_err_str(action->err));
	ptt_rekey_answer_expel(conf, action->subject, action->err);
}

static void act_bye(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	struct ptt_member *member = ptt_member_of(conf, action->member);
	bool expelled = action->cause == PTT_BYE_EXPELLED;
	struct ptt_dialog *dialog;

	if (member == NULL)
		return;
	ptt_log(PTT_LOG_INFO, expelled ? "bye-expelled" : "bye-failed", "group=%s member=%s call_id=%s", conf->uri,
		ptt_member_name(member), member->dialog->call_id);
	dialog = member->dialog;
	if (member->req != NULL) {
		struct ptt_sip_request *req = member->req;
		bool initial = !member->acked && member->ack_generation == 0;
		struct ptt_sip_answer answer = {.status = 403};

		ptt_member_free(member, true);
		if (ptt_sip_answer(req, &answer) != PTT_OK || initial)
			return; /* the dialog ends with its INVITE */
	} else {
		ptt_member_free(member, true);
	}
	ptt_sip_bye(dialog, expelled ? PTT_REASON_HEADER_EXPELLED : NULL);
}

/* --- the switch --- */

static void act_stage(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(conf->pf->store);

	ptt_group_keys_stage(&conf->keys, batch);
	if (ptt_store_commit(batch, PTT_STORE_NORMAL, NULL, NULL) != PTT_OK)
		ptt_log(PTT_LOG_WARN, "msk-not-retired", "group=%s", conf->uri); /* deleted at the next start */
	ptt_metric_inc_label(PTT_METRIC_REKEYS, ptt_pf_reason_label(action->reason));
	ptt_log(PTT_LOG_INFO, "rekey", "group=%s reason=%s msk_id=%08x generation=%u members=%u", conf->uri,
		ptt_rekey_reason_str(action->reason), conf->keys.next.msk_id, action->generation,
		ptt_roster_members(conf->roster));
}

static void on_ids_durable(void *ctx, enum ptt_err err)
{
	struct ptt_conference *conf = ctx;

	ptt_group_keys_reserved(&conf->keys, err);
}

static enum ptt_err cast_mtk(struct ptt_conference *conf)
{
	PTT_SECRET(struct ptt_group_mtk, mtk);
	struct ptt_media_mtk cast = {.mtk = &mtk.mtk};
	struct ptt_store_batch *batch;

	PTT_TRY(ptt_group_keys_next_mtk(&conf->keys, &mtk));
	memcpy(cast.mki, mtk.mki, sizeof(cast.mki));
	cast.message = (struct ptt_bytes){mtk.message, mtk.message_len};
	PTT_TRY(ptt_media_set_mtk(conf->channel, &cast));
	if (!ptt_group_keys_needs_block(&conf->keys))
		return PTT_OK;
	batch = ptt_store_batch_new(conf->pf->store);
	ptt_group_keys_reserve(&conf->keys, batch);
	if (ptt_store_commit(batch, PTT_STORE_FULL, on_ids_durable, conf) != PTT_OK)
		ptt_group_keys_reserved(&conf->keys, PTT_ERR_SYSTEM);
	return PTT_OK;
}

static void act_promote(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	enum ptt_err err = ptt_group_keys_promote(&conf->keys);

	conf->cutover_pending = true;
	if (action->at_ms != 0)
		conf->accepted_ms = (int64_t)action->at_ms;
	if (err == PTT_OK)
		err = cast_mtk(conf);
	if (err != PTT_OK)
		tell(conf, PTT_EV_CUTOVER_FAILED, action->generation, err);
}

static void act_new_mtk(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	enum ptt_err err = cast_mtk(conf);

	if (err == PTT_ERR_EXHAUSTED)
		tell(conf, PTT_EV_MTK_EXHAUSTED, 0, err);
	else if (err != PTT_OK)
		ptt_log_limited(PTT_LOG_ERROR, "no-mtk", "group=%s generation=%u error=%s", conf->uri,
			action->generation, ptt_err_str(err));
}

static void act_silence(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	ptt_log(PTT_LOG_ERROR, "silence", "group=%s error=%s", conf->uri, ptt_err_str(action->err));
	if (ptt_media_silence(conf->channel) != PTT_OK)
		ptt_log(PTT_LOG_ERROR, "silence-failed", "group=%s", conf->uri);
	if (!conf->silent)
		ptt_metric_set(PTT_METRIC_CHANNELS_SILENT, ptt_metric_get(PTT_METRIC_CHANNELS_SILENT, NULL) + 1);
	conf->silent = true;
}

static void act_done(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(conf->pf->store);
	int64_t took_ms = conf->decided_ms != 0 ? ptt_media_now_ms() - conf->decided_ms : 0;

	ptt_group_keys_done(&conf->keys, batch);
	ptt_batch_del_intent(batch, conf->uri);
	if (ptt_store_commit(batch, PTT_STORE_FULL, NULL, NULL) != PTT_OK)
		ptt_log(PTT_LOG_ERROR, "rekey-not-recorded", "group=%s", conf->uri); /* the next start does it again */
	conf->decided_ms = 0;
	ptt_metric_observe_us(PTT_METRIC_REKEY_SECONDS, (uint64_t)took_ms * 1000);
	ptt_log(PTT_LOG_INFO, "rekeyed", "group=%s reason=%s msk_id=%08x generation=%u took_ms=%lld", conf->uri,
		ptt_rekey_reason_str(action->reason), conf->keys.current.msk_id, action->generation,
		(long long)took_ms);
}

static void act_alarm(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	ptt_log(PTT_LOG_ERROR, "rekey-not-begun", "group=%s reason=%s error=%s", conf->uri,
		ptt_rekey_reason_str(action->reason), ptt_err_str(action->err));
}

static void act_nothing(struct ptt_conference *conf, const struct ptt_tracker_action *action)
{
	(void)conf; /* promotion wiped the old MSK already; the next MTK ends a silence */
	(void)action;
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
		[PTT_ACT_UNSILENCE] = act_nothing,
		[PTT_ACT_RETIRE] = act_nothing,
		[PTT_ACT_DONE] = act_done,
		[PTT_ACT_NEW_MTK] = act_new_mtk,
		[PTT_ACT_ALARM] = act_alarm,
	};

	table[action->kind](conf, action);
}
