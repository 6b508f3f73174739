/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tool's online and subscriber commands: a server's control socket in one process, the tool in
 * another.
 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sofia-sip/su.h>

#include "module/ops/control.h"
#include "programs/pttkey_online.h"
#include "programs/pttkey_subscriber.h"
#include "tests/unit/check_main.h"

#define K   "465b5ce8b199b49faa5f0a2ee238a6bc"
#define OP  "cdc202d5123e20f62b6d676ac72cb318"
#define OPC "cd63cb71954a9f4e48a5994e37a02baf"

static char dir[64], config[96];
static char out[65536], err[65536];
static pid_t server; /* 0: none runs */

static const char settings[] =
	"listen = [ \"sip:127.0.0.1:5060\" ];\nnaf = { fqdn = \"pf\"; };\n"
	"bsf = { listen = \"127.0.0.1:8080\"; host = \"bsf\"; };\nplmn = \"001-01\";\n"
	"store = { path = \"state.db\"; kek_file = \"kek\"; };\ncontrol = \"sock\";\n";

static void put_file(const char *name, const char *bytes, size_t len)
{
	char path[160];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}

static void on_members(void *ctx, struct ptt_control_reply *reply, const json_t *args)
{
	(void)ctx;
	if (strcmp(json_string_value(json_object_get(args, "group")), "sip:a@x") != 0)
		ptt_control_error(reply, PTT_ERR_NO_KEY, "no such group");
	else
		ptt_control_ok(
			reply, json_pack("{s:s, s:[{s:s, s:i}, {s:s, s:i}]}", "group", "sip:a@x",
				       "members", "member", "sip:long-name@x", "generation", 7,
				       "member", "sip:b@x", "generation", 12));
}

static void on_expel(void *ctx, struct ptt_control_reply *reply, const json_t *args)
{
	(void)ctx;
	ck_assert_str_eq(json_string_value(json_object_get(args, "member")), "bob@x");
	ptt_control_ok(reply, NULL);
}

static const char topic[] = "group a";

static json_t *transition(int t_ms)
{
	return json_pack("{s:i, s:s, s:n, s:s, s:s, s:s, s:s, s:i}", "t_ms", t_ms, "machine",
		"channel", "member", "state", "stable", "event", "staged", "next", "rekeying",
		"reason", "operator", "generation", 2);
}

static void on_trace(void *ctx, struct ptt_control_reply *reply, const json_t *args)
{
	json_t *result;

	(void)ctx;
	if (strcmp(json_string_value(json_object_get(args, "group")), "sip:a@x") != 0) {
		ptt_control_error(reply, PTT_ERR_NO_KEY, "no such group");
		return;
	}
	result = json_pack("{s:s, s:[o]}", "group", "sip:a@x", "transitions", transition(1500));
	if (json_is_true(json_object_get(args, "last")))
		ptt_control_ok(reply, result);
	else
		ptt_control_follow(reply, result, topic);
}

static const struct ptt_control_handler table[] = {
	{"members", on_members}, {"expel", on_expel}, {"trace", on_trace}, {NULL, NULL}};

/** Serves until it is killed; tells by a byte that it listens. */
static void serve(int ready)
{
	struct ptt_control_options options = {.table = table};
	struct ptt_control *control;
	char path[96], text[256];

	su_init();
	options.root = su_root_create(NULL);
	snprintf(path, sizeof(path), "%s/sock", dir);
	options.path = path;
	if (ptt_control_open(&control, &options, text, sizeof(text)) != PTT_OK ||
		write(ready, "r", 1) != 1)
		_exit(1);
	for (;;) {
		su_root_step(options.root, 50);
		if (ptt_control_followed(control, topic)) {
			ptt_control_event_on(control, topic, transition(1600));
			ptt_control_event_on(control, topic, json_pack("{s:i}", "lost", 7));
			ptt_control_close(control);
			_exit(0);
		}
		if (ptt_control_watched(control)) {
			ptt_control_event(control, json_pack("{s:s}", "event", "joined"));
			ptt_control_close(control);
			_exit(0);
		}
	}
}

