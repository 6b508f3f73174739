/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* module/gba: a real BSF, real HTTP, a real USIM; TS 33.220 4.5.2, TS 24.109 clause 4. */
#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/aka.h"
#include "crypto/gba_kdf.h"
#include "module/gba/bsf_state.h"
#include "module/gba/naf_source.h"
#include "tests/unit/gba/bsf_fixture.h"
#include "tests/unit/check_main.h"

#define FIX_NAF "pf1.poc.example.org"
#define FIX_FIRST \
	"Digest username=\"" FIX_IMPI "\", realm=\"x\", nonce=\"\", uri=\"/\", response=\"\""

/* What the UE derives for itself. */
static void check_keys(const struct ptt_naf_keys *keys, const struct ptt_bootstrap *own, bool gba_u)
{
	struct ptt_gba_naf naf = {.rand = own->rand,
		.impi = ptt_bytes_of_str(own->impi),
		.fqdn = ptt_bytes_of_str(FIX_NAF)};
	struct ptt_naf_key external, internal;
	struct ptt_muk muk;
	struct ptt_mrk mrk;

	ck_assert_int_eq(ptt_gba_naf_key(&external, &own->ks, PTT_GBA_ME, &naf), PTT_OK);
	ck_assert_int_eq(ptt_gba_naf_key(&internal, &own->ks, PTT_GBA_U, &naf), PTT_OK);
	ck_assert_int_eq(ptt_mbms_keys_me(&muk, &mrk, &external), PTT_OK);
	if (gba_u)
		ptt_mbms_keys_u(&muk, &mrk, &internal, &external);
	ck_assert_int_eq(keys->err, PTT_OK);
	ck_assert_mem_eq(keys->muk.b, muk.b, sizeof(muk.b));
	ck_assert_mem_eq(keys->mrk.b, mrk.b, sizeof(mrk.b));
	ck_assert_str_eq(keys->impi, own->impi);
	ck_assert_uint_eq(keys->impu_count, 1);
	ck_assert_int_eq(keys->expires_utc_s, own->expires_utc_s);
	ck_assert_int_eq(keys->gba_u, gba_u);
}

START_TEST(bootstraps)
{
	struct ptt_usim *usim = fix_usim();
	struct fix_boot boot = fix_boot_now(NULL, ptt_usim_card(usim));
	struct ptt_naf_keys keys;
	char btid[256];

	ck_assert_int_eq(boot.err, PTT_OK);
	ck_assert_int_eq(ptt_gba_btid_put(btid, sizeof(btid), boot.result.rand, FIX_HOST), PTT_OK);
	ck_assert_str_eq(boot.result.btid, btid);
	ck_assert_int_ge(boot.result.expires_utc_s, (int64_t)time(NULL) + 86400 - 60);
	keys = fix_look_up(fix.bsf, btid);
	check_keys(&keys, &boot.result, false);
	ck_assert_str_eq(keys.impus[0], FIX_IMPU);
	keys = fix_look_up(NULL, btid); /* as after a restart */
	check_keys(&keys, &boot.result, false);
	ck_assert_uint_eq(fix_stats().bootstraps, 1);
	ck_assert_uint_eq(fix_stats().open_challenges, 0);
	ck_assert_int_eq(fix_look_up(fix.bsf, "nobody@" FIX_HOST).err, PTT_ERR_NO_KEY);
	ptt_usim_close(usim);
}
END_TEST

START_TEST(gba_u_by_the_record_and_added_later)
{
	struct ptt_usim *usim = fix_usim();
	struct fix_boot boot = fix_boot_now("bob@poc.example.org", ptt_usim_card(usim));
	struct ptt_naf_keys keys;

	ck_assert_int_eq(boot.err, PTT_ERR_NO_KEY);
	ck_assert_uint_eq(fix_stats().unknown, 1);
	fix_add_subscriber("bob@poc.example.org", true);
	boot = fix_boot_now("bob@poc.example.org", ptt_usim_card(usim));
	ck_assert_int_eq(boot.err, PTT_OK);
	keys = fix_look_up(fix.bsf, boot.result.btid);
	check_keys(&keys, &boot.result, true);
	ptt_usim_close(usim);
}
END_TEST

