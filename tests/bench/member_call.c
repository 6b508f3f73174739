/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests of a member: INVITE with Digest, ACK, BYE. */
#include <stdio.h>
#include <stdlib.h>

#include "crypto/digest.h"
#include "tests/bench/callers.h"
#include "tests/bench/world.h"

#define TEXT(t) (t).len, (t).at

static void write_invite(
	struct ptt_bench_world *world, struct ptt_bench_member *member, const char *authorization)
{
	uint32_t i = ptt_bench_index(world, member);
	char body[512];
	int body_len = snprintf(body, sizeof(body), PTT_BENCH_UNICAST, i);
	int len = snprintf(member->answer, PTT_BENCH_TEXT_MAX,
		"INVITE %s SIP/2.0\r\n"
		"Via: SIP/2.0/%s 127.0.0.1:%u;branch=z9hG4bKb%u-%u;rport\r\n%s"
		"From: <%s>;tag=c%u\r\nTo: <%s>\r\nCall-ID: bench-%u-%u\r\nCSeq: %u INVITE\r\n"
		"Contact: <sip:u%u@127.0.0.1:%u>\r\nMax-Forwards: 70\r\n%s"
		"Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
		member->group, world->transport, member->udp->port, i, member->cseq,
		world->record_route, member->uri, member->call, member->group, i, member->call,
		member->cseq, i, member->udp->port, authorization, body_len, body);

	member->answer_len = (size_t)len;
	member->tries = 0;
}

void ptt_bench_member_join(struct ptt_bench_world *world, struct ptt_bench_member *member)
{
	if (!member->answer)
		member->answer = malloc(PTT_BENCH_TEXT_MAX);
	if (!member->answer)
		abort();
	member->state = PTT_BENCH_CALLING;
	member->call++;
	member->cseq++;
	member->their_cseq = 0;
	member->msk_id = 0;
	member->due_ns = 0;
	member->first_sent_ns = ptt_bench_now_ns();
	write_invite(world, member, "");
	ptt_bench_send_kept(member, &world->server);
}

static void send_ack(struct ptt_bench_world *world, struct ptt_bench_member *member,
	const struct ptt_bench_sip *sip)
{
	uint32_t i = ptt_bench_index(world, member);
	bool ok = sip->status < 300;
	char text[PTT_BENCH_TEXT_MAX];
	int len = snprintf(text, sizeof(text),
		"ACK %s SIP/2.0\r\nVia: SIP/2.0/%s 127.0.0.1:%u;branch=z9hG4bK%s%u-%u;rport\r\n"
		"From: <%s>;tag=c%u\r\nTo: %.*s\r\nCall-ID: bench-%u-%u\r\nCSeq: %u ACK\r\n"
		"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
		ok ? member->target : member->group, world->transport, member->udp->port,
		ok ? "a" : "b", i, sip->cseq, member->uri, member->call, TEXT(sip->to), i,
		member->call, sip->cseq);

	ptt_bench_udp_send_copy(member->udp, &world->server, text, (size_t)len);
}

void ptt_bench_member_leave(struct ptt_bench_world *world, struct ptt_bench_member *member)
{
	uint32_t i = ptt_bench_index(world, member);
	int len;

	member->state = PTT_BENCH_LEAVING;
	member->cseq++;
	member->acked = true;
	member->tries = 0;
	len = snprintf(member->answer, PTT_BENCH_TEXT_MAX,
		"BYE %s SIP/2.0\r\nVia: SIP/2.0/%s 127.0.0.1:%u;branch=z9hG4bKb%u-%u;rport\r\n"
		"From: <%s>;tag=c%u\r\nTo: <%s>;tag=%s\r\nCall-ID: bench-%u-%u\r\nCSeq: %u BYE\r\n"
		"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
		member->target, world->transport, member->udp->port, i, member->cseq, member->uri,
		member->call, member->group, member->to_tag, i, member->call, member->cseq);
	member->answer_len = (size_t)len;
	ptt_bench_send_kept(member, &world->server);
}

