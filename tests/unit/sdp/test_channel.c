/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing and reading: literal bodies, sizes, address families, random plans. */
#include "tests/unit/sdp/channel_fixture.h"
#include "tests/unit/check_main.h"

START_TEST(test_unicast_literal)
{
	join_unicast();
	ck_assert_str_eq(sdp_text, UE_OFFER);
	ck_assert_str_eq(reply,
		"v=0\r\no=- 4294967295 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
		"m=audio 16384 RTP/AVP 97\r\na=rtpmap:97 AMR/8000/1\r\na=fmtp:97 octet-align=1\r\n"
		"m=application 16386 udp TBCP\r\n");
	ck_assert_uint_eq(pf.peer_audio_port, 49170);
	ck_assert_uint_eq(pf.peer_floor_port, 49180);
	ck_assert_uint_eq(ue.peer_audio_port, 16384);
	ck_assert_uint_eq(ue.peer_floor_port, 16386);
	ck_assert(ptt_sdp_addr_equal(&pf.peer_audio_address, &client.address));
	ck_assert(ptt_sdp_addr_equal(&ue.peer_floor_address, &server.address));
	ck_assert_uint_eq(pf.channel, PTT_CHANNEL_NONE);
}
END_TEST

START_TEST(test_channel_literal)
{
	struct ptt_sdp_body body;

	join_unicast();
	ck_assert_int_eq(ptt_media_plan_add_channel(&pf), PTT_OK);
	body = pf_body(2, true);
	body.mikey.len = 4;
	ck_assert_int_eq(ptt_sdp_offer_put(sdp_text, &text_len, sizeof(sdp_text), &body), PTT_OK);
	ck_assert_str_eq(sdp_text,
		"v=0\r\no=- 4294967295 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
		"a=source-filter: incl IN IP4 233.252.0.17 127.0.0.1\r\n"
		"m=audio 16384 RTP/AVP 97\r\na=rtpmap:97 AMR/8000/1\r\na=fmtp:97 octet-align=1\r\n"
		"m=application 16386 udp TBCP\r\n" CHANNEL_LINES("a=key-mgmt:mikey AAsWIQ==\r\n"));
	ck_assert_int_eq(ue_answers(true), PTT_VERDICT_ACCEPTED);
	ck_assert_str_eq(reply,
		"v=0\r\no=- 77 2 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\n"
		"m=audio 49170 RTP/AVP 97\r\na=rtpmap:97 AMR/8000/1\r\na=fmtp:97 octet-align=1\r\n"
		"m=application 49180 udp TBCP\r\n" CHANNEL_LINES(""));
	ck_assert_int_eq(pf_checks(), PTT_OK);
	ck_assert_int_eq(verdict, PTT_VERDICT_ACCEPTED);
}
END_TEST

/*
 * The laboratory's re-INVITE: short names, compact headers, no Route (docs/wire.md section 4.7).
 */
static const char lab_head[] =
	"INVITE sip:alice@127.0.0.9:5070 SIP/2.0\r\n"
	"v:SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK0123456789abcdef;rport\r\n"
	"Max-Forwards:70\r\nf:<sip:alpha@poc.example.org>;tag=0123456789abcdef\r\n"
	"t:<sip:alice@poc.example.org>;tag=0123456789abcdef\r\n"
	"i:01234567-89ab-cdef-0123-456789abcdef\r\nCSeq:4294967295 INVITE\r\n"
	"m:<sip:alpha@127.0.0.1:5060>\r\nc:application/sdp\r\nl:1234\r\n\r\n";

START_TEST(test_size)
{
	join_unicast();
	ck_assert_int_eq(ptt_media_plan_add_channel(&pf), PTT_OK);
	pf_offers(true);
	printf("re-INVITE in lab form: body %zu + head %zu = %zu of 1300 bytes\n", text_len,
		strlen(lab_head), text_len + strlen(lab_head));
	ck_assert_uint_le(text_len, 860);
	ck_assert_uint_le(text_len + strlen(lab_head), 1300);
}
END_TEST

START_TEST(test_space)
{
	struct ptt_sdp_body body;
	size_t whole;

	join_unicast();
	ck_assert_int_eq(ptt_media_plan_add_channel(&pf), PTT_OK);
	pf_offers(true);
	whole = text_len;
	body = pf_body(2, true);
	for (size_t size = 0; size <= whole; size++)
		ck_assert_int_eq(
			ptt_sdp_offer_put(sdp_text, &text_len, size, &body), PTT_ERR_NO_SPACE);
	ck_assert_int_eq(ptt_sdp_offer_put(sdp_text, &text_len, whole + 1, &body), PTT_OK);
}
END_TEST

