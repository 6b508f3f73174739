/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an operator, an owner or a new configuration asks of a group. */
#include <stdlib.h>
#include <string.h>

#include "module/base/clock.h"
#include "module/base/fault_point.h"
#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/group/event_package.h"
#include "module/group/group_int.h"
#include "module/store/store_read.h"

uint32_t ptt_group_find_subject(struct ptt_group *group, const char *impu_or_impi)
{
	uint32_t subject = ptt_roster_find(group->roster, impu_or_impi);
	struct ptt_subscriber_row *row;
	enum ptt_err err;

	if (subject != PTT_HANDLE_NONE)
		return subject;
	row = calloc(1, sizeof(*row));
	if (!row)
		return PTT_HANDLE_NONE;
	err = ptt_store_find_subscriber(group->env->store, row, impu_or_impi);
	if (err == PTT_ERR_NO_KEY)
		err = ptt_store_get_subscriber(group->env->store, row, impu_or_impi);
	if (err == PTT_OK && ptt_roster_subject(&subject, group->roster, row->impi) == PTT_OK)
		for (size_t i = 0; i < row->impu_count; i++)
			if (ptt_roster_add_impu(group->roster, subject, row->impu[i]) != PTT_OK)
				ptt_log(PTT_LOG_WARN, "identity-taken", "group=%s impu=%s",
					group->uri, row->impu[i]);
	ptt_wipe(row, sizeof(*row));
	free(row);
	return subject;
}

void ptt_group_expel(struct ptt_group *group, uint32_t subject, const char *source,
	const struct ptt_expel_wait *wait)
{
	struct ptt_tracker_event event = {.kind = PTT_EV_EXPEL, .subject = subject};
	struct ptt_expel_wait *copy = malloc(sizeof(*copy));
	enum ptt_err err;

	if (!copy) {
		if (wait->fn)
			wait->fn(wait->ctx, PTT_ERR_SYSTEM);
		return;
	}
	*copy = *wait;
	copy->subject = subject;
	copy->next = group->waits;
	group->waits = copy;
	PTT_FAULT("expel-asked");
	if (!ptt_roster_is_banned(group->roster, subject))
		ptt_metric_inc_label(PTT_METRIC_EXPULSIONS, source);
	ptt_log(PTT_LOG_INFO, "expel", "group=%s member=%s source=%s", group->uri,
		ptt_roster_impi(group->roster, subject), source);
	err = ptt_group_feed(group, &event);
	if (err != PTT_OK)
		ptt_group_expel_decided(group, subject, err);
}

struct admission {
	struct ptt_group *group;
	struct ptt_expel_wait wait;
};

static void on_admitted(void *ctx, enum ptt_err err)
{
	struct admission *admission = ctx;
	struct ptt_group *group = admission->group;
	struct ptt_tracker_event event = {.kind = PTT_EV_ADMIT, .subject = admission->wait.subject};

	PTT_FAULT("admit-durable");
	if (err == PTT_OK)
		err = ptt_group_feed(group, &event); /* BUSY when the module stops */
	if (err == PTT_OK) {
		ptt_roster_set_ban(group->roster, event.subject, false);
		ptt_log(PTT_LOG_INFO, "admitted", "group=%s member=%s", group->uri,
			ptt_roster_impi(group->roster, event.subject));
		ptt_group_announce(
			group, "admitted", ptt_roster_impi(group->roster, event.subject));
	}
	admission->wait.fn(admission->wait.ctx, err);
	PTT_FAULT("admitted");
	free(admission);
}

void ptt_group_admit(struct ptt_group *group, uint32_t subject, const struct ptt_expel_wait *wait)
{
	struct admission *admission = malloc(sizeof(*admission));
	struct ptt_store_batch *batch;
	enum ptt_err err = PTT_ERR_SYSTEM;

	if (admission) {
		*admission = (struct admission){.group = group, .wait = *wait};
		admission->wait.subject = subject;
		batch = ptt_store_batch_new(group->env->store);
		ptt_batch_del_ban(batch, group->uri, ptt_roster_impi(group->roster, subject));
		PTT_FAULT("admit-write");
		err = ptt_store_commit(batch, PTT_STORE_FULL, on_admitted, admission);
	}
	if (err != PTT_OK) {
		free(admission);
		wait->fn(wait->ctx, err);
	}
}

static bool still_member(const struct ptt_group *group, uint32_t subject)
{
	const char *impu;

	for (size_t i = 0; (impu = ptt_roster_impu(group->roster, subject, i)) != NULL; i++)
		if (ptt_config_is_member(group->config, impu))
			return true;
	return false;
}

/* Who talks now talks on; who may only listen from now on is told to stop. */
static void reconfigure_floor(struct ptt_group *group)
{
	struct ptt_floor_policy floor = ptt_group_floor(&group->config->floor);
	uint32_t handle = PTT_HANDLE_NONE;

	if (ptt_media_channel_set_floor(group->channel, &floor) != PTT_OK)
		ptt_log(PTT_LOG_ERROR, "floor-not-reloaded", "group=%s", group->uri);
	while ((handle = ptt_roster_next_member(group->roster, handle)) != PTT_HANDLE_NONE)
		if (ptt_member_of(group, handle)->endpoint)
			ptt_member_set_peer(ptt_member_of(group, handle));
}

void ptt_group_reconfigure(struct ptt_group *group, const struct ptt_config_group *config)
{
	struct ptt_tracker_event tick = {.kind = PTT_EV_TIMER};
	struct ptt_media_channel_times times = {.mtk_lead_ms = config->policy.mtk_lead_ms,
		.mtk_repeat_ms = config->policy.mtk_repeat_ms,
		.mtk_packets = config->policy.mtk_packets};
	struct ptt_expel_wait nobody = {0};
	uint32_t subject = PTT_HANDLE_NONE;

	group->config = config;
	group->keys.profile.naf_fqdn = group->env->config->naf.fqdn;
	ptt_media_channel_set_times(group->channel, &times);
	ptt_roster_set_max(group->roster, config->max_members);
	ptt_tracker_set_policy(group->tracker, &config->policy, (uint64_t)ptt_clock_ms());
	while ((subject = ptt_roster_next_subject(group->roster, subject)) != PTT_HANDLE_NONE)
		if (ptt_roster_next_of(group->roster, subject, PTT_HANDLE_NONE) !=
				PTT_HANDLE_NONE &&
			!still_member(group, subject))
			ptt_group_expel(group, subject, "config", &nobody);
	reconfigure_floor(group);
	ptt_event_reconfigured(group);
	ptt_group_feed_or_log(group, &tick); /* the policy's times may have changed */
}
