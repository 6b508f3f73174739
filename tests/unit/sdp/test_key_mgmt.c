/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* a=key-mgmt: RFC 4567 section 3.1, and the levels of section 3.2. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "sdp/key_mgmt.h"
#include "sdp/media_lines.h"
#include "sdp/text.h"
#include "tests/unit/check_main.h"

static uint8_t out[PTT_MIKEY_MAX_LEN];
static size_t len;

static enum ptt_err get_sized(const char *value, size_t size)
{
	return ptt_key_mgmt_value_get(out, &len, size, ptt_bytes_of_str(value));
}

static enum ptt_err get(const char *value)
{
	return get_sized(value, sizeof(out));
}

START_TEST(test_value_forms)
{
	static const char *const good[] = {"mikey AQIDBA==", " mikey AQIDBA==",
		"\tMIKEY \t AQIDBA==", "Mikey AQIDBA== ", "mikey  AQIDBA==\t"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_int_eq(get(good[i]), PTT_OK);
		ck_assert_uint_eq(len, 4);
		ck_assert_mem_eq(out, "\x01\x02\x03\x04", 4);
	}
}
END_TEST

START_TEST(test_value_bad)
{
	/* Strict base64: no missing pad, no stray bits, no inner blank, nothing behind. */
	static const char *const bad[] = {"", " ", "mikey", "mikey ", "mikey AQIDBA",
		"mikey AQIDBA=", "mikey AQIDBB==", "mikey AQ IDBA==", "mikey AQIDBA== x",
		"mikey AQID\rBA==", "mikey ====", "mikey AQID-_=="};
	static const char *const other[] = {
		"sdes AQIDBA==", "mikeyx AQIDBA==", "mike AQIDBA==", "mikey:AQIDBA=="};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(get(bad[i]) == PTT_ERR_MALFORMED, "taken: \"%s\"", bad[i]);
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		ck_assert_msg(get(other[i]) == PTT_ERR_UNSUPPORTED, "taken: \"%s\"", other[i]);
	ck_assert_int_eq(get_sized("mikey AQIDBA==", 3), PTT_ERR_NO_SPACE);
	ck_assert_int_eq(get_sized("mikey AQIDBA==", 4), PTT_OK);
}
END_TEST

START_TEST(test_value_truncated)
{
	static const char value[] = "mikey AQIDBAU=";

	/* At "mikey AQID" the value ends on a base64 boundary: well formed, three bytes. */
	for (size_t n = 0; n < strlen(value); n++) {
		enum ptt_err err = ptt_key_mgmt_value_get(
			out, &len, sizeof(out), (struct ptt_bytes){(const uint8_t *)value, n});

		ck_assert_msg((err == PTT_OK) == (n == strlen("mikey AQID")), "cut at %zu", n);
	}
}
END_TEST

#define HEAD  "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
#define AUDIO "m=audio 4000 RTP/AVP 0\r\n"

static enum ptt_err get_level(const char *text, int index)
{
	static struct ptt_sdp_lines lines;
	sdp_parser_t *parser = NULL;
	enum ptt_err err;

	memset(&lines, 0, sizeof(lines));
	ck_assert_int_eq(ptt_sdp_parse(&parser, &lines, ptt_bytes_of_str(text)), PTT_OK);
	err = ptt_key_mgmt_get(out, &len, sizeof(out), sdp_session(parser), index);
	sdp_parser_free(parser);
	return err;
}

START_TEST(test_levels)
{
	static const char both[] = HEAD
		"a=key-mgmt:mikey AAAA\r\n" AUDIO
		"a=key-mgmt:sdes zzzz\r\na=key-mgmt: MIKEY BBBB\r\na=key-mgmt:mikey CCCC\r\n" AUDIO
		"a=key-mgmt:other DDDD\r\n";

	ck_assert_int_eq(get_level(both, PTT_SDP_SESSION_LEVEL), PTT_OK);
	ck_assert_mem_eq(out, "\x00\x00\x00", 3);
	ck_assert_int_eq(get_level(both, 0), PTT_OK); /* media over session; the first mikey one */
	ck_assert_mem_eq(out, "\x04\x10\x41", 3);
	ck_assert_int_eq(get_level(both, 1), PTT_OK); /* no mikey there: the session's */
	ck_assert_mem_eq(out, "\x00\x00\x00", 3);
	ck_assert_int_eq(get_level(both, 2), PTT_OK); /* no such line */
	ck_assert_int_eq(get_level(HEAD AUDIO "a=key-mgmt:mikey AAAA\r\n", -1), PTT_ERR_NO_KEY);
	ck_assert_int_eq(get_level(HEAD AUDIO, 0), PTT_ERR_NO_KEY);
	/* A malformed message at media level is not replaced by that of the session. */
	ck_assert_int_eq(
		get_level(HEAD "a=key-mgmt:mikey AAAA\r\n" AUDIO "a=key-mgmt:mikey A\r\n", 0),
		PTT_ERR_MALFORMED);
	ck_assert_int_eq(get_level(HEAD AUDIO "a=key-mgmt\r\n", 0), PTT_ERR_MALFORMED);
}
END_TEST

START_TEST(test_put)
{
	static uint8_t blob[PTT_MIKEY_MAX_LEN + 1];
	uint8_t text[2048];

	for (size_t i = 0; i < sizeof(blob); i++)
		blob[i] = (uint8_t)(i * 7);
	for (size_t n = 1; n <= sizeof(blob); n += 31) {
		struct ptt_writer wr = ptt_writer_of(text, sizeof(text));
		size_t written = 0;

		ptt_key_mgmt_put(&wr, (struct ptt_bytes){blob, n});
		ck_assert_int_eq(ptt_writer_end(&wr, &written), PTT_OK);
		ck_assert_uint_eq(written, strlen("a=key-mgmt:mikey \r\n") + PTT_BASE64_LEN(n));
		ck_assert_int_eq(ptt_key_mgmt_value_get(out, &len, sizeof(out),
					 (struct ptt_bytes){text + 11, written - 13}),
			PTT_OK);
		ck_assert_uint_eq(len, n);
		ck_assert_mem_eq(out, blob, n);
	}
}
END_TEST

START_TEST(test_put_space)
{
	static const uint8_t blob[PTT_MIKEY_MAX_LEN + 1];
	uint8_t text[64];
	size_t written = 0;

	for (size_t size = 0; size < 28; size++) { /* 19 + 8 = 27 are needed for 4 to 6 bytes */
		struct ptt_writer wr = ptt_writer_of(text, size);

		ptt_key_mgmt_put(&wr, (struct ptt_bytes){blob, 5});
		ck_assert_int_eq(
			ptt_writer_end(&wr, &written), size < 27 ? PTT_ERR_NO_SPACE : PTT_OK);
	}
	struct ptt_writer wr = ptt_writer_of(text, sizeof(text));

	ptt_key_mgmt_put(&wr, (struct ptt_bytes){blob, sizeof(blob)});
	ck_assert_int_eq(ptt_writer_end(&wr, &written), PTT_ERR_NO_SPACE);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("rfc4567");

	tcase_add_test(tc, test_value_forms);
	tcase_add_test(tc, test_value_bad);
	tcase_add_test(tc, test_value_truncated);
	tcase_add_test(tc, test_levels);
	tcase_add_test(tc, test_put);
	tcase_add_test(tc, test_put_space);
	return check_run_case("key_mgmt", tc);
}
