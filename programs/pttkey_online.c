/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "programs/pttkey_online.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "module/config/config.h"
#include "module/ops/control.h"

#define ANSWER_MS   30000
#define COLUMNS_MAX 16
/* 0.232, not 0.23200000000000001 */
#define JSON_FLAGS (JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(12))

enum status { DONE = 0, REFUSED = 1, USAGE = 2, NO_SERVER = 3 };

static const struct command {
	const char *name;
	const char *args[2]; /**< names of the positional arguments */
	int required;        /**< how many of them must be there */
	const char *help;
} commands[] = {
	{"status", {NULL, NULL}, 0, "the server's state"},
	{"groups", {NULL, NULL}, 0, "the groups"},
	{"members", {"group", NULL}, 1, "the members of GROUP"},
	{"expel", {"group", "member"}, 2,
		"expels MEMBER (an IMPU or an IMPI); done once it is durable"},
	{"admit", {"group", "member"}, 2, "lifts the ban of MEMBER"},
	{"rekey", {"group", NULL}, 1, "gives GROUP a new MSK"},
	{"drain", {NULL, NULL}, 0, "turns new joins away"},
	{"reload", {NULL, NULL}, 0, "reads the configuration again"},
	{"log-level", {"level", NULL}, 0,
		"shows the log level, or sets LEVEL: debug info warn error"},
	{"watch", {NULL, NULL}, 0, "events as they happen, one JSON line each"},
	{"trace", {"group", NULL}, 1,
		"the last transitions of GROUP's state machines, then new ones as they happen"},
};

struct options {
	const struct command *command;
	const char *config;
	bool json;
	bool last; /**< of trace: do not follow */
	const char *args[2];
};

static bool is_trace(const struct command *command)
{
	return strcmp(command->name, "trace") == 0;
}

static void help(FILE *out, const struct command *command)
{
	fprintf(out, "usage: pttkey %s --config FILE", command->name);
	for (int i = 0; i < 2 && command->args[i]; i++) {
		const char *left = i < command->required ? " " : " [";

		fputs(left, out);
		for (const char *c = command->args[i]; *c != '\0'; c++)
			fputc(*c - 'a' + 'A', out);
		fputs(i < command->required ? "" : "]", out);
	}
	fprintf(out,
		"%s [--json]\n  %s\n"
		"  exit status: 0 done, 1 refused by the server, 2 usage or configuration, 3 no server to reach\n",
		is_trace(command) ? " [--last]" : "", command->help);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

/** @return -1 to go on, or the exit status. */
static int parse(struct options *options, int argc, char **argv)
{
	static const struct option longs[] = {{"config", required_argument, NULL, 'c'},
		{"json", no_argument, NULL, 'j'}, {"last", no_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	int given;
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "c:h", longs, NULL)) != -1) {
		if (c == 'h') {
			help(stdout, options->command);
			return DONE;
		}
		if (c == 'c')
			options->config = optarg;
		else if (c == 'j')
			options->json = true;
		else if (c == 'l' && is_trace(options->command))
			options->last = true;
		else
			return help(stderr, options->command), USAGE;
	}
	given = argc - optind;
	if (!options->config || given < options->command->required || given > 2 ||
		(given > 0 && !options->command->args[given - 1])) {
		help(stderr, options->command);
		return USAGE;
	}
	for (int i = 0; i < given; i++)
		options->args[i] = argv[optind + i];
	return -1;
}

/** A scalar as people read it. */
static void print_scalar(const json_t *value)
{
	if (json_is_string(value))
		fputs(json_string_value(value), stdout);
	else if (json_is_integer(value))
		printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		printf("%.3f", json_real_value(value));
	else if (json_is_boolean(value))
		fputs(json_is_true(value) ? "yes" : "no", stdout);
	else if (json_is_null(value))
		fputs("-", stdout);
	else
		json_dumpf(value, stdout, JSON_COMPACT);
}

