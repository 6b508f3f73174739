/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The end of a store whose batches wait for the database, under a root
 * that is busy with other things. */
#include "tests/unit/check_main.h"
#include "tests/unit/store/store_fixture.h"

/* Turns of the root until the database is let go: more than a wait counted in turns would stand. */
#define TURNS 5000

struct restless {
	int turns, hold_fd;
};

static void on_turn(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
	struct restless *restless = (struct restless *)arg;

	(void)magic;
	if (++restless->turns == TURNS)
		close(restless->hold_fd);
	su_timer_set_interval(timer, on_turn, arg, 0);
}

/* Another process has the database until we close our end. */
static pid_t hold_database(int *hold_fd)
{
	int hold[2], held[2];
	char c = 0;
	pid_t child;

	ck_assert(pipe(hold) == 0 && pipe(held) == 0);
	child = fork();
	if (child == 0) {
		sqlite3 *other;

		close(hold[1]);
		if (sqlite3_open(store_path, &other) == SQLITE_OK &&
			sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK &&
			write(held[1], &c, 1) == 1)
			_exit(read(hold[0], &c, 1) == 0 ? 0 : 1);
		_exit(1);
	}
	close(held[1]);
	ck_assert_int_eq(read(held[0], &c, 1), 1);
	close(held[0]);
	close(hold[0]);
	*hold_fd = hold[1];
	return child;
}

static void count(void *ctx, enum ptt_err err)
{
	((unsigned *)ctx)[err == PTT_OK]++;
}

START_TEST(test_busy_root)
{
	struct restless restless = {0};
	unsigned answered[2] = {0};
	struct ptt_store *threaded;
	su_timer_t *timer;
	su_root_t *root;
	pid_t child;
	int status;

	su_init();
	root = su_root_create(NULL);
	threaded = open_store(root);
	timer = su_timer_create(su_root_task(root), 0);
	child = hold_database(&restless.hold_fd);
	on_turn(NULL, timer, (su_timer_arg_t *)&restless);
	for (int i = 0; i < 2; i++) {
		struct ptt_store_batch *batch = ptt_store_batch_new(threaded);

		ptt_batch_put_ban(batch, GROUP, i == 0 ? "a@x" : "b@x", 1);
		ck_assert_int_eq(ptt_store_commit(batch, PTT_STORE_FULL, count, answered), PTT_OK);
	}
	ptt_store_close(threaded);
	ck_assert_uint_eq(answered[1], 2);
	ck_assert_int_eq(ptt_store_get_ban(store, NULL, GROUP, "b@x"), PTT_OK);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	su_timer_destroy(timer);
	su_root_destroy(root);
	su_deinit();
}
END_TEST

static void put_ban(
	struct ptt_store *on, const char *impi, enum ptt_durability durability, void *ctx)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(on);

	ptt_batch_put_ban(batch, GROUP, impi, 1);
	ck_assert_int_eq(ptt_store_commit(batch, durability, ctx ? count : NULL, ctx), PTT_OK);
}

static bool has_ban(const char *impi)
{
	return ptt_store_get_ban(store, NULL, GROUP, impi) == PTT_OK;
}

/* What nobody waits for goes with the next batch, before it; or alone, after a while; or at the end. */
START_TEST(test_lazy)
{
	unsigned answered[2] = {0};
	struct ptt_store *threaded;
	su_root_t *root;

	su_init();
	root = su_root_create(NULL);
	threaded = open_store(root);
	put_ban(threaded, "a@x", PTT_STORE_LAZY, NULL);
	su_root_step(root, 0);
	ck_assert(!has_ban("a@x"));
	put_ban(threaded, "b@x", PTT_STORE_NORMAL, answered);
	while (answered[0] + answered[1] == 0)
		su_root_step(root, 10);
	ck_assert_uint_eq(answered[1], 1);
	ck_assert(has_ban("a@x") && has_ban("b@x"));
	put_ban(threaded, "c@x", PTT_STORE_LAZY, NULL);
	while (!has_ban("c@x"))
		su_root_step(root, 10);
	put_ban(threaded, "d@x", PTT_STORE_LAZY, NULL);
	ptt_store_close(threaded);
	ck_assert(has_ban("d@x"));
	su_root_destroy(root);
	su_deinit();
}
END_TEST

/* More than the WAL is to hold: it goes into the database beside the writing, and the WAL begins anew. */
START_TEST(test_wal_is_bounded)
{
	unsigned answered[2] = {0};
	struct ptt_store_options options = {.path = store_path, .kek = &kek, .wal_pages = 100};
	struct ptt_store *threaded;
	struct stat wal;
	char name[160], impi[PTT_STORE_ID_MAX];

	su_init();
	options.root = su_root_create(NULL);
	ck_assert_int_eq(ptt_store_open(&threaded, &options, bytes_of, sizeof(bytes_of)), PTT_OK);
	for (unsigned n = 1; n <= 1000; n++) {
		snprintf(impi, sizeof(impi), "%08x%0200u@x", n * 2654435761u, n);
		put_ban(threaded, impi, PTT_STORE_NORMAL, answered);
		while (answered[1] < n)
			su_root_step(options.root, 10);
	}
	ck_assert_uint_eq(answered[0], 0);
	snprintf(name, sizeof(name), "%s-wal", store_path);
	ck_assert_int_eq(stat(name, &wal), 0);
	/* frames: 100, and twice 200 while the checkpointer has no time; all of it is some 2000 */
	ck_assert_int_lt(wal.st_size, 600 * 4120);
	ck_assert(has_ban(impi));
	ptt_store_close(threaded);
	su_root_destroy(options.root);
	su_deinit();
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("store");

	tcase_add_checked_fixture(c, store_set_up, store_tear_down);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, test_busy_root);
	tcase_add_test(c, test_lazy);
	tcase_add_test(c, test_wal_is_bounded);
	return check_run_case("store_close", c);
}