START_TEST(a_tmpi_serves_as_user_name)
{
	struct ptt_usim *usim = fix_usim();
	struct fix_boot boot = fix_boot_now(NULL, ptt_usim_card(usim));
	struct ptt_bootstrap_row row = {.impi = FIX_IMPI, .ks = boot.result.ks};
	char tmpi[PTT_UB_NAME_MAX];

	ck_assert_int_eq(boot.err, PTT_OK);
	memcpy(row.rand, boot.result.rand, sizeof(row.rand));
	ck_assert_int_eq(ptt_bsf_tmpi_put(tmpi, &row, FIX_HOST), PTT_OK);
	ck_assert_str_eq(tmpi + 32, "@tmpi.bsf.3gppnetwork.org");
	boot = fix_boot_now(tmpi, ptt_usim_card(usim));
	ck_assert_int_eq(boot.err, PTT_OK);
	ck_assert_str_eq(fix_look_up(fix.bsf, boot.result.btid).impi, FIX_IMPI);
	tmpi[0] ^= 1;
	ck_assert_int_eq(fix_boot_now(tmpi, ptt_usim_card(usim)).err, PTT_ERR_NO_KEY);
	fix_stop_bsf(); /* a TMPI ends with the BSF; the UE then uses its IMPI */
	fix_start_bsf();
	tmpi[0] ^= 1;
	ck_assert_int_eq(fix_boot_now(tmpi, ptt_usim_card(usim)).err, PTT_ERR_NO_KEY);
	ptt_usim_close(usim);
}
END_TEST

static const struct ptt_card *wrapped;

static enum ptt_err spoil_res(
	void *ctx, struct ptt_card_result *out, const uint8_t *rand, const uint8_t *autn)
{
	enum ptt_err err = wrapped->authenticate(wrapped->ctx, out, rand, autn);

	(void)ctx;
	out->res[3] ^= 1;
	out->auts[3] ^= 1;
	return err;
}

static const struct ptt_card spoiled = {spoil_res, NULL};

START_TEST(wrong_res_is_refused)
{
	struct ptt_usim *usim = fix_usim();
	struct fix_boot boot;

	wrapped = ptt_usim_card(usim);
	boot = fix_boot_now(NULL, &spoiled);
	ck_assert_int_eq(boot.err, PTT_ERR_MISMATCH);
	ck_assert_uint_eq(fix_stats().wrong_res, 1);
	ck_assert_uint_eq(fix_stats().bootstraps, 0);
	ck_assert_int_eq(
		fix_boot_now(NULL, wrapped).err, PTT_OK); /* the subscriber is not locked out */
	ptt_usim_close(usim);
}
END_TEST

/* A USIM whose SQN is far beyond the network's. */
static struct ptt_usim *usim_ahead(uint64_t sqn)
{
	struct ptt_usim *usim = fix_usim();
	const struct ptt_card *card = ptt_usim_card(usim);
	struct ptt_aka_subscriber sub = {&fix_k, &fix_opc};
	struct ptt_aka_challenge in = {.sqn = sqn};
	struct ptt_aka_vector vector;
	struct ptt_card_result answer;

	ck_assert_int_eq(ptt_aka_vector_make(&vector, &sub, &in), PTT_OK);
	ck_assert_int_eq(card->authenticate(card->ctx, &answer, vector.rand, vector.autn), PTT_OK);
	return usim;
}

START_TEST(resynchronises)
{
	struct ptt_usim *usim = usim_ahead(UINT64_C(0x123456789a));
	struct fix_boot boot = fix_boot_now(NULL, ptt_usim_card(usim));

	ck_assert_int_eq(boot.err, PTT_OK);
	ck_assert_uint_eq(fix_stats().resyncs, 1);
	ck_assert_uint_gt(ptt_usim_sqn_ms(usim), UINT64_C(0x123456789a));
	ck_assert_int_eq(fix_boot_now(NULL, ptt_usim_card(usim)).err, PTT_OK);
	fix_stop_bsf();
	fix_start_bsf(); /* the new SQN was durable */
	ck_assert_int_eq(fix_boot_now(NULL, ptt_usim_card(usim)).err, PTT_OK);
	ck_assert_uint_eq(fix_stats().resyncs, 0);
	ptt_usim_close(usim);
}
END_TEST

