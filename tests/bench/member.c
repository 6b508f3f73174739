/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bench/member.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"

#define TEXT_MAX 1900
#define TEXT(t)  (t).len, (t).at
#define MS       1000000LL
#define T1_MS    500LL
#define TRIES    7

static uint32_t index_of(const struct ptt_bench_world *world, const struct ptt_bench_member *member)
{
	return (uint32_t)(member - world->members);
}

static void send_kept(struct ptt_bench_member *member, const struct sockaddr_in *to)
{
	member->sent_ns = ptt_bench_now_ns();
	ptt_bench_udp_send(member->udp, to, member->answer, member->answer_len);
}

/* --- joining --- */

static const char unicast_sdp[] =
	"v=0\r\no=- %u 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
	"m=audio 9 RTP/AVP 97\r\na=rtpmap:97 AMR/8000/1\r\na=fmtp:97 octet-align=1\r\n"
	"m=application 9 udp TBCP\r\na=fmtp:TBCP queuing=0;tb_priority=1;timestamp=0\r\n";

static void write_invite(
	struct ptt_bench_world *world, struct ptt_bench_member *member, const char *authorization)
{
	uint32_t i = index_of(world, member);
	char body[512];
	int body_len = snprintf(body, sizeof body, unicast_sdp, i);
	int len = snprintf(member->answer, TEXT_MAX,
		"INVITE %s SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKb%u-%u;rport\r\n"
		"From: <%s>;tag=b%u\r\nTo: <%s>\r\nCall-ID: bench-%u\r\nCSeq: %u INVITE\r\n"
		"Contact: <sip:u%u@127.0.0.1:%u>\r\nMax-Forwards: 70\r\n%s"
		"Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
		world->group, member->udp->port, i, member->cseq, member->uri, i, world->group, i,
		member->cseq, i, member->udp->port, authorization, body_len, body);

	member->answer_len = (size_t)len;
	member->tries = 0;
}

void ptt_bench_member_join(struct ptt_bench_world *world, struct ptt_bench_member *member)
{
	if (!member->answer)
		member->answer = malloc(TEXT_MAX);
	if (!member->answer)
		abort();
	member->state = PTT_BENCH_CALLING;
	member->cseq++;
	member->first_sent_ns = ptt_bench_now_ns();
	write_invite(world, member, "");
	send_kept(member, &world->server);
}

static void send_ack(struct ptt_bench_world *world, struct ptt_bench_member *member,
	const struct ptt_bench_sip *sip)
{
	uint32_t i = index_of(world, member);
	bool ok = sip->status < 300;
	char text[TEXT_MAX];
	int len = snprintf(text, sizeof text,
		"ACK %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK%s%u-%u;rport\r\n"
		"From: <%s>;tag=b%u\r\nTo: %.*s\r\nCall-ID: bench-%u\r\nCSeq: %u ACK\r\n"
		"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
		ok ? member->target : world->group, member->udp->port, ok ? "a" : "b", i, sip->cseq,
		member->uri, i, TEXT(sip->to), i, sip->cseq);

	ptt_bench_udp_send_copy(member->udp, &world->server, text, (size_t)len);
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
		.uri = ptt_bytes_of_str(world->group),
		.nonce = {(const uint8_t *)nonce.at, (size_t)nonce.len},
		.nc = ptt_bytes_of_str("00000001"),
		.cnonce = ptt_bytes_of_str("bench")};
	char ha1[PTT_DIGEST_HEX_SIZE], response[PTT_DIGEST_HEX_SIZE], header[1024];

	if (ptt_digest_ha1(ha1, PTT_HASH_MD5, &user) != PTT_OK ||
		ptt_digest_response(response, &request, ha1) != PTT_OK)
		abort();
	snprintf(header, sizeof header,
		"Authorization: Digest username=\"%s\", realm=\"%.*s\", nonce=\"%.*s\", uri=\"%s\", "
		"response=\"%s\", algorithm=MD5, qop=auth, nc=00000001, cnonce=\"bench\"\r\n",
		member->btid, TEXT(realm), TEXT(nonce), world->group, response);
	member->state = PTT_BENCH_PROVING;
	member->cseq++;
	write_invite(world, member, header);
	member->invite_ns = ptt_bench_now_ns();
	send_kept(member, &world->server);
}

static void copy_text(char *out, size_t size, struct ptt_bench_text in)
{
	snprintf(out, size, "%.*s", TEXT(in));
}

