/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Offers and answers: acceptance, refusals, holds, unknown lines. */
#include "tests/unit/sdp/channel_fixture.h"
#include "tests/unit/check_main.h"

START_TEST(test_refused)
{
	join_unicast();
	ck_assert_int_eq(ptt_media_plan_add_channel(&pf), PTT_OK);
	pf_offers(true);
	ck_assert_int_eq(ue_answers(false), PTT_VERDICT_MISMATCH);
	ck_assert_ptr_nonnull(strstr(reply, "m=audio 0 RTP/SAVP 97\r\nm=application 0 udp TBCP\r\n"
					    "m=application 0 udp mikey\r\n"));
	ck_assert_int_eq(pf_checks(), PTT_OK);
	ck_assert_int_eq(verdict, PTT_VERDICT_REFUSED);
	ck_assert_uint_eq(pf.channel, PTT_CHANNEL_OFF);
	/* From now on the slots stay, at port 0 and without a key. */
	pf_offers(true);
	ck_assert_ptr_null(strstr(sdp_text, "key-mgmt"));
	ck_assert_ptr_null(strstr(sdp_text, "source-filter"));
	ck_assert_int_eq(ue_answers(true), PTT_VERDICT_UNCHANGED);
	ck_assert_int_eq(pf_checks(), PTT_OK);
	ck_assert_int_eq(verdict, PTT_VERDICT_UNCHANGED);
	/* A pull: the same slots come back into use. */
	ck_assert_int_eq(ptt_media_plan_add_channel(&pf), PTT_OK);
	ck_assert_uint_eq(pf.slot_count, 5);
	pf_offers(true);
	ck_assert_int_eq(ue_answers(true), PTT_VERDICT_ACCEPTED);
	ck_assert_int_eq(pf_checks(), PTT_OK);
	ck_assert_int_eq(verdict, PTT_VERDICT_ACCEPTED);
}
END_TEST

START_TEST(test_answers)
{
	static const struct {
		const char *from, *to;
		enum ptt_err err;
		enum ptt_channel_verdict verdict;
	} cases[] = {
		{"b=RS:0\r\nb=RR:0\r\n", "", PTT_OK, PTT_VERDICT_ACCEPTED},
		{"a=label:mpoc-keys\r\n", "", PTT_OK, PTT_VERDICT_ACCEPTED},
		{"a=label:mpoc-audio\r\n", "a=ptime:100\r\n", PTT_OK, PTT_VERDICT_ACCEPTED},
		{"a=label:mpoc-audio\r\na=recvonly\r\n", "a=recvonly\r\n", PTT_OK,
			PTT_VERDICT_ACCEPTED},
		{"m=audio 40000", "m=audio 0", PTT_OK, PTT_VERDICT_REFUSED},
		{"m=application 40002", "m=application 0", PTT_OK, PTT_VERDICT_REFUSED},
		{"m=application 2269", "m=application 0", PTT_OK, PTT_VERDICT_REFUSED},
		{"m=audio 40000", "m=audio 40004", PTT_ERR_MISMATCH, PTT_VERDICT_MISMATCH},
		{"m=application 2269", "m=application 2270", PTT_ERR_MISMATCH,
			PTT_VERDICT_MISMATCH},
		{"c=IN IP4 233.252.0.17/1", "c=IN IP4 233.252.0.18/1", PTT_ERR_MISMATCH,
			PTT_VERDICT_MISMATCH},
		{"c=IN IP4 233.252.0.17/1\r\n", "", PTT_ERR_MISMATCH, PTT_VERDICT_MISMATCH},
		{"a=recvonly", "a=sendonly", PTT_ERR_MISMATCH, PTT_VERDICT_MISMATCH},
		{"a=recvonly\r\n", "", PTT_ERR_MISMATCH, PTT_VERDICT_MISMATCH},
		{"RTP/SAVP", "RTP/AVP", PTT_ERR_MISMATCH, PTT_VERDICT_MISMATCH},
		{"udp mikey", "udp TBCP", PTT_ERR_MISMATCH, PTT_VERDICT_MISMATCH},
		{"m=application 49180 udp TBCP\r\n", "", PTT_ERR_MISMATCH, PTT_VERDICT_MISMATCH},
		{"m=application 49180 udp TBCP\r\n",
			"m=application 49180 udp TBCP\r\nm=audio 0 RTP/AVP 0\r\n", PTT_ERR_MISMATCH,
			PTT_VERDICT_MISMATCH},
		{"RTP/AVP 97\r\na=rtpmap:97 AMR/8000/1\r\na=fmtp:97 octet-align=1", "RTP/AVP 96",
			PTT_ERR_MISMATCH, PTT_VERDICT_MISMATCH},
		{"m=audio 49170", "m=audio 0", PTT_OK, PTT_VERDICT_ACCEPTED},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ptt_media_plan before;

		channel_set_up();
		join_unicast();
		ck_assert_int_eq(ptt_media_plan_add_channel(&pf), PTT_OK);
		pf_offers(true);
		ck_assert_int_eq(ue_answers(true), PTT_VERDICT_ACCEPTED);
		replace(reply, sizeof(reply), cases[i].from, cases[i].to);
		before = pf;
		ck_assert_msg(pf_checks() == cases[i].err && verdict == cases[i].verdict,
			"%s -> %s: verdict %d", cases[i].from, cases[i].to, verdict);
		if (cases[i].err != PTT_OK)
			ck_assert_mem_eq(&before, &pf, sizeof(pf));
	}
}
END_TEST

