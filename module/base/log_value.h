/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file log_value.h
 * Inside the log: one printf conversion at a time, so that each field of a line can be escaped
 * alone.
 */
#ifndef PTT_LOG_VALUE_H
#define PTT_LOG_VALUE_H

#include <stdarg.h>
#include <stdbool.h>

#define PTT_LOG_VALUE_SIZE 1024

struct ptt_log_value {
	char text[PTT_LOG_VALUE_SIZE]; /**< cut if longer */
	bool is_number;                /**< the text is a JSON number */
};

/** A va_list in a struct may be handed down by pointer on every ABI. */
struct ptt_log_args {
	va_list list;
};

/**
 * Formats the value up to the next space of @p format; gives the place of that space, or of the
 * end.
 */
const char *ptt_log_value_get(
	struct ptt_log_value *value, const char *format, struct ptt_log_args *args);

#endif
