/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is done to a store: other keys, other files, full disks, kill
 * -9, two processes, many batches. */
#include "tests/unit/check_main.h"
#include "tests/unit/store/store_fixture.h"

START_TEST(test_all_or_nothing)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(store);
	struct ptt_reservation r = {.counter = PTT_COUNTER_NUMBERS, .expected = 1, .reserved = 2};
	char long_id[PTT_STORE_ID_MAX + 1];

	ptt_batch_put_ban(batch, GROUP, "a@x", 1);
	ptt_batch_reserve(batch, &r);
	ck_assert_int_eq(commit(batch), PTT_ERR_MISMATCH);
	ck_assert_int_eq(ptt_store_get_ban(store, NULL, GROUP, "a@x"), PTT_ERR_NO_KEY);
	memset(long_id, 'x', sizeof(long_id));
	long_id[PTT_STORE_ID_MAX] = '\0';
	batch = ptt_store_batch_new(store);
	ptt_batch_put_ban(batch, GROUP, long_id, 1);
	ck_assert_int_eq(commit(batch), PTT_ERR_MALFORMED);
	batch = ptt_store_batch_new(store);
	ptt_batch_put_ban(batch, GROUP, "a\nb", 1);
	ck_assert_int_eq(commit(batch), PTT_ERR_MALFORMED);
	ck_assert_int_eq(commit(NULL), PTT_ERR_SYSTEM);
}
END_TEST

START_TEST(test_wrong_kek)
{
	static const struct ptt_kek other = {{9}};
	struct ptt_store_options options = {.path = store_path, .kek = &other};
	struct ptt_store *out;

	ck_assert_int_eq(ptt_store_open(&out, &options, bytes_of, sizeof(bytes_of)), PTT_ERR_AUTH);
	ck_assert_ptr_null(out);
	ck_assert_ptr_nonnull(strstr(bytes_of, "kek_file"));
}
END_TEST

START_TEST(test_moved_row)
{
	struct ptt_subscriber_row out;

	ck_assert_int_eq(put_subscriber(subscriber("a@x", "sip:a@x")), PTT_OK);
	ck_assert_int_eq(put_subscriber(subscriber("b@x", "sip:b@x")), PTT_OK);
	sql("UPDATE subscriber SET wrapped = (SELECT wrapped FROM subscriber WHERE impi = 'a@x')");
	ck_assert_int_eq(ptt_store_get_subscriber(store, &out, "a@x"), PTT_OK);
	ck_assert_int_eq(ptt_store_get_subscriber(store, &out, "b@x"), PTT_ERR_AUTH);
	sql("UPDATE subscriber SET wrapped = x'00'");
	ck_assert_int_eq(ptt_store_get_subscriber(store, &out, "a@x"), PTT_ERR_MALFORMED);
}
END_TEST

START_TEST(test_private_and_wrapped)
{
	struct stat st;
	char *bytes;
	FILE *file;
	char name[160];

	ck_assert_int_eq(put_subscriber(subscriber("a@x", "sip:a@x")), PTT_OK);
	ck_assert_int_eq(stat(store_path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	snprintf(name, sizeof(name), "%s-wal", store_path);
	file = fopen(name, "re");
	ck_assert_ptr_nonnull(file);
	bytes = calloc(1, 1 << 20);
	if (!bytes)
		ck_abort_msg("no memory");
	ck_assert_uint_gt(fread(bytes, 1, 1 << 20, file), 0);
	fclose(file);
	ck_assert_ptr_null(memmem(bytes, 1 << 20, "KKKKKKKKKKKKKKKK", 16));
	ck_assert_ptr_null(memmem(bytes, 1 << 20, "OOOOOOOOOOOOOOOO", 16));
	ck_assert_ptr_nonnull(memmem(bytes, 1 << 20, "sip:a@x", 7));
	free(bytes);
}
END_TEST

/* disk full: no file of this process may grow past what is there */
START_TEST(test_disk_full)
{
	struct rlimit limit, was;
	struct stat st;
	char name[160];

	ck_assert_int_eq(put_subscriber(subscriber("a@x", "sip:a@x")), PTT_OK);
	snprintf(name, sizeof(name), "%s-wal", store_path);
	ck_assert_int_eq(stat(name, &st), 0);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &was), 0);
	limit = was;
	limit.rlim_cur = (rlim_t)st.st_size;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ptt_log_set_level(PTT_LOG_ERROR);
	ck_assert_int_eq(put_subscriber(subscriber("b@x", "sip:b@x")), PTT_ERR_SYSTEM);
	ck_assert(ptt_store_is_failing(store));
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &was), 0);
	ck_assert_int_eq(put_subscriber(subscriber("b@x", "sip:b@x")), PTT_OK);
	ck_assert(!ptt_store_is_failing(store));
}
END_TEST

