/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a dialog has besides its SIP: key, media leg, plan, its place in the roster, its row in the store. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "module/base/clock.h"
#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/group/group.h"

struct ptt_member *ptt_member_new(struct ptt_group *group, struct ptt_dialog *dialog)
{
	struct ptt_member *member = calloc(1, sizeof(*member));

	if (!member)
		return NULL;
	member->group = group;
	member->dialog = dialog;
	member->turn.owner = member;
	dialog->user = member;
	return member;
}

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

static void forget_row(const struct ptt_member *member)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(member->group->env->store);
	const struct ptt_dialog *dialog = member->dialog;

	put_sent(member, batch);
	ptt_batch_del_dialog(batch, dialog->call_id, dialog->local_tag, dialog->remote_tag);
	if (ptt_store_commit(batch, PTT_STORE_NORMAL, NULL, NULL) != PTT_OK)
		ptt_log_limited(PTT_LOG_WARN, "row-not-deleted", "call_id=%s", dialog->call_id);
}

void ptt_member_free(struct ptt_member *member, bool forget)
{
	struct ptt_group_env *env = member->group->env;

	if (forget)
		forget_row(member);
	ptt_member_set_muk(member, NULL);
	ptt_endpoint_close(member->endpoint);
	if (member->handle != PTT_HANDLE_NONE)
		ptt_roster_leave(member->group->roster, member->handle);
	if (!member->group->stopped)
		ptt_metric_set(PTT_METRIC_MEMBERS, ptt_groups_member_count(env));
	member->dialog->user = NULL;
	free(member);
}

struct ptt_member *ptt_member_of(const struct ptt_group *group, uint32_t handle)
{
	return ptt_roster_dialog(group->roster, handle);
}

const char *ptt_member_name(const struct ptt_member *member)
{
	return member->dialog->impu[0] != '\0' ? member->dialog->impu : member->dialog->impi;
}

void ptt_member_tell(
	struct ptt_member *member, enum ptt_tracker_event_kind kind, uint32_t generation)
{
	struct ptt_tracker_event event = {
		.kind = kind, .member = member->handle, .generation = generation};

	ptt_group_tell(member->group, &event);
}

/* The most he may have of TBCP: an offer or an answer says no more. */
static struct ptt_tbcp_params tbcp_of(const struct ptt_member *member)
{
	const struct ptt_config_group *group = member->group->config;

	return (struct ptt_tbcp_params){.given = true,
		.queuing = group->floor.queue > 0,
		.tb_priority = ptt_config_priority(group, ptt_member_name(member)),
		.timestamp = group->floor.queue > 0};
}

enum ptt_err ptt_member_local(const struct ptt_member *member, struct ptt_sdp_local *local)
{
	const char *address = member->group->env->started->media.address;

	if (!address)
		address = member->dialog->listener->address;
	*local = (struct ptt_sdp_local){
		.audio_port = ptt_endpoint_audio_port(member->endpoint),
		.floor_port = ptt_endpoint_floor_port(member->endpoint),
		.codec = member->group->sdp.codec,
		.tbcp = tbcp_of(member),
	};
	return ptt_sdp_addr_get(&local->address, address) ? PTT_OK : PTT_ERR_MALFORMED;
}

enum ptt_err ptt_member_open_endpoint(struct ptt_member *member, struct ptt_sdp_local *local)
{
	struct ptt_group_env *env = member->group->env;
	struct ptt_endpoint_at at = {
		.address = env->started->media.address ? NULL : member->dialog->listener->address,
		.audio_port = member->plan.our_audio_port,
		.floor_port = member->plan.our_floor_port,
	};

	PTT_TRY(ptt_endpoint_open_at(env->media, &member->endpoint, &at, member));
	return ptt_member_local(member, local);
}