static void joined(struct ptt_bench_world *world, struct ptt_bench_member *member,
	const struct ptt_bench_sip *sip)
{
	int64_t now = ptt_bench_now_ns();

	copy_text(member->target, sizeof member->target, ptt_bench_uri(sip->contact));
	copy_text(member->to_tag, sizeof member->to_tag, ptt_bench_param(sip->to, "tag"));
	member->pf_audio_port = (uint16_t)ptt_bench_number_after(sip->body, "m=audio ");
	member->state = PTT_BENCH_IN;
	member->acked = true;
	world->counts.joined++;
	world->join_us[world->sample_count] = (uint32_t)((now - member->first_sent_ns) / 1000);
	world->answer_us[world->sample_count++] = (uint32_t)((now - member->invite_ns) / 1000);
	send_ack(world, member, sip);
}

static void on_response(struct ptt_bench_world *world, const struct ptt_bench_sip *sip)
{
	long i = ptt_bench_number_after(sip->call_id, "bench-");
	struct ptt_bench_member *member =
		i >= 0 && i < (long)world->count ? &world->members[i] : NULL;

	if (!member || sip->status < 200)
		return;
	if (sip->cseq != member->cseq) {
		send_ack(world, member, sip); /* a final answer once more */
	} else if (sip->status == 401 && member->state == PTT_BENCH_CALLING) {
		send_ack(world, member, sip);
		prove(world, member, sip);
	} else if (sip->status < 300 && member->state == PTT_BENCH_PROVING) {
		joined(world, member, sip);
	} else if (sip->status < 300 || member->state == PTT_BENCH_GONE) {
		send_ack(world, member, sip);
	} else if (member->state == PTT_BENCH_CALLING || member->state == PTT_BENCH_PROVING) {
		send_ack(world, member, sip);
		member->state = PTT_BENCH_GONE;
		world->counts.join_failed++;
	}
}

/* --- what the server asks --- */

/* The channel's lines come back as they are, without the key; the unicast ones are our own. */
static size_t write_answer_body(char *out, size_t size, const struct ptt_bench_sip *sip, uint32_t i)
{
	struct ptt_bench_text rest = sip->body, line;
	size_t len = (size_t)snprintf(out, size, unicast_sdp, i);
	const char *channel = memmem(rest.at, (size_t)rest.len, " RTP/SAVP ", 10);

	if (!channel)
		return len;
	while (channel > rest.at && channel[-1] != '\n')
		channel--;
	rest.len -= (int)(channel - rest.at);
	rest.at = channel;
	for (line = ptt_bench_line(&rest); line.len > 0; line = ptt_bench_line(&rest))
		if (strncmp(line.at, "a=key-mgmt", 10) != 0 && len + (size_t)line.len + 3 < size)
			len += (size_t)snprintf(out + len, size - len, "%.*s\r\n", TEXT(line));
	return len;
}

static int write_head(char *out, size_t size, const struct ptt_bench_sip *sip)
{
	int len = snprintf(out, size, "SIP/2.0 200 OK\r\n");

	for (int v = 0; v < sip->via_count; v++)
		len += snprintf(out + len, size - (size_t)len, "v: %.*s\r\n", TEXT(sip->via[v]));
	return len + snprintf(out + len, size - (size_t)len,
			     "f: %.*s\r\nt: %.*s\r\ni: %.*s\r\nCSeq: %u %.*s\r\n", TEXT(sip->from),
			     TEXT(sip->to), TEXT(sip->call_id), sip->cseq, TEXT(sip->cseq_method));
}

static void take_mikey(struct ptt_bench_world *world, struct ptt_bench_member *member,
	const struct ptt_bench_sip *sip)
{
	static const char name[] = "a=key-mgmt:mikey ";
	const char *at = memmem(sip->body.at, (size_t)sip->body.len, name, sizeof name - 1);
	size_t len = at ? strcspn(at + sizeof name - 1, "\r\n ") : 0;

	if (len == 0)
		return;
	if (index_of(world, member) == world->victim)
		world->counts.victim_offered++;
	if (member->mikey_len == 0)
		world->pending[world->pending_count++] = index_of(world, member);
	if (ptt_base64_get(member->mikey, &member->mikey_len, sizeof member->mikey,
		    at + sizeof name - 1, len) != PTT_OK)
		world->counts.open_failed++;
}

static void on_reinvite(struct ptt_bench_world *world, struct ptt_bench_member *member,
	const struct ptt_bench_sip *sip, const struct sockaddr_in *from)
{
	char body[1200];
	size_t body_len;
	int len;

	if (sip->cseq == member->their_cseq) {
		world->counts.repeats++;
		send_kept(member, from);
		return;
	}
	world->counts.invites++;
	body_len = write_answer_body(body, sizeof body, sip, index_of(world, member));
	len = write_head(member->answer, TEXT_MAX, sip);
	len += snprintf(member->answer + len, TEXT_MAX - (size_t)len,
		"m: <sip:u%u@127.0.0.1:%u>\r\nc: application/sdp\r\nl: %zu\r\n\r\n%s",
		index_of(world, member), member->udp->port, body_len, body);
	member->answer_len = (size_t)len;
	member->their_cseq = sip->cseq;
	member->acked = false;
	member->tries = 0;
	member->to = *from;
	take_mikey(world, member, sip);
	send_kept(member, from);
}