/* a store whose file was taken away takes nothing any more */
START_TEST(test_file_gone)
{
	char moved[128];

	ptt_log_set_level(PTT_LOG_ERROR);
	snprintf(moved, sizeof(moved), "%s.moved", store_path);
	ck_assert_int_eq(rename(store_path, moved), 0);
	ck_assert_int_eq(put_subscriber(subscriber("a@x", "sip:a@x")), PTT_ERR_SYSTEM);
	ck_assert(ptt_store_is_failing(store));
	ck_assert_int_eq(rename(moved, store_path), 0);
	ck_assert_int_eq(put_subscriber(subscriber("a@x", "sip:a@x")), PTT_OK);
	ck_assert(!ptt_store_is_failing(store));
}
END_TEST

struct waiting {
	unsigned done;
	enum ptt_err err;
	unsigned order[64];
};

struct one {
	struct waiting *waiting;
	unsigned number;
};

static void on_done(void *ctx, enum ptt_err err)
{
	struct one *one = ctx;

	one->waiting->order[one->waiting->done++] = one->number;
	one->waiting->err = err;
}

START_TEST(test_async)
{
	su_root_t *root;
	struct ptt_store *threaded;
	struct waiting waiting = {0};
	struct one ones[50];

	su_init();
	root = su_root_create(NULL);
	threaded = open_store(root);
	for (unsigned i = 0; i < 50; i++) {
		struct ptt_store_batch *batch = ptt_store_batch_new(threaded);
		char impi[16];

		ones[i] = (struct one){&waiting, i};
		snprintf(impi, sizeof(impi), "m%u@x", i);
		ptt_batch_put_ban(batch, GROUP, impi, 1);
		ck_assert_int_eq(ptt_store_commit(batch, i % 2 ? PTT_STORE_FULL : PTT_STORE_NORMAL,
					 on_done, &ones[i]),
			PTT_OK);
	}
	for (int i = 0; i < 1000 && waiting.done < 25; i++)
		su_root_step(root, 100);
	/* closing completes the rest */
	ptt_store_close(threaded);
	ck_assert_uint_eq(waiting.done, 50);
	ck_assert_int_eq(waiting.err, PTT_OK);
	for (unsigned i = 0; i < 50; i++)
		ck_assert_uint_eq(waiting.order[i], i);
	ck_assert_int_eq(ptt_store_get_ban(store, NULL, GROUP, "m49@x"), PTT_OK);
	su_root_destroy(root);
	su_deinit();
}
END_TEST

/* Batches that gather share a transaction; one that must fail fails
 * alone, wholly, and in its place. */
START_TEST(test_one_of_many_fails)
{
	su_root_t *root;
	struct ptt_store *threaded;
	struct waiting waiting[8] = {{0}};
	struct one ones[8];
	char impi[16];

	su_init();
	root = su_root_create(NULL);
	threaded = open_store(root);
	for (unsigned i = 0; i < 8; i++) {
		struct ptt_store_batch *batch = ptt_store_batch_new(threaded);
		struct ptt_reservation nobody = {
			.counter = PTT_COUNTER_NUMBERS, .expected = 1, .reserved = 2};

		ones[i] = (struct one){&waiting[i], 0};
		snprintf(impi, sizeof(impi), "m%u@x", i);
		ptt_batch_put_ban(batch, GROUP, impi, 1);
		if (i == 5)
			ptt_batch_reserve(batch, &nobody);
		ck_assert_int_eq(
			ptt_store_commit(batch, PTT_STORE_FULL, on_done, &ones[i]), PTT_OK);
	}
	ptt_store_close(threaded);
	for (unsigned i = 0; i < 8; i++) {
		snprintf(impi, sizeof(impi), "m%u@x", i);
		ck_assert_uint_eq(waiting[i].done, 1);
		ck_assert_int_eq(waiting[i].err, i == 5 ? PTT_ERR_MISMATCH : PTT_OK);
		ck_assert_int_eq(ptt_store_get_ban(store, NULL, GROUP, impi),
			i == 5 ? PTT_ERR_NO_KEY : PTT_OK);
	}
	ck_assert(!ptt_store_is_failing(store));
	su_root_destroy(root);
	su_deinit();
}
END_TEST

