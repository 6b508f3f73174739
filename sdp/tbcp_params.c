/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sdp/tbcp_params.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "sdp/text.h"

/* Reads one name=value of @p len characters, with blanks around both. */
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

static uint8_t lesser(uint8_t a, uint8_t b)
{
	return a < b ? a : b;
}

struct ptt_tbcp_params ptt_tbcp_params_agree(
	const struct ptt_tbcp_params *a, const struct ptt_tbcp_params *b)
{
	uint8_t priority = lesser(a->tb_priority, b->tb_priority);

	return (struct ptt_tbcp_params){.given = a->given && b->given,
		.queuing = lesser(a->queuing, b->queuing),
		.tb_priority = priority > 0 ? priority : 1,
		.timestamp = lesser(a->timestamp, b->timestamp)};
}

/* Defaults are omitted: every byte counts in a re-INVITE. */
void ptt_tbcp_params_put(struct ptt_writer *wr, const struct ptt_tbcp_params *params)
{
	const struct {
		const char *name;
		uint8_t value, usual;
	} list[] = {
		{"queuing=", params->queuing, 0},
		{"tb_priority=", params->tb_priority, 1},
		{"timestamp=", params->timestamp, 0},
	};
	const char *before = "a=fmtp:TBCP ";

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (list[i].value <= list[i].usual)
			continue;
		ptt_write_str(wr, before);
		ptt_write_str(wr, list[i].name);
		ptt_write_decimal(wr, list[i].value);
		before = ";";
	}
	if (before[0] == ';')
		ptt_write_str(wr, "\r\n");
}
