/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bytes.c, text.c, secret.c, err.c and random.c */
#include <stdlib.h>
#include <string.h>

#include "crypto/bytes.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "tests/kat/kat.h"
#include "tests/unit/check_main.h"

static const uint8_t seven[] = {1, 2, 3, 4, 5, 6, 7};

START_TEST(reader_takes_in_order)
{
	struct ptt_reader rd = ptt_reader_of(PTT_BYTES_OF(seven));

	ck_assert_uint_eq(ptt_read_u8(&rd), 1);
	ck_assert_uint_eq(ptt_read_u16(&rd), 0x0203);
	ck_assert_uint_eq(ptt_read_u32(&rd), 0x04050607);
	ck_assert_uint_eq(ptt_reader_left(&rd), 0);
	ck_assert_int_eq(ptt_reader_end(&rd), PTT_OK);
}
END_TEST

START_TEST(reader_refuses_left_over)
{
	struct ptt_reader rd = ptt_reader_of(PTT_BYTES_OF(seven));

	(void)ptt_read_bytes(&rd, 6);
	ck_assert_int_eq(ptt_reader_end(&rd), PTT_ERR_MALFORMED);
}
END_TEST

START_TEST(reader_keeps_first_error)
{
	struct ptt_reader rd = ptt_reader_of(PTT_BYTES_OF(seven));
	uint8_t copy[3] = {9, 9, 9};

	ptt_reader_fail(&rd, PTT_ERR_UNSUPPORTED);
	ck_assert_ptr_null(ptt_read_bytes(&rd, 100).data);
	ptt_read_copy(&rd, copy, sizeof(copy));
	ck_assert_uint_eq(copy[0] | copy[1] | copy[2] | ptt_read_u32(&rd), 0);
	ck_assert_uint_eq(ptt_reader_left(&rd), 0);
	ck_assert_int_eq(ptt_reader_end(&rd), PTT_ERR_UNSUPPORTED);
}
END_TEST

START_TEST(reader_of_nothing)
{
	struct ptt_reader rd = ptt_reader_of((struct ptt_bytes){NULL, 0});

	ck_assert_int_eq(ptt_reader_end(&rd), PTT_OK);
	ck_assert_uint_eq(ptt_read_u8(&rd), 0);
	ck_assert_int_eq(ptt_reader_end(&rd), PTT_ERR_MALFORMED);
	rd = ptt_reader_of(PTT_BYTES_OF(seven));
	(void)ptt_read_bytes(&rd, SIZE_MAX);
	ck_assert_int_eq(ptt_reader_end(&rd), PTT_ERR_MALFORMED);
}
END_TEST

START_TEST(writer_gives_what_reader_takes)
{
	uint8_t buf[7];
	struct ptt_writer wr = ptt_writer_of(buf, sizeof(buf));
	size_t len = 0;

	ptt_write_u8(&wr, 1);
	ptt_write_u16(&wr, 0x0203);
	ptt_write_u32(&wr, 0x04050607);
	ck_assert_int_eq(ptt_writer_end(&wr, &len), PTT_OK);
	ck_assert_uint_eq(len, 7);
	ck_assert_mem_eq(buf, seven, 7);
	ptt_write_u8(&wr, 8);
	ck_assert_int_eq(ptt_writer_end(&wr, &len), PTT_ERR_NO_SPACE);
	ptt_write_bytes(&wr, (struct ptt_bytes){NULL, 0});
	ck_assert_uint_eq(ptt_writer_len(&wr), 7);
}
END_TEST

START_TEST(writer_zeros)
{
	uint8_t buf[4] = {1, 1, 1, 1};
	struct ptt_writer wr = ptt_writer_of(buf, sizeof(buf));
	size_t len = 0;

	ptt_write_zeros(&wr, 3);
	ptt_write_zeros(&wr, 2);
	ck_assert_int_eq(ptt_writer_end(&wr, &len), PTT_ERR_NO_SPACE);
	ck_assert_uint_eq(buf[0] | buf[1] | buf[2], 0);
	ck_assert_uint_eq(buf[3], 1);
}
END_TEST

START_TEST(equal_bytes)
{
	ck_assert(ptt_bytes_equal(ptt_bytes_of_str("ab"), ptt_bytes_of_str("ab")));
	ck_assert(!ptt_bytes_equal(ptt_bytes_of_str("ab"), ptt_bytes_of_str("ac")));
	ck_assert(!ptt_bytes_equal(ptt_bytes_of_str("ab"), ptt_bytes_of_str("abc")));
	ck_assert(ptt_bytes_equal((struct ptt_bytes){NULL, 0}, ptt_bytes_of_str("")));
}
END_TEST

