/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The UE's choice of a challenge and its answer. Example values: RFC
 * 7616 3.9.1 (realm, nonce, answers). */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "module/client/sip_digest.h"
#include "tests/unit/check_main.h"

static struct ptt_sip_challenge ch;

static enum ptt_err get(const char *scheme, const char *const *params)
{
	return ptt_sip_challenge_get(&ch, scheme, params);
}

START_TEST(test_reads_a_challenge)
{
	const char *params[] = {
		"realm=\"3GPP-bootstrapping@pf1.poc.example.org;3GPP-bootstrapping-uicc@x\"",
		"nonce=\"a\\\"b\"", "qop=\"auth-int, auth\"", "algorithm=md5", "stale=TRUE",
		"opaque=\"o\"", NULL};
	char naf[64], small[8];

	ck_assert_int_eq(get("digest", params), PTT_OK);
	ck_assert_str_eq(ch.nonce, "a\"b");
	ck_assert_int_eq(ch.qop, PTT_DIGEST_QOP_AUTH);
	ck_assert_int_eq(ch.alg, PTT_HASH_MD5);
	ck_assert(ch.stale && ch.has_opaque && ch.named_alg);
	ck_assert_int_eq(ptt_sip_challenge_naf(naf, sizeof(naf), &ch), PTT_OK);
	ck_assert_str_eq(naf, "pf1.poc.example.org");
	ck_assert_int_eq(ptt_sip_challenge_naf(small, sizeof(small), &ch), PTT_ERR_NO_SPACE);
}
END_TEST

START_TEST(test_refuses_what_it_cannot_answer)
{
	const char *ok[] = {"realm=\"x\"", "nonce=n", NULL};
	const char *alg[] = {"realm=\"x\"", "nonce=n", "algorithm=AKAv1-MD5", NULL};
	const char *qop[] = {"realm=\"x\"", "nonce=n", "qop=\"auth-conf\"", NULL};
	const char *no_nonce[] = {"realm=\"x\"", NULL};
	char huge[600] = "nonce=", naf[64];
	const char *long_nonce[] = {"realm=\"x\"", huge, NULL};

	memset(huge + 6, 'a', sizeof(huge) - 7);
	ck_assert_int_eq(get("Digest", ok), PTT_OK);
	ck_assert_int_eq(ptt_sip_challenge_naf(naf, sizeof(naf), &ch), PTT_ERR_MISMATCH);
	ck_assert_int_eq(get("Basic", ok), PTT_ERR_UNSUPPORTED);
	ck_assert_int_eq(get(NULL, ok), PTT_ERR_UNSUPPORTED);
	ck_assert_int_eq(get("Digest", NULL), PTT_ERR_MALFORMED);
	ck_assert_int_eq(get("Digest", alg), PTT_ERR_UNSUPPORTED);
	ck_assert_int_eq(get("Digest", qop), PTT_ERR_UNSUPPORTED);
	ck_assert_int_eq(get("Digest", no_nonce), PTT_ERR_MALFORMED);
	ck_assert_int_eq(get("Digest", long_nonce), PTT_ERR_MALFORMED);
}
END_TEST

/* RFC 7616 3.9.1, both algorithms. */
START_TEST(test_rfc7616_example)
{
	static const char *const algs[] = {"algorithm=MD5", "algorithm=SHA-256"};
	static const char *const answers[] = {"response=\"8ca523f5e9506fed4657c9700eebdbec\"",
		"response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\""};
	const char *params[] = {"realm=\"http-auth@example.org\"", "qop=\"auth, auth-int\"",
		algs[_i], "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\"",
		"opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"", NULL};
	struct ptt_sip_credentials who = {"Mufasa", "Circle of Life"};
	struct ptt_sip_request_id what = {.method = "GET",
		.uri = "/dir/index.html",
		.nc = 1,
		.cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"};
	char out[PTT_SIP_AUTHORIZATION_SIZE];

	ck_assert_int_eq(get("Digest", params), PTT_OK);
	ck_assert_int_eq(ptt_sip_authorization_put(out, sizeof(out), &ch, &who, &what), PTT_OK);
	ck_assert_ptr_nonnull(strstr(out, answers[_i]));
	ck_assert_ptr_nonnull(strstr(out, "username=\"Mufasa\""));
	ck_assert_ptr_nonnull(strstr(out, "nc=00000001"));
	ck_assert_ptr_nonnull(strstr(out, "opaque=\"FQhe"));
	ck_assert_int_eq(ptt_sip_authorization_put(out, 100, &ch, &who, &what), PTT_ERR_NO_SPACE);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("digest");

	tcase_add_test(tc, test_reads_a_challenge);
	tcase_add_test(tc, test_refuses_what_it_cannot_answer);
	tcase_add_loop_test(tc, test_rfc7616_example, 0, 2);
	return check_run_case("sip_digest", tc);
}
