/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The UE of sip_fixture.h: a bare socket that writes and reads SIP. */
#include "tests/unit/sip/sip_fixture.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/su.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "module/base/clock.h"

void fixture_step(struct fixture *fx, int ms)
{
	int64_t end = ptt_clock_ms() + ms;

	do
		su_root_step(fx->root, 5);
	while (ptt_clock_ms() < end);
}

void ue_send(struct fixture *fx, const char *text)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)fx->server_port)};

	ck_assert_int_eq(
		sendto(fx->sock, text, strlen(text), 0, (struct sockaddr *)&addr, sizeof(addr)),
		(ssize_t)strlen(text));
}

void ue_request(struct fixture *fx, const struct ue_request *rq)
{
	char text[8192], branch[128];
	const char *body = rq->body ? rq->body : "", *to_tag = rq->to_tag ? rq->to_tag : "";
	const char *from = rq->from ? rq->from : FIXTURE_USER;

	snprintf(branch, sizeof(branch), "z9hG4bK-%s-%u-%s", rq->call_id, rq->cseq, rq->method);
	snprintf(text, sizeof(text),
		"%s %s SIP/2.0\r\nVia: SIP/2.0/%s 127.0.0.1:%u;branch=%s\r\nMax-Forwards: 70\r\n"
		"From: <%s>;tag=ue\r\nTo: <%s>%s%s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n"
		"Contact: <sip:u1@127.0.0.1:%u%s>\r\n%s%sContent-Length: %zu\r\n\r\n%s",
		rq->method, rq->uri ? rq->uri : FIXTURE_GROUP, fx->tcp ? "TCP" : "UDP", fx->port,
		rq->branch ? rq->branch : branch, from, FIXTURE_GROUP, to_tag[0] ? ";tag=" : "",
		to_tag, rq->call_id, rq->cseq, rq->method, fx->port,
		fx->tcp ? ";transport=tcp" : "", rq->headers ? rq->headers : "",
		body[0] && !(rq->headers && strstr(rq->headers, "Content-Type"))
			? "Content-Type: application/sdp\r\n"
			: "",
		strlen(body), body);
	ue_send(fx, text);
}

static void param_of(char *out, size_t size, const char *text, const char *name)
{
	const char *at = strstr(text, name);
	size_t len = at ? strcspn(at + strlen(name), "\"") : 0;

	ck_assert_ptr_nonnull(at);
	snprintf(out, size, "%.*s", (int)len, at + strlen(name));
}

void ue_request_auth(struct fixture *fx, const struct ue_request *rq, const char *password)
{
	static char nonce[128];
	char realm[] = "3GPP-bootstrapping@" FIXTURE_NAF, right[64], nc[9],
	     ha1[PTT_DIGEST_HEX_SIZE], response[PTT_DIGEST_HEX_SIZE], headers[2048];
	struct ptt_digest_user user = {ptt_bytes_of_str(fx->btid), ptt_bytes_of_str(realm), {0}};
	struct ptt_digest_request digest = {.alg = PTT_HASH_MD5, .qop = PTT_DIGEST_QOP_AUTH_INT};
	struct ue_request with = *rq;
	const char *uri = rq->uri ? rq->uri : FIXTURE_GROUP;

	if (strstr(fx->in, "WWW-Authenticate")) {
		param_of(nonce, sizeof(nonce), fx->in, "nonce=\"");
		fx->nc = 0;
	}
	snprintf(nc, sizeof(nc), "%08x", ++fx->nc);
	ck_assert_int_eq(ptt_base64_put(right, sizeof(right), PTT_BYTES_OF(fixture_mrk.b)), PTT_OK);
	user.password = ptt_bytes_of_str(password ? password : right);
	digest.method = ptt_bytes_of_str(rq->method);
	digest.uri = ptt_bytes_of_str(uri);
	digest.nonce = ptt_bytes_of_str(nonce);
	digest.nc = ptt_bytes_of_str(nc);
	digest.cnonce = ptt_bytes_of_str("c");
	digest.body = ptt_bytes_of_str(rq->body ? rq->body : "");
	ck_assert_int_eq(ptt_digest_ha1(ha1, PTT_HASH_MD5, &user), PTT_OK);
	ck_assert_int_eq(ptt_digest_response(response, &digest, ha1), PTT_OK);
	snprintf(headers, sizeof(headers),
		"%sAuthorization: Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\","
		" response=\"%s\", algorithm=MD5, qop=auth-int, nc=%s, cnonce=\"c\"\r\n",
		rq->headers ? rq->headers : "", fx->btid, realm, nonce, uri, response, nc);
	with.headers = headers;
	ue_request(fx, &with);
}

bool ue_recv(struct fixture *fx)
{
	int64_t end = ptt_clock_ms() + 4000;
	ssize_t len;

	fx->in_len = 0;
	fx->in[0] = '\0';
	while (ptt_clock_ms() < end) {
		len = recv(fx->sock, fx->in, sizeof(fx->in) - 1, MSG_DONTWAIT);
		if (len < 0) {
			su_root_step(fx->root, 5);
			continue;
		}
		fx->in[len] = '\0';
		fx->in_len = (size_t)len;
		if (strncmp(fx->in, "SIP/2.0 100", 11) != 0)
			return true;
	}
	fx->in_len = 0;
	fx->in[0] = '\0';
	return false;
}

