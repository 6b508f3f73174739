/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "programs/pttkey_args.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int usage(const char *name, const char *what)
{
	fprintf(stderr, "pttkey: --%s: %s\n", name, what);
	return PTT_EXIT_USAGE;
}

static int hex_read(const struct ptt_arg *arg, const char *value)
{
	char what[64];
	size_t len = 0;

	snprintf(what, sizeof(what), "%zu hex digits expected", 2 * arg->len);
	if (strlen(value) != 2 * arg->len ||
		ptt_hex_get(arg->out, &len, arg->len, value, strlen(value)) != PTT_OK)
		return usage(arg->name, what);
	return 0;
}

static int hex_up_read(const struct ptt_arg *arg, const char *value)
{
	struct ptt_arg_hex *hex = arg->out;

	if (ptt_hex_get(hex->b, &hex->len, sizeof(hex->b), value, strlen(value)) != PTT_OK)
		return usage(arg->name, "hex digits expected, an even number, at most 128");
	return 0;
}

static int number_read(const struct ptt_arg *arg, const char *value)
{
	unsigned long long number;
	char what[64], *end;

	snprintf(what, sizeof(what), "decimal number from 0 to %zu expected", arg->len);
	/* strtoull takes signs and blanks; we do not */
	if (value[0] < '0' || value[0] > '9')
		return usage(arg->name, what);
	errno = 0;
	number = strtoull(value, &end, 10);
	if (errno != 0 || *end != '\0' || number > arg->len)
		return usage(arg->name, what);
	*(uint32_t *)arg->out = (uint32_t)number;
	return 0;
}

static int text_read(const struct ptt_arg *arg, const char *value)
{
	char what[64];

	snprintf(what, sizeof(what), "1 to %zu characters expected", arg->len);
	if (value[0] == '\0' || strlen(value) > arg->len)
		return usage(arg->name, what);
	*(struct ptt_bytes *)arg->out = ptt_bytes_of_str(value);
	return 0;
}

static int value_read(const struct ptt_arg *arg, const char *value)
{
	switch (arg->kind) {
	case PTT_ARG_TEXT:
		return text_read(arg, value);
	case PTT_ARG_HEX:
		return hex_read(arg, value);
	case PTT_ARG_HEX_UP:
		return hex_up_read(arg, value);
	case PTT_ARG_NUMBER:
		return number_read(arg, value);
	default:
		return usage(arg->name, "takes no value");
	}
}

/** The table's line for "--name" or "--name=value"; @p value is set behind the '='. */
static struct ptt_arg *arg_find(struct ptt_arg *args, const char **value, const char *given)
{
	size_t len = strcspn(given, "=");

	*value = given[len] == '=' ? given + len + 1 : NULL;
	for (; args->name; args++) {
		if (strlen(args->name) == len && strncmp(args->name, given, len) == 0)
			return args;
	}
	return NULL;
}

/** One option at argv[*at]; moves *at to its last word. */
static int option_read(struct ptt_arg *args, int *at, int argc, char **argv)
{
	const char *given = argv[*at] + 2, *value;
	struct ptt_arg *arg = arg_find(args, &value, given);

	if (!arg)
		return usage(given, "no such option; see --help");
	if (arg->given)
		return usage(arg->name, "given twice");
	arg->given = true;
	if (arg->kind == PTT_ARG_FLAG && !value) {
		*(bool *)arg->out = true;
		return 0;
	}
	if (!value && arg->kind != PTT_ARG_FLAG) {
		if (*at + 1 >= argc)
			return usage(arg->name, "value missing");
		value = argv[++*at];
	}
	return value_read(arg, value);
}

static int rest_read(const char **rest, const char *given)
{
	if (rest && !*rest) {
		*rest = given;
		return 0;
	}
	fprintf(stderr, "pttkey: one argument too many: '%.40s'\n", given);
	return PTT_EXIT_USAGE;
}

int ptt_args_read(struct ptt_arg *args, const char **rest, int argc, char **argv)
{
	int i, status = 0;

	for (i = 1; i < argc && status == 0; i++) {
		if (strcmp(argv[i], "--help") == 0)
			return -1;
		if (strncmp(argv[i], "--", 2) == 0)
			status = option_read(args, &i, argc, argv);
		else
			status = rest_read(rest, argv[i]);
	}
	for (; args->name && status == 0; args++) {
		if (args->required && !args->given)
			status = usage(args->name, "missing; see --help");
	}
	return status;
}

bool ptt_args_given(const struct ptt_arg *args, const char *name)
{
	for (; args->name; args++) {
		if (strcmp(args->name, name) == 0)
			return args->given;
	}
	return false;
}

static void print_lines(json_t *object)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		char *text = json_dumps(value, JSON_ENCODE_ANY);

		if (json_is_string(value))
			printf("%s = %s\n", name, json_string_value(value));
		else
			printf("%s = %s\n", name, text ? text : "");
		free(text);
	}
}

int ptt_print(json_t *object, bool as_json)
{
	int failed = !object;

	if (!failed && as_json) {
		failed = json_dumpf(object, stdout, JSON_REAL_PRECISION(12)) != 0;
		putchar('\n');
	} else if (!failed) {
		print_lines(object);
	}
	json_decref(object);
	return failed || fflush(stdout) != 0 ? PTT_EXIT_REFUSED : 0;
}

void ptt_json_set_hex(json_t *object, const char *name, struct ptt_bytes in)
{
	char *hex = in.data ? malloc(2 * in.len + 1) : NULL;

	if (hex && ptt_hex_put(hex, 2 * in.len + 1, in) == PTT_OK)
		json_object_set_new(object, name, json_string(hex));
	else
		json_object_set_new(object, name, json_null());
	free(hex);
}
