/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file channel_fixture.h
 * The plans of a PF and a UE, and the two descriptions that they exchange.
 */
#ifndef PTT_TEST_CHANNEL_FIXTURE_H
#define PTT_TEST_CHANNEL_FIXTURE_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdp/channel.h"

#define BLOB_LEN 213 /* 284 characters of base64 */

#define UE_OFFER \
	"v=0\r\no=- 77 1 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\n" \
	"m=audio 49170 RTP/AVP 97\r\na=rtpmap:97 AMR/8000/1\r\na=fmtp:97 octet-align=1\r\n" \
	"m=application 49180 udp TBCP\r\n"

#define CHANNEL_LINES(key) \
	"m=audio 40000 RTP/SAVP 97\r\nc=IN IP4 233.252.0.17/1\r\nb=RS:0\r\nb=RR:0\r\n" \
	"a=rtpmap:97 AMR/8000/1\r\na=fmtp:97 octet-align=1\r\n" \
	"a=label:mpoc-audio\r\na=recvonly\r\n" \
	"m=application 40002 udp TBCP\r\nc=IN IP4 233.252.0.17/1\r\na=label:mpoc-floor\r\n" \
	"a=recvonly\r\n" \
	"m=application 2269 udp mikey\r\nc=IN IP4 233.252.0.17/1\r\na=label:mpoc-keys\r\n" key \
	"a=recvonly\r\n"

extern struct ptt_channel_sdp test_channel;
extern struct ptt_sdp_local server, client;
extern struct ptt_media_plan pf, ue;
extern struct ptt_sdp_lines lines;
extern enum ptt_channel_verdict verdict;
extern uint8_t blob[BLOB_LEN];
extern char sdp_text[PTT_SDP_BODY_SIZE], reply[PTT_SDP_BODY_SIZE];
extern size_t text_len, reply_len;

void channel_set_up(void);
struct ptt_sdp_body pf_body(uint64_t version, bool key);
struct ptt_sdp_body channel_ue_body(uint64_t version);
void read_text(const char *body);
void pf_offers(bool key);
void ue_offers(void);
/* The PF answers the offer in text; its answer is in reply. */
enum ptt_channel_verdict pf_answers(void);
/* The UE answers the offer in text, and accepts the channel or not. */
enum ptt_channel_verdict ue_answers(bool take);
enum ptt_err pf_checks(void);
enum ptt_err ue_checks(void);
/* The UE has joined with its unicast lines. */
void join_unicast(void);
void replace(char *in, size_t size, const char *from, const char *to);
enum ptt_err pf_takes(const char *media);

#endif
