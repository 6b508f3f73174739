/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The 200 to an INVITE or UPDATE: what it says is durable before it leaves. */
#include <stdlib.h>

#include "module/base/fault_point.h"
#include "module/base/log.h"
#include "module/group/group_int.h"

/* A 200 that waits for its batch. The copy of the offer is for the answer's line order. */
struct pending_200 {
	struct ptt_group *group;
	uint32_t handle, serial;
	uint32_t cseq, o_version;    /* reserved in the batch; 0: nothing */
	struct ptt_sdp_lines *offer; /* NULL: our 200 is the offer */
};

/* An INVITE that cannot be answered with 200: the member goes as if he had never come, or stays as he was. */
static void refuse(struct ptt_member *member, enum ptt_err err)
{
	struct ptt_sip_response response = {
		.status = ptt_group_sip_status(err), .retry_after_s = 2};
	struct ptt_sip_request *req = member->req;
	bool initial = !member->acked;

	ptt_log_limited(PTT_LOG_ERROR, "join-failed", "group=%s member=%s error=%s",
		member->group->uri, ptt_member_name(member), ptt_err_str(err));
	member->req = NULL;
	ptt_member_release_muk(member);
	if (initial) {
		ptt_member_feed(member, PTT_EV_LEAVE, 0);
		ptt_member_free(member, true);
	} else if (member->response_generation != 0) {
		member->response_generation = 0;
		ptt_member_feed(member, PTT_EV_UNSENT, 0);
	}
	if (ptt_sip_respond(req, &response) != PTT_OK)
		ptt_log_limited(PTT_LOG_WARN, "answer-not-sent", "error=%s", ptt_err_str(err));
}

static void send_200(struct ptt_member *member, const struct ptt_sdp_lines *offer)
{
	struct ptt_member_body *body = calloc(1, sizeof(*body));
	struct ptt_sip_response response = {.status = 200};
	struct ptt_sip_request *req = member->req;
	bool update = member->is_update;
	uint32_t generation;
	enum ptt_err err = PTT_ERR_SYSTEM;

	if (body) {
		body->generation = member->response_generation;
		body->offer = offer;
		err = ptt_member_write_body(member, body);
		if (err ==
			PTT_ERR_NO_KEY) { /* another MSK has come in the meantime: it follows as an offer */
			ptt_member_feed(member, PTT_EV_UNSENT, 0);
			member->response_generation = body->generation = 0;
			err = ptt_member_write_body(member, body);
		}
	}
	if (err != PTT_OK) {
		free(body);
		refuse(member, err);
		return;
	}
	response.body = (struct ptt_bytes){(const uint8_t *)body->text, body->len};
	member->req = NULL;
	member->ack_generation = member->response_generation;
	if (ptt_sip_respond(req, &response) != PTT_OK)
		ptt_log_limited(
			PTT_LOG_WARN, "answer-not-sent", "member=%s", ptt_member_name(member));
	free(body);
	PTT_FAULT("join-answered");
	member->response_generation = 0;
	if (!update)
		return;
	ptt_member_set_peer(member);
	if (member->ack_generation == 0)
		return;
	generation = member->ack_generation;
	member->ack_generation = 0; /* no ACK comes: the UE has it or asks again */
	ptt_member_release_muk(member);
	ptt_member_feed(member, PTT_EV_ANSWERED, generation);
}

static void on_200_durable(void *ctx, enum ptt_err err)
{
	struct pending_200 *pending = ctx;
	struct ptt_group *group = pending->group;
	struct ptt_member *member = ptt_member_of(group, pending->handle);

	PTT_FAULT("join-durable");
	/* Cancelled, expelled or stopped in the meantime: somebody else has answered. */
	if (member && member->req && member->req_serial == pending->serial && !group->stopped) {
		if (err == PTT_OK && pending->cseq != 0)
			ptt_dialog_set_reserved(member->dialog, pending->cseq, pending->o_version);
		if (err == PTT_OK)
			send_200(member, pending->offer);
		else
			refuse(member, err);
	}
	free(pending->offer);
	free(pending);
}

/* What the 200 says is made durable first; @p lines NULL: it is our offer. */
void ptt_join_respond(struct ptt_member *member, const struct ptt_sdp_lines *lines)
{
	struct ptt_group *group = member->group;
	struct pending_200 *pending = calloc(1, sizeof(*pending));
	struct ptt_store_batch *batch;
	enum ptt_err err;

	if (pending && lines)
		pending->offer = ptt_sdp_lines_dup(lines);
	if (!pending || (lines && !pending->offer)) {
		free(pending);
		refuse(member, PTT_ERR_SYSTEM);
		return;
	}
	pending->group = group;
	pending->handle = member->handle;
	pending->serial = ++member->req_serial;
	batch = ptt_store_batch_new(group->env->store);
	ptt_member_put_row(member, batch);
	if (member->acked && ptt_dialog_needs_reserve(member->dialog)) {
		pending->cseq = member->dialog->cseq_reserved + PTT_STORE_BLOCK;
		pending->o_version = member->dialog->o_version_reserved + PTT_STORE_BLOCK;
		ptt_member_reserve(member->dialog, pending->cseq, pending->o_version, batch);
	}
	PTT_FAULT("join-write");
	/* A loss of power may take the row, which says who was sent the MSK: see ptt_group_resume(). */
	err = ptt_store_commit(batch, pending->cseq != 0 ? PTT_STORE_FULL : PTT_STORE_NORMAL,
		on_200_durable, pending);
	if (err != PTT_OK)
		on_200_durable(pending, err);
}
