/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bench/world.h"

#include <string.h>

#include "tests/bench/callers.h"

#define MS    1000000LL
#define T1_MS 500LL
#define TRIES 7

void ptt_bench_send_kept(struct ptt_bench_member *member, const struct sockaddr_in *to)
{
	member->sent_ns = ptt_bench_now_ns();
	ptt_bench_udp_send(member->udp, to, member->answer, member->answer_len);
}

/* --- incoming messages --- */

static struct ptt_bench_member *at(struct ptt_bench_world *world, long i)
{
	return i >= 0 && i < (long)(world->count + world->caller_count) ? &world->members[i] : NULL;
}

/* "bench-INDEX-CALL"; responses to an earlier call match no member. */
static void on_response(
	struct ptt_bench_world *world, const struct ptt_bench_sip *sip, int64_t at_ns)
{
	struct ptt_bench_member *member = at(world, ptt_bench_number_after(sip->call_id, "bench-"));

	if (member && sip->status >= 200 &&
		ptt_bench_number_after(sip->from, "tag=c") == (long)member->call)
		ptt_bench_on_final(world, member, sip, at_ns);
}

void ptt_bench_on_sip(void *ctx, struct ptt_bench_udp *udp, const struct ptt_bench_datagram *in)
{
	struct ptt_bench_world *world = ctx;
	struct ptt_bench_member *member;
	struct ptt_bench_sip sip;

	(void)udp;
	ptt_bench_sip_read(&sip, in->data, in->len);
	if (sip.status != 0) {
		on_response(world, &sip, in->at_ns ? in->at_ns : ptt_bench_now_ns());
		return;
	}
	member = at(world, ptt_bench_number_after(sip.uri, "sip:u"));
	if (member && member->script != PTT_BENCH_DEAD)
		ptt_bench_on_request(world, member, &sip, in->from);
}

/* --- retransmissions --- */

static bool asks(const struct ptt_bench_member *member)
{
	return member->state == PTT_BENCH_CALLING || member->state == PTT_BENCH_PROVING ||
	       member->state == PTT_BENCH_LEAVING;
}

static void give_up(struct ptt_bench_world *world, struct ptt_bench_member *member)
{
	bool asked = asks(member);

	member->acked = true;
	if (!asked)
		return;
	if (member->is_caller) {
		ptt_bench_caller_lost(world, member);
		return;
	}
	member->state = PTT_BENCH_GONE;
	world->counts.join_failed++;
}

static void resend_one(
	struct ptt_bench_world *world, struct ptt_bench_member *member, int64_t now_ns)
{
	struct ptt_bench_counts *counts = ptt_bench_counts_of(world, member);
	bool asked = asks(member);

	if (now_ns - member->sent_ns < (T1_MS * MS) << member->tries)
		return;
	if (++member->tries == TRIES) {
		give_up(world, member);
		return;
	}
	if (member->udp->stream && asked)
		return;
	counts->join_resent += asked;
	counts->resent_200 += !asked;
	ptt_bench_send_kept(member, asked ? &world->server : &member->to);
}

void ptt_bench_resend(struct ptt_bench_world *world, int64_t now_ns)
{
	for (uint32_t i = 0; i < world->count + world->caller_count; i++) {
		struct ptt_bench_member *member = &world->members[i];

		if (member->script == PTT_BENCH_DEAD)
			continue;
		if (member->state == PTT_BENCH_AGAIN) {
			ptt_bench_member_join(world, member);
			continue;
		}
		if (member->script == PTT_BENCH_SLOW && member->due_ns) {
			if (now_ns < member->due_ns)
				continue;
			member->due_ns = 0;
			ptt_bench_send_kept(member, &member->to);
		} else if (asks(member) || (member->state == PTT_BENCH_IN && !member->acked)) {
			resend_one(world, member, now_ns);
		}
	}
}

/* --- the keys --- */

const struct ptt_bench_msk *ptt_bench_find_msk(const struct ptt_bench_world *world, uint32_t msk_id)
{
	for (uint32_t i = world->msk_count; i > 0; i--)
		if (world->msk[i - 1].msk_id == msk_id)
			return &world->msk[i - 1];
	return NULL;
}

static void opened(struct ptt_bench_world *world, const struct ptt_bench_msk *got)
{
	const struct ptt_bench_msk *known = ptt_bench_find_msk(world, got->msk_id);

	if (known) {
		world->counts.other_key +=
			!ptt_secret_equal(&known->msk, &got->msk, sizeof(got->msk));
		return;
	}
	if (world->msk_count == PTT_BENCH_MSKS)
		memmove(world->msk, world->msk + 1, --world->msk_count * sizeof(*world->msk));
	world->msk[world->msk_count++] = *got;
}

static void open_one(struct ptt_bench_world *world, struct ptt_bench_member *member)
{
	struct ptt_bench_counts *counts = ptt_bench_counts_of(world, member);
	struct ptt_bytes in = {member->mikey, member->mikey_len};
	struct ptt_mikey_ids ids;
	struct ptt_mikey_msk msk;
	struct ptt_bench_msk got;

	member->mikey_len = 0;
	if (ptt_mikey_peek(&ids, in) != PTT_OK ||
		ptt_mikey_open_msk(&world->mikey, &msk, in, &member->muk) != PTT_OK) {
		counts->open_failed++;
		return;
	}
	counts->opened += member->msk_id != ids.msk_id;
	member->msk_id = ids.msk_id;
	if (member->is_caller) {
		ptt_bench_caller_keyed(world, member);
		return;
	}
	got = (struct ptt_bench_msk){.msk_id = ids.msk_id, .msk = msk.msk};
	memcpy(got.rand, ids.rand, sizeof(got.rand));
	opened(world, &got);
}

uint32_t ptt_bench_open_pending(struct ptt_bench_world *world, uint32_t max)
{
	while (world->pending_count > 0 && max-- > 0)
		open_one(world, &world->members[world->pending[--world->pending_count]]);
	return world->pending_count;
}