START_TEST(test_queue_bound)
{
	su_root_t *root;
	struct ptt_store_options options = {.path = store_path, .kek = &kek, .queue_max = 3};
	struct ptt_store *threaded;
	struct waiting waiting = {0};
	struct one one = {&waiting, 0};
	unsigned taken = 0;

	su_init();
	options.root = root = su_root_create(NULL);
	ck_assert_int_eq(ptt_store_open(&threaded, &options, bytes_of, sizeof(bytes_of)), PTT_OK);
	for (int i = 0; i < 10; i++) {
		struct ptt_store_batch *batch = ptt_store_batch_new(threaded);
		enum ptt_err err;

		ptt_batch_put_ban(batch, GROUP, "a@x", 1);
		err = ptt_store_commit(batch, PTT_STORE_NORMAL, on_done, &one);
		ck_assert(err == PTT_OK || err == PTT_ERR_BUSY);
		taken += err == PTT_OK;
	}
	ck_assert_uint_eq(taken, 3);
	ptt_store_close(threaded);
	ck_assert_uint_eq(waiting.done, 3);
	su_root_destroy(root);
	su_deinit();
}
END_TEST

/**
 * The child uses counters as the server does: reserves a block, then tells each number before it is
 * "sent".
 */
static void spend(int fd)
{
	struct ptt_store *mine = open_store(NULL);

	for (;;) {
		struct ptt_store_batch *batch = ptt_store_batch_new(mine);
		struct ptt_reservation r = {.counter = PTT_COUNTER_NUMBERS};

		if (ptt_store_get_numbers(mine, &r.expected) != PTT_OK)
			_exit(1);
		r.reserved = r.expected + 3;
		ptt_batch_reserve(batch, &r);
		if (ptt_store_commit_sync(batch, PTT_STORE_FULL) != PTT_OK)
			_exit(1);
		for (uint64_t t = r.expected; t < r.reserved; t++) {
			if (write(fd, &t, sizeof(t)) != sizeof(t))
				_exit(1);
		}
	}
}

START_TEST(test_kill)
{
	kill_while_it_spends(spend, 25);
}
END_TEST

/* two processes on one store: every number goes to one of them */
START_TEST(test_two_processes)
{
	unsigned failed = 0;
	pid_t pids[2];
	uint64_t numbers;

	for (int i = 0; i < 2; i++) {
		pids[i] = fork();
		if (pids[i] != 0)
			continue;
		store = open_store(NULL);
		for (unsigned won = 0; won < 50;) {
			enum ptt_err err;

			if (ptt_store_get_numbers(store, &numbers) != PTT_OK)
				_exit(1);
			err = reserve((struct ptt_reservation){.counter = PTT_COUNTER_NUMBERS,
				.expected = numbers,
				.reserved = numbers + 10});
			if (err != PTT_OK && err != PTT_ERR_MISMATCH)
				_exit(1);
			won += err == PTT_OK;
		}
		_exit(0);
	}
	for (int i = 0; i < 2; i++) {
		int status;

		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		failed += status != 0;
	}
	ck_assert_uint_eq(failed, 0);
	ck_assert_int_eq(ptt_store_get_numbers(store, &numbers), PTT_OK);
	ck_assert_uint_eq(numbers, 2 * 50 * 10);
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("store");

	tcase_add_checked_fixture(c, store_set_up, store_tear_down);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, test_all_or_nothing);
	tcase_add_test(c, test_wrong_kek);
	tcase_add_test(c, test_moved_row);
	tcase_add_test(c, test_private_and_wrapped);
	tcase_add_test(c, test_disk_full);
	tcase_add_test(c, test_file_gone);
	tcase_add_test(c, test_async);
	tcase_add_test(c, test_one_of_many_fails);
	tcase_add_test(c, test_queue_bound);
	tcase_add_test(c, test_kill);
	tcase_add_test(c, test_two_processes);
	return check_run_case("store_faults", c);
}