static size_t width_of(const json_t *value)
{
	char number[64];

	if (json_is_string(value))
		return json_string_length(value);
	if (json_is_integer(value))
		return (size_t)snprintf(
			number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return json_is_boolean(value) ? 3 : 8;
}

static void pad(size_t from, size_t to)
{
	for (; from < to; from++)
		fputc(' ', stdout);
}

/** Objects of one form as a table, their keys as its head. */
static void print_table(const json_t *rows)
{
	size_t widths[COLUMNS_MAX];
	const char *keys[COLUMNS_MAX];
	size_t columns = 0;
	const char *key;
	json_t *value;
	json_t *row;
	size_t i;

	json_object_foreach(json_array_get(rows, 0), key, value)
	{
		if (columns == COLUMNS_MAX)
			break;
		keys[columns] = key;
		widths[columns++] = strlen(key);
	}
	json_array_foreach(rows, i, row)
	{
		for (size_t c = 0; c < columns; c++) {
			size_t width = width_of(json_object_get(row, keys[c]));

			widths[c] = width > widths[c] ? width : widths[c];
		}
	}
	for (size_t c = 0; c < columns; c++)
		printf("%-*s%s", (int)widths[c], keys[c], c + 1 < columns ? "  " : "\n");
	json_array_foreach(rows, i, row)
	{
		for (size_t c = 0; c < columns; c++) {
			value = json_object_get(row, keys[c]);
			print_scalar(value);
			if (c + 1 < columns)
				pad(width_of(value), widths[c] + 2);
		}
		fputc('\n', stdout);
	}
}

static void print_array(const char *name, const json_t *array)
{
	json_t *value;
	size_t i;

	if (json_is_object(json_array_get(array, 0))) {
		print_table(array);
		return;
	}
	if (json_array_size(array) == 0)
		fputs("no ", stdout);
	for (const char *c = name; *c != '\0'; c++)
		fputc(*c == '_' ? ' ' : *c, stdout);
	json_array_foreach(array, i, value)
	{
		fputs(i == 0 ? ": " : " ", stdout);
		print_scalar(value);
	}
	fputc('\n', stdout);
}

static void print_result(json_t *result)
{
	const char *key;
	json_t *value;

	if (json_is_array(result)) {
		print_array("entries", result);
		return;
	}
	json_object_foreach(result, key, value)
	{
		if (json_is_array(value)) {
			print_array(key, value);
			continue;
		}
		printf("%s: ", key);
		print_scalar(value);
		fputc('\n', stdout);
	}
}

static int fail(const struct options *options, int status, const char *word, const char *text)
{
	json_t *line;

	fprintf(stderr, "pttkey %s: %s\n", options->command->name, text);
	if (!options->json)
		return status;
	line = json_pack("{s:s, s:s}", "error", word, "text", text);
	json_dumpf(line, stdout, JSON_COMPACT);
	fputc('\n', stdout);
	json_decref(line);
	return status;
}

static int show_answer(const struct options *options, const json_t *answer)
{
	json_t *result = json_object_get(answer, "result");
	const char *word = json_string_value(json_object_get(answer, "error"));
	const char *text = json_string_value(json_object_get(answer, "text"));

	if (!json_is_true(json_object_get(answer, "ok")))
		return fail(options, REFUSED, word ? word : "system", text ? text : "refused");
	if (options->json) {
		json_dumpf(result, stdout, JSON_FLAGS);
		fputc('\n', stdout);
	} else if (json_object_size(result) == 0 && json_array_size(result) == 0) {
		printf("%s: done\n", options->command->name);
	} else {
		print_result(result);
	}
	return DONE;
}

/** Events until the server or the reader of ours goes. */
static int watch(struct ptt_control_client *client)
{
	json_t *event;

	while (ptt_control_receive(client, &event, -1) == PTT_OK) {
		int rc = json_dumpf(event, stdout, JSON_FLAGS);

		json_decref(event);
		if (rc != 0 || fputc('\n', stdout) == EOF || fflush(stdout) != 0)
			break;
	}
	return DONE;
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "-";
}

/** One transition. @return false: the reader of ours has gone */
static bool print_transition(const json_t *one, bool json)
{
	json_int_t lost = json_integer_value(json_object_get(one, "lost"));

	if (json) {
		json_dumpf(one, stdout, JSON_FLAGS);
		fputc('\n', stdout);
	} else if (lost > 0) {
		printf("%" JSON_INTEGER_FORMAT " transitions of one step are not shown\n", lost);
	} else {
		printf("%12.3f  %-7s  %-12s -> %-12s  %-15s  %-9s  g%" JSON_INTEGER_FORMAT "  %s\n",
			(double)json_integer_value(json_object_get(one, "t_ms")) / 1000,
			text_of(one, "machine"), text_of(one, "state"), text_of(one, "next"),
			text_of(one, "event"), text_of(one, "reason"),
			json_integer_value(json_object_get(one, "generation")),
			text_of(one, "member"));
	}
	return fflush(stdout) == 0;
}

/** The last transitions, and without --last new ones until the server or the reader of ours goes. */
static int trace(
	const struct options *options, struct ptt_control_client *client, const json_t *answer)
{
	const json_t *list = json_object_get(json_object_get(answer, "result"), "transitions");
	bool alive = true;
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		alive = alive && print_transition(one, options->json);
	}
	while (alive && !options->last && ptt_control_receive(client, &one, -1) == PTT_OK) {
		alive = print_transition(one, options->json);
		json_decref(one);
	}
	return DONE;
}

