/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A member's row in the store. */
#include <stddef.h>
#include <string.h>

#include "module/base/log.h"
#include "module/group/group_int.h"

/* A dialog's row says that he was sent each MSK that lives. With it goes that; what is true of it stays. */
static void put_sent(const struct ptt_member *member, struct ptt_store_batch *batch)
{
	const struct ptt_group *group = member->group;
	uint32_t subject = ptt_roster_find(group->roster, member->dialog->impi), generation[2];
	size_t count = ptt_tracker_sent(group->tracker, subject, generation);

	for (size_t i = 0; i < count; i++)
		ptt_batch_add_sent(
			batch, group->uri, generation[i], ptt_roster_impi(group->roster, subject));
}

void ptt_member_delete_row(const struct ptt_member *member)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(member->group->env->store);
	const struct ptt_dialog *dialog = member->dialog;

	put_sent(member, batch);
	ptt_batch_del_dialog(batch, dialog->call_id, dialog->local_tag, dialog->remote_tag);
	if (ptt_store_commit(batch, PTT_STORE_NORMAL, NULL, NULL) != PTT_OK)
		ptt_log_limited(PTT_LOG_WARN, "row-not-deleted", "call_id=%s", dialog->call_id);
}

/* The plan, and the print of the answer it is from, so that the first like it after a restart need not be read. */
struct media_blob {
	struct ptt_media_plan plan;
	uint8_t print[sizeof(uint64_t)];
};

static void put_media(struct media_blob *blob, const struct ptt_member *member)
{
	blob->plan = member->plan;
	memcpy(blob->print, &member->answer_fingerprint, sizeof(blob->print));
}

enum ptt_err ptt_member_take_media(struct ptt_member *member, struct ptt_bytes media)
{
	/* a version before this one wrote no print */
	if (media.len != sizeof(struct media_blob) && media.len != sizeof(member->plan))
		return PTT_ERR_MALFORMED;
	memcpy(&member->plan, media.data, sizeof(member->plan));
	if (media.len == sizeof(struct media_blob))
		memcpy(&member->answer_fingerprint, media.data + offsetof(struct media_blob, print),
			sizeof(member->answer_fingerprint));
	return PTT_OK;
}

void ptt_member_put_row(struct ptt_member *member, struct ptt_store_batch *batch)
{
	struct ptt_dialog_row row = {0};
	struct media_blob media = {0};
	char transport[128];

	put_media(&media, member);
	ptt_dialog_save(member->dialog, &row, transport);
	if (member->key)
		row.btid = member->key->btid;
	row.group = member->group->uri;
	row.joined_utc_s = member->joined_utc_s;
	row.flags = ptt_tracker_member_generation(member->group->tracker, member->handle);
	row.media = (struct ptt_bytes){(const uint8_t *)&media, sizeof(media)};
	ptt_batch_put_dialog(batch, &row);
}

void ptt_member_reserve(const struct ptt_dialog *dialog, uint32_t cseq, uint32_t o_version,
	struct ptt_store_batch *batch)
{
	struct ptt_reservation reservation = {
		.counter = PTT_COUNTER_CSEQ,
		.key = dialog->call_id,
		.local_tag = dialog->local_tag,
		.remote_tag = dialog->remote_tag,
		.expected = dialog->cseq_reserved,
		.reserved = cseq,
	};

	ptt_batch_reserve(batch, &reservation);
	reservation.counter = PTT_COUNTER_O_VERSION;
	reservation.expected = dialog->o_version_reserved;
	reservation.reserved = o_version;
	ptt_batch_reserve(batch, &reservation);
}

void ptt_member_save(struct ptt_member *member)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(member->group->env->store);

	member->unsaved = false;
	ptt_member_put_row(member, batch);
	if (ptt_store_commit(batch, PTT_STORE_LAZY, NULL, NULL) != PTT_OK)
		ptt_log_limited(PTT_LOG_WARN, "dialog-not-saved", "group=%s member=%s",
			member->group->uri, ptt_member_name(member));
}
