/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands to a running UE: the meaning of lines; lines and keys through a pipe and a terminal. */
#include <check.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "module/ue/ue_input.h"
#include "tests/unit/check_main.h"

START_TEST(test_words)
{
	static const struct {
		const char *line;
		enum ptt_ue_command command;
		uint8_t priority;
	} table[] = {
		{"talk", PTT_UE_COMMAND_TALK, 0},
		{"t", PTT_UE_COMMAND_TALK, 0},
		{"  talk 3 ", PTT_UE_COMMAND_TALK, 3},
		{"talk 4", PTT_UE_COMMAND_UNKNOWN, 0},
		{"talk 33", PTT_UE_COMMAND_UNKNOWN, 0},
		{"t 1 x", PTT_UE_COMMAND_UNKNOWN, 0},
		{"talker", PTT_UE_COMMAND_UNKNOWN, 0},
		{"release", PTT_UE_COMMAND_RELEASE, 0},
		{"r 1", PTT_UE_COMMAND_UNKNOWN, 0},
		{"q", PTT_UE_COMMAND_QUEUE, 0},
		{"pull", PTT_UE_COMMAND_PULL, 0},
		{"stats", PTT_UE_COMMAND_STATS, 0},
		{"leave", PTT_UE_COMMAND_LEAVE, 0},
		{"\x1b[A", PTT_UE_COMMAND_UNKNOWN, 0},
		{" \t\r", PTT_UE_COMMAND_NONE, 0},
		{"", PTT_UE_COMMAND_NONE, 0},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint8_t priority = 9;

		ck_assert_msg(ptt_ue_command_of(table[i].line, &priority) == table[i].command,
			"\"%s\"", table[i].line);
		if (table[i].command == PTT_UE_COMMAND_TALK)
			ck_assert_uint_eq(priority, table[i].priority);
	}
}
END_TEST

static char seen[64];

static void on_command(void *ctx, enum ptt_ue_command command, uint8_t priority, const char *text)
{
	size_t len = strlen(seen);

	(void)ctx;
	(void)text;
	ck_assert_uint_lt(len + 2, sizeof(seen));
	seen[len] = ".trqpsl?"[command];
	if (priority)
		seen[len + 1] = (char)('0' + priority);
}

static struct ptt_ue_input input;
static su_root_t *root;

static void take(int fd, bool lines)
{
	memset(&input, 0, sizeof(input));
	seen[0] = '\0';
	memset(seen, 0, sizeof(seen));
	input.on_command = on_command;
	root = su_root_create(NULL);
	ck_assert_ptr_nonnull(root);
	ck_assert_int_eq(ptt_ue_input_open(&input, root, fd, lines), PTT_OK);
}

/* A file cannot be waited for: said at once. */
START_TEST(test_file)
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	root = su_root_create(NULL);
	ck_assert_int_eq(ptt_ue_input_open(&input, root, fileno(file), true), PTT_ERR_UNSUPPORTED);
	ptt_ue_input_close(&input);
	su_root_destroy(root);
	fclose(file);
}
END_TEST

static void end(void)
{
	ptt_ue_input_close(&input);
	su_root_destroy(root);
}

START_TEST(test_lines)
{
	char longer[200];
	int fds[2];

	memset(longer, 't', sizeof(longer));
	ck_assert_int_eq(pipe(fds), 0);
	take(fds[0], true);
	ck_assert_int_eq(write(fds[1], "talk 2\n\nrel", 11), 11);
	su_root_step(root, 100);
	ck_assert_str_eq(seen, "t2");
	ck_assert_int_eq(write(fds[1], "ease\n", 5), 5);
	su_root_step(root, 100);
	ck_assert_int_eq(write(fds[1], longer, sizeof(longer)), sizeof(longer));
	ck_assert_int_eq(write(fds[1], "\nleave\n", 7), 7);
	close(fds[1]);
	for (int i = 0; i < 5; i++)
		su_root_step(root, 20);
	ck_assert_str_eq(seen, "t2r?l");
	ck_assert_int_lt(input.watch.index, 0); /* the end of the input */
	end();
	close(fds[0]);
}
END_TEST

/* In a child that has the terminal as its own. */
static int at_terminal(void)
{
	struct termios before, after;

	if (tcgetattr(0, &before) != 0)
		return 2;
	take(0, false);
	if (write(1, "x", 1) != 1) /* ready for keys */
		return 3;
	for (int i = 0; i < 200 && strlen(seen) < 4; i++)
		su_root_step(root, 50);
	end();
	if (tcgetattr(0, &after) != 0 || after.c_lflag != before.c_lflag)
		return 4;
	return strcmp(seen, "trs?") == 0 ? 0 : 5;
}

START_TEST(test_keys)
{
	char ready;
	int master, status = 1;
	pid_t pid = forkpty(&master, NULL, NULL, NULL);

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(at_terminal());
	ck_assert_int_eq(read(master, &ready, 1), 1);
	ck_assert_int_eq(write(master, "trsZ", 4), 4);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	close(master);
}
END_TEST

/* No terminal and no --stdin: nothing is read. */
START_TEST(test_left_alone)
{
	int fds[2];
	char byte;

	ck_assert_int_eq(pipe(fds), 0);
	take(fds[0], false);
	ck_assert_int_eq(write(fds[1], "talk\n", 5), 5);
	su_root_step(root, 20);
	ck_assert_str_eq(seen, "");
	ck_assert_int_eq(read(fds[0], &byte, 1), 1);
	end();
	close(fds[0]);
	close(fds[1]);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("input");

	su_init();
	tcase_add_test(tc, test_words);
	tcase_add_test(tc, test_lines);
	tcase_add_test(tc, test_file);
	tcase_add_test(tc, test_keys);
	tcase_add_test(tc, test_left_alone);
	return check_run_case("ue_input", tc);
}
