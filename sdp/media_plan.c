/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sdp/media_plan.h"

#include <string.h>
#include <strings.h>

#include "sdp/channel.h"
#include "sdp/slot_names.h"

static bool is_channel_kind(unsigned kind)
{
	return kind >= PTT_LINE_CHANNEL_AUDIO;
}

static int find_slot(const struct ptt_media_plan *plan, unsigned kind)
{
	for (int i = 0; i < plan->slot_count; i++)
		if (plan->slot[i].kind == kind)
			return i;
	return -1;
}

static void append_slot(struct ptt_media_plan *plan, enum ptt_line_kind kind)
{
	plan->slot[plan->slot_count++].kind = (uint8_t)kind;
}

static bool is_octet_aligned(const char *fmtp)
{
	return strcasestr(fmtp, "octet-align=1") != NULL;
}

void ptt_media_plan_init(struct ptt_media_plan *plan, const struct ptt_sdp_local *local)
{
	memset(plan, 0, sizeof(*plan));
	plan->direction = PTT_DIR_SENDRECV;
	plan->audio_pt = local->codec.payload_type;
	plan->audio_octet_align = is_octet_aligned(local->codec.fmtp);
	plan->tbcp = ptt_tbcp_params_agree(&local->tbcp, &local->tbcp);
	plan->our_address = local->address;
	plan->our_audio_port = local->audio_port;
	plan->our_floor_port = local->floor_port;
	if (local->audio_port != 0)
		append_slot(plan, PTT_LINE_AUDIO);
	if (local->floor_port != 0)
		append_slot(plan, PTT_LINE_FLOOR);
}

enum ptt_err ptt_media_plan_add_channel(struct ptt_media_plan *plan)
{
	if (plan->channel == PTT_CHANNEL_NONE) {
		if (plan->slot_count + 3 > PTT_SDP_MAX_LINES)
			return PTT_ERR_NO_SPACE;
		append_slot(plan, PTT_LINE_CHANNEL_AUDIO);
		append_slot(plan, PTT_LINE_CHANNEL_FLOOR);
		append_slot(plan, PTT_LINE_CHANNEL_KEYS);
	}
	plan->channel = PTT_CHANNEL_ON;
	return PTT_OK;
}

void ptt_media_plan_zero_channel(struct ptt_media_plan *plan)
{
	if (plan->channel != PTT_CHANNEL_NONE)
		plan->channel = PTT_CHANNEL_OFF;
}

/*
 * @return the kind of slot i after this offer. A line at port 0 keeps its kind. Of two lines of a
 * kind the line that has the slot keeps it, else the first line gets it.
 */
static enum ptt_line_kind slot_kind(const struct ptt_media_plan *old,
	const struct ptt_media_plan *next, const struct ptt_sdp_lines *offer, int i)
{
	enum ptt_line_kind kind = offer->line[i].kind;
	int held;

	if (i < old->slot_count && offer->line[i].port == 0)
		return (enum ptt_line_kind)old->slot[i].kind;
	held = find_slot(old, kind);
	if (held >= 0 && held != i && held < offer->count && offer->line[held].kind == kind)
		return PTT_LINE_OTHER;
	return find_slot(next, kind) >= 0 ? PTT_LINE_OTHER : kind;
}

/*
 * Prefers our codec with our alignment, then our codec, then our payload type without an rtpmap:
 * some clients omit the rtpmap of their only codec.
 */
static const struct ptt_sdp_format *choose_format(
	const struct ptt_sdp_line *line, const struct ptt_sdp_codec *codec)
{
	const struct ptt_sdp_format *other_alignment = NULL, *bare = NULL;
	bool aligned = is_octet_aligned(codec->fmtp);

	for (int i = 0; i < line->format_count; i++) {
		const struct ptt_sdp_format *f = &line->formats[i];

		if (!bare && !f->codec[0] && f->payload_type == codec->payload_type)
			bare = f;
		if (strcasecmp(f->codec, codec->name) != 0)
			continue;
		if (is_octet_aligned(f->fmtp) == aligned)
			return f;
		if (!other_alignment)
			other_alignment = f;
	}
	return other_alignment ? other_alignment : bare;
}

static enum ptt_direction peer_direction(const struct ptt_sdp_line *line)
{
	unsigned bits = line->direction;

