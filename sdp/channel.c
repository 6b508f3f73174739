/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sdp/channel.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "sdp/slot_names.h"
#include "sdp/text.h"

static bool is_amr(const char *codec)
{
	return strncasecmp(codec, "AMR/", 4) == 0 || strncasecmp(codec, "AMR-WB/", 7) == 0;
}

/* name/rate[/channels], both numbers above 0 */
static bool codec_parts(const char *name, char encoding[16], unsigned *rate, unsigned *channels)
{
	char rest = 0;
	int count;

	*channels = 1;
	count = sscanf(name, "%15[A-Za-z0-9._-]/%6u/%2u%c", encoding, rate, channels, &rest);
	return (count == 2 || count == 3) && *rate > 0 && *channels > 0 && rest == 0;
}

enum ptt_err ptt_sdp_codec_get(struct ptt_sdp_codec *out, const char *name)
{
	unsigned rate = 0, channels = 0;
	char encoding[16];

	memset(out, 0, sizeof(*out));
	if (strlen(name) >= sizeof(out->name) || !codec_parts(name, encoding, &rate, &channels))
		return PTT_ERR_MALFORMED;
	(void)snprintf(out->name, sizeof(out->name), "%.15s/%u/%u", encoding, rate, channels);
	ptt_text_copy(out->fmtp, sizeof(out->fmtp), is_amr(out->name) ? "octet-align=1" : "");
	out->payload_type = strcasecmp(out->name, "PCMU/8000/1") == 0 ? 0 : 97;
	return PTT_OK;
}

enum ptt_err ptt_channel_sdp_check(const struct ptt_channel_sdp *ch)
{
	unsigned rate, channels;
	char encoding[16];

	if (!ptt_sdp_addr_is_multicast(&ch->group) || ptt_sdp_addr_is_multicast(&ch->source))
		return PTT_ERR_MALFORMED;
	if (ch->source.family != 0 && ch->source.family != ch->group.family)
		return PTT_ERR_MALFORMED;
	if (ch->audio_port == 0 || ch->floor_port == 0 || ch->key_port == 0)
		return PTT_ERR_MALFORMED;
	if (ch->audio_port == ch->floor_port || ch->audio_port == ch->key_port ||
		ch->floor_port == ch->key_port)
		return PTT_ERR_MALFORMED;
	if (ch->codec.payload_type > 127 || !memchr(ch->codec.name, 0, sizeof(ch->codec.name)))
		return PTT_ERR_MALFORMED;
	return codec_parts(ch->codec.name, encoding, &rate, &channels) ? PTT_OK : PTT_ERR_MALFORMED;
}

static void put_m(struct ptt_writer *wr, const char *media, uint16_t port, const char *rest)
{
	ptt_write_str(wr, "m=");
	ptt_write_str(wr, media);
	ptt_write_str(wr, " ");
	ptt_write_decimal(wr, port);
	ptt_write_str(wr, " ");
	ptt_write_str(wr, rest);
}

static void put_audio_m(struct ptt_writer *wr, uint16_t port, const char *proto, uint8_t pt)
{
	put_m(wr, "audio", port, proto);
	ptt_write_str(wr, " ");
	ptt_write_decimal(wr, pt);
	ptt_write_str(wr, "\r\n");
}

/* Writes rtpmap and fmtp; PCMU at its static number needs no rtpmap (RFC 3551). */
static void put_codec(
	struct ptt_writer *wr, const struct ptt_sdp_codec *codec, uint8_t pt, bool fmtp)
{
	if (pt != 0 || strcasecmp(codec->name, "PCMU/8000/1") != 0) {
		ptt_write_str(wr, "a=rtpmap:");
		ptt_write_decimal(wr, pt);
		ptt_write_str(wr, " ");
		ptt_write_str(wr, codec->name);
		ptt_write_str(wr, "\r\n");
	}
	if (fmtp && codec->fmtp[0]) {
		ptt_write_str(wr, "a=fmtp:");
		ptt_write_decimal(wr, pt);
		ptt_write_str(wr, " ");
		ptt_write_str(wr, codec->fmtp);
		ptt_write_str(wr, "\r\n");
	}
}

static void put_unicast_audio(struct ptt_writer *wr, const struct ptt_sdp_body *body)
{
	static const char *const directions[] = {
		"a=inactive\r\n", "a=sendonly\r\n", "a=recvonly\r\n", ""};
	const struct ptt_media_plan *plan = body->plan;
	bool aligned = plan->audio_octet_align || !is_amr(body->codec->name);

	put_audio_m(wr, plan->our_audio_port, "RTP/AVP", plan->audio_pt);
	if (plan->our_audio_port == 0)
		return;
	put_codec(wr, body->codec, plan->audio_pt, aligned);
	ptt_write_str(wr, directions[plan->direction & 3]);
}

