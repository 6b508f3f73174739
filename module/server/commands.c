/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an operator asks for over the control socket. Arguments: {"group":URI,"member":IMPU or IMPI}. */
#include <stdio.h>
#include <string.h>

#include "module/base/clock.h"
#include "module/base/log.h"
#include "module/server/server.h"

static const char *text_of(const json_t *args, const char *name)
{
	return json_string_value(json_object_get(args, name));
}

static struct ptt_group *group_of(
	const struct ptt_server *server, struct ptt_control_reply *reply, const json_t *args)
{
	const char *uri = text_of(args, "group");
	struct ptt_group *group = uri ? ptt_groups_find(&server->env, uri) : NULL;

	if (!group)
		ptt_control_error(reply, PTT_ERR_NO_KEY, uri ? "no such group" : "which group?");
	return group;
}

static const char *id_text(char out[9], uint32_t msk_id)
{
	snprintf(out, 9, "%08x", msk_id);
	return out;
}

static json_t *group_json(const struct ptt_group *group)
{
	struct ptt_tracker_status status = ptt_tracker_status(group->tracker);
	const struct ptt_msk_slot *current = &group->keys.current;
	char id[9];

	return json_pack("{s:s, s:i, s:i, s:s, s:i, s:i, s:s, s:i, s:i, s:b, s:b}", "group",
		group->uri, "members", (int)ptt_roster_members(group->roster), "bans",
		(int)ptt_roster_bans(group->roster), "msk_id",
		current->live ? id_text(id, current->msk_id) : "", "generation",
		(int)current->generation, "mtk_id",
		(int)(current->live ? current->mtk_next - 1 : 0), "state", status.state,
		"unsettled", (int)status.unsettled, "in_flight", (int)status.in_flight, "silent",
		status.silent, "rekeying", strcmp(status.state, "stable") != 0);
}

static json_t *groups_json(const struct ptt_server *server)
{
	json_t *groups = json_array();

	for (const struct ptt_group *group = server->env.groups; group; group = group->next_group)
		json_array_append_new(groups, group_json(group));
	return groups;
}

static void on_status(void *ctx, struct ptt_control_reply *reply, const json_t *args)
{
	const struct ptt_server *server = ctx;
	struct ptt_media_stats media;

	(void)args;
	ptt_media_get_stats(server->env.media, &media);
	ptt_control_ok(reply,
		json_pack("{s:s, s:f, s:b, s:b, s:i, s:I, s:I, s:o}", "version", PACKAGE_VERSION,
			"uptime_s", (double)(ptt_clock_ms() - server->started_ms) / 1000,
			"draining", server->drain_until_ms != 0, "store_failing",
			ptt_store_is_failing(server->env.store), "members",
			(int)ptt_groups_member_count(&server->env), "srtp_packets",
			(json_int_t)media.srtp_protected, "mtk_messages",
			(json_int_t)media.mtk_messages_sent, "groups", groups_json(server)));
}

static void on_groups(void *ctx, struct ptt_control_reply *reply, const json_t *args)
{
	(void)args;
	ptt_control_ok(reply, json_pack("{s:o}", "groups", groups_json(ctx)));
}

static json_t *member_json(const struct ptt_group *group, const struct ptt_member *member)
{
	uint32_t answered = ptt_tracker_member_generation(group->tracker, member->handle);
	const struct ptt_msk_slot *slot = ptt_group_keys_of(&group->keys, answered);
	const struct ptt_dialog *dialog = member->dialog;
	char id[9];

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:b, s:I, s:s}", "impu", dialog->impu,
		"impi", dialog->impi, "btid", member->muk ? member->muk->btid : "", "channel",
		member->plan.channel == PTT_CHANNEL_ON ? "multicast" : "unicast", "msk_id",
		slot ? id_text(id, slot->msk_id) : "", "generation", (int)answered, "settled",
		answered != 0 && answered == ptt_tracker_newest(group->tracker), "joined_utc_s",
		(json_int_t)member->joined_utc_s, "call_id", dialog->call_id);
}

