/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/base/log.h"

#include <assert.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "module/base/clock.h"
#include "module/base/log_value.h"
#include "module/base/metrics.h"

#define LINE_MAX_LEN 2000

static _Atomic int log_level = PTT_LOG_INFO;
static _Atomic int log_format = PTT_LOG_TEXT;
static _Atomic int log_fd = -1;
static pthread_mutex_t tap_lock = PTHREAD_MUTEX_INITIALIZER;
static ptt_log_tap_fn *tap_fn;
static void *tap_ctx;
static _Atomic bool tapped;

static const char *const level_names[] = {[PTT_LOG_DEBUG] = "debug",
	[PTT_LOG_INFO] = "info",
	[PTT_LOG_WARN] = "warn",
	[PTT_LOG_ERROR] = "error"};
static_assert(sizeof(level_names) / sizeof(level_names[0]) == 4, "a level is masked with 3");

/** A line being built; what does not fit as a whole field is left out. */
struct line {
	char text[LINE_MAX_LEN + 32];
	size_t len;
	bool full;
};

void ptt_log_set(enum ptt_log_format format, enum ptt_log_level level)
{
	atomic_store(&log_format, (int)format);
	atomic_store(&log_level, (int)level);
}

void ptt_log_set_level(enum ptt_log_level level)
{
	atomic_store(&log_level, (int)level);
}

enum ptt_log_level ptt_log_level(void)
{
	return (enum ptt_log_level)atomic_load_explicit(&log_level, memory_order_relaxed);
}

void ptt_log_set_fd(int fd)
{
	atomic_store(&log_fd, fd);
}

enum ptt_err ptt_log_level_of(enum ptt_log_level *out, const char *name)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
		if (strcmp(name, level_names[i]) == 0) {
			*out = (enum ptt_log_level)i;
			return PTT_OK;
		}
	}
	return PTT_ERR_MALFORMED;
}

const char *ptt_log_level_name(enum ptt_log_level level)
{
	return level_names[level & 3];
}

void ptt_log_set_tap(ptt_log_tap_fn *tap, void *ctx)
{
	pthread_mutex_lock(&tap_lock);
	tap_fn = tap;
	tap_ctx = ctx;
	atomic_store(&tapped, tap != NULL);
	pthread_mutex_unlock(&tap_lock);
}

static void line_put(struct line *line, const char *text, size_t len)
{
	if (line->full || len > LINE_MAX_LEN - line->len) {
		line->full = true;
		return;
	}
	memcpy(line->text + line->len, text, len);
	line->len += len;
}

static void line_str(struct line *line, const char *text)
{
	line_put(line, text, strlen(text));
}

/**
 * Length of the UTF-8 sequence at @p s, 0 if it is none (RFC 3629: no surrogates, no overlong
 * forms).
 */
static size_t utf8_len(const unsigned char *s)
{
	size_t n = s[0] < 0x80                   ? 1
		   : s[0] >= 0xC2 && s[0] < 0xE0 ? 2
		   : s[0] >= 0xE0 && s[0] < 0xF0 ? 3
		   : s[0] >= 0xF0 && s[0] < 0xF5 ? 4
						 : 0;

	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	}
	if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) ||
		(s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F))
		return 0;
	return n;
}

static void line_quoted(struct line *line, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	line_str(line, "\"");
	while (*s != '\0') {
		size_t n = utf8_len(s);
		char escaped[8];

		if (n == 0) {
			line_str(line, "\\ufffd");
			s++;
			continue;
		}
		if (*s == '"' || *s == '\\') {
			snprintf(escaped, sizeof(escaped), "\\%c", *s);
			line_str(line, escaped);
		} else if (*s < 0x20 || *s == 0x7F) {
			snprintf(escaped, sizeof(escaped), "\\u%04x", *s);
			line_str(line, escaped);
		} else {
			line_put(line, (const char *)s, n);
		}
		s += n;
	}
	line_str(line, "\"");
}

static bool needs_quotes(const char *text)
{
	if (*text == '\0')
		return true;
	for (; *text != '\0'; text++) {
		if (*text <= ' ' || *text == '"' || *text == '=' || *text == '\\' || *text == 0x7F)
			return true;
	}
	return false;
}

static void field_put(
	struct line *line, bool json, const char *key, const struct ptt_log_value *value)
{
	size_t before = line->len;

