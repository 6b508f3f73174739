/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The UE's SIP against a PF in the same process: joins, offers, refusals, pulls, glare, ends. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "module/base/clock.h"
#include "tests/unit/client/sip_client_fixture.h"
#include "tests/unit/check_main.h"

static void join_and_rekey(const struct fake_pf_plan *plan, const char *transport)
{
	fix_ue_begin(plan, transport, PTT_UE_JOIN_SDP);
	fix_ue_until(&fake_pf_seen(fix_ue.pf)->acks, 1);
	ck_assert_int_eq(fix_ue.seen.joined, 1);
	ck_assert_str_eq(fake_pf_seen(fix_ue.pf)->btid, FIX_BTID);
	ck_assert(!fix_ue.seen.channel);
	ck_assert_uint_eq(ptt_ue_session_plan(fix_ue.session)->peer_audio_port, 20000);
	fix_ue_offer(1);
	ck_assert_int_eq(fake_pf_seen(fix_ue.pf)->answer_status, 200);
	ck_assert(fix_ue.seen.channel);
	ck_assert_uint_eq(fix_ue.seen.msk_id, 0x00070001);
	ck_assert_ptr_nonnull(
		strstr(fake_pf_seen(fix_ue.pf)->answer_body, "m=application 2269 udp mikey"));
	ck_assert_ptr_null(strstr(fake_pf_seen(fix_ue.pf)->answer_body, "key-mgmt"));
	fix_ue_offer(2);
	ck_assert_uint_eq(fix_ue.seen.msk_id, 0x00070002);
}

START_TEST(test_join_rekey_expel_udp)
{
	struct fake_pf_plan plan = {.challenges = {MD5, SHA256}};

	join_and_rekey(&plan, "udp");
	fake_pf_bye(fix_ue.pf, "SIP;cause=403;text=\"expelled\"");
	fix_ue_until(&fix_ue.seen.ended, 1);
	ck_assert_int_eq(fix_ue.seen.end, PTT_SIP_END_EXPELLED);
	ck_assert_int_eq(fix_ue.seen.status, 403);
	ck_assert_str_eq(fix_ue.seen.text, "expelled");
	ck_assert_int_eq(fix_ue.seen.again, 0);
	fix_ue_until(&fake_pf_seen(fix_ue.pf)->answers, 3); /* the BYE is answered */
	ck_assert_int_eq(fake_pf_seen(fix_ue.pf)->answer_status, 200);
	fix_ue_finish();
}
END_TEST

START_TEST(test_join_sha256_tcp_and_leave)
{
	struct fake_pf_plan plan = {.challenges = {SHA256}};

	join_and_rekey(&plan, "tcp");
	ptt_sip_client_leave(fix_ue.sc, ptt_clock_ms());
	fix_ue_until(&fix_ue.seen.ended, 1);
	ck_assert_int_eq(fix_ue.seen.end, PTT_SIP_END_LEFT);
	ck_assert_int_eq(fake_pf_seen(fix_ue.pf)->byes, 1);
	fix_ue_finish();
}
END_TEST

START_TEST(test_unknown_challenge_is_passed_over)
{
	struct fake_pf_plan plan = {
		.challenges = {"Digest realm=\"x\", nonce=\"y\", algorithm=SHA-512-256", SHA256}};

	fix_ue_begin(&plan, "udp", PTT_UE_JOIN_SDP);
	fix_ue_until(&fix_ue.seen.joined, 1);
	fix_ue_finish();
}
END_TEST

START_TEST(test_offerless)
{
	struct fake_pf_plan plan = {.challenges = {MD5}};

	fix_ue_begin(&plan, "udp", PTT_UE_JOIN_OFFERLESS);
	fix_ue_until(&fake_pf_seen(fix_ue.pf)->acks, 1);
	ck_assert_int_eq(fix_ue.seen.msks, 1);
	ck_assert(fix_ue.seen.channel);
	ck_assert_ptr_nonnull(strstr(fake_pf_seen(fix_ue.pf)->ack_body, "m=audio 40000 RTP/SAVP"));
	fix_ue_finish();
}
END_TEST

