/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/ue/ue_input.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module/base/log.h"

static const struct {
	const char *word; /* its first letter is the key on a terminal */
	enum ptt_ue_command command;
} words[] = {
	{.word = "talk", .command = PTT_UE_COMMAND_TALK},
	{.word = "release", .command = PTT_UE_COMMAND_RELEASE},
	{.word = "queue", .command = PTT_UE_COMMAND_QUEUE},
	{.word = "pull", .command = PTT_UE_COMMAND_PULL},
	{.word = "stats", .command = PTT_UE_COMMAND_STATS},
	{.word = "leave", .command = PTT_UE_COMMAND_LEAVE},
};
_Static_assert(sizeof(words) / sizeof(words[0]) == PTT_UE_COMMAND_UNKNOWN - PTT_UE_COMMAND_TALK,
	"a word for each command");

enum ptt_ue_command ptt_ue_command_of(const char *line, uint8_t *priority)
{
	char word[16] = "", more[8] = "", rest[2] = "";
	int fields = sscanf(line, "%15s %7s %1s", word, more, rest);
	bool plain = more[0] == '\0';

	*priority = 0;
	if (fields <= 0)
		return PTT_UE_COMMAND_NONE;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(word, words[i].word) != 0 && (word[0] != words[i].word[0] || word[1]))
			continue;
		if (words[i].command == PTT_UE_COMMAND_TALK && more[0] >= '1' && more[0] <= '3' &&
			!more[1] && !rest[0]) {
			*priority = (uint8_t)(more[0] - '0');
			plain = true;
		}
		return plain ? words[i].command : PTT_UE_COMMAND_UNKNOWN;
	}
	return PTT_UE_COMMAND_UNKNOWN;
}

static void line_done(struct ptt_ue_input *input)
{
	uint8_t priority = 0;
	enum ptt_ue_command command = PTT_UE_COMMAND_UNKNOWN;
	bool fits = input->len < sizeof(input->line);

	input->line[fits ? input->len : sizeof(input->line) - 1] = '\0';
	input->len = 0;
	if (fits)
		command = ptt_ue_command_of(input->line, &priority);
	if (command != PTT_UE_COMMAND_NONE)
		input->on_command(input->ctx, command, priority, input->line);
}

static void on_byte(struct ptt_ue_input *input, char c)
{
	if (c == '\n') {
		line_done(input);
		return;
	}
	if (input->len < sizeof(input->line))
		input->line[input->len++] = c;
	if (input->keys)
		line_done(input);
}

static int on_readable(su_root_magic_t *magic, su_wait_t *wait, su_wakeup_arg_t *arg)
{
	struct ptt_ue_watch *watch = (struct ptt_ue_watch *)(void *)arg;
	struct ptt_ue_input *input = watch->owner;
	char bytes[256];
	ssize_t len = read(watch->fd, bytes, sizeof(bytes));

	(void)magic;
	(void)wait;
	if (len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR))
		ptt_ue_watch_drop(watch);
	for (ssize_t i = 0; i < len && watch->index >= 0; i++)
		on_byte(input, bytes[i]);
	return 0;
}

static bool keys_take(struct ptt_ue_input *input, int fd)
{
	struct termios raw;

	if (!isatty(fd) || tcgetpgrp(fd) != getpgrp() || tcgetattr(fd, &input->saved) != 0)
		return false;
	raw = input->saved;
	raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO); /* ISIG stays set: Ctrl-C still sends SIGINT */
	return tcsetattr(fd, TCSANOW, &raw) == 0;
}

enum ptt_err ptt_ue_input_open(struct ptt_ue_input *input, su_root_t *root, int fd, bool lines)
{
	struct stat st;

	input->watch = (struct ptt_ue_watch){.owner = input, .index = -1};
	input->keys = !lines && keys_take(input, fd);
	if (!lines && !input->keys)
		return PTT_OK;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		ptt_log(PTT_LOG_ERROR, "stdin-is-a-file", "text=%s",
			"standard input must be a terminal or a pipe: "
			"cat FILE | pttkey-ue --stdin");
		return PTT_ERR_UNSUPPORTED;
	}
	return ptt_ue_watch_add(&input->watch, root, fd, on_readable);
}

void ptt_ue_input_close(struct ptt_ue_input *input)
{
	ptt_ue_watch_drop(&input->watch);
	if (input->keys)
		(void)tcsetattr(input->watch.fd, TCSANOW, &input->saved);
	input->keys = false;
}
