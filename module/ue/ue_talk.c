/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The UE as a talker: when it asks for the floor, and the events about the floor. */
#include <string.h>

#include "module/ue/ue_event.h"
#include "module/ue/ue_media_int.h"

#define TALK_RETRY_MS 1000 /* after a denial */

/* Writes {"event":"floor","what":WHAT,...}; consumes the reference to @p more. */
static void tell_floor(struct ptt_ue_media *media, const char *what, json_t *more)
{
	json_t *fields = json_pack("{s:s}", "what", what);

	if (fields && more)
		json_object_update(fields, more);
	json_decref(more);
	ptt_ue_event(media->param.events, "floor", fields);
}

static void tell_refused(struct ptt_ue_media *media, const struct ptt_tbcp *msg)
{
	if (msg->type == PTT_TBCP_REVOKE)
		tell_floor(media, "revoked",
			json_pack("{s:s, s:i, s:i}", "reason", ptt_tbcp_revoke_str(msg->reason),
				"code", msg->reason, "retry_after_s", msg->extra));
	else if (msg->type == PTT_TBCP_DENY)
		tell_floor(media, "denied",
			json_pack("{s:s, s:i}", "reason", ptt_tbcp_deny_str(msg->reason), "code",
				msg->reason));
	else /* the UE is not queued any more, or does not have the floor any more */
		tell_floor(media, "lost", NULL);
}

/* The PF repeats Taken while somebody talks, so only a change of talker makes an event. */
void ptt_ue_talk_floor_state(struct ptt_ue_media *media, const struct ptt_tbcp *msg)
{
	bool taken = msg->type == PTT_TBCP_TAKEN || msg->type == PTT_TBCP_TAKEN_ACK;
	char talker[sizeof(media->talker)] = "";

	if (media->on_air || (!taken && msg->type != PTT_TBCP_IDLE))
		return;
	if (taken)
		snprintf(talker, sizeof(talker), "%.*s", (int)msg->uri.len,
			msg->uri.len ? (const char *)msg->uri.data : "");
	if (strcmp(talker, media->talker) == 0 || strcmp(talker, media->param.config->impu) == 0)
		return;
	strcpy(media->talker, talker);
	if (talker[0])
		ptt_ue_event(media->param.events, "talk-start",
			json_pack("{s:s, s:o}", "direction", "in", "talker",
				ptt_ue_event_text(talker)));
	else
		ptt_ue_event(media->param.events, "talk-stop",
			json_pack("{s:s, s:I, s:I, s:I, s:f}", "direction", "in", "opened",
				(json_int_t)media->stats.opened, "lost",
				(json_int_t)ptt_ue_stats_lost(&media->stats), "late",
				(json_int_t)media->stats.late, "jitter_ms",
				ptt_ue_stats_jitter_ms(&media->stats, false)));
}

static void tell_message(struct ptt_ue_media *media, const struct ptt_tbcp *msg)
{
	if (msg->type == PTT_TBCP_QUEUE_STATUS)
		tell_floor(media, "queue",
			json_pack("{s:i, s:i}", "position", msg->position, "priority",
				msg->priority));
	else if (!media->rx) /* without a channel, Idle and Taken arrive only here */
		ptt_ue_talk_floor_state(media, msg);
}

void ptt_ue_talk_on_event(
	void *ctx, enum ptt_talk_event event, const struct ptt_tbcp *msg, int64_t now_ms)
{
	struct ptt_ue_media *media = ctx;
	const struct ptt_tbcp nothing = {.type = PTT_TBCP_IDLE};
	bool again = !media->stopped && !media->by_hand;
	unsigned wait_s;

	msg = msg ? msg : &nothing;
	wait_s = msg->extra;
	switch (event) {
	case PTT_TALK_STARTED:
		media->on_air = true;
		if (media->audio_dev)
			ptt_audio_dev_listen(media->audio_dev, true);
		if (msg->type == PTT_TBCP_GRANTED)
			tell_floor(media, "granted", json_pack("{s:i}", "seconds", msg->seconds));
		ptt_ue_event(
			media->param.events, "talk-start", json_pack("{s:s}", "direction", "out"));
		break;
	case PTT_TALK_STOPPED:
	case PTT_TALK_REVOKED:
		if (event == PTT_TALK_REVOKED)
			tell_refused(media, msg);
		if (media->on_air)
			ptt_ue_event(media->param.events, "talk-stop",
				json_pack("{s:s, s:b}", "direction", "out", "revoked",
					event == PTT_TALK_REVOKED));
		media->on_air = false;
		if (media->audio_dev)
			ptt_audio_dev_listen(media->audio_dev, false);
		if (event == PTT_TALK_REVOKED && again)
			media->talk_at_ms =
				now_ms + (wait_s ? 1000 * (int64_t)wait_s : TALK_RETRY_MS);
		break;
	case PTT_TALK_DENIED:
		tell_refused(media, msg);
		media->talk_at_ms = again ? now_ms + TALK_RETRY_MS : INT64_MAX;
		break;
	case PTT_TALK_QUEUED: /* its Queue Status is an event of its own */
		break;
	case PTT_TALK_TBCP:
		tell_message(media, msg);
		break;
	}
}

void ptt_ue_media_set_plan(struct ptt_ue_media *media, const struct ptt_media_plan *plan)
{
	char address[PTT_SDP_ADDR_TEXT_LEN];
	struct ptt_talk_peer peer = {
		.address = ptt_sdp_addr_text(address, &plan->peer_audio_address),
		.audio_port = plan->peer_audio_port,
		.floor_port = plan->peer_floor_port,
		.pt = plan->audio_pt,
		.codec = ptt_codec_by_name(media->param.config->codec),
		.priority = plan->tbcp.tb_priority,
		.timestamps = plan->tbcp.timestamp != 0,
	};

	if (plan->peer_audio_port == 0 || ptt_talk_set_peer(media->talk, &peer) != PTT_OK)
		return;
	if (!media->has_peer && !media->by_hand && media->param.config->talk[0] != '\0')
		media->talk_at_ms = 0;
	media->has_peer = true;
}

enum ptt_err ptt_ue_media_request(struct ptt_ue_media *media, uint8_t priority, int64_t now_ms)
{
	const struct ptt_ue_config *config = media->param.config;

	media->talk_at_ms = INT64_MAX;
	ptt_talk_set_priority(media->talk, priority ? priority : config->priority);
	return ptt_talk_start(
		media->talk, config->talk[0] ? config->talk : NULL, config->loop, now_ms);
}

void ptt_ue_media_release(struct ptt_ue_media *media, int64_t now_ms)
{
	media->talk_at_ms = INT64_MAX;
	ptt_talk_stop(media->talk, now_ms);
}

void ptt_ue_media_query(struct ptt_ue_media *media)
{
	ptt_talk_query(media->talk);
}

void ptt_ue_talk_try(struct ptt_ue_media *media, int64_t now_ms)
{
	enum ptt_err err = ptt_ue_media_request(media, 0, now_ms);

	if (err != PTT_OK && err != PTT_ERR_BUSY)
		ptt_ue_event_error(
			media->param.events, "talk", media->param.config->talk, err, false);
}
