/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A window of offers goes in several turns of the loop: what happens in between, as plays. */
#include <check.h>

#include "module/base/clock.h"
#include "module/group/group_int.h"
#include "module/store/store_read.h"
#include "tests/flow/two.h"
#include "tests/unit/check_main.h"

static struct actor *c, *d;

static const struct ptt_member *member_of(const struct actor *actor)
{
	struct ptt_group *group = play_group(&play);
	uint32_t subject = ptt_group_find_subject(group, actor->who->impu);

	return ptt_member_of(group, ptt_roster_next_of(group->roster, subject, PTT_HANDLE_NONE));
}

/* Of four offers the first is sent; then the clock of the others stands still. */
static void stop_in_the_middle(void)
{
	struct ptt_group *group = play_group(&play);

	c = play_enter_settled(&play, 2);
	d = play_enter_settled(&play, 3);
	group->offers_a_turn = 1;
	play_rekey(&play);
	PLAY_UNTIL(&play, group->sending != NULL);
	group->offers_a_turn = 0;
	PLAY_UNTIL(&play, a->seen.msks == 2);
	ck_assert_ptr_nonnull(group->sending);
	ck_assert_int_ne(member_of(a)->offer.state, PTT_OFFER_QUEUED);
	ck_assert_int_eq(member_of(d)->offer.state, PTT_OFFER_QUEUED);
}

/* The others get their keys; who left or was put out, never. */
static void go_on(void)
{
	struct ptt_group *group = play_group(&play);

	group->offers_a_turn = 1;
	two_until_on_new(a);
	two_until_on_new(b);
	two_until_on_new(c);
	ck_assert_ptr_null(group->sending);
	ck_assert_uint_eq(group->windows_out, 0);
	ck_assert_int_eq(a->seen.refused + b->seen.refused + c->seen.refused, 0);
}

START_TEST(left_in_the_middle_of_a_window)
{
	stop_in_the_middle();
	ptt_sip_client_leave(d->sc, ptt_clock_ms());
	PLAY_UNTIL(&play, d->seen.ended);
	ck_assert_uint_eq(ptt_roster_members(play_group(&play)->roster), 3);
	go_on();
	ck_assert_int_eq(d->seen.msks, 1);
	ck_assert_int_eq(a->seen.msks, 3); /* the one in the window was meant for him too */
}
END_TEST

START_TEST(expelled_in_the_middle_of_a_window)
{
	stop_in_the_middle();
	play_expel(&play, 3);
	PLAY_UNTIL(&play, d->seen.ended);
	ck_assert_int_eq(d->seen.end, PTT_SIP_END_EXPELLED);
	ck_assert_uint_eq(ptt_roster_members(play_group(&play)->roster), 3);
	go_on();
	ck_assert_int_eq(d->seen.msks, 1);
	ck_assert_int_eq(a->seen.msks, 3);
}
END_TEST

START_TEST(cut_over_in_the_middle_of_a_window)
{
	stop_in_the_middle();
	/* the deadline waits for nobody */
	PLAY_UNTIL(&play, play_current(&play) != old && actor_is_on(a, play_current(&play)));
	ck_assert_int_eq(member_of(d)->offer.state, PTT_OFFER_QUEUED);
	go_on();
	two_until_on_new(d);
}
END_TEST

START_TEST(stopped_in_the_middle_of_a_window)
{
	stop_in_the_middle();
	play_stop_server(&play);
	play_start_server(&play);
	go_on();
	two_until_on_new(d);
	ck_assert_int_eq(d->seen.refused, 0);
}
END_TEST

struct sent {
	uint32_t generation, rows;
};

static enum ptt_err count_sent(void *ctx, uint32_t generation, const char *impi)
{
	struct sent *sent = ctx;

	ck_assert_str_ne(impi, "");
	sent->rows += generation == sent->generation;
	return PTT_OK;
}

static uint32_t sent_count(uint32_t generation)
{
	struct ptt_group *group = play_group(&play);
	struct sent sent = {.generation = generation};

	ck_assert_int_eq(
		ptt_store_each_sent(group->env->store, group->uri, count_sent, &sent), PTT_OK);
	return sent.rows;
}

/* That he is in says what he was sent; when he goes that is written, of the MSKs that live. */
START_TEST(sent_is_written_of_who_goes)
{
	struct ptt_group *group = play_group(&play);
	uint32_t first = group->keys.current.generation;

	stop_in_the_middle();
	ck_assert_uint_eq(sent_count(first) + sent_count(group->keys.next.generation), 0);
	ptt_sip_client_leave(a->sc, ptt_clock_ms());
	ptt_sip_client_leave(d->sc, ptt_clock_ms());
	PLAY_UNTIL(&play, a->seen.ended && d->seen.ended);
	PLAY_UNTIL(&play, sent_count(first) == 2);
}
END_TEST

/* In flight is as many as are answered meanwhile. */
START_TEST(the_window_follows_the_answers)
{
	struct ptt_group *group = play_group(&play);

	ck_assert_uint_lt(ptt_offer_window_size(group->took_ms8), 150);
	for (int i = 0; i < 50; i++)
		ptt_offer_window_pace(group, 8);
	ck_assert_uint_gt(ptt_offer_window_size(group->took_ms8), 100);
	ck_assert_uint_lt(ptt_offer_window_size(group->took_ms8), 150);
	for (int i = 0; i < 50; i++)
		ptt_offer_window_pace(group, 1u << 31);
	ck_assert_uint_eq(ptt_offer_window_size(group->took_ms8), 150);
	for (int i = 0; i < 50; i++)
		ptt_offer_window_pace(group, 0);
	ck_assert_uint_eq(ptt_offer_window_size(group->took_ms8), 64);
	a->tap.rule = two_hold_offers; /* his own tap: b is answered for at once */
	play_rekey(&play);
	PLAY_UNTIL(&play, b->seen.msks == 2);
	group->took_ms8 = 0;
	for (int64_t since = ptt_clock_ms(); ptt_clock_ms() < since + 20;)
		play_step(&play);
	a->tap.rule = NULL;
	tap_release(&a->tap);
	two_until_on_new(a);
	ck_assert_uint_gt(group->took_ms8, 0);
}
END_TEST

int main(void)
{
	TCase *tc = two_case("on_leave = \"always\"; cutover_ms = 1000;");

	tcase_add_test(tc, left_in_the_middle_of_a_window);
	tcase_add_test(tc, expelled_in_the_middle_of_a_window);
	tcase_add_test(tc, cut_over_in_the_middle_of_a_window);
	tcase_add_test(tc, stopped_in_the_middle_of_a_window);
	tcase_add_test(tc, sent_is_written_of_who_goes);
	tcase_add_test(tc, the_window_follows_the_answers);
	return check_run_case("flow_window", tc);
}
