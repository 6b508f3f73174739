/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * TBCP: literal bytes of every message, and what is refused. Layouts: OMA PoC User Plane, TBCP
 * messages.
 */
#include <check.h>
#include <string.h>

#include "module/rtp/tbcp.h"
#include "tests/unit/check_main.h"

#define HEAD "\x11\x22\x33\x44PoC1"

struct sample {
	struct ptt_tbcp msg;
	const char *bytes;
	size_t len;
};

#define SAMPLE(text, ...) \
	{ \
		{.ssrc = 0x11223344, __VA_ARGS__}, text, sizeof(text) - 1 \
	}
#define TEXT(text) \
	{ \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}

static const struct sample samples[] = {
	SAMPLE("\x80\xcc\0\x02" HEAD, .type = PTT_TBCP_REQUEST),
	SAMPLE("\x80\xcc\0\x03" HEAD "\x66\x02\0\x03", .type = PTT_TBCP_REQUEST, .priority = 3),
	SAMPLE("\x80\xcc\0\x06" HEAD "\x66\x02\0\x01\x67\x08\x01\x02\x03\x04\x05\x06\x07\x08\0\0",
		.type = PTT_TBCP_REQUEST, .priority = 1, .timestamp = 0x0102030405060708),
	SAMPLE("\x81\xcc\0\x02" HEAD, .type = PTT_TBCP_GRANTED),
	SAMPLE("\x81\xcc\0\x04" HEAD "\x65\x02\0\x1e\x64\x02\0\x05", .type = PTT_TBCP_GRANTED,
		.seconds = 30, .participants = 5),
	SAMPLE("\x82\xcc\0\x06" HEAD "\xaa\xbb\xcc\xdd\x01\x07sip:a@b\0\0\0",
		.type = PTT_TBCP_TAKEN, .talker_ssrc = 0xaabbccdd, .uri = TEXT("sip:a@b")),
	SAMPLE("\x92\xcc\0\x08" HEAD "\xaa\xbb\xcc\xdd\x01\x07sip:a@b\x02\x03"
	       "Ann\0\0\x64\x02\0\x04",
		.type = PTT_TBCP_TAKEN_ACK, .talker_ssrc = 0xaabbccdd, .uri = TEXT("sip:a@b"),
		.name = TEXT("Ann"), .participants = 4),
	SAMPLE("\x83\xcc\0\x04" HEAD "\x01\x04"
	       "busy\0\0",
		.type = PTT_TBCP_DENY, .reason = PTT_TBCP_DENY_OTHER_TALKS, .name = TEXT("busy")),
	SAMPLE("\x83\xcc\0\x03" HEAD "\x04\0\0\0", .type = PTT_TBCP_DENY,
		.reason = PTT_TBCP_DENY_RETRY_AFTER),
	SAMPLE("\x84\xcc\0\x03" HEAD "\x12\x34\0\0", .type = PTT_TBCP_RELEASE, .last_seq = 0x1234),
	SAMPLE("\x84\xcc\0\x03" HEAD "\0\0\x80\0", .type = PTT_TBCP_RELEASE,
		.last_seq_unknown = true),
	SAMPLE("\x85\xcc\0\x02" HEAD, .type = PTT_TBCP_IDLE),
	SAMPLE("\x86\xcc\0\x03" HEAD "\0\x02\0\x03", .type = PTT_TBCP_REVOKE,
		.reason = PTT_TBCP_REVOKE_TOO_LONG, .extra = 3),
	SAMPLE("\x87\xcc\0\x03" HEAD "\x90\0\0\0", .type = PTT_TBCP_ACK,
		.acked = PTT_TBCP_TAKEN_ACK),
	SAMPLE("\x87\xcc\0\x03" HEAD "\x78\x01\0\0", .type = PTT_TBCP_ACK,
		.acked = PTT_TBCP_CONNECT, .reason = 1),
	SAMPLE("\x88\xcc\0\x02" HEAD, .type = PTT_TBCP_QUEUE_REQUEST),
	SAMPLE("\x89\xcc\0\x03" HEAD "\x02\0\x05\0", .type = PTT_TBCP_QUEUE_STATUS, .priority = 2,
		.position = 5),
	SAMPLE("\x8b\xcc\0\x02" HEAD, .type = PTT_TBCP_DISCONNECT),
};
#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