static void start_server(void)
{
	int fds[2];
	char byte;

	ck_assert_int_eq(pipe(fds), 0);
	server = fork();
	if (server == 0)
		serve(fds[1]);
	close(fds[1]);
	ck_assert_int_eq(read(fds[0], &byte, 1), 1);
	close(fds[0]);
}

static void set_up(void)
{
	char kek[32] = {7};

	strcpy(dir, "/tmp/ptt-tool-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(config, sizeof(config), "%s/c.conf", dir);
	put_file("c.conf", settings, strlen(settings));
	put_file("kek", kek, sizeof(kek));
	server = 0;
}

static void tear_down(void)
{
	static const char *const names[] = {"c.conf", "kek", "state.db", "state.db-wal",
		"state.db-shm", "sock", "s.csv", "out", "err"};
	char path[160];

	if (server > 0) {
		kill(server, SIGKILL);
		waitpid(server, NULL, 0);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

static void take(char *into, size_t size, const char *name)
{
	char path[160];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = read(fd, into, size - 1);
	into[len < 0 ? 0 : len] = '\0';
	close(fd);
}

/** Runs the tool in a process of its own; arguments end with NULL. @return its exit status */
static int tool(const char *first, ...)
{
	char words[24][256];
	char *argv[25] = {NULL};
	const char *word = first;
	int argc = 0;
	int status;
	va_list list;
	pid_t pid;

	va_start(list, first);
	for (; word && argc < 24; word = va_arg(list, const char *)) {
		snprintf(words[argc], sizeof(words[argc]), "%s", word);
		argv[argc] = words[argc];
		argc++;
	}
	va_end(list);
	put_file("out", "", 0);
	put_file("err", "", 0);
	pid = fork();
	if (pid == 0) {
		if (chdir(dir) != 0 || !freopen("out", "w", stdout) || !freopen("err", "w", stderr))
			_exit(99);
		status = strcmp(first, "subscriber") == 0 ? ptt_cmd_subscriber(argc, argv)
							  : ptt_cmd_online(argc, argv);
		fflush(stdout);
		fflush(stderr);
		_exit(status);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	take(out, sizeof(out), "out");
	take(err, sizeof(err), "err");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

START_TEST(test_online)
{
	ck_assert_int_eq(tool("members", "--config", "c.conf", "sip:a@x", NULL), 3);
	ck_assert_ptr_nonnull(strstr(err, "no server there"));
	start_server();
	ck_assert_int_eq(tool("members", "--config", "c.conf", "sip:a@x", NULL), 0);
	ck_assert_str_eq(out, "group: sip:a@x\nmember           generation\nsip:long-name@x  7\n"
			      "sip:b@x          12\n");
	ck_assert_int_eq(tool("members", "--config", config, "sip:a@x", "--json", NULL), 0);
	ck_assert(strncmp(out, "{\"group\":\"sip:a@x\",\"members\":[{", 31) == 0);
	ck_assert_int_eq(tool("members", "--config", config, "sip:b@x", "--json", NULL), 1);
	ck_assert_str_eq(out, "{\"error\":\"no-such\",\"text\":\"no such group\"}\n");
	ck_assert_int_eq(tool("expel", "--config", config, "sip:a@x", "bob@x", NULL), 0);
	ck_assert_str_eq(out, "expel: done\n");
	ck_assert_int_eq(tool("status", "--config", config, NULL), 1);
	ck_assert_int_eq(tool("watch", "--config", config, NULL), 0);
	ck_assert_str_eq(out, "{\"event\":\"joined\"}\n");
}
END_TEST

START_TEST(test_online_usage)
{
	ck_assert_int_eq(tool("members", "--config", "c.conf", NULL), 2);
	ck_assert_int_eq(tool("members", "--config", "c.conf", "a", "b", NULL), 2);
	ck_assert_int_eq(tool("expel", "--config", "c.conf", "a", "b", "c", NULL), 2);
	ck_assert_int_eq(tool("status", NULL), 2);
	ck_assert_int_eq(tool("status", "--colour", NULL), 2);
	ck_assert_int_eq(tool("status", "--config", "none", "--json", NULL), 2);
	ck_assert_ptr_nonnull(strstr(out, "\"error\""));
	ck_assert_int_eq(tool("status", "--help", NULL), 0);
	ck_assert_ptr_nonnull(strstr(out, "exit status"));
}
END_TEST

#define TRANSITION(seconds) \
	"       " seconds \
	"  channel  stable       -> rekeying      staged           operator   g2  -\n"
#define TRANSITION_JSON(t_ms) \
	"{\"t_ms\":" t_ms ",\"machine\":\"channel\",\"member\":null,\"state\":\"stable\"," \
	"\"event\":\"staged\",\"next\":\"rekeying\",\"reason\":\"operator\",\"generation\":2}\n"

START_TEST(test_trace)
{
	start_server();
	ck_assert_int_eq(tool("trace", "--config", config, "sip:b@x", "--last", NULL), 1);
	ck_assert_ptr_nonnull(strstr(err, "no such group"));
	ck_assert_int_eq(tool("trace", "--config", config, NULL), 2);
	ck_assert_int_eq(tool("watch", "--config", config, "--last", NULL), 2);
	ck_assert_int_eq(tool("trace", "--config", config, "sip:a@x", "--last", NULL), 0);
	ck_assert_str_eq(out, TRANSITION("1.500"));
	ck_assert_int_eq(tool("trace", "--config", config, "--last", "--json", "sip:a@x", NULL), 0);
	ck_assert_str_eq(out, TRANSITION_JSON("1500"));
	ck_assert_int_eq(tool("trace", "--config", config, "sip:a@x", NULL), 0);
	ck_assert_str_eq(out, TRANSITION("1.500") TRANSITION(
				      "1.600") "7 transitions of one step are not shown\n");
}
END_TEST

#define ADD "subscriber", "add", "--config", "c.conf"

START_TEST(test_subscriber)
{
	ck_assert_int_eq(
		tool(ADD, "--impi", "a@x", "--impu", "sip:a@x", "--k", K, "--op", OP, NULL), 0);
	ck_assert_int_eq(
		tool(ADD, "--impi", "b@x", "--impu", "sip:b@x", "--impu", "tel:+1", "--k", K,
			"--opc", OPC, "--sqn", "ff9bb4d0b607", "--amf", "B9b9", "--json", NULL),
		0);
	ck_assert_str_eq(out, "{\"added\":1}\n");
	ck_assert_int_eq(tool("subscriber", "list", "--config", "c.conf", "--json", NULL), 0);
	ck_assert_str_eq(out,
		"{\"subscribers\":[{\"impi\":\"a@x\",\"impu\":[\"sip:a@x\"],\"sqn\":\"000000000020\","
		"\"amf\":\"8000\",\"gba_u\":false},{\"impi\":\"b@x\",\"impu\":[\"sip:b@x\",\"tel:+1\"],"
		"\"sqn\":\"ff9bb4d0b607\",\"amf\":\"b9b9\",\"gba_u\":false}]}\n");
	ck_assert_int_eq(
		tool(ADD, "--impi", "c@x", "--impu", "sip:a@x", "--k", K, "--opc", OPC, NULL), 1);
	ck_assert_ptr_nonnull(strstr(err, "another one has"));
	ck_assert_int_eq(tool("subscriber", "remove", "--config", "c.conf", "a@x", NULL), 0);
	ck_assert_int_eq(tool("subscriber", "remove", "--config", "c.conf", "a@x", NULL), 1);
}
END_TEST

START_TEST(test_subscriber_refused)
{
	ck_assert_int_eq(
		tool(ADD, "--impi", "a@x", "--impu", "sip:a@x", "--k", K "0", "--opc", OPC, NULL),
		2);
	ck_assert_ptr_nonnull(strstr(err, "accepted: 32 hex digits"));
	ck_assert_ptr_null(strstr(err, K));
	ck_assert_int_eq(
		tool(ADD, "--impi", "a@x", "--impu", "sip:a@x", "--k", K, "--opc", "zz", NULL), 2);
	ck_assert_int_eq(tool(ADD, "--impi", "a@x", "--impu", "sip:a@x", "--k", K, NULL), 2);
	ck_assert_int_eq(tool(ADD, "--impi", "a@x", "--impu", "sip:a@x", "--k", K, "--op", OP,
				 "--opc", OPC, NULL),
		2);
	ck_assert_int_eq(
		tool(ADD, "--impi", "a@x", "--impu", "alice", "--k", K, "--opc", OPC, NULL), 2);
	ck_assert_int_eq(
		tool(ADD, "--impi", "a x", "--impu", "sip:a@x", "--k", K, "--opc", OPC, NULL), 2);
	ck_assert_int_eq(tool(ADD, "--impi", "a@x", "--impu", "sip:a@x", "--k", K, "--opc", OPC,
				 "--sqn", "1", NULL),
		2);
	ck_assert_int_eq(tool("subscriber", NULL), 2);
	ck_assert_int_eq(tool("subscriber", "sing", NULL), 2);
	ck_assert_int_eq(tool("subscriber", "list", "--config", "c.conf", "more", NULL), 2);
	put_file("kek", "short", 5);
	ck_assert_int_eq(tool("subscriber", "list", "--config", "c.conf", NULL), 2);
	ck_assert_ptr_nonnull(strstr(err, "32 raw bytes"));
}
END_TEST

static int import(const char *csv)
{
	put_file("s.csv", csv, strlen(csv));
	return tool("subscriber", "import", "--config", "c.conf", "s.csv", "--json", NULL);
}

START_TEST(test_import)
{
	ck_assert_int_eq(import("impi,impu,k,opc,sqn,amf\n# two\na@x,sip:a@x," K "," OPC "\r\n\n"
				"b@x,sip:b@x," K "," OPC ",000000000100,8000"),
		0);
	ck_assert_str_eq(out, "{\"imported\":2}\n");
	/* one bad line, and nothing of the file is taken */
	ck_assert_int_eq(import("c@x,sip:c@x," K "," OPC "\nd@x,sip:d@x," K ",00\n"), 1);
	ck_assert_ptr_nonnull(strstr(err, "s.csv:2: opc"));
	ck_assert_int_eq(import("c@x,sip:c@x," K "\n"), 1);
	ck_assert_ptr_nonnull(strstr(err, "too few fields"));
	ck_assert_int_eq(import("c@x,sip:c@x," K "," OPC ",,,\n"), 1);
	ck_assert_ptr_nonnull(strstr(err, "too many fields"));
	ck_assert_int_eq(tool("subscriber", "list", "--config", "c.conf", "--json", NULL), 0);
	ck_assert_ptr_null(strstr(out, "c@x"));
	ck_assert_ptr_nonnull(
		strstr(out, "\"impi\":\"b@x\",\"impu\":[\"sip:b@x\"],\"sqn\":\"000000000100\""));
	ck_assert_int_eq(tool("subscriber", "import", "--config", "c.conf", "none.csv", NULL), 2);
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("tool");

	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, test_online);
	tcase_add_test(c, test_online_usage);
	tcase_add_test(c, test_trace);
	tcase_add_test(c, test_subscriber);
	tcase_add_test(c, test_subscriber_refused);
	tcase_add_test(c, test_import);
	return check_run_case("tool", c);
}
