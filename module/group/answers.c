/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rest of the members' SIP as the group sees it: their answers and refusals, departures, REFER. */
#include <stdlib.h>
#include <string.h>

#include "module/base/clock.h"
#include "module/base/fault_point.h"
#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/group/event_package.h"
#include "module/group/group.h"

/* One description at a time is read, on the one SIP thread; it is too large for the stack. */
static struct ptt_sdp_lines answer_lines;

/* One line refused is all refused, and the next offer says so (profile section 4). */
static bool part_refused(const struct ptt_sdp_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		if (lines->line[i].kind >= PTT_LINE_CHANNEL_AUDIO && lines->line[i].port != 0)
			return true;
	return false;
}

static uint64_t print_add(uint64_t print, const uint8_t *data, size_t len)
{
	for (; len >= sizeof(uint64_t); data += sizeof(uint64_t), len -= sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, data, sizeof(word));
		print = (print ^ word) * 0x9e3779b97f4a7c15u;
		print ^= print >> 32;
	}
	for (size_t i = 0; i < len; i++)
		print = (print ^ data[i]) * 0x100000001b3u;
	return print;
}

/*
 * FNV-1a, by words of eight bytes, of the answer without its o= line (many raise its version each time), and of the plan. A member who makes
 * two answers alike on purpose fools nobody but himself.
 */
static uint64_t print_of(const struct ptt_member *member, struct ptt_bytes body)
{
	const uint8_t *origin = memmem(body.data, body.len, "\no=", 3);
	size_t before = origin ? (size_t)(origin - body.data) + 1 : body.len;
	const uint8_t *end = memchr(body.data + before, '\n', body.len - before);
	size_t after = end ? (size_t)(end - body.data) : body.len;
	uint64_t print = print_add(0xcbf29ce484222325u, body.data, before);

	print = print_add(print, body.data + after, body.len - after);
	print = print_add(print, (const uint8_t *)&member->plan, sizeof(member->plan));
	return print != 0 ? print : 1;
}

/* The peer's answer to an offer of ours: what it means for the tracker. */
static enum ptt_tracker_event_kind read_answer(struct ptt_member *member, struct ptt_bytes body)
{
	enum ptt_channel_verdict verdict = PTT_VERDICT_MISMATCH;
	enum ptt_err err;

	if (body.len > 0 && member->answer_fingerprint == print_of(member, body))
		return PTT_EV_ANSWERED; /* the last one again: nothing to read, nothing new for the media */
	member->answer_fingerprint = 0;
	err = ptt_sdp_lines_get(&answer_lines, body);
	if (err == PTT_OK)
		err = ptt_media_plan_on_answer(
			&member->plan, &verdict, &answer_lines, &member->group->sdp);
	ptt_member_set_peer(member);
	if (err == PTT_OK && verdict != PTT_VERDICT_REFUSED) {
		if (verdict == PTT_VERDICT_ACCEPTED)
			member->answer_fingerprint = print_of(member, body);
		return PTT_EV_ANSWERED;
	}
	ptt_log(PTT_LOG_INFO, err == PTT_OK ? "channel-refused" : "answer-refused",
		"group=%s member=%s call_id=%s error=%s", member->group->uri,
		ptt_member_name(member), member->dialog->call_id, ptt_err_str(err));
	member->zeroing = member->plan.channel != PTT_CHANNEL_NONE &&
			  (err != PTT_OK || part_refused(&answer_lines));
	return PTT_EV_CHANNEL_REFUSED;
}

/* An exchange that carried an MSK is over. */
static void settle(struct ptt_member *member, enum ptt_tracker_event_kind kind, uint32_t generation)
{
	struct ptt_group *group = member->group;

	ptt_member_release_muk(member);
	PTT_FAULT("answer");
	ptt_member_tell(member, kind, generation);
	PTT_FAULT("answered");
	/* A newcomer waits for the MTK; in a re-key it follows with the cut-over. */
	if (kind == PTT_EV_ANSWERED && generation == group->keys.current.generation)
		ptt_media_send_mtk_now(group->channel);
}

/* One write, not two, of a newcomer whose key is on its way; and it has the print of his answer (member.c). */
static void save_soon(struct ptt_member *member)
{
	member->unsaved = member->offer_generation != 0 || member->dialog->offer;
	if (!member->unsaved)
		ptt_member_save(member);
}

