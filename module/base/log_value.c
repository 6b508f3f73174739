/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/base/log_value.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/** One conversion, its length modifier replaced by ours. */
struct spec {
	char text[48];
	char length[3];
	char conv;
	bool plain; /**< no flag, no width */
};

static const char *spec_digits(
	struct spec *spec, size_t *used, const char *format, struct ptt_log_args *args)
{
	if (*format == '*') {
		int n = va_arg(args->list, int);

		n = n < 0 ? 0 : n > PTT_LOG_VALUE_SIZE ? PTT_LOG_VALUE_SIZE : n;
		*used += (size_t)snprintf(spec->text + *used, 8, "%d", n);
		return format + 1;
	}
	while (*format >= '0' && *format <= '9' && *used < 16)
		spec->text[(*used)++] = *format++;
	return format;
}

/** Reads the conversion after the '%'; gives what follows it. */
static const char *spec_get(struct spec *spec, const char *format, struct ptt_log_args *args)
{
	const char *start = format;
	size_t used = 1;
	size_t length = 0;

	memset(spec, 0, sizeof(*spec));
	spec->text[0] = '%';
	while (*format != '\0' && strchr("-+ #0", *format) && used < 6)
		spec->text[used++] = *format++;
	format = spec_digits(spec, &used, format, args);
	spec->plain = format == start;
	if (*format == '.') {
		spec->text[used++] = *format++;
		format = spec_digits(spec, &used, format, args);
	}
	while (*format != '\0' && strchr("hlzjt", *format) && length < 2)
		spec->length[length++] = *format++;
	spec->conv = *format;
	if (strchr("diuxX", spec->conv) && spec->conv != '\0')
		spec->text[used++] = 'j';
	spec->text[used] = spec->conv;
	return *format == '\0' ? format : format + 1;
}

static intmax_t arg_signed(struct ptt_log_args *args, const char *length)
{
	if (strcmp(length, "l") == 0)
		return va_arg(args->list, long);
	if (strcmp(length, "ll") == 0)
		return va_arg(args->list, long long);
	if (strcmp(length, "z") == 0 || strcmp(length, "t") == 0)
		return va_arg(args->list, ptrdiff_t);
	if (strcmp(length, "j") == 0)
		return va_arg(args->list, intmax_t);
	return va_arg(args->list, int);
}

static uintmax_t arg_unsigned(struct ptt_log_args *args, const char *length)
{
	if (strcmp(length, "l") == 0)
		return va_arg(args->list, unsigned long);
	if (strcmp(length, "ll") == 0)
		return va_arg(args->list, unsigned long long);
	if (strcmp(length, "z") == 0 || strcmp(length, "t") == 0)
		return va_arg(args->list, size_t);
	if (strcmp(length, "j") == 0)
		return va_arg(args->list, uintmax_t);
	return va_arg(args->list, unsigned);
}

/** Formats one conversion; @p number is set if its text is a JSON number. */
static void convert(
	char *out, size_t size, const struct spec *spec, struct ptt_log_args *args, bool *number)
{
	const char *text;
	double real;

	*number = false;
	switch (spec->conv) {
	case 'd':
	case 'i':
		snprintf(out, size, spec->text, arg_signed(args, spec->length));
		*number = spec->plain;
		break;
	case 'u':
	case 'x':
	case 'X':
		snprintf(out, size, spec->text, arg_unsigned(args, spec->length));
		*number = spec->plain && spec->conv == 'u';
		break;
	case 'f':
	case 'g':
		real = va_arg(args->list, double);
		snprintf(out, size, spec->text, real);
		*number = spec->plain && isfinite(real);
		break;
	case 's':
		text = va_arg(args->list, const char *);
		snprintf(out, size, spec->text, !text ? "-" : text);
		break;
	case 'c':
		snprintf(out, size, spec->text, va_arg(args->list, int));
		break;
	default:
		snprintf(out, size, "%s", spec->conv == '%' ? "%" : "?");
	}
}

const char *ptt_log_value_get(
	struct ptt_log_value *value, const char *format, struct ptt_log_args *args)
{
	size_t len = 0;
	size_t parts = 0;
	bool number = false;

	value->text[0] = '\0';
	while (*format != '\0' && *format != ' ') {
		struct spec spec;

		parts++;
		if (*format != '%') {
			number = false;
			if (len + 1 < PTT_LOG_VALUE_SIZE)
				value->text[len++] = *format;
			format++;
			value->text[len] = '\0';
			continue;
		}
		format = spec_get(&spec, format + 1, args);
		convert(value->text + len, PTT_LOG_VALUE_SIZE - len, &spec, args, &number);
		len += strlen(value->text + len);
	}
	value->is_number = number && parts == 1;
	return format;
}
