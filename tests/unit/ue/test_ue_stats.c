/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The UE's statistics of received packets, on which the demo's verdict depends. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "module/ue/ue_event.h"
#include "module/ue/ue_stats.h"
#include "tests/unit/check_main.h"

static struct ptt_ue_stats st;

static void clean(void)
{
	memset(&st, 0, sizeof(st));
}

START_TEST(test_loss_by_gaps)
{
	static const uint16_t seqs[] = {65533, 65534, 0, 3, 2};

	for (size_t i = 0; i < sizeof(seqs) / sizeof(seqs[0]); i++)
		ptt_ue_stats_sequence(&st, 1, seqs[i]);
	ck_assert_uint_eq(
		ptt_ue_stats_lost(&st), 2); /* 65535 and 1, across the wrap, reordering is none */
	ptt_ue_stats_sequence(&st, 2, 100); /* another burst begins where it likes */
	ptt_ue_stats_sequence(&st, 2, 101);
	ck_assert_uint_eq(ptt_ue_stats_lost(&st), 2);
}
END_TEST

START_TEST(test_heard_and_opened_by_mki)
{
	static const uint8_t old[6] = {0, 7, 0, 1, 0, 1}, fresh[6] = {0, 7, 0, 2, 0, 1};
	json_t *out = json_object(), *by, *one;

	ptt_ue_stats_heard(&st, old, 1000);
	ptt_ue_stats_opened(&st, old, 1000);
	ptt_ue_stats_heard(&st, fresh, 2000);
	ptt_ue_stats_heard(&st, fresh, 3000);
	ptt_ue_stats_put(&st, out);
	by = json_object_get(out, "opened_by_mki");
	ck_assert_int_eq(json_integer_value(json_object_get(out, "opened")), 1);
	ck_assert_double_eq(json_real_value(json_object_get(out, "last_opened_t")), 1.0);
	one = json_object_get(by, "000700020001");
	ck_assert_int_eq(json_integer_value(json_object_get(one, "heard")), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(one, "opened")), 0);
	ck_assert_double_eq(json_real_value(json_object_get(one, "first_t")), 2.0);
	ck_assert_double_eq(json_real_value(json_object_get(one, "last_t")), 3.0);
	ck_assert_double_eq(json_real_value(json_object_get(one, "last_opened_t")), 0.0);
	one = json_object_get(by, "000700010001");
	ck_assert_int_eq(json_integer_value(json_object_get(one, "opened")), 1);
	json_decref(out);
}
END_TEST

START_TEST(test_tables_are_bounded)
{
	uint8_t mki[6] = {0};

	for (unsigned i = 0; i < 1000; i++) {
		mki[4] = (uint8_t)(i >> 8);
		mki[5] = (uint8_t)i;
		ptt_ue_stats_heard(&st, mki, 1);
		ptt_ue_stats_opened(&st, mki, 1);
		ptt_ue_stats_sequence(&st, i, 1);
		ptt_ue_stats_sequence(&st, i, 3);
	}
	ck_assert_uint_eq(st.mki_count, PTT_UE_STATS_MKIS);
	ck_assert_uint_eq(st.ssrc_count, PTT_UE_STATS_SSRCS);
	ck_assert_uint_eq(st.opened, 1000);
	ck_assert_uint_eq(ptt_ue_stats_lost(&st), 1000); /* one a burst, of all bursts */
}
END_TEST

START_TEST(test_event_is_one_line)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	json_t *line;

	ptt_ue_event(out, "error", json_pack("{s:s}", "text", "two\nlines \"quoted\""));
	fclose(out);
	ck_assert_ptr_eq(strchr(text, '\n'), text + len - 1);
	line = json_loads(text, 0, NULL);
	ck_assert_str_eq(json_string_value(json_object_get(line, "event")), "error");
	ck_assert(json_is_real(json_object_get(line, "t")));
	ck_assert_str_eq(json_string_value(json_object_get(line, "text")), "two\nlines \"quoted\"");
	json_decref(line);
	free(text);
}
END_TEST

/* A reason phrase, a talker's URI or a line typed in may hold any
 * bytes: the event must not lose them all. */
START_TEST(test_text_of_others)
{
	char longer[400];
	json_t *text = ptt_ue_event_text("G\xc3\xbcte");

	ck_assert_str_eq(json_string_value(text), "G\xc3\xbcte");
	json_decref(text);
	text = ptt_ue_event_text("no \xff\xc3");
	ck_assert_str_eq(json_string_value(text), "no ??");
	json_decref(text);
	memset(longer, 0xff, sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	text = ptt_ue_event_text(longer);
	ck_assert_uint_eq(strlen(json_string_value(text)), 255);
	json_decref(text);
}
END_TEST

/* Interarrival jitter as RFC 3550 A.8 has it: a steady stream has none,
 * however late; one that swings by d has d. */
START_TEST(test_jitter)
{
	memset(&st, 0, sizeof(st));
	for (uint16_t i = 0; i < 200; i++) {
		ptt_ue_stats_sequence(&st, 7, i);
		ptt_ue_stats_arrival(&st, 7, 0xffffff00u + i * 160u, 1000 + i * 20);
	}
	ck_assert_double_eq(ptt_ue_stats_jitter_ms(&st, true), 0);
	for (uint16_t i = 200; i < 600; i++) {
		ptt_ue_stats_sequence(&st, 7, i);
		ptt_ue_stats_arrival(
			&st, 7, 0xffffff00u + i * 160u, 1000 + i * 20 + (i % 2 ? 8 : 0));
	}
	ck_assert_double_ge(ptt_ue_stats_jitter_ms(&st, false), 7);
	ck_assert_double_le(ptt_ue_stats_jitter_ms(&st, false), 8);
	ptt_ue_stats_sequence(&st, 9, 1);
	ptt_ue_stats_arrival(&st, 9, 5, 99999); /* the next burst starts from zero */
	ck_assert_double_eq(ptt_ue_stats_jitter_ms(&st, false), 0);
	ck_assert_double_ge(ptt_ue_stats_jitter_ms(&st, true), 7);
}
END_TEST

START_TEST(test_late)
{
	static const uint16_t seqs[] = {10, 11, 14, 12, 13, 15};

	memset(&st, 0, sizeof(st));
	for (size_t i = 0; i < sizeof(seqs) / sizeof(seqs[0]); i++)
		ptt_ue_stats_sequence(&st, 7, seqs[i]);
	ck_assert_uint_eq(st.late, 2);
	ck_assert_uint_eq(ptt_ue_stats_lost(&st), 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("stats");

	tcase_add_checked_fixture(tc, clean, NULL);
	tcase_add_test(tc, test_loss_by_gaps);
	tcase_add_test(tc, test_heard_and_opened_by_mki);
	tcase_add_test(tc, test_tables_are_bounded);
	tcase_add_test(tc, test_event_is_one_line);
	tcase_add_test(tc, test_text_of_others);
	tcase_add_test(tc, test_jitter);
	tcase_add_test(tc, test_late);
	return check_run_case("ue_stats", tc);
}