START_TEST(test_own_channel)
{
	struct fake_pf_plan plan = {.challenges = {MD5}, .key_in_200 = true};

	fix_ue_begin(&plan, "udp", PTT_UE_JOIN_CHANNEL);
	fix_ue_until(&fake_pf_seen(fix_ue.pf)->acks, 1);
	ck_assert_int_eq(fix_ue.seen.msks, 1);
	ck_assert(fix_ue.seen.channel);
	ck_assert_str_eq(fake_pf_seen(fix_ue.pf)->ack_body, "");
	fix_ue_finish();
}
END_TEST

START_TEST(test_refusals)
{
	static const int codes[] = {403, 404, 486, 503};
	struct fake_pf_plan plan = {.challenges = {MD5}, .refuse = codes[_i]};

	fix_ue_begin(&plan, "udp", PTT_UE_JOIN_SDP);
	fix_ue_until(&fix_ue.seen.ended, 1);
	ck_assert_int_eq(fix_ue.seen.end, PTT_SIP_END_ERROR);
	ck_assert_int_eq(fix_ue.seen.status, codes[_i]);
	fix_ue_finish();
}
END_TEST

START_TEST(test_stale_nonce_is_answered_once_more)
{
	struct fake_pf_plan plan = {.challenges = {MD5}, .stale = 1};

	fix_ue_begin(&plan, "udp", PTT_UE_JOIN_SDP);
	fix_ue_until(&fix_ue.seen.joined, 1);
	ck_assert_int_eq(fix_ue.seen.again, 0);
	ck_assert_int_eq(fake_pf_seen(fix_ue.pf)->authorized, 2);
	fix_ue_finish();
}
END_TEST

START_TEST(test_wrong_password_bootstraps_once)
{
	struct fake_pf_plan plan = {.challenges = {MD5}, .wrong = 1};

	fix_ue_begin(&plan, "udp", PTT_UE_JOIN_SDP);
	fix_ue_until(&fix_ue.seen.joined, 1);
	ck_assert_int_eq(fix_ue.seen.again, 1);
	fix_ue_finish();
}
END_TEST

START_TEST(test_wrong_password_twice_is_the_end)
{
	struct fake_pf_plan plan = {.challenges = {MD5}, .wrong = 9};

	fix_ue_begin(&plan, "udp", PTT_UE_JOIN_SDP);
	fix_ue_until(&fix_ue.seen.ended, 1);
	ck_assert_int_eq(fix_ue.seen.again, 1);
	ck_assert_int_eq(fix_ue.seen.status, 401);
	ck_assert_int_eq(fix_ue.seen.end, PTT_SIP_END_ERROR);
	ck_assert_int_eq(fake_pf_seen(fix_ue.pf)->invites, 3);
	fix_ue_finish();
}
END_TEST

START_TEST(test_bad_key_is_488_and_nothing_changes)
{
	struct fake_pf_plan plan = {.challenges = {MD5}};
	struct ptt_bytes key;

	fix_ue_begin(&plan, "udp", PTT_UE_JOIN_SDP);
	fix_ue_until(&fix_ue.seen.joined, 1);
	key = fix_msk(&fix_ue.keys, 1, 0, 65535);
	fix_ue.keys.out[key.len - 1] ^= 1;
	fake_pf_offer(fix_ue.pf, &key);
	fix_ue_until(&fake_pf_seen(fix_ue.pf)->answers, 1);
	ck_assert_int_eq(fake_pf_seen(fix_ue.pf)->answer_status, 488);
	ck_assert_int_eq(fake_pf_seen(fix_ue.pf)->warning, 306);
	ck_assert(!ptt_rekey_client_has_msk(fix_ue.rc));
	fix_ue_offer(1); /* sealed again, with a fresh counter */
	ck_assert_int_eq(fake_pf_seen(fix_ue.pf)->answer_status, 200);
	fix_ue.keys.counter = 1;
	fix_ue_offer(2); /* stale */
	ck_assert_int_eq(fake_pf_seen(fix_ue.pf)->answer_status, 488);
	ck_assert_int_eq(fake_pf_seen(fix_ue.pf)->warning, 306);
	ck_assert_uint_eq(fix_ue.seen.msk_id, 0x00070001);
	ck_assert(ptt_sip_client_joined(fix_ue.sc));
	fix_ue_finish();
}
END_TEST

