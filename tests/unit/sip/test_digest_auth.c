/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Digest on Ua: RFC 7616 3.3-3.5 (nonce, nc, stale), RFC 8760 (SHA-256), docs/wire.md section 2. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/sip/digest_auth.h"
#include "module/sip/nonce_table.h"
#include "tests/unit/check_main.h"

#define LIFE_MS 1000
#define REALM   "3GPP-bootstrapping@pf1.poc.example.org"

static const struct ptt_mrk mrk = {{7}};
static struct ptt_digest_auth *auth;

static void set_up(void)
{
	const struct ptt_digest_auth_options options = {
		.naf_fqdn = "pf1.poc.example.org", .nonce_life_ms = LIFE_MS};

	ck_assert_int_eq(ptt_digest_auth_new(&auth, &options), PTT_OK);
}

static void tear_down(void)
{
	ptt_digest_auth_free(auth);
}

static void nonce_of(char out[PTT_NONCE_SIZE], int64_t now_ms)
{
	struct ptt_digest_challenge challenge;

	ck_assert_int_eq(ptt_digest_challenge_put(auth, &challenge, false, now_ms), PTT_OK);
	snprintf(out, PTT_NONCE_SIZE, "%.64s", strstr(challenge.value[0], "nonce=\"") + 7);
}

struct attempt {
	enum ptt_hash_alg alg;
	const char *nonce, *nc, *qop, *method, *body, *password;
};

/* Reads parameters as Sofia gives them, and checks them. */
static enum ptt_err attempt(const struct attempt *at, int64_t now_ms)
{
	char password[64], ha1[PTT_DIGEST_HEX_SIZE], text[8][160], hex[PTT_DIGEST_HEX_SIZE];
	const char *params[10] = {"username=\"b@bsf\"", "realm=\"" REALM "\"", "uri=\"sip:g@h\""};
	struct ptt_digest_user user = {
		.name = ptt_bytes_of_str("b@bsf"), .realm = ptt_bytes_of_str(REALM)};
	struct ptt_digest_request req = {.alg = at->alg,
		.qop = !at->qop                  ? PTT_DIGEST_QOP_NONE
		       : strcmp(at->qop, "auth") ? PTT_DIGEST_QOP_AUTH_INT
						 : PTT_DIGEST_QOP_AUTH,
		.method = ptt_bytes_of_str("INVITE"),
		.uri = ptt_bytes_of_str("sip:g@h"),
		.nonce = ptt_bytes_of_str(at->nonce),
		.nc = ptt_bytes_of_str(at->nc ? at->nc : ""),
		.cnonce = ptt_bytes_of_str("c"),
		.body = ptt_bytes_of_str("body")};
	struct ptt_digest_target target = {.method = at->method ? at->method : "INVITE",
		.body = ptt_bytes_of_str(at->body ? at->body : "body")};
	struct ptt_digest_cred cred;

	ck_assert_int_eq(ptt_base64_put(password, sizeof(password), PTT_BYTES_OF(mrk.b)), PTT_OK);
	user.password = ptt_bytes_of_str(at->password ? at->password : password);
	ck_assert_int_eq(ptt_digest_ha1(ha1, at->alg, &user), PTT_OK);
	ck_assert_int_eq(ptt_digest_response(hex, &req, ha1), PTT_OK);
	snprintf(text[0], sizeof(text[0]), "nonce=\"%s\"", at->nonce);
	snprintf(text[1], sizeof(text[1]), "response=\"%s\"", hex);
	snprintf(text[2], sizeof(text[2]), "algorithm=%s",
		at->alg == PTT_HASH_MD5 ? "MD5" : "SHA-256");
	snprintf(text[3], sizeof(text[3]), "nc=%s", at->nc ? at->nc : "");
	snprintf(text[4], sizeof(text[4]), "qop=%s", at->qop ? at->qop : "");
	for (int i = 0; i < (at->qop ? 5 : 3); i++)
		params[3 + i] = text[i];
	if (at->qop)
		params[8] = "cnonce=\"c\"";
	PTT_TRY(ptt_digest_cred_get(&cred, params));
	return ptt_digest_auth_check(auth, &cred, &target, &mrk, now_ms);
}

