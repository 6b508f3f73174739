/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* naf.source = "rest" against a real BSF and against a false one; all on one root. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "module/gba/http_root.h"
#include "module/gba/nbsp.h"
#include "module/gba/nbsp_http.h"
#include "module/gba/rest.h"
#include "tests/unit/gba/bsf_fixture.h"
#include "tests/unit/check_main.h"

#define KEY  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define LATE "\"keyExpiryTime\":\"2099-01-01T00:00:00Z\""

static struct ptt_naf_source *source_at(uint16_t port, uint32_t timeout_ms, uint32_t pending_max)
{
	struct ptt_rest_param param = {
		.zn = {fix.root, fix.store, FIX_NAF, timeout_ms, pending_max}};
	struct ptt_naf_source *source;
	char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", port);
	param.url = url;
	ck_assert_int_eq(ptt_naf_rest_new(&source, &param), PTT_OK);
	return source;
}

static void run_until(const struct fix_heard *heard, unsigned int calls)
{
	time_t end = time(NULL) + 20;

	while (heard->calls < calls) {
		su_root_step(fix.root, 5);
		ck_assert_msg(time(NULL) < end, "no answer");
	}
}

static struct fix_heard ask(struct ptt_naf_source *source, const char *btid)
{
	struct fix_heard heard = {0};

	ptt_naf_lookup(source, btid, fix_on_keys, &heard);
	run_until(&heard, 1);
	return heard;
}

/* --- against the real BSF --- */

static struct ptt_zn_server zn;

static struct ptt_nbsp_http *serve(void)
{
	struct ptt_nbsp_http_param param = {.listen = "127.0.0.1:0"};
	struct ptt_nbsp_http *http;

	zn = (struct ptt_zn_server){.store = fix.store, .bsf = fix.bsf};
	ck_assert_int_eq(ptt_nbsp_http_new(&http, fix.root, &zn, &param), PTT_OK);
	return http;
}

/*
 * The PF has its own store: in the BSF's store the rows hold Ks where the PF's rows hold the MUK.
 */
static void forget_row(const char *btid)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(fix.store);

	ptt_batch_del_bootstrap(batch, btid);
	ck_assert_int_eq(ptt_store_commit_sync(batch, PTT_STORE_NORMAL), PTT_OK);
}

static void same_as_embedded(bool gba_u)
{
	const char *impi = gba_u ? "ursula@poc.example.org" : FIX_IMPI;
	struct ptt_nbsp_http *http = serve();
	struct ptt_naf_source *source = source_at(ptt_nbsp_http_port(http), 5000, 0);
	struct ptt_usim *usim = fix_usim();
	struct ptt_naf_keys embedded;
	struct fix_boot boot;
	struct fix_heard heard;

	if (gba_u)
		fix_add_subscriber(impi, true);
	boot = fix_boot_now(impi, ptt_usim_card(usim));
	ck_assert_int_eq(boot.err, PTT_OK);
	embedded = fix_look_up(fix.bsf, boot.result.btid);
	forget_row(boot.result.btid);
	heard = ask(source, boot.result.btid);
	ck_assert_int_eq(heard.keys.err, PTT_OK);
	ck_assert_mem_eq(heard.keys.muk.b, embedded.muk.b, sizeof(embedded.muk.b));
	ck_assert_mem_eq(heard.keys.mrk.b, embedded.mrk.b, sizeof(embedded.mrk.b));
	ck_assert_str_eq(heard.keys.impi, impi);
	ck_assert_uint_eq(heard.keys.impu_count, 1);
	ck_assert_str_eq(heard.keys.impus[0], embedded.impus[0]);
	ck_assert_int_eq(heard.keys.expires_utc_s, embedded.expires_utc_s);
	ck_assert_int_eq(heard.keys.gba_u, gba_u);
	ptt_nbsp_http_free(http); /* a known B-TID is looked up without the BSF */
	heard.calls = 0;
	ptt_naf_lookup(source, boot.result.btid, fix_on_keys, &heard);
	ck_assert_uint_eq(heard.calls, 1);
	ck_assert_int_eq(heard.keys.err, PTT_OK);
	ptt_naf_source_free(source);
	source = source_at(9, 1000, 0); /* as it is in the next process */
	memset(&heard, 0, sizeof(heard));
	ptt_naf_recall(source, boot.result.btid, fix_on_keys, &heard);
	ck_assert_uint_eq(heard.calls, 1);
	ck_assert_int_eq(heard.keys.err, PTT_OK);
	ck_assert_mem_eq(heard.keys.muk.b, embedded.muk.b, sizeof(embedded.muk.b));
	ptt_naf_source_free(source);
	ptt_usim_close(usim);
}

