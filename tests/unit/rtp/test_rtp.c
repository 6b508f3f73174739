/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The RTP header (RFC 3550 5.1). */
#include <check.h>
#include <stdlib.h>

#include "module/rtp/rtp.h"
#include "tests/unit/check_main.h"

static enum ptt_err get(struct ptt_rtp *out, const char *bytes, size_t len)
{
	return ptt_rtp_get(out, (struct ptt_bytes){(const uint8_t *)bytes, len});
}

#define GET(out, text) get(out, text, sizeof(text) - 1)
#define FIXED          "\x12\x34\x00\x00\x01\x00\xaa\xbb\xcc\xdd"

START_TEST(header)
{
	struct ptt_rtp rtp;
	uint8_t out[32];
	size_t len;

	ck_assert_int_eq(GET(&rtp, "\x80\xe1" FIXED "hello"), PTT_OK);
	ck_assert(rtp.marker);
	ck_assert_uint_eq(rtp.pt, 97);
	ck_assert_uint_eq(rtp.seq, 0x1234);
	ck_assert_uint_eq(rtp.timestamp, 256);
	ck_assert_uint_eq(rtp.ssrc, 0xaabbccdd);
	ck_assert_uint_eq(rtp.payload.len, 5);
	ck_assert_int_eq(ptt_rtp_put(out, &len, sizeof(out), &rtp), PTT_OK);
	ck_assert_uint_eq(len, 17);
	ck_assert_mem_eq(out, "\x80\xe1" FIXED "hello", 17);
	ck_assert_int_eq(ptt_rtp_put(out, &len, 16, &rtp), PTT_ERR_NO_SPACE);
	ck_assert_int_eq(GET(&rtp, "\x80\x00" FIXED), PTT_OK);
	ck_assert_uint_eq(rtp.payload.len, 0);
}
END_TEST

START_TEST(csrc_extension_padding)
{
	struct ptt_rtp rtp;

	ck_assert_int_eq(GET(&rtp, "\xb1\x00" FIXED "CSRC\xbe\xde\x00\x01"
				   "ext.ab\x00\x02"),
		PTT_OK);
	ck_assert_uint_eq(rtp.payload.len, 2);
	ck_assert_mem_eq(rtp.payload.data, "ab", 2);
	ck_assert_int_eq(GET(&rtp, "\xa0\x00" FIXED "\x01"), PTT_OK);
	ck_assert_uint_eq(rtp.payload.len, 0);
	ck_assert_int_eq(GET(&rtp, "\xa0\x00" FIXED), PTT_ERR_MALFORMED);
	ck_assert_int_eq(GET(&rtp, "\xa0\x00" FIXED "a\x00"), PTT_ERR_MALFORMED);
	ck_assert_int_eq(GET(&rtp, "\xa0\x00" FIXED "a\x03"), PTT_ERR_MALFORMED);
	ck_assert_int_eq(GET(&rtp, "\x82\x00" FIXED "CSRC..."), PTT_ERR_MALFORMED);
	ck_assert_int_eq(GET(&rtp, "\x90\x00" FIXED "\0\0\x00\x02"
				   "ext."),
		PTT_ERR_MALFORMED);
	ck_assert_int_eq(GET(&rtp, "\x40\x00" FIXED "x"), PTT_ERR_MALFORMED);
	for (size_t len = 0; len < 12; len++)
		ck_assert_int_eq(get(&rtp, "\x80\x00" FIXED, len), PTT_ERR_MALFORMED);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("header");

	tcase_add_test(t, header);
	tcase_add_test(t, csrc_extension_padding);
	return check_run_case("rtp", t);
}
