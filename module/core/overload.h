/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file overload.h
 * Decides when new joins are turned away because the SIP thread does not keep up.
 *
 * Pure: measurements and time in, a level out. The edge (sip_overload.c) measures each
 * PTT_OVERLOAD_TICK_MS:
 * - the lag of the loop: how late the measurement itself is;
 * - the delay of what is received: how long the message now at hand lay in the kernel's queue;
 * - how many requests wait for the store or for a BSF elsewhere.
 * The worst of them, as a share of its limit, is the load. From 1 on as many new joins are let in
 * (challenged) as others are done with, some more while what is received waits for less than a
 * quarter of the limit, fewer while it waits longer: the thread has work, and its queue is short. All
 * others are turned away; all new ones if it is the requests that wait for others. From 2 on all
 * joins are turned away. A level begins with the third measurement in a row that calls for it: a
 * host that stood still for a moment is not overloaded, what gathered meanwhile is soon done. It
 * ends when for half a second the load was below a half and nobody was turned away.
 *
 * A re-key in an overload has the thread for itself: all joins are turned away until it is over, for
 * a second at most; then for as long as that took they are not, so that a group that is re-keyed
 * again and again does not shut out everybody else.
 * Units: microseconds, monotonic, in all measurements; limits as in the configuration.
 */
#ifndef PTT_OVERLOAD_H
#define PTT_OVERLOAD_H

#include <stdbool.h>
#include <stdint.h>

#define PTT_OVERLOAD_TICK_MS 20

struct ptt_overload_limits {
	uint32_t lag_ms;        /**< 0: lag and delay do not count */
	uint32_t waiting;       /**< 0: requests that wait do not count */
	uint32_t retry_after_s; /**< least Retry-After; they spread up to twice this */
};

enum ptt_overload_level {
	PTT_OVERLOAD_NONE,
	PTT_OVERLOAD_NEW, /**< of the joins without credentials some are turned away */
	PTT_OVERLOAD_ALL, /**< all joins are */
};

struct ptt_overload {
	struct ptt_overload_limits limits;
	enum ptt_overload_level level;
	int64_t due_us;       /**< of the next measurement; 0: there was none yet */
	int64_t lag_us;       /**< the worse of lag and delay, last time */
	int64_t late_us;      /**< the lag of the loop alone */
	int64_t delay_us;     /**< as of the last look */
	int64_t room;         /**< thousandths of joins that may be let in */
	bool crowded;         /**< too many requests wait for others */
	bool yields;          /**< to a re-key */
	int64_t yield_us;     /**< since when */
	int64_t rest_us;      /**< not again before */
	int64_t began_us;     /**< of the level that is not NONE */
	uint64_t shed;        /**< turned away since then; the caller counts */
	uint64_t shed_before; /**< of them, until the last measurement */
	uint32_t spread;
	uint8_t rising; /**< measurements in a row that call for a higher level */
	uint8_t calm;   /**< in a row that call for none */
};

/** Takes the new limits; a level that runs is judged anew at the next measurement. */
void ptt_overload_set(struct ptt_overload *load, const struct ptt_overload_limits *limits);
/**
 * One measurement.
 * @param delay_us  of what is received now; 0: nothing waits
 * @param waiting   requests that wait for others
 * @return whether there was a change between NONE and another level
 */
bool ptt_overload_measure(
	struct ptt_overload *load, int64_t delay_us, uint32_t waiting, int64_t now_us);
/** Between two measurements: how long what is received now has waited. */
void ptt_overload_look(struct ptt_overload *load, int64_t delay_us);
/** To be told often while a level is not NONE: whether a re-key is under way. */
void ptt_overload_rekeying(struct ptt_overload *load, bool under_way, int64_t now_us);
/** A join without credentials was let in. */
void ptt_overload_took(struct ptt_overload *load);
/** A join with credentials has its final answer. */
void ptt_overload_done(struct ptt_overload *load);
/** Whether a join is turned away now. */
bool ptt_overload_sheds(const struct ptt_overload *load, bool has_credentials);
/** Retry-After for one that is: each gets another, so that they do not come back as one. */
uint32_t ptt_overload_retry_after_s(struct ptt_overload *load);

/** The receive queue of one socket. Zeroed: never looked at. */
struct ptt_receive_queue {
	int64_t empty_us, roomy_us; /**< when it was last seen empty; not nearly full */
};

/** What a look at it says. */
struct ptt_receive_sample {
	uint32_t used, size; /**< bytes; used 0: it is empty */
	int64_t age_us;      /**< since the last message read had come; negative: not known */
};

/**
 * How long what is read now has waited. Not longer than since the queue was last empty, whatever
 * the kernel's wall clock says; and a queue that stays nearly full counts for as long as it has
 * been so, since what comes then is lost.
 */
int64_t ptt_receive_delay_us(
	struct ptt_receive_queue *queue, const struct ptt_receive_sample *sample, int64_t now_us);

#endif