static void prove(struct ptt_bench_world *world, struct ptt_bench_member *member,
	const struct ptt_bench_sip *sip)
{
	struct ptt_bench_text realm = ptt_bench_param(sip->challenge, "realm");
	struct ptt_bench_text nonce = ptt_bench_param(sip->challenge, "nonce");
	struct ptt_digest_user user = {ptt_bytes_of_str(member->btid),
		{(const uint8_t *)realm.at, (size_t)realm.len}, ptt_bytes_of_str(member->password)};
	struct ptt_digest_request request = {.alg = PTT_HASH_MD5,
		.qop = PTT_DIGEST_QOP_AUTH,
		.method = ptt_bytes_of_str("INVITE"),
		.uri = ptt_bytes_of_str(member->group),
		.nonce = {(const uint8_t *)nonce.at, (size_t)nonce.len},
		.nc = ptt_bytes_of_str("00000001"),
		.cnonce = ptt_bytes_of_str("bench")};
	char ha1[PTT_DIGEST_HEX_SIZE], response[PTT_DIGEST_HEX_SIZE], header[1024];

	if (ptt_digest_ha1(ha1, PTT_HASH_MD5, &user) != PTT_OK ||
		ptt_digest_response(response, &request, ha1) != PTT_OK)
		abort();
	snprintf(header, sizeof(header),
		"Authorization: Digest username=\"%s\", realm=\"%.*s\", "
		"nonce=\"%.*s\", uri=\"%s\", "
		"response=\"%s\", algorithm=MD5, qop=auth, nc=00000001, cnonce=\"bench\"\r\n",
		member->btid, TEXT(realm), TEXT(nonce), member->group, response);
	member->state = PTT_BENCH_PROVING;
	member->cseq++;
	write_invite(world, member, header);
	member->invite_ns = ptt_bench_now_ns();
	ptt_bench_send_kept(member, &world->server);
}

static void copy_text(char *out, size_t size, struct ptt_bench_text in)
{
	snprintf(out, size, "%.*s", TEXT(in));
}

static void joined(struct ptt_bench_world *world, struct ptt_bench_member *member,
	const struct ptt_bench_sip *sip, int64_t at_ns)
{
	copy_text(member->target, sizeof(member->target), ptt_bench_uri(sip->contact));
	copy_text(member->to_tag, sizeof(member->to_tag), ptt_bench_param(sip->to, "tag"));
	member->pf_audio_port = (uint16_t)ptt_bench_number_after(sip->body, "m=audio ");
	member->pf_floor_port = (uint16_t)ptt_bench_number_after(sip->body, "m=application ");
	member->state = PTT_BENCH_IN;
	member->acked = true;
	ptt_bench_counts_of(world, member)->joined++;
	if (member->is_caller) {
		ptt_bench_caller_answered(world, member, at_ns);
	} else {
		world->join_us[world->sample_count] =
			(uint32_t)((at_ns - member->first_sent_ns) / 1000);
		world->answer_us[world->sample_count++] =
			(uint32_t)((at_ns - member->invite_ns) / 1000);
	}
	send_ack(world, member, sip);
}

static void refused(struct ptt_bench_world *world, struct ptt_bench_member *member,
	const struct ptt_bench_sip *sip)
{
	send_ack(world, member, sip);
	if (member->is_caller) {
		ptt_bench_caller_refused(world, member, sip);
		return;
	}
	member->state = sip->status == 503 ? PTT_BENCH_AGAIN : PTT_BENCH_GONE;
	world->counts.join_shed += sip->status == 503;
	world->counts.join_failed += sip->status != 503;
}

void ptt_bench_on_final(struct ptt_bench_world *world, struct ptt_bench_member *member,
	const struct ptt_bench_sip *sip, int64_t at_ns)
{
	bool invite = ptt_bench_text_is(sip->cseq_method, "INVITE");

	if (!invite) {
		if (member->state == PTT_BENCH_LEAVING && sip->cseq == member->cseq)
			ptt_bench_caller_left(world, member, sip);
	} else if (sip->cseq != member->cseq) {
		send_ack(world, member, sip); /* a repeated final response */
	} else if (sip->status == 401 && member->state == PTT_BENCH_CALLING) {
		send_ack(world, member, sip);
		prove(world, member, sip);
	} else if (sip->status < 300 && member->state == PTT_BENCH_PROVING) {
		joined(world, member, sip, at_ns);
	} else if (member->state == PTT_BENCH_CALLING || member->state == PTT_BENCH_PROVING) {
		refused(world, member, sip);
	} else {
		send_ack(world, member, sip);
	}
}
