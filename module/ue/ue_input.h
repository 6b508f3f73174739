/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ue_input.h
 * Commands to a running UE: lines on standard input (--stdin), or single keys of a terminal.
 *
 *   t, talk [1|2|3]  ask for the floor (priority)  r, release  give it or the request back
 *   q, queue         our place in the queue        p, pull     ask for the newest MSK
 *   s, stats         a `stats` event               l, leave    leave the group
 *
 * A terminal that is not ours (background) is left alone. The end of the input changes nothing.
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
	bool keys; /**< of a terminal, whose ways are to be restored */
	struct termios saved;
	char line[64];
	size_t len; /**< beyond the room: too long, and so unknown */
	/** @p priority: of TALK, 0 if none was said. @p text: as it came, for an error. */
	void (*on_command)(
		void *ctx, enum ptt_ue_command command, uint8_t priority, const char *text);
	void *ctx;
};

/** What a line, or a key as a line of one letter, means. */
enum ptt_ue_command ptt_ue_command_of(const char *line, uint8_t *priority);
/**
 * Follows @p fd: with @p lines by lines; else by keys if it is a terminal and we are in its
 * foreground; else not at all. on_command and ctx are set before. Errors: UNSUPPORTED (a file: it
 * cannot be waited for), SYSTEM.
 */
enum ptt_err ptt_ue_input_open(
	struct ptt_ue_input *input, su_root_t *root, int fd, bool lines) PTT_MUST_CHECK;
/** The terminal as it was. A zeroed one with watch.index < 0 is fine. */
void ptt_ue_input_close(struct ptt_ue_input *input);

#endif