START_TEST(test_offerless)
{
	/* The 200 OK is the offer: unicast and channel at once; the ACK answers. */
	ptt_media_plan_init(&pf, &server);
	ck_assert_int_eq(ptt_media_plan_add_channel(&pf), PTT_OK);
	pf_offers(true);
	ck_assert_int_eq(ue_answers(true), PTT_VERDICT_ACCEPTED);
	ck_assert_uint_eq(ue.peer_audio_port, server.audio_port);
	ck_assert_int_eq(pf_checks(), PTT_OK);
	ck_assert_int_eq(verdict, PTT_VERDICT_ACCEPTED);
	ck_assert_uint_eq(pf.peer_audio_port, client.audio_port);
	ck_assert_uint_eq(pf.peer_floor_port, client.floor_port);
}
END_TEST

START_TEST(test_ue_offers_channel)
{
	ptt_media_plan_init(&ue, &client);
	ck_assert_int_eq(ptt_media_plan_add_channel(&ue), PTT_OK);
	ue_offers();
	ck_assert_str_eq(sdp_text, UE_OFFER CHANNEL_LINES(""));
	ck_assert_int_eq(pf_answers(), PTT_VERDICT_ACCEPTED);
	ck_assert_int_eq(ue_checks(), PTT_OK);
	ck_assert_int_eq(verdict, PTT_VERDICT_ACCEPTED);
	ck_assert_uint_eq(lines.mikey_len, BLOB_LEN);
	/* Its next offer (a refresh) gets the same answer, without a key. */
	ue_offers();
	ck_assert_int_eq(pf_answers(), PTT_VERDICT_UNCHANGED);
	ck_assert_ptr_null(strstr(reply, "key-mgmt"));
	ck_assert_ptr_nonnull(strstr(reply, CHANNEL_LINES("")));
	ck_assert_int_eq(ue_checks(), PTT_OK);
}
END_TEST

START_TEST(test_ue_offers_wrong_channel)
{
	ptt_media_plan_init(&ue, &client);
	ck_assert_int_eq(ptt_media_plan_add_channel(&ue), PTT_OK);
	ue_offers();
	replace(sdp_text, sizeof(sdp_text), "40002", "40012");
	ck_assert_int_eq(pf_answers(), PTT_VERDICT_MISMATCH);
	ck_assert_ptr_null(strstr(reply, "key-mgmt"));
	ck_assert_ptr_nonnull(
		strstr(reply, "m=audio 0 RTP/SAVP 97\r\nm=application 0 udp TBCP\r\n"));
	ck_assert_int_eq(ue_checks(), PTT_OK);
	ck_assert_int_eq(verdict, PTT_VERDICT_REFUSED);
	/* The re-INVITE brings the right ones, in the same slots. */
	ck_assert_int_eq(ptt_media_plan_add_channel(&pf), PTT_OK);
	pf_offers(true);
	ck_assert_int_eq(ue_answers(true), PTT_VERDICT_ACCEPTED);
	ck_assert_int_eq(pf_checks(), PTT_OK);
	ck_assert_uint_eq(pf.slot_count, 5);
}
END_TEST

