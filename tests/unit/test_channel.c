/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The channel's offer and answer: wire profile section 4, RFC 3264. Both ends in one process. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdp/channel.h"

#define BLOB_LEN 213 /* 284 characters of base64 */

static struct ptt_channel_sdp channel;
static struct ptt_sdp_local server, client;
static struct ptt_media_plan pf, ue;
static struct ptt_sdp_lines lines;
static enum ptt_channel_verdict verdict;
static uint8_t blob[BLOB_LEN];
static char text[PTT_SDP_BODY_SIZE], reply[PTT_SDP_BODY_SIZE];
static size_t text_len, reply_len;

static void setup(void)
{
	memset(&channel, 0, sizeof(channel));
	memset(&server, 0, sizeof(server));
	memset(&client, 0, sizeof(client));
	memset(&pf, 0, sizeof(pf));
	memset(&ue, 0, sizeof(ue));
	channel.ttl = 1;
	channel.audio_port = 40000;
	channel.floor_port = 40002;
	channel.key_port = 2269;
	ck_assert(ptt_sdp_addr_get(&channel.group, "233.252.0.17"));
	ck_assert(ptt_sdp_addr_get(&channel.source, "127.0.0.1"));
	ck_assert_int_eq(ptt_sdp_codec_get(&channel.codec, "AMR/8000/1"), PTT_OK);
	ck_assert(ptt_sdp_addr_get(&server.address, "127.0.0.1"));
	server.audio_port = 16384;
	server.floor_port = 16386;
	server.codec = channel.codec;
	client = server;
	ck_assert(ptt_sdp_addr_get(&client.address, "127.0.0.9"));
	client.audio_port = 49170;
	client.floor_port = 49180;
	for (size_t i = 0; i < sizeof(blob); i++)
		blob[i] = (uint8_t)(i * 11);
}

static struct ptt_sdp_body pf_body(uint64_t version, bool key)
{
	return (struct ptt_sdp_body){.plan = &pf,
		.codec = &server.codec,
		.channel = &channel,
		.from_server = true,
		.session_id = 4294967295u,
		.version = version,
		.mikey = key ? PTT_BYTES_OF(blob) : (struct ptt_bytes){NULL, 0}};
}

static struct ptt_sdp_body ue_body(uint64_t version)
{
	return (struct ptt_sdp_body){.plan = &ue,
		.codec = &client.codec,
		.channel = &channel,
		.session_id = 77,
		.version = version};
}

static void read_text(const char *body)
{
	enum ptt_err err = ptt_sdp_lines_get(&lines, ptt_bytes_of_str(body));

	ck_assert_msg(err == PTT_OK, "%s: %s", ptt_err_str(err), body);
}

static void pf_offers(bool key)
{
	struct ptt_sdp_body body = pf_body(2, key);

	ck_assert_int_eq(ptt_sdp_offer_put(text, &text_len, sizeof(text), &body), PTT_OK);
	ck_assert_uint_eq(strlen(text), text_len);
}

static void ue_offers(void)
{
	struct ptt_sdp_body body = ue_body(1);

	ck_assert_int_eq(ptt_sdp_offer_put(text, &text_len, sizeof(text), &body), PTT_OK);
}

/* The PF answers what is in text; the answer is in reply. */
static enum ptt_channel_verdict pf_answers(void)
{
	struct ptt_sdp_body body;

	read_text(text);
	ck_assert_int_eq(ptt_media_plan_on_offer(&pf, &verdict, &lines, &server, &channel), PTT_OK);
	body = pf_body(1, verdict == PTT_VERDICT_ACCEPTED);
	ck_assert_int_eq(
		ptt_sdp_answer_put(reply, &reply_len, sizeof(reply), &body, &lines), PTT_OK);
	return verdict;
}

/* The UE answers what is in text, taking the channel or not. */
static enum ptt_channel_verdict ue_answers(bool take)
{
	struct ptt_channel_sdp seen;
	struct ptt_sdp_body body;

	read_text(text);
	take = take && ptt_channel_sdp_get(&seen, &lines) == PTT_OK;
	ck_assert_int_eq(
		ptt_media_plan_on_offer(&ue, &verdict, &lines, &client, take ? &seen : NULL),
		PTT_OK);
	body = ue_body(2);
	body.channel = &seen;
	ck_assert_int_eq(
		ptt_sdp_answer_put(reply, &reply_len, sizeof(reply), &body, &lines), PTT_OK);
	return verdict;
}

static enum ptt_err pf_checks(void)
{
	read_text(reply);
	return ptt_media_plan_on_answer(&pf, &verdict, &lines, &channel);
}

