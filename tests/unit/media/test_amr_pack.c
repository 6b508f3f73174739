/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* AMR payloads from one form to the other (RFC 4867). */
#include <check.h>
#include <stdlib.h>

#include "module/media/amr_pack.h"
#include "tests/unit/check_main.h"

/*
 * RFC 4867 4.3.5.1 and 4.4.5: the same SID frame (type 8, 39 bits) in both forms, and two of them.
 */
START_TEST(amr_forms)
{
	static const uint8_t packed[] = {0xf4, 0x7f, 0xff, 0xff, 0xff, 0xff, 0x80};
	static const uint8_t aligned[] = {0xf0, 0x44, 0xff, 0xff, 0xff, 0xff, 0xfe};
	static const uint8_t two[] = {0xf0, 0xc4, 0x44, 1, 2, 3, 4, 6, 9, 8, 7, 6, 4};
	uint8_t out[PTT_AMR_PAYLOAD_MAX], back[PTT_AMR_PAYLOAD_MAX];
	size_t len, back_len;

	ck_assert_int_eq(
		ptt_amr_align(out, &len, sizeof(out), PTT_BYTES_OF(packed), PTT_AMR_NARROW),
		PTT_OK);
	ck_assert_uint_eq(len, sizeof(aligned));
	ck_assert_mem_eq(out, aligned, len);
	ck_assert_int_eq(
		ptt_amr_pack(out, &len, sizeof(out), PTT_BYTES_OF(aligned), PTT_AMR_NARROW),
		PTT_OK);
	ck_assert_uint_eq(len, sizeof(packed));
	ck_assert_mem_eq(out, packed, len);
	ck_assert_int_eq(
		ptt_amr_pack(out, &len, sizeof(out), PTT_BYTES_OF(two), PTT_AMR_NARROW), PTT_OK);
	ck_assert_uint_eq(len, 12); /* 4 + 2 * 6 + 2 * 39 bits */
	ck_assert_int_eq(ptt_amr_align(back, &back_len, sizeof(back), (struct ptt_bytes){out, len},
				 PTT_AMR_NARROW),
		PTT_OK);
	ck_assert_uint_eq(back_len, sizeof(two));
	ck_assert_mem_eq(back, two, back_len);
	for (size_t cut = 0; cut < sizeof(packed); cut++)
		ck_assert_int_eq(ptt_amr_align(out, &len, sizeof(out),
					 (struct ptt_bytes){packed, cut}, PTT_AMR_NARROW),
			PTT_ERR_MALFORMED);
	for (size_t cut = 0; cut < sizeof(two); cut++)
		ck_assert_int_eq(ptt_amr_pack(out, &len, sizeof(out), (struct ptt_bytes){two, cut},
					 PTT_AMR_NARROW),
			PTT_ERR_MALFORMED);
	ck_assert_int_eq(ptt_amr_align(out, &len, 6, PTT_BYTES_OF(packed), PTT_AMR_NARROW),
		PTT_ERR_NO_SPACE);
	ck_assert_int_eq(
		ptt_amr_align(out, &len, sizeof(out), (struct ptt_bytes){two, 13}, PTT_AMR_NARROW),
		PTT_ERR_MALFORMED);
}
END_TEST

/* RFC 4867 4.3.5.2: one SID frame of AMR-WB (type 9, 40 bits), and the longest (8, 477). */
START_TEST(amr_wb_forms)
{
	static const uint8_t aligned[] = {0xf0, 0x4c, 1, 2, 3, 4, 0xff};
	static const uint8_t packed[] = {0xf4, 0xc0, 0x40, 0x80, 0xc1, 0x3f, 0xc0};
	uint8_t big[2 + 60] = {0xf0, 0x44, 0xaa}, out[PTT_AMR_PAYLOAD_MAX],
			back[PTT_AMR_PAYLOAD_MAX];
	size_t len, back_len;

	ck_assert_int_eq(
		ptt_amr_pack(out, &len, sizeof(out), PTT_BYTES_OF(aligned), PTT_AMR_WIDE), PTT_OK);
	ck_assert_uint_eq(len, sizeof(packed));
	ck_assert_mem_eq(out, packed, len);
	ck_assert_int_eq(
		ptt_amr_align(out, &len, sizeof(out), PTT_BYTES_OF(packed), PTT_AMR_WIDE), PTT_OK);
	ck_assert_uint_eq(len, sizeof(aligned));
	ck_assert_mem_eq(out, aligned, len);
	/* no frames of the other band */
	ck_assert_int_eq(
		ptt_amr_align(out, &len, sizeof(out), PTT_BYTES_OF(packed), PTT_AMR_NARROW),
		PTT_ERR_MALFORMED);
	big[sizeof(big) - 1] = 0xf8;
	ck_assert_int_eq(
		ptt_amr_pack(out, &len, sizeof(out), PTT_BYTES_OF(big), PTT_AMR_WIDE), PTT_OK);
	ck_assert_uint_eq(len, 61); /* 4 + 6 + 477 bits */
	ck_assert_int_eq(ptt_amr_align(back, &back_len, sizeof(back), (struct ptt_bytes){out, len},
				 PTT_AMR_WIDE),
		PTT_OK);
	ck_assert_uint_eq(back_len, sizeof(big));
	ck_assert_mem_eq(back, big, back_len);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("forms");

	tcase_add_test(t, amr_forms);
	tcase_add_test(t, amr_wb_forms);
	return check_run_case("amr_pack", t);
}