START_TEST(wrong_auts_is_refused)
{
	struct ptt_usim *usim = usim_ahead(UINT64_C(0x123456789a));

	wrapped = ptt_usim_card(usim);
	ck_assert_int_eq(fix_boot_now(NULL, &spoiled).err, PTT_ERR_NO_KEY); /* 403 */
	ck_assert_uint_eq(fix_stats().resyncs, 0);
	ptt_usim_close(usim);
}
END_TEST

START_TEST(a_nonce_serves_once)
{
	struct ptt_usim *usim = fix_usim();
	struct ptt_ub_exchange ex;
	char text[PTT_UB_HEADER_MAX];
	struct fix_http http = fix_ask(FIX_FIRST);
	struct ptt_ub_response answer = {.status = 401, .www_authenticate = http.www_authenticate};
	struct ptt_ub_digest again;

	ck_assert_str_eq(fix_challenge(&http).stale, "");
	ck_assert_int_eq(
		ptt_ub_exchange_init(&ex, ptt_usim_card(usim), FIX_IMPI, FIX_HOST, "/"), PTT_OK);
	ck_assert_int_eq(ptt_ub_exchange_response(&ex, &answer), PTT_UB_STEP_SEND);
	ck_assert_int_eq(ptt_ub_exchange_request(&ex, text, sizeof(text)), PTT_OK);
	http = fix_ask(text);
	ck_assert_int_eq(http.status, 200);
	ck_assert_str_eq(http.content_type, "application/vnd.3gpp.bsf+xml");
	ck_assert_ptr_nonnull(strstr(http.server, "3gpp-gba-tmpi"));
	ck_assert_ptr_nonnull(strstr(http.authentication_info, "rspauth="));
	http = fix_ask(text);
	again = fix_challenge(&http);
	ck_assert_str_eq(again.stale, "true");
	ck_assert_str_ne(again.nonce, ex.last.nonce);
	ck_assert_uint_eq(fix_stats().bootstraps, 1);
	ptt_usim_close(usim);
}
END_TEST

#define N "nonce=\"ccWAElfnahzjzwLmhxxbwHtv7Z1VLirXnji2wjHy2Vc=\""
#define U "Digest username=\"" FIX_IMPI "\", realm=\"" FIX_HOST "\", "
#define R ", response=\"5c9701b530497d125f38328d2649c039\""
#define Q ", qop=auth-int, nc=00000001, cnonce=\"1\""

static const struct {
	long status;
	const char *method, *path, *authorization, *body;
} requests[] = {
	{400, NULL, "/", NULL, NULL},
	{400, NULL, "/", "", NULL},
	{400, NULL, "/", "Basic dTpw", NULL},
	{400, NULL, "/", "Digest", NULL},
	{400, NULL, "/", "Digest username=\"\", realm=\"\", nonce=\"\", uri=\"/\", response=\"\"",
		NULL},
	{400, NULL, "/", U N ", uri=\"/other\"" R Q, NULL},
	{400, NULL, "/", U N ", uri=\"http://bsf/other\"" R Q, NULL},
	{400, NULL, "/", U N ", uri=\"/\", algorithm=MD5" R Q, NULL},
	{400, NULL, "/", U N ", uri=\"/\"" R ", qop=auth, nc=00000001, cnonce=\"1\"", NULL},
	{400, NULL, "/", U N ", uri=\"/\"" R ", qop=auth-int, nc=00000002, cnonce=\"1\"", NULL},
	{400, NULL, "/", U N ", uri=\"/\"" R ", qop=auth-int, nc=00000001", NULL},
	{400, NULL, "/", U N ", uri=\"/\", response=\"12\"" Q, NULL},
	{400, NULL, "/", FIX_FIRST, "a body"},
	{401, NULL, "/", FIX_FIRST, NULL},
	{401, NULL, "/", U N ", uri=\"/\"" R Q, NULL}, /* never issued */
	{401, NULL, "/", U N ", uri=\"http://bsf\"" R Q, NULL},
	{401, NULL, "/", U N ", uri=\"/\"" R ", auts=\"paWlpaWlpaWlpaWlpaU=\"", NULL},
	{403, NULL, "/",
		"Digest username=\"x@y\", realm=\"\", nonce=\"\", uri=\"/\", response=\"\"", NULL},
	{404, NULL, "/other", FIX_FIRST, NULL},
	{404, "POST", "/other", FIX_FIRST, "a body"},
	{405, "POST", "/", FIX_FIRST, "a body"},
	{405, "DELETE", "/", FIX_FIRST, NULL},
	{405, "PUT", "/", NULL, NULL},
};

