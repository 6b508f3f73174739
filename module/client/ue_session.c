/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/client/ue_session.h"

#include <stdlib.h>
#include <string.h>

struct ptt_ue_session {
	struct ptt_ue_session_param param;
	struct ptt_media_plan plan;
	struct ptt_channel_sdp channel; /* agreed while plan.channel is ON */
	uint64_t version;
	struct ptt_sdp_lines
		lines; /* of the body being processed; 40 kB, too large for the stack */
};

enum ptt_err ptt_ue_session_new(
	struct ptt_ue_session **out, const struct ptt_ue_session_param *param)
{
	struct ptt_ue_session *ue = calloc(1, sizeof(*ue));

	if (!ue)
		return PTT_ERR_SYSTEM;
	ue->param = *param;
	*out = ue;
	return PTT_OK;
}

void ptt_ue_session_free(struct ptt_ue_session *ue)
{
	free(ue);
}

void ptt_ue_session_reset(struct ptt_ue_session *ue)
{
	memset(&ue->plan, 0, sizeof(ue->plan));
	memset(&ue->channel, 0, sizeof(ue->channel));
	ptt_rekey_client_new_dialog(ue->param.keys);
}

const struct ptt_channel_sdp *ptt_ue_session_channel(const struct ptt_ue_session *ue)
{
	return ue->plan.channel == PTT_CHANNEL_ON ? &ue->channel : NULL;
}

const struct ptt_media_plan *ptt_ue_session_plan(const struct ptt_ue_session *ue)
{
	return &ue->plan;
}

static struct ptt_sdp_body body_of(struct ptt_ue_session *ue, const struct ptt_media_plan *plan,
	const struct ptt_channel_sdp *channel)
{
	return (struct ptt_sdp_body){
		.plan = plan,
		.codec = &ue->param.local.codec,
		.channel = channel,
		.session_id = ue->param.session_id,
		.version = ++ue->version,
	};
}

enum ptt_err ptt_ue_session_offer(struct ptt_ue_session *ue, char *out, size_t *len, size_t size)
{
	struct ptt_sdp_body body;

	*len = 0;
	if (ue->param.join == PTT_UE_JOIN_OFFERLESS)
		return PTT_OK;
	ptt_media_plan_init(&ue->plan, &ue->param.local);
	if (ue->param.join == PTT_UE_JOIN_CHANNEL) {
		ue->channel = ue->param.channel;
		PTT_TRY(ptt_media_plan_add_channel(&ue->plan));
	}
	body = body_of(ue, &ue->plan, &ue->channel);
	return ptt_sdp_offer_put(out, len, size, &body);
}

enum ptt_err ptt_ue_session_reoffer(struct ptt_ue_session *ue, char *out, size_t *len, size_t size)
{
	struct ptt_sdp_body body = body_of(ue, &ue->plan, &ue->channel);

	return ptt_sdp_offer_put(out, len, size, &body);
}

static void refuse(struct ptt_ue_result *out, int warning, enum ptt_err err)
{
	out->status = 488;
	out->warning = warning;
	out->err = err;
}

static bool channel_same(const struct ptt_channel_sdp *a, const struct ptt_channel_sdp *b)
{
	return ptt_sdp_addr_equal(&a->group, &b->group) &&
	       ptt_sdp_addr_equal(&a->source, &b->source) && a->audio_port == b->audio_port &&
	       a->floor_port == b->floor_port && a->key_port == b->key_port &&
	       strcmp(a->codec.name, b->codec.name) == 0;
}

/* Processes the MIKEY message of the present body, if it has one. */
static enum ptt_err key_take(struct ptt_ue_session *ue, struct ptt_ue_result *out)
{
	struct ptt_bytes mikey = {ue->lines.mikey, ue->lines.mikey_len};

	if (mikey.len == 0)
		return PTT_OK;
	PTT_TRY(ptt_rekey_client_on_msk(ue->param.keys, &out->msk, mikey));
	out->has_msk = true;
	return PTT_OK;
}

/* Refuses a channel without a key: it could only be silent or in the clear. */
static bool key_is_missing(const struct ptt_ue_session *ue, bool channel_new)
{
	return ue->lines.mikey_len == 0 && channel_new && !ptt_rekey_client_has_msk(ue->param.keys);
}

/* The result of an offer before it is committed: all of it or nothing. */
struct attempt {
	struct ptt_media_plan plan;
	struct ptt_channel_sdp channel;
	enum ptt_channel_verdict verdict;
	bool has_channel, channel_new;
};