void ptt_member_set_peer(struct ptt_member *member)
{
	const struct ptt_config_group *group = member->group->config;
	const struct ptt_media_plan *plan = &member->plan;
	struct ptt_tbcp_params may = tbcp_of(member), tbcp;
	char address[PTT_SDP_ADDR_TEXT_LEN];
	bool hold = (plan->direction & PTT_DIR_SENDONLY) == 0 || plan->peer_audio_port == 0;
	struct ptt_media_peer peer = {
		.address = ptt_sdp_addr_text(address, &plan->peer_audio_address),
		.audio_port = plan->peer_audio_port,
		.floor_port = plan->peer_floor_port,
		.pt = plan->audio_pt,
		.forward = plan->channel != PTT_CHANNEL_ON && !hold,
		.packed = plan->audio_octet_align == 0 &&
			  strncmp(member->group->sdp.codec.name, "AMR", 3) == 0,
		.wideband = strncmp(member->group->sdp.codec.name, "AMR-WB/", 7) == 0,
		.listen_only = !ptt_config_is_talker(group, ptt_member_name(member)),
		.name = ptt_member_name(member),
	};

	/* agreed once, and still so by the configuration of now */
	tbcp = ptt_tbcp_params_agree(&plan->tbcp, &may);
	peer.queuing = tbcp.queuing != 0;
	peer.priority = tbcp.tb_priority;
	peer.timestamps = tbcp.timestamp != 0;
	if (address[0] == '\0')
		peer.address = NULL;
	if (ptt_endpoint_set_peer(member->endpoint, member->group->channel, &peer) != PTT_OK)
		ptt_log_limited(PTT_LOG_WARN, "media-peer-refused", "group=%s member=%s address=%s",
			member->group->uri, peer.name, address);
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

static enum ptt_err seal(struct ptt_member *member, struct ptt_writer *wr, uint32_t generation)
{
	struct ptt_group_seal request = {.generation = generation, .user = member->key};
	uint64_t number;

	if (!member->key || !ptt_group_keys_of(&member->group->keys, generation))
		return PTT_ERR_NO_KEY;
	if (member->key->expires_utc_s <= ptt_clock_utc_s())
		return PTT_ERR_NO_KEY; /* never under a MUK that is over; who has it is put out: muk_expiry.c */
	PTT_TRY(ptt_msk_numbers_take(&member->group->env->numbers, &number));
	PTT_TRY(ptt_counter_t(&request.counter, number, member->key->counter_base));
	return ptt_group_keys_seal(&member->group->keys, wr, &request);
}

enum ptt_err ptt_member_write_body(struct ptt_member *member, struct ptt_member_body *body)
{
	uint8_t mikey[PTT_MIKEY_SEALED_MAX];
	struct ptt_writer wr = ptt_writer_of(mikey, sizeof(mikey));
	struct ptt_sdp_body sdp = {
		.plan = &member->plan,
		.codec = &member->group->sdp.codec,
		.channel = &member->group->sdp,
		.from_server = true,
		/* of its ids: the same after a restart */
		.session_id = ptt_dialog_hash(member->dialog->call_id, member->dialog->local_tag),
	};
	uint32_t version;

	if (body->generation != 0) {
		PTT_TRY(seal(member, &wr, body->generation));
		PTT_TRY(ptt_writer_end(&wr, &sdp.mikey.len));
		sdp.mikey.data = mikey;
	}
	PTT_TRY(ptt_dialog_next_version(member->dialog, &version));
	sdp.version = version;
	if (body->offer)
		return ptt_sdp_answer_put(
			body->text, &body->len, sizeof(body->text), &sdp, body->offer);
	return ptt_sdp_offer_put(body->text, &body->len, sizeof(body->text), &sdp);
}

void ptt_member_set_muk(struct ptt_member *member, struct ptt_session_muk *key)
{
	struct ptt_session_muk *former = member->key;

	if (former) {
		ptt_member_release_muk(member);
		ptt_muk_remove_owner(&member->turn);
	}
	member->key = key;
	if (key)
		ptt_muk_add_owner(key, &member->turn);
	ptt_muk_unref(&member->group->env->muks, former);
}

void ptt_member_release_muk(struct ptt_member *member)
{
	struct ptt_member *next;

	if (!member->key)
		return;
	next = ptt_muk_release(member->key, &member->turn, ptt_clock_ms());
	if (next && !member->group->stopped)
		ptt_offer_try(next);
}
