/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Re-keying as plays between real agents in one process.
 * Spec: OMA PoC System Description V2.1 4.53.2 (via docs/wire.md); RFC 3261 13, 14; RFC 3264 8.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/flow/play.h"
#include "tests/unit/media_lab.h"

static struct play play;

static void tear_down(void)
{
	play_close(&play);
}

static void open_always(void)
{
	play_open(&play, "on_leave = \"always\"; cutover_ms = 1000;");
}

START_TEST(two_join_and_share_the_keys)
{
	struct actor *a = play_enter_settled(&play, 0), *b = play_enter_settled(&play, 1);

	ck_assert_uint_eq(a->msk_id, b->msk_id);
	ck_assert_mem_eq(a->mtk.mki, b->mtk.mki, sizeof(a->mtk.mki));
	ck_assert_mem_eq(a->mtk.mtk.key, b->mtk.mtk.key, a->mtk.mtk.key_len);
	ck_assert_int_eq(a->seen.refused + b->seen.refused, 0);
	/* on_join = never: nobody was re-keyed for it. */
	ck_assert_int_eq(tap_number(&a->tap, true, 0, "INVITE"), 1);
	ck_assert_uint_eq(ptt_roster_members(play_group(&play)->roster), 2);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("flow_rekey");
	TCase *tc = tcase_create("plays");

	tcase_add_checked_fixture(tc, open_always, tear_down);
	tcase_add_test(tc, two_join_and_share_the_keys);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	SRunner *sr = srunner_create(suite());
	int failed;

	lab_enter();
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