	line_str(line, json ? "," : " ");
	if (json) {
		line_quoted(line, key);
		line_str(line, ":");
	} else {
		line_str(line, key);
		line_str(line, "=");
	}
	if (json ? value->is_number : !needs_quotes(value->text))
		line_str(line, value->text);
	else
		line_quoted(line, value->text);
	if (line->full)
		line->len = before;
}

static void line_begin(struct line *line, bool json, enum ptt_log_level level, const char *event)
{
	int64_t now_ms = ptt_clock_utc_ns() / 1000000;
	time_t now_s = (time_t)(now_ms / 1000);
	struct tm utc;
	char stamp[64];
	size_t len;

	gmtime_r(&now_s, &utc);
	len = strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(stamp + len, sizeof(stamp) - len, ".%03dZ", (int)(now_ms % 1000));
	line->len = 0;
	line->full = false;
	line_str(line, json ? "{\"time\":\"" : "");
	line_str(line, stamp);
	line_str(line, json ? "\",\"level\":\"" : " ");
	line_str(line, level_names[level & 3]);
	line_str(line, json ? "\",\"event\":" : " ");
	if (json)
		line_quoted(line, event);
	else
		line_str(line, event);
}

static void line_end(struct line *line, bool json)
{
	static const char *const tails[2][2] = {{"\n", " cut=true\n"}, {"}\n", ",\"cut\":true}\n"}};
	const char *tail = tails[json][line->full];

	/* text[] has room for it beyond LINE_MAX_LEN */
	memcpy(line->text + line->len, tail, strlen(tail));
	line->len += strlen(tail);
}

static void line_build(struct line *line, bool json, enum ptt_log_level level, const char *event,
	const char *format, struct ptt_log_args *args)
{
	line_begin(line, json, level, event);
	while (*format != '\0') {
		struct ptt_log_value value;
		char key[64];
		size_t key_len;

		if (*format == ' ') {
			format++;
			continue;
		}
		key_len = strcspn(format, "= %");
		snprintf(key, sizeof(key), "%.*s", (int)(key_len < 63 ? key_len : 63), format);
		format += key_len;
		if (*format == '=')
			format++;
		format = ptt_log_value_get(&value, format, args);
		field_put(line, json, key_len > 0 ? key : "text", &value);
	}
	line_end(line, json);
}

static void line_write(const struct line *line)
{
	int fd = atomic_load(&log_fd);

	/*
	 * one write a line, so that threads do not mix; a full pipe drops the line rather than stop
	 * the server
	 */
	if (write(fd >= 0 ? fd : STDERR_FILENO, line->text, line->len) != (ssize_t)line->len)
		ptt_metric_inc_label(PTT_METRIC_DROPPED, "log");
}

static void tap_line(
	enum ptt_log_level level, const char *event, const char *format, struct ptt_log_args *args)
{
	struct line line;

	line_build(&line, true, level, event, format, args);
	pthread_mutex_lock(&tap_lock);
	if (tap_fn)
		tap_fn(tap_ctx, level, line.text, (unsigned)line.len);
	pthread_mutex_unlock(&tap_lock);
}

void ptt_log(enum ptt_log_level level, const char *event, const char *format, ...)
{
	struct line line;
	struct ptt_log_args args;

	if (level < ptt_log_level())
		return;
	va_start(args.list, format);
	line_build(&line, atomic_load(&log_format) == PTT_LOG_JSON, level, event, format, &args);
	va_end(args.list);
	line_write(&line);
	if (!atomic_load_explicit(&tapped, memory_order_relaxed))
		return;
	va_start(args.list, format);
	tap_line(level, event, format, &args);
	va_end(args.list);
}

bool ptt_log_limit_pass(struct ptt_log_limit *limit, uint32_t *dropped)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	int64_t now_s = ptt_clock_ms() / 1000;
	bool pass;

	*dropped = 0;
	pthread_mutex_lock(&lock);
	if (limit->second != now_s) {
		limit->second = now_s;
		limit->lines = 0;
	}
	pass = limit->lines < PTT_LOG_LIMIT;
	if (pass) {
		limit->lines++;
		*dropped = limit->dropped;
		limit->dropped = 0;
	} else {
		limit->dropped++;
	}
	pthread_mutex_unlock(&lock);
	return pass;
}
