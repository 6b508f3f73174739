/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/ue/ue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "module/base/clock.h"
#include "module/ue/ue_boot.h"
#include "module/ue/ue_event.h"
#include "module/ue/ue_setup.h"

static void fatal(struct ptt_ue *ue, int status, const char *text)
{
	ptt_ue_event_failure(ue->events, "sip", status, text, true);
	ue->exit = PTT_UE_EXIT_ERROR;
}

/* The event of the end carries the statistics. */
static void last_event(struct ptt_ue *ue, const char *name, int status, const char *text)
{
	json_t *fields = json_pack("{s:i, s:o, s:b}", "status", status, "text",
		ptt_ue_event_text(text), "hostile", ue->config->hostile);

	if (fields && ue->media)
		ptt_ue_media_stats(ue->media, fields);
	ptt_ue_event(ue->events, name, fields);
}

static void finish(struct ptt_ue *ue)
{
	ue->over = true;
	su_root_break(ue->root);
}

/* --- the dialog --- */

static void on_joined(void *ctx, const char *call_id)
{
	struct ptt_ue *ue = ctx;

	ptt_ue_event(ue->events, "joined",
		json_pack("{s:s, s:s, s:s}", "group", ue->config->group, "impu", ue->config->impu,
			"call_id", call_id));
}

static const char *change_text(const struct ptt_rekey_msk *msk)
{
	if (msk->repeated)
		return "repeated";
	switch (msk->change) {
	case PTT_KEYRING_NEW_MSK:
		return "new";
	case PTT_KEYRING_RAISED:
		return "raised";
	case PTT_KEYRING_REVOKED:
		return "revoked";
	default:
		return "unchanged";
	}
}

static void msk_event(struct ptt_ue *ue, const struct ptt_rekey_msk *msk)
{
	char id[9];

	snprintf(id, sizeof(id), "%08x", (unsigned)msk->msk_id);
	ptt_ue_event(ue->events, "msk",
		json_pack("{s:s, s:o, s:I, s:s, s:s, s:s}", "msk_id", id, "key_domain",
			ptt_ue_event_hex(msk->key_domain, sizeof(msk->key_domain)), "counter",
			(json_int_t)msk->counter, "change", change_text(msk), "btid", msk->btid,
			"suite", ptt_suite_def(msk->suite)->name));
}

static void channel_open(struct ptt_ue *ue, const struct ptt_channel_sdp *channel)
{
	char address[PTT_SDP_ADDR_TEXT_LEN], source[PTT_SDP_ADDR_TEXT_LEN];
	enum ptt_err err;

	errno = 0;
	err = ptt_ue_media_set_channel(ue->media, channel);

	if (err != PTT_OK) {
		ptt_ue_event_error(ue->events, "channel", ue->config->interface, err, false);
		return;
	}
	ptt_ue_event(ue->events, "channel-joined",
		json_pack("{s:s, s:i, s:i, s:i, s:s, s:s}", "address",
			ptt_sdp_addr_text(address, &channel->group), "audio_port",
			channel->audio_port, "floor_port", channel->floor_port, "key_port",
			channel->key_port, "source", ptt_sdp_addr_text(source, &channel->source),
			"codec", channel->codec.name));
}

static void on_result(void *ctx, const struct ptt_ue_result *res)
{
	struct ptt_ue *ue = ctx;
	const struct ptt_channel_sdp *channel = ptt_ue_session_channel(ue->session);

	if (res->status != 200 || res->warning)
		ptt_ue_event_failure(ue->events, res->warning ? "msk" : "sdp", res->status,
			ptt_err_str(res->err), false);
	if (res->status == 200)
		ptt_ue_media_set_plan(ue->media, ptt_ue_session_plan(ue->session));
	if (res->channel_gone && ptt_ue_media_set_channel(ue->media, NULL) != PTT_OK)
		ptt_ue_event_failure(ue->events, "channel", 0, "cannot close", false);
	if (res->channel_new && channel)
		channel_open(ue, channel);
	if (res->has_msk && res->msk.change == PTT_KEYRING_REVOKED)
		ptt_ue_media_revoke(ue->media, res->msk.msk_id);
	if (res->has_msk)
		msk_event(ue, &res->msk);
}

static void on_key_missing(void *ctx)
{
	struct ptt_ue *ue = ctx;

	if (ue->sip && ptt_ue_session_channel(ue->session))
		ptt_sip_client_pull(ue->sip, ptt_clock_ms());
}

static void keys_drop(struct ptt_ue *ue)
{
	ptt_ue_media_stop(ue->media, ptt_clock_ms());
	ptt_rekey_client_drop_keys(ue->keys);
}

static void on_end(void *ctx, enum ptt_sip_end why, int status, const char *text)
{
	struct ptt_ue *ue = ctx;
	bool stay = ue->config->hostile && !ue->stopping && why == PTT_SIP_END_EXPELLED;

	ue->dialog_over = true;
	keys_drop(ue);
	if (why == PTT_SIP_END_ERROR)
		fatal(ue, status, text);
	else
		last_event(ue, why == PTT_SIP_END_EXPELLED ? "expelled" : "left", status, text);
	if (!stay)
		finish(ue);
}

static const struct ptt_sip_client_ops sip_ops = {
	.get_password = ptt_ue_boot_password,
	.on_joined = on_joined,
	.on_result = on_result,
	.on_end = on_end,
};

