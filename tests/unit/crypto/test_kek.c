/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <openssl/evp.h>

#include "crypto/kek.h"
#include "tests/kat/kat.h"
#include "tests/unit/check_main.h"

#define WRAPPED (PTT_NAF_KEY_LEN + PTT_KEK_OVERHEAD)

static const struct ptt_kek kek = {{1, 2, 3}};
static const struct ptt_muk muk = {{9, 8, 7, [31] = 1}};

static void wrap(uint8_t out[WRAPPED])
{
	struct ptt_writer wr = ptt_writer_of(out, WRAPPED);

	ck_assert_int_eq(
		ptt_kek_wrap(&wr, &kek, ptt_bytes_of_str("naf/muk/1"), PTT_BYTES_OF(muk.b)),
		PTT_OK);
	ck_assert_uint_eq(ptt_writer_len(&wr), WRAPPED);
}

static enum ptt_err unwrap(struct ptt_muk *out, const char *row, struct ptt_bytes in)
{
	memset(out, 0x5a, sizeof(*out));
	return ptt_kek_unwrap(out->b, sizeof(out->b), &kek, ptt_bytes_of_str(row), in);
}

static void untouched(const struct ptt_muk *out)
{
	size_t i;

	for (i = 0; i < sizeof(out->b); i++)
		ck_assert_uint_eq(out->b[i], 0x5a);
}

START_TEST(there_and_back)
{
	uint8_t a[WRAPPED], b[WRAPPED];
	struct ptt_muk out;

	wrap(a);
	wrap(b);
	ck_assert_mem_ne(a, b, PTT_KEK_NONCE_LEN);
	ck_assert_mem_ne(a + PTT_KEK_NONCE_LEN, muk.b, sizeof(muk.b));
	ck_assert_int_eq(unwrap(&out, "naf/muk/1", PTT_BYTES_OF(a)), PTT_OK);
	ck_assert_mem_eq(out.b, muk.b, sizeof(muk.b));
}
END_TEST

/* The stored form is documented: nonce || ciphertext || tag, the row as associated data. */
START_TEST(form_is_aes_256_gcm)
{
	EVP_CIPHER_CTX *gcm = EVP_CIPHER_CTX_new();
	uint8_t in[WRAPPED], out[32];
	int len = 0;

	wrap(in);
	ck_assert_int_eq(EVP_DecryptInit_ex(gcm, EVP_aes_256_gcm(), NULL, kek.b, in), 1);
	ck_assert_int_eq(EVP_DecryptUpdate(gcm, NULL, &len, (const uint8_t *)"naf/muk/1", 9), 1);
	ck_assert_int_eq(EVP_DecryptUpdate(gcm, out, &len, in + 12, 32), 1);
	ck_assert_int_eq(EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_SET_TAG, 16, in + 44), 1);
	ck_assert_int_eq(EVP_DecryptFinal_ex(gcm, out + len, &len), 1);
	ck_assert_mem_eq(out, muk.b, sizeof(out));
	EVP_CIPHER_CTX_free(gcm);
}
END_TEST

START_TEST(changed_byte)
{
	uint8_t a[WRAPPED];
	struct ptt_muk out;

	wrap(a);
	a[_i] ^= 1;
	ck_assert_int_eq(unwrap(&out, "naf/muk/1", PTT_BYTES_OF(a)), PTT_ERR_AUTH);
	untouched(&out);
}
END_TEST

START_TEST(other_row_or_length)
{
	uint8_t a[WRAPPED + 1] = {0}, big[200] = {0}, plain[PTT_KEK_PLAIN_MAX + 1];
	struct ptt_muk out;
	size_t len;

	wrap(a);
	ck_assert_int_eq(unwrap(&out, "naf/muk/2", (struct ptt_bytes){a, WRAPPED}), PTT_ERR_AUTH);
	untouched(&out);
	for (len = 0; len <= sizeof(a); len++) {
		if (len != WRAPPED)
			ck_assert_int_eq(unwrap(&out, "naf/muk/1", (struct ptt_bytes){a, len}),
				PTT_ERR_MALFORMED);
	}
	ck_assert_int_eq(
		ptt_kek_unwrap(plain, sizeof(plain), &kek, PTT_BYTES_OF(a), PTT_BYTES_OF(big)),
		PTT_ERR_NO_SPACE);
}
END_TEST

START_TEST(no_space)
{
	uint8_t a[WRAPPED];
	struct ptt_writer wr = ptt_writer_of(a, WRAPPED - 1);

	ck_assert_int_eq(ptt_kek_wrap(&wr, &kek, ptt_bytes_of_str(""), PTT_BYTES_OF(muk.b)),
		PTT_ERR_NO_SPACE);
	ck_assert_uint_eq(ptt_writer_len(&wr), 0);
}
END_TEST

START_TEST(empty_row_and_nothing)
{
	uint8_t a[PTT_KEK_OVERHEAD], none[1];
	struct ptt_writer wr = ptt_writer_of(a, sizeof(a));

	ck_assert_int_eq(
		ptt_kek_wrap(&wr, &kek, ptt_bytes_of_str(""), (struct ptt_bytes){none, 0}), PTT_OK);
	ck_assert_int_eq(
		ptt_kek_unwrap(none, 0, &kek, ptt_bytes_of_str(""), PTT_BYTES_OF(a)), PTT_OK);
	ck_assert_int_eq(ptt_kek_unwrap(none, 0, &kek, ptt_bytes_of_str("x"), PTT_BYTES_OF(a)),
		PTT_ERR_AUTH);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, there_and_back);
	tcase_add_test(tc, form_is_aes_256_gcm);
	tcase_add_loop_test(tc, changed_byte, 0, WRAPPED);
	tcase_add_test(tc, other_row_or_length);
	tcase_add_test(tc, no_space);
	tcase_add_test(tc, empty_row_and_nothing);
	return check_run_case("kek", tc);
}
