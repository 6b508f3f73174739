/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sdp/client_offer.h"

#include <stddef.h>
#include <string.h>

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

	/* do not clear all 50 kB: lines and users beyond their count are never read */
	memset(&out->lines, 0, offsetof(struct ptt_sdp_lines, mikey));
	out->has_sdp = out->has_tbcp = out->on_hold = out->has_channel = false;
	out->tbcp = (struct ptt_tbcp_params){.tb_priority = 1};
	out->invited.count = 0;
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