/* --- time and signals --- */

static void stop(struct ptt_ue *ue)
{
	if (ue->stopping) {
		finish(ue); /* the second request ends at once */
		return;
	}
	ue->stopping = true;
	ue->stop_at_ms = INT64_MAX;
	if (!ue->dialog_over) {
		ptt_sip_client_leave(ue->sip, ptt_clock_ms());
		return;
	}
	last_event(ue, "left", 0, "left"); /* hostile: the dialog ended earlier */
	finish(ue);
}

static int on_signal(su_root_magic_t *magic, su_wait_t *wait, su_wakeup_arg_t *arg)
{
	struct ptt_ue *ue = (struct ptt_ue *)(void *)arg;
	struct signalfd_siginfo info;

	(void)magic;
	(void)wait;
	if (read(ue->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		stop(ue);
	return 0;
}

static void command_floor(struct ptt_ue *ue, enum ptt_ue_command command, uint8_t priority)
{
	enum ptt_err err = PTT_OK;

	if (command == PTT_UE_COMMAND_TALK)
		err = ptt_ue_media_request(ue->media, priority, ptt_clock_ms());
	else if (command == PTT_UE_COMMAND_RELEASE)
		ptt_ue_media_release(ue->media, ptt_clock_ms());
	else
		ptt_ue_media_query(ue->media);
	if (err != PTT_OK)
		ptt_ue_event_failure(ue->events, "talk", 0, ptt_err_str(err), false);
}

static void command_stats(struct ptt_ue *ue)
{
	json_t *fields = json_object();

	ptt_ue_media_stats(ue->media, fields);
	ptt_ue_event(ue->events, "stats", fields);
}

static void on_command(void *ctx, enum ptt_ue_command command, uint8_t priority, const char *text)
{
	struct ptt_ue *ue = ctx;

	switch (command) {
	case PTT_UE_COMMAND_TALK:
	case PTT_UE_COMMAND_RELEASE:
	case PTT_UE_COMMAND_QUEUE:
		if (!ue->dialog_over && !ue->stopping)
			command_floor(ue, command, priority);
		break;
	case PTT_UE_COMMAND_PULL:
		ptt_sip_client_pull(ue->sip, ptt_clock_ms());
		break;
	case PTT_UE_COMMAND_STATS:
		command_stats(ue);
		break;
	case PTT_UE_COMMAND_LEAVE:
		stop(ue);
		break;
	case PTT_UE_COMMAND_NONE:
		break;
	case PTT_UE_COMMAND_UNKNOWN:
		ptt_ue_event_failure(ue->events, "command", 0, text, false);
		break;
	}
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void on_tick(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
	struct ptt_ue *ue = (struct ptt_ue *)(void *)arg;
	int64_t now_ms = ptt_clock_ms(), due_ms;

	(void)magic;
	ptt_ue_media_tick(ue->media, now_ms);
	ptt_ue_boot_tick(ue, now_ms);
	ptt_sip_client_tick(ue->sip, now_ms);
	if (ue->stop_at_ms <= now_ms)
		stop(ue);
	due_ms = earlier(ptt_ue_media_due_ms(ue->media), ptt_sip_client_due_ms(ue->sip));
	due_ms = earlier(earlier(due_ms, ue->stop_at_ms), now_ms + PTT_UE_TICK_MS) - now_ms;
	su_timer_set_interval(timer, on_tick, arg, due_ms > 1 ? (su_duration_t)due_ms : 1);
}

static void run(struct ptt_ue *ue)
{
	static const struct ptt_ue_hooks hooks = {
		.sip = &sip_ops,
		.on_key_missing = on_key_missing,
		.on_command = on_command,
		.on_signal = on_signal,
	};
	struct ptt_ue_step at = {"", ""};
	enum ptt_err err = ptt_ue_setup(ue, &hooks, &at);

	if (err != PTT_OK) {
		ptt_ue_event_error(ue->events, at.what, at.name, err, true);
		ue->exit = PTT_UE_EXIT_ERROR;
		return;
	}
	if (ptt_ue_boot(ue) != PTT_OK) {
		ue->exit = PTT_UE_EXIT_ERROR;
		return;
	}
	if (ue->config->for_s > 0)
		ue->stop_at_ms = ptt_clock_ms() + (int64_t)(ue->config->for_s * 1000);
	if (ptt_sip_client_join(ue->sip) != PTT_OK) {
		fatal(ue, 0, "cannot send INVITE");
		return;
	}
	su_timer_set_interval(ue->timer, on_tick, (su_timer_arg_t *)(void *)ue, 1);
	while (!ue->over)
		su_root_step(ue->root, PTT_UE_TICK_MS);
}

enum ptt_ue_exit ptt_ue_run(const struct ptt_ue_config *config, FILE *events)
{
	struct ptt_ue *ue = calloc(1, sizeof(*ue));
	enum ptt_ue_exit status;

	if (!ue)
		return PTT_UE_EXIT_ERROR;
	ue->config = config;
	ue->events = events;
	ue->signal_fd = ue->signal_index = ue->input.watch.index = -1;
	ue->stop_at_ms = ue->renew.at_ms = INT64_MAX;
	run(ue);
	status = ue->exit;
	ptt_ue_teardown(ue);
	free(ue);
	return status;
}
