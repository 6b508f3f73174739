/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* module/client/usim.c against the network's side of crypto/aka.c; TS 33.102 6.3, C.2. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/aka.h"
#include "module/client/usim.h"
#include "tests/unit/check_main.h"

static const struct ptt_k k = {{0x46, 0x5b, 0x5c, 0xe8, 0xb1, 0x99, 0xb4, 0x9f}};
static const struct ptt_opc opc = {{0xcd, 0x63, 0xcb, 0x71, 0x95, 0x4a, 0x9f, 0x4e}};
static const struct ptt_aka_subscriber network = {&k, &opc};
static char dir[] = "/tmp/test_usim.XXXXXX";
static char file[64];

static void make_dir(void)
{
	strcpy(dir, "/tmp/test_usim.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/sqn", dir);
}

static void remove_dir(void)
{
	unlink(file);
	ck_assert_int_eq(rmdir(dir), 0); /* and no temporary file is left */
}

static struct ptt_usim *open_usim(const char *sqn_file)
{
	struct ptt_usim_param param = {&k, &opc, sqn_file};
	struct ptt_usim *usim;

	ck_assert_int_eq(ptt_usim_open(&usim, &param), PTT_OK);
	return usim;
}

static struct ptt_aka_vector vector_of(uint64_t sqn)
{
	struct ptt_aka_challenge in = {.rand = {1, 2, 3}, .sqn = sqn, .amf = {0x80, 0}};
	struct ptt_aka_vector vector;

	ck_assert_int_eq(ptt_aka_vector_make(&vector, &network, &in), PTT_OK);
	return vector;
}

static enum ptt_err ask(struct ptt_usim *usim, struct ptt_card_result *answer, uint64_t sqn)
{
	struct ptt_aka_vector vector = vector_of(sqn);
	const struct ptt_card *card = ptt_usim_card(usim);
	enum ptt_err err = card->authenticate(card->ctx, answer, vector.rand, vector.autn);

	if (err == PTT_OK) {
		ck_assert_mem_eq(answer->res, vector.res, sizeof(answer->res));
		ck_assert_mem_eq(answer->ks.b, vector.ck, 16);
		ck_assert_mem_eq(answer->ks.b + 16, vector.ik, 16);
	}
	return err;
}

static uint64_t sqn_of(uint64_t seq, unsigned int ind)
{
	return seq << 5 | ind;
}

START_TEST(sequence_numbers_per_ind)
{
	struct ptt_usim *usim = open_usim(NULL);
	struct ptt_card_result answer;

	ck_assert_int_eq(ask(usim, &answer, sqn_of(0, 3)), PTT_ERR_REPLAY);
	ck_assert_int_eq(ask(usim, &answer, sqn_of(10, 1)), PTT_OK);
	ck_assert_int_eq(ask(usim, &answer, sqn_of(10, 1)), PTT_ERR_REPLAY);
	ck_assert_int_eq(ask(usim, &answer, sqn_of(9, 1)), PTT_ERR_REPLAY);
	ck_assert_int_eq(ask(usim, &answer, sqn_of(8, 2)), PTT_OK); /* out of order, other IND */
	ck_assert_int_eq(ask(usim, &answer, sqn_of(8, 2)), PTT_ERR_REPLAY);
	ck_assert_int_eq(ask(usim, &answer, sqn_of(11, 1)), PTT_OK);
	ck_assert_uint_eq(ptt_usim_sqn_ms(usim), sqn_of(11, 1));
	ptt_usim_close(usim);
}
END_TEST

START_TEST(jump_beyond_delta)
{
	struct ptt_usim *usim = open_usim(NULL);
	struct ptt_card_result answer;
	uint64_t far = UINT64_C(1) << 28;

	ck_assert_int_eq(
		ask(usim, &answer, UINT64_C(0xff9bb4d0b607)), PTT_OK); /* the first of all */
	ptt_usim_close(usim);
	usim = open_usim(NULL);
	ck_assert_int_eq(ask(usim, &answer, sqn_of(1, 0)), PTT_OK);
	ck_assert_int_eq(ask(usim, &answer, sqn_of(far + 2, 1)), PTT_ERR_REPLAY);
	ck_assert_int_eq(ask(usim, &answer, sqn_of(far + 1, 1)), PTT_OK);
	ptt_usim_close(usim);
}
END_TEST

START_TEST(older_than_the_age_limit)
{
	struct ptt_usim *usim = open_usim(NULL);
	struct ptt_card_result answer;

	ck_assert_int_eq(ask(usim, &answer, sqn_of(5000, 0)), PTT_OK);
	ck_assert_int_eq(ask(usim, &answer, sqn_of(5000 - 1024, 1)), PTT_ERR_REPLAY);
	ck_assert_int_eq(ask(usim, &answer, sqn_of(5000 - 1023, 1)), PTT_OK);
	ptt_usim_close(usim);
}
END_TEST

