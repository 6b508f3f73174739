/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file overload.h
 * Decides when the server refuses new joins because the SIP thread does not keep up.
 *
 * Pure: measurements and time in, a level out. The edge (sip_overload.c) measures every
 * PTT_OVERLOAD_TICK_MS:
 * - the lag of the loop: how late the measurement itself is;
 * - the receive delay: how long the message now read lay in the kernel's queue;
 * - how many requests wait for the store or for a remote BSF.
 * The load is the largest of the three, each divided by its limit. From load 1 on, each finished
 * join admits about one new join (challenges it): more while the receive delay is below a quarter
 * of the limit, fewer above. So the thread has work and its queue stays short. The server refuses
 * all other new joins. It refuses all new joins if too many requests wait for others. From load 2
 * on it refuses all joins. A level begins with the third measurement in a row that calls for it:
 * after a short stall of the host the thread soon catches up. A level ends when, for half a second,
 * the load was below one half and the server refused no join.
 *
 * During overload a re-key has the thread to itself: the server refuses all joins until the re-key
 * ends, for one second at most. Then re-keys get no such privilege for the same time, so a group
 * that is re-keyed again and again does not shut out all joins.
 * Units: microseconds, monotonic, in all measurements; limits as in the configuration.
 */
#ifndef PTT_OVERLOAD_H
#define PTT_OVERLOAD_H

#include <stdbool.h>
#include <stdint.h>

#define PTT_OVERLOAD_TICK_MS 20

struct ptt_overload_limits {
	uint32_t lag_ms;        /**< 0: lag and receive delay do not count */
	uint32_t waiting;       /**< 0: waiting requests do not count */
	uint32_t retry_after_s; /**< smallest Retry-After; values spread up to twice this */
};

enum ptt_overload_level {
	PTT_OVERLOAD_NONE,
	PTT_OVERLOAD_NEW, /**< the server refuses some joins without credentials */
	PTT_OVERLOAD_ALL, /**< the server refuses all joins */
};

struct ptt_overload {
	struct ptt_overload_limits limits;
	enum ptt_overload_level level;
	int64_t due_us;       /**< when the next measurement is due; 0: there was none yet */
	int64_t lag_us;       /**< the larger of lag and receive delay, at the last measurement */
	int64_t late_us;      /**< the lag of the loop alone */
	int64_t delay_us;     /**< the receive delay at the last look */
	int64_t room;         /**< new joins that may be admitted, in thousandths */
	bool crowded;         /**< too many requests wait for others */
	bool yields;          /**< joins yield to a re-key */
	int64_t yield_us;     /**< since when @ref yields */
	int64_t rest_us;      /**< no yielding before */
	int64_t began_us;     /**< when the level became other than NONE */
	uint64_t shed;        /**< joins refused since then; the caller counts them */
	uint64_t shed_before; /**< the same, at the last measurement */
	uint32_t spread;
	uint8_t rising; /**< measurements in a row that call for a higher level */
	uint8_t calm;   /**< measurements in a row that call for no level */
};

/** Sets new limits; the next measurement judges the present level by them. */
void ptt_overload_set(struct ptt_overload *load, const struct ptt_overload_limits *limits);
/**
 * One measurement.
 * @param delay_us  the receive delay now; 0: no message waits
 * @param waiting   requests that wait for the store or a BSF
 * @return whether there was a change between NONE and another level
 */
bool ptt_overload_measure(
	struct ptt_overload *load, int64_t delay_us, uint32_t waiting, int64_t now_us);
/** Between two measurements: the receive delay now. */
void ptt_overload_look(struct ptt_overload *load, int64_t delay_us);
/** Call it often while the level is not NONE. @p under_way: a re-key runs. */
void ptt_overload_rekeying(struct ptt_overload *load, bool under_way, int64_t now_us);
/** The server admitted (challenged) a join without credentials. */
void ptt_overload_took(struct ptt_overload *load);
/** The server sent the final response to a join with credentials. */
void ptt_overload_done(struct ptt_overload *load);
/** @return true: refuse the join now */
bool ptt_overload_sheds(const struct ptt_overload *load, bool has_credentials);
/**
 * Retry-After for a refused join: consecutive values differ, so that the refused do not return
 * together.
 */
uint32_t ptt_overload_retry_after_s(struct ptt_overload *load);

/** The receive queue of one socket. Zeroed: never examined. */
struct ptt_receive_queue {
	int64_t empty_us, roomy_us; /**< when the queue was last seen empty; when not nearly full */
};

/** One look at the queue. */
struct ptt_receive_sample {
	uint32_t used, size; /**< bytes; used 0: the queue is empty */
	int64_t age_us;      /**< age of the last message read; negative: not known */
};

/**
 * The receive delay. It is at most the time since the queue was last empty, because the kernel's
 * time stamps are wall clock. It is at least the time the queue has been nearly full, because such
 * a queue drops messages.
 */
int64_t ptt_receive_delay_us(
	struct ptt_receive_queue *queue, const struct ptt_receive_sample *sample, int64_t now_us);

#endif
