/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/sip/dialog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TEXT_COUNT = 9 };

/* The fixed texts. Remote target and B-TID may change, so they have memory of their own. */
static void text_fields(struct ptt_dialog *dialog, const char **field[TEXT_COUNT])
{
	const char **all[TEXT_COUNT] = {
		&dialog->call_id,
		&dialog->local_tag,
		&dialog->remote_tag,
		&dialog->local_uri,
		&dialog->remote_uri,
		&dialog->route_set,
		&dialog->impi,
		&dialog->impu,
		&dialog->group,
	};

	memcpy(field, all, sizeof(all));
}

enum ptt_err ptt_dialog_new(struct ptt_dialog **out, const struct ptt_dialog_texts *texts)
{
	const char *text[TEXT_COUNT] = {
		texts->call_id,
		texts->local_tag,
		texts->remote_tag,
		texts->local_uri,
		texts->remote_uri,
		texts->route_set,
		texts->impi,
		texts->impu,
		texts->group,
	};
	const char **field[TEXT_COUNT];
	struct ptt_dialog *dialog;
	size_t len = 0;
	char *pos;

	for (size_t i = 0; i < TEXT_COUNT; i++)
		len += (text[i] ? strlen(text[i]) : 0) + 1;
	dialog = calloc(1, sizeof(*dialog) + len);
	if (!dialog)
		return PTT_ERR_SYSTEM;
	pos = (char *)(dialog + 1);
	text_fields(dialog, field);
	for (size_t i = 0; i < TEXT_COUNT; i++) {
		*field[i] = pos;
		pos = stpcpy(pos, text[i] ? text[i] : "") + 1;
	}
	dialog->cseq = dialog->o_version = 1;
	dialog->cseq_reserved = dialog->o_version_reserved = 1 + PTT_STORE_BLOCK;
	if (ptt_dialog_set_target(dialog, texts->remote_target ? texts->remote_target : "") !=
			PTT_OK ||
		ptt_dialog_set_btid(dialog, texts->btid ? texts->btid : "") != PTT_OK) {
		ptt_dialog_free(dialog);
		return PTT_ERR_SYSTEM;
	}
	*out = dialog;
	return PTT_OK;
}

void ptt_dialog_free(struct ptt_dialog *dialog)
{
	if (!dialog)
		return;
	if (dialog->tport)
		tport_unref(dialog->tport);
	if (dialog->session.timer)
		su_timer_destroy(dialog->session.timer);
	free(dialog->remote_target);
	free(dialog->btid);
	free(dialog->bye_reason);
	free(dialog);
}

uint32_t ptt_dialog_hash(const char *call_id, const char *local_tag)
{
	return ptt_table_hash(ptt_table_hash(0, call_id), local_tag);
}

struct ptt_dialog *ptt_dialog_find(const struct ptt_table *table, const char *call_id,
	const char *local_tag, const char *remote_tag)
{
	struct ptt_table_node *node;

	for (node = ptt_table_first(table, ptt_dialog_hash(call_id, local_tag)); node;
		node = ptt_table_next(node)) {
		struct ptt_dialog *dialog = (struct ptt_dialog *)node;

		if (strcmp(dialog->call_id, call_id) == 0 &&
			strcmp(dialog->local_tag, local_tag) == 0 &&
			(!remote_tag || strcmp(dialog->remote_tag, remote_tag) == 0))
			return dialog;
	}
	return NULL;
}

static enum ptt_err set_text(char **text, const char *value)
{
	char *copy;

	if (*text && strcmp(*text, value) == 0)
		return PTT_OK;
	copy = strdup(value);
	if (!copy)
		return PTT_ERR_SYSTEM;
	free(*text);
	*text = copy;
	return PTT_OK;
}

enum ptt_err ptt_dialog_set_target(struct ptt_dialog *dialog, const char *target)
{
	return set_text(&dialog->remote_target, target);
}

enum ptt_err ptt_dialog_set_btid(struct ptt_dialog *dialog, const char *btid)
{
	return set_text(&dialog->btid, btid);
}

tport_t *ptt_dialog_connection(struct ptt_dialog *dialog)
{
	if (dialog->tport && (tport_is_closed(dialog->tport) || tport_is_shutdown(dialog->tport))) {
		tport_unref(dialog->tport);
		dialog->tport = NULL;
	}
	return dialog->tport;
}

enum ptt_err ptt_dialog_next_version(struct ptt_dialog *dialog, uint32_t *out)
{
	if (dialog->o_version >= dialog->o_version_reserved)
		return PTT_ERR_EXHAUSTED;
	*out = dialog->o_version++;
	return PTT_OK;
}

bool ptt_dialog_needs_reserve(const struct ptt_dialog *dialog)
{
	return dialog->cseq_reserved - dialog->cseq < PTT_STORE_BLOCK / 10 ||
	       dialog->o_version_reserved - dialog->o_version < PTT_STORE_BLOCK / 10;
}

void ptt_dialog_set_reserved(struct ptt_dialog *dialog, uint32_t cseq, uint32_t o_version)
{
	if (cseq > dialog->cseq_reserved)
		dialog->cseq_reserved = cseq;
	if (o_version > dialog->o_version_reserved)
		dialog->o_version_reserved = o_version;
}

static bool is_loose(const char *uri, const char *end)
{
	for (const char *at = uri; (at = memchr(at, ';', (size_t)(end - at))) != NULL; at++) {
		if (strncasecmp(at, ";lr", 3) == 0 && strchr(">;=", at[3]))
			return true;
	}
	return false;
}

struct ptt_route ptt_dialog_route(const struct ptt_dialog *dialog)
{
	const char *first = dialog->route_set, *end = strchr(first, '>');

	if (!end || is_loose(first, end))
		return (struct ptt_route){
			.uri = ptt_bytes_of_str(dialog->remote_target), .routes = first};
	return (struct ptt_route){
		.uri = {(const uint8_t *)first + 1, (size_t)(end - first) - 1},
		.routes = end[1] == ',' ? end + 2 : "",
		.strict = true,
	};
}

bool ptt_dialog_by_update(const struct ptt_dialog *dialog)
{
	return dialog->wants_update && dialog->allows_update && dialog->confirmed;
}

void ptt_dialog_save(
	const struct ptt_dialog *dialog, struct ptt_dialog_row *row, char transport[128])
{
	snprintf(transport, 128, "%s %s %s", dialog->listener ? dialog->listener->transport : "udp",
		dialog->listener ? dialog->listener->contact : "-", dialog->peer);
	*row = (struct ptt_dialog_row){
		.call_id = dialog->call_id,
		.local_tag = dialog->local_tag,
		.remote_tag = dialog->remote_tag,
		.local_uri = dialog->local_uri,
		.remote_uri = dialog->remote_uri,
		.remote_target = dialog->remote_target,
		.route_set = dialog->route_set,
		.transport = transport,
		.group = dialog->group,
		.impi = dialog->impi,
		.impu = dialog->impu,
		.btid = dialog->btid,
		.cseq_reserved = dialog->cseq_reserved,
		.o_version_reserved = dialog->o_version_reserved,
		.remote_cseq = dialog->remote_cseq,
		.allows_update = dialog->allows_update,
		.session_s = dialog->session.interval_s,
		.refresher = dialog->session.refresher,
	};
}
