/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests to a member: re-INVITE, ACK, BYE; and the scripts of its behaviour. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/callers.h"
#include "tests/bench/world.h"

#define TEXT(t) (t).len, (t).at

/* The answer repeats the channel's lines without the key; the unicast lines are our own. */
static size_t write_answer_body(char *out, size_t size, const struct ptt_bench_sip *sip, uint32_t i)
{
	struct ptt_bench_text rest = sip->body, line;
	size_t len = (size_t)snprintf(out, size, PTT_BENCH_UNICAST, i);
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

static int write_head(char *out, size_t size, const struct ptt_bench_sip *sip, const char *status)
{
	int len = snprintf(out, size, "SIP/2.0 %s\r\n", status);

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
	const char *at = memmem(sip->body.at, (size_t)sip->body.len, name, sizeof(name) - 1);
	size_t len = at ? strcspn(at + sizeof(name) - 1, "\r\n ") : 0;

	if (len == 0)
		return;
	if (member->mikey_len == 0)
		world->pending[world->pending_count++] = ptt_bench_index(world, member);
	if (ptt_base64_get(member->mikey, &member->mikey_len, sizeof(member->mikey),
		    at + sizeof(name) - 1, len) != PTT_OK)
		ptt_bench_counts_of(world, member)->open_failed++;
}

/* Sends a response without body, once. */
static void answer_bare(struct ptt_bench_member *member, const struct ptt_bench_sip *sip,
	const char *status, const struct sockaddr_in *from)
{
	char text[PTT_BENCH_TEXT_MAX];
	int len = write_head(text, sizeof(text), sip, status);

	len += snprintf(text + len, sizeof(text) - (size_t)len, "l: 0\r\n\r\n");
	ptt_bench_udp_send_copy(member->udp, from, text, (size_t)len);
}

static void write_answer(struct ptt_bench_world *world, struct ptt_bench_member *member,
	const struct ptt_bench_sip *sip)
{
	uint32_t i = ptt_bench_index(world, member);
	char body[1200];
	size_t body_len = write_answer_body(body, sizeof(body), sip, i);
	int len = write_head(member->answer, PTT_BENCH_TEXT_MAX, sip, "200 OK");

	len += snprintf(member->answer + len, PTT_BENCH_TEXT_MAX - (size_t)len,
		"m: <sip:u%u@127.0.0.1:%u>\r\nc: application/sdp\r\nl: %zu\r\n\r\n%s", i,
		member->udp->port, body_len, body);
	member->answer_len = (size_t)len;
}

static void on_reinvite(struct ptt_bench_world *world, struct ptt_bench_member *member,
	const struct ptt_bench_sip *sip, const struct sockaddr_in *from)
{
	if (ptt_bench_index(world, member) == world->victim && sip->cseq != member->their_cseq &&
		memmem(sip->body.at, (size_t)sip->body.len, "a=key-mgmt", 10))
		world->counts.victim_offered++;
	if (member->state != PTT_BENCH_IN) {
		answer_bare(member, sip, "481 Gone", from);
		return;
	}
	if (sip->cseq == member->their_cseq) {
		ptt_bench_counts_of(world, member)->repeats++;
		if (!member->due_ns || member->is_caller)
			ptt_bench_send_kept(member, from);
		return;
	}
	ptt_bench_counts_of(world, member)->invites++;
	member->glared = member->script == PTT_BENCH_GLARE && !member->glared;
	if (member->glared) {
		answer_bare(member, sip, "491 Request Pending", from);
		return;
	}
	write_answer(world, member, sip);
	member->their_cseq = sip->cseq;
	member->acked = false;
	member->tries = 0;
	member->to = *from;
	take_mikey(world, member, sip);
	member->sent_ns = ptt_bench_now_ns();
	if (member->script == PTT_BENCH_SLOW)
		member->due_ns = member->sent_ns + world->slow_ns;
	else if (member->script != PTT_BENCH_LOST)
		ptt_bench_send_kept(member, from);
}

static void on_bye(struct ptt_bench_world *world, struct ptt_bench_member *member,
	const struct ptt_bench_sip *sip, const struct sockaddr_in *from)
{
	answer_bare(member, sip, "200 OK", from);
	if (member->is_caller) {
		ptt_bench_caller_put_out(world, member);
		return;
	}
	world->counts.byes += !member->got_bye;
	member->got_bye = true;
	member->state = PTT_BENCH_GONE;
}

void ptt_bench_on_request(struct ptt_bench_world *world, struct ptt_bench_member *member,
	const struct ptt_bench_sip *sip, const struct sockaddr_in *from)
{
	if (ptt_bench_text_is(sip->method, "INVITE")) {
		on_reinvite(world, member, sip, from);
	} else if (ptt_bench_text_is(sip->method, "ACK")) {
		ptt_bench_counts_of(world, member)->acks += !member->acked;
		member->acked = true;
		if (!member->is_caller)
			world->last_ack_ns = ptt_bench_now_ns();
	} else if (ptt_bench_text_is(sip->method, "BYE")) {
		on_bye(world, member, sip, from);
	}
}

/* --- scripts --- */

long ptt_bench_script(struct ptt_bench_world *world, const char *text)
{
	static const char *const names[] = {[PTT_BENCH_WELL] = "well",
		[PTT_BENCH_DEAD] = "dead",
		[PTT_BENCH_LOST] = "lost",
		[PTT_BENCH_SLOW] = "slow",
		[PTT_BENCH_GLARE] = "glare"};
	unsigned int first, count, ms = 1000, script = 0;
	char name[8];

	if (sscanf(text, "%7s %u %u %u", name, &first, &count, &ms) < 3)
		return -1;
	while (script <= PTT_BENCH_GLARE && strcmp(names[script], name) != 0)
		script++;
	if (script > PTT_BENCH_GLARE || first > world->count || count > world->count - first)
		return -1;
	for (unsigned int i = first; i < first + count; i++)
		world->members[i].script = (enum ptt_bench_script)script;
	if (script == PTT_BENCH_SLOW)
		world->slow_ns = (int64_t)ms * 1000000;
	return (long)count;
}