START_TEST(the_keys_of_the_embedded_source)
{
	same_as_embedded(false);
}
END_TEST

START_TEST(gba_u_by_the_record)
{
	same_as_embedded(true);
}
END_TEST

START_TEST(unknown_refused_and_absent)
{
	static const char *const others[] = {"other.example.org"};
	struct ptt_nbsp_http *http = serve();
	struct ptt_naf_source *source = source_at(ptt_nbsp_http_port(http), 5000, 0);
	uint16_t port = ptt_nbsp_http_port(http);

	ck_assert_int_eq(ask(source, "nobody@" FIX_HOST).keys.err, PTT_ERR_NO_KEY);
	ck_assert_int_eq(ask(source, "\xff@" FIX_HOST).keys.err, PTT_ERR_NO_KEY);
	zn.nafs = others;
	zn.naf_count = 1;
	ck_assert_int_eq(ask(source, "nobody@" FIX_HOST).keys.err, PTT_ERR_SYSTEM);
	ck_assert_uint_eq(zn.refused, 2);
	ptt_nbsp_http_free(http);
	ck_assert_int_eq(ask(source, "nobody@" FIX_HOST).keys.err, PTT_ERR_BUSY);
	ptt_naf_source_free(source);
	ck_assert_uint_ne(port, 0);
}
END_TEST

/* --- against the false BSF --- */

static struct {
	struct ptt_http_root http;
	unsigned int status;
	const char *body;
	bool silent;
	struct MHD_Connection *suspended[32];
	size_t suspended_count;
} fake;

static enum MHD_Result fake_request(void *cls, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_len, void **ctx)
{
	static int seen;
	struct MHD_Response *response;
	enum MHD_Result result;

	(void)cls;
	(void)url;
	(void)method;
	(void)version;
	(void)upload;
	if (!*ctx || *upload_len) {
		*ctx = &seen;
		*upload_len = 0;
		return MHD_YES;
	}
	if (fake.silent && fake.suspended_count < 32) {
		fake.suspended[fake.suspended_count++] = connection;
		MHD_suspend_connection(connection);
		return MHD_YES;
	}
	response = MHD_create_response_from_buffer(
		strlen(fake.body), (void *)(uintptr_t)fake.body, MHD_RESPMEM_PERSISTENT);
	result = MHD_queue_response(connection, fake.status, response);
	MHD_destroy_response(response);
	return result;
}

static uint16_t fake_start(void)
{
	struct ptt_http_param param = {
		.name = "fake", .listen = "127.0.0.1:0", .on_request = fake_request};

	memset(&fake, 0, sizeof(fake));
	ck_assert_int_eq(ptt_http_start(&fake.http, fix.root, &param), PTT_OK);
	return ptt_http_port(&fake.http);
}

static void fake_stop(void)
{
	fake.silent = false;
	fake.body = "";
	fake.status = 500;
	for (size_t i = 0; i < fake.suspended_count; i++)
		MHD_resume_connection(fake.suspended[i]);
	ptt_http_stop(&fake.http);
}