	if (ptt_sdp_addr_is_any(
		    &line->address)) /* the old form of hold: nothing can be sent to this address */
		bits &= ~(unsigned)PTT_DIR_RECVONLY;
	return (enum ptt_direction)bits;
}

static bool take_audio(struct ptt_media_plan *plan, const struct ptt_sdp_line *line,
	const struct ptt_sdp_local *local)
{
	const struct ptt_sdp_format *format = choose_format(line, &local->codec);

	if (line->port == 0 || local->audio_port == 0 || !format ||
		line->address.family != local->address.family)
		return false;
	plan->audio_pt = format->payload_type;
	plan->audio_octet_align =
		is_octet_aligned(format->codec[0] ? format->fmtp : local->codec.fmtp);
	plan->direction = (uint8_t)ptt_direction_mirror(peer_direction(line));
	plan->our_audio_port = local->audio_port;
	plan->peer_audio_port = line->port;
	plan->peer_audio_address = line->address;
	return true;
}

static bool take_floor(struct ptt_media_plan *plan, const struct ptt_sdp_line *line,
	const struct ptt_sdp_local *local)
{
	struct ptt_tbcp_params peer;

	if (line->port == 0 || local->floor_port == 0 ||
		line->address.family != local->address.family)
		return false;
	ptt_tbcp_params_get(&peer, line->fmtp);
	plan->tbcp = ptt_tbcp_params_agree(&peer, &local->tbcp);
	plan->our_floor_port = local->floor_port;
	plan->peer_floor_port = line->port;
	plan->peer_floor_address = line->address;
	return true;
}

/* Applies the unicast lines of an offer. A line that is not accepted has port 0 on both sides. */
static void take_unicast(struct ptt_media_plan *plan, const struct ptt_sdp_lines *offer,
	const struct ptt_sdp_local *local)
{
	int audio = find_slot(plan, PTT_LINE_AUDIO), tbcp = find_slot(plan, PTT_LINE_FLOOR);

	plan->our_address = local->address;
	plan->our_audio_port = plan->peer_audio_port = 0;
	plan->our_floor_port = plan->peer_floor_port = 0;
	if (audio >= 0)
		(void)take_audio(plan, &offer->line[audio], local);
	if (tbcp >= 0)
		(void)take_floor(plan, &offer->line[tbcp], local);
}

static enum ptt_channel_verdict take_channel(struct ptt_media_plan *plan,
	const struct ptt_sdp_lines *offer, const struct ptt_channel_sdp *channel)
{
	unsigned before = plan->channel, present = 0, zero = 0;

	for (int i = 0; i < plan->slot_count; i++) {
		if (!is_channel_kind(plan->slot[i].kind))
			continue;
		present++;
		zero += offer->line[i].port == 0;
	}
	if (present < 3) { /* an incomplete channel is rejected line by line */
		for (int i = 0; i < plan->slot_count; i++)
			if (is_channel_kind(plan->slot[i].kind))
				plan->slot[i].kind = PTT_LINE_OTHER;
		plan->channel = PTT_CHANNEL_NONE;
		if (present > 0)
			return PTT_VERDICT_MISMATCH;
		return before == PTT_CHANNEL_ON ? PTT_VERDICT_REFUSED : PTT_VERDICT_UNCHANGED;
	}
	plan->channel = PTT_CHANNEL_OFF;
	if (zero > 0)
		return before == PTT_CHANNEL_OFF ? PTT_VERDICT_UNCHANGED : PTT_VERDICT_REFUSED;
	if (!channel || ptt_channel_sdp_match(channel, offer) != PTT_OK)
		return PTT_VERDICT_MISMATCH;
	plan->channel = PTT_CHANNEL_ON;
	return before == PTT_CHANNEL_ON ? PTT_VERDICT_UNCHANGED : PTT_VERDICT_ACCEPTED;
}

enum ptt_err ptt_media_plan_on_offer(struct ptt_media_plan *plan, enum ptt_channel_verdict *verdict,
	const struct ptt_sdp_lines *offer, const struct ptt_sdp_local *local,
	const struct ptt_channel_sdp *channel)
{
	struct ptt_media_plan next = *plan;

	*verdict = PTT_VERDICT_UNCHANGED;
	if (offer->count < plan->slot_count || offer->count == 0)
		return PTT_ERR_MALFORMED;
	next.slot_count = 0;
	for (int i = 0; i < offer->count; i++) {
		enum ptt_line_kind kind = slot_kind(plan, &next, offer, i);

		append_slot(&next, kind);
		next.slot[i].media = ptt_slot_media_index(offer->line[i].media);
		next.slot[i].proto = ptt_slot_proto_index(offer->line[i].proto);
	}
	take_unicast(&next, offer, local);
	*verdict = take_channel(&next, offer, channel);
	if (plan->slot_count == 0 && next.our_audio_port == 0 && next.channel != PTT_CHANNEL_ON)
		return PTT_ERR_UNSUPPORTED;
	*plan = next;
	return PTT_OK;
}