static void on_members(void *ctx, struct ptt_control_reply *reply, const json_t *args)
{
	struct ptt_group *group = group_of(ctx, reply, args);
	uint32_t handle = PTT_HANDLE_NONE;
	json_t *members;

	if (!group)
		return;
	members = json_array();
	while ((handle = ptt_roster_next_member(group->roster, handle)) != PTT_HANDLE_NONE)
		json_array_append_new(members, member_json(group, ptt_member_of(group, handle)));
	ptt_control_ok(reply, json_pack("{s:s, s:o}", "group", group->uri, "members", members));
}

static void on_decided(void *ctx, enum ptt_err err)
{
	if (err == PTT_OK)
		ptt_control_ok(ctx, NULL);
	else
		ptt_control_error(ctx, err,
			err == PTT_ERR_SYSTEM ? "the store cannot be written: nothing was done"
					      : ptt_err_str(err));
}

static void on_subject(
	struct ptt_server *server, struct ptt_control_reply *reply, const json_t *args, bool expel)
{
	struct ptt_group *group = group_of(server, reply, args);
	const char *name = text_of(args, "member");
	struct ptt_expel_wait wait = {.fn = on_decided, .ctx = reply};
	uint32_t subject;

	if (!group)
		return;
	subject = name ? ptt_group_find_subject(group, name) : PTT_HANDLE_NONE;
	if (subject == PTT_HANDLE_NONE)
		ptt_control_error(reply, PTT_ERR_NO_KEY,
			name ? "nobody has that IMPU or IMPI" : "which member?");
	else if (expel)
		ptt_group_expel(group, subject, "operator", &wait);
	else
		ptt_group_admit(group, subject, &wait);
}

static void on_expel(void *ctx, struct ptt_control_reply *reply, const json_t *args)
{
	on_subject(ctx, reply, args, true);
}

static void on_admit(void *ctx, struct ptt_control_reply *reply, const json_t *args)
{
	on_subject(ctx, reply, args, false);
}

static void on_rekey(void *ctx, struct ptt_control_reply *reply, const json_t *args)
{
	struct ptt_group *group = group_of(ctx, reply, args);
	struct ptt_tracker_event event = {.kind = PTT_EV_OPERATOR};
	enum ptt_err err;

	if (!group)
		return;
	err = ptt_group_feed(group, &event);
	on_decided(reply, err);
}

static void on_drain(void *ctx, struct ptt_control_reply *reply, const json_t *args)
{
	(void)args;
	ptt_server_drain(ctx);
	ptt_control_ok(reply, NULL);
}

static void on_reload(void *ctx, struct ptt_control_reply *reply, const json_t *args)
{
	const struct ptt_server *server = ctx;
	json_t *needed = json_array();

	(void)args;
	if (ptt_server_reload(ctx) == 0) {
		for (size_t i = 0; i < server->restart_needed.count; i++)
			json_array_append_new(needed, json_string(server->restart_needed.name[i]));
		ptt_control_ok(
			reply, json_pack("{s:b, s:O}", "reloaded", true, "restart_needed", needed));
	} else
		ptt_control_error(reply, PTT_ERR_MALFORMED,
			"the file is bad, the old configuration stays; see the log");
	json_decref(needed);
}

void ptt_server_on_event(
	void *ctx, const struct ptt_group *group, const char *event, const char *member)
{
	const struct ptt_server *server = ctx;
	struct ptt_control *control = server->control;
	char id[9];

	if (!control || !ptt_control_watched(control))
		return;
	ptt_control_event(
		control, json_pack("{s:s, s:f, s:s, s:s*, s:s, s:i}", "event", event, "t",
				 (double)ptt_clock_ms() / 1000, "group", group->uri, "member",
				 member, "msk_id", id_text(id, group->keys.current.msk_id),
				 "members", (int)ptt_roster_members(group->roster)));
}