static enum ptt_err attempt_make(struct ptt_ue_session *ue, struct attempt *at, bool take_channel)
{
	enum ptt_err err = ptt_channel_sdp_get(&at->channel, &ue->lines);

	at->plan = ue->plan;
	at->has_channel = err == PTT_OK && take_channel && !ue->param.refuse_channel;
	if (err != PTT_OK && err != PTT_ERR_NO_KEY)
		return err;
	PTT_TRY(ptt_media_plan_on_offer(&at->plan, &at->verdict, &ue->lines, &ue->param.local,
		at->has_channel ? &at->channel : NULL));
	at->has_channel = at->has_channel && at->plan.channel == PTT_CHANNEL_ON;
	at->channel_new = at->has_channel && (ue->plan.channel != PTT_CHANNEL_ON ||
						     !channel_same(&ue->channel, &at->channel));
	return PTT_OK;
}

/* Writes the answer, then makes the attempt the present state. */
static enum ptt_err attempt_commit(
	struct ptt_ue_session *ue, struct ptt_ue_result *out, const struct attempt *at)
{
	struct ptt_sdp_body body = body_of(ue, &at->plan, &at->channel);

	if (out->has_msk)
		body.mikey = (struct ptt_bytes){out->msk.verify, out->msk.verify_len};
	PTT_TRY(ptt_sdp_answer_put(
		out->body, &out->body_len, sizeof(out->body), &body, &ue->lines));
	out->channel_new = at->channel_new;
	out->channel_gone = ue->plan.channel == PTT_CHANNEL_ON && !at->has_channel;
	ue->plan = at->plan;
	ue->channel = at->channel;
	out->status = 200;
	return PTT_OK;
}

static enum ptt_err offer_take(
	struct ptt_ue_session *ue, struct ptt_ue_result *out, bool take_channel)
{
	struct attempt at = {0};
	enum ptt_err err;

	PTT_TRY(attempt_make(ue, &at, take_channel));
	if (at.has_channel) {
		err = key_is_missing(ue, at.channel_new) ? PTT_ERR_NO_KEY : key_take(ue, out);
		if (err != PTT_OK) {
			refuse(out, 306, err);
			return PTT_OK;
		}
	}
	return attempt_commit(ue, out, &at);
}

void ptt_ue_session_on_offer(
	struct ptt_ue_session *ue, struct ptt_ue_result *out, struct ptt_bytes body)
{
	enum ptt_err err;

	memset(out, 0, sizeof(*out));
	err = ptt_sdp_lines_get(&ue->lines, body);
	if (err == PTT_OK)
		err = offer_take(ue, out, true);
	if (err != PTT_OK)
		refuse(out, 0, err);
	out->pull = out->status == 200 && ptt_ue_session_channel(ue) &&
		    !ptt_rekey_client_has_msk(ue->param.keys);
}

void ptt_ue_session_on_late_offer(
	struct ptt_ue_session *ue, struct ptt_ue_result *out, struct ptt_bytes body)
{
	ptt_ue_session_on_offer(ue, out, body);
	if (out->warning != 306)
		return;
	/* An offer in a 200 cannot get a 488: accept it without the channel and pull the key. */
	struct ptt_ue_result again = {.err = out->err};

	if (offer_take(ue, &again, false) != PTT_OK)
		return;
	*out = again;
	out->warning = 306;
	out->pull = true;
}

void ptt_ue_session_on_answer(
	struct ptt_ue_session *ue, struct ptt_ue_result *out, struct ptt_bytes body)
{
	enum ptt_channel_verdict verdict = PTT_VERDICT_UNCHANGED;
	bool offered = ue->plan.channel == PTT_CHANNEL_ON;
	enum ptt_err err;

	memset(out, 0, sizeof(*out));
	err = ptt_sdp_lines_get(&ue->lines, body);
	if (err == PTT_OK)
		err = ptt_media_plan_on_answer(&ue->plan, &verdict, &ue->lines, &ue->channel);
	if (err != PTT_OK) {
		refuse(out, 0, err);
		return;
	}
	out->status = 200;
	if (!offered || ue->plan.channel != PTT_CHANNEL_ON)
		return;
	out->channel_new = true;
	if (ptt_sdp_addr_text((char[PTT_SDP_ADDR_TEXT_LEN]){0}, &ue->lines.source)[0] != '\0')
		ue->channel.source = ue->lines.source;
	out->err = key_take(ue, out);
	out->warning = out->err == PTT_OK ? 0 : 306;
	out->pull = !ptt_rekey_client_has_msk(ue->param.keys) || out->err != PTT_OK;
}
