/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/gba/bsf_fixture.h"

#include <check.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include <sofia-sip/su.h>

#include "module/base/log.h"

#define RUN_LIMIT_S 40
#define THREADS_MAX 32

struct fixture fix;
const struct ptt_k fix_k = {{0x46, 0x5b, 0x5c, 0xe8, 0xb1, 0x99, 0xb4, 0x9f, 0xaa}};
const struct ptt_opc fix_opc = {{0xcd, 0x63, 0xcb, 0x71, 0x95, 0x4a, 0x9f, 0x4e, 0xbb}};
static const struct ptt_kek kek = {{1, 2, 3}};

static struct ptt_store *open_store(su_root_t *root)
{
	struct ptt_store_options options = {
		.path = fix.path, .kek = &kek, .root = root, .busy_timeout_ms = 200};
	struct ptt_store *store;
	char text[256];

	ck_assert_msg(ptt_store_open(&store, &options, text, sizeof(text)) == PTT_OK, "%s", text);
	return store;
}

void fix_add_subscriber(const char *impi, bool gba_u)
{
	struct ptt_store *store = open_store(NULL);
	struct ptt_store_batch *batch = ptt_store_batch_new(store);
	struct ptt_subscriber_row row = {
		.k = fix_k, .opc = fix_opc, .impu_count = 1, .amf = {0x80, 0}, .gba_u = gba_u};

	snprintf(row.impi, sizeof(row.impi), "%s", impi);
	snprintf(row.impu[0], sizeof(row.impu[0]), "sip:%s", impi);
	ptt_batch_put_subscriber(batch, &row);
	ck_assert_int_eq(ptt_store_commit_sync(batch, PTT_STORE_NORMAL), PTT_OK);
	ptt_store_close(store);
}

void fix_start_bsf(void)
{
	fix.param.listen = "127.0.0.1:0";
	fix.param.host = FIX_HOST;
	ck_assert_int_eq(ptt_bsf_new(&fix.bsf, fix.root, fix.store, &fix.param), PTT_OK);
	snprintf(fix.url, sizeof(fix.url), "http://127.0.0.1:%u/", ptt_bsf_port(fix.bsf));
}

void fix_stop_bsf(void)
{
	ptt_bsf_free(fix.bsf);
	fix.bsf = NULL;
}

void fix_start(void)
{
	ptt_log_set_level(PTT_LOG_ERROR);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	su_init();
	strcpy(fix.dir, "/tmp/test_bsf.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(fix.dir));
	snprintf(fix.path, sizeof(fix.path), "%s/state.db", fix.dir);
	fix.root = su_root_create(NULL);
	ck_assert_ptr_nonnull(fix.root);
	fix.store = open_store(fix.root);
	fix_add_subscriber(FIX_IMPI, false);
	fix_start_bsf();
}

void fix_stop(void)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	char path[96];

	fix_stop_bsf();
	ptt_store_close(fix.store);
	su_root_destroy(fix.root);
	su_deinit();
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s%s", fix.path, suffixes[i]);
		unlink(path);
	}
	rmdir(fix.dir);
	memset(&fix, 0, sizeof(fix));
}

struct ptt_bsf_stats fix_stats(void)
{
	struct ptt_bsf_stats stats;

	ptt_bsf_stats(fix.bsf, &stats);
	return stats;
}

struct client {
	void (*fn)(void *arg);
	void *arg;
	atomic_size_t *left;
};

static void *client_main(void *arg)
{
	struct client *client = arg;

	client->fn(client->arg);
	atomic_fetch_sub(client->left, 1);
	return NULL;
}

void fix_run_many(void (*fn)(void *arg), void **args, size_t count)
{
	struct client clients[THREADS_MAX];
	pthread_t threads[THREADS_MAX];
	atomic_size_t left = count;
	time_t end = time(NULL) + RUN_LIMIT_S;

	ck_assert_uint_le(count, THREADS_MAX);
	for (size_t i = 0; i < count; i++) {
		clients[i] = (struct client){fn, args[i], &left};
		ck_assert_int_eq(pthread_create(&threads[i], NULL, client_main, &clients[i]), 0);
	}
	while (atomic_load(&left) > 0) {
		su_root_step(fix.root, 5);
		ck_assert_msg(time(NULL) < end, "a client hangs");
	}
	for (size_t i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

void fix_run(void (*fn)(void *arg), void *arg)
{
	fix_run_many(fn, &arg, 1);
}

void fix_stop_under(void (*fn)(void *arg), void *arg)
{
	atomic_size_t left = 1;
	struct client client = {fn, arg, &left};
	time_t end = time(NULL) + RUN_LIMIT_S;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, client_main, &client), 0);
	while (fix_stats().requests == 0) {
		su_root_step(fix.root, 5);
		ck_assert_msg(time(NULL) < end, "no request comes");
	}
	fix_stop_bsf();
	pthread_join(thread, NULL);
}

void fix_bootstrap(void *arg)
{
	struct fix_boot *boot = arg;
	struct ptt_ub_param param = {.bsf_url = fix.url,
		.bsf_host = FIX_HOST,
		.impi = boot->impi ? boot->impi : FIX_IMPI,
		.card = boot->card,
		.timeout_ms = 20000};

	boot->err = ptt_ub_bootstrap(&boot->result, &param);
}

