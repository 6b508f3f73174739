/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/ue/ue_stats.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/bytes.h"
#include "module/ue/ue_event.h"

#define CLOCK_KHZ 8 /* of the RTP timestamps */

static struct ptt_ue_stats_mki *mki_get(struct ptt_ue_stats *st, const uint8_t *mki)
{
	struct ptt_ue_stats_mki *entry;

	/* Searches backwards, because the MKI is nearly always one of the newest. */
	for (size_t i = st->mki_count; i > 0; i--) {
		if (memcmp(st->mki[i - 1].mki, mki, PTT_UE_STATS_MKI_LEN) == 0)
			return &st->mki[i - 1];
	}
	if (st->mki_count == PTT_UE_STATS_MKIS)
		return NULL;
	entry = &st->mki[st->mki_count++];
	memcpy(entry->mki, mki, PTT_UE_STATS_MKI_LEN);
	return entry;
}

void ptt_ue_stats_heard(
	struct ptt_ue_stats *st, const uint8_t mki[PTT_UE_STATS_MKI_LEN], int64_t now_ms)
{
	struct ptt_ue_stats_mki *entry = mki_get(st, mki);

	if (!entry)
		return;
	entry->heard++;
	if (entry->first_ms == 0)
		entry->first_ms = now_ms;
	entry->last_ms = now_ms;
}

void ptt_ue_stats_opened(
	struct ptt_ue_stats *st, const uint8_t mki[PTT_UE_STATS_MKI_LEN], int64_t now_ms)
{
	struct ptt_ue_stats_mki *entry = mki_get(st, mki);

	st->opened++;
	st->last_opened_ms = now_ms;
	if (!entry)
		return;
	entry->opened++;
	if (entry->first_opened_ms == 0)
		entry->first_opened_ms = now_ms;
	entry->last_opened_ms = now_ms;
}

static struct ptt_ue_stats_ssrc *ssrc_find(struct ptt_ue_stats *st, uint32_t ssrc)
{
	for (size_t i = st->ssrc_count; i > 0; i--) {
		if (st->ssrc[i - 1].ssrc == ssrc)
			return &st->ssrc[i - 1];
	}
	return NULL;
}

static uint64_t lost_of(const struct ptt_ue_stats_ssrc *entry)
{
	uint64_t expected = (uint64_t)(entry->last_seq - entry->first_seq) + 1;

	return expected > entry->received ? expected - entry->received : 0;
}

static void oldest_drop(struct ptt_ue_stats *st)
{
	st->lost_before += lost_of(&st->ssrc[0]);
	st->ssrc_count--;
	memmove(st->ssrc, st->ssrc + 1, st->ssrc_count * sizeof(st->ssrc[0]));
}

static struct ptt_ue_stats_ssrc *ssrc_get(struct ptt_ue_stats *st, uint32_t ssrc, uint16_t seq)
{
	struct ptt_ue_stats_ssrc *entry = ssrc_find(st, ssrc);

	if (entry)
		return entry;
	if (st->ssrc_count == PTT_UE_STATS_SSRCS)
		oldest_drop(st);
	entry = &st->ssrc[st->ssrc_count++];
	*entry = (struct ptt_ue_stats_ssrc){.ssrc = ssrc, .first_seq = seq, .last_seq = seq};
	return entry;
}

void ptt_ue_stats_sequence(struct ptt_ue_stats *st, uint32_t ssrc, uint16_t seq)
{
	struct ptt_ue_stats_ssrc *entry = ssrc_get(st, ssrc, seq);
	int64_t extended;

	/* Extends seq to the number nearest to the last one, which handles wraps and reordering. */
	extended = entry->last_seq + (int16_t)(uint16_t)(seq - (uint16_t)entry->last_seq);
	entry->received++;
	if (extended < entry->last_seq)
		st->late++;
	if (extended > entry->last_seq)
		entry->last_seq = extended;
	if (extended < entry->first_seq)
		entry->first_seq = extended;
}

void ptt_ue_stats_arrival(
	struct ptt_ue_stats *st, uint32_t ssrc, uint32_t timestamp, int64_t now_ms)
{
	uint32_t transit = (uint32_t)(now_ms * CLOCK_KHZ) - timestamp;
	struct ptt_ue_stats_ssrc *entry = ssrc_find(st, ssrc);
	int32_t change;

	if (!entry)
		return;
	change = entry->timed ? (int32_t)(transit - entry->transit) : 0;
	entry->timed = true;
	entry->transit = transit;
	/* J += (|D| - J) / 16, in sixteenths: RFC 3550 A.8 */
	entry->jitter_16 += (uint32_t)abs(change) - ((entry->jitter_16 + 8) >> 4);
	st->ssrc_now = ssrc;
	if (entry->jitter_16 > st->jitter_max_16)
		st->jitter_max_16 = entry->jitter_16;
}

double ptt_ue_stats_jitter_ms(const struct ptt_ue_stats *st, bool highest)
{
	const struct ptt_ue_stats_ssrc *entry =
		ssrc_find((struct ptt_ue_stats *)(uintptr_t)st, st->ssrc_now);
	uint32_t jitter = highest ? st->jitter_max_16 : entry ? entry->jitter_16 : 0;

	return (double)(jitter >> 4) / CLOCK_KHZ;
}

uint64_t ptt_ue_stats_lost(const struct ptt_ue_stats *st)
{
	uint64_t lost = st->lost_before;

	for (size_t i = 0; i < st->ssrc_count; i++)
		lost += lost_of(&st->ssrc[i]);
	return lost;
}

static json_t *by_mki(const struct ptt_ue_stats *st)
{
	json_t *all = json_object();

	for (size_t i = 0; i < st->mki_count; i++) {
		const struct ptt_ue_stats_mki *in = &st->mki[i];
		json_t *one = json_object();
		char hex[2 * PTT_UE_STATS_MKI_LEN + 1];

		if (ptt_hex_put(hex, sizeof(hex), PTT_BYTES_OF(in->mki)) != PTT_OK)
			hex[0] = '\0';
		json_object_set_new(one, "heard", json_integer((json_int_t)in->heard));
		json_object_set_new(one, "opened", json_integer((json_int_t)in->opened));
		json_object_set_new(one, "first_t", ptt_ue_event_time(in->first_ms));
		json_object_set_new(one, "last_t", ptt_ue_event_time(in->last_ms));
		json_object_set_new(one, "first_opened_t", ptt_ue_event_time(in->first_opened_ms));
		json_object_set_new(one, "last_opened_t", ptt_ue_event_time(in->last_opened_ms));
		json_object_set_new(all, hex, one);
	}
	return all;
}

void ptt_ue_stats_put(const struct ptt_ue_stats *st, json_t *out)
{
	json_object_set_new(out, "opened", json_integer((json_int_t)st->opened));
	json_object_set_new(out, "lost", json_integer((json_int_t)ptt_ue_stats_lost(st)));
	json_object_set_new(out, "late", json_integer((json_int_t)st->late));
	json_object_set_new(out, "jitter_ms", json_real(ptt_ue_stats_jitter_ms(st, false)));
	json_object_set_new(out, "jitter_max_ms", json_real(ptt_ue_stats_jitter_ms(st, true)));
	json_object_set_new(out, "last_opened_t", ptt_ue_event_time(st->last_opened_ms));
	json_object_set_new(out, "opened_by_mki", by_mki(st));
}
