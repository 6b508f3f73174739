/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sdp/media_lines.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sdp/text.h"

enum ptt_direction ptt_direction_mirror(enum ptt_direction dir)
{
	unsigned bits = dir;

	return (enum ptt_direction)((bits & 1U) << 1 | (bits & 2U) >> 1);
}

int ptt_sdp_lines_find(const struct ptt_sdp_lines *lines, enum ptt_line_kind kind)
{
	for (int i = 0; i < lines->count; i++)
		if (lines->line[i].kind == kind)
			return i;
	return -1;
}

static const char *attribute(const sdp_attribute_t *list, const char *name)
{
	for (const sdp_attribute_t *a = list; a; a = a->a_next)
		if (a->a_name && strcasecmp(a->a_name, name) == 0)
			return a->a_value ? a->a_value : "";
	return NULL;
}

static void get_formats(struct ptt_sdp_line *line, const sdp_rtpmap_t *map)
{
	for (; map && line->format_count < PTT_SDP_MAX_FORMATS; map = map->rm_next) {
		struct ptt_sdp_format *f = &line->formats[line->format_count++];
		const char *channels = map->rm_params && *map->rm_params ? map->rm_params : "1";

		f->payload_type = map->rm_pt;
		f->codec[0] = '\0';
		ptt_text_copy(f->fmtp, sizeof(f->fmtp), map->rm_fmtp);
		/* A codec name that does not fit is none that is known: leave it empty. */
		if (map->rm_encoding && *map->rm_encoding &&
			snprintf(f->codec, sizeof(f->codec), "%s/%lu/%s", map->rm_encoding,
				map->rm_rate, channels) >= (int)sizeof(f->codec))
			f->codec[0] = '\0';
	}
}

/* Reads the fmtp "TBCP queuing=1;tb_priority=1", whose format is that of the line. */
static void get_tbcp_fmtp(struct ptt_sdp_line *line, const sdp_attribute_t *list)
{
	size_t len = strlen(line->format);

	for (const sdp_attribute_t *a = list; a; a = a->a_next) {
		if (!a->a_name || !a->a_value || strcasecmp(a->a_name, "fmtp") != 0)
			continue;
		if (strncasecmp(a->a_value, line->format, len) == 0 && a->a_value[len] == ' ')
			ptt_text_copy(line->fmtp, sizeof(line->fmtp), a->a_value + len + 1);
	}
}

static enum ptt_line_kind kind_of(const struct ptt_sdp_line *line, const char *label)
{
	bool channel = ptt_sdp_addr_is_multicast(&line->address) ||
		       (line->port == 0 && strncmp(label, "mpoc-", 5) == 0);

	if (strcasecmp(line->media, "audio") == 0) {
		if (channel)
			return strcasecmp(line->proto, "RTP/SAVP") == 0 ? PTT_LINE_CHANNEL_AUDIO
									: PTT_LINE_OTHER;
		return strcasecmp(line->proto, "RTP/AVP") == 0 ? PTT_LINE_AUDIO : PTT_LINE_OTHER;
	}
	if (strcasecmp(line->media, "application") != 0 || strcasecmp(line->proto, "udp") != 0)
		return PTT_LINE_OTHER;
	if (strcasecmp(line->format, "TBCP") == 0 || strcasecmp(line->format, "MBCP") == 0)
		return channel ? PTT_LINE_CHANNEL_FLOOR : PTT_LINE_FLOOR;
	if (strcasecmp(line->format, "mikey") == 0 && (channel || line->port == 0))
		return PTT_LINE_CHANNEL_KEYS;
	return PTT_LINE_OTHER;
}

static void get_line(
	struct ptt_sdp_line *line, const sdp_media_t *media, const sdp_connection_t *session_c)
{
	const sdp_connection_t *c = media->m_connections ? media->m_connections : session_c;
	const char *label = attribute(media->m_attributes, "label");

	line->direction = (enum ptt_direction)media->m_mode;
	if (c) {
		(void)ptt_sdp_addr_get(&line->address, c->c_address);
		line->ttl = c->c_ttl;
	}
	if (strcasecmp(line->media, "audio") == 0)
		get_formats(line, media->m_rtpmaps);
	get_tbcp_fmtp(line, media->m_attributes);
	line->kind = kind_of(line, label ? label : "");
}