void ptt_answers_on_ack(void *ctx, struct ptt_dialog *dialog, const struct ptt_sip_info *info)
{
	struct ptt_member *member = dialog->user;
	enum ptt_tracker_event_kind kind = PTT_EV_ANSWERED;
	struct ptt_group *group;
	uint32_t generation, handle;
	bool first;

	(void)ctx;
	if (!member)
		return;
	PTT_FAULT("ack");
	group = member->group;
	handle = member->handle;
	first = !member->acked;
	member->acked = true;
	generation = member->ack_generation;
	member->ack_generation = 0;
	if (member->we_offer)
		kind = read_answer(member, info->body);
	member->we_offer = false;
	ptt_member_set_peer(member);
	if (generation != 0)
		settle(member, kind, generation);
	if (ptt_member_of(group, handle) != member)
		return; /* put out by what that set off */
	if (first)
		ptt_log(PTT_LOG_INFO, "joined", "group=%s member=%s generation=%u call_id=%s",
			member->group->uri, ptt_member_name(member), generation, dialog->call_id);
	if (first) {
		ptt_group_announce(member->group, "joined", ptt_member_name(member));
		ptt_event_joined(member);
	}
	ptt_offer_try(member);
	if (ptt_member_of(group, handle) == member)
		save_soon(member);
}

/* A refresh is the newest MSK once more, under a fresh T; without the channel, its lines as they are. */
void ptt_answers_on_refresh(void *ctx, struct ptt_dialog *dialog)
{
	struct ptt_member *member = dialog->user;

	(void)ctx;
	if (!member)
		return;
	if (member->plan.channel == PTT_CHANNEL_ON) {
		ptt_member_tell(member, PTT_EV_PULL, 0);
		return;
	}
	member->refresh_due = true;
	ptt_offer_try(member);
}

void ptt_answers_on_ready(void *ctx, struct ptt_dialog *dialog)
{
	(void)ctx;
	if (dialog->user)
		ptt_offer_try(dialog->user);
}

static void leave(struct ptt_member *member, enum ptt_tracker_event_kind kind, const char *label)
{
	PTT_FAULT("leave");
	ptt_metric_inc_label(PTT_METRIC_LEAVES, label);
	ptt_log(PTT_LOG_INFO, "left", "group=%s member=%s reason=%s call_id=%s", member->group->uri,
		ptt_member_name(member), label, member->dialog->call_id);
	ptt_group_announce(member->group, "left", ptt_member_name(member));
	ptt_event_left(member, kind == PTT_EV_LEAVE ? PTT_EVENT_DEPARTED : PTT_EVENT_FAILED);
	ptt_member_tell(member, kind, 0);
	ptt_member_free(member, true);
	PTT_FAULT("left");
}

void ptt_answers_put_out(struct ptt_member *member)
{
	struct ptt_dialog *dialog = member->dialog;

	leave(member, PTT_EV_GONE, "key-expired");
	ptt_sip_bye(dialog, PTT_REASON_HEADER_EXPIRED);
}

void ptt_answers_on_cancel(void *ctx, struct ptt_sip_request *req, struct ptt_dialog *dialog)
{
	struct ptt_member *member = dialog->user;

	(void)ctx;
	if (!member || member->req != req)
		return;
	member->req = NULL;
	if (!member->acked) {
		leave(member, PTT_EV_LEAVE, "bye");
	} else if (member->answer_generation != 0) {
		member->answer_generation = 0;
		ptt_member_release_muk(member);
		ptt_member_tell(member, PTT_EV_UNSENT, 0);
	}
}

void ptt_answers_on_gone(void *ctx, struct ptt_dialog *dialog, enum ptt_sip_gone why)
{
	(void)ctx;
	if (!dialog->user)
		return;
	if (why == PTT_SIP_GONE_EXPIRED)
		leave(dialog->user, PTT_EV_GONE, "session-expired");
	else if (why == PTT_SIP_GONE_BYE)
		leave(dialog->user, PTT_EV_LEAVE, "bye");
	else
		leave(dialog->user, PTT_EV_GONE, "timeout");
}

/* --- answers to the offers of a re-key --- */

