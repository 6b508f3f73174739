/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What members respond to offers: the final statuses, and the SDP answer in a 200 or an ACK. */
#include <string.h>

#include "module/base/clock.h"
#include "module/base/fault_point.h"
#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/group/event_package.h"
#include "module/group/group_int.h"

/* One description at a time is read, on the one SIP thread; it is too large for the stack. */
static struct ptt_sdp_lines answer_lines;

/* One line refused is all refused, and the next offer says so (docs/wire.md 4). */
static bool part_refused(const struct ptt_sdp_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		if (lines->line[i].kind >= PTT_LINE_CHANNEL_AUDIO && lines->line[i].port != 0)
			return true;
	return false;
}

static uint64_t fingerprint_add(uint64_t fingerprint, const uint8_t *data, size_t len)
{
	for (; len >= sizeof(uint64_t); data += sizeof(uint64_t), len -= sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, data, sizeof(word));
		fingerprint = (fingerprint ^ word) * 0x9e3779b97f4a7c15u;
		fingerprint ^= fingerprint >> 32;
	}
	for (size_t i = 0; i < len; i++)
		fingerprint = (fingerprint ^ data[i]) * 0x100000001b3u;
	return fingerprint;
}

/*
 * FNV-1a, by words of eight bytes, of the answer without its o= line (many raise its version each time), and of the plan. A member who makes
 * two answers alike on purpose fools nobody but himself.
 */
static uint64_t fingerprint_of(const struct ptt_member *member, struct ptt_bytes body)
{
	const uint8_t *origin = memmem(body.data, body.len, "\no=", 3);
	size_t before = origin ? (size_t)(origin - body.data) + 1 : body.len;
	const uint8_t *end = memchr(body.data + before, '\n', body.len - before);
	size_t after = end ? (size_t)(end - body.data) : body.len;
	uint64_t fingerprint = fingerprint_add(0xcbf29ce484222325u, body.data, before);

	fingerprint = fingerprint_add(fingerprint, body.data + after, body.len - after);
	fingerprint =
		fingerprint_add(fingerprint, (const uint8_t *)&member->plan, sizeof(member->plan));
	return fingerprint != 0 ? fingerprint : 1;
}

/* The peer's answer to an offer of ours: what it means for the tracker. */
static enum ptt_tracker_event_kind read_answer(struct ptt_member *member, struct ptt_bytes body)
{
	enum ptt_channel_verdict verdict = PTT_VERDICT_MISMATCH;
	enum ptt_err err;

	if (body.len > 0 && member->answer_fingerprint == fingerprint_of(member, body))
		return PTT_EV_ANSWERED; /* the last one again: nothing to read, nothing new for the media */
	member->answer_fingerprint = 0;
	err = ptt_sdp_lines_get(&answer_lines, body);
	if (err == PTT_OK)
		err = ptt_media_plan_on_answer(
			&member->plan, &verdict, &answer_lines, &member->group->sdp);
	ptt_member_set_peer(member);
	if (err == PTT_OK && verdict != PTT_VERDICT_REFUSED) {
		if (verdict == PTT_VERDICT_ACCEPTED)
			member->answer_fingerprint = fingerprint_of(member, body);
		return PTT_EV_ANSWERED;
	}
	ptt_log(PTT_LOG_INFO, err == PTT_OK ? "channel-refused" : "answer-refused",
		"group=%s member=%s call_id=%s error=%s", member->group->uri,
		ptt_member_name(member), member->dialog->call_id, ptt_err_str(err));
	if (member->plan.channel != PTT_CHANNEL_NONE &&
		(err != PTT_OK || part_refused(&answer_lines)))
		member->offer.wanted |= PTT_OFFER_WANT_NO_CHANNEL;
	else
		member->offer.wanted &= ~(unsigned int)PTT_OFFER_WANT_NO_CHANNEL;
	return PTT_EV_CHANNEL_REFUSED;
}

/* An exchange that carried an MSK is over. */
static void settle(struct ptt_member *member, enum ptt_tracker_event_kind kind, uint32_t generation)
{
	struct ptt_group *group = member->group;

	ptt_member_release_muk(member);
	PTT_FAULT("answer");
	ptt_member_feed(member, kind, generation);
	PTT_FAULT("answered");
	/* A newcomer waits for the MTK; in a re-key it follows with the cut-over. */
	if (kind == PTT_EV_ANSWERED && generation == group->keys.current.generation)
		ptt_media_send_mtk_now(group->channel);
}