START_TEST(test_channel_read)
{
	struct ptt_channel_sdp seen;

	join_unicast();
	test_channel.mbms_mode = 269087077;
	ck_assert_int_eq(ptt_media_plan_add_channel(&pf), PTT_OK);
	pf_offers(true);
	ck_assert_ptr_nonnull(strstr(sdp_text, "a=mbms-mode:broadcast 269087077\r\n"));
	read_text(sdp_text);
	ck_assert_int_eq(ptt_channel_sdp_get(&seen, &lines), PTT_OK);
	ck_assert(ptt_sdp_addr_equal(&seen.group, &test_channel.group));
	ck_assert(ptt_sdp_addr_equal(&seen.source, &test_channel.source));
	ck_assert_uint_eq(seen.ttl, 1);
	ck_assert_uint_eq(seen.audio_port, 40000);
	ck_assert_uint_eq(seen.floor_port, 40002);
	ck_assert_uint_eq(seen.key_port, 2269);
	ck_assert_str_eq(seen.codec.name, "AMR/8000/1");
	ck_assert_str_eq(seen.codec.fmtp, "octet-align=1");
	ck_assert_uint_eq(seen.mbms_mode, 269087077);
	ck_assert_uint_eq(lines.mikey_len, BLOB_LEN);
	ck_assert_mem_eq(lines.mikey, blob, BLOB_LEN);
}
END_TEST

START_TEST(test_key_places)
{
	char *at;

	join_unicast();
	ck_assert_int_eq(ptt_media_plan_add_channel(&pf), PTT_OK);
	pf_offers(false);
	read_text(sdp_text);
	ck_assert_uint_eq(lines.mikey_len, 0);
	replace(sdp_text, sizeof(sdp_text), "t=0 0\r\n", "t=0 0\r\na=key-mgmt:mikey AAAA\r\n");
	read_text(sdp_text);
	ck_assert_uint_eq(lines.mikey_len, 3);
	pf_offers(false);
	replace(sdp_text, sizeof(sdp_text), "a=label:mpoc-audio\r\n",
		"a=key-mgmt:mikey AAAAAAAA\r\n");
	read_text(sdp_text);
	ck_assert_uint_eq(lines.mikey_len, 6);
	/* An unreadable key must not count as none. */
	at = strstr(sdp_text, "AAAAAAAA");
	*at = '*';
	ck_assert_int_eq(ptt_sdp_lines_get(&lines, ptt_bytes_of_str(sdp_text)), PTT_ERR_MALFORMED);
}
END_TEST

START_TEST(test_too_many_lines)
{
	char media[1024] = "m=audio 49170 RTP/AVP 97\r\na=rtpmap:97 AMR/8000\r\n";

	for (int i = 0; i < PTT_SDP_MAX_LINES - 3; i++)
		strcat(media, "m=video 5 RTP/AVP 34\r\n");
	ck_assert_int_eq(pf_takes(media), PTT_OK);
	ck_assert_int_eq(ptt_media_plan_add_channel(&pf), PTT_ERR_NO_SPACE);
	ck_assert_uint_eq(pf.channel, PTT_CHANNEL_NONE);
}
END_TEST

START_TEST(test_ipv6)
{
	ck_assert(ptt_sdp_addr_get(&test_channel.group, "ff15::101"));
	ck_assert(ptt_sdp_addr_get(&test_channel.source, "2001:db8::1"));
	ck_assert(ptt_sdp_addr_get(&server.address, "2001:db8::1"));
	ck_assert(ptt_sdp_addr_get(&client.address, "2001:db8::9"));
	ck_assert_int_eq(ptt_channel_sdp_check(&test_channel), PTT_OK);
	join_unicast();
	ck_assert_int_eq(ptt_media_plan_add_channel(&pf), PTT_OK);
	pf_offers(true);
	ck_assert_ptr_nonnull(strstr(sdp_text, "\r\nc=IN IP6 ff15::101\r\n"));
	ck_assert_ptr_nonnull(
		strstr(sdp_text, "a=source-filter: incl IN IP6 ff15::101 2001:db8::1\r\n"));
	ck_assert_int_eq(ue_answers(true), PTT_VERDICT_ACCEPTED);
	ck_assert(ptt_sdp_addr_equal(&lines.source, &test_channel.source));
	ck_assert_int_eq(pf_checks(), PTT_OK);
}
END_TEST

