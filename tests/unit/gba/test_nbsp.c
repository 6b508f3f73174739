/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nbsp_GBA's JSON (TS 29.309 6.1.6) and the XML of AVP 400 (TS 29.109 annex A), without sockets. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/gba/nbsp.h"
#include "module/gba/uss.h"
#include "tests/unit/check_main.h"

#define KEY_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_B "AABBCCDDEEFF00112233445566778899aabbccddeeff00112233445566778899"
#define NAF   "\"nafId\":{\"nafFqdn\":\"pf1.poc.example.org\",\"uaSecProtId\":\"0100000001\"}"

static struct ptt_bytes text(const char *json)
{
	return ptt_bytes_of_str(json);
}

START_TEST(request_as_the_openapi_file_has_it)
{
	struct ptt_zn_query query, again;
	const char *what;
	char out[1024];

	ck_assert_int_eq(ptt_nbsp_request_get(&query, &what,
				 text("{\"btId\":\"cmFuZA==@bsf\"," NAF
				      ",\"gbaUAware\":true,\"gsIds\":[4],\"more\":{}}")),
		PTT_OK);
	ck_assert_str_eq(query.btid, "cmFuZA==@bsf");
	ck_assert_str_eq(query.naf_fqdn, "pf1.poc.example.org");
	ck_assert_mem_eq(query.ua_id, ptt_gba_ua_mbms, sizeof(query.ua_id));
	ck_assert(query.gba_u_aware);
	ck_assert_int_eq(ptt_nbsp_request_put(out, sizeof(out), &query), PTT_OK);
	ck_assert_str_eq(
		out, "{\"btId\":\"cmFuZA==@bsf\"," NAF ",\"gbaUAware\":true,\"gsIds\":[4]}");
	ck_assert_int_eq(ptt_nbsp_request_get(&again, &what, text(out)), PTT_OK);
	ck_assert_mem_eq(&again, &query, sizeof(query));
	for (size_t size = 0; size <= strlen(out); size++)
		ck_assert_int_ne(ptt_nbsp_request_put(out, size, &query), PTT_OK);
	query.btid[0] = (char)0xff; /* no UTF-8 */
	ck_assert_int_eq(ptt_nbsp_request_put(out, sizeof(out), &query), PTT_ERR_MALFORMED);
}
END_TEST

START_TEST(bad_requests_name_what_is_wrong)
{
	static const struct {
		const char *json, *what;
	} bads[] = {
		{"", "body"},
		{"{", "body"},
		{"[]", "body"},
		{"\"x\"", "body"},
		{"{}{}", "body"},
		{"{\"btId\":\"a\",\"btId\":\"b\"," NAF "}", "body"},
		{"{" NAF "}", "btId"},
		{"{\"btId\":\"\"," NAF "}", "btId"},
		{"{\"btId\":7," NAF "}", "btId"},
		{"{\"btId\":\"a b\"," NAF "}", "btId"},
		{"{\"btId\":\"a\\nb\"," NAF "}", "btId"},
		{"{\"btId\":\"a\"}", "nafId.nafFqdn"},
		{"{\"btId\":\"a\",\"nafId\":\"pf\"}", "nafId.nafFqdn"},
		{"{\"btId\":\"a\",\"nafId\":{\"nafFqdn\":\"pf\"}}", "nafId.uaSecProtId"},
		{"{\"btId\":\"a\",\"nafId\":{\"nafFqdn\":\"pf\",\"uaSecProtId\":\"01000000\"}}",
			"nafId.uaSecProtId"},
		{"{\"btId\":\"a\",\"nafId\":{\"nafFqdn\":\"pf\",\"uaSecProtId\":\"01000000zz\"}}",
			"nafId.uaSecProtId"},
		{"{\"btId\":\"a\"," NAF ",\"gbaUAware\":1}", "gbaUAware"},
	};
	struct ptt_zn_query query;
	const char *what;

	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		ck_assert_int_eq(
			ptt_nbsp_request_get(&query, &what, text(bads[i].json)), PTT_ERR_MALFORMED);
		ck_assert_str_eq(what, bads[i].what);
	}
}
END_TEST