/* One write, not two, of a newcomer whose key is on its way; and it has the fingerprint of his answer (member.c). */
static void save_soon(struct ptt_member *member)
{
	member->row_postponed = ptt_offer_is_under_way(member);
	if (!member->row_postponed)
		ptt_member_save(member);
}

void ptt_offer_on_ack(void *ctx, struct ptt_dialog *dialog, const struct ptt_sip_info *info)
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
	ptt_offer_advance(member);
	if (ptt_member_of(group, handle) == member)
		save_soon(member);
}

/* --- answers to the offers of a re-key --- */

/* What the end of an offer is for the tracker: every final status is read here. */
static struct ptt_tracker_event read_result(const struct ptt_sip_result *result, uint64_t now_ms)
{
	uint16_t status = result->status;
	struct ptt_tracker_event event = {.kind = PTT_EV_OTHER_FAIL};

	if (result->from_former_process) {
		event.kind = PTT_EV_STALE_ANSWER;
	} else if (result->gone) {
		event.kind = PTT_EV_GONE;
	} else if (status < 300) {
		event.kind = PTT_EV_ANSWERED; /* unless the answer in it refuses: read_answer() */
	} else if (status == 491 || result->session_raised) {
		event.kind = PTT_EV_GLARE; /* not the member's fault: not counted */
		event.at_ms = now_ms + result->glare_ms;
	} else if (status == 488 || status == 606) {
		event.kind = PTT_EV_REFUSED_KEY;
	} else if (status == 503) {
		event.kind = PTT_EV_UNAVAILABLE;
		event.at_ms = now_ms + (result->retry_after_s != 0
						       ? (uint64_t)result->retry_after_s * 1000
						       : 1000);
	} else if (status >= 500 && status < 600) {
		event.kind = PTT_EV_SERVER_ERROR; /* an unknown 5xx is a 500: RFC 3261 8.1.3.2 */
	}
	return event;
}

static void offer_refused(struct ptt_member *member, struct ptt_tracker_event event,
	const struct ptt_sip_result *result)
{
	if (event.kind == PTT_EV_REFUSED_KEY)
		ptt_metric_inc_label(PTT_METRIC_MIKEY_FAILURES, "refused");
	ptt_log(PTT_LOG_INFO, "offer-refused", "group=%s member=%s status=%u warning=%u call_id=%s",
		member->group->uri, ptt_member_name(member), result->status, result->warning,
		member->dialog->call_id);
	ptt_member_release_muk(member);
	event.member = member->handle;
	ptt_group_feed_or_log(member->group, &event);
}

/* After 408 or 481 a BYE would reach no dialog. After any other status a BYE tells the proxies on the path. */
static void end_gone(struct ptt_dialog *dialog, uint16_t status)
{
	if (status == 408 || status == 481)
		ptt_sip_drop(dialog);
	else
		ptt_sip_bye(dialog, NULL);
}

void ptt_offer_on_result(
	void *ctx, struct ptt_dialog *dialog, uint32_t cookie, const struct ptt_sip_result *result)
{
	struct ptt_member *member = dialog->user;
	struct ptt_tracker_event event;
	struct ptt_group *group;
	uint32_t handle;
	uint8_t before;

	(void)ctx;
	if (!member)
		return;
	group = member->group;
	handle = member->handle;
	event = read_result(result, (uint64_t)ptt_clock_ms());
	if (event.kind == PTT_EV_STALE_ANSWER) {
		ptt_member_feed(member, event.kind, 0);
		return;
	}
	if (event.kind == PTT_EV_GONE) {
		ptt_departure_end(
			member, event.kind, result->timed_out ? "timeout" : "dialog-gone");
		end_gone(dialog, result->status);
		return;
	}
	member->offer.state = PTT_OFFER_NONE;
	ptt_offer_window_pace(group, result->took_ms);
	before = member->plan.channel;
	if (event.kind != PTT_EV_ANSWERED) {
		offer_refused(member, event, result);
	} else {
		enum ptt_tracker_event_kind kind = read_answer(member, result->body);

		if (cookie != 0)
			settle(member, kind, cookie);
	}
	if (ptt_member_of(group, handle) != member)
		return; /* the tracker gave him up: BYE is sent, and the dialog may be gone with it */
	if (member->plan.channel != before || member->row_postponed)
		ptt_member_save(member);
	ptt_offer_advance(member);
}
