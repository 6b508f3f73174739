/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the server makes of a client's answers that are no 200, or a bad one, as plays: the tap
 * changes the real client's answer, or the key on its way to it.
 * Spec: docs/wire.md 4.3, 6.4; RFC 3261 12.2.1.2, 14.1; RFC 4567 4.1.2.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "module/base/clock.h"
#include "tests/flow/two.h"
#include "tests/unit/check_main.h"

static int to_change;          /* so many more */
static const char *new_status; /* of three digits */

/* One bit of the MAC, in base64. */
static enum tap_fate spoil_key(struct tap *tap, struct tap_message *message)
{
	char *key = strstr(message->text, "a=key-mgmt:mikey ");

	(void)tap;
	if (!message->from_server || !key || to_change-- <= 0)
		return TAP_PASS;
	key = strpbrk(key + strlen("a=key-mgmt:mikey "), "\r=") - 6;
	*key = *key == 'A' ? 'B' : 'A';
	return TAP_PASS;
}

static enum tap_fate change_status(struct tap *tap, struct tap_message *message)
{
	(void)tap;
	if (!message->from_server && tap_is(message, 200, "INVITE") && to_change-- > 0)
		memcpy(message->text + strlen("SIP/2.0 "), new_status, 3);
	return TAP_PASS;
}

START_TEST(spoilt_key_is_sealed_again)
{
	const struct tap_message *refusal;

	to_change = 1;
	a->tap.rule = spoil_key;
	play_rekey(&play);
	two_until_on_new(a);
	refusal = tap_find(&a->tap, false, 488, "INVITE", 0);
	ck_assert_ptr_nonnull(refusal);
	ck_assert_int_eq(strncmp(tap_line(refusal, "Warning:"), " 306 ", 5), 0);
	ck_assert_int_eq(tap_number(&a->tap, false, 488, "INVITE"), 1);
	/* The third INVITE is a new offer with the same MSK. */
	ck_assert_uint_eq(play_open_msk(tap_find(&a->tap, true, 0, "INVITE", 2), a->who).msk_id,
		play_current(&play));
	ck_assert_int_eq(a->seen.msks, 2);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_MIKEY_FAILURES, "refused"), 1);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_OFFERS, "failed"), 1);
}
END_TEST

START_TEST(spoilt_keys_end_in_a_bye)
{
	to_change = 100;
	a->tap.rule = spoil_key;
	play_rekey(&play);
	PLAY_UNTIL(&play, a->seen.ended);
	ck_assert_int_eq(a->seen.end, PTT_SIP_END_BYE);                     /* not expelled */
	ck_assert_int_eq(tap_number(&a->tap, false, 488, "INVITE"), 1 + 2); /* retries = 2 */
	two_until_on_new(b);
	ck_assert_uint_eq(ptt_roster_members(play_group(&play)->roster), 1);
	ck_assert_uint_eq(ptt_roster_bans(play_group(&play)->roster), 0);
}
END_TEST

static const char *const passing[] = {"500", "503"}, *const gone[] = {"481", "408"};

START_TEST(trouble_that_passes)
{
	new_status = passing[_i];
	to_change = 1;
	a->tap.rule = change_status;
	play_rekey(&play);
	two_until_on_new(b);
	two_until_on_new(a);
	ck_assert_int_eq(tap_number(&a->tap, true, 0, "BYE"), 0);
	ck_assert_uint_eq(ptt_roster_members(play_group(&play)->roster), 2);
	ck_assert_int_eq(a->seen.refused + a->seen.ended, 0);
	/* Same MSK, fresh T. */
	ck_assert_uint_gt(play_open_msk(tap_find(&a->tap, true, 0, "INVITE", 2), a->who).counter,
		play_open_msk(tap_find(&a->tap, true, 0, "INVITE", 1), a->who).counter);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_REKEYS, NULL), 1);
}
END_TEST

START_TEST(dialog_that_is_gone)
{
	uint32_t first;

	new_status = gone[_i];
	to_change = 100;
	a->tap.rule = change_status;
	play_rekey(&play);
	first = play_group(&play)->keys.next.msk_id;
	two_until_on_new(b);
	/* It is a leave, and he was offered the one in flight. */
	PLAY_UNTIL(&play, play_current(&play) > first && actor_is_on(b, play_current(&play)));
	ck_assert_uint_eq(ptt_roster_members(play_group(&play)->roster), 1);
	ck_assert_int_eq(tap_number(&a->tap, true, 0, "BYE"), 0);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_LEAVES, NULL), 1);
}
END_TEST

START_TEST(cut_over_does_not_wait_for_the_dead)
{
	struct actor *victim = play_enter_settled(&play, 2);
	int64_t began;

	a->tap.rule = tap_lose_all;
	began = ptt_clock_ms();
	play_expel(&play, 2);
	PLAY_UNTIL(&play, play_current(&play) != old && actor_is_on(b, play_current(&play)));
	ck_assert_int_le(ptt_clock_ms() - began, 1500 + 50); /* cutover_ms */
	PLAY_UNTIL(&play, victim->seen.ended);
	ck_assert_uint_eq(a->msk_id, old);
	/* He is no dead one yet, Timer B runs; once he hears again he gets the key. */
	ck_assert_uint_eq(ptt_roster_members(play_group(&play)->roster), 2);
	a->tap.rule = NULL;
	PLAY_UNTIL(&play, actor_is_on(a, play_current(&play)));
}
END_TEST

int main(void)
{
	TCase *tc = two_case("on_leave = \"always\"; cutover_ms = 1500; retries = 2;");

	tcase_add_test(tc, spoilt_key_is_sealed_again);
	tcase_add_test(tc, spoilt_keys_end_in_a_bye);
	tcase_add_loop_test(tc, trouble_that_passes, 0, 2);
	tcase_add_loop_test(tc, dialog_that_is_gone, 0, 2);
	tcase_add_test(tc, cut_over_does_not_wait_for_the_dead);
	return check_run_case("flow_answers", tc);
}
