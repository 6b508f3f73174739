/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* module/gba/ub_exchange.c: the client against correct, faulty and hostile BSFs. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/gba/ub_exchange.h"
#include "tests/unit/check_main.h"

#define IMPI  "alice@poc.example.org"
#define HOST  "bsf.poc.example.org"
#define NONCE "ccWAElfnahzjzwLmhxxbwHtv7Z1VLirXnji2wjHy2Vc="
#define TYPE  "application/vnd.3gpp.bsf+xml"

static enum ptt_err card_says; /* the card's next result */
static unsigned int card_asked;

static enum ptt_err authenticate(
	void *ctx, struct ptt_card_result *out, const uint8_t *rand, const uint8_t *autn)
{
	(void)ctx;
	ck_assert_uint_eq(rand[0], 0x71);
	ck_assert_uint_eq(autn[0], 0x7b);
	card_asked++;
	memset(out, 0, sizeof(*out));
	if (card_says == PTT_OK) {
		memset(out->res, 0, sizeof(out->res)); /* NUL bytes are a password like any other */
		out->res[7] = 9;
		memset(&out->ks, 0x55, sizeof(out->ks));
	} else if (card_says == PTT_ERR_REPLAY) {
		memset(out->auts, 0xa5, sizeof(out->auts));
	}
	return card_says;
}

static const struct ptt_card card = {authenticate, NULL};
static const uint8_t res[8] = {[7] = 9};
static const struct ptt_bytes none = {NULL, 0};
static struct ptt_ub_exchange ex;

static void start(void)
{
	card_says = PTT_OK;
	card_asked = 0;
	ck_assert_int_eq(ptt_ub_exchange_init(&ex, &card, IMPI, HOST, "/"), PTT_OK);
}

/* Parses the client's header as the BSF does. */
static struct ptt_ub_digest sent(void)
{
	struct ptt_ub_digest digest;
	char text[PTT_UB_HEADER_MAX];

	ck_assert_int_eq(ptt_ub_exchange_request(&ex, text, sizeof(text)), PTT_OK);
	ck_assert_int_eq(
		ptt_ub_digest_get(&digest, PTT_UB_AUTHORIZATION, text, strlen(text)), PTT_OK);
	ck_assert_str_eq(digest.username, IMPI);
	return digest;
}

static enum ptt_ub_step challenge(const char *more)
{
	char header[512];
	struct ptt_ub_response answer = {.status = 401, .www_authenticate = header};

	snprintf(header, sizeof(header), "Digest realm=\"" HOST "\", nonce=\"" NONCE "\"%s", more);
	return ptt_ub_exchange_response(&ex, &answer);
}

#define AKA ", algorithm=AKAv1-MD5, qop=\"auth-int\""

static enum ptt_ub_step success(const char *body, const char *type, const char *more, bool honest)
{
	struct ptt_ub_digest info = ex.last;
	char header[512];
	struct ptt_ub_response answer = {.status = 200,
		.authentication_info = header,
		.content_type = type,
		.body = ptt_bytes_of_str(body)};

	ck_assert_int_eq(ptt_ub_digest_make(info.response, &info, "",
				 honest ? PTT_BYTES_OF(res) : none, answer.body),
		PTT_OK);
	snprintf(header, sizeof(header), "rspauth=\"%s\"%s", info.response, more);
	return ptt_ub_exchange_response(&ex, &answer);
}

#define BODY \
	"<BootstrappingInfo xmlns=\"uri:3gpp-gba\"><btid>x@y</btid>" \
	"<lifetime>2026-11-22T12:00:00Z</lifetime></BootstrappingInfo>"

START_TEST(bootstraps)
{
	struct ptt_ub_digest digest;

	start();
	digest = sent();
	ck_assert_str_eq(digest.nonce, "");
	ck_assert_str_eq(digest.response, "");
	ck_assert_str_eq(digest.realm, HOST);
	ck_assert_int_eq(challenge(AKA ", opaque=\"o\""), PTT_UB_STEP_SEND);
	digest = sent();
	ck_assert_int_eq(ptt_ub_digest_check(&digest, "GET", PTT_BYTES_OF(res), none), PTT_OK);
	ck_assert_str_eq(digest.opaque, "o");
	ck_assert_str_eq(digest.nonce, NONCE);
	ck_assert_int_eq(success(BODY, TYPE, ", qop=auth-int", true), PTT_UB_STEP_DONE);
	ck_assert_str_eq(ex.result.btid, "x@y");
	ck_assert_int_eq(ex.result.expires_utc_s, 1795348800);
	ck_assert_uint_eq(ex.result.ks.b[31], 0x55);
	ck_assert_uint_eq(ex.result.rand[0], 0x71);
}
END_TEST

