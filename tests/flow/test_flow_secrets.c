/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * No key of a whole flow stands in a log at its most talkative, Sofia's included, or in the store's
 * files: neither as bytes nor in hex or base64. Spec: docs/architecture.md, "Keys: never logged; at
 * rest wrapped".
 */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/gba_kdf.h"
#include "module/client/usim.h"
#include "module/gba/ub_client.h"
#include "tests/flow/play.h"
#include "tests/unit/check_main.h"
#include "tests/unit/media/media_lab.h"

#define SECRETS_MAX 64

struct secret {
	const char *name;
	uint8_t bytes[32];
	size_t len;
};

static struct play play;
static struct secret secret[SECRETS_MAX];
static size_t secrets;

static void know(const char *name, const void *bytes, size_t len)
{
	ck_assert_uint_lt(secrets, SECRETS_MAX);
	ck_assert_uint_ge(len, 14); /* shorter ones could be found by chance */
	secret[secrets].name = name;
	secret[secrets].len = len;
	memcpy(secret[secrets++].bytes, bytes, len);
}

static void know_group_keys(void)
{
	const struct ptt_group_keys *keys = &play_group(&play)->keys;

	know("MSK", keys->current.msk.b, sizeof(keys->current.msk.b));
	for (int i = 0; i < play.actors; i++) {
		const struct ptt_mtk *mtk = &play.actor[i].mtk.mtk;

		if (mtk->key_len == 0)
			continue;
		know("MTK", mtk->key, mtk->key_len);
		know("MTK's salt", mtk->salt, mtk->salt_len);
	}
}

static void know_subscribers(void)
{
	know("KEK", play.kek.b, sizeof(play.kek.b));
	for (int i = 0; i < PLAY_ACTORS; i++) {
		const struct subscriber *sub = &play.subscriber[i];

		know("K", sub->k.b, sizeof(sub->k.b));
		know("OPc", sub->opc.b, sizeof(sub->opc.b));
		know("Ks", sub->ks.b, sizeof(sub->ks.b));
		know("MUK", sub->muk.b, sizeof(sub->muk.b));
		know("MRK", sub->mrk.b, sizeof(sub->mrk.b));
	}
}

/* --- searching --- */

struct hay {
	char *bytes;
	size_t len;
};

static struct hay read_file(const char *name)
{
	struct hay hay = {NULL, 0};
	char path[128];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", play.dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return hay;
	ck_assert_int_eq(fstat(fd, &st), 0);
	hay.bytes = malloc((size_t)st.st_size + 1);
	ck_assert_ptr_nonnull(hay.bytes);
	hay.len = (size_t)read(fd, hay.bytes, (size_t)st.st_size);
	close(fd);
	return hay;
}

static bool has(const struct hay *hay, const void *what, size_t len)
{
	return hay->len > 0 && memmem(hay->bytes, hay->len, what, len);
}

/* Base64 of bytes at another place of a longer text looks different, in one of three ways. */
static bool has_base64(const struct hay *hay, const uint8_t *bytes, size_t len)
{
	uint8_t shifted[40] = {0};
	char text[80];

	for (size_t shift = 0; shift < 3; shift++) {
		size_t whole = (shift + len) / 3 * 4;
		size_t first = shift == 0 ? 0 : 4; /* quartets that hold no byte of others */

		memcpy(shifted + shift, bytes, len);
		ck_assert_int_eq(ptt_base64_put(text, sizeof(text),
					 (struct ptt_bytes){shifted, shift + len}),
			PTT_OK);
		if (has(hay, text + first, whole - first))
			return true;
	}
	return false;
}

static bool has_any_form(const struct hay *hay, const uint8_t *bytes, size_t len)
{
	char hex[80];

	if (has(hay, bytes, len) || has_base64(hay, bytes, len))
		return true;
	ck_assert_int_eq(ptt_hex_put(hex, sizeof(hex), (struct ptt_bytes){bytes, len}), PTT_OK);
	if (has(hay, hex, 2 * len))
		return true;
	for (size_t i = 0; i < 2 * len; i++)
		if (hex[i] >= 'a')
			hex[i] = (char)(hex[i] - 'a' + 'A');
	return has(hay, hex, 2 * len);
}