int ue_status(struct fixture *fx)
{
	return strncmp(fx->in, "SIP/2.0 ", 8) == 0 ? atoi(fx->in + 8) : 0;
}

void ue_expect(struct fixture *fx, int status)
{
	ck_assert_msg(ue_recv(fx), "nothing came, %d expected", status);
	ck_assert_msg(ue_status(fx) == status, "%d expected, but:\n%s", status, fx->in);
}

void ue_expect_after(struct fixture *fx, int repeated, int status)
{
	do
		ck_assert_msg(ue_recv(fx), "nothing came, %d expected", status);
	while (ue_status(fx) == repeated);
	ck_assert_msg(ue_status(fx) == status, "%d expected, but:\n%s", status, fx->in);
}

bool ue_silent(struct fixture *fx, int ms)
{
	struct pollfd poll_fd = {.fd = fx->sock, .events = POLLIN};

	fixture_step(fx, ms);
	return poll(&poll_fd, 1, 0) == 0;
}

static const char *find_header(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = strstr(text, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
		if (strncasecmp(line + 2, name, len) == 0 && line[2 + len] == ':')
			return line + 2 + len + 1 + strspn(line + 2 + len + 1, " ");
		if (strncmp(line, "\r\n\r\n", 4) == 0)
			break;
	}
	return NULL;
}

const char *ue_header(struct fixture *fx, const char *name)
{
	static char value[16][1024];
	static unsigned turn;
	const char *at = find_header(fx->in, name);
	char *out = value[turn++ % 16];

	snprintf(out, sizeof(value[0]), "%.*s", at ? (int)strcspn(at, "\r") : 0, at ? at : "");
	return out;
}

const char *ue_to_tag(struct fixture *fx)
{
	const char *tag = strstr(ue_header(fx, "To"), "tag=");

	return tag ? tag + 4 : "";
}

const char *ue_body(struct fixture *fx)
{
	const char *end = strstr(fx->in, "\r\n\r\n");

	return end ? end + 4 : "";
}

static const char *either(struct fixture *fx, const char *name, const char *compact)
{
	const char *value = ue_header(fx, name);

	return value[0] ? value : ue_header(fx, compact);
}

void ue_answer_to(
	struct fixture *fx, const char *request, int status, const char *headers, const char *body)
{
	char text[8192], keep[sizeof(fx->in)];

	memcpy(keep, fx->in, sizeof(keep));
	snprintf(fx->in, sizeof(fx->in), "%s", request);
	snprintf(text, sizeof(text), "SIP/2.0 %d Answer\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\n",
		status, either(fx, "Via", "v"), either(fx, "From", "f"), either(fx, "To", "t"));
	snprintf(text + strlen(text), sizeof(text) - strlen(text),
		"Call-ID: %s\r\nCSeq: %s\r\n%s%sContent-Length: %zu\r\n\r\n%s",
		either(fx, "Call-ID", "i"), ue_header(fx, "CSeq"), headers,
		body[0] ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
	memcpy(fx->in, keep, sizeof(keep));
	ue_send(fx, text);
}

void ue_answer(struct fixture *fx, int status, const char *headers, const char *body)
{
	char request[sizeof(fx->in)];

	memcpy(request, fx->in, sizeof(request));
	ue_answer_to(fx, request, status, headers, body);
}

/* The ACK of a refusal belongs to the INVITE's transaction: RFC 3261 17.1.1.3. */
static void ack_refusal(struct fixture *fx, const struct ue_request *invite)
{
	struct ue_request ack = {.method = "ACK", .call_id = invite->call_id, .cseq = invite->cseq};
	char branch[128];

	snprintf(branch, sizeof(branch), "z9hG4bK-%s-%u-INVITE", invite->call_id, invite->cseq);
	ack.branch = branch;
	ack.to_tag = ue_to_tag(fx);
	ue_request(fx, &ack);
}

void ue_challenged(struct fixture *fx, struct ue_request *rq)
{
	ue_request(fx, rq);
	ue_expect(fx, 401);
	if (strcmp(rq->method, "INVITE") == 0)
		ack_refusal(fx, rq);
	rq->cseq++;
	ue_request_auth(fx, rq, NULL);
}

void ue_join(struct fixture *fx, const char *call_id, char tag[64])
{
	struct ue_request rq = {
		.method = "INVITE", .call_id = call_id, .cseq = 1, .body = "v=0\r\n"};

	ue_challenged(fx, &rq);
	ue_expect(fx, 200);
	snprintf(tag, 64, "%s", ue_to_tag(fx));
	rq = (struct ue_request){.method = "ACK", .call_id = call_id, .cseq = 2, .to_tag = tag};
	ue_request(fx, &rq);
	fixture_step(fx, 20);
	fx->in[0] = '\0';
}