static const char recorded[] =
	"{\"meKeyMaterial\":\"" KEY_A "\",\"uiccKeyMaterial\":\"" KEY_B "\","
	"\"keyExpiryTime\":\"2026-11-21T16:43:19.5+01:00\","
	"\"bootstrappingInfoCreationTime\":\"2026-11-20T15:43:19Z\","
	"\"ussList\":[{\"uss\":{\"gsId\":4,\"gsType\":4,\"ueIds\":[{\"ueId\":\"sip:anna@x\"},"
	"{\"ueId\":\"tel:+1\"}],\"nafGroup\":\"g\",\"flags\":[{\"flag\":1}],"
	"\"keyChoice\":\"ME_UICC_BASED_KEYS\"}},{\"uss\":{\"gsId\":7,\"gsType\":0,\"ueIds\":[]}}],"
	"\"gbaType\":\"3G_GBA\",\"impi\":\"anna@x\"}";

START_TEST(response_with_every_member)
{
	struct ptt_zn_answer answer, again;
	char out[4096];

	ck_assert_int_eq(ptt_nbsp_response_get(&answer, text(recorded)), PTT_OK);
	ck_assert_int_eq(answer.err, PTT_OK);
	ck_assert_uint_eq(answer.me.b[31], 0x1f);
	ck_assert(answer.has_uicc);
	ck_assert_uint_eq(answer.uicc.b[0], 0xaa);
	ck_assert_int_eq(answer.expires_utc_s, 1795275799);
	ck_assert_uint_eq(answer.impu_count, 2);
	ck_assert_str_eq(answer.impus[0], "sip:anna@x");
	ck_assert_str_eq(answer.impus[1], "tel:+1");
	ck_assert_str_eq(answer.impi, "anna@x");
	ck_assert_int_eq(ptt_nbsp_response_put(out, sizeof(out), &answer), PTT_OK);
	ck_assert_int_eq(ptt_nbsp_response_get(&again, text(out)), PTT_OK);
	ck_assert_mem_eq(&again, &answer, sizeof(answer));
	for (size_t size = 0; size <= strlen(out); size++) {
		char cut[4096];

		ck_assert_int_eq(ptt_nbsp_response_put(cut, size, &answer), PTT_ERR_NO_SPACE);
	}
}
END_TEST

START_TEST(response_with_the_least)
{
	struct ptt_zn_answer answer;

	ck_assert_int_eq(
		ptt_nbsp_response_get(&answer, text("{\"meKeyMaterial\":\"" KEY_A "\"}")), PTT_OK);
	ck_assert(!answer.has_uicc);
	ck_assert_uint_eq(answer.impu_count, 0);
	ck_assert_str_eq(answer.impi, "");
	ck_assert_int_eq(answer.expires_utc_s, 0);
}
END_TEST

START_TEST(bad_responses_leave_nothing)
{
	static const char *const bads[] = {
		"",
		"{}",
		"{\"meKeyMaterial\":\"\"}",
		"{\"meKeyMaterial\":\"" KEY_A "00\"}",
		"{\"meKeyMaterial\":\"" KEY_A "\",\"uiccKeyMaterial\":null}",
		"{\"meKeyMaterial\":\"" KEY_A "\",\"keyExpiryTime\":1}",
		"{\"meKeyMaterial\":\"" KEY_A "\",\"keyExpiryTime\":\"tomorrow\"}",
		"{\"meKeyMaterial\":\"" KEY_A "\",\"impi\":\"a b\"}",
		"{\"meKeyMaterial\":\"" KEY_A "\",\"ussList\":[{\"uss\":{\"ueIds\":[{}]}}]}",
	};
	static const struct ptt_zn_answer zero = {.err = PTT_ERR_MALFORMED};
	struct ptt_zn_answer answer;

	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		ck_assert_int_eq(ptt_nbsp_response_get(&answer, text(bads[i])), PTT_ERR_MALFORMED);
		ck_assert_mem_eq(&answer, &zero, sizeof(zero));
	}
	for (size_t len = 0; len < sizeof(recorded) - 1; len++) {
		char *cut = malloc(
			len + 1); /* of the exact size, so that ASan finds a read behind it */

		ck_assert_ptr_nonnull(cut);
		memcpy(cut, recorded, len);
		ck_assert_int_ne(
			ptt_nbsp_response_get(&answer, (struct ptt_bytes){(uint8_t *)cut, len}),
			PTT_OK);
		free(cut);
	}
}
END_TEST