static void expect_same(const struct ptt_tbcp *x, const struct ptt_tbcp *y)
{
	ck_assert_int_eq(x->type, y->type);
	ck_assert_uint_eq(x->ssrc, y->ssrc);
	ck_assert_uint_eq(x->talker_ssrc, y->talker_ssrc);
	ck_assert_uint_eq(x->reason, y->reason);
	ck_assert_uint_eq(x->extra, y->extra);
	ck_assert_uint_eq(x->seconds, y->seconds);
	ck_assert_uint_eq(x->participants, y->participants);
	ck_assert_uint_eq(x->priority, y->priority);
	ck_assert_uint_eq(x->position, y->position);
	ck_assert_uint_eq(x->timestamp, y->timestamp);
	ck_assert_uint_eq(x->last_seq, y->last_seq);
	ck_assert_uint_eq(x->last_seq_unknown, y->last_seq_unknown);
	ck_assert_uint_eq(x->acked, y->acked);
	ck_assert(ptt_bytes_equal(x->uri, y->uri));
	ck_assert(ptt_bytes_equal(x->name, y->name));
}

START_TEST(literal_bytes)
{
	const struct sample *s = &samples[_i];
	uint8_t out[PTT_TBCP_MAX_LEN];
	struct ptt_tbcp msg;
	size_t len;

	ck_assert_int_eq(ptt_tbcp_put(out, &len, sizeof(out), &s->msg), PTT_OK);
	ck_assert_uint_eq(len, s->len);
	ck_assert_mem_eq(out, s->bytes, len);
	ck_assert_int_eq(ptt_tbcp_get(&msg, (struct ptt_bytes){out, len}), PTT_OK);
	expect_same(&msg, &s->msg);
	for (size_t size = 0; size < len; size++)
		ck_assert_int_eq(ptt_tbcp_put(out, &len, size, &s->msg), PTT_ERR_NO_SPACE);
}
END_TEST

START_TEST(cut_or_lengthened)
{
	const struct sample *s = &samples[_i];
	uint8_t in[PTT_TBCP_MAX_LEN] = {0};
	struct ptt_tbcp msg;

	memcpy(in, s->bytes, s->len);
	for (size_t len = 0; len < s->len; len++)
		ck_assert_int_eq(
			ptt_tbcp_get(&msg, (struct ptt_bytes){in, len}), PTT_ERR_MALFORMED);
	for (size_t more = 1; more <= 4; more++)
		ck_assert_int_eq(ptt_tbcp_get(&msg, (struct ptt_bytes){in, s->len + more}),
			PTT_ERR_MALFORMED);
	in[3]++;
	ck_assert_int_eq(ptt_tbcp_get(&msg, (struct ptt_bytes){in, s->len}), PTT_ERR_MALFORMED);
	in[3] = (uint8_t)(in[3] - 2);
	ck_assert_int_eq(ptt_tbcp_get(&msg, (struct ptt_bytes){in, s->len}), PTT_ERR_MALFORMED);
}
END_TEST

static enum ptt_err get(const char *bytes, size_t len)
{
	struct ptt_tbcp msg;

	return ptt_tbcp_get(&msg, (struct ptt_bytes){(const uint8_t *)bytes, len});
}

#define GET(text) get(text, sizeof(text) - 1)

START_TEST(refused)
{
	ck_assert_int_eq(GET("\x40\xcc\0\x02" HEAD), PTT_ERR_MALFORMED);          /* version 1 */
	ck_assert_int_eq(GET("\xa0\xcc\0\x02" HEAD), PTT_ERR_MALFORMED);          /* padding bit */
	ck_assert_int_eq(GET("\x80\xc8\0\x02" HEAD), PTT_ERR_UNSUPPORTED);        /* SR */
	ck_assert_int_eq(GET("\x80\xc9\0\x01ssrc"), PTT_ERR_UNSUPPORTED);         /* empty RR */
	ck_assert_int_eq(GET("\x80\xcc\0\x01ssrc"), PTT_ERR_MALFORMED);           /* no name */
	ck_assert_int_eq(GET("\x80\xcc\0\x02\0\0\0\0MCPT"), PTT_ERR_UNSUPPORTED); /* MCPTT */
	ck_assert_int_eq(GET("\x8a\xcc\0\x02" HEAD), PTT_ERR_UNSUPPORTED);        /* subtype 10 */
	ck_assert_int_eq(GET("\x9f\xcc\0\x02" HEAD), PTT_ERR_UNSUPPORTED);        /* subtype 31 */
	ck_assert_int_eq(GET("\x81\xcc\0\x03" HEAD "\x65\x03\0\x1e"), PTT_ERR_MALFORMED);
	ck_assert_int_eq(GET("\x81\xcc\0\x03" HEAD "\x65\x01\x1e\0"), PTT_ERR_MALFORMED);
	ck_assert_int_eq(GET("\x80\xcc\0\x03" HEAD "\x67\x02\0\0"), PTT_ERR_MALFORMED);
	ck_assert_int_eq(GET("\x82\xcc\0\x04" HEAD "\0\0\0\0\x01\x03zz"), PTT_ERR_MALFORMED);
	ck_assert_int_eq(GET("\x83\xcc\0\x03" HEAD "\x01\x03zz"), PTT_ERR_MALFORMED);
	ck_assert_int_eq(GET("\x82\xcc\0\x02" HEAD), PTT_ERR_MALFORMED); /* no SSRC */
	ck_assert_int_eq(GET("\x84\xcc\0\x02" HEAD), PTT_ERR_MALFORMED); /* no sequence number */
}
END_TEST

