/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The UE's SIP against a PF in the same process: joins, offers, refusals, pulls, glare, ends. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sofia-sip/su.h>

#include "fake_pf.h"
#include "module/client/sip_client.h"

#define MD5 \
	"Digest realm=\"3GPP-bootstrapping@" FIX_NAF \
	"\", nonce=\"n1\", algorithm=MD5, qop=\"auth,auth-int\""
#define SHA256 \
	"Digest realm=\"3GPP-bootstrapping@" FIX_NAF \
	"\", nonce=\"n2\", algorithm=SHA-256, qop=\"auth\""
#define PASSWORD "mEuI0QluAh1eSJgZI+LLicMMymt4V1w3hcVpTOf24Cg="

static su_root_t *root;
static struct fix_pf keys;
static struct fake_pf *pf;
static struct ptt_rekey_client *rc;
static struct ptt_ue_session *session;
static struct ptt_sip_client *sc;

static struct {
	int joined, results, passwords, again, msks, bad, ended, status;
	enum ptt_sip_end end;
	char text[64];
	uint32_t msk_id;
	bool channel;
} seen;

static int64_t clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static enum ptt_err get_password(
	void *ctx, struct ptt_sip_password *out, const char *naf, bool again)
{
	(void)ctx;
	seen.passwords++;
	seen.again += again;
	ck_assert_str_eq(naf, FIX_NAF);
	strcpy(out->btid, FIX_BTID);
	strcpy(out->text, PASSWORD);
	return ptt_rekey_client_set_muk(rc, FIX_BTID, naf, &keys.muk);
}

static void on_joined(void *ctx, const char *call_id)
{
	(void)ctx;
	ck_assert_uint_gt(strlen(call_id), 0);
	seen.joined++;
}

static void on_result(void *ctx, const struct ptt_ue_result *res)
{
	(void)ctx;
	seen.results++;
	seen.channel = ptt_ue_session_channel(session) != NULL;
	seen.bad += res->status != 200 || res->warning != 0;
	if (res->has_msk && res->status == 200) {
		seen.msks++;
		seen.msk_id = res->msk.msk_id;
	}
}

static void on_end(void *ctx, enum ptt_sip_end end, int status, const char *text)
{
	(void)ctx;
	snprintf(seen.text, sizeof(seen.text), "%s", text);
	seen.ended++;
	seen.end = end;
	seen.status = status;
}

static const struct ptt_sip_client_ops ops = {get_password, on_joined, on_result, on_end};

/* Steps both agents until `*counter` has reached `least`. */
static void until(const int *counter, int least)
{
	int64_t give_up_ms = clock_ms() + 15000;

	while (*counter < least) {
		ck_assert_msg(clock_ms() < give_up_ms, "waited in vain");
		su_root_step(root, 20);
		ptt_sip_client_tick(sc, clock_ms());
	}
}

static void begin(const struct fake_pf_plan *plan, const char *transport, enum ptt_ue_join join)
{
	struct ptt_ue_session_param param = {
		.join = join, .session_id = 1, .local = {.audio_port = 30000, .floor_port = 30001}};
	struct ptt_sip_client_param sip = {.ops = &ops,
		.address = "127.0.0.1",
		.impu = "sip:alice@poc.example.org",
		.group = "sip:alpha@poc.example.org"};

	ck_assert_int_eq(su_init(), 0);
	root = su_root_create(NULL);
	memset(&seen, 0, sizeof(seen));
	fix_pf_init(&keys);
	pf = fake_pf_new(root, transport, plan, &keys, PASSWORD);
	ck_assert_int_eq(ptt_rekey_client_new(&rc, false), PTT_OK);
	ck_assert_int_eq(ptt_rekey_client_set_muk(rc, FIX_BTID, FIX_NAF, &keys.muk), PTT_OK);
	param.keys = rc;
	fix_channel(&param.channel);
	param.local.codec = param.channel.codec;
	ck_assert(ptt_sdp_addr_get(&param.local.address, "127.0.0.1"));
	ck_assert_int_eq(ptt_ue_session_new(&session, &param), PTT_OK);
	sip.root = root;
	sip.session = session;
	sip.server = fake_pf_uri(pf);
	ck_assert_int_eq(ptt_sip_client_new(&sc, &sip), PTT_OK);
	ck_assert_int_eq(ptt_sip_client_join(sc), PTT_OK);
	ck_assert_int_eq(ptt_sip_client_join(sc), PTT_ERR_BUSY);
}