static void put_unicast_floor(struct ptt_writer *wr, const struct ptt_media_plan *plan)
{
	put_m(wr, "application", plan->our_floor_port, "udp TBCP\r\n");
	if (plan->our_floor_port != 0)
		ptt_tbcp_params_put(wr, &plan->tbcp);
}

/* The number after an IPv4 group is its TTL; IPv6 has none (RFC 4566 5.7). */
static void put_channel_c(struct ptt_writer *wr, const struct ptt_channel_sdp *ch)
{
	ptt_write_str(wr, "c=");
	ptt_text_addr(wr, &ch->group);
	if (ch->group.family == 4) {
		ptt_write_str(wr, "/");
		ptt_write_decimal(wr, ch->ttl);
	}
	ptt_write_str(wr, "\r\n");
}

static void put_channel_line(struct ptt_writer *wr, const struct ptt_sdp_body *body, unsigned kind)
{
	const struct ptt_channel_sdp *ch = body->channel;

	if (kind == PTT_LINE_CHANNEL_AUDIO) {
		put_audio_m(wr, ch->audio_port, "RTP/SAVP", ch->codec.payload_type);
		put_channel_c(wr, ch);
		ptt_write_str(wr, "b=RS:0\r\nb=RR:0\r\n");
		put_codec(wr, &ch->codec, ch->codec.payload_type, true);
		ptt_write_str(wr, "a=label:mpoc-audio\r\n");
	} else if (kind == PTT_LINE_CHANNEL_FLOOR) {
		put_m(wr, "application", ch->floor_port, "udp TBCP\r\n");
		put_channel_c(wr, ch);
		ptt_write_str(wr, "a=label:mpoc-floor\r\n");
	} else {
		put_m(wr, "application", ch->key_port, "udp mikey\r\n");
		put_channel_c(wr, ch);
		ptt_write_str(wr, "a=label:mpoc-keys\r\n");
		if (body->mikey.len > 0)
			ptt_key_mgmt_put(wr, body->mikey);
	}
	ptt_write_str(wr, "a=recvonly\r\n");
}

static void put_zero_channel_line(struct ptt_writer *wr, unsigned kind)
{
	if (kind == PTT_LINE_CHANNEL_AUDIO)
		put_m(wr, "audio", 0, "RTP/SAVP 0\r\n");
	else if (kind == PTT_LINE_CHANNEL_FLOOR)
		put_m(wr, "application", 0, "udp TBCP\r\n");
	else
		put_m(wr, "application", 0, "udp mikey\r\n");
}

/*
 * A rejected line repeats the offered one; without the offer at hand, as much of it as the slot
 * keeps.
 */
static void put_rejected(struct ptt_writer *wr, const struct ptt_media_slot *slot,
	const struct ptt_sdp_line *offered)
{
	if (offered) {
		put_m(wr, offered->media, 0, offered->proto);
		ptt_write_str(wr, " ");
		ptt_write_str(wr, offered->format);
		ptt_write_str(wr, "\r\n");
		return;
	}
	put_m(wr, ptt_slot_media_name(slot->media), 0, ptt_slot_proto_name(slot->proto));
	ptt_write_str(wr, " 0\r\n");
}

static void put_session(struct ptt_writer *wr, const struct ptt_sdp_body *body)
{
	const struct ptt_channel_sdp *ch = body->channel;

	ptt_write_str(wr, "v=0\r\no=- ");
	ptt_write_decimal(wr, body->session_id);
	ptt_write_str(wr, " ");
	ptt_write_decimal(wr, body->version);
	ptt_write_str(wr, " ");
	ptt_text_addr(wr, &body->plan->our_address);
	ptt_write_str(wr, "\r\ns=-\r\nc=");
	ptt_text_addr(wr, &body->plan->our_address);
	ptt_write_str(wr, "\r\nt=0 0\r\n");
	if (!body->from_server || body->plan->channel != PTT_CHANNEL_ON)
		return;
	if (ch->source.family != 0) {
		ptt_write_str(wr, "a=source-filter: incl ");
		ptt_text_addr(wr, &ch->group);
		ptt_write_str(wr, " ");
		ptt_text_host(wr, &ch->source);
		ptt_write_str(wr, "\r\n");
	}
	if (ch->mbms_mode != 0) {
		ptt_write_str(wr, "a=mbms-mode:broadcast ");
		ptt_write_decimal(wr, ch->mbms_mode);
		ptt_write_str(wr, "\r\n");
	}
}