START_TEST(compounds)
{
	static const uint8_t text[] =
		"\x80\xc9\0\x01ssrc\x85\xcc\0\x02" HEAD "\x80\xcc\0\x02" HEAD "\x81\xca\0\x09";
	struct ptt_bytes one, rest = {text, sizeof(text) - 1};

	ck_assert(ptt_rtcp_next(&one, &rest));
	ck_assert_uint_eq(one.len, 8);
	ck_assert(ptt_rtcp_next(&one, &rest));
	ck_assert_uint_eq(one.len, 12);
	ck_assert_uint_eq(one.data[0], 0x85);
	ck_assert(ptt_rtcp_next(&one, &rest));
	ck_assert(!ptt_rtcp_next(&one, &rest)); /* longer than what there is */
	ck_assert_uint_eq(rest.len, 4);
	rest.len = 0;
	ck_assert(!ptt_rtcp_next(&one, &rest));
	rest = ptt_bytes_of_str("\x80\x60rtp");
	ck_assert(!ptt_rtcp_next(&one, &rest));
	ck_assert_str_eq(ptt_tbcp_deny_str(PTT_TBCP_DENY_LISTEN_ONLY), "listen-only");
	ck_assert_str_eq(ptt_tbcp_deny_str(6), "?");
	ck_assert_str_eq(ptt_tbcp_deny_str(0), "?");
	ck_assert_str_eq(ptt_tbcp_revoke_str(PTT_TBCP_REVOKE_PREEMPTED), "pre-empted");
	ck_assert_str_eq(ptt_tbcp_revoke_str(5), "?");
}
END_TEST

START_TEST(unknown_fields_are_skipped)
{
	static const char bytes[] = "\x81\xcc\0\x05" HEAD "\xc8\x02zz\x65\x02\0\x1e\xc9\x01z";
	struct ptt_tbcp msg;

	ck_assert_int_eq(
		ptt_tbcp_get(&msg, (struct ptt_bytes){(const uint8_t *)bytes, 24}), PTT_OK);
	ck_assert_uint_eq(msg.seconds, 30);
}
END_TEST

START_TEST(put_refuses)
{
	static const uint8_t text[PTT_TBCP_NAME_MAX + 1];
	uint8_t out[PTT_TBCP_MAX_LEN];
	struct ptt_tbcp msg = {.type = PTT_TBCP_TAKEN, .participants = 1};
	size_t len;

	msg.uri = msg.name = (struct ptt_bytes){text, PTT_TBCP_NAME_MAX};
	ck_assert_int_eq(ptt_tbcp_put(out, &len, sizeof(out), &msg), PTT_OK);
	msg.uri.len++;
	ck_assert_int_eq(ptt_tbcp_put(out, &len, sizeof(out), &msg), PTT_ERR_MALFORMED);
	msg.uri.len = 0;
	msg.type = (enum ptt_tbcp_type)10;
	ck_assert_int_eq(ptt_tbcp_put(out, &len, sizeof(out), &msg), PTT_ERR_UNSUPPORTED);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("codec");

	tcase_add_loop_test(t, literal_bytes, 0, (int)SAMPLES);
	tcase_add_loop_test(t, cut_or_lengthened, 0, (int)SAMPLES);
	tcase_add_test(t, refused);
	tcase_add_test(t, compounds);
	tcase_add_test(t, unknown_fields_are_skipped);
	tcase_add_test(t, put_refuses);
	return check_run_case("tbcp", t);
}