START_TEST(resynchronises_once)
{
	struct ptt_ub_digest digest;

	start();
	card_says = PTT_ERR_REPLAY;
	ck_assert_int_eq(challenge(AKA), PTT_UB_STEP_SEND);
	digest = sent();
	ck_assert_str_eq(digest.auts, "paWlpaWlpaWlpaWlpaU=");
	ck_assert_int_eq(ptt_ub_digest_check(&digest, "GET", none, none), PTT_OK);
	ck_assert_int_eq(challenge(AKA), PTT_UB_STEP_FAILED);
	ck_assert_int_eq(ex.err, PTT_ERR_REPLAY);
	start();
	card_says = PTT_ERR_REPLAY;
	ck_assert_int_eq(challenge(AKA), PTT_UB_STEP_SEND);
	card_says = PTT_OK;
	ck_assert_int_eq(challenge(AKA), PTT_UB_STEP_SEND);
	digest = sent();
	ck_assert_str_eq(digest.auts, "");
	ck_assert_int_eq(success(BODY, TYPE, "", true), PTT_UB_STEP_DONE);
}
END_TEST

START_TEST(network_must_be_authentic)
{
	start();
	card_says = PTT_ERR_AUTH;
	ck_assert_int_eq(challenge(AKA), PTT_UB_STEP_FAILED);
	ck_assert_int_eq(ex.err, PTT_ERR_AUTH);
	start();
	card_says = PTT_ERR_SYSTEM;
	ck_assert_int_eq(challenge(AKA), PTT_UB_STEP_FAILED);
	ck_assert_int_eq(ex.err, PTT_ERR_SYSTEM);
}
END_TEST

START_TEST(rspauth_must_be_right)
{
	static const char *const more[] = {", qop=auth", ", cnonce=\"other\"", ", nc=00000002"};
	struct ptt_ub_response bare = {
		.status = 200, .content_type = TYPE, .body = ptt_bytes_of_str(BODY)};

	start();
	ck_assert_int_eq(challenge(AKA), PTT_UB_STEP_SEND);
	ck_assert_int_eq(success(BODY, TYPE, "", false), PTT_UB_STEP_FAILED);
	ck_assert_int_eq(ex.err, PTT_ERR_AUTH);
	ck_assert_str_eq(ex.result.btid, "");
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		start();
		ck_assert_int_eq(challenge(AKA), PTT_UB_STEP_SEND);
		ck_assert_int_eq(success(BODY, TYPE, more[i], true), PTT_UB_STEP_FAILED);
		ck_assert_int_eq(ex.err, PTT_ERR_AUTH);
	}
	start();
	ck_assert_int_eq(challenge(AKA), PTT_UB_STEP_SEND);
	ck_assert_int_eq(ptt_ub_exchange_response(&ex, &bare), PTT_UB_STEP_FAILED);
	ck_assert_int_eq(ex.err, PTT_ERR_AUTH);
}
END_TEST

START_TEST(a_200_before_any_challenge_is_nothing)
{
	start();
	ck_assert_int_eq(success(BODY, TYPE, "", true), PTT_UB_STEP_FAILED);
	ck_assert_int_eq(ex.err, PTT_ERR_MALFORMED);
	start();
	ck_assert_int_eq(challenge(AKA), PTT_UB_STEP_SEND);
	ck_assert_int_eq(success(BODY, "text/html", "", true), PTT_UB_STEP_FAILED);
	start();
	ck_assert_int_eq(challenge(AKA), PTT_UB_STEP_SEND);
	ck_assert_int_eq(success("<x/>", TYPE "; charset=utf-8", "", true), PTT_UB_STEP_FAILED);
	ck_assert_int_eq(ex.err, PTT_ERR_MALFORMED);
}
END_TEST