START_TEST(statuses_and_problems)
{
	struct ptt_nbsp_problem problem = ptt_nbsp_problem_of(PTT_ERR_NO_KEY);
	char out[512];

	ck_assert_int_eq(ptt_nbsp_problem_put(out, sizeof(out), &problem), PTT_OK);
	ck_assert_ptr_nonnull(strstr(out, "\"status\":404"));
	ck_assert_int_eq(ptt_nbsp_status_get(404, text(out)), PTT_ERR_NO_KEY);
	ck_assert_int_eq(ptt_nbsp_status_get(404, text("")), PTT_ERR_NO_KEY);
	ck_assert_int_eq(
		ptt_nbsp_status_get(404, text("{\"cause\":\"RESOURCE_URI_STRUCTURE_NOT_FOUND\"}")),
		PTT_ERR_SYSTEM);
	ck_assert_int_eq(ptt_nbsp_status_get(403, text("")), PTT_ERR_AUTH);
	ck_assert_int_eq(ptt_nbsp_status_get(401, text("")), PTT_ERR_AUTH);
	ck_assert_int_eq(ptt_nbsp_status_get(429, text("")), PTT_ERR_BUSY);
	ck_assert_int_eq(ptt_nbsp_status_get(503, text("")), PTT_ERR_BUSY);
	ck_assert_int_eq(ptt_nbsp_status_get(400, text("")), PTT_ERR_SYSTEM);
	ck_assert_int_eq(ptt_nbsp_status_get(307, text("")), PTT_ERR_SYSTEM);
	ck_assert_uint_eq(ptt_nbsp_problem_of(PTT_ERR_AUTH).status, 403);
	ck_assert_uint_eq(ptt_nbsp_problem_of(PTT_ERR_SYSTEM).status, 500);
}
END_TEST

START_TEST(security_settings_in_xml)
{
	struct ptt_zn_answer answer = {0}, again = {0};
	char out[1024];

	ck_assert_int_eq(ptt_uss_get(&answer,
				 text("<guss id=\"anna@x\"><ussList><uss id=\"4\" type=\"4\"><uids>"
				      "<uid> sip:a&amp;b@x </uid><uid>tel:+1</uid></uids>"
				      "</uss></ussList></guss>")),
		PTT_OK);
	ck_assert_uint_eq(answer.impu_count, 2);
	ck_assert_str_eq(answer.impus[0], "sip:a&b@x");
	ck_assert_int_eq(ptt_uss_put(out, sizeof(out), &answer), PTT_OK);
	ck_assert_int_eq(ptt_uss_get(&again, text(out)), PTT_OK);
	ck_assert_mem_eq(&again, &answer, sizeof(answer));
	for (size_t len = 0; len + 1 < strlen(out); len++)
		ck_assert_int_ne(
			ptt_uss_get(&again, (struct ptt_bytes){(uint8_t *)out, len}), PTT_OK);
	ck_assert_int_eq(ptt_uss_put(out, 20, &answer), PTT_ERR_NO_SPACE);
	ck_assert_int_eq(ptt_uss_get(&again, text("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>")),
		PTT_ERR_MALFORMED);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("nbsp");

	tcase_add_test(tc, request_as_the_openapi_file_has_it);
	tcase_add_test(tc, bad_requests_name_what_is_wrong);
	tcase_add_test(tc, response_with_every_member);
	tcase_add_test(tc, response_with_the_least);
	tcase_add_test(tc, bad_responses_leave_nothing);
	tcase_add_test(tc, statuses_and_problems);
	tcase_add_test(tc, security_settings_in_xml);
	return check_run_case("nbsp", tc);
}
