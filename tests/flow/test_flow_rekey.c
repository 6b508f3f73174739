/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Re-keying as plays between real agents in one process: who gets a new MSK, who does not, and what
 * the client makes of an old one.
 * Spec: OMA PoC System Description V2.1 4.53.2 (via docs/wire.md); RFC 3261 12-14; RFC 3264 8.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "module/base/clock.h"
#include "tests/flow/play.h"
#include "tests/unit/check_main.h"
#include "tests/unit/media/media_lab.h"

static struct play play;

static void tear_down(void)
{
	play_close(&play);
}

static void open_always(void)
{
	play_open(&play, "on_leave = \"always\"; cutover_ms = 1000;");
}

static void open_never(void)
{
	play_open(&play, "on_leave = \"never\"; cutover_ms = 1000;");
}

static void until_both_on(const struct actor *a, const struct actor *b, uint32_t other_than)
{
	PLAY_UNTIL(&play, play_is_stable(&play) && play_current(&play) != other_than &&
				  actor_is_on(a, play_current(&play)) &&
				  actor_is_on(b, play_current(&play)));
}

/* The second offer: the second MSK under a higher T, one o= version and one CSeq further. */
static void check_second_offer(const struct actor *actor)
{
	const struct tap_message *first = tap_find(&actor->tap, true, 0, "INVITE", 0);
	const struct tap_message *second = tap_find(&actor->tap, true, 0, "INVITE", 1);
	struct opened old, new;

	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_nonnull(second);
	old = play_open_msk(first, actor->who);
	new = play_open_msk(second, actor->who);
	ck_assert_uint_eq(new.msk_id, old.msk_id + 1);
	ck_assert_uint_eq(new.msk_id, play_current(&play));
	ck_assert_mem_ne(&new.msk.msk, &old.msk.msk, sizeof(new.msk.msk));
	ck_assert_mem_eq(&new.msk.msk, &play_group(&play)->keys.current.msk, sizeof(new.msk.msk));
	ck_assert_uint_gt(new.counter, old.counter);
	ck_assert_uint_eq(new.o_version, old.o_version + 1);
	ck_assert_uint_eq(new.cseq, old.cseq + 1);
	ck_assert_uint_le(second->len, 1300);
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

START_TEST(expelled_hears_no_more)
{
	struct actor *a = play_enter_settled(&play, 0), *b = play_enter_settled(&play, 1);
	struct actor *victim = play_enter_settled(&play, 2);
	uint32_t old = play_current(&play);

	play_expel(&play, 2);
	until_both_on(a, b, old);
	PLAY_UNTIL(&play, victim->seen.ended);
	ck_assert_int_eq(victim->seen.end, PTT_SIP_END_EXPELLED);
	ck_assert_str_eq(tap_line(tap_find(&victim->tap, true, 0, "BYE", 0), "Reason:"),
		" SIP;cause=403;text=\"expelled\"");
	ck_assert_int_eq(tap_number(&victim->tap, true, 0, "INVITE"), 1);
	ck_assert_uint_eq(victim->mtk.msk_id, old);
	check_second_offer(a);
	check_second_offer(b);
	ck_assert_int_eq(a->seen.msks, 2);
	ck_assert_uint_eq(ptt_roster_members(play_group(&play)->roster), 2);
}
END_TEST

START_TEST(expelled_is_refused_at_the_door)
{
	struct actor *a = play_enter_settled(&play, 0), *victim = play_enter_settled(&play, 1),
		     *again;
	uint32_t old = play_current(&play);

	play_expel(&play, 1);
	until_both_on(a, a, old);
	PLAY_UNTIL(&play, victim->seen.ended);
	again = play_enter(&play, 1, NULL);
	PLAY_UNTIL(&play, again->seen.ended);
	ck_assert_int_eq(again->seen.end, PTT_SIP_END_ERROR);
	ck_assert_int_eq(again->seen.end_status, 403);
	ck_assert_int_eq(again->seen.results, 0);
	/* The ban is in the store, so it outlives the server. */
	play_stop_server(&play);
	play_start_server(&play);
	again = play_enter(&play, 1, NULL);
	PLAY_UNTIL(&play, again->seen.ended);
	ck_assert_int_eq(again->seen.end_status, 403);
}
END_TEST

START_TEST(one_leaves)
{
	struct actor *a = play_enter_settled(&play, 0), *b = play_enter_settled(&play, 1);
	struct actor *leaver = play_enter_settled(&play, 2);
	uint32_t old = play_current(&play);

	ptt_sip_client_leave(leaver->sc, ptt_clock_ms());
	until_both_on(a, b, old);
	PLAY_UNTIL(&play, leaver->seen.ended);
	ck_assert_int_eq(leaver->seen.end, PTT_SIP_END_LEFT);
	ck_assert_int_eq(tap_number(&leaver->tap, true, 0, "INVITE"), 1);
	ck_assert_int_eq(tap_number(&leaver->tap, true, 0, "BYE"), 0);
	check_second_offer(a);
	check_second_offer(b);
}
END_TEST

/* on_leave = never: he keeps the MSK, and the store knows that also without his dialog. */
START_TEST(expelled_after_he_left_and_a_restart)
{
	struct actor *a = play_enter_settled(&play, 0), *b = play_enter_settled(&play, 1);
	struct actor *leaver = play_enter_settled(&play, 2);
	uint32_t old = play_current(&play);

	ptt_sip_client_leave(leaver->sc, ptt_clock_ms());
	PLAY_UNTIL(&play, leaver->seen.ended);
	play_stop_server(&play);
	play_start_server(&play);
	PLAY_UNTIL(&play, play_is_stable(&play));
	ck_assert_uint_eq(play_current(&play), old);
	ck_assert_uint_eq(ptt_roster_members(play_group(&play)->roster), 2);
	play_expel(&play, 2);
	until_both_on(a, b, old);
	/* He holds nothing that lives: once more is no re-key. */
	old = play_current(&play);
	play_expel(&play, 2);
	ck_assert(play_is_stable(&play));
	ck_assert_uint_eq(play_current(&play), old);
}
END_TEST

/* An expelled member holds the old MSK and could seal MTKs under it. */
static enum ptt_err forge_mtk(struct actor *actor, const struct ptt_msk_slot *old)
{
	struct ptt_mikey_ids ids = {.csb_id = play_group(&play)->keys.row.csb_id,
		.msk_id = old->msk_id,
		.mtk_id = 4711,
		.counter = 4711};
	struct ptt_mtk mtk = lab_mtk(0x66);
	uint8_t bytes[PTT_MIKEY_SEALED_MAX];
	struct ptt_writer wr = ptt_writer_of(bytes, sizeof(bytes));
	struct ptt_rekey_mtk got;
	struct ptt_mikey_ctx ctx;
	size_t len = 0;

	memcpy(ids.key_domain, play_group(&play)->keys.profile.key_domain, sizeof(ids.key_domain));
	memcpy(ids.rand, old->rand, sizeof(ids.rand));
	ck_assert_int_eq(ptt_mikey_ctx_init(&ctx), PTT_OK);
	ck_assert_int_eq(ptt_mikey_seal_mtk(&ctx, &wr, &ids, &mtk, &old->msk), PTT_OK);
	ptt_mikey_ctx_wipe(&ctx);
	ck_assert_int_eq(ptt_writer_end(&wr, &len), PTT_OK);
	return ptt_rekey_client_on_mtk(actor->rc, &got, (struct ptt_bytes){bytes, len});
}

/* The whole old offer once more on the wire, in a transaction of its own. */
static void replay(struct actor *actor, const struct tap_message *offer)
{
	struct tap_message copy = *offer;
	char *branch;

	copy.text = strdup(offer->text);
	branch = strstr(copy.text, "branch=z9hG4bK") + strlen("branch=z9hG4bK");
	*branch = *branch == 'x' ? 'y' : 'x';
	tap_to_client(&actor->tap, &copy);
	free(copy.text);
}

START_TEST(old_keys_are_refused_after_the_newer)
{
	struct actor *a = play_enter_settled(&play, 0);
	struct ptt_msk_slot old = play_group(&play)->keys.current;
	uint8_t message[sizeof(a->mtk_message)];
	size_t len = a->mtk_message_len;
	struct ptt_rekey_mtk mtk;

	memcpy(message, a->mtk_message, len);
	play_rekey(&play);
	/* Both MSKs are held until the first MTK under the new one. */
	until_both_on(a, a, old.msk_id);
	ck_assert_int_ne(
		ptt_rekey_client_on_mtk(a->rc, &mtk, (struct ptt_bytes){message, len}), PTT_OK);
	ck_assert_int_ne(forge_mtk(a, &old), PTT_OK);
	ck_assert_int_eq(
		actor_take_again(a, tap_find(&a->tap, true, 0, "INVITE", 0)), PTT_ERR_REPLAY);
	ck_assert_uint_eq(ptt_rekey_client_current_msk_id(a->rc), play_current(&play));
	replay(a, tap_find(&a->tap, true, 0, "INVITE", 0));
	PLAY_UNTIL(
		&play, tap_number(&a->tap, false, 500, "INVITE") == 1); /* RFC 3261 12.2.2: CSeq */
	ck_assert_uint_eq(a->msk_id, play_current(&play));
}
END_TEST

START_TEST(who_refused_the_channel_gets_no_key)
{
	static const struct actor_way refuses = {.refuse_channel = true};
	struct actor *a = play_enter_settled(&play, 0), *b = play_enter(&play, 1, &refuses);
	const struct tap_message *answer;
	uint32_t old;

	PLAY_UNTIL(&play,
		(answer = tap_find(&b->tap, false, 200, "INVITE", 0)) && play_is_stable(&play));
	ck_assert_ptr_nonnull(strstr(answer->text, "m=audio 0 "));
	ck_assert_ptr_nonnull(strstr(answer->text, "m=application 0 udp mikey"));
	ck_assert(!b->seen.channel);
	old = play_current(&play);
	play_rekey(&play);
	until_both_on(a, a, old);
	ck_assert_int_eq(tap_number(&b->tap, true, 0, "INVITE"), 1);
	ck_assert_int_eq(tap_number(&b->tap, true, 0, "BYE"), 0);
	ck_assert_uint_eq(ptt_roster_members(play_group(&play)->roster), 2);
	/* He holds the first MSK all the same, if not the second: who
	 * expels him before would have to re-key. */
	ck_assert_int_eq(b->seen.ended, 0);
}
END_TEST

START_TEST(expelling_who_refused_re_keys_all_the_same)
{
	static const struct actor_way refuses = {.refuse_channel = true};
	struct actor *a = play_enter_settled(&play, 0), *b = play_enter(&play, 1, &refuses);
	uint32_t old = play_current(&play);

	PLAY_UNTIL(&play, tap_find(&b->tap, false, 200, "INVITE", 0) && play_is_stable(&play));
	play_expel(&play, 1); /* the MSK was sent to him */
	until_both_on(a, a, old);
	PLAY_UNTIL(&play, b->seen.ended);
	ck_assert_int_eq(b->seen.end, PTT_SIP_END_EXPELLED);
}
END_TEST

START_TEST(two_dialogs_of_one_subscriber)
{
	struct actor *a = play_enter_settled(&play, 0), *other = play_enter_settled(&play, 1), *b;
	struct actor_way way = {.shares = a};
	uint32_t old = play_current(&play);

	b = play_enter(&play, 0, &way);
	PLAY_UNTIL(&play, b->seen.msks == 1 && play_is_stable(&play));
	ck_assert_uint_eq(ptt_roster_members(play_group(&play)->roster), 3);
	play_rekey(&play);
	PLAY_UNTIL(&play, play_is_stable(&play) && a->msk_id == b->msk_id && a->msk_id != old &&
				  actor_is_on(other, a->msk_id));
	ck_assert_int_eq(a->seen.refused + b->seen.refused, 0);
	ck_assert_uint_ne(play_open_msk(tap_find(&a->tap, true, 0, "INVITE", 1), a->who).counter,
		play_open_msk(tap_find(&b->tap, true, 0, "INVITE", 1), b->who).counter);
	old = play_current(&play);
	play_expel(&play, 0);
	PLAY_UNTIL(&play, a->seen.ended && b->seen.ended);
	ck_assert_int_eq(a->seen.end, PTT_SIP_END_EXPELLED);
	ck_assert_int_eq(b->seen.end, PTT_SIP_END_EXPELLED);
	until_both_on(other, other, old);
	ck_assert_uint_eq(ptt_roster_members(play_group(&play)->roster), 1);
}
END_TEST

START_TEST(key_in_the_200)
{
	static const struct actor_way ways[] = {
		{.join = PTT_UE_JOIN_OFFERLESS}, {.join = PTT_UE_JOIN_CHANNEL}};
	struct actor *a = play_enter_settled(&play, 0), *b = play_enter(&play, 1, &ways[_i]);

	PLAY_UNTIL(&play, play_is_stable(&play) && actor_is_on(b, play_current(&play)));
	ck_assert_int_eq(tap_number(&b->tap, true, 0, "INVITE"), 0);
	ck_assert_ptr_nonnull(
		tap_line(tap_find(&b->tap, true, 200, "INVITE", 0), "a=key-mgmt:mikey "));
	play_rekey(&play);
	until_both_on(a, b, b->msk_id);
	ck_assert_int_eq(tap_number(&b->tap, true, 0, "INVITE"), 1);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("plays"), *never = tcase_create("on_leave = never");
	Suite *suite = suite_create("flow_rekey");

	lab_enter();
	tcase_set_timeout(never, 20);
	tcase_add_checked_fixture(never, open_never, tear_down);
	tcase_add_test(never, expelled_after_he_left_and_a_restart);
	tcase_set_timeout(tc, 20);
	tcase_add_checked_fixture(tc, open_always, tear_down);
	tcase_add_test(tc, two_join_and_share_the_keys);
	tcase_add_test(tc, expelled_hears_no_more);
	tcase_add_test(tc, expelled_is_refused_at_the_door);
	tcase_add_test(tc, one_leaves);
	tcase_add_test(tc, old_keys_are_refused_after_the_newer);
	tcase_add_test(tc, who_refused_the_channel_gets_no_key);
	tcase_add_test(tc, expelling_who_refused_re_keys_all_the_same);
	tcase_add_test(tc, two_dialogs_of_one_subscriber);
	tcase_add_loop_test(tc, key_in_the_200, 0, 2);
	suite_add_tcase(suite, tc);
	suite_add_tcase(suite, never);
	return check_run(suite);
}