static void put_slot(struct ptt_writer *wr, const struct ptt_sdp_body *body, int i,
	const struct ptt_sdp_line *offered)
{
	const struct ptt_media_plan *plan = body->plan;
	unsigned kind = plan->slot[i].kind;

	if (kind == PTT_LINE_OTHER)
		put_rejected(wr, &plan->slot[i], offered);
	else if (kind == PTT_LINE_AUDIO && plan->our_audio_port == 0 && offered)
		put_rejected(wr, &plan->slot[i], offered);
	else if (kind == PTT_LINE_AUDIO)
		put_unicast_audio(wr, body);
	else if (kind == PTT_LINE_FLOOR)
		put_unicast_floor(wr, plan);
	else if (plan->channel == PTT_CHANNEL_ON)
		put_channel_line(wr, body, kind);
	else if (offered)
		put_rejected(wr, &plan->slot[i], offered);
	else
		put_zero_channel_line(wr, kind);
}

static enum ptt_err body_put(char *out, size_t *len, size_t size, const struct ptt_sdp_body *body,
	const struct ptt_sdp_lines *offer)
{
	struct ptt_writer wr = ptt_writer_of((uint8_t *)out, size);

	if (body->plan->channel == PTT_CHANNEL_ON && !body->channel)
		return PTT_ERR_MISMATCH;
	put_session(&wr, body);
	for (int i = 0; i < body->plan->slot_count && i < PTT_SDP_MAX_LINES; i++)
		put_slot(&wr, body, i, offer ? &offer->line[i] : NULL);
	return ptt_text_end(&wr, len);
}

enum ptt_err ptt_sdp_offer_put(char *out, size_t *len, size_t size, const struct ptt_sdp_body *body)
{
	return body_put(out, len, size, body, NULL);
}

enum ptt_err ptt_sdp_answer_put(char *out, size_t *len, size_t size,
	const struct ptt_sdp_body *body, const struct ptt_sdp_lines *offer)
{
	if (offer->count != body->plan->slot_count)
		return PTT_ERR_MISMATCH;
	return body_put(out, len, size, body, offer);
}

/* Finds the channel's three lines. Errors: NO_KEY (one is missing or at port 0). */
static enum ptt_err find_lines(const struct ptt_sdp_line *out[3], const struct ptt_sdp_lines *lines)
{
	for (int i = 0; i < 3; i++) {
		int index =
			ptt_sdp_lines_find(lines, (enum ptt_line_kind)(PTT_LINE_CHANNEL_AUDIO + i));

		if (index < 0 || lines->line[index].port == 0)
			return PTT_ERR_NO_KEY;
		out[i] = &lines->line[index];
	}
	return PTT_OK;
}

static const struct ptt_sdp_format *best_format(const struct ptt_sdp_line *audio)
{
	for (int i = 0; i < audio->format_count; i++)
		if (audio->formats[i].codec[0])
			return &audio->formats[i];
	return NULL;
}

enum ptt_err ptt_channel_sdp_get(struct ptt_channel_sdp *out, const struct ptt_sdp_lines *lines)
{
	const struct ptt_sdp_line *line[3];
	const struct ptt_sdp_format *format;

	memset(out, 0, sizeof(*out));
	PTT_TRY(find_lines(line, lines));
	format = best_format(line[0]);
	if (!format)
		return PTT_ERR_MALFORMED;
	out->group = line[2]->address;
	out->source = lines->source;
	out->ttl = line[2]->ttl;
	out->audio_port = line[0]->port;
	out->floor_port = line[1]->port;
	out->key_port = line[2]->port;
	out->mbms_mode = lines->mbms_mode;
	ptt_text_copy(out->codec.name, sizeof(out->codec.name), format->codec);
	ptt_text_copy(out->codec.fmtp, sizeof(out->codec.fmtp), format->fmtp);
	out->codec.payload_type = format->payload_type;
	PTT_TRY(ptt_channel_sdp_check(out));
	return ptt_channel_sdp_match(out, lines) == PTT_OK ? PTT_OK : PTT_ERR_MALFORMED;
}

/*
 * The codec must be among the formats. An answer may omit the rtpmap of a number that the offer
 * defined.
 */
static bool format_matches(const struct ptt_sdp_codec *codec, const struct ptt_sdp_line *audio)
{
	for (int i = 0; i < audio->format_count; i++) {
		const struct ptt_sdp_format *f = &audio->formats[i];

		if (f->payload_type == codec->payload_type &&
			(!f->codec[0] || strcasecmp(f->codec, codec->name) == 0))
			return true;
	}
	return false;
}

enum ptt_err ptt_channel_sdp_match(
	const struct ptt_channel_sdp *channel, const struct ptt_sdp_lines *lines)
{
	const uint16_t ports[3] = {channel->audio_port, channel->floor_port, channel->key_port};
	const struct ptt_sdp_line *line[3];

	PTT_TRY(find_lines(line, lines));
	for (int i = 0; i < 3; i++) {
		if (line[i]->port != ports[i] || line[i]->direction != PTT_DIR_RECVONLY ||
			!ptt_sdp_addr_equal(&line[i]->address, &channel->group))
			return PTT_ERR_MISMATCH;
	}
	return format_matches(&channel->codec, line[0]) ? PTT_OK : PTT_ERR_MISMATCH;
}