/** The member's IMPU as far as the group still knows the dialog or its subscriber, else its slot. */
static json_t *transition_member(
	const struct ptt_group *group, const struct ptt_tracker_transition *transition)
{
	const struct ptt_member *member = ptt_member_of(group, transition->member);
	const char *impu = member ? ptt_member_name(member)
				  : ptt_roster_impu(group->roster, transition->subject, 0);

	if (transition->member == PTT_HANDLE_NONE)
		return json_null();
	return impu ? json_string(impu)
		    : json_sprintf("#%u.%u", ptt_handle_index(transition->member),
			      ptt_handle_tenancy(transition->member));
}

static json_t *transition_json(
	const struct ptt_group *group, const struct ptt_tracker_transition *transition)
{
	return json_pack("{s:I, s:s, s:o, s:s, s:s, s:s, s:s, s:I}", "t_ms",
		(json_int_t)transition->at_ms, "machine", transition->machine, "member",
		transition_member(group, transition), "state", transition->state, "event",
		transition->event, "next", transition->next, "reason",
		ptt_rekey_reason_str(transition->reason), "generation",
		(json_int_t)transition->generation);
}

static void on_trace(void *ctx, struct ptt_control_reply *reply, const json_t *args)
{
	const struct ptt_group *group = group_of(ctx, reply, args);
	struct ptt_tracker_transition transition;
	json_t *transitions, *result;
	uint64_t count;

	if (!group)
		return;
	transitions = json_array();
	count = ptt_tracker_trace_count(group->tracker);
	for (uint64_t at = count < PTT_TRACKER_TRACE_LEN ? 0 : count - PTT_TRACKER_TRACE_LEN;
		ptt_tracker_trace_get(group->tracker, at, &transition); at++)
		json_array_append_new(transitions, transition_json(group, &transition));
	result = json_pack("{s:s, s:o}", "group", group->uri, "transitions", transitions);
	if (json_is_true(json_object_get(args, "last")))
		ptt_control_ok(reply, result);
	else
		ptt_control_follow(reply, result, group);
}

void ptt_server_on_transitions(void *ctx, const struct ptt_group *group, uint64_t from)
{
	const struct ptt_server *server = ctx;
	struct ptt_control *control = server->control;
	uint64_t count = ptt_tracker_trace_count(group->tracker), at = from;
	struct ptt_tracker_transition transition;

	if (at == count || !control || !ptt_control_followed(control, group))
		return;
	if (count - at > PTT_TRACKER_TRACE_LEN) {
		at = count - PTT_TRACKER_TRACE_LEN;
		ptt_control_event_on(
			control, group, json_pack("{s:I}", "lost", (json_int_t)(at - from)));
	}
	for (; ptt_tracker_trace_get(group->tracker, at, &transition); at++)
		ptt_control_event_on(control, group, transition_json(group, &transition));
}

static void on_log_level(void *ctx, struct ptt_control_reply *reply, const json_t *args)
{
	const char *name = text_of(args, "level");
	enum ptt_log_level level;

	(void)ctx;
	if (name && ptt_log_level_of(&level, name) != PTT_OK) {
		ptt_control_error(reply, PTT_ERR_MALFORMED, "levels: debug info warn error");
		return;
	}
	if (name)
		ptt_log_set_level(level);
	ptt_control_ok(reply, json_pack("{s:s}", "level", ptt_log_level_name(ptt_log_level())));
}

const struct ptt_control_handler ptt_server_commands[] = {
	{"status", on_status},
	{"groups", on_groups},
	{"members", on_members},
	{"expel", on_expel},
	{"admit", on_admit},
	{"rekey", on_rekey},
	{"drain", on_drain},
	{"reload", on_reload},
	{"log-level", on_log_level},
	{"trace", on_trace},
	{NULL, NULL},
};