START_TEST(hex_all_bytes)
{
	uint8_t all[256], back[256];
	char hex[513];
	size_t i, len = 0;

	for (i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	ck_assert_int_eq(ptt_hex_put(hex, sizeof(hex), PTT_BYTES_OF(all)), PTT_OK);
	ck_assert(strncmp(hex, "000102030405060708090a0b0c0d0e0f10", 34) == 0);
	ck_assert_str_eq(hex + 506, "fdfeff");
	ck_assert_int_eq(ptt_hex_get(back, &len, sizeof(back), hex, 512), PTT_OK);
	ck_assert_uint_eq(len, 256);
	ck_assert_mem_eq(all, back, 256);
	ck_assert_int_eq(ptt_hex_put(hex, 512, PTT_BYTES_OF(all)), PTT_ERR_NO_SPACE);
	ck_assert_int_eq(ptt_hex_get(back, &len, 255, hex, 512), PTT_ERR_NO_SPACE);
}
END_TEST

START_TEST(hex_every_character)
{
	int c;

	for (c = 0; c < 256; c++) {
		const char in[] = {'0', (char)c};
		uint8_t out;
		size_t len;
		bool digit =
			(c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');

		ck_assert_int_eq(
			ptt_hex_get(&out, &len, 1, in, 2), digit ? PTT_OK : PTT_ERR_MALFORMED);
		if (digit)
			ck_assert_int_eq(out, (int)strtol((const char[]){(char)c, 0}, NULL, 16));
	}
}
END_TEST

START_TEST(hex_odd_length)
{
	uint8_t out[2];
	size_t len;

	ck_assert_int_eq(ptt_hex_get(out, &len, 2, "abc", 3), PTT_ERR_MALFORMED);
}
END_TEST

/* RFC 4648 section 10 */
static const struct {
	const char *plain, *text;
} base64_cases[] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="},
	{"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}, {"\xff\xff\xbe", "//++"}};

START_TEST(base64_rfc4648)
{
	const char *plain = base64_cases[_i].plain, *text = base64_cases[_i].text;
	char out[16];
	uint8_t back[16], written[16];
	struct ptt_writer wr = ptt_writer_of(written, strlen(text));
	size_t len = 99;

	ck_assert_int_eq(ptt_base64_put(out, sizeof(out), ptt_bytes_of_str(plain)), PTT_OK);
	ck_assert_str_eq(out, text);
	ptt_write_base64(&wr, ptt_bytes_of_str(plain));
	ck_assert_int_eq(ptt_writer_end(&wr, &len), PTT_OK);
	ck_assert_uint_eq(len, strlen(text));
	ck_assert_mem_eq(written, text, len);
	wr = ptt_writer_of(written, strlen(text) - (len != 0));
	ptt_write_base64(&wr, ptt_bytes_of_str(plain));
	ck_assert_int_eq(wr.err, len != 0 ? PTT_ERR_NO_SPACE : PTT_OK);
	ck_assert_int_eq(ptt_base64_get(back, &len, sizeof(back), out, strlen(out)), PTT_OK);
	ck_assert_uint_eq(len, strlen(plain));
	ck_assert_mem_eq(back, plain, len);
	ck_assert_int_eq(
		ptt_base64_put(out, strlen(text), ptt_bytes_of_str(plain)), PTT_ERR_NO_SPACE);
	if (len != 0)
		ck_assert_int_eq(
			ptt_base64_get(back, &len, len - 1, text, strlen(text)), PTT_ERR_NO_SPACE);
}
END_TEST

static const char *const base64_bad[] = {"Z", "Zg", "Zg=", "Zg==\n", "Z===", "====", "=Zg=", "Zg=g",
	"Zh==", "Zm9=", "Zm 9", "Zm9v ", "Zm9v\nZm9v", "Zm9-", "Zm9_",
	"Zg==Zg==", "Zm9v=", "\xc3\xa9Zg"};

START_TEST(base64_strict)
{
	uint8_t out[32];
	size_t len;
	const char *in = base64_bad[_i];

	ck_assert_int_eq(ptt_base64_get(out, &len, sizeof(out), in, strlen(in)), PTT_ERR_MALFORMED);
}
END_TEST

START_TEST(base64_all_values)
{
	uint8_t all[48], back[48];
	char text[65];
	size_t i, len = 0;

	for (i = 0; i < 16; i++) {
		all[3 * i] = (uint8_t)(4 * i << 2 | (4 * i + 1) >> 4);
		all[3 * i + 1] = (uint8_t)((4 * i + 1) << 4 | (4 * i + 2) >> 2);
		all[3 * i + 2] = (uint8_t)((4 * i + 2) << 6 | (4 * i + 3));
	}
	ck_assert_int_eq(ptt_base64_put(text, sizeof(text), PTT_BYTES_OF(all)), PTT_OK);
	ck_assert_str_eq(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
	ck_assert_int_eq(ptt_base64_get(back, &len, sizeof(back), text, 64), PTT_OK);
	ck_assert_mem_eq(all, back, sizeof(all));
}
END_TEST

/* The faster writer for public bytes gives the same text. */
START_TEST(base64_two_ways)
{
	uint8_t in[256], written[PTT_BASE64_LEN(256)];
	char text[PTT_BASE64_LEN(256) + 1];
	size_t i, len;

	for (i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 167 + 13);
	for (i = 0; i <= sizeof(in); i++) {
		struct ptt_writer wr = ptt_writer_of(written, sizeof(written));

		ck_assert_int_eq(
			ptt_base64_put(text, sizeof(text), (struct ptt_bytes){in, i}), PTT_OK);
		ptt_write_base64(&wr, (struct ptt_bytes){in, i});
		ck_assert_int_eq(ptt_writer_end(&wr, &len), PTT_OK);
		ck_assert_uint_eq(len, strlen(text));
		ck_assert_mem_eq(written, text, len);
	}
}
END_TEST

START_TEST(decimal)
{
	static const char wanted[] = "0 9 10 65535 18446744073709551615 text";
	uint8_t buf[sizeof(wanted)];
	struct ptt_writer wr = ptt_writer_of(buf, sizeof(wanted) - 1);
	const uint64_t values[] = {0, 9, 10, UINT16_MAX, UINT64_MAX};
	size_t i, len;

	for (i = 0; i < 5; i++) {
		ptt_write_decimal(&wr, values[i]);
		ptt_write_str(&wr, " ");
	}
	ptt_write_str(&wr, "text");
	ck_assert_int_eq(ptt_writer_end(&wr, &len), PTT_OK);
	ck_assert_mem_eq(buf, wanted, sizeof(wanted) - 1);
	ptt_write_decimal(&wr, 1);
	ck_assert_int_eq(ptt_writer_end(&wr, &len), PTT_ERR_NO_SPACE);
}
END_TEST

START_TEST(err_texts)
{
	int e;

	for (e = PTT_OK; e <= PTT_ERR_SYSTEM; e++)
		ck_assert_str_ne(ptt_err_str((enum ptt_err)e), "unknown error");
	ck_assert_str_eq(ptt_err_str((enum ptt_err)1000), "unknown error");
	ck_assert_str_eq(ptt_err_str((enum ptt_err) - 1), "unknown error");
}
END_TEST

static const uint8_t zero_key[PTT_MSK_LEN];

START_TEST(secrets_are_wiped)
{
	struct ptt_msk key;

	{
		PTT_SECRET(struct ptt_msk, local);

		memset(&local, 0x55, sizeof(local));
		ptt_wipe_ref_run(&local_wipe_);
		ck_assert_mem_eq(local.b, zero_key, sizeof(local.b));
	}
	ck_assert_int_eq(ptt_random_key(&key, sizeof(key)), PTT_OK);
	ck_assert(!ptt_secret_equal(&key, zero_key, sizeof(key)));
	ptt_wipe(&key, sizeof(key));
	ck_assert(ptt_secret_equal(&key, zero_key, sizeof(key)));
	ptt_wipe(NULL, 0);
}
END_TEST

START_TEST(random_differs)
{
	uint8_t a[16], b[16];

	ck_assert_int_eq(ptt_random_bytes(a, sizeof(a)), PTT_OK);
	ck_assert_int_eq(ptt_random_bytes(b, sizeof(b)), PTT_OK);
	ck_assert_mem_ne(a, b, sizeof(a));
	ck_assert_int_eq(ptt_random_bytes(a, SIZE_MAX), PTT_ERR_SYSTEM);
	ck_assert_int_eq(ptt_random_key(a, SIZE_MAX), PTT_ERR_SYSTEM);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, reader_takes_in_order);
	tcase_add_test(tc, reader_refuses_left_over);
	tcase_add_test(tc, reader_keeps_first_error);
	tcase_add_test(tc, reader_of_nothing);
	tcase_add_test(tc, writer_gives_what_reader_takes);
	tcase_add_test(tc, writer_zeros);
	tcase_add_test(tc, equal_bytes);
	tcase_add_test(tc, hex_all_bytes);
	tcase_add_test(tc, hex_every_character);
	tcase_add_test(tc, hex_odd_length);
	tcase_add_loop_test(tc, base64_rfc4648, 0, 8);
	tcase_add_loop_test(tc, base64_strict, 0, sizeof(base64_bad) / sizeof(base64_bad[0]));
	tcase_add_test(tc, base64_all_values);
	tcase_add_test(tc, base64_two_ways);
	tcase_add_test(tc, decimal);
	tcase_add_test(tc, err_texts);
	tcase_add_test(tc, secrets_are_wiped);
	tcase_add_test(tc, random_differs);
	return check_run_case("bytes", tc);
}
