/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file log.h
 * The log: one line an event, text or JSON, to stderr (under systemd that is the journal).
 *
 * A line is a level, an event name, and key=value fields written as a printf format whose words are
 * the fields:  ptt_log(PTT_LOG_INFO, "member-joined", "group=%s member=%s generation=%u", uri,
 * impu, gen); Each word of the *format* is one field; values may hold anything and are quoted or
 * escaped. A value that is one number conversion is a number in JSON. %s of NULL is "-".
 * Conversions: d i u x X c s f g % with flags, width, precision (digits or *), and h hh l ll z j.
 * No key, MAC or password is ever handed to it. Thread-safe. A line is cut at 2000 bytes; field
 * names the product uses: group member msk_id generation call_id.
 */
#ifndef PTT_LOG_H
#define PTT_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/err.h"

enum ptt_log_level { PTT_LOG_DEBUG, PTT_LOG_INFO, PTT_LOG_WARN, PTT_LOG_ERROR };
enum ptt_log_format { PTT_LOG_TEXT, PTT_LOG_JSON };

void ptt_log_set(enum ptt_log_format format, enum ptt_log_level level);
void ptt_log_set_level(enum ptt_log_level level);
enum ptt_log_level ptt_log_level(void);
/**
 * Where lines go; -1 gives stderr back. For tests and the lab's log files. Keeps: the descriptor
 * stays the caller's.
 */
void ptt_log_set_fd(int fd);
/** "debug" "info" "warn" "error". Errors: MALFORMED. */
enum ptt_err ptt_log_level_of(enum ptt_log_level *out, const char *name) PTT_MUST_CHECK;
const char *ptt_log_level_name(enum ptt_log_level level);
/**
 * Somebody to hear of every line (the control socket's watch); called in the logging thread. NULL
 * ends it.
 */
typedef void ptt_log_tap_fn(void *ctx, enum ptt_log_level level, const char *json, unsigned len);
void ptt_log_set_tap(ptt_log_tap_fn *tap, void *ctx);

void ptt_log(enum ptt_log_level level, const char *event, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * One a call site: at most PTT_LOG_LIMIT lines a second; the next line says how many were left out.
 */
struct ptt_log_limit {
	int64_t second;
	uint32_t lines;
	uint32_t dropped;
};
#define PTT_LOG_LIMIT 10
/**
 * True if a line may be written now; @p dropped gets how many were not since the last one.
 * Thread-safe.
 */
bool ptt_log_limit_pass(struct ptt_log_limit *limit, uint32_t *dropped);

/** For lines that the network can cause. */
#define ptt_log_limited(level, event, format, ...) \
	do { \
		static struct ptt_log_limit ptt_limit_; \
		uint32_t ptt_dropped_; \
		if ((level) >= ptt_log_level() && ptt_log_limit_pass(&ptt_limit_, &ptt_dropped_)) \
			ptt_log(level, event, format " dropped=%u", __VA_ARGS__, \
				(unsigned)ptt_dropped_); \
	} while (0)

#endif
