/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file pttkey_args.h
 * The `--name VALUE` options of the tool's offline commands: one table a command.
 */
#ifndef PTTKEY_ARGS_H
#define PTTKEY_ARGS_H

#include <jansson.h>

#include "crypto/bytes.h"

#define PTT_EXIT_REFUSED 1
#define PTT_EXIT_USAGE   2

enum ptt_arg_kind {
	PTT_ARG_FLAG,   /**< bool */
	PTT_ARG_TEXT,   /**< struct ptt_bytes; len = the most bytes */
	PTT_ARG_HEX,    /**< uint8_t[len], all of it */
	PTT_ARG_HEX_UP, /**< struct ptt_arg_hex: at most its size */
	PTT_ARG_NUMBER, /**< uint32_t, decimal, at most len */
};

/** Hex of a length that the caller judges. */
struct ptt_arg_hex {
	uint8_t b[64];
	size_t len;
};

struct ptt_arg {
	const char *name; /**< without the dashes; a table ends with NULL */
	enum ptt_arg_kind kind;
	bool required;
	size_t len;
	void *out;
	bool given; /**< output */
};

/**
 * Reads argv[1..]; says on stderr what is wrong.
 * @param args its outputs are written, a missing one is left alone
 * @param rest output: the one argument without a name, or NULL when @p rest itself is NULL or none
 * came
 * @return 0, PTT_EXIT_USAGE, or -1 when --help was asked for
 */
int ptt_args_read(struct ptt_arg *args, const char **rest, int argc, char **argv);
/** Was option @p name given? */
bool ptt_args_given(const struct ptt_arg *args, const char *name);

/**
 * Prints as one line of JSON, or as `name = value` lines, and frees it. @return 0, or 1 if it
 * cannot.
 */
int ptt_print(json_t *object, bool as_json);
/** Sets a hex string of the bytes; null when there are none. */
void ptt_json_set_hex(json_t *object, const char *name, struct ptt_bytes in);

#endif
