/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TS 33.220 B.2 by RFC 5448 appendix C, and the NAF keys, MUK, MRK and B-TID of whole chains. */
#include <string.h>

#include "crypto/gba_kdf.h"
#include "tests/kat/kat.h"
#include "tests/unit/check_main.h"

START_TEST(kdf_core)
{
	uint8_t key[32], p0[16], p1[16], out[PTT_NAF_KEY_LEN];
	struct kat kat;
	int checked = 0;

	kat_open(&kat, "kdf.txt");
	while (kat_next(&kat)) {
		struct ptt_bytes params[2] = {{p0, 0}, {p1, 0}};

		kat_hex(&kat, "ck", key, 16);
		kat_hex(&kat, "ik", key + 16, 16);
		params[0].len = kat_hex(&kat, "p0", p0, sizeof(p0));
		params[1].len = kat_hex(&kat, "p1", p1, sizeof(p1));
		ck_assert_int_eq(ptt_gba_kdf(out, PTT_BYTES_OF(key), 0x20, params, 2), PTT_OK);
		kat_check(&kat, "out", out, sizeof(out));
		checked++;
	}
	ck_assert_int_eq(checked, 3);
}
END_TEST

static void chain_check(const struct kat *kat)
{
	uint8_t ck[16], ik[16], rand[16];
	struct ptt_naf_key ks_naf, ks_int_naf;
	struct ptt_gba_naf naf = {rand, ptt_bytes_of_str(kat_text(kat, "impi")),
		ptt_bytes_of_str(kat_text(kat, "naf_fqdn")), NULL};
	char password[PTT_MRK_PASSWORD_LEN + 1], btid[128];
	struct ptt_muk muk;
	struct ptt_mrk mrk;
	struct ptt_ks ks;

	kat_hex(kat, "ck", ck, sizeof(ck));
	kat_hex(kat, "ik", ik, sizeof(ik));
	kat_hex(kat, "rand", rand, sizeof(rand));
	ptt_gba_ks(&ks, ck, ik);
	ck_assert_int_eq(ptt_gba_naf_key(&ks_naf, &ks, PTT_GBA_ME, &naf), PTT_OK);
	ck_assert_int_eq(ptt_gba_naf_key(&ks_int_naf, &ks, PTT_GBA_U, &naf), PTT_OK);
	ck_assert_int_eq(ptt_mbms_keys_me(&muk, &mrk, &ks_naf), PTT_OK);
	ptt_mrk_password(password, &mrk);
	ck_assert_int_eq(ptt_gba_btid_put(btid, sizeof(btid), rand, "bsf.poc.example.org"), PTT_OK);
	kat_check(kat, "ks_naf", ks_naf.b, sizeof(ks_naf.b));
	kat_check(kat, "ks_int_naf", ks_int_naf.b, sizeof(ks_int_naf.b));
	kat_check(kat, "ks_naf", muk.b, sizeof(muk.b));
	kat_check(kat, "mrk", mrk.b, sizeof(mrk.b));
	ck_assert_str_eq(password, kat_text(kat, "mrk_password"));
	ck_assert_str_eq(btid, kat_text(kat, "btid"));
}

START_TEST(chains)
{
	struct kat kat;
	int checked = 0;

	kat_open(&kat, "mbms.txt");
	while (kat_next(&kat)) {
		chain_check(&kat);
		checked++;
	}
	ck_assert_int_eq(checked, 3);
}
END_TEST

START_TEST(ua_id_counts)
{
	const struct ptt_ks ks = {{1}};
	const uint8_t rand[16] = {2};
	struct ptt_gba_naf naf = {rand, ptt_bytes_of_str("i"), ptt_bytes_of_str("n"), NULL};
	struct ptt_naf_key dflt, mbms, http;

	ck_assert_int_eq(ptt_gba_naf_key(&dflt, &ks, PTT_GBA_ME, &naf), PTT_OK);
	naf.ua_id = ptt_gba_ua_mbms;
	ck_assert_int_eq(ptt_gba_naf_key(&mbms, &ks, PTT_GBA_ME, &naf), PTT_OK);
	naf.ua_id = ptt_gba_ua_http_digest;
	ck_assert_int_eq(ptt_gba_naf_key(&http, &ks, PTT_GBA_ME, &naf), PTT_OK);
	ck_assert_mem_eq(dflt.b, mbms.b, sizeof(dflt.b));
	ck_assert_mem_ne(mbms.b, http.b, sizeof(mbms.b));
}
END_TEST

/* TS 33.220 G.2: with GBA_U the MUK is a key of the UICC, the MRK a key of the ME. */
START_TEST(gba_u)
{
	const struct ptt_naf_key internal = {{1, 2}}, external = {{3, 4}};
	struct ptt_muk muk;
	struct ptt_mrk mrk;

	ptt_mbms_keys_u(&muk, &mrk, &internal, &external);
	ck_assert_mem_eq(muk.b, internal.b, sizeof(muk.b));
	ck_assert_mem_eq(mrk.b, external.b, sizeof(mrk.b));
}
END_TEST

START_TEST(too_long_is_refused)
{
	static const uint8_t many[70000];
	const struct ptt_ks ks = {{1}};
	struct ptt_gba_naf naf = {many, ptt_bytes_of_str("i"), {many, 256}, NULL};
	struct ptt_bytes param = {many, sizeof(many)};
	struct ptt_naf_key key;
	uint8_t out[PTT_NAF_KEY_LEN];
	char btid[24 + 1 + 2];

	ck_assert_int_eq(ptt_gba_naf_key(&key, &ks, PTT_GBA_ME, &naf), PTT_ERR_NO_SPACE);
	naf.fqdn.len = 255;
	ck_assert_int_eq(ptt_gba_naf_key(&key, &ks, PTT_GBA_ME, &naf), PTT_OK);
	ck_assert_int_eq(ptt_gba_kdf(out, param, 1, &param, 1), PTT_ERR_NO_SPACE);
	ck_assert_int_eq(ptt_gba_btid_put(btid, sizeof(btid), many, "hh"), PTT_ERR_NO_SPACE);
	ck_assert_int_eq(ptt_gba_btid_put(btid, sizeof(btid), many, "h"), PTT_OK);
	ck_assert_str_eq(btid, "AAAAAAAAAAAAAAAAAAAAAA==@h");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, kdf_core);
	tcase_add_test(tc, chains);
	tcase_add_test(tc, ua_id_counts);
	tcase_add_test(tc, gba_u);
	tcase_add_test(tc, too_long_is_refused);
	return check_run_case("gba_kdf", tc);
}