static enum ptt_err ue_checks(void)
{
	read_text(reply);
	return ptt_media_plan_on_answer(&ue, &verdict, &lines, &channel);
}

/* The UE has called in with its unicast lines. */
static void join_unicast(void)
{
	ptt_media_plan_init(&ue, &client);
	ue_offers();
	ck_assert_int_eq(pf_answers(), PTT_VERDICT_UNCHANGED);
	ck_assert_int_eq(ue_checks(), PTT_OK);
}

static void replace(char *in, size_t size, const char *from, const char *to)
{
	char copy[PTT_SDP_BODY_SIZE], *at = strstr(in, from);

	ck_assert_msg(at != NULL, "no \"%s\" in %s", from, in);
	strcpy(copy, at + strlen(from));
	ck_assert(snprintf(at, size - (size_t)(at - in), "%s%s", to, copy) > 0);
}

#define UE_OFFER \
	"v=0\r\no=- 77 1 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\n" \
	"m=audio 49170 RTP/AVP 97\r\na=rtpmap:97 AMR/8000/1\r\na=fmtp:97 octet-align=1\r\n" \
	"m=application 49180 udp TBCP\r\n"

START_TEST(test_unicast_literal)
{
	join_unicast();
	ck_assert_str_eq(text, UE_OFFER);
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

#define CHANNEL_LINES(key) \
	"m=audio 40000 RTP/SAVP 97\r\nc=IN IP4 233.252.0.17/1\r\nb=RS:0\r\nb=RR:0\r\n" \
	"a=rtpmap:97 AMR/8000/1\r\na=fmtp:97 octet-align=1\r\na=label:mpoc-audio\r\na=recvonly\r\n" \
	"m=application 40002 udp TBCP\r\nc=IN IP4 233.252.0.17/1\r\na=label:mpoc-floor\r\n" \
	"a=recvonly\r\n" \
	"m=application 2269 udp mikey\r\nc=IN IP4 233.252.0.17/1\r\na=label:mpoc-keys\r\n" key \
	"a=recvonly\r\n"

START_TEST(test_channel_literal)
{
	struct ptt_sdp_body body;

	join_unicast();
	ck_assert_int_eq(ptt_media_plan_add_channel(&pf), PTT_OK);
	body = pf_body(2, true);
	body.mikey.len = 4;
	ck_assert_int_eq(ptt_sdp_offer_put(text, &text_len, sizeof(text), &body), PTT_OK);
	ck_assert_str_eq(text,
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

/* The request of the lab: short names, compact header forms, no Route (wire profile section 4). */
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
		ck_assert_int_eq(ptt_sdp_offer_put(text, &text_len, size, &body), PTT_ERR_NO_SPACE);
	ck_assert_int_eq(ptt_sdp_offer_put(text, &text_len, whole + 1, &body), PTT_OK);
}
END_TEST

START_TEST(test_channel_read)
{
	struct ptt_channel_sdp seen;

	join_unicast();
	channel.mbms_mode = 269087077;
	ck_assert_int_eq(ptt_media_plan_add_channel(&pf), PTT_OK);
	pf_offers(true);
	ck_assert_ptr_nonnull(strstr(text, "a=mbms-mode:broadcast 269087077\r\n"));
	read_text(text);
	ck_assert_int_eq(ptt_channel_sdp_get(&seen, &lines), PTT_OK);
	ck_assert(ptt_sdp_addr_equal(&seen.group, &channel.group));
	ck_assert(ptt_sdp_addr_equal(&seen.source, &channel.source));
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
	read_text(text);
	ck_assert_uint_eq(lines.mikey_len, 0);
	replace(text, sizeof(text), "t=0 0\r\n", "t=0 0\r\na=key-mgmt:mikey AAAA\r\n");
	read_text(text);
	ck_assert_uint_eq(lines.mikey_len, 3);
	pf_offers(false);
	replace(text, sizeof(text), "a=label:mpoc-audio\r\n", "a=key-mgmt:mikey AAAAAAAA\r\n");
	read_text(text);
	ck_assert_uint_eq(lines.mikey_len, 6);
	/* A key that cannot be read is not "no key". */
	at = strstr(text, "AAAAAAAA");
	*at = '*';
	ck_assert_int_eq(ptt_sdp_lines_get(&lines, ptt_bytes_of_str(text)), PTT_ERR_MALFORMED);
}
END_TEST

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
	ck_assert_ptr_null(strstr(text, "key-mgmt"));
	ck_assert_ptr_null(strstr(text, "source-filter"));
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

		setup();
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
	ck_assert_str_eq(text, UE_OFFER CHANNEL_LINES(""));
	ck_assert_int_eq(pf_answers(), PTT_VERDICT_ACCEPTED);
	ck_assert_int_eq(ue_checks(), PTT_OK);
	ck_assert_int_eq(verdict, PTT_VERDICT_ACCEPTED);
	ck_assert_uint_eq(lines.mikey_len, BLOB_LEN);
	/* Its next offer (a refresh) is answered equal, without a key. */
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
	replace(text, sizeof(text), "40002", "40012");
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
	ck_assert_int_eq(ptt_media_plan_on_offer(&pf, &verdict, &lines, &server, &channel), PTT_OK);
	ck_assert_int_eq(verdict, PTT_VERDICT_MISMATCH);
	ck_assert_uint_eq(pf.slot[2].kind, PTT_LINE_OTHER);
	ck_assert_int_eq(ptt_media_plan_add_channel(&pf), PTT_OK);
	ck_assert_uint_eq(pf.slot_count, 6);
	pf_offers(true);
	ck_assert_ptr_nonnull(strstr(text, "m=application 0 udp 0\r\nm=audio 40000"));
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
	replace(text, sizeof(text), "c=IN IP4 127.0.0.9", "c=IN IP4 0.0.0.0");
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
	/* and wants it again: our answer carries the key */
	ck_assert_int_eq(ptt_media_plan_add_channel(&ue), PTT_OK);
	ue_offers();
	ck_assert_int_eq(pf_answers(), PTT_VERDICT_ACCEPTED);
	ck_assert_ptr_nonnull(strstr(reply, "key-mgmt"));
	/* fewer lines than before are no offer of this dialog */
	read_text(UE_OFFER);
	ck_assert_int_eq(ptt_media_plan_on_offer(&pf, &verdict, &lines, &server, &channel),
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

	strcpy(text, offer);
	ck_assert_int_eq(pf_answers(), PTT_VERDICT_UNCHANGED);
	ck_assert_str_eq(reply,
		"v=0\r\no=- 4294967295 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
		"m=message 0 TCP/MSRP *\r\nm=application 16386 udp TBCP\r\n"
		"m=audio 16384 RTP/AVP 105\r\na=rtpmap:105 AMR/8000/1\r\na=fmtp:105 octet-align=1\r\n"
		"m=audio 0 RTP/AVP 105\r\nm=x-odd 0 X/Y z\r\n");
	ck_assert_int_eq(ptt_media_plan_add_channel(&pf), PTT_OK);
	pf_offers(true);
	ck_assert_ptr_nonnull(
		strstr(text, "m=message 0 TCP/MSRP 0\r\nm=application 16386 udp TBCP\r\n"));
	ck_assert_ptr_nonnull(
		strstr(text, "m=audio 0 RTP/AVP 0\r\nm=application 0 udp 0\r\nm=audio 40000"));
	/* AMR without octet-align is taken, and told apart. */
	memset(&pf, 0, sizeof(pf));
	strcpy(text, offer);
	replace(text, sizeof(text), "octet-align=1", "mode-set=7");
	(void)pf_answers();
	ck_assert_uint_eq(pf.audio_pt, 104);
	ck_assert_uint_eq(pf.audio_octet_align, 0);
	ck_assert_ptr_null(strstr(reply, "octet-align"));
}
END_TEST

static enum ptt_err pf_takes(const char *media)
{
	char body[1024];

	(void)snprintf(body, sizeof(body),
		"v=0\r\no=- 1 1 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\n%s",
		media);
	memset(&pf, 0, sizeof(pf));
	read_text(body);
	return ptt_media_plan_on_offer(&pf, &verdict, &lines, &server, &channel);
}

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
	ck_assert_uint_eq(pf.slot_count, 0); /* an error leaves the plan alone */
	/* Our number without an rtpmap is our codec; another number is nothing. */
	ck_assert_int_eq(pf_takes("m=audio 49170 RTP/AVP 97\r\n"), PTT_OK);
	ck_assert_uint_eq(pf.audio_octet_align, 1);
	ck_assert_int_eq(pf_takes("m=audio 49170 RTP/AVP 98\r\n"), PTT_ERR_UNSUPPORTED);
	/* A softphone without TBCP in a PCMU group */
	ck_assert_int_eq(ptt_sdp_codec_get(&server.codec, "PCMU/8000"), PTT_OK);
	ck_assert_int_eq(pf_takes("m=audio 49170 RTP/AVP 8 0\r\n"), PTT_OK);
	ck_assert_uint_eq(pf.audio_pt, 0);
	pf_offers(false);
	ck_assert_ptr_nonnull(strstr(text, "m=audio 16384 RTP/AVP 0\r\n"));
	ck_assert_ptr_null(strstr(text, "rtpmap"));
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
	ck_assert(ptt_sdp_addr_get(&channel.group, "ff15::101"));
	ck_assert(ptt_sdp_addr_get(&channel.source, "2001:db8::1"));
	ck_assert(ptt_sdp_addr_get(&server.address, "2001:db8::1"));
	ck_assert(ptt_sdp_addr_get(&client.address, "2001:db8::9"));
	ck_assert_int_eq(ptt_channel_sdp_check(&channel), PTT_OK);
	join_unicast();
	ck_assert_int_eq(ptt_media_plan_add_channel(&pf), PTT_OK);
	pf_offers(true);
	ck_assert_ptr_nonnull(strstr(text, "\r\nc=IN IP6 ff15::101\r\n"));
	ck_assert_ptr_nonnull(
		strstr(text, "a=source-filter: incl IN IP6 ff15::101 2001:db8::1\r\n"));
	ck_assert_int_eq(ue_answers(true), PTT_VERDICT_ACCEPTED);
	ck_assert(ptt_sdp_addr_equal(&lines.source, &channel.source));
	ck_assert_int_eq(pf_checks(), PTT_OK);
}
END_TEST

START_TEST(test_config)
{
	struct ptt_sdp_codec codec;
	static const char *const bad[] = {"", "AMR", "AMR/", "AMR/x", "AMR/0/1", "AMR/8000/0",
		"AMR/8000/1x", "A B/8000", "AMR/8000/1/1", "averyverylongname/8000/1"};

	ck_assert_int_eq(ptt_channel_sdp_check(&channel), PTT_OK);
	channel.key_port = channel.audio_port;
	ck_assert_int_eq(ptt_channel_sdp_check(&channel), PTT_ERR_MALFORMED);
	channel.key_port = 2269;
	channel.source = channel.group;
	ck_assert_int_eq(ptt_channel_sdp_check(&channel), PTT_ERR_MALFORMED);
	(void)ptt_sdp_addr_get(&channel.source, "::1");
	ck_assert_int_eq(ptt_channel_sdp_check(&channel), PTT_ERR_MALFORMED);
	memset(&channel.source, 0, sizeof(channel.source));
	ck_assert_int_eq(ptt_channel_sdp_check(&channel), PTT_OK);
	(void)ptt_sdp_addr_get(&channel.group, "192.0.2.1");
	ck_assert_int_eq(ptt_channel_sdp_check(&channel), PTT_ERR_MALFORMED);
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

/* Whatever a UE offers and we take: our answer, read by a strict offerer, fits its offer, and the
 * re-INVITE with the channel after it is accepted. */
START_TEST(test_property)
{
	static const char *const media[] = {"m=audio 49170 RTP/AVP 97\r\na=rtpmap:97 AMR/8000\r\n",
		"m=audio 49170 RTP/AVP 98 97\r\na=rtpmap:97 AMR/8000/1\r\na=fmtp:97 octet-align=1\r\n",
		"m=application 5000 udp TBCP\r\n", "m=application 0 udp TBCP\r\n",
		"m=application 5002 udp MBCP\r\na=fmtp:MBCP queuing=1\r\n",
		"m=video 6000 RTP/AVP 34\r\n", "m=video 0 RTP/AVPF 34\r\n", CHANNEL_LINES(""),
		"m=application 2269 udp mikey\r\n"};
	enum { KINDS = sizeof(media) / sizeof(media[0]) };
	unsigned seed = 1, taken = 0;

	for (int round = 0; round < 4000; round++) {
		static struct ptt_sdp_lines offer;

		setup();
		strcpy(text,
			"v=0\r\no=- 1 1 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\n");
		for (unsigned i = 0, count = 1 + (unsigned)round % 5; i < count; i++) {
			seed = seed * 1103515245u + 12345u;
			strcat(text, media[(seed >> 16) % KINDS]);
		}
		if (ptt_sdp_lines_get(&offer, ptt_bytes_of_str(text)) != PTT_OK)
			continue;
		lines = offer;
		if (ptt_media_plan_on_offer(&pf, &verdict, &offer, &server, &channel) != PTT_OK)
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
	Suite *suite = suite_create("channel");
	TCase *tc = tcase_create("offer_answer");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, test_unicast_literal);
	tcase_add_test(tc, test_channel_literal);
	tcase_add_test(tc, test_size);
	tcase_add_test(tc, test_space);
	tcase_add_test(tc, test_channel_read);
	tcase_add_test(tc, test_key_places);
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
	tcase_add_test(tc, test_too_many_lines);
	tcase_add_test(tc, test_ipv6);
	tcase_add_test(tc, test_config);
	tcase_add_test(tc, test_property);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