/* @return true if the line can answer slot i: it has the slot's media, or port 0 */
static bool answers_slot(const struct ptt_media_plan *plan, const struct ptt_sdp_line *line, int i)
{
	unsigned kind = plan->slot[i].kind;
	bool audio = kind == PTT_LINE_AUDIO || kind == PTT_LINE_CHANNEL_AUDIO;

	if (kind == PTT_LINE_OTHER || (is_channel_kind(kind) && plan->channel != PTT_CHANNEL_ON))
		return line->port == 0;
	if (line->port == 0)
		return strcasecmp(line->media, audio ? "audio" : "application") == 0;
	if (kind == PTT_LINE_AUDIO && plan->our_audio_port == 0)
		return false;
	if (kind == PTT_LINE_FLOOR && plan->our_floor_port == 0)
		return false;
	return line->kind == kind;
}

static enum ptt_err on_audio_answer(struct ptt_media_plan *plan, const struct ptt_sdp_line *line)
{
	bool format = false;

	plan->peer_audio_port = line->port;
	if (line->port == 0)
		return PTT_OK;
	for (int i = 0; i < line->format_count; i++)
		format = format || line->formats[i].payload_type == plan->audio_pt;
	if (!format || line->address.family == 0)
		return PTT_ERR_MISMATCH;
	plan->peer_audio_address = line->address;
	plan->direction &= (uint8_t)ptt_direction_mirror(peer_direction(line));
	return PTT_OK;
}

static void on_floor_answer(struct ptt_media_plan *plan, const struct ptt_sdp_line *line)
{
	struct ptt_tbcp_params peer;

	plan->peer_floor_port = line->port;
	if (line->port == 0)
		return;
	plan->peer_floor_address = line->address;
	ptt_tbcp_params_get(&peer, line->fmtp);
	plan->tbcp = ptt_tbcp_params_agree(&peer, &plan->tbcp);
}

static enum ptt_err on_channel_answer(struct ptt_media_plan *plan,
	enum ptt_channel_verdict *verdict, const struct ptt_sdp_lines *answer,
	const struct ptt_channel_sdp *channel)
{
	if (plan->channel != PTT_CHANNEL_ON) {
		*verdict = PTT_VERDICT_UNCHANGED;
		return PTT_OK;
	}
	for (int i = 0; i < plan->slot_count; i++) {
		if (!is_channel_kind(plan->slot[i].kind) || answer->line[i].port != 0)
			continue;
		plan->channel = PTT_CHANNEL_OFF;
		*verdict = PTT_VERDICT_REFUSED;
		return PTT_OK;
	}
	if (!channel || ptt_channel_sdp_match(channel, answer) != PTT_OK)
		return PTT_ERR_MISMATCH;
	*verdict = PTT_VERDICT_ACCEPTED;
	return PTT_OK;
}

enum ptt_err ptt_media_plan_on_answer(struct ptt_media_plan *plan,
	enum ptt_channel_verdict *verdict, const struct ptt_sdp_lines *answer,
	const struct ptt_channel_sdp *channel)
{
	struct ptt_media_plan next = *plan;

	*verdict = PTT_VERDICT_MISMATCH;
	if (answer->count != plan->slot_count)
		return PTT_ERR_MISMATCH;
	for (int i = 0; i < answer->count; i++) {
		const struct ptt_sdp_line *line = &answer->line[i];

		if (!answers_slot(plan, line, i))
			return PTT_ERR_MISMATCH;
		if (plan->slot[i].kind == PTT_LINE_AUDIO)
			PTT_TRY(on_audio_answer(&next, line));
		else if (plan->slot[i].kind == PTT_LINE_FLOOR)
			on_floor_answer(&next, line);
	}
	PTT_TRY(on_channel_answer(&next, verdict, answer, channel));
	*plan = next;
	return PTT_OK;
}