START_TEST(our_res_refused_stops)
{
	start();
	ck_assert_int_eq(challenge(AKA), PTT_UB_STEP_SEND);
	ck_assert_int_eq(challenge(AKA), PTT_UB_STEP_FAILED);
	ck_assert_int_eq(ex.err, PTT_ERR_MISMATCH);
	ck_assert_uint_eq(card_asked, 1);
}
END_TEST

START_TEST(stale_is_bounded)
{
	unsigned int sends = 0;

	start();
	while (challenge(AKA ", stale=true") == PTT_UB_STEP_SEND && sends < 100)
		sends++;
	ck_assert_uint_le(sends, 5);
	ck_assert_uint_ge(sends, 2);
	ck_assert_int_eq(ex.err, PTT_ERR_MISMATCH);
}
END_TEST

static const struct {
	const char *more;
	enum ptt_err err;
} challenges[] = {
	{", algorithm=MD5, qop=\"auth-int\"", PTT_ERR_UNSUPPORTED},
	{", algorithm=AKAv1-MD5", PTT_ERR_UNSUPPORTED},
	{", algorithm=AKAv1-MD5, qop=\"auth\"", PTT_ERR_UNSUPPORTED},
	{", algorithm=AKAv2-MD5, qop=\"auth-int\"", PTT_ERR_UNSUPPORTED},
	{"", PTT_ERR_MALFORMED},
	{AKA ", nonce=\"x\"", PTT_ERR_MALFORMED},
	{AKA ", \"", PTT_ERR_MALFORMED},
};

START_TEST(bad_challenges)
{
	start();
	ck_assert_int_eq(challenge(challenges[_i].more), PTT_UB_STEP_FAILED);
	ck_assert_int_eq(ex.err, challenges[_i].err);
	ck_assert_uint_eq(card_asked, 0);
}
END_TEST

static const struct {
	long status;
	enum ptt_err err;
} statuses[] = {
	{400, PTT_ERR_MALFORMED},
	{401, PTT_ERR_MALFORMED},
	{403, PTT_ERR_NO_KEY},
	{404, PTT_ERR_NO_KEY},
	{301, PTT_ERR_MALFORMED},
	{500, PTT_ERR_BUSY},
	{503, PTT_ERR_BUSY},
	{0, PTT_ERR_MALFORMED},
};

START_TEST(refusals)
{
	struct ptt_ub_response answer = {.status = statuses[_i].status};

	start();
	ck_assert_int_eq(ptt_ub_exchange_response(&ex, &answer), PTT_UB_STEP_FAILED);
	ck_assert_int_eq(ex.err, statuses[_i].err);
}
END_TEST

START_TEST(bad_names)
{
	char name[PTT_UB_NAME_MAX + 1];

	memset(name, 'x', sizeof(name));
	name[PTT_UB_NAME_MAX] = '\0';
	ck_assert_int_eq(ptt_ub_exchange_init(&ex, &card, "", HOST, "/"), PTT_ERR_MALFORMED);
	ck_assert_int_eq(ptt_ub_exchange_init(&ex, &card, name, HOST, "/"), PTT_ERR_MALFORMED);
	ck_assert_int_eq(ptt_ub_exchange_init(&ex, &card, IMPI, name, "/"), PTT_ERR_MALFORMED);
	ck_assert_int_eq(ptt_ub_exchange_init(&ex, &card, "a\r\nb", HOST, "/"), PTT_ERR_MALFORMED);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, bootstraps);
	tcase_add_test(tc, resynchronises_once);
	tcase_add_test(tc, network_must_be_authentic);
	tcase_add_test(tc, rspauth_must_be_right);
	tcase_add_test(tc, a_200_before_any_challenge_is_nothing);
	tcase_add_test(tc, our_res_refused_stops);
	tcase_add_test(tc, stale_is_bounded);
	tcase_add_loop_test(tc, bad_challenges, 0, COUNT(challenges));
	tcase_add_loop_test(tc, refusals, 0, COUNT(statuses));
	tcase_add_test(tc, bad_names);
	return check_run_case("ub_exchange", tc);
}
