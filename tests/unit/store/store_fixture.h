/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file store_fixture.h
 * A store in a folder of its own, opened before and removed after each test.
 */
#ifndef PTT_TEST_STORE_FIXTURE_H
#define PTT_TEST_STORE_FIXTURE_H

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sofia-sip/su.h>

#include "module/base/log.h"
#include "module/store/store_read.h"

#define GROUP "sip:alpha@poc.example.org"

extern char store_dir[64], store_path[96], bytes_of[256];
extern const struct ptt_kek kek;
extern struct ptt_store *store;

struct ptt_store *open_store(su_root_t *root);
void store_set_up(void);
void store_tear_down(void);
/** On the file, past the store. */
void sql(const char *statement);
struct ptt_subscriber_row subscriber(const char *impi, const char *impu);
enum ptt_err commit(struct ptt_store_batch *batch);
enum ptt_err put_subscriber(struct ptt_subscriber_row row);
enum ptt_err reserve(struct ptt_reservation r);
/**
 * Runs @p spend in a process of its own, @p rounds times, and kills each process at some instant.
 * @p spend writes each number (uint64_t) to the pipe before it uses the number. Asserts that the
 * numbers rise over all processes, and that there were some.
 */
void kill_while_it_spends(void (*spend)(int fd), int rounds);
enum ptt_err put_bootstrap(const char *btid, int64_t expires);

#endif
