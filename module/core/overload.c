/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/core/overload.h"

#define TICK_US  (PTT_OVERLOAD_TICK_MS * 1000)
#define ONE      1000 /* loads are in thousandths of the limit */
#define IN_A_ROW 3

void ptt_overload_set(struct ptt_overload *load, const struct ptt_overload_limits *limits)
{
	load->limits = *limits;
}

/* As many as may wait are a load of 2: each of them has been worked on. */
static int64_t load_of(const struct ptt_overload *load, uint32_t waiting)
{
	const struct ptt_overload_limits *limits = &load->limits;
	int64_t lag = limits->lag_ms ? load->lag_us / limits->lag_ms : 0;
	int64_t queue = limits->waiting ? (int64_t)waiting * 2 * ONE / limits->waiting : 0;

	return lag > queue ? lag : queue;
}

static enum ptt_overload_level next_level(enum ptt_overload_level level, int64_t load)
{
	if (load >= 2 * ONE)
		return PTT_OVERLOAD_ALL;
	if (load >= ONE)
		return level == PTT_OVERLOAD_ALL ? level : PTT_OVERLOAD_NEW;
	return level != PTT_OVERLOAD_NONE && load >= ONE / 2 ? PTT_OVERLOAD_NEW : PTT_OVERLOAD_NONE;
}

bool ptt_overload_measure(
	struct ptt_overload *load, int64_t delay_us, uint32_t waiting, int64_t now_us)
{
	enum ptt_overload_level before = load->level, next;
	int64_t late_us = load->due_us ? now_us - load->due_us : 0;

	load->lag_us = late_us > delay_us ? late_us : delay_us;
	if (load->lag_us < 0)
		load->lag_us = 0;
	load->due_us = now_us + TICK_US;
	next = next_level(before, load_of(load, waiting));
	load->rising = next > before ? load->rising + 1 : 0;
	if (next < before || load->rising == IN_A_ROW) {
		load->level = next;
		load->rising = 0;
	}
	if ((before == PTT_OVERLOAD_NONE) == (load->level == PTT_OVERLOAD_NONE))
		return false;
	if (before == PTT_OVERLOAD_NONE) {
		load->began_us = now_us;
		load->shed = 0;
	}
	return true;
}

bool ptt_overload_sheds(const struct ptt_overload *load, bool has_credentials)
{
	return load->level == PTT_OVERLOAD_ALL ||
	       (load->level == PTT_OVERLOAD_NEW && !has_credentials);
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
		delay_us = sample->age_us; /* unknown: only a full queue counts */
	return delay_us > full_us ? delay_us : full_us;
}
