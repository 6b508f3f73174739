/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file world.h
 * All simulated members of one process, the keys that they opened, and the counts. In member.c.
 */
#ifndef PTT_BENCH_WORLD_H
#define PTT_BENCH_WORLD_H

#include "tests/bench/member.h"

/** One MSK as a member opened it. */
struct ptt_bench_msk {
	uint32_t msk_id;
	struct ptt_msk msk;
	uint8_t rand[PTT_MBMS_RAND_LEN];
};

/** Counts since the last mark. */
struct ptt_bench_counts {
	uint32_t invites, repeats, acks, byes, opened, open_failed, other_key, victim_offered,
		resent_200;
	uint32_t joined, join_failed, join_resent, join_shed;
};

#define PTT_BENCH_MSKS 64

struct ptt_bench_world {
	struct ptt_bench_member *members; /**< those of the group, then the callers */
	uint32_t count, caller_count;
	const char *transport, *record_route; /**< "UDP"; a header line or "" */
	struct sockaddr_in server;
	struct ptt_mikey_ctx mikey;
	struct ptt_bench_counts counts, caller_counts;
	struct ptt_bench_msk
		msk[PTT_BENCH_MSKS]; /**< every MSK that a member opened; the newest last */
	uint32_t msk_count;
	uint32_t victim; /**< the member to expel, or UINT32_MAX */
	uint32_t *pending, pending_count;
	uint32_t *join_us, *answer_us; /**< samples: join to 200; INVITE with credentials to 200 */
	uint32_t sample_count;
	int64_t last_ack_ns, slow_ns; /**< slow_ns: how late SLOW answers */
};

static inline uint32_t ptt_bench_index(
	const struct ptt_bench_world *world, const struct ptt_bench_member *member)
{
	return (uint32_t)(member - world->members);
}

static inline struct ptt_bench_counts *ptt_bench_counts_of(
	struct ptt_bench_world *world, const struct ptt_bench_member *member)
{
	return member->is_caller ? &world->caller_counts : &world->counts;
}

/** Opens up to @p max messages. @return the number of unopened ones */
uint32_t ptt_bench_open_pending(struct ptt_bench_world *world, uint32_t max);
/** Resends what was not answered (RFC 3261 17.1, 13.3.1.4), and sends late answers. */
void ptt_bench_resend(struct ptt_bench_world *world, int64_t now_ns);
/** @return the MSK with this id, NULL if no member opened it */
const struct ptt_bench_msk *ptt_bench_find_msk(
	const struct ptt_bench_world *world, uint32_t msk_id);

#endif