static void finish(void)
{
	ptt_sip_client_free(sc);
	ptt_ue_session_free(session);
	ptt_rekey_client_free(rc);
	fake_pf_free(pf);
	fix_pf_wipe(&keys);
	su_root_destroy(root);
	su_deinit();
}

static void offer(uint16_t number)
{
	struct ptt_bytes key = fix_msk(&keys, number, 0, 65535);
	int answers = fake_pf_seen(pf)->answers;

	fake_pf_offer(pf, &key);
	until(&fake_pf_seen(pf)->answers, answers + 1);
}

static void join_and_rekey(const struct fake_pf_plan *plan, const char *transport)
{
	begin(plan, transport, PTT_UE_JOIN_SDP);
	until(&fake_pf_seen(pf)->acks, 1);
	ck_assert_int_eq(seen.joined, 1);
	ck_assert_str_eq(fake_pf_seen(pf)->btid, FIX_BTID);
	ck_assert(!seen.channel);
	ck_assert_uint_eq(ptt_ue_session_plan(session)->peer_audio_port, 20000);
	offer(1);
	ck_assert_int_eq(fake_pf_seen(pf)->answer_status, 200);
	ck_assert(seen.channel);
	ck_assert_uint_eq(seen.msk_id, 0x00070001);
	ck_assert_ptr_nonnull(
		strstr(fake_pf_seen(pf)->answer_body, "m=application 2269 udp mikey"));
	ck_assert_ptr_null(strstr(fake_pf_seen(pf)->answer_body, "key-mgmt"));
	offer(2);
	ck_assert_uint_eq(seen.msk_id, 0x00070002);
}

START_TEST(test_join_rekey_expel_udp)
{
	struct fake_pf_plan plan = {.challenges = {MD5, SHA256}};

	join_and_rekey(&plan, "udp");
	fake_pf_bye(pf, "SIP;cause=403;text=\"expelled\"");
	until(&seen.ended, 1);
	ck_assert_int_eq(seen.end, PTT_SIP_END_EXPELLED);
	ck_assert_int_eq(seen.status, 403);
	ck_assert_str_eq(seen.text, "expelled");
	ck_assert_int_eq(seen.again, 0);
	until(&fake_pf_seen(pf)->answers, 3); /* the BYE is answered */
	ck_assert_int_eq(fake_pf_seen(pf)->answer_status, 200);
	finish();
}
END_TEST

START_TEST(test_join_sha256_tcp_and_leave)
{
	struct fake_pf_plan plan = {.challenges = {SHA256}};

	join_and_rekey(&plan, "tcp");
	ptt_sip_client_leave(sc, clock_ms());
	until(&seen.ended, 1);
	ck_assert_int_eq(seen.end, PTT_SIP_END_LEFT);
	ck_assert_int_eq(fake_pf_seen(pf)->byes, 1);
	finish();
}
END_TEST

START_TEST(test_unknown_challenge_is_passed_over)
{
	struct fake_pf_plan plan = {
		.challenges = {"Digest realm=\"x\", nonce=\"y\", algorithm=SHA-512-256", SHA256}};

	begin(&plan, "udp", PTT_UE_JOIN_SDP);
	until(&seen.joined, 1);
	finish();
}
END_TEST

START_TEST(test_offerless)
{
	struct fake_pf_plan plan = {.challenges = {MD5}};

	begin(&plan, "udp", PTT_UE_JOIN_OFFERLESS);
	until(&fake_pf_seen(pf)->acks, 1);
	ck_assert_int_eq(seen.msks, 1);
	ck_assert(seen.channel);
	ck_assert_ptr_nonnull(strstr(fake_pf_seen(pf)->ack_body, "m=audio 40000 RTP/SAVP"));
	finish();
}
END_TEST

START_TEST(test_own_channel)
{
	struct fake_pf_plan plan = {.challenges = {MD5}, .key_in_200 = true};

	begin(&plan, "udp", PTT_UE_JOIN_CHANNEL);
	until(&fake_pf_seen(pf)->acks, 1);
	ck_assert_int_eq(seen.msks, 1);
	ck_assert(seen.channel);
	ck_assert_str_eq(fake_pf_seen(pf)->ack_body, "");
	finish();
}
END_TEST

START_TEST(test_refusals)
{
	static const int codes[] = {403, 404, 486, 503};
	struct fake_pf_plan plan = {.challenges = {MD5}, .refuse = codes[_i]};

	begin(&plan, "udp", PTT_UE_JOIN_SDP);
	until(&seen.ended, 1);
	ck_assert_int_eq(seen.end, PTT_SIP_END_ERROR);
	ck_assert_int_eq(seen.status, codes[_i]);
	finish();
}
END_TEST