static void on_bye(struct ptt_bench_world *world, struct ptt_bench_member *member,
	const struct ptt_bench_sip *sip, const struct sockaddr_in *from)
{
	char text[TEXT_MAX];
	int len = write_head(text, sizeof text, sip);

	len += snprintf(text + len, sizeof text - (size_t)len, "l: 0\r\n\r\n");
	ptt_bench_udp_send_copy(member->udp, from, text, (size_t)len);
	if (!member->got_bye)
		world->counts.byes++;
	member->got_bye = true;
	member->state = PTT_BENCH_GONE;
}

void ptt_bench_on_sip(void *ctx, struct ptt_bench_udp *udp, const struct ptt_bench_datagram *in)
{
	struct ptt_bench_world *world = ctx;
	struct ptt_bench_member *member;
	struct ptt_bench_sip sip;
	long i;

	(void)udp;
	ptt_bench_sip_read(&sip, in->data, in->len);
	if (sip.status != 0) {
		on_response(world, &sip);
		return;
	}
	i = ptt_bench_number_after(sip.uri, "sip:u");
	member = i >= 0 && i < (long)world->count ? &world->members[i] : NULL;
	if (!member || member->dead)
		return;
	if (ptt_bench_text_is(sip.method, "INVITE")) {
		on_reinvite(world, member, &sip, in->from);
	} else if (ptt_bench_text_is(sip.method, "ACK")) {
		world->counts.acks += !member->acked;
		member->acked = true;
		world->last_ack_ns = ptt_bench_now_ns();
	} else if (ptt_bench_text_is(sip.method, "BYE")) {
		on_bye(world, member, &sip, in->from);
	}
}

void ptt_bench_resend(struct ptt_bench_world *world, int64_t now_ns)
{
	for (uint32_t i = 0; i < world->count; i++) {
		struct ptt_bench_member *member = &world->members[i];
		bool joining =
			member->state == PTT_BENCH_CALLING || member->state == PTT_BENCH_PROVING;
		bool waits = joining || (member->state == PTT_BENCH_IN && !member->acked);

		if (!waits || member->dead ||
			now_ns - member->sent_ns < (T1_MS * MS) << member->tries)
			continue;
		if (++member->tries == TRIES) {
			member->acked = true;
			if (joining)
				member->state = PTT_BENCH_GONE;
			world->counts.join_failed += joining;
			continue;
		}
		world->counts.join_resent += joining;
		world->counts.resent_200 += !joining;
		send_kept(member, joining ? &world->server : &member->to);
	}
}

/* --- the keys --- */

const struct ptt_bench_msk *ptt_bench_find_msk(const struct ptt_bench_world *world, uint32_t msk_id)
{
	for (uint32_t i = world->msk_count; i > 0; i--)
		if (world->msk[i - 1].msk_id == msk_id)
			return &world->msk[i - 1];
	return NULL;
}

static void opened(struct ptt_bench_world *world, const struct ptt_bench_msk *got)
{
	const struct ptt_bench_msk *known = ptt_bench_find_msk(world, got->msk_id);

	if (known) {
		world->counts.other_key +=
			!ptt_secret_equal(&known->msk, &got->msk, sizeof got->msk);
		return;
	}
	if (world->msk_count == PTT_BENCH_MSKS)
		memmove(world->msk, world->msk + 1, --world->msk_count * sizeof *world->msk);
	world->msk[world->msk_count++] = *got;
}

static void open_one(struct ptt_bench_world *world, struct ptt_bench_member *member)
{
	struct ptt_bytes in = {member->mikey, member->mikey_len};
	struct ptt_mikey_ids ids;
	struct ptt_mikey_msk msk;
	struct ptt_bench_msk got;

	member->mikey_len = 0;
	if (ptt_mikey_peek(&ids, in) != PTT_OK ||
		ptt_mikey_open_msk(&world->mikey, &msk, in, &member->muk) != PTT_OK) {
		world->counts.open_failed++;
		return;
	}
	got = (struct ptt_bench_msk){.msk_id = ids.msk_id, .msk = msk.msk};
	memcpy(got.rand, ids.rand, sizeof got.rand);
	opened(world, &got);
	world->counts.opened += member->msk_id != ids.msk_id;
	member->msk_id = ids.msk_id;
}

uint32_t ptt_bench_open_pending(struct ptt_bench_world *world, uint32_t max)
{
	while (world->pending_count > 0 && max-- > 0)
		open_one(world, &world->members[world->pending[--world->pending_count]]);
	return world->pending_count;
}
