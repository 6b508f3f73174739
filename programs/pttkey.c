/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The operator's and the laboratory's tool: finds the command, and hands over. */
#include <stdio.h>
#include <string.h>

#include "programs/pttkey_gba.h"
#include "programs/pttkey_lab.h"
#include "programs/pttkey_mikey.h"
#include "programs/pttkey_online.h"
#include "programs/pttkey_subscriber.h"

static const char help[] =
	"usage: pttkey COMMAND ...\n"
	"\n"
	"of a running server (--config FILE names its control socket; all take --json):\n"
	"  status                   what it does, and how long it has\n"
	"  groups                   the groups, their keys and members in numbers\n"
	"  members GROUP            who is in, with which key\n"
	"  expel GROUP MEMBER       out and banned; everybody else gets new keys\n"
	"  admit GROUP MEMBER       lifts the ban\n"
	"  rekey GROUP              new keys now\n"
	"  drain                    refuse new joins, end what runs\n"
	"  reload                   read the configuration again\n"
	"  log-level LEVEL          debug, info, warn or error\n"
	"  watch                    one JSON line an event, until interrupted\n"
	"  trace GROUP              its last changes of state, then new ones; --last: only those\n"
	"\n"
	"on the store, with the server running or not:\n"
	"  subscriber add|list|import|remove\n"
	"\n"
	"without a server:\n"
	"  mikey decode|open|seal-msk|seal-mtk\n"
	"  gba derive\n"
	"\n"
	"for tests:\n"
	"  lab bootstrap            test subscribers, bootstrapped, as a SIPp -inf file\n"
	"  lab capture|decrypt      a session as pcapng with its keys; its SRTP opened\n"
	"\n"
	"`pttkey COMMAND --help` tells the options.\n";

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"status", ptt_cmd_online},
	{"groups", ptt_cmd_online},
	{"members", ptt_cmd_online},
	{"expel", ptt_cmd_online},
	{"admit", ptt_cmd_online},
	{"rekey", ptt_cmd_online},
	{"drain", ptt_cmd_online},
	{"reload", ptt_cmd_online},
	{"log-level", ptt_cmd_online},
	{"watch", ptt_cmd_online},
	{"trace", ptt_cmd_online},
	{"mikey", ptt_cmd_mikey},
	{"gba", ptt_cmd_gba},
	{"subscriber", ptt_cmd_subscriber},
	{"lab", ptt_cmd_lab},
};

int main(int argc, char **argv)
{
	if (argc < 2) {
		fputs(help, stderr);
		return 2;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		fputs(help, stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("pttkey " PACKAGE_VERSION);
		return 0;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "pttkey: no command '%s'; see pttkey --help\n", argv[1]);
	return 2;
}