START_TEST(request_table)
{
	struct fix_http http;

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		http = (struct fix_http){.method = requests[i].body && !requests[i].method
							   ? "GET"
							   : requests[i].method,
			.path = requests[i].path,
			.authorization = requests[i].authorization,
			.body = requests[i].body};
		fix_run(fix_request, &http);
		ck_assert_msg(http.status == requests[i].status, "row %zu: %ld instead of %ld", i,
			http.status, requests[i].status);
		if (http.status == 405)
			ck_assert_str_eq(http.allow, "GET");
	}
	ck_assert_uint_eq(fix_stats().bootstraps, 0);
}
END_TEST

START_TEST(bad_parameters)
{
	static const char *const listens[] = {
		"", "127.0.0.1", "127.0.0.1:99999", "host.invalid:80"};
	static const char *const hosts[] = {"", "a b", "a\"b", "a;b", "a@b"};
	struct ptt_bsf_param param = {.host = FIX_HOST};
	struct ptt_bsf *bsf;

	for (size_t i = 0; i < sizeof(listens) / sizeof(listens[0]); i++) {
		param.listen = listens[i];
		ck_assert_int_ne(ptt_bsf_new(&bsf, fix.root, fix.store, &param), PTT_OK);
		ck_assert_ptr_null(bsf);
	}
	param.listen = "127.0.0.1:0";
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		param.host = hosts[i];
		ck_assert_int_eq(ptt_bsf_new(&bsf, fix.root, fix.store, &param), PTT_ERR_MALFORMED);
	}
}
END_TEST

/* From 127.0.0.2; the other tests connect from 127.0.0.1. */
static int half_sent_request(void)
{
	struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(inet_pton(AF_INET, "127.0.0.2", &from.sin_addr), 1);
	ck_assert_int_eq(inet_pton(AF_INET, "127.0.0.1", &to.sin_addr), 1);
	to.sin_port = htons(ptt_bsf_port(fix.bsf));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	ck_assert_int_eq(send(fd, "G", 1, MSG_NOSIGNAL), 1);
	return fd;
}

START_TEST(idle_connections_of_one_host_leave_others_served)
{
	int fds[64];

	fix_stop_bsf();
	fix.param.max_connections = 16;
	fix_start_bsf();
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		fds[i] = half_sent_request();
	ck_assert_int_eq(fix_ask(FIX_FIRST).status, 401);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		close(fds[i]);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, fix_start, fix_stop);
	tcase_add_test(tc, bootstraps);
	tcase_add_test(tc, a_tmpi_serves_as_user_name);
	tcase_add_test(tc, gba_u_by_the_record_and_added_later);
	tcase_add_test(tc, wrong_res_is_refused);
	tcase_add_test(tc, resynchronises);
	tcase_add_test(tc, wrong_auts_is_refused);
	tcase_add_test(tc, a_nonce_serves_once);
	tcase_add_test(tc, request_table);
	tcase_add_test(tc, bad_parameters);
	tcase_add_test(tc, idle_connections_of_one_host_leave_others_served);
	return check_run_case("bsf", tc);
}