START_TEST(auts_tells_the_network_sqn_ms)
{
	struct ptt_usim *usim = open_usim(NULL);
	struct ptt_card_result answer;
	struct ptt_aka_vector vector = vector_of(sqn_of(5, 1));
	uint64_t sqn_ms = 0;

	ck_assert_int_eq(ask(usim, &answer, sqn_of(77, 7)), PTT_OK);
	ck_assert_int_eq(ask(usim, &answer, sqn_of(5, 7)), PTT_ERR_REPLAY);
	ck_assert_int_eq(ptt_aka_auts_open(&sqn_ms, &network, vector.rand, answer.auts), PTT_OK);
	ck_assert_uint_eq(sqn_ms, sqn_of(77, 7));
	answer.auts[13] ^= 1;
	ck_assert_int_eq(
		ptt_aka_auts_open(&sqn_ms, &network, vector.rand, answer.auts), PTT_ERR_AUTH);
	ptt_usim_close(usim);
}
END_TEST

START_TEST(wrong_network_is_refused)
{
	struct ptt_usim *usim = open_usim(NULL);
	const struct ptt_card *card = ptt_usim_card(usim);
	struct ptt_aka_vector vector = vector_of(sqn_of(10, 1));
	struct ptt_card_result answer;

	for (size_t i = 0; i < sizeof(vector.autn); i++) {
		vector.autn[i] ^= 0x10;
		ck_assert_int_eq(card->authenticate(card->ctx, &answer, vector.rand, vector.autn),
			PTT_ERR_AUTH);
		vector.autn[i] ^= 0x10;
	}
	ck_assert_uint_eq(ptt_usim_sqn_ms(usim), 0);
	ptt_usim_close(usim);
}
END_TEST

START_TEST(file_survives)
{
	struct ptt_usim *usim;
	struct ptt_card_result answer;
	struct stat st;

	make_dir();
	usim = open_usim(file);
	ck_assert_int_eq(ask(usim, &answer, sqn_of(10, 1)), PTT_OK);
	ck_assert_int_eq(ask(usim, &answer, sqn_of(4, 31)), PTT_OK);
	ptt_usim_close(usim);
	ck_assert_int_eq(stat(file, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	usim = open_usim(file);
	ck_assert_uint_eq(ptt_usim_sqn_ms(usim), sqn_of(10, 1));
	ck_assert_int_eq(ask(usim, &answer, sqn_of(10, 1)), PTT_ERR_REPLAY);
	ck_assert_int_eq(ask(usim, &answer, sqn_of(4, 31)), PTT_ERR_REPLAY);
	ck_assert_int_eq(ask(usim, &answer, sqn_of(11, 1)), PTT_OK);
	ptt_usim_close(usim);
	remove_dir();
}
END_TEST

START_TEST(nothing_is_answered_that_is_not_durable)
{
	struct ptt_usim *usim;
	struct ptt_card_result answer;

	make_dir();
	usim = open_usim(file);
	remove_dir(); /* the folder has gone */
	ck_assert_int_eq(ask(usim, &answer, sqn_of(10, 1)), PTT_ERR_SYSTEM);
	for (size_t i = 0; i < sizeof(answer.res); i++)
		ck_assert_uint_eq(answer.res[i], 0);
	ck_assert_uint_eq(ptt_usim_sqn_ms(usim), 0);
	ptt_usim_close(usim);
}
END_TEST

static void write_file(const char *text, size_t len)
{
	FILE *f = fopen(file, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, len, f), len);
	fclose(f);
}

START_TEST(damaged_file_is_refused)
{
	struct ptt_usim_param param = {&k, &opc, file};
	struct ptt_usim *usim;
	struct ptt_card_result answer;
	char text[1024];
	size_t len;
	FILE *f;

	make_dir();
	write_file("", 0); /* mktemp's: a new one */
	usim = open_usim(file);
	ck_assert_int_eq(ask(usim, &answer, sqn_of(10, 1)), PTT_OK);
	ptt_usim_close(usim);
	f = fopen(file, "r");
	ck_assert_ptr_nonnull(f);
	len = fread(text, 1, sizeof(text), f);
	fclose(f);
	for (size_t cut = 1; cut < len; cut += 7) {
		write_file(text, cut);
		ck_assert_int_eq(ptt_usim_open(&usim, &param), PTT_ERR_MALFORMED);
		ck_assert_ptr_null(usim);
	}
	text[20] = 'x';
	write_file(text, len);
	ck_assert_int_eq(ptt_usim_open(&usim, &param), PTT_ERR_MALFORMED);
	remove_dir();
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, sequence_numbers_per_ind);
	tcase_add_test(tc, jump_beyond_delta);
	tcase_add_test(tc, older_than_the_age_limit);
	tcase_add_test(tc, auts_tells_the_network_sqn_ms);
	tcase_add_test(tc, wrong_network_is_refused);
	tcase_add_test(tc, file_survives);
	tcase_add_test(tc, nothing_is_answered_that_is_not_durable);
	tcase_add_test(tc, damaged_file_is_refused);
	return check_run_case("usim", tc);
}
