/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rekey_method = "update": the re-key by UPDATE, as plays; what is lost,
 * what crosses, who cannot do it.
 * Spec: RFC 3311 sections 4 and 5; RFC 3261 12.2.1.2, 14.1, 17.1.2.2; docs/wire.md 4.2.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "module/base/clock.h"
#include "tests/flow/two.h"
#include "tests/unit/check_main.h"

static int methods(const char *method)
{
	return (int)ptt_metric_get(PTT_METRIC_OFFER_METHODS, method);
}

START_TEST(by_update)
{
	int acks = tap_number(&a->tap, true, 0, "ACK");

	/* The channel came by UPDATE too: the dialog was confirmed by then. */
	ck_assert_int_eq(tap_number(&a->tap, true, 0, "UPDATE"), 1);
	play_rekey(&play);
	two_until_on_new(a);
	two_until_on_new(b);
	ck_assert_int_eq(tap_number(&a->tap, true, 0, "INVITE"), 0);
	ck_assert_int_eq(tap_number(&a->tap, true, 0, "UPDATE"), 2);
	ck_assert_int_eq(tap_number(&a->tap, false, 200, "UPDATE"), 2);
	ck_assert_int_eq(tap_number(&a->tap, true, 0, "ACK"), acks);
	ck_assert_int_eq(a->seen.msks, 2);
	ck_assert_int_eq(a->seen.refused, 0);
	ck_assert_int_eq(methods("update"), 2);
	ck_assert_int_eq(methods("invite"), 0);
	ck_assert_uint_eq(ptt_sip_pending(play.server->env.sip), 0);
	play_expel(&play, 0);
	PLAY_UNTIL(&play, a->seen.ended && play_is_stable(&play));
	ck_assert_int_eq(a->seen.end, PTT_SIP_END_EXPELLED);
}
END_TEST

START_TEST(lost)
{
	two_to_lose = 1;
	a->tap.rule = _i == 0 ? two_lose_offers : two_lose_answers;
	play_rekey(&play);
	two_until_on_new(a);
	two_check_copies(true);
	ck_assert_int_eq(a->seen.msks, 2);
	ck_assert_int_eq(a->seen.refused, 0);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_OFFERS, "sent"), 2);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_OFFERS, "failed"), 0);
}
END_TEST

/* --- crossing --- */

START_TEST(glare)
{
	two_glare();
}
END_TEST

START_TEST(bye_crosses)
{
	a->tap.rule = two_hold_offers;
	play_rekey(&play);
	PLAY_UNTIL(&play, tap_number(&a->tap, true, 0, "UPDATE") == 2);
	if (_i == 0)
		ptt_sip_client_leave(a->sc, ptt_clock_ms());
	else
		play_expel(&play, 0);
	PLAY_UNTIL(&play, a->seen.ended);
	tap_release(&a->tap);
	/* After the BYE of the server its CSeq is an old one. */
	PLAY_UNTIL(&play, tap_number(&a->tap, false, _i == 0 ? 481 : 500, "UPDATE") > 0);
	two_until_on_new(b);
	ck_assert_int_eq(a->seen.msks, 1);
	ck_assert_uint_eq(ptt_roster_members(play_group(&play)->roster), 1);
	PLAY_UNTIL(&play, ptt_sip_pending(play.server->env.sip) == 0); /* no answer is waited for */
}
END_TEST

/* --- who does not do it --- */

static const char *new_status; /* of three digits; once */

static enum tap_fate change_status(struct tap *tap, struct tap_message *message)
{
	(void)tap;
	if (!message->from_server && tap_is(message, 200, "UPDATE") && new_status) {
		memcpy(message->text + strlen("SIP/2.0 "), new_status, 3);
		new_status = NULL;
	}
	return TAP_PASS;
}

static const char *const unable[] = {"405", "501"};

START_TEST(refused_by_who_said_he_could)
{
	new_status = unable[_i];
	a->tap.rule = change_status;
	play_rekey(&play);
	two_until_on_new(a);
	ck_assert_int_eq(tap_number(&a->tap, true, 0, "UPDATE"), 2);
	ck_assert_int_eq(tap_number(&a->tap, true, 0, "INVITE"), 1);
	ck_assert_int_eq(methods("invite-for-update"), 1);
	ck_assert_int_eq(tap_number(&a->tap, true, 0, "BYE"), 0);
}
END_TEST

static enum tap_fate disallow(struct tap *tap, struct tap_message *message)
{
	char *update = message->from_server ? NULL : strstr(message->text, ", UPDATE");

	(void)tap;
	if (update)
		memcpy(update, ", XPDATE", 8);
	return TAP_PASS;
}

/* An answer says so while the dialog lasts; the next offer heeds it. */
START_TEST(not_allowed)
{
	a->tap.rule = disallow;
	play_rekey(&play);
	two_until_on_new(a);
	ck_assert_int_eq(tap_number(&a->tap, true, 0, "UPDATE"), 2);
	old = play_current(&play);
	play_rekey(&play);
	two_until_on_new(a);
	two_until_on_new(b);
	ck_assert_int_eq(tap_number(&a->tap, true, 0, "INVITE"), 1);
	ck_assert_int_eq(tap_number(&b->tap, true, 0, "INVITE"), 0);
	ck_assert_int_eq(methods("invite-for-update"), 1);
	ck_assert_int_eq(methods("update"), 3);
}
END_TEST

/* The server dies with the UPDATE on its way: the next one is an UPDATE too. */
START_TEST(restart)
{
	uint32_t next;
	int updates;

	a->tap.rule = two_hold_offers;
	play_rekey(&play);
	PLAY_UNTIL(&play, (updates = tap_number(&a->tap, true, 0, "UPDATE")) == 2);
	next = play_group(&play)->keys.next.msk_id;
	play_stop_server(&play);
	a->tap.rule = NULL;
	play_start_server(&play);
	two_until_on_new(a);
	two_until_on_new(b);
	ck_assert_uint_eq(play_current(&play), next);
	ck_assert_int_gt(tap_number(&a->tap, true, 0, "UPDATE"), updates);
	ck_assert_int_eq(tap_number(&a->tap, true, 0, "INVITE"), 0);
	ck_assert_int_eq(a->seen.ended + a->seen.refused, 0);
}
END_TEST

int main(void)
{
	TCase *tc = two_case(
		"on_leave = \"always\"; cutover_ms = 1500; retries = 2; rekey_method = \"update\";");

	two_method = "UPDATE";
	tcase_add_test(tc, by_update);
	tcase_add_loop_test(tc, lost, 0, 2);
	tcase_add_test(tc, glare);
	tcase_add_loop_test(tc, bye_crosses, 0, 2);
	tcase_add_loop_test(tc, refused_by_who_said_he_could, 0, 2);
	tcase_add_test(tc, not_allowed);
	tcase_add_test(tc, restart);
	return check_run_case("flow_update", tc);
}