/** What the answer says, and what follows it. */
static int show(const struct options *options, struct ptt_control_client *client, json_t *answer)
{
	if (!json_is_true(json_object_get(answer, "ok")))
		return show_answer(options, answer);
	if (strcmp(options->command->name, "watch") == 0)
		return watch(client);
	if (is_trace(options->command))
		return trace(options, client, answer);
	return show_answer(options, answer);
}

static int converse(const struct options *options, struct ptt_control_client *client)
{
	json_t *args = json_object();
	json_t *answer = NULL;
	enum ptt_err err = PTT_OK;
	int status;

	for (int i = 0; i < 2 && options->args[i]; i++) {
		if (json_object_set_new(
			    args, options->command->args[i], json_string(options->args[i])) != 0)
			err = PTT_ERR_MALFORMED;
	}
	if (options->last && json_object_set_new(args, "last", json_true()) != 0)
		err = PTT_ERR_SYSTEM;
	if (err != PTT_OK) {
		json_decref(args);
		return fail(options, USAGE, "malformed", "an argument is not UTF-8");
	}
	err = ptt_control_send(client, options->command->name, args);
	if (err == PTT_OK)
		err = ptt_control_receive(client, &answer, ANSWER_MS);
	if (err != PTT_OK)
		return fail(options, NO_SERVER, ptt_control_err_word(err),
			err == PTT_ERR_BUSY ? "no answer within 30 s"
					    : "the server closed the connection");
	status = show(options, client, answer);
	json_decref(answer);
	return status;
}

int ptt_cmd_online(int argc, char **argv)
{
	struct options options = {.command = find_command(argv[0])};
	struct ptt_control_client client;
	struct ptt_config *config;
	char text[1024];
	char reason[512];
	int status;

	if (!options.command) {
		fprintf(stderr, "pttkey: no command \"%s\"\n", argv[0]);
		return USAGE;
	}
	status = parse(&options, argc, argv);
	if (status >= 0)
		return status;
	if (ptt_config_load(&config, options.config, text, sizeof(text)) != PTT_OK)
		return fail(&options, USAGE, "malformed", text);
	if (!config->control) {
		status = fail(
			&options, USAGE, "malformed", "the configuration names no control socket");
	} else if (ptt_control_connect(&client, config->control) != PTT_OK) {
		snprintf(reason, sizeof(reason), "%s: no server there: %s", config->control,
			strerror(errno));
		status = fail(&options, NO_SERVER, "system", reason);
	} else {
		status = converse(&options, &client);
		ptt_control_disconnect(&client);
	}
	ptt_config_free(config);
	return status;
}