START_TEST(test_partial_channel)
{
	read_text(UE_OFFER
		"m=application 2269 udp mikey\r\nc=IN IP4 233.252.0.17/1\r\na=recvonly\r\n");
	ck_assert_int_eq(
		ptt_media_plan_on_offer(&pf, &verdict, &lines, &server, &test_channel), PTT_OK);
	ck_assert_int_eq(verdict, PTT_VERDICT_MISMATCH);
	ck_assert_uint_eq(pf.slot[2].kind, PTT_LINE_OTHER);
	ck_assert_int_eq(ptt_media_plan_add_channel(&pf), PTT_OK);
	ck_assert_uint_eq(pf.slot_count, 6);
	pf_offers(true);
	ck_assert_ptr_nonnull(strstr(sdp_text, "m=application 0 udp 0\r\nm=audio 40000"));
}
END_TEST

START_TEST(test_hold)
{
	join_unicast();
	ck_assert_int_eq(ptt_media_plan_add_channel(&pf), PTT_OK);
	pf_offers(true);
	ck_assert_int_eq(ue_answers(true), PTT_VERDICT_ACCEPTED);
	ck_assert_int_eq(pf_checks(), PTT_OK);
	ue.direction = PTT_DIR_SENDONLY;
	ue_offers();
	ck_assert_int_eq(pf_answers(), PTT_VERDICT_UNCHANGED);
	ck_assert_uint_eq(pf.direction, PTT_DIR_RECVONLY);
	ck_assert_int_eq(ue_checks(), PTT_OK);
	/* A re-key meanwhile does not resume it. */
	pf_offers(true);
	ck_assert_int_eq(ue_answers(true), PTT_VERDICT_UNCHANGED);
	ck_assert_uint_eq(ue.direction, PTT_DIR_SENDONLY);
	ck_assert_int_eq(pf_checks(), PTT_OK);
	/* Old form of hold, then resume. */
	ue.direction = PTT_DIR_SENDRECV;
	ue_offers();
	replace(sdp_text, sizeof(sdp_text), "c=IN IP4 127.0.0.9", "c=IN IP4 0.0.0.0");
	ck_assert_int_eq(pf_answers(), PTT_VERDICT_UNCHANGED);
	ck_assert_uint_eq(pf.direction, PTT_DIR_RECVONLY);
	ue_offers();
	ck_assert_int_eq(pf_answers(), PTT_VERDICT_UNCHANGED);
	ck_assert_uint_eq(pf.direction, PTT_DIR_SENDRECV);
}
END_TEST

START_TEST(test_ue_drops_channel)
{
	ptt_media_plan_init(&ue, &client);
	ck_assert_int_eq(ptt_media_plan_add_channel(&ue), PTT_OK);
	ue_offers();
	ck_assert_int_eq(pf_answers(), PTT_VERDICT_ACCEPTED);
	ptt_media_plan_zero_channel(&ue);
	ue_offers();
	ck_assert_int_eq(pf_answers(), PTT_VERDICT_REFUSED);
	ck_assert_uint_eq(pf.channel, PTT_CHANNEL_OFF);
	ck_assert_int_eq(ue_checks(), PTT_OK);
	/* the UE offers the channel again: our answer carries the key */
	ck_assert_int_eq(ptt_media_plan_add_channel(&ue), PTT_OK);
	ue_offers();
	ck_assert_int_eq(pf_answers(), PTT_VERDICT_ACCEPTED);
	ck_assert_ptr_nonnull(strstr(reply, "key-mgmt"));
	/* an offer with fewer lines than before is refused */
	read_text(UE_OFFER);
	ck_assert_int_eq(ptt_media_plan_on_offer(&pf, &verdict, &lines, &server, &test_channel),
		PTT_ERR_MALFORMED);
}
END_TEST