START_TEST(right)
{
	static const struct attempt row[] = {
		{.alg = PTT_HASH_MD5, .qop = "auth", .nc = "00000001"},
		{.alg = PTT_HASH_SHA256, .qop = "auth", .nc = "00000001"},
		{.alg = PTT_HASH_MD5, .qop = "auth-int", .nc = "0000000a"},
		{.alg = PTT_HASH_SHA256, .qop = "auth-int", .nc = "000000ff"},
		{.alg = PTT_HASH_MD5},
	};
	char nonce[PTT_NONCE_SIZE];
	struct attempt at = row[_i];

	nonce_of(nonce, 5000);
	at.nonce = nonce;
	ck_assert_int_eq(attempt(&at, 5000 + LIFE_MS), PTT_OK);
	ck_assert_int_eq(attempt(&at, 5000 + LIFE_MS), PTT_ERR_REPLAY);
}
END_TEST

START_TEST(wrong)
{
	static const struct attempt row[] = {
		{.qop = "auth", .nc = "00000001", .password = "x"},
		{.qop = "auth", .nc = "00000001", .method = "REFER"},
		{.qop = "auth-int", .nc = "00000001", .body = "other"},
	};
	char nonce[PTT_NONCE_SIZE];
	struct attempt at = row[_i];

	nonce_of(nonce, 5000);
	at.nonce = nonce;
	ck_assert_int_eq(attempt(&at, 5000), PTT_ERR_AUTH);
	/* A failed check uses up no nonce count. */
	at = (struct attempt){.qop = "auth", .nc = "00000001", .nonce = nonce};
	ck_assert_int_eq(attempt(&at, 5000), PTT_OK);
}
END_TEST

START_TEST(stale)
{
	char nonce[PTT_NONCE_SIZE], bent[PTT_NONCE_SIZE];
	struct attempt at = {.qop = "auth", .nc = "00000005", .nonce = nonce};

	nonce_of(nonce, 5000);
	ck_assert_int_eq(attempt(&at, 5001 + LIFE_MS), PTT_ERR_REPLAY);
	ck_assert_int_eq(attempt(&at, 4999), PTT_ERR_REPLAY);
	ck_assert_int_eq(attempt(&at, 5000), PTT_OK);
	at.nc = "00000004";
	ck_assert_int_eq(attempt(&at, 5000), PTT_ERR_REPLAY);
	at.nc = "00000006";
	ck_assert_int_eq(attempt(&at, 5000), PTT_OK);
	for (size_t i = 0; i < PTT_NONCE_SIZE - 1; i += 7) {
		memcpy(bent, nonce, sizeof(bent));
		bent[i] = bent[i] == '0' ? '1' : '0';
		at.nonce = bent;
		at.nc = "00000007";
		ck_assert_int_eq(attempt(&at, 5000), PTT_ERR_REPLAY);
	}
	at.nonce = "short";
	ck_assert_int_eq(attempt(&at, 5000), PTT_ERR_REPLAY);
}
END_TEST

/* A nonce of another process with the right password is stale, not wrong. */
/* RFC 7616 3.5: the next nonce is sent after half of the life, and is still good when the old one
 * is stale. */
START_TEST(next_nonce)
{
	char nonce[PTT_NONCE_SIZE], value[PTT_DIGEST_NEXT_SIZE], next[PTT_NONCE_SIZE];
	struct attempt at = {.alg = PTT_HASH_MD5, .nonce = nonce, .nc = "00000001", .qop = "auth"};
	struct ptt_digest_cred cred = {0};

	nonce_of(nonce, 10000);
	cred.nonce = ptt_bytes_of_str(nonce);
	ck_assert_int_eq(attempt(&at, 10001), PTT_OK);
	ck_assert_int_eq(
		ptt_digest_next_put(auth, value, &cred, 10000 + LIFE_MS / 2), PTT_ERR_NO_KEY);
	ck_assert_int_eq(ptt_digest_next_put(auth, value, &cred, 10000 + LIFE_MS / 2 + 1), PTT_OK);
	ck_assert_int_eq(strncmp(value, "nextnonce=\"", 11), 0);
	snprintf(next, sizeof(next), "%.64s", value + 11);
	ck_assert_str_eq(value + 11 + 64, "\"");
	at.nc = "00000002";
	ck_assert_int_eq(attempt(&at, 10000 + LIFE_MS + 1), PTT_ERR_REPLAY);
	at.nonce = next;
	at.nc = "00000001";
	ck_assert_int_eq(attempt(&at, 10000 + LIFE_MS + 1), PTT_OK);
}
END_TEST

START_TEST(nonce_of_former_process)
{
	char nonce[PTT_NONCE_SIZE];
	struct attempt at = {.qop = "auth", .nc = "00000001", .nonce = nonce};

	nonce_of(nonce, 5000);
	tear_down();
	set_up();
	ck_assert_int_eq(attempt(&at, 5000), PTT_ERR_REPLAY);
}
END_TEST