static void offer_refused(struct ptt_member *member, const struct ptt_sip_result *result)
{
	struct ptt_tracker_event event = {.kind = PTT_EV_OTHER_FAIL, .member = member->handle};
	uint64_t now = (uint64_t)ptt_clock_ms();

	if (result->status == 491 || result->session_raised) {
		event.kind = PTT_EV_GLARE; /* no fault of his: not counted */
		event.at_ms = now + result->glare_ms;
	} else if (result->status == 488 || result->status == 606) {
		event.kind = PTT_EV_REFUSED_KEY;
		ptt_metric_inc_label(PTT_METRIC_MIKEY_FAILURES, "refused");
	} else if (result->status >= 500 && result->status < 600 && result->status != 503) {
		event.kind =
			PTT_EV_SERVER_ERROR; /* what is not known counts as 500: RFC 3261 8.1.3.2 */
	} else if (result->status == 503) {
		event.kind = PTT_EV_UNAVAILABLE;
		event.at_ms =
			now + (result->retry_after_s != 0 ? (uint64_t)result->retry_after_s * 1000
							  : 1000);
	}
	ptt_log(PTT_LOG_INFO, "offer-refused", "group=%s member=%s status=%u warning=%u call_id=%s",
		member->group->uri, ptt_member_name(member), result->status, result->warning,
		member->dialog->call_id);
	ptt_member_release_muk(member);
	ptt_group_tell(member->group, &event);
}

/* Who does not answer, or says that there is no dialog, is told nothing more. Others may hear of it only so. */
static void end_gone(struct ptt_dialog *dialog, uint16_t status)
{
	if (status == 408 || status == 481)
		ptt_sip_drop(dialog);
	else
		ptt_sip_bye(dialog, NULL);
}

void ptt_answers_on_offer_result(
	void *ctx, struct ptt_dialog *dialog, uint32_t cookie, const struct ptt_sip_result *result)
{
	struct ptt_member *member = dialog->user;
	struct ptt_group *group;
	uint32_t handle;
	uint8_t before;

	(void)ctx;
	if (!member)
		return;
	group = member->group;
	handle = member->handle;
	if (result->from_former_process) {
		ptt_member_tell(member, PTT_EV_STALE_ANSWER, 0);
		return;
	}
	if (result->gone) {
		leave(member, PTT_EV_GONE, result->timed_out ? "timeout" : "dialog-gone");
		end_gone(dialog, result->status);
		return;
	}
	ptt_offer_window_pace(group, result->took_ms);
	before = member->plan.channel;
	if (result->status >= 300) {
		offer_refused(member, result);
	} else {
		enum ptt_tracker_event_kind kind = read_answer(member, result->body);

		if (cookie != 0)
			settle(member, kind, cookie);
	}
	if (ptt_member_of(group, handle) != member)
		return; /* the tracker gave him up: BYE is sent, and the dialog may be gone with it */
	if (member->plan.channel != before || member->unsaved)
		ptt_member_save(member);
	ptt_offer_try(member);
}

/* --- REFER --- */

static bool is_owner(const struct ptt_group *group, const struct ptt_naf_keys *keys)
{
	for (size_t i = 0; i < keys->impu_count; i++)
		if (ptt_config_is_owner(group->config, keys->impus[i]))
			return true;
	return false;
}

struct refer {
	struct ptt_sip_request *req;
};

static void on_refer_decided(void *ctx, enum ptt_err err)
{
	struct refer *refer = ctx;
	struct ptt_sip_response answer = {
		.status = err == PTT_OK ? 202 : ptt_group_sip_status(err)};

	if (ptt_sip_respond(refer->req, &answer) != PTT_OK)
		ptt_log_limited(PTT_LOG_WARN, "answer-not-sent", "status=%u", answer.status);
	free(refer);
}

void ptt_answers_on_refer(void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info)
{
	struct ptt_member *member = info->dialog ? info->dialog->user : NULL;
	struct ptt_group *group = member ? member->group : ptt_groups_find(ctx, info->request_uri);
	struct ptt_expel_wait wait = {.fn = on_refer_decided};
	uint32_t subject;

	if (!group || !is_owner(group, info->keys)) {
		ptt_refuse(req, info, !group ? 404 : 403,
			!group ? "REFER: no such group" : "REFER: not an owner");
		return;
	}
	subject = ptt_group_find_subject(group, info->target);
	if (subject == PTT_HANDLE_NONE) {
		ptt_refuse(req, info, 404, "REFER: nobody of that name");
		return;
	}
	wait.ctx = malloc(sizeof(struct refer));
	if (!wait.ctx) {
		ptt_refuse(req, info, 500, "REFER");
		return;
	}
	*(struct refer *)wait.ctx = (struct refer){.req = req};
	ptt_group_expel(group, subject, "refer", &wait);
}
