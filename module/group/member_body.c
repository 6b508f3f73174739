/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The body of an offer or answer to a member: its plan, with an MSK sealed under its MUK. */
#include "module/base/clock.h"
#include "module/group/group_int.h"

static enum ptt_err seal(struct ptt_member *member, struct ptt_writer *wr, uint32_t generation)
{
	struct ptt_group_seal request = {.generation = generation, .muk = member->muk};
	uint64_t number;

	if (!member->muk || !ptt_group_keys_of(&member->group->keys, generation))
		return PTT_ERR_NO_KEY;
	if (member->muk->expires_utc_s <= ptt_clock_utc_s())
		return PTT_ERR_NO_KEY; /* never under a MUK that is over; who has it is put out: muk_expiry.c */
	PTT_TRY(ptt_msk_numbers_take(&member->group->env->numbers, &number));
	PTT_TRY(ptt_counter_t(&request.counter, number, member->muk->counter_base));
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
