/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A member's row in the store. */
#include "module/base/log.h"
#include "module/group/group_int.h"
#include "module/group/media_row.h"

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

enum ptt_err ptt_member_take_media(struct ptt_member *member, struct ptt_bytes media)
{
	struct ptt_media_row row;

	PTT_TRY(ptt_media_row_get(&row, media));
	member->plan = row.plan;
	member->answer_fingerprint = row.fingerprint;
	return PTT_OK;
}

void ptt_member_put_row(struct ptt_member *member, struct ptt_store_batch *batch)
{
	struct ptt_dialog_row row = {0};
	struct ptt_media_row media = {member->plan, member->answer_fingerprint};
	uint8_t bytes[PTT_MEDIA_ROW_LEN];
	char transport[128];

	ptt_media_row_put(bytes, &media);
	ptt_dialog_save(member->dialog, &row, transport);
	if (member->muk)
		row.btid = member->muk->btid;
	row.group = member->group->uri;
	row.joined_utc_s = member->joined_utc_s;
	row.flags = ptt_tracker_member_generation(member->group->tracker, member->handle);
	row.media = (struct ptt_bytes){bytes, sizeof(bytes)};
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

	member->row_postponed = false;
	ptt_member_put_row(member, batch);
	if (ptt_store_commit(batch, PTT_STORE_LAZY, NULL, NULL) != PTT_OK)
		ptt_log_limited(PTT_LOG_WARN, "dialog-not-saved", "group=%s member=%s",
			member->group->uri, ptt_member_name(member));
}