START_TEST(test_config)
{
	struct ptt_sdp_codec codec;
	static const char *const bad[] = {"", "AMR", "AMR/", "AMR/x", "AMR/0/1", "AMR/8000/0",
		"AMR/8000/1x", "A B/8000", "AMR/8000/1/1", "averyverylongname/8000/1"};

	ck_assert_int_eq(ptt_channel_sdp_check(&test_channel), PTT_OK);
	test_channel.key_port = test_channel.audio_port;
	ck_assert_int_eq(ptt_channel_sdp_check(&test_channel), PTT_ERR_MALFORMED);
	test_channel.key_port = 2269;
	test_channel.source = test_channel.group;
	ck_assert_int_eq(ptt_channel_sdp_check(&test_channel), PTT_ERR_MALFORMED);
	(void)ptt_sdp_addr_get(&test_channel.source, "::1");
	ck_assert_int_eq(ptt_channel_sdp_check(&test_channel), PTT_ERR_MALFORMED);
	memset(&test_channel.source, 0, sizeof(test_channel.source));
	ck_assert_int_eq(ptt_channel_sdp_check(&test_channel), PTT_OK);
	(void)ptt_sdp_addr_get(&test_channel.group, "192.0.2.1");
	ck_assert_int_eq(ptt_channel_sdp_check(&test_channel), PTT_ERR_MALFORMED);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(ptt_sdp_codec_get(&codec, bad[i]) == PTT_ERR_MALFORMED, "%s", bad[i]);
	ck_assert_int_eq(ptt_sdp_codec_get(&codec, "AMR-WB/16000"), PTT_OK);
	ck_assert_str_eq(codec.name, "AMR-WB/16000/1");
	ck_assert_str_eq(codec.fmtp, "octet-align=1");
	ck_assert_int_eq(ptt_sdp_codec_get(&codec, "opus/48000/2"), PTT_OK);
	ck_assert_str_eq(codec.fmtp, "");
	ck_assert_uint_eq(codec.payload_type, 97);
	ck_assert_int_eq(ptt_sdp_codec_get(&codec, "PCMU/8000/1"), PTT_OK);
	ck_assert_uint_eq(codec.payload_type, 0);
}
END_TEST

/*
 * For each offer that is accepted: a strict offerer accepts our answer, and the re-INVITE with the
 * channel after it.
 */
START_TEST(test_property)
{
	static const char *const media[] = {"m=audio 49170 RTP/AVP 97\r\na=rtpmap:97 AMR/8000\r\n",
		"m=audio 49170 RTP/AVP 98 97\r\na=rtpmap:97 AMR/8000/1\r\n"
		"a=fmtp:97 octet-align=1\r\n",
		"m=application 5000 udp TBCP\r\n", "m=application 0 udp TBCP\r\n",
		"m=application 5002 udp MBCP\r\na=fmtp:MBCP queuing=1\r\n",
		"m=video 6000 RTP/AVP 34\r\n", "m=video 0 RTP/AVPF 34\r\n", CHANNEL_LINES(""),
		"m=application 2269 udp mikey\r\n"};
	enum { KINDS = sizeof(media) / sizeof(media[0]) };
	unsigned seed = 1, taken = 0;

	for (int round = 0; round < 4000; round++) {
		static struct ptt_sdp_lines offer;

		channel_set_up();
		strcpy(sdp_text, "v=0\r\no=- 1 1 IN IP4 127.0.0.9\r\ns=-\r\n"
				 "c=IN IP4 127.0.0.9\r\nt=0 0\r\n");
		for (unsigned i = 0, count = 1 + (unsigned)round % 5; i < count; i++) {
			seed = seed * 1103515245u + 12345u;
			strcat(sdp_text, media[(seed >> 16) % KINDS]);
		}
		if (ptt_sdp_lines_get(&offer, ptt_bytes_of_str(sdp_text)) != PTT_OK)
			continue;
		lines = offer;
		if (ptt_media_plan_on_offer(&pf, &verdict, &offer, &server, &test_channel) !=
			PTT_OK)
			continue;
		taken++;
		pf_answers();
		read_text(reply);
		ck_assert_uint_eq(lines.count, offer.count);
		for (int i = 0; i < offer.count; i++) {
			ck_assert_str_eq(lines.line[i].media, offer.line[i].media);
			ck_assert(offer.line[i].port != 0 || lines.line[i].port == 0);
		}
		if (ptt_media_plan_add_channel(&pf) != PTT_OK)
			continue;
		pf_offers(true);
		ck_assert_int_eq(ue_answers(true), PTT_VERDICT_ACCEPTED);
		ck_assert_int_eq(pf_checks(), PTT_OK);
		ck_assert_int_eq(verdict, PTT_VERDICT_ACCEPTED);
	}
	ck_assert_uint_gt(taken, 500);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("offer_answer");

	tcase_add_checked_fixture(tc, channel_set_up, NULL);
	tcase_add_test(tc, test_unicast_literal);
	tcase_add_test(tc, test_channel_literal);
	tcase_add_test(tc, test_size);
	tcase_add_test(tc, test_space);
	tcase_add_test(tc, test_channel_read);
	tcase_add_test(tc, test_key_places);
	tcase_add_test(tc, test_too_many_lines);
	tcase_add_test(tc, test_ipv6);
	tcase_add_test(tc, test_config);
	tcase_add_test(tc, test_property);
	return check_run_case("channel", tc);
}
