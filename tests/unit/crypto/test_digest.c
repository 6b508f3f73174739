/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RFC 2617 3.5, RFC 7616 3.9.1, RFC 4231 4.3; AKAv1 with a binary RES (RFC 3310) by Python's
 * hashlib.
 */
#include <string.h>

#include "crypto/digest.h"
#include "tests/kat/kat.h"
#include "tests/unit/check_main.h"

#define S(text) ptt_bytes_of_str(text)

START_TEST(rfc2617_example)
{
	const struct ptt_digest_user user = {
		S("Mufasa"), S("testrealm@host.com"), S("Circle Of Life")};
	const struct ptt_digest_request req = {PTT_HASH_MD5, PTT_DIGEST_QOP_AUTH, S("GET"),
		S("/dir/index.html"), S("dcd98b7102dd2f0e8b11d0f600bfb0c093"), S("00000001"),
		S("0a4f113b"), S("ignored")};
	char ha1[PTT_DIGEST_HEX_SIZE], out[PTT_DIGEST_HEX_SIZE];

	ck_assert_int_eq(ptt_digest_ha1(ha1, PTT_HASH_MD5, &user), PTT_OK);
	ck_assert_str_eq(ha1, "939e7578ed9e3c518a452acee763bce9");
	ck_assert_int_eq(ptt_digest_response(out, &req, ha1), PTT_OK);
	ck_assert_str_eq(out, "6629fae49393a05397450978507c4ef1");
}
END_TEST

static const struct {
	enum ptt_hash_alg alg;
	const char *response;
} rfc7616[] = {
	{PTT_HASH_MD5, "8ca523f5e9506fed4657c9700eebdbec"},
	{PTT_HASH_SHA256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
};

START_TEST(rfc7616_example)
{
	const struct ptt_digest_user user = {
		S("Mufasa"), S("http-auth@example.org"), S("Circle of Life")};
	const struct ptt_digest_request req = {rfc7616[_i].alg, PTT_DIGEST_QOP_AUTH, S("GET"),
		S("/dir/index.html"), S("7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"),
		S("00000001"), S("f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"), {NULL, 0}};
	char ha1[PTT_DIGEST_HEX_SIZE], out[PTT_DIGEST_HEX_SIZE];

	ck_assert_int_eq(ptt_digest_ha1(ha1, req.alg, &user), PTT_OK);
	ck_assert_int_eq(ptt_digest_response(out, &req, ha1), PTT_OK);
	ck_assert_str_eq(out, rfc7616[_i].response);
	ck_assert_int_eq(ptt_digest_verify(&req, ha1, S(out)), PTT_OK);
	out[0] = out[0] == '8' ? '9' : '8';
	ck_assert_int_eq(ptt_digest_verify(&req, ha1, S(out)), PTT_ERR_AUTH);
	ck_assert_int_eq(ptt_digest_verify(&req, ha1, S("")), PTT_ERR_AUTH);
	ck_assert_int_eq(ptt_digest_verify(&req, ha1, S("zz")), PTT_ERR_AUTH);
	ck_assert_int_eq(
		ptt_digest_verify(&req, ha1, (struct ptt_bytes){(uint8_t *)out, 30}), PTT_ERR_AUTH);
}
END_TEST

START_TEST(akav1_binary_password)
{
	const uint8_t res[] = {0x00, 0xff, 0x00, 0xd0, 0x10, 0x0a, 0x20, 0x00};
	const struct ptt_digest_user user = {
		S("001014446366263@ims"), S("bsf.poc.example.org"), PTT_BYTES_OF(res)};
	struct ptt_digest_request req = {PTT_HASH_MD5, PTT_DIGEST_QOP_AUTH_INT, S("GET"), S("/"),
		S("nonce"), S("00000001"), S("cn"), {NULL, 0}};
	char ha1[PTT_DIGEST_HEX_SIZE], out[PTT_DIGEST_HEX_SIZE];

	ck_assert_int_eq(ptt_digest_ha1(ha1, PTT_HASH_MD5, &user), PTT_OK);
	ck_assert_str_eq(ha1, "9becc2ada1ab2c6344cc92b416577374");
	ck_assert_int_eq(ptt_digest_response(out, &req, ha1), PTT_OK);
	ck_assert_str_eq(out, "fe02b2e840f36cdb8b3bc7fd28eb7258");
	/* rspauth: no method, the body of the response */
	req.method = (struct ptt_bytes){NULL, 0};
	req.body = S("<xml/>");
	ck_assert_int_eq(ptt_digest_response(out, &req, ha1), PTT_OK);
	ck_assert_str_eq(out, "f497ebbfe31b0ec1aaa7bd75183481a7");
}
END_TEST

/* RFC 2069 form, and the empty password of a resynchronisation. */
START_TEST(without_qop)
{
	const struct ptt_digest_user user = {S("u"), S("r"), {NULL, 0}};
	const struct ptt_digest_request req = {PTT_HASH_MD5, PTT_DIGEST_QOP_NONE, S("GET"), S("/"),
		S("n"), {NULL, 0}, {NULL, 0}, {NULL, 0}};
	char ha1[PTT_DIGEST_HEX_SIZE], out[PTT_DIGEST_HEX_SIZE];

	ck_assert_int_eq(ptt_digest_ha1(ha1, PTT_HASH_MD5, &user), PTT_OK);
	ck_assert_int_eq(ptt_digest_response(out, &req, ha1), PTT_OK);
	ck_assert_str_eq(out, "ee0c00c4d45e9b29f517f59e393a8e14");
}
END_TEST

START_TEST(plain_hashes)
{
	uint8_t out[PTT_HASH_MAX_LEN];
	char hex[65];

	ck_assert_int_eq(ptt_hash(PTT_HASH_MD5, out, S("abc")), PTT_OK); /* RFC 1321 A.5 */
	ck_assert_int_eq(ptt_hex_put(hex, sizeof(hex), (struct ptt_bytes){out, 16}), PTT_OK);
	ck_assert_str_eq(hex, "900150983cd24fb0d6963f7d28e17f72");
	ck_assert_int_eq(ptt_hash(PTT_HASH_SHA256, out, S("abc")), PTT_OK); /* FIPS 180-2 B.1 */
	ck_assert_int_eq(ptt_hex_put(hex, sizeof(hex), PTT_BYTES_OF(out)), PTT_OK);
	ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	ck_assert_int_eq(ptt_hmac_sha256(out, S("Jefe"), S("what do ya want for nothing?")),
		PTT_OK); /* RFC 4231 4.3 */
	ck_assert_int_eq(ptt_hex_put(hex, sizeof(hex), PTT_BYTES_OF(out)), PTT_OK);
	ck_assert_str_eq(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	ck_assert_uint_eq(ptt_hash_len(PTT_HASH_MD5), 16);
	ck_assert_uint_eq(ptt_hash_len(PTT_HASH_SHA256), 32);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, rfc2617_example);
	tcase_add_loop_test(tc, rfc7616_example, 0, 2);
	tcase_add_test(tc, akav1_binary_password);
	tcase_add_test(tc, without_qop);
	tcase_add_test(tc, plain_hashes);
	return check_run_case("digest", tc);
}
