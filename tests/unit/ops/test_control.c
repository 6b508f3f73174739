/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sofia-sip/su.h>

#include "module/ops/control.h"
#include "tests/unit/check_main.h"

static char dir[64], path[96], text[256];
static su_root_t *root;
static struct ptt_control *control;
static struct ptt_control_reply *later;

static void on_echo(void *ctx, struct ptt_control_reply *reply, const json_t *args)
{
	(void)ctx;
	ptt_control_ok(reply, json_deep_copy(args));
}

static void on_refuse(void *ctx, struct ptt_control_reply *reply, const json_t *args)
{
	(void)ctx;
	(void)args;
	ptt_control_error(reply, PTT_ERR_NO_KEY, "no such group");
}

static void on_later(void *ctx, struct ptt_control_reply *reply, const json_t *args)
{
	(void)ctx;
	(void)args;
	later = reply;
}

static void on_big(void *ctx, struct ptt_control_reply *reply, const json_t *args)
{
	json_t *list = json_array();

	(void)ctx;
	(void)args;
	for (int i = 0; i < 50000; i++)
		json_array_append_new(
			list, json_sprintf("sip:member-number-%d@poc.example.org", i));
	ptt_control_ok(reply, json_pack("{s:o}", "members", list));
}

static const char topic[] = "group a";

static void on_follow(void *ctx, struct ptt_control_reply *reply, const json_t *args)
{
	(void)ctx;
	(void)args;
	ptt_control_follow(reply, json_pack("{s:i}", "so-far", 3), topic);
}

static const struct ptt_control_handler table[] = {{"echo", on_echo}, {"refuse", on_refuse},
	{"later", on_later}, {"big", on_big}, {"follow", on_follow}, {NULL, NULL}};

static enum ptt_err open_control(struct ptt_control **out)
{
	struct ptt_control_options options = {root, path, table, NULL};

	return ptt_control_open(out, &options, text, sizeof(text));
}

static void set_up(void)
{
	su_init();
	root = su_root_create(NULL);
	strcpy(dir, "/tmp/ptt-control-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/sock", dir);
	ck_assert_msg(open_control(&control) == PTT_OK, "%s", text);
}

static void tear_down(void)
{
	ptt_control_close(control);
	ck_assert_int_ne(access(path, F_OK), 0);
	rmdir(dir);
	su_root_destroy(root);
	su_deinit();
}

static void step(int times)
{
	for (int i = 0; i < times; i++)
		su_root_step(root, 5);
}

/** Turns the loop until a line is there, a bounded number of times. */
static enum ptt_err receive(struct ptt_control_client *client, json_t **out)
{
	enum ptt_err err = PTT_ERR_BUSY;

	for (int i = 0; i < 2000 && err == PTT_ERR_BUSY; i++) {
		su_root_step(root, 5);
		err = ptt_control_receive(client, out, 0);
	}
	return err;
}

static const char *error_of(json_t *answer)
{
	return json_string_value(json_object_get(answer, "error"));
}

static json_t *ask(struct ptt_control_client *client, const char *cmd, json_t *args)
{
	json_t *answer;

	ck_assert_int_eq(ptt_control_send(client, cmd, args), PTT_OK);
	ck_assert_int_eq(receive(client, &answer), PTT_OK);
	return answer;
}

START_TEST(test_round_trip)
{
	struct ptt_control_client client;
	struct stat st;
	json_t *answer;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(ptt_control_connect(&client, path), PTT_OK);
	answer = ask(&client, "echo", json_pack("{s:s}", "group", "sip:a@x"));
	ck_assert(json_is_true(json_object_get(answer, "ok")));
	ck_assert_str_eq(
		json_string_value(json_object_get(json_object_get(answer, "result"), "group")),
		"sip:a@x");
	json_decref(answer);
	answer = ask(&client, "refuse", NULL);
	ck_assert(json_is_false(json_object_get(answer, "ok")));
	ck_assert_str_eq(error_of(answer), "no-such");
	json_decref(answer);
	answer = ask(&client, "dance", NULL);
	ck_assert_str_eq(error_of(answer), "unsupported");
	json_decref(answer);
	answer = ask(&client, "big", NULL);
	ck_assert_uint_eq(
		json_array_size(json_object_get(json_object_get(answer, "result"), "members")),
		50000);
	json_decref(answer);
	ptt_control_disconnect(&client);
	step(3);
}
END_TEST

