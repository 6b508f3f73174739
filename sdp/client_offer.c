/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sdp/client_offer.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* One name=value of up to @p len characters; blanks around both are taken. */
static void tbcp_param(struct ptt_tbcp_params *out, const char *text, size_t len)
{
	static const struct {
		const char *name;
		char low, high;
		size_t offset;
	} params[] = {
		{"queuing", '0', '1', offsetof(struct ptt_tbcp_params, queuing)},
		{"tb_priority", '1', '3', offsetof(struct ptt_tbcp_params, tb_priority)},
		{"timestamp", '0', '1', offsetof(struct ptt_tbcp_params, timestamp)},
	};
	const char *end = text + len, *name, *name_end;

	while (text < end && isspace((unsigned char)*text))
		text++;
	for (name = text; text < end && *text != '=' && !isspace((unsigned char)*text);)
		text++;
	name_end = text;
	while (text < end && (*text == '=' || isspace((unsigned char)*text)))
		text++;
	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	if (end - text != 1)
		return;
	for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
		size_t name_len = strlen(params[i].name);

		if ((size_t)(name_end - name) == name_len && *text >= params[i].low &&
			*text <= params[i].high && strncasecmp(name, params[i].name, name_len) == 0)
			((uint8_t *)out)[params[i].offset] = (uint8_t)(*text - '0');
	}
}

void ptt_tbcp_params_get(struct ptt_tbcp_params *out, const char *fmtp)
{
	*out = (struct ptt_tbcp_params){.tb_priority = 1};
	out->given = fmtp[0] != '\0';
	while (*fmtp) {
		size_t len = strcspn(fmtp, ";");

		tbcp_param(out, fmtp, len);
		fmtp += len + (fmtp[len] == ';');
	}
}

static void describe(struct ptt_client_offer *out)
{
	const struct ptt_sdp_lines *lines = &out->lines;
	int audio = ptt_sdp_lines_find(lines, PTT_LINE_AUDIO);
	int tbcp = ptt_sdp_lines_find(lines, PTT_LINE_FLOOR);

	if (audio >= 0)
		out->on_hold = !(lines->line[audio].direction & PTT_DIR_RECVONLY) ||
			       ptt_sdp_addr_is_any(&lines->line[audio].address);
	if (tbcp >= 0 && lines->line[tbcp].port != 0) {
		out->has_tbcp = true;
		ptt_tbcp_params_get(&out->tbcp, lines->line[tbcp].fmtp);
	}
	out->has_channel = true;
	for (int kind = PTT_LINE_CHANNEL_AUDIO; kind <= PTT_LINE_CHANNEL_KEYS; kind++) {
		int index = ptt_sdp_lines_find(lines, (enum ptt_line_kind)kind);

		if (index < 0 || lines->line[index].port == 0)
			out->has_channel = false;
	}
}

enum ptt_err ptt_client_offer_get(
	struct ptt_client_offer *out, const char *content_type, struct ptt_bytes body)
{
	struct ptt_body_parts parts;

	memset(out, 0, sizeof(*out));
	out->tbcp.tb_priority = 1;
	if (body.len == 0)
		return PTT_OK;
	PTT_TRY(ptt_body_parts_get(&parts, content_type, body));
	if (parts.resource_lists.len > 0)
		PTT_TRY(ptt_uri_list_get(&out->invited, parts.resource_lists));
	if (parts.sdp.len == 0)
		return PTT_OK;
	PTT_TRY(ptt_sdp_lines_get(&out->lines, parts.sdp));
	out->has_sdp = true;
	describe(out);
	return PTT_OK;
}
