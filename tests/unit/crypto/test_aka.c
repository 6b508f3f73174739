/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whole AKA runs, TS 33.102 6.3: the vector, the USIM's result, resynchronisation, and every byte
 * changed.
 */
#include <string.h>

#include "crypto/aka.h"
#include "tests/kat/kat.h"
#include "tests/unit/check_main.h"

struct run {
	struct ptt_k k;
	struct ptt_opc opc;
	struct ptt_aka_challenge challenge;
	struct ptt_aka_vector vec;
};

static struct ptt_aka_subscriber sub_of(const struct run *run)
{
	return (struct ptt_aka_subscriber){&run->k, &run->opc};
}

static void run_read(struct run *run, const struct kat *kat)
{
	uint8_t sqn[PTT_AKA_SQN_LEN];
	struct ptt_aka_subscriber sub = sub_of(run);

	kat_hex(kat, "k", run->k.b, sizeof(run->k.b));
	kat_hex(kat, "opc", run->opc.b, sizeof(run->opc.b));
	kat_hex(kat, "rand", run->challenge.rand, PTT_AKA_RAND_LEN);
	kat_hex(kat, "amf", run->challenge.amf, PTT_AKA_AMF_LEN);
	kat_hex(kat, "sqn", sqn, sizeof(sqn));
	run->challenge.sqn = ptt_aka_sqn_get(sqn);
	ck_assert_int_eq(ptt_aka_vector_make(&run->vec, &sub, &run->challenge), PTT_OK);
}

static void run_first(struct run *run)
{
	struct kat kat;

	kat_open(&kat, "milenage.txt");
	ck_assert(kat_next(&kat));
	run_read(run, &kat);
	fclose(kat.file);
}

START_TEST(autn_of_the_sets)
{
	struct kat kat;
	struct run run;
	int checked = 0;

	kat_open(&kat, "milenage.txt");
	while (kat_next(&kat)) {
		run_read(&run, &kat);
		if (!kat_has(&kat, "autn"))
			continue;
		kat_check(&kat, "autn", run.vec.autn, sizeof(run.vec.autn));
		checked++;
	}
	ck_assert_int_eq(checked, 2);
}
END_TEST

START_TEST(vectors_of_the_chains)
{
	struct kat kat;
	struct run run;
	int checked = 0;

	kat_open(&kat, "mbms.txt");
	while (kat_next(&kat)) {
		run_read(&run, &kat);
		kat_check(&kat, "res", run.vec.res, sizeof(run.vec.res));
		kat_check(&kat, "ck", run.vec.ck, sizeof(run.vec.ck));
		kat_check(&kat, "ik", run.vec.ik, sizeof(run.vec.ik));
		kat_check(&kat, "ak", run.vec.ak, sizeof(run.vec.ak));
		kat_check(&kat, "autn", run.vec.autn, sizeof(run.vec.autn));
		kat_check(&kat, "rand", run.vec.rand, sizeof(run.vec.rand));
		checked++;
	}
	ck_assert_int_eq(checked, 3);
}
END_TEST

START_TEST(usim_answers_alike)
{
	struct ptt_aka_result ans;
	struct ptt_aka_subscriber sub;
	struct run run;

	run_first(&run);
	sub = sub_of(&run);
	ck_assert_int_eq(
		ptt_aka_result_make(&ans, &sub, run.challenge.sqn - 1, run.vec.rand, run.vec.autn),
		PTT_OK);
	ck_assert_uint_eq(ans.sqn, run.challenge.sqn);
	ck_assert_mem_eq(ans.res, run.vec.res, sizeof(ans.res));
	ck_assert_mem_eq(ans.ck, run.vec.ck, sizeof(ans.ck));
	ck_assert_mem_eq(ans.ik, run.vec.ik, sizeof(ans.ik));
}
END_TEST

/* TS 35.208 4.3.1 with SQN_MS = SQN and AMF 0000 gives the auts of the file. */
START_TEST(replay_resynchronises)
{
	struct ptt_aka_result ans;
	struct ptt_aka_subscriber sub;
	uint64_t sqn_ms = 0;
	struct kat kat;
	struct run run;

	kat_open(&kat, "milenage.txt");
	ck_assert(kat_next(&kat));
	run_read(&run, &kat);
	sub = sub_of(&run);
	ck_assert_int_eq(
		ptt_aka_result_make(&ans, &sub, run.challenge.sqn, run.vec.rand, run.vec.autn),
		PTT_ERR_REPLAY);
	kat_check(&kat, "auts", ans.auts, sizeof(ans.auts));
	fclose(kat.file);
	ck_assert_int_eq(ptt_aka_auts_open(&sqn_ms, &sub, run.vec.rand, ans.auts), PTT_OK);
	ck_assert_uint_eq(sqn_ms, run.challenge.sqn);
}
END_TEST

START_TEST(autn_changed_is_refused)
{
	struct ptt_aka_result ans = {0}, none = {0};
	struct ptt_aka_subscriber sub;
	struct run run;

	run_first(&run);
	sub = sub_of(&run);
	run.vec.autn[_i / 8] ^= (uint8_t)(1 << _i % 8);
	ck_assert_int_eq(
		ptt_aka_result_make(&ans, &sub, 0, run.vec.rand, run.vec.autn), PTT_ERR_AUTH);
	ck_assert_mem_eq(&ans, &none, sizeof(ans));
}
END_TEST

START_TEST(auts_changed_is_refused)
{
	uint8_t auts[PTT_AKA_AUTS_LEN];
	struct ptt_aka_subscriber sub;
	uint64_t sqn_ms = 77;
	struct kat kat;
	struct run run;

	kat_open(&kat, "milenage.txt");
	ck_assert(kat_next(&kat));
	run_read(&run, &kat);
	sub = sub_of(&run);
	kat_hex(&kat, "auts", auts, sizeof(auts));
	fclose(kat.file);
	auts[_i / 8] ^= (uint8_t)(1 << _i % 8);
	ck_assert_int_eq(ptt_aka_auts_open(&sqn_ms, &sub, run.vec.rand, auts), PTT_ERR_AUTH);
	ck_assert_uint_eq(sqn_ms, 77);
}
END_TEST

START_TEST(sqn_of_48_bits)
{
	struct ptt_aka_subscriber sub;
	uint8_t b[PTT_AKA_SQN_LEN];
	struct run run;

	ptt_aka_sqn_put(b, PTT_AKA_SQN_MAX - 1);
	ck_assert_uint_eq(ptt_aka_sqn_get(b), PTT_AKA_SQN_MAX - 1);
	run_first(&run);
	sub = sub_of(&run);
	run.challenge.sqn = PTT_AKA_SQN_MAX + 1;
	ck_assert_int_eq(ptt_aka_vector_make(&run.vec, &sub, &run.challenge), PTT_ERR_EXHAUSTED);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, autn_of_the_sets);
	tcase_add_test(tc, vectors_of_the_chains);
	tcase_add_test(tc, usim_answers_alike);
	tcase_add_test(tc, replay_resynchronises);
	tcase_add_loop_test(tc, autn_changed_is_refused, 0, 8 * PTT_AKA_AUTN_LEN);
	tcase_add_loop_test(tc, auts_changed_is_refused, 0, 8 * PTT_AKA_AUTS_LEN);
	tcase_add_test(tc, sqn_of_48_bits);
	return check_run_case("aka", tc);
}