START_TEST(test_later)
{
	struct ptt_control_client client;
	json_t *answer;

	ck_assert_int_eq(ptt_control_connect(&client, path), PTT_OK);
	ck_assert_int_eq(ptt_control_send(&client, "later", NULL), PTT_OK);
	for (int i = 0; i < 1000 && !later; i++)
		step(1);
	ck_assert_ptr_nonnull(later);
	ck_assert_int_eq(ptt_control_receive(&client, &answer, 0), PTT_ERR_BUSY);
	ptt_control_ok(later, NULL);
	ck_assert_int_eq(receive(&client, &answer), PTT_OK);
	json_decref(answer);
	/* the client goes, another takes its slot: the late answer reaches nobody */
	later = NULL;
	ck_assert_int_eq(ptt_control_send(&client, "later", NULL), PTT_OK);
	for (int i = 0; i < 1000 && !later; i++)
		step(1);
	ptt_control_disconnect(&client);
	step(3);
	ck_assert_int_eq(ptt_control_connect(&client, path), PTT_OK);
	step(3);
	ptt_control_ok(later, NULL);
	step(3);
	ck_assert_int_eq(ptt_control_receive(&client, &answer, 0), PTT_ERR_BUSY);
	/* the socket closes before the answer */
	later = NULL;
	ck_assert_int_eq(ptt_control_send(&client, "later", NULL), PTT_OK);
	for (int i = 0; i < 1000 && !later; i++)
		step(1);
	ptt_control_close(control);
	control = NULL;
	ptt_control_error(later, PTT_ERR_BUSY, "too late");
	ck_assert_int_eq(ptt_control_receive(&client, &answer, 0), PTT_ERR_SYSTEM);
	ptt_control_disconnect(&client);
}
END_TEST

START_TEST(test_bad_input)
{
	static const char *const lines[] = {"\n", "{}\n", "[]\n", "{\"cmd\":3}\n",
		"{\"cmd\":\"echo\",\"args\":3}\n", "\xff\xff\n", "{\"cmd\":\"echo\"\n"};
	struct ptt_control_client client;
	static char big[70000];
	json_t *answer;

	ck_assert_int_eq(ptt_control_connect(&client, path), PTT_OK);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		ck_assert_int_gt(send(client.fd, lines[i], strlen(lines[i]), 0), 0);
		ck_assert_int_eq(receive(&client, &answer), PTT_OK);
		ck_assert_str_eq(error_of(answer), "malformed");
		json_decref(answer);
	}
	/* two requests in one piece */
	ck_assert_int_gt(send(client.fd, "{\"cmd\":\"echo\"}\n{\"cmd\":\"refuse\"}\n", 32, 0), 0);
	ck_assert_int_eq(receive(&client, &answer), PTT_OK);
	ck_assert(json_is_true(json_object_get(answer, "ok")));
	json_decref(answer);
	ck_assert_int_eq(receive(&client, &answer), PTT_OK);
	ck_assert_str_eq(error_of(answer), "no-such");
	json_decref(answer);
	/* a line without an end */
	memset(big, 'x', sizeof(big));
	ck_assert_int_eq(fcntl(client.fd, F_SETFL, O_NONBLOCK), 0);
	for (size_t done = 0, i = 0; done < 65536 && i < 1000; i++) {
		ssize_t n = send(client.fd, big, 65536 - done, MSG_NOSIGNAL);

		done += n > 0 ? (size_t)n : 0;
		step(1);
	}
	ck_assert_int_eq(receive(&client, &answer), PTT_OK);
	ck_assert_str_eq(error_of(answer), "no-space");
	json_decref(answer);
	ck_assert_int_eq(receive(&client, &answer), PTT_ERR_SYSTEM);
	ptt_control_disconnect(&client);
}
END_TEST

START_TEST(test_watch)
{
	struct ptt_control_client client;
	json_t *answer;
	static char big[32768];

	ck_assert_int_eq(ptt_control_connect(&client, path), PTT_OK);
	ck_assert(!ptt_control_watched(control));
	json_decref(ask(&client, "watch", NULL));
	ck_assert(ptt_control_watched(control));
	ptt_control_event(control, json_pack("{s:s}", "event", "member-joined"));
	ck_assert_int_eq(receive(&client, &answer), PTT_OK);
	ck_assert_str_eq(json_string_value(json_object_get(answer, "event")), "member-joined");
	json_decref(answer);
	/* a watcher that does not read is closed, not waited for */
	memset(big, 'x', sizeof(big) - 1);
	for (int i = 0; i < 200; i++)
		ptt_control_event(control, json_pack("{s:s}", "event", big));
	ck_assert(!ptt_control_watched(control));
	ptt_control_disconnect(&client);
}
END_TEST