START_TEST(test_mixed_lines)
{
	/* Unknown lines, two audio lines, another payload type, TBCP first. */
	static const char offer[] =
		"v=0\r\no=x 1 1 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\n"
		"m=message 7394 TCP/MSRP *\r\nm=application 49180 UDP tbcp\r\n"
		"a=fmtp:TBCP queuing=1\r\nm=audio 49170 RTP/AVP 0 104 105\r\n"
		"a=rtpmap:104 AMR/8000\r\na=rtpmap:105 amr/8000\r\na=fmtp:105 octet-align=1\r\n"
		"m=audio 49172 RTP/AVP 105\r\na=rtpmap:105 AMR/8000\r\nm=x-odd 5 X/Y z\r\n";

	strcpy(sdp_text, offer);
	ck_assert_int_eq(pf_answers(), PTT_VERDICT_UNCHANGED);
	ck_assert_str_eq(reply,
		"v=0\r\no=- 4294967295 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
		"m=message 0 TCP/MSRP *\r\nm=application 16386 udp TBCP\r\n"
		"m=audio 16384 RTP/AVP 105\r\na=rtpmap:105 AMR/8000/1\r\n"
		"a=fmtp:105 octet-align=1\r\n"
		"m=audio 0 RTP/AVP 105\r\nm=x-odd 0 X/Y z\r\n");
	ck_assert_int_eq(ptt_media_plan_add_channel(&pf), PTT_OK);
	pf_offers(true);
	ck_assert_ptr_nonnull(
		strstr(sdp_text, "m=message 0 TCP/MSRP 0\r\nm=application 16386 udp TBCP\r\n"));
	ck_assert_ptr_nonnull(
		strstr(sdp_text, "m=audio 0 RTP/AVP 0\r\nm=application 0 udp 0\r\nm=audio 40000"));
	/* AMR without octet-align is accepted, and the plan says so. */
	memset(&pf, 0, sizeof(pf));
	strcpy(sdp_text, offer);
	replace(sdp_text, sizeof(sdp_text), "octet-align=1", "mode-set=7");
	(void)pf_answers();
	ck_assert_uint_eq(pf.audio_pt, 104);
	ck_assert_uint_eq(pf.audio_octet_align, 0);
	ck_assert_ptr_null(strstr(reply, "octet-align"));
}
END_TEST

START_TEST(test_not_acceptable)
{
	ck_assert_int_eq(pf_takes("m=audio 49170 RTP/AVP 0\r\n"), PTT_ERR_UNSUPPORTED);
	ck_assert_int_eq(
		pf_takes("m=audio 0 RTP/AVP 97\r\na=rtpmap:97 AMR/8000\r\n"), PTT_ERR_UNSUPPORTED);
	ck_assert_int_eq(pf_takes("m=audio 49170 RTP/SAVP 97\r\na=rtpmap:97 AMR/8000\r\n"),
		PTT_ERR_UNSUPPORTED);
	ck_assert_int_eq(pf_takes("m=audio 49170 RTP/AVP 97\r\nc=IN IP4 pc.example.org\r\n"
				  "a=rtpmap:97 AMR/8000\r\n"),
		PTT_ERR_UNSUPPORTED);
	ck_assert_int_eq(pf_takes("m=video 49170 RTP/AVP 34\r\n"), PTT_ERR_UNSUPPORTED);
	ck_assert_int_eq(pf_takes(""), PTT_ERR_MALFORMED);
	ck_assert_uint_eq(pf.slot_count, 0); /* an error leaves the plan unchanged */
	/* Our payload type without an rtpmap is our codec; another number is unknown. */
	ck_assert_int_eq(pf_takes("m=audio 49170 RTP/AVP 97\r\n"), PTT_OK);
	ck_assert_uint_eq(pf.audio_octet_align, 1);
	ck_assert_int_eq(pf_takes("m=audio 49170 RTP/AVP 98\r\n"), PTT_ERR_UNSUPPORTED);
	/* A softphone without TBCP in a PCMU group */
	ck_assert_int_eq(ptt_sdp_codec_get(&server.codec, "PCMU/8000"), PTT_OK);
	ck_assert_int_eq(pf_takes("m=audio 49170 RTP/AVP 8 0\r\n"), PTT_OK);
	ck_assert_uint_eq(pf.audio_pt, 0);
	pf_offers(false);
	ck_assert_ptr_nonnull(strstr(sdp_text, "m=audio 16384 RTP/AVP 0\r\n"));
	ck_assert_ptr_null(strstr(sdp_text, "rtpmap"));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("offer_answer");

	tcase_add_checked_fixture(tc, channel_set_up, NULL);
	tcase_add_test(tc, test_refused);
	tcase_add_test(tc, test_answers);
	tcase_add_test(tc, test_offerless);
	tcase_add_test(tc, test_ue_offers_channel);
	tcase_add_test(tc, test_ue_offers_wrong_channel);
	tcase_add_test(tc, test_partial_channel);
	tcase_add_test(tc, test_hold);
	tcase_add_test(tc, test_ue_drops_channel);
	tcase_add_test(tc, test_mixed_lines);
	tcase_add_test(tc, test_not_acceptable);
	return check_run_case("channel_answers", tc);
}