/* Neither without a key nor in the clear (docs/faults.md, bid-down). */
START_TEST(test_channel_without_key_is_refused)
{
	struct fake_pf_plan plan = {.challenges = {MD5}};
	struct ptt_bytes none = {NULL, 0};

	fix_ue_begin(&plan, "udp", PTT_UE_JOIN_SDP);
	fix_ue_until(&fix_ue.seen.joined, 1);
	fake_pf_offer(fix_ue.pf, &none);
	fix_ue_until(&fake_pf_seen(fix_ue.pf)->answers, 1);
	ck_assert_int_eq(fake_pf_seen(fix_ue.pf)->answer_status, 488);
	ck_assert(!fix_ue.seen.channel);
	fix_ue_offer(1);
	none.len = 0;
	fake_pf_offer(fix_ue.pf, &none); /* a refresh, now that a key is held */
	fix_ue_until(&fake_pf_seen(fix_ue.pf)->answers, 3);
	ck_assert_int_eq(fake_pf_seen(fix_ue.pf)->answer_status, 200);
	ck_assert(fix_ue.seen.channel);
	fix_ue_finish();
}
END_TEST

START_TEST(test_bad_key_in_200_zeroes_the_channel_and_pulls)
{
	struct fake_pf_plan plan = {.challenges = {MD5}, .bad_key = true};

	fix_ue_begin(&plan, "udp", PTT_UE_JOIN_OFFERLESS);
	fix_ue_until(&fake_pf_seen(fix_ue.pf)->acks, 1);
	ck_assert_ptr_nonnull(strstr(fake_pf_seen(fix_ue.pf)->ack_body, "m=audio 0 RTP/SAVP"));
	ck_assert_int_eq(fix_ue.seen.msks, 0);
	fix_ue_until(&fix_ue.seen.msks, 1);
	ck_assert_int_eq(fake_pf_seen(fix_ue.pf)->reinvites, 1);
	ck_assert(fix_ue.seen.channel);
	fix_ue_finish();
}
END_TEST

START_TEST(test_pull_after_491)
{
	struct fake_pf_plan plan = {.challenges = {MD5}, .pull_status = 491};
	int64_t at_ms;

	fix_ue_begin(&plan, "udp", PTT_UE_JOIN_SDP);
	fix_ue_until(&fix_ue.seen.joined, 1);
	ptt_sip_client_pull(fix_ue.sc, ptt_clock_ms());
	ptt_sip_client_pull(fix_ue.sc, ptt_clock_ms()); /* at most one */
	fix_ue_until(&fake_pf_seen(fix_ue.pf)->reinvites, 1);
	at_ms = ptt_clock_ms();
	fix_ue_until(&fix_ue.seen.msks, 1);
	ck_assert_int_ge(ptt_clock_ms() - at_ms, 2000); /* RFC 3261 14.1: 2.1 s at least */
	ck_assert_int_eq(fake_pf_seen(fix_ue.pf)->reinvites, 2);
	fix_ue_finish();
}
END_TEST

START_TEST(test_pull_after_481_joins_anew)
{
	struct fake_pf_plan plan = {.challenges = {MD5}, .pull_status = 481};
	int before;

	fix_ue_begin(&plan, "udp", PTT_UE_JOIN_SDP);
	fix_ue_until(&fix_ue.seen.joined, 1);
	before = fake_pf_seen(fix_ue.pf)->invites;
	ptt_sip_client_pull(fix_ue.sc, ptt_clock_ms());
	fix_ue_until(&fix_ue.seen.joined, 2);
	ck_assert_int_gt(fake_pf_seen(fix_ue.pf)->invites, before);
	fix_ue_offer(1);
	ck_assert_int_eq(fake_pf_seen(fix_ue.pf)->answer_status, 200);
	fix_ue_finish();
}
END_TEST

START_TEST(test_offers_by_update)
{
	struct fake_pf_plan plan = {.challenges = {MD5}, .by_update = true};

	join_and_rekey(&plan, "udp");
	ck_assert_int_eq(fake_pf_seen(fix_ue.pf)->acks, 1);
	fix_ue_finish();
}
END_TEST

/* Both change the session at once: the UE refuses the PF's offer
 * while its own is out (RFC 3261 14.2). */