START_TEST(test_stale_nonce_is_answered_once_more)
{
	struct fake_pf_plan plan = {.challenges = {MD5}, .stale = 1};

	begin(&plan, "udp", PTT_UE_JOIN_SDP);
	until(&seen.joined, 1);
	ck_assert_int_eq(seen.again, 0);
	ck_assert_int_eq(fake_pf_seen(pf)->authorized, 2);
	finish();
}
END_TEST

START_TEST(test_wrong_password_bootstraps_once)
{
	struct fake_pf_plan plan = {.challenges = {MD5}, .wrong = 1};

	begin(&plan, "udp", PTT_UE_JOIN_SDP);
	until(&seen.joined, 1);
	ck_assert_int_eq(seen.again, 1);
	finish();
}
END_TEST

START_TEST(test_wrong_password_twice_is_the_end)
{
	struct fake_pf_plan plan = {.challenges = {MD5}, .wrong = 9};

	begin(&plan, "udp", PTT_UE_JOIN_SDP);
	until(&seen.ended, 1);
	ck_assert_int_eq(seen.again, 1);
	ck_assert_int_eq(seen.status, 401);
	ck_assert_int_eq(seen.end, PTT_SIP_END_ERROR);
	ck_assert_int_eq(fake_pf_seen(pf)->invites, 3);
	finish();
}
END_TEST

START_TEST(test_bad_key_is_488_and_nothing_changes)
{
	struct fake_pf_plan plan = {.challenges = {MD5}};
	struct ptt_bytes key;

	begin(&plan, "udp", PTT_UE_JOIN_SDP);
	until(&seen.joined, 1);
	key = fix_msk(&keys, 1, 0, 65535);
	keys.out[key.len - 1] ^= 1;
	fake_pf_offer(pf, &key);
	until(&fake_pf_seen(pf)->answers, 1);
	ck_assert_int_eq(fake_pf_seen(pf)->answer_status, 488);
	ck_assert_int_eq(fake_pf_seen(pf)->warning, 306);
	ck_assert(!ptt_rekey_client_has_msk(rc));
	offer(1); /* sealed again, with a fresh counter */
	ck_assert_int_eq(fake_pf_seen(pf)->answer_status, 200);
	keys.counter = 1;
	offer(2); /* stale */
	ck_assert_int_eq(fake_pf_seen(pf)->answer_status, 488);
	ck_assert_int_eq(fake_pf_seen(pf)->warning, 306);
	ck_assert_uint_eq(seen.msk_id, 0x00070001);
	ck_assert(ptt_sip_client_joined(sc));
	finish();
}
END_TEST

/* Neither without a key nor in the clear: goals.md "bid-down". */
START_TEST(test_channel_without_key_is_refused)
{
	struct fake_pf_plan plan = {.challenges = {MD5}};
	struct ptt_bytes none = {NULL, 0};

	begin(&plan, "udp", PTT_UE_JOIN_SDP);
	until(&seen.joined, 1);
	fake_pf_offer(pf, &none);
	until(&fake_pf_seen(pf)->answers, 1);
	ck_assert_int_eq(fake_pf_seen(pf)->answer_status, 488);
	ck_assert(!seen.channel);
	offer(1);
	none.len = 0;
	fake_pf_offer(pf, &none); /* a refresh, now that a key is held */
	until(&fake_pf_seen(pf)->answers, 3);
	ck_assert_int_eq(fake_pf_seen(pf)->answer_status, 200);
	ck_assert(seen.channel);
	finish();
}
END_TEST

START_TEST(test_bad_key_in_200_zeroes_the_channel_and_pulls)
{
	struct fake_pf_plan plan = {.challenges = {MD5}, .bad_key = true};

	begin(&plan, "udp", PTT_UE_JOIN_OFFERLESS);
	until(&fake_pf_seen(pf)->acks, 1);
	ck_assert_ptr_nonnull(strstr(fake_pf_seen(pf)->ack_body, "m=audio 0 RTP/SAVP"));
	ck_assert_int_eq(seen.msks, 0);
	until(&seen.msks, 1);
	ck_assert_int_eq(fake_pf_seen(pf)->reinvites, 1);
	ck_assert(seen.channel);
	finish();
}
END_TEST

