/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/ue/ue_event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/bytes.h"
#include "module/base/clock.h"

void ptt_ue_event(FILE *out, const char *name, json_t *fields)
{
	json_t *line = json_object();
	char *text;

	json_object_set_new(line, "event", json_string(name));
	json_object_set_new(line, "t", json_real((double)ptt_clock_us() / 1e6));
	if (fields)
		json_object_update(line, fields);
	json_decref(fields);
	text = json_dumps(line, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15));
	json_decref(line);
	if (!text)
		return;
	fprintf(out, "%s\n", text);
	fflush(out);
	free(text);
}

void ptt_ue_step_begin(struct ptt_ue_step *at, const char *what, const char *name)
{
	*at = (struct ptt_ue_step){what, name};
	errno = 0;
}

void ptt_ue_event_error(FILE *out, const char *what, const char *name, enum ptt_err err, bool fatal)
{
	const char *text = err == PTT_ERR_SYSTEM && errno != 0 ? strerror(errno) : ptt_err_str(err);
	json_t *fields = json_pack("{s:s, s:i, s:o, s:b}", "what", what, "status", 0, "text",
		ptt_ue_event_text(text), "fatal", fatal);

	if (fields && name[0])
		json_object_set_new(fields, "name", ptt_ue_event_text(name));
	ptt_ue_event(out, "error", fields);
}

void ptt_ue_event_failure(FILE *out, const char *what, int status, const char *text, bool fatal)
{
	ptt_ue_event(out, "error",
		json_pack("{s:s, s:i, s:o, s:b}", "what", what, "status", status, "text",
			ptt_ue_event_text(text), "fatal", fatal));
}

json_t *ptt_ue_event_time(int64_t ms)
{
	return json_real((double)ms / 1e3);
}

json_t *ptt_ue_event_text(const char *text)
{
	json_t *out = json_string(text);
	char ascii[256];
	size_t len = 0;

	if (out)
		return out;
	for (; len < sizeof(ascii) - 1 && text[len]; len++)
		ascii[len] = text[len] & 0x80 ? '?' : text[len];
	ascii[len] = '\0';
	return json_string(ascii);
}

json_t *ptt_ue_event_hex(const uint8_t *data, size_t len)
{
	char hex[64];

	if (ptt_hex_put(hex, sizeof(hex), (struct ptt_bytes){data, len}) != PTT_OK)
		hex[0] = '\0';
	return json_string(hex);
}
