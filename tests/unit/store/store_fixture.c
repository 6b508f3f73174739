/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/store/store_fixture.h"

#include <poll.h>

char store_dir[64], store_path[96], bytes_of[256];
const struct ptt_kek kek = {{1, 2, 3}};
struct ptt_store *store;

struct ptt_store *open_store(su_root_t *root)
{
	struct ptt_store_options options = {.path = store_path, .kek = &kek, .root = root};
	struct ptt_store *out = NULL;

	ck_assert_msg(ptt_store_open(&out, &options, bytes_of, sizeof(bytes_of)) == PTT_OK, "%s",
		bytes_of);
	return out;
}

void store_set_up(void)
{
	strcpy(store_dir, "/tmp/ptt-store-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(store_dir));
	snprintf(store_path, sizeof(store_path), "%s/state.db", store_dir);
	store = open_store(NULL);
}

void store_tear_down(void)
{
	char name[160];
	static const char *const tails[] = {"", "-wal", "-shm"};

	ptt_store_close(store);
	store = NULL;
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s%s", store_path, tails[i]);
		unlink(name);
	}
	rmdir(store_dir);
}

struct ptt_subscriber_row subscriber(const char *impi, const char *impu)
{
	struct ptt_subscriber_row row = {
		.impu_count = 2, .sqn = 32, .amf = {0x80, 0x01}, .gba_u = true};

	strcpy(row.impi, impi);
	strcpy(row.impu[0], impu);
	snprintf(row.impu[1], sizeof(row.impu[1]), "tel:%s", impi);
	memset(row.k.b, 0x4b, sizeof(row.k.b));
	memset(row.opc.b, 0x4f, sizeof(row.opc.b));
	return row;
}

enum ptt_err commit(struct ptt_store_batch *batch)
{
	return ptt_store_commit_sync(batch, PTT_STORE_FULL);
}

enum ptt_err put_subscriber(struct ptt_subscriber_row row)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(store);

	ptt_batch_put_subscriber(batch, &row);
	return commit(batch);
}

enum ptt_err reserve(struct ptt_reservation r)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(store);

	ptt_batch_reserve(batch, &r);
	return commit(batch);
}

enum ptt_err put_bootstrap(const char *btid, int64_t expires)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(store);
	struct ptt_bootstrap_row row = {
		.impi = "a@x", .expires_utc_s = expires, .counter_base = 77};

	strcpy(row.btid, btid);
	memset(row.ks.b, 0x11, sizeof(row.ks.b));
	memset(row.rand, 0x22, sizeof(row.rand));
	ptt_batch_put_bootstrap(batch, &row);
	return commit(batch);
}

void sql(const char *statement)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(store_path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, statement, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* Returns when the child has written its first counter, or has ended. */
static void until_it_spends(int fd)
{
	struct pollfd first = {.fd = fd, .events = POLLIN};

	ck_assert_int_eq(poll(&first, 1, -1), 1);
}

void kill_while_it_spends(void (*spend)(int fd), int rounds)
{
	uint64_t last = 0;
	unsigned total = 0;

	for (int round = 0; round < rounds; round++) {
		struct timespec nap = {0, 1000000L * (2 + round * 7 % 31)};
		int fds[2], status;
		uint64_t t;
		pid_t pid;

		ck_assert_int_eq(pipe(fds), 0);
		pid = fork();
		if (pid == 0) {
			close(fds[0]);
			spend(fds[1]);
		}
		close(fds[1]);
		/* Every other kill may come while the child still opens the store. The rest come
		 * while it spends: on a busy host a child may need longer than any nap for that. */
		if (round % 2 == 1)
			until_it_spends(fds[0]);
		/* the instant of the kill is the test's input, not a wait for something */
		nanosleep(&nap, NULL);
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		while (read(fds[0], &t, sizeof(t)) == sizeof(t)) {
			ck_assert_msg(t > last || total == 0, "T %llu after %llu",
				(unsigned long long)t, (unsigned long long)last);
			last = t;
			total++;
		}
		close(fds[0]);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFSIGNALED(status));
	}
	ck_assert_uint_gt(total, 0);
}