/*
 * Reads " incl IN IP4 233.252.0.17 198.51.100.30" (RFC 4570 3); of several sources the first
 * counts.
 */
static void get_source(struct ptt_sdp_lines *out, const sdp_attribute_t *list)
{
	char mode[8], net[8], type[8], group[64], source[64];
	const char *value = attribute(list, "source-filter");
	struct ptt_sdp_addr addr;

	if (!value || out->source.family != 0)
		return;
	if (sscanf(value, "%7s %7s %7s %63s %63s", mode, net, type, group, source) != 5)
		return;
	if (strcasecmp(mode, "incl") != 0 || strcasecmp(net, "IN") != 0)
		return;
	if (strcmp(group, "*") != 0 &&
		!(ptt_sdp_addr_get(&addr, group) && ptt_sdp_addr_equal(&addr, &out->group)))
		return;
	(void)ptt_sdp_addr_get(&out->source, source);
}

static void get_mbms_mode(struct ptt_sdp_lines *out, const sdp_attribute_t *list)
{
	const char *value = attribute(list, "mbms-mode");

	if (value && out->mbms_mode == 0)
		(void)sscanf(value, " broadcast %15" SCNu64, &out->mbms_mode);
}

/*
 * Reads the message that applies to the key line (its own, else the session's), else the channel's
 * audio line's. Without a key line the index is -1, which asks for the session level.
 */
static enum ptt_err get_mikey(struct ptt_sdp_lines *out, const sdp_session_t *sdp)
{
	static const enum ptt_line_kind kinds[] = {PTT_LINE_CHANNEL_KEYS, PTT_LINE_CHANNEL_AUDIO};
	enum ptt_err err = PTT_ERR_NO_KEY;

	for (size_t i = 0; i < 2 && err == PTT_ERR_NO_KEY; i++)
		err = ptt_key_mgmt_get(out->mikey, &out->mikey_len, sizeof(out->mikey), sdp,
			ptt_sdp_lines_find(out, kinds[i]));
	if (err == PTT_OK)
		return PTT_OK;
	out->mikey_len = 0;
	return err == PTT_ERR_NO_KEY ? PTT_OK : PTT_ERR_MALFORMED;
}

static enum ptt_err get_session(struct ptt_sdp_lines *out, const sdp_session_t *sdp)
{
	const sdp_media_t *media = sdp->sdp_media;
	int keys;

	if (!sdp->sdp_origin)
		return PTT_ERR_MALFORMED;
	out->session_id = sdp->sdp_origin->o_id;
	out->version = sdp->sdp_origin->o_version;
	for (int i = 0; i < out->count; i++, media = media->m_next) {
		if (!media) /* Sofia read fewer lines than check_m() counted */
			return PTT_ERR_MALFORMED;
		get_line(&out->line[i], media, sdp->sdp_connection);
	}
	keys = ptt_sdp_lines_find(out, PTT_LINE_CHANNEL_KEYS);
	if (keys >= 0)
		out->group = out->line[keys].address;
	get_source(out, sdp->sdp_attributes);
	get_mbms_mode(out, sdp->sdp_attributes);
	media = sdp->sdp_media;
	for (int i = 0; i < out->count; i++, media = media->m_next) {
		if (out->line[i].kind < PTT_LINE_CHANNEL_AUDIO)
			continue;
		get_source(out, media->m_attributes);
		get_mbms_mode(out, media->m_attributes);
	}
	return get_mikey(out, sdp);
}

enum ptt_err ptt_sdp_lines_get(struct ptt_sdp_lines *out, struct ptt_bytes text)
{
	sdp_parser_t *parser = NULL;
	enum ptt_err err;

	memset(out, 0,
		offsetof(struct ptt_sdp_lines,
			mikey)); /* the other members have 27 kB and are set as they are counted */
	PTT_TRY(ptt_sdp_parse(&parser, out, text));
	err = get_session(out, sdp_session(parser));
	sdp_parser_free(parser);
	return err;
}

struct ptt_sdp_lines *ptt_sdp_lines_dup(const struct ptt_sdp_lines *lines)
{
	size_t len = offsetof(struct ptt_sdp_lines, line) + lines->count * sizeof(lines->line[0]);
	struct ptt_sdp_lines *copy = malloc(len);

	if (copy)
		memcpy(copy, lines, len);
	return copy;
}
