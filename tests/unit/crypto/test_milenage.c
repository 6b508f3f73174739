/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TS 35.208 test sets and RFC 5448 appendix C, every field of tests/kat/milenage.txt. */
#include "crypto/milenage.h"
#include "tests/kat/kat.h"
#include "tests/unit/check_main.h"

struct set {
	struct ptt_k k;
	struct ptt_opc opc;
	uint8_t rand[PTT_AKA_RAND_LEN], sqn[PTT_AKA_SQN_LEN], amf[PTT_AKA_AMF_LEN];
};

static void set_read(struct set *set, const struct kat *kat)
{
	uint8_t op[PTT_AKA_OP_LEN];

	kat_hex(kat, "k", set->k.b, sizeof(set->k.b));
	kat_hex(kat, "rand", set->rand, sizeof(set->rand));
	kat_hex(kat, "sqn", set->sqn, sizeof(set->sqn));
	kat_hex(kat, "amf", set->amf, sizeof(set->amf));
	kat_hex(kat, "op", op, sizeof(op));
	ck_assert_int_eq(ptt_milenage_opc(&set->opc, &set->k, op), PTT_OK);
	kat_check(kat, "opc", set->opc.b, sizeof(set->opc.b));
}

static void check_if_given(const struct kat *kat, const char *name, const void *got, size_t len)
{
	if (kat_has(kat, name))
		kat_check(kat, name, got, len);
}

START_TEST(test_sets)
{
	struct ptt_milenage_keys keys;
	struct ptt_milenage_macs macs;
	struct kat kat;
	struct set set;
	int sets = 0;

	kat_open(&kat, "milenage.txt");
	while (kat_next(&kat)) {
		const struct ptt_milenage_in in = {&set.k, &set.opc, set.rand};

		set_read(&set, &kat);
		ck_assert_int_eq(ptt_milenage_f2345(&keys, &in), PTT_OK);
		ck_assert_int_eq(ptt_milenage_f1(&macs, &in, set.sqn, set.amf), PTT_OK);
		kat_check(&kat, "f2", keys.res, sizeof(keys.res));
		kat_check(&kat, "f3", keys.ck, sizeof(keys.ck));
		kat_check(&kat, "f4", keys.ik, sizeof(keys.ik));
		check_if_given(&kat, "f5", keys.ak, sizeof(keys.ak));
		check_if_given(&kat, "f5star", keys.ak_star, sizeof(keys.ak_star));
		check_if_given(&kat, "f1", macs.mac_a, sizeof(macs.mac_a));
		check_if_given(&kat, "f1star", macs.mac_s, sizeof(macs.mac_s));
		sets++;
	}
	ck_assert_int_eq(sets, 5);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, test_sets);
	return check_run_case("milenage", tc);
}