START_TEST(test_glare)
{
	struct fake_pf_plan plan = {.challenges = {MD5}};
	struct ptt_bytes key;

	fix_ue_begin(&plan, "udp", PTT_UE_JOIN_SDP);
	fix_ue_until(&fake_pf_seen(fix_ue.pf)->acks, 1);
	ptt_sip_client_pull(fix_ue.sc, ptt_clock_ms());
	while (ptt_sip_client_due_ms(fix_ue.sc) != INT64_MAX) {
		su_root_step(fix_ue.root, 10);
		ptt_sip_client_tick(fix_ue.sc, ptt_clock_ms());
	}
	key = fix_msk(&fix_ue.keys, 9, 0, 65535);
	fake_pf_offer(fix_ue.pf, &key);
	fix_ue_until(&fake_pf_seen(fix_ue.pf)->answers, 1);
	ck_assert_int_eq(fake_pf_seen(fix_ue.pf)->answer_status, 491);
	fix_ue_until(&fix_ue.seen.msks, 1);
	ck_assert_uint_ne(fix_ue.seen.msk_id, 0x00070009);
	fix_ue_finish();
}
END_TEST

/* The offer with the key comes while a pull for it waits: it is not sent any more. */
START_TEST(test_key_cancels_the_pull)
{
	struct fake_pf_plan plan = {.challenges = {MD5}};

	fix_ue_begin(&plan, "udp", PTT_UE_JOIN_SDP);
	fix_ue_until(&fake_pf_seen(fix_ue.pf)->acks, 1);
	ptt_sip_client_pull(fix_ue.sc, INT64_MAX / 2);
	ck_assert_int_ne(ptt_sip_client_due_ms(fix_ue.sc), INT64_MAX);
	fix_ue_offer(1);
	ck_assert_int_eq(ptt_sip_client_due_ms(fix_ue.sc), INT64_MAX);
	fix_ue_finish();
}
END_TEST

START_TEST(test_lost_ack_is_sent_again)
{
	struct fake_pf_plan plan = {.challenges = {MD5}, .deaf_once = true};

	fix_ue_begin(&plan, "udp", PTT_UE_JOIN_SDP);
	fix_ue_until(&fix_ue.seen.joined, 1);
	ck_assert_int_eq(fake_pf_seen(fix_ue.pf)->acks, 0);
	fix_ue_until(&fake_pf_seen(fix_ue.pf)->acks, 1);
	fix_ue_finish();
}
END_TEST

START_TEST(test_bye_without_403_is_no_expulsion)
{
	struct fake_pf_plan plan = {.challenges = {MD5}};

	fix_ue_begin(&plan, "udp", PTT_UE_JOIN_SDP);
	fix_ue_until(&fix_ue.seen.joined, 1);
	fake_pf_info(fix_ue.pf);
	fix_ue_until(&fake_pf_seen(fix_ue.pf)->answers, 1);
	ck_assert_int_eq(fake_pf_seen(fix_ue.pf)->answer_status, 405);
	fake_pf_bye(fix_ue.pf, NULL);
	fix_ue_until(&fix_ue.seen.ended, 1);
	ck_assert_int_eq(fix_ue.seen.end, PTT_SIP_END_BYE);
	fix_ue_finish();
}
END_TEST

START_TEST(test_nobody_listens)
{
	struct fake_pf_plan plan = {0};

	fix_ue_begin(&plan, "tcp", PTT_UE_JOIN_SDP);
	fix_ue_finish(); /* at once, with everything pending */
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("dialog");

	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, test_join_rekey_expel_udp);
	tcase_add_test(tc, test_join_sha256_tcp_and_leave);
	tcase_add_test(tc, test_unknown_challenge_is_passed_over);
	tcase_add_test(tc, test_offerless);
	tcase_add_test(tc, test_own_channel);
	tcase_add_loop_test(tc, test_refusals, 0, 4);
	tcase_add_test(tc, test_stale_nonce_is_answered_once_more);
	tcase_add_test(tc, test_wrong_password_bootstraps_once);
	tcase_add_test(tc, test_wrong_password_twice_is_the_end);
	tcase_add_test(tc, test_bad_key_is_488_and_nothing_changes);
	tcase_add_test(tc, test_channel_without_key_is_refused);
	tcase_add_test(tc, test_bad_key_in_200_zeroes_the_channel_and_pulls);
	tcase_add_test(tc, test_pull_after_491);
	tcase_add_test(tc, test_pull_after_481_joins_anew);
	tcase_add_test(tc, test_offers_by_update);
	tcase_add_test(tc, test_glare);
	tcase_add_test(tc, test_key_cancels_the_pull);
	tcase_add_test(tc, test_lost_ack_is_sent_again);
	tcase_add_test(tc, test_bye_without_403_is_no_expulsion);
	tcase_add_test(tc, test_nobody_listens);
	return check_run_case("sip_client", tc);
}
