/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/core/overload.h"

#define TICK_US  (PTT_OVERLOAD_TICK_MS * 1000)
#define ONE      1000 /* loads are in thousandths of the limit */
#define IN_A_ROW 3
#define CALM     (500 / PTT_OVERLOAD_TICK_MS)
#define YIELD_US 1000000

/* During overload, each finished join admits GAIN more. The gain is 1 when the receive delay is a
 * quarter of the limit or unknown; it steers the delay there. */
#define SHARE      4
#define GAIN_MOST  (ONE + ONE / 4)
#define GAIN_LEAST (ONE / 2)
#define ROOM_MOST  (32 * ONE)

void ptt_overload_set(struct ptt_overload *load, const struct ptt_overload_limits *limits)
{
	load->limits = *limits;
}

/* At `limits.waiting` requests the load counts as 2, because work was already spent on each. */
static int64_t load_of_waiting(const struct ptt_overload *load, uint32_t waiting)
{
	return load->limits.waiting ? (int64_t)waiting * 2 * ONE / load->limits.waiting : 0;
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t load_of_lag(const struct ptt_overload *load)
{
	return load->limits.lag_ms ? load->lag_us / load->limits.lag_ms : 0;
}

static enum ptt_overload_level next_level(const struct ptt_overload *load, int64_t share)
{
	if (share >= 2 * ONE)
		return PTT_OVERLOAD_ALL;
	if (share >= ONE)
		return load->level == PTT_OVERLOAD_ALL ? load->level : PTT_OVERLOAD_NEW;
	return load->level != PTT_OVERLOAD_NONE && load->calm < CALM ? PTT_OVERLOAD_NEW
								     : PTT_OVERLOAD_NONE;
}

static void take(struct ptt_overload *load, int64_t delay_us, uint32_t waiting, int64_t now_us)
{
	load->late_us = load->due_us ? larger(now_us - load->due_us, 0) : 0;
	load->delay_us = larger(delay_us, 0);
	load->lag_us = larger(load->late_us, load->delay_us);
	load->due_us = now_us + TICK_US;
	load->crowded = load_of_waiting(load, waiting) >= ONE / 2;
}

/* Admits a join even if none finished; otherwise none ever could. */
static void trickle(struct ptt_overload *load)
{
	if (load->room < ONE)
		load->room = ONE;
}

bool ptt_overload_measure(
	struct ptt_overload *load, int64_t delay_us, uint32_t waiting, int64_t now_us)
{
	enum ptt_overload_level before = load->level, next;
	int64_t share;

	take(load, delay_us, waiting, now_us);
	share = larger(load_of_lag(load), load_of_waiting(load, waiting));
	load->calm = share < ONE / 2 && load->shed == load->shed_before ? load->calm + 1 : 0;
	load->shed_before = load->shed;
	next = next_level(load, share);
	load->rising = next > before ? load->rising + 1 : 0;
	if (next < before || load->rising == IN_A_ROW) {
		load->level = next;
		load->rising = 0;
	}
	trickle(load);
	if ((before == PTT_OVERLOAD_NONE) == (load->level == PTT_OVERLOAD_NONE))
		return false;
	if (before == PTT_OVERLOAD_NONE) {
		load->began_us = now_us;
		load->shed = load->shed_before = 0;
		load->room = 0;
	}
	return true;
}

void ptt_overload_look(struct ptt_overload *load, int64_t delay_us)
{
	load->delay_us = delay_us;
}

void ptt_overload_rekeying(struct ptt_overload *load, bool under_way, int64_t now_us)
{
	bool wanted = under_way && load->level != PTT_OVERLOAD_NONE;

	if (load->yields && (!wanted || now_us - load->yield_us >= YIELD_US)) {
		load->yields = false;
		load->rest_us = now_us + (now_us - load->yield_us);
	} else if (!load->yields && wanted && now_us >= load->rest_us) {
		load->yields = true;
		load->yield_us = now_us;
	}
}

void ptt_overload_took(struct ptt_overload *load)
{
	load->room -= ONE;
}

void ptt_overload_done(struct ptt_overload *load)
{
	int64_t limit_us = (int64_t)load->limits.lag_ms * 1000, gain = ONE;

	if (limit_us > 0)
		gain = GAIN_MOST -
		       larger(load->late_us, load->delay_us) * SHARE * (GAIN_MOST - ONE) / limit_us;
	load->room += larger(gain, GAIN_LEAST);
	if (load->room > ROOM_MOST)
		load->room = ROOM_MOST;
}

bool ptt_overload_sheds(const struct ptt_overload *load, bool has_credentials)
{
	if (load->level == PTT_OVERLOAD_NONE)
		return false;
	if (load->level == PTT_OVERLOAD_ALL || load->yields)
		return true;
	return !has_credentials && (load->crowded || load->room < ONE);
}

uint32_t ptt_overload_retry_after_s(struct ptt_overload *load)
{
	return load->limits.retry_after_s + load->spread++ % (load->limits.retry_after_s + 1);
}

int64_t ptt_receive_delay_us(
	struct ptt_receive_queue *queue, const struct ptt_receive_sample *sample, int64_t now_us)
{
	int64_t delay_us, full_us;

	if (sample->used == 0 || queue->empty_us == 0)
		queue->empty_us = now_us;
	if (sample->used < sample->size - sample->size / 4 || queue->roomy_us == 0)
		queue->roomy_us = now_us;
	full_us = now_us - queue->roomy_us;
	delay_us = now_us - queue->empty_us;
	if (delay_us > sample->age_us)
		delay_us = sample->age_us; /* age unknown: only a nearly full queue counts */
	return delay_us > full_us ? delay_us : full_us;
}
