/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ue_input.h
 * Commands to a running UE: lines on standard input (--stdin), or single keys on a terminal.
 *
 *   t, talk [1|2|3]  ask for the floor (priority)  r, release  release it, or cancel the request
 *   q, queue         our position in the queue     p, pull     ask for the newest MSK
 *   s, stats         a `stats` event               l, leave    leave the group
 *
 * A terminal is not read while the program runs in its background. The end of input is ignored.
 */
#ifndef PTT_UE_INPUT_H
#define PTT_UE_INPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

#include "module/ue/ue_watch.h"

enum ptt_ue_command {
	PTT_UE_COMMAND_NONE, /**< an empty line */
	PTT_UE_COMMAND_TALK,
	PTT_UE_COMMAND_RELEASE,
	PTT_UE_COMMAND_QUEUE,
	PTT_UE_COMMAND_PULL,
	PTT_UE_COMMAND_STATS,
	PTT_UE_COMMAND_LEAVE,
	PTT_UE_COMMAND_UNKNOWN,
};

struct ptt_ue_input {
	struct ptt_ue_watch watch;
	bool keys; /**< single keys of a terminal, whose settings close restores */
	struct termios saved;
	char line[64];
	size_t len; /**< sizeof(line): the line is too long, and so unknown */
	/** @p priority: of TALK; 0: none given. @p text: the line, for an error event. */
	void (*on_command)(
		void *ctx, enum ptt_ue_command command, uint8_t priority, const char *text);
	void *ctx;
};

/** The command of a line; a single key is a line of one letter. */
enum ptt_ue_command ptt_ue_command_of(const char *line, uint8_t *priority);
/**
 * Reads commands from @p fd: lines with @p lines; else keys if @p fd is a terminal and the program
 * runs in its foreground; else nothing. The caller sets on_command and ctx before.
 * Errors: UNSUPPORTED (a regular file, which epoll cannot wait for), SYSTEM.
 */
enum ptt_err ptt_ue_input_open(
	struct ptt_ue_input *input, su_root_t *root, int fd, bool lines) PTT_MUST_CHECK;
/** Restores the terminal. A zeroed struct with watch.index < 0 is fine. */
void ptt_ue_input_close(struct ptt_ue_input *input);

#endif
