/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "crypto/mbms_profile.h"
#include "tests/kat/kat.h"
#include "tests/unit/check_main.h"

START_TEST(ids)
{
	uint8_t mki[PTT_MBMS_MKI_LEN];
	uint32_t msk_id = ptt_msk_id_make(0xf94c, 0x3ab2);
	uint16_t mtk_id = 0;

	ck_assert_uint_eq(ptt_msk_id_group(msk_id), 0xf94c);
	ck_assert_uint_eq(ptt_msk_id_number(msk_id), 0x3ab2);
	ptt_mki_put(mki, msk_id, 6419);
	ptt_mki_get(&msk_id, &mtk_id, mki);
	ck_assert_uint_eq(msk_id, 0xf94c3ab2);
	ck_assert_uint_eq(mtk_id, 6419);
}
END_TEST

START_TEST(mki_of_the_chains)
{
	uint8_t id[4], mki[PTT_MBMS_MKI_LEN];
	struct kat kat;

	kat_open(&kat, "mbms.txt");
	while (kat_next(&kat)) {
		kat_hex(&kat, "msk_id", id, sizeof(id));
		ptt_mki_put(mki,
			(uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 |
				id[3],
			(uint16_t)strtoul(kat_text(&kat, "mtk_id"), NULL, 10));
		kat_check(&kat, "mki", mki, sizeof(mki));
	}
}
END_TEST

START_TEST(suites_there_and_back)
{
	enum ptt_suite back = PTT_SUITE_COUNT;
	const struct ptt_suite_def *def = ptt_suite_def((enum ptt_suite)_i);

	ck_assert_ptr_nonnull(def);
	ck_assert_int_eq(ptt_suite_from_sp(&back, def->sp), PTT_OK);
	ck_assert_int_eq(back, _i);
	ck_assert_ptr_null(ptt_suite_def(PTT_SUITE_COUNT));
}
END_TEST

/* An SP may spell out the defaults of RFC 3711; a weaker or unknown policy is refused. */
static const struct {
	const char *hex;
	enum ptt_err err;
} policies[] = {
	{"000101", PTT_OK},
	{"00010101011002010103011404010e0701010801010a01010b010a", PTT_OK},
	{"000100", PTT_ERR_UNSUPPORTED}, /* NULL cipher */
	{"020100", PTT_ERR_UNSUPPORTED}, /* NULL authentication */
	{"070100", PTT_ERR_UNSUPPORTED}, /* SRTP encryption off */
	{"080100", PTT_ERR_UNSUPPORTED},
	{"0a0100", PTT_ERR_UNSUPPORTED},
	{"0b0104", PTT_ERR_UNSUPPORTED}, /* 32-bit tag */
	{"010120", PTT_ERR_UNSUPPORTED}, /* AES-CM-256 */
	{"ff0101", PTT_ERR_UNSUPPORTED},
	{"00020001", PTT_ERR_UNSUPPORTED},
	{"000106", PTT_ERR_UNSUPPORTED},                   /* GCM without its lengths */
	{"00010601011004010c140108", PTT_ERR_UNSUPPORTED}, /* 8-byte AEAD tag */
	{"0001", PTT_ERR_UNSUPPORTED},
	{"00", PTT_ERR_UNSUPPORTED},
};

START_TEST(policy_texts)
{
	uint8_t sp[64];
	size_t len = 0;
	enum ptt_suite suite;

	ck_assert_int_eq(
		ptt_hex_get(sp, &len, sizeof(sp), policies[_i].hex, strlen(policies[_i].hex)),
		PTT_OK);
	ck_assert_int_eq(ptt_suite_from_sp(&suite, (struct ptt_bytes){sp, len}), policies[_i].err);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, ids);
	tcase_add_test(tc, mki_of_the_chains);
	tcase_add_loop_test(tc, suites_there_and_back, 0, PTT_SUITE_COUNT);
	tcase_add_loop_test(tc, policy_texts, 0, sizeof(policies) / sizeof(policies[0]));
	return check_run_case("mbms_profile", tc);
}