/* @param known  something that must stand in it, to show that the search finds */
static void search(const char *name, const char *known)
{
	struct hay hay = read_file(name);

	if (known)
		ck_assert_msg(has(&hay, known, strlen(known)), "%s without %s", name, known);
	for (size_t i = 0; i < secrets; i++)
		ck_assert_msg(!has_any_form(&hay, secret[i].bytes, secret[i].len), "%s in %s",
			secret[i].name, name);
	free(hay.bytes);
}

static void search_all(void)
{
	struct hay log = read_file("log");

	/* RAND is no secret: it is the B-TID, in base64. */
	ck_assert(has_any_form(&log, play.subscriber[0].rand, sizeof(play.subscriber[0].rand)));
	free(log.bytes);
	search("log", "SIP/2.0 200 OK"); /* Sofia's dump of messages is in it */
	search("log", "event");
	search("state.db", "SQLite format 3");
	search("state.db-wal", NULL);
	search("conf", "listen");
}

/* --- the flow --- */

struct bootstrapping {
	struct ptt_ub_param param;
	struct ptt_bootstrap boot;
	enum ptt_err err;
	bool done;
};

static void *bootstrap(void *arg)
{
	struct bootstrapping *run = arg;

	run->err = ptt_ub_bootstrap(&run->boot, &run->param);
	__atomic_store_n(&run->done, true, __ATOMIC_RELEASE);
	return NULL;
}

/* Over HTTP, from a thread: the server is in ours. */
static void bootstrap_by_http(struct subscriber *sub)
{
	struct ptt_usim_param card = {.k = &sub->k, .opc = &sub->opc};
	struct bootstrapping run = {.param = {.impi = sub->impi}};
	struct ptt_usim *usim;
	pthread_t thread;
	char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", ptt_bsf_port(play.server->bsf));
	run.param.bsf_url = url;
	run.param.bsf_host = "bsf.poc.example.org";
	ck_assert_int_eq(ptt_usim_open(&usim, &card), PTT_OK);
	run.param.card = ptt_usim_card(usim);
	ck_assert_int_eq(pthread_create(&thread, NULL, bootstrap, &run), 0);
	PLAY_UNTIL(&play, __atomic_load_n(&run.done, __ATOMIC_ACQUIRE));
	pthread_join(thread, NULL);
	ck_assert_int_eq(run.err, PTT_OK);
	know("Ks by HTTP", run.boot.ks.b, sizeof(run.boot.ks.b));
	ptt_usim_close(usim);
}

START_TEST(no_key_is_written)
{
	struct actor *a = play_enter_settled(&play, 0), *b = play_enter_settled(&play, 1), *c;
	uint32_t first = play_current(&play);

	know_subscribers();
	know_group_keys();
	bootstrap_by_http(&play.subscriber[3]);
	play_expel(&play, 1);
	PLAY_UNTIL(&play, b->seen.ended && play_is_stable(&play) && play_current(&play) != first &&
				  actor_is_on(a, play_current(&play)));
	know_group_keys();
	search_all();
	play_stop_server(&play);
	search_all();
	play_start_server(&play);
	c = play_enter_settled(&play, 2);
	play_rekey(&play);
	PLAY_UNTIL(&play, play_is_stable(&play) && actor_is_on(a, play_current(&play)) &&
				  actor_is_on(c, play_current(&play)));
	know_group_keys();
	search_all();
}
END_TEST

static void open_talkative(void)
{
	/* Sofia reads them when its logs are first used. */
	setenv("SOFIA_DEBUG", "9", 1);
	setenv("NTA_DEBUG", "9", 1);
	setenv("TPORT_DEBUG", "9", 1);
	setenv("TPORT_LOG", "1", 1);
	secrets = 0;
	play_open(&play, "on_leave = \"always\"; cutover_ms = 1000;");
}

static void tear_down(void)
{
	play_close(&play);
}

int main(void)
{
	TCase *tc = tcase_create("files");

	lab_enter();
	tcase_set_timeout(tc, 20);
	tcase_add_checked_fixture(tc, open_talkative, tear_down);
	tcase_add_test(tc, no_key_is_written);
	return check_run_case("flow_secrets", tc);
}