static void keep(char *value, size_t size, const char *line, const char *name)
{
	size_t name_len = strlen(name);

	if (strncasecmp(line, name, name_len) != 0 || line[name_len] != ':')
		return;
	line += name_len + 1;
	line += strspn(line, " ");
	snprintf(value, size, "%.*s", (int)strcspn(line, "\r\n"), line);
}

static size_t on_header(char *data, size_t size, size_t count, void *ctx)
{
	struct fix_http *http = ctx;
	char line[PTT_UB_HEADER_MAX];

	snprintf(line, sizeof(line), "%.*s", (int)(size * count), data);
	keep(http->www_authenticate, sizeof(http->www_authenticate), line, "WWW-Authenticate");
	keep(http->authentication_info, sizeof(http->authentication_info), line,
		"Authentication-Info");
	keep(http->server, sizeof(http->server), line, "Server");
	keep(http->allow, sizeof(http->allow), line, "Allow");
	keep(http->content_type, sizeof(http->content_type), line, "Content-Type");
	return size * count;
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
	struct fix_http *http = ctx;
	size_t len = size * count;

	if (len > PTT_BOOT_INFO_MAX - http->text_len)
		return 0;
	memcpy(http->text + http->text_len, data, len);
	http->text_len += len;
	http->text[http->text_len] = '\0';
	return len;
}

void fix_request(void *arg)
{
	struct fix_http *http = arg;
	struct curl_slist *headers = NULL;
	CURL *easy = curl_easy_init();
	char url[256], line[PTT_UB_HEADER_MAX * 2];

	snprintf(url, sizeof(url), "%.*s%s", (int)strlen(fix.url) - 1, fix.url,
		http->path ? http->path : "/");
	if (http->authorization) {
		snprintf(line, sizeof(line), "Authorization: %s", http->authorization);
		headers = curl_slist_append(headers, line);
	}
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 20000L);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, http);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, http);
	if (http->body)
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, http->body);
	if (http->method)
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, http->method);
	http->status = 0;
	http->text_len = 0;
	if (curl_easy_perform(easy) == CURLE_OK)
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &http->status);
	curl_slist_free_all(headers);
	curl_easy_cleanup(easy);
}

struct ptt_usim *fix_usim(void)
{
	struct ptt_usim_param param = {&fix_k, &fix_opc, NULL};
	struct ptt_usim *usim;

	ck_assert_int_eq(ptt_usim_open(&usim, &param), PTT_OK);
	return usim;
}

struct fix_boot fix_boot_now(const char *impi, const struct ptt_card *card)
{
	struct fix_boot boot = {.impi = impi, .card = card};

	fix_run(fix_bootstrap, &boot);
	return boot;
}

void fix_on_keys(void *ctx, const struct ptt_naf_keys *keys)
{
	struct fix_heard *heard = ctx;

	heard->calls++;
	heard->keys = *keys;
}

/* A recall after a restart gives what the look-up before it gave. */
static void recall_too(
	struct ptt_naf_source *source, const char *btid, const struct ptt_naf_keys *keys)
{
	struct fix_heard heard = {0};

	ptt_naf_recall(source, btid, fix_on_keys, &heard);
	ck_assert_uint_eq(heard.calls, 1);
	ck_assert_int_eq(heard.keys.err, keys->err);
	ck_assert_str_eq(heard.keys.impi, keys->impi);
	ck_assert_mem_eq(heard.keys.muk.b, keys->muk.b, sizeof(keys->muk.b));
	ck_assert_int_eq(heard.keys.expires_utc_s, keys->expires_utc_s);
	ck_assert_int_eq(heard.keys.gba_u, keys->gba_u);
}

struct ptt_naf_keys fix_look_up(struct ptt_bsf *bsf, const char *btid)
{
	struct ptt_naf_source *source;
	struct fix_heard heard = {0};

	ck_assert_int_eq(ptt_naf_embedded_new(&source, fix.store, bsf, FIX_NAF), PTT_OK);
	ptt_naf_lookup(source, btid, fix_on_keys, &heard);
	ck_assert_uint_eq(heard.calls, 1);
	recall_too(source, btid, &heard.keys);
	ptt_naf_source_free(source);
	return heard.keys;
}

struct fix_http fix_ask(const char *authorization)
{
	struct fix_http http = {.authorization = authorization};

	fix_run(fix_request, &http);
	return http;
}

struct ptt_ub_digest fix_challenge(const struct fix_http *http)
{
	struct ptt_ub_digest digest;

	ck_assert_int_eq(http->status, 401);
	ck_assert_int_eq(ptt_ub_digest_get(&digest, PTT_UB_WWW_AUTHENTICATE, http->www_authenticate,
				 strlen(http->www_authenticate)),
		PTT_OK);
	ck_assert_str_eq(digest.realm, FIX_HOST);
	ck_assert_str_eq(digest.algorithm, "AKAv1-MD5");
	ck_assert_str_eq(digest.qop, "auth-int");
	return digest;
}