START_TEST(credentials_form)
{
#define FIVE "username=\"u\"", "realm=\"r\"", "nonce=\"n\"", "uri=\"sip:a@b\"", "response=\"00\""
	static const struct {
		const char *params[10];
		enum ptt_err err;
	} row[] = {
		{{FIVE}, PTT_OK},
		{{FIVE, "qop=auth", "nc=00000001", "cnonce=\"c\""}, PTT_OK},
		{{FIVE, "QOP=\"auth-int\"", "NC=0000000A", "cnonce=\"c\""}, PTT_OK},
		{{FIVE, "qop=auth", "cnonce=\"c\""}, PTT_ERR_MALFORMED},
		{{FIVE, "qop=auth", "nc=1", "cnonce=\"c\""}, PTT_ERR_MALFORMED},
		{{FIVE, "qop=auth", "nc=0000000g", "cnonce=\"c\""}, PTT_ERR_MALFORMED},
		{{FIVE, "qop=auth", "nc=00000001"}, PTT_ERR_MALFORMED},
		{{FIVE, "qop=other", "nc=00000001", "cnonce=\"c\""}, PTT_ERR_UNSUPPORTED},
		{{FIVE, "realm=\"r\""}, PTT_ERR_MALFORMED},
		{{"username=\"\"", "realm=\"r\"", "nonce=\"n\"", "uri=\"u\"", "response=\"00\""},
			PTT_ERR_MALFORMED},
		{{"realm=\"r\"", "nonce=\"n\"", "uri=\"u\"", "response=\"00\""}, PTT_ERR_MALFORMED},
		{{"", "=", "username", "username=", "\"", "nc"}, PTT_ERR_MALFORMED},
		{{NULL}, PTT_ERR_MALFORMED},
	};
	struct ptt_digest_cred cred;

	ck_assert_int_eq(ptt_digest_cred_get(&cred, row[_i].params), row[_i].err);
	ck_assert_int_eq(ptt_digest_cred_get(&cred, NULL), PTT_ERR_MALFORMED);
}
END_TEST

START_TEST(algorithms_by_configuration)
{
	struct ptt_digest_auth_options options = {
		.naf_fqdn = "pf1.poc.example.org", .alg = {PTT_HASH_SHA256}, .alg_count = 1};
	struct attempt at = {.qop = "auth", .nc = "00000001"};
	char nonce[PTT_NONCE_SIZE];

	tear_down();
	ck_assert_int_eq(ptt_digest_auth_new(&auth, &options), PTT_OK);
	nonce_of(nonce, 5000);
	at.nonce = nonce;
	ck_assert_int_eq(attempt(&at, 5000), PTT_ERR_UNSUPPORTED);
	at.alg = PTT_HASH_SHA256;
	ck_assert_int_eq(attempt(&at, 5000), PTT_OK);
}
END_TEST

/* With far more nonces than the table holds, no count of a nonce is accepted twice. */
START_TEST(table_is_bounded)
{
	enum { COUNT = 60000 };
	static char nonce[COUNT][PTT_NONCE_SIZE];
	struct ptt_nonce_table *table;
	size_t good = 0;

	ck_assert_int_eq(ptt_nonce_table_new(&table, 1000000), PTT_OK);
	for (int i = 0; i < COUNT; i++) {
		ck_assert_int_eq(ptt_nonce_make(table, nonce[i], 1 + i), PTT_OK);
		good += ptt_nonce_use(table, ptt_bytes_of_str(nonce[i]), 1, COUNT) == PTT_OK;
	}
	ck_assert_uint_eq(good, COUNT);
	for (int i = 0; i < COUNT; i++)
		ck_assert_int_eq(
			ptt_nonce_use(table, ptt_bytes_of_str(nonce[i]), 1, COUNT), PTT_ERR_REPLAY);
	ptt_nonce_table_free(table);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("digest");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, right, 0, 5);
	tcase_add_loop_test(tc, wrong, 0, 3);
	tcase_add_test(tc, stale);
	tcase_add_test(tc, next_nonce);
	tcase_add_test(tc, nonce_of_former_process);
	tcase_add_loop_test(tc, credentials_form, 0, 13);
	tcase_add_test(tc, algorithms_by_configuration);
	tcase_add_test(tc, table_is_bounded);
	return check_run_case("digest_auth", tc);
}