START_TEST(test_follow)
{
	struct ptt_control_client follower, watcher;
	json_t *answer;

	ck_assert_int_eq(ptt_control_connect(&follower, path), PTT_OK);
	ck_assert_int_eq(ptt_control_connect(&watcher, path), PTT_OK);
	json_decref(ask(&watcher, "watch", NULL));
	ck_assert(!ptt_control_followed(control, topic));
	answer = ask(&follower, "follow", NULL);
	ck_assert(json_is_true(json_object_get(answer, "ok")));
	json_decref(answer);
	ck_assert(ptt_control_followed(control, topic));
	ck_assert(!ptt_control_followed(control, &topic[1]));
	/* each gets the events of its own topic, and no other */
	ptt_control_event_on(control, &topic[1], json_pack("{s:s}", "event", "of another group"));
	ptt_control_event_on(control, topic, json_pack("{s:s}", "event", "of the group"));
	ptt_control_event(control, json_pack("{s:s}", "event", "for watchers"));
	ck_assert_int_eq(receive(&follower, &answer), PTT_OK);
	ck_assert_str_eq(json_string_value(json_object_get(answer, "event")), "of the group");
	json_decref(answer);
	ck_assert_int_eq(receive(&watcher, &answer), PTT_OK);
	ck_assert_str_eq(json_string_value(json_object_get(answer, "event")), "for watchers");
	json_decref(answer);
	ck_assert_int_eq(ptt_control_receive(&follower, &answer, 0), PTT_ERR_BUSY);
	ptt_control_disconnect(&follower);
	step(3);
	ck_assert(!ptt_control_followed(control, topic));
	ptt_control_disconnect(&watcher);
}
END_TEST

START_TEST(test_clients)
{
	struct ptt_control_client clients[40];
	json_t *answer;
	unsigned served = 0;

	for (size_t i = 0; i < 40; i++) {
		ck_assert_int_eq(ptt_control_connect(&clients[i], path), PTT_OK);
		step(2);
	}
	for (size_t i = 0; i < 40; i++) {
		if (ptt_control_send(&clients[i], "echo", NULL) != PTT_OK)
			continue;
		if (receive(&clients[i], &answer) != PTT_OK)
			continue;
		served++;
		json_decref(answer);
	}
	ck_assert_uint_eq(served, 32);
	for (size_t i = 0; i < 40; i++)
		ptt_control_disconnect(&clients[i]);
	step(100);
	ck_assert_int_eq(ptt_control_connect(&clients[0], path), PTT_OK);
	json_decref(ask(&clients[0], "echo", NULL));
	ptt_control_disconnect(&clients[0]);
}
END_TEST

START_TEST(test_stale_file)
{
	struct ptt_control *other;
	struct ptt_control_client client;
	char moved[128];

	/* somebody listens: it stays his */
	ck_assert_int_eq(open_control(&other), PTT_ERR_BUSY);
	ck_assert_ptr_nonnull(strstr(text, path));
	/* a file left behind by a dead server is replaced */
	snprintf(moved, sizeof(moved), "%s.old", path);
	ck_assert_int_eq(link(path, moved), 0);
	ptt_control_close(control);
	ck_assert_int_eq(rename(moved, path), 0);
	ck_assert_int_eq(ptt_control_connect(&client, path), PTT_ERR_SYSTEM);
	ck_assert_msg(open_control(&control) == PTT_OK, "%s", text);
	ptt_control_close(control);
	/* what is no socket is nobody's to delete */
	ck_assert_int_eq(close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
	ck_assert_int_eq(open_control(&control), PTT_ERR_SYSTEM);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(open_control(&control), PTT_OK);
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("control");

	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, test_round_trip);
	tcase_add_test(c, test_later);
	tcase_add_test(c, test_bad_input);
	tcase_add_test(c, test_watch);
	tcase_add_test(c, test_follow);
	tcase_add_test(c, test_clients);
	tcase_add_test(c, test_stale_file);
	return check_run_case("control", c);
}
