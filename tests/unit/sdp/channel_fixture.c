/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/sdp/channel_fixture.h"

struct ptt_channel_sdp test_channel;
struct ptt_sdp_local server, client;
struct ptt_media_plan pf, ue;
struct ptt_sdp_lines lines;
enum ptt_channel_verdict verdict;
uint8_t blob[BLOB_LEN];
char sdp_text[PTT_SDP_BODY_SIZE], reply[PTT_SDP_BODY_SIZE];
size_t text_len, reply_len;

void channel_set_up(void)
{
	memset(&test_channel, 0, sizeof(test_channel));
	memset(&server, 0, sizeof(server));
	memset(&client, 0, sizeof(client));
	memset(&pf, 0, sizeof(pf));
	memset(&ue, 0, sizeof(ue));
	test_channel.ttl = 1;
	test_channel.audio_port = 40000;
	test_channel.floor_port = 40002;
	test_channel.key_port = 2269;
	ck_assert(ptt_sdp_addr_get(&test_channel.group, "233.252.0.17"));
	ck_assert(ptt_sdp_addr_get(&test_channel.source, "127.0.0.1"));
	ck_assert_int_eq(ptt_sdp_codec_get(&test_channel.codec, "AMR/8000/1"), PTT_OK);
	ck_assert(ptt_sdp_addr_get(&server.address, "127.0.0.1"));
	server.audio_port = 16384;
	server.floor_port = 16386;
	server.codec = test_channel.codec;
	client = server;
	ck_assert(ptt_sdp_addr_get(&client.address, "127.0.0.9"));
	client.audio_port = 49170;
	client.floor_port = 49180;
	for (size_t i = 0; i < sizeof(blob); i++)
		blob[i] = (uint8_t)(i * 11);
}

struct ptt_sdp_body pf_body(uint64_t version, bool key)
{
	return (struct ptt_sdp_body){.plan = &pf,
		.codec = &server.codec,
		.channel = &test_channel,
		.from_server = true,
		.session_id = 4294967295u,
		.version = version,
		.mikey = key ? PTT_BYTES_OF(blob) : (struct ptt_bytes){NULL, 0}};
}

struct ptt_sdp_body channel_ue_body(uint64_t version)
{
	return (struct ptt_sdp_body){.plan = &ue,
		.codec = &client.codec,
		.channel = &test_channel,
		.session_id = 77,
		.version = version};
}

void read_text(const char *body)
{
	enum ptt_err err = ptt_sdp_lines_get(&lines, ptt_bytes_of_str(body));

	ck_assert_msg(err == PTT_OK, "%s: %s", ptt_err_str(err), body);
}

void pf_offers(bool key)
{
	struct ptt_sdp_body body = pf_body(2, key);

	ck_assert_int_eq(ptt_sdp_offer_put(sdp_text, &text_len, sizeof(sdp_text), &body), PTT_OK);
	ck_assert_uint_eq(strlen(sdp_text), text_len);
}

void ue_offers(void)
{
	struct ptt_sdp_body body = channel_ue_body(1);

	ck_assert_int_eq(ptt_sdp_offer_put(sdp_text, &text_len, sizeof(sdp_text), &body), PTT_OK);
}

enum ptt_channel_verdict pf_answers(void)
{
	struct ptt_sdp_body body;

	read_text(sdp_text);
	ck_assert_int_eq(
		ptt_media_plan_on_offer(&pf, &verdict, &lines, &server, &test_channel), PTT_OK);
	body = pf_body(1, verdict == PTT_VERDICT_ACCEPTED);
	ck_assert_int_eq(
		ptt_sdp_answer_put(reply, &reply_len, sizeof(reply), &body, &lines), PTT_OK);
	return verdict;
}

enum ptt_channel_verdict ue_answers(bool take)
{
	struct ptt_channel_sdp seen;
	struct ptt_sdp_body body;

	read_text(sdp_text);
	take = take && ptt_channel_sdp_get(&seen, &lines) == PTT_OK;
	ck_assert_int_eq(
		ptt_media_plan_on_offer(&ue, &verdict, &lines, &client, take ? &seen : NULL),
		PTT_OK);
	body = channel_ue_body(2);
	body.channel = &seen;
	ck_assert_int_eq(
		ptt_sdp_answer_put(reply, &reply_len, sizeof(reply), &body, &lines), PTT_OK);
	return verdict;
}

enum ptt_err pf_checks(void)
{
	read_text(reply);
	return ptt_media_plan_on_answer(&pf, &verdict, &lines, &test_channel);
}

enum ptt_err ue_checks(void)
{
	read_text(reply);
	return ptt_media_plan_on_answer(&ue, &verdict, &lines, &test_channel);
}

void join_unicast(void)
{
	ptt_media_plan_init(&ue, &client);
	ue_offers();
	ck_assert_int_eq(pf_answers(), PTT_VERDICT_UNCHANGED);
	ck_assert_int_eq(ue_checks(), PTT_OK);
}

void replace(char *in, size_t size, const char *from, const char *to)
{
	char copy[PTT_SDP_BODY_SIZE], *at = strstr(in, from);

	ck_assert_msg(at != NULL, "no \"%s\" in %s", from, in);
	strcpy(copy, at + strlen(from));
	ck_assert(snprintf(at, size - (size_t)(at - in), "%s%s", to, copy) > 0);
}

enum ptt_err pf_takes(const char *media)
{
	char body[1024];

	(void)snprintf(body, sizeof(body),
		"v=0\r\no=- 1 1 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\n%s",
		media);
	memset(&pf, 0, sizeof(pf));
	read_text(body);
	return ptt_media_plan_on_offer(&pf, &verdict, &lines, &server, &test_channel);
}