START_TEST(answers_that_are_none)
{
	static char huge[PTT_NBSP_BODY_MAX + 2];
	static const struct {
		unsigned int status;
		const char *body;
		enum ptt_err err;
	} answers[] = {
		{200, "", PTT_ERR_SYSTEM},
		{200, "{", PTT_ERR_SYSTEM},
		{200, "<html>", PTT_ERR_SYSTEM},
		{200, "{\"meKeyMaterial\":\"" KEY "\"," LATE "}", PTT_ERR_SYSTEM}, /* no IMPI */
		{200, huge, PTT_ERR_SYSTEM},
		{200,
			"{\"meKeyMaterial\":\"" KEY
			"\",\"impi\":\"a@x\",\"keyExpiryTime\":\"2001-01-01T00:00:00Z\"}",
			PTT_ERR_NO_KEY},
		{404, "", PTT_ERR_NO_KEY},
		{403, "", PTT_ERR_SYSTEM},
		{308, "", PTT_ERR_SYSTEM},
		{500, "", PTT_ERR_BUSY},
		{503, "", PTT_ERR_BUSY},
		{200, "{\"meKeyMaterial\":\"" KEY "\",\"impi\":\"a@x\"," LATE "}", PTT_OK},
	};
	struct ptt_naf_source *source = source_at(fake_start(), 5000, 0);

	memset(huge, ' ', sizeof(huge) - 1);
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		fake.status = answers[i].status;
		fake.body = answers[i].body;
		ck_assert_msg(ask(source, "x@y").keys.err == answers[i].err, "answer %zu", i);
	}
	ptt_naf_source_free(source);
	fake_stop();
}
END_TEST

/* A known B-TID with another key or subscriber is refused. */
START_TEST(a_btid_never_changes_hands)
{
	struct ptt_naf_source *source = source_at(fake_start(), 5000, 0);

	fake.status = 200;
	fake.body = "{\"meKeyMaterial\":\"" KEY "\",\"impi\":\"a@x\"," LATE "}";
	ck_assert_int_eq(ask(source, "x@y").keys.err, PTT_OK);
	ptt_naf_source_free(source);
	source = source_at(ptt_http_port(&fake.http), 5000, 0);
	fake.body = "{\"meKeyMaterial\":\"" KEY "\",\"impi\":\"b@x\"," LATE "}";
	ck_assert_int_eq(ask(source, "x@y").keys.err, PTT_ERR_SYSTEM);
	ptt_naf_source_free(source);
	fake_stop();
}
END_TEST

START_TEST(silence_ends_and_waiting_is_bounded)
{
	struct ptt_naf_source *source = source_at(fake_start(), 300, 4);
	struct fix_heard waiting = {0}, refused = {0};
	char btid[32];

	fake.silent = true;
	for (int i = 0; i < 4; i++) {
		snprintf(btid, sizeof(btid), "b%d@x", i);
		ptt_naf_lookup(source, btid, fix_on_keys, &waiting);
	}
	ptt_naf_lookup(source, "b5@x", fix_on_keys, &refused);
	ck_assert_uint_eq(refused.calls, 1); /* at once */
	ck_assert_int_eq(refused.keys.err, PTT_ERR_BUSY);
	ck_assert_uint_eq(waiting.calls, 0);
	run_until(&waiting, 4);
	ck_assert_int_eq(waiting.keys.err, PTT_ERR_BUSY);
	ptt_naf_lookup(source, "b6@x", fix_on_keys, &waiting);
	ptt_naf_cancel(source, &waiting);
	ptt_naf_lookup(source, "b7@x", fix_on_keys, &waiting); /* dropped with the source */
	ptt_naf_source_free(source);
	for (int i = 0; i < 20; i++)
		su_root_step(fix.root, 5);
	ck_assert_uint_eq(waiting.calls, 4);
	fake_stop();
}
END_TEST

START_TEST(urls_that_are_none)
{
	static const char *const bads[] = {"", "ftp://x", "127.0.0.1:80", "file:///etc/passwd"};
	struct ptt_rest_param param = {.zn = {fix.root, fix.store, FIX_NAF, 0, 0}};
	struct ptt_naf_source *source;

	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		param.url = bads[i];
		ck_assert_int_eq(ptt_naf_rest_new(&source, &param), PTT_ERR_MALFORMED);
	}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("rest");

	tcase_add_checked_fixture(tc, fix_start, fix_stop);
	tcase_add_test(tc, the_keys_of_the_embedded_source);
	tcase_add_test(tc, gba_u_by_the_record);
	tcase_add_test(tc, unknown_refused_and_absent);
	tcase_add_test(tc, answers_that_are_none);
	tcase_add_test(tc, a_btid_never_changes_hands);
	tcase_add_test(tc, silence_ends_and_waiting_is_bounded);
	tcase_add_test(tc, urls_that_are_none);
	return check_run_case("rest", tc);
}
