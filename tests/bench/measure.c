/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bench/measure.h"

#include <stdio.h>

#include "tests/bench/probe.h"

#define CALLS_MAX 64 /* joins under way at a time */
#define MS        1000000LL

/* --- joins --- */

void ptt_bench_measure_joins(struct ptt_bench_measure *m, uint32_t count, uint32_t rate)
{
	m->join_from = m->join_next;
	m->join_end = m->join_next + count;
	if (m->join_end > m->world->count)
		m->join_end = m->world->count;
	m->join_rate = rate ? rate : 1;
	ptt_bench_measure_mark(m, -1, count);
	m->world->sample_count = 0;
	m->join_start_ns = ptt_bench_now_ns();
	m->deadline_ns = m->join_start_ns + (60 + 4 * (int64_t)count / m->join_rate) * 1000 * MS;
	m->doing = PTT_BENCH_JOINING;
}

void ptt_bench_measure_pace(struct ptt_bench_measure *m)
{
	struct ptt_bench_world *world = m->world;
	int64_t due = (ptt_bench_now_ns() - m->join_start_ns) * m->join_rate / 1000000000 + 1;

	if (m->doing != PTT_BENCH_JOINING)
		return;
	while (m->join_next < m->join_end && m->join_next - m->join_from < due &&
		m->join_next - m->join_from - world->counts.joined - world->counts.join_failed <
			CALLS_MAX)
		ptt_bench_member_join(world, &world->members[m->join_next++]);
}

static void end_joins(struct ptt_bench_measure *m)
{
	struct ptt_bench_world *world = m->world;
	const struct ptt_bench_counts *counts = &world->counts;
	uint32_t wanted = m->join_end - m->join_from;
	bool all = counts->joined + counts->join_failed == wanted &&
		   counts->acks >= counts->joined && world->pending_count == 0 &&
		   counts->opened >= counts->joined;

	if (!all && ptt_bench_now_ns() < m->deadline_ns)
		return;
	ptt_bench_sort(world->join_us, world->sample_count);
	ptt_bench_sort(world->answer_us, world->sample_count);
	printf("{\"event\":\"joined\",\"all\":%s,\"count\":%u,\"failed\":%u,\"shed\":%u,"
	       "\"resent\":%u,\"opened\":%u,"
	       "\"open_failed\":%u,\"repeats\":%u,\"ms\":%.1f,\"join_p50_us\":%u,"
	       "\"join_p99_us\":%u,"
	       "\"answer_p50_us\":%u,\"answer_p99_us\":%u}\n",
		all ? "true" : "false", counts->joined, counts->join_failed, counts->join_shed,
		counts->join_resent, counts->opened, counts->open_failed, counts->repeats,
		(double)(ptt_bench_now_ns() - m->join_start_ns) / MS,
		ptt_bench_percentile(world->join_us, world->sample_count, 50),
		ptt_bench_percentile(world->join_us, world->sample_count, 99),
		ptt_bench_percentile(world->answer_us, world->sample_count, 50),
		ptt_bench_percentile(world->answer_us, world->sample_count, 99));
	m->doing = PTT_BENCH_IDLE;
}

/* --- a re-key --- */

void ptt_bench_measure_mark(struct ptt_bench_measure *m, long victim, uint32_t expected)
{
	struct ptt_bench_world *world = m->world;

	world->counts = (struct ptt_bench_counts){0};
	world->victim = victim < 0 ? UINT32_MAX : (uint32_t)victim;
	world->last_ack_ns = m->last_done_ns = 0;
	m->expected = expected;
	m->old_msk = world->msk_count ? world->msk[world->msk_count - 1].msk_id : 0;
	m->mark_ns = ptt_bench_now_ns();
	printf("{\"event\":\"marked\",\"at_ns\":%lld}\n", (long long)m->mark_ns);
}

void ptt_bench_measure_wait(struct ptt_bench_measure *m, uint32_t ms)
{
	m->deadline_ns = ptt_bench_now_ns() + ms * MS;
	m->doing = PTT_BENCH_WAITING;
}

/* @return how many older MSKs open the MTK of the newest MSK; must be 0 */
static uint32_t hostile_opens(const struct ptt_bench_measure *m, uint32_t newest)
{
	struct ptt_bench_world *world = m->world;
	uint32_t count = 0;

	for (uint32_t i = 0; i < world->msk_count; i++)
		count += world->msk[i].msk_id != newest &&
			 ptt_bench_mtk_opens(m->watch, newest, &world->mikey, &world->msk[i]);
	return count;
}

static double since_mark(const struct ptt_bench_measure *m, int64_t at_ns)
{
	return at_ns ? (double)(at_ns - m->mark_ns) / MS : -1;
}

static void print_rekeyed(const struct ptt_bench_measure *m, bool all)
{
	struct ptt_bench_world *world = m->world;
	const struct ptt_bench_counts *counts = &world->counts;
	const struct ptt_bench_msk *newest =
		world->msk_count ? &world->msk[world->msk_count - 1] : NULL;
	bool is_new = newest && newest->msk_id != m->old_msk;
	bool opens = is_new && ptt_bench_mtk_opens(m->watch, newest->msk_id, &world->mikey, newest);

	printf("{\"event\":\"rekeyed\",\"all\":%s,\"msk_id\":%u,\"opened\":%u,"
	       "\"open_failed\":%u,\"other_key\":%u,"
	       "\"invites\":%u,\"repeats\":%u,\"acks\":%u,\"resent_200\":%u,\"byes\":%u,"
	       "\"victim_offered\":%u,"
	       "\"hostile_opens\":%u,\"mtk_opens\":%s,\"mark_ns\":%lld,\"mtk_ms\":%.3f,"
	       "\"last_ack_ms\":%.3f,"
	       "\"opened_ms\":%.3f,\"last_old_audio_ms\":%.3f}\n",
		all ? "true" : "false", newest ? newest->msk_id : 0, counts->opened,
		counts->open_failed, counts->other_key, counts->invites, counts->repeats,
		counts->acks, counts->resent_200, counts->byes, counts->victim_offered,
		is_new ? hostile_opens(m, newest->msk_id) : 0, opens ? "true" : "false",
		(long long)m->mark_ns,
		since_mark(m, is_new ? ptt_bench_first_mtk(m->watch, newest->msk_id) : 0),
		since_mark(m, world->last_ack_ns), since_mark(m, m->last_done_ns),
		since_mark(m, ptt_bench_last_audio(m->watch, m->old_msk)));
}

static void end_wait(struct ptt_bench_measure *m)
{
	struct ptt_bench_world *world = m->world;
	const struct ptt_bench_counts *counts = &world->counts;
	uint32_t newest = world->msk_count ? world->msk[world->msk_count - 1].msk_id : 0;
	bool is_new = world->msk_count && newest != m->old_msk;
	bool switched = is_new && ptt_bench_first_mtk(m->watch, newest) != 0 &&
			(!m->talks || ptt_bench_last_audio(m->watch, newest) != 0);
	bool all = switched && counts->opened >= m->expected && counts->acks >= m->expected &&
		   !world->pending_count;

	if (counts->opened >= m->expected && !m->last_done_ns)
		m->last_done_ns = ptt_bench_now_ns();
	if (!all && ptt_bench_now_ns() < m->deadline_ns)
		return;
	print_rekeyed(m, all);
	m->doing = PTT_BENCH_IDLE;
}

void ptt_bench_measure_end(struct ptt_bench_measure *m)
{
	if (m->doing == PTT_BENCH_JOINING)
		end_joins(m);
	else if (m->doing == PTT_BENCH_WAITING)
		end_wait(m);
}
