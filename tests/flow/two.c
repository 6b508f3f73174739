/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/flow/two.h"

#include "module/base/clock.h"
#include "tests/unit/media/media_lab.h"

struct play play;
struct actor *a, *b;
uint32_t old;

void two_open(const char *policy)
{
	play_open(&play, policy);
	a = play_enter_settled(&play, 0);
	b = play_enter_settled(&play, 1);
	old = play_current(&play);
	ptt_metrics_reset();
}

void two_close(void)
{
	play_close(&play);
}

void two_until_on_new(const struct actor *actor)
{
	PLAY_UNTIL(&play, play_is_stable(&play) && play_current(&play) != old &&
				  actor_is_on(actor, play_current(&play)));
}

static const char *case_policy;

static void open_case(void)
{
	two_open(case_policy);
}

TCase *two_case(const char *policy)
{
	TCase *tc = tcase_create("plays");

	case_policy = policy;
	lab_enter();
	tcase_set_timeout(tc, 20);
	tcase_add_checked_fixture(tc, open_case, two_close);
	return tc;
}

const char *two_method = "INVITE";
int two_to_lose;

static bool is_offer(const struct tap_message *message)
{
	return message->from_server && tap_is(message, 0, two_method);
}

enum tap_fate two_lose(bool these)
{
	return these && two_to_lose-- > 0 ? TAP_DROP : TAP_PASS;
}

enum tap_fate two_lose_offers(struct tap *tap, struct tap_message *message)
{
	(void)tap;
	return two_lose(is_offer(message));
}

enum tap_fate two_lose_answers(struct tap *tap, struct tap_message *message)
{
	(void)tap;
	return two_lose(!message->from_server && tap_is(message, 200, two_method));
}

enum tap_fate two_hold_offers(struct tap *tap, struct tap_message *message)
{
	(void)tap;
	return is_offer(message) ? TAP_HOLD : TAP_PASS;
}

void two_check_copies(bool from_server)
{
	const struct tap_message *first, *second;
	int status = from_server ? 0 : 200;

	first = tap_find(&a->tap, from_server, status, two_method, 1); /* 0: of the joining */
	second = tap_find(&a->tap, from_server, status, two_method, 2);
	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_nonnull(second);
	ck_assert_uint_eq(first->len, second->len);
	ck_assert_mem_eq(first->text, second->text, first->len);
}

/* The client's own INVITE sets the server's offer free, and the server's refusal waits for that. */
static enum tap_fate cross(struct tap *tap, struct tap_message *message)
{
	if (is_offer(message))
		return TAP_HOLD;
	if (!message->from_server || !tap_is(message, 491, "INVITE"))
		return TAP_PASS;
	tap_release(tap);
	tap->rule = NULL;
	return TAP_HOLD;
}

void two_glare(void)
{
	a->tap.rule = cross;
	play_rekey(&play);
	PLAY_UNTIL(&play, tap_number(&a->tap, true, 0, two_method) == 2);
	ptt_sip_client_pull(a->sc, ptt_clock_ms());
	PLAY_UNTIL(&play, tap_number(&a->tap, false, 491, two_method) == 1);
	ck_assert_int_eq(tap_number(&a->tap, true, 491, "INVITE"), 1);
	ck_assert_uint_eq(a->msk_id, old);
	tap_release(&a->tap);
	two_until_on_new(a);
	ck_assert_int_eq(a->seen.refused, 0);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_OFFERS, "glared"), 1);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_OFFERS, "failed"), 0);
	ck_assert_uint_eq(ptt_roster_members(play_group(&play)->roster), 2);
}