START_TEST(test_pull_after_491)
{
	struct fake_pf_plan plan = {.challenges = {MD5}, .pull_status = 491};
	int64_t at_ms;

	begin(&plan, "udp", PTT_UE_JOIN_SDP);
	until(&seen.joined, 1);
	ptt_sip_client_pull(sc, clock_ms());
	ptt_sip_client_pull(sc, clock_ms()); /* at most one */
	until(&fake_pf_seen(pf)->reinvites, 1);
	at_ms = clock_ms();
	until(&seen.msks, 1);
	ck_assert_int_ge(clock_ms() - at_ms, 2000); /* RFC 3261 14.1: 2.1 s at least */
	ck_assert_int_eq(fake_pf_seen(pf)->reinvites, 2);
	finish();
}
END_TEST

START_TEST(test_pull_after_481_joins_anew)
{
	struct fake_pf_plan plan = {.challenges = {MD5}, .pull_status = 481};
	int before;

	begin(&plan, "udp", PTT_UE_JOIN_SDP);
	until(&seen.joined, 1);
	before = fake_pf_seen(pf)->invites;
	ptt_sip_client_pull(sc, clock_ms());
	until(&seen.joined, 2);
	ck_assert_int_gt(fake_pf_seen(pf)->invites, before);
	offer(1);
	ck_assert_int_eq(fake_pf_seen(pf)->answer_status, 200);
	finish();
}
END_TEST

START_TEST(test_offers_by_update)
{
	struct fake_pf_plan plan = {.challenges = {MD5}, .by_update = true};

	join_and_rekey(&plan, "udp");
	ck_assert_int_eq(fake_pf_seen(pf)->acks, 1);
	finish();
}
END_TEST

/* Both change the session at once: the UE refuses the PF's offer while its own is out (RFC 3261 14.2). */
START_TEST(test_glare)
{
	struct fake_pf_plan plan = {.challenges = {MD5}};
	struct ptt_bytes key;

	begin(&plan, "udp", PTT_UE_JOIN_SDP);
	until(&fake_pf_seen(pf)->acks, 1);
	ptt_sip_client_pull(sc, clock_ms());
	while (ptt_sip_client_due_ms(sc) != INT64_MAX) {
		su_root_step(root, 10);
		ptt_sip_client_tick(sc, clock_ms());
	}
	key = fix_msk(&keys, 9, 0, 65535);
	fake_pf_offer(pf, &key);
	until(&fake_pf_seen(pf)->answers, 1);
	ck_assert_int_eq(fake_pf_seen(pf)->answer_status, 491);
	until(&seen.msks, 1);
	ck_assert_uint_ne(seen.msk_id, 0x00070009);
	finish();
}
END_TEST

/* The offer with the key comes while a pull for it waits: it is not sent any more. */
START_TEST(test_key_cancels_the_pull)
{
	struct fake_pf_plan plan = {.challenges = {MD5}};

	begin(&plan, "udp", PTT_UE_JOIN_SDP);
	until(&fake_pf_seen(pf)->acks, 1);
	ptt_sip_client_pull(sc, INT64_MAX / 2);
	ck_assert_int_ne(ptt_sip_client_due_ms(sc), INT64_MAX);
	offer(1);
	ck_assert_int_eq(ptt_sip_client_due_ms(sc), INT64_MAX);
	finish();
}
END_TEST

START_TEST(test_lost_ack_is_sent_again)
{
	struct fake_pf_plan plan = {.challenges = {MD5}, .deaf_once = true};

	begin(&plan, "udp", PTT_UE_JOIN_SDP);
	until(&seen.joined, 1);
	ck_assert_int_eq(fake_pf_seen(pf)->acks, 0);
	until(&fake_pf_seen(pf)->acks, 1);
	finish();
}
END_TEST

START_TEST(test_bye_without_403_is_no_expulsion)
{
	struct fake_pf_plan plan = {.challenges = {MD5}};

	begin(&plan, "udp", PTT_UE_JOIN_SDP);
	until(&seen.joined, 1);
	fake_pf_info(pf);
	until(&fake_pf_seen(pf)->answers, 1);
	ck_assert_int_eq(fake_pf_seen(pf)->answer_status, 405);
	fake_pf_bye(pf, NULL);
	until(&seen.ended, 1);
	ck_assert_int_eq(seen.end, PTT_SIP_END_BYE);
	finish();
}
END_TEST

START_TEST(test_nobody_listens)
{
	struct fake_pf_plan plan = {0};

	begin(&plan, "tcp", PTT_UE_JOIN_SDP);
	finish(); /* at once, with everything pending */
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sip_client");
	TCase *tc = tcase_create("dialog");
	SRunner *sr = srunner_create(suite);
	int failed;

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
	suite_add_tcase(suite, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
