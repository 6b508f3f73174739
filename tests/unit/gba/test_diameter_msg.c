/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Zn's Diameter messages (TS 29.109 5.2, 6.2, 6.3) through
 * freeDiameter's codec, without a network. */
#include <check.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "module/gba/diameter_dict.h"
#include "tests/unit/check_main.h"

#define HOST  "bsf.poc.example.org"
#define REALM "poc.example.org"

int fd_msg_init(void); /* of libfdcore; fd_core_parseconf() calls it, but wants certificates too */

static void on_log(int level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
}

static void start(void)
{
	fd_log_handler_register(on_log);
	ck_assert_int_eq(fd_core_initialize(), 0);
	fd_g_config->cnf_diamid = strdup(HOST);
	fd_g_config->cnf_diamid_len = strlen(HOST);
	fd_g_config->cnf_diamrlm = strdup(REALM);
	fd_g_config->cnf_diamrlm_len = strlen(REALM);
	ck_assert_int_eq(fd_msg_init(), 0);
	ck_assert_int_eq(ptt_diameter_dict(), PTT_OK);
}

/* Encodes the message to bytes and decodes them again. */
static struct msg *through(struct msg *msg)
{
	uint8_t *bytes = NULL;
	size_t len = 0;

	ck_assert_int_eq(fd_msg_bufferize(msg, &bytes, &len), 0);
	fd_msg_free(msg);
	ck_assert_int_eq(fd_msg_parse_buffer(&bytes, len, &msg), 0);
	ck_assert_int_eq(fd_msg_parse_dict(msg, fd_g_config->cnf_dict, NULL), 0);
	return msg;
}

static struct msg *request_of(const struct ptt_zn_query *query)
{
	struct ptt_diameter_to to = {REALM, HOST};
	struct msg *msg;

	ck_assert_int_eq(ptt_diameter_request_put(&msg, query, &to), PTT_OK);
	return through(msg);
}

static struct ptt_zn_query query_of(const char *btid, bool aware)
{
	struct ptt_zn_query query = {.gba_u_aware = aware};

	strcpy(query.btid, btid);
	strcpy(query.naf_fqdn, "pf1.poc.example.org");
	memcpy(query.ua_id, ptt_gba_ua_mbms, sizeof(query.ua_id));
	return query;
}

START_TEST(request_there_and_back)
{
	struct ptt_zn_query query = query_of("cmFuZA==@" HOST, true), again;
	struct msg *msg = request_of(&query);
	struct msg_hdr *hdr;

	ck_assert_int_eq(fd_msg_hdr(msg, &hdr), 0);
	ck_assert_uint_eq(hdr->msg_code, 310);
	ck_assert_uint_eq(hdr->msg_appl, 16777220);
	ck_assert_uint_eq(hdr->msg_flags & (CMD_FLAG_REQUEST | CMD_FLAG_PROXIABLE | CMD_FLAG_ERROR),
		CMD_FLAG_REQUEST | CMD_FLAG_PROXIABLE);
	ck_assert_int_eq(ptt_diameter_request_get(&again, msg), PTT_OK);
	ck_assert_mem_eq(&again, &query, sizeof(query));
	fd_msg_free(msg);
}
END_TEST

static struct ptt_zn_answer exchange(const struct ptt_zn_answer *answer)
{
	struct ptt_zn_query query = query_of("x@" HOST, false);
	struct msg *msg = request_of(&query);
	struct ptt_zn_answer again;

	ck_assert_int_eq(fd_msg_new_answer_from_req(fd_g_config->cnf_dict, &msg, 0), 0);
	ck_assert_int_eq(ptt_diameter_answer_put(msg, answer), PTT_OK);
	msg = through(msg);
	ck_assert_int_eq(ptt_diameter_answer_get(&again, msg), again.err);
	fd_msg_free(msg);
	return again;
}

START_TEST(answer_there_and_back)
{
	static const int64_t times[] = {
		1, 1795275799, 2085978495, 2085978496, 4294967296 - 2208988800 + 2147483647};
	struct ptt_zn_answer answer = {.impi = "anna@x", .impu_count = 2, .me = {{1, 2, 3}}};
	struct ptt_zn_answer again;

	strcpy(answer.impus[0], "sip:a&b@x");
	strcpy(answer.impus[1], "tel:+1");
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		answer.expires_utc_s = times[i];
		again = exchange(&answer);
		ck_assert_int_eq(again.expires_utc_s, times[i]);
	}
	ck_assert_mem_eq(&again, &answer, sizeof(answer));
	answer.has_uicc = true;
	answer.uicc.b[31] = 9;
	again = exchange(&answer);
	ck_assert_mem_eq(&again, &answer, sizeof(answer));
}
END_TEST

START_TEST(errors_there_and_back)
{
	static const struct {
		enum ptt_err put, get;
	} errs[] = {
		{PTT_ERR_NO_KEY, PTT_ERR_NO_KEY},
		{PTT_ERR_AUTH, PTT_ERR_AUTH},
		{PTT_ERR_MALFORMED, PTT_ERR_SYSTEM},
		{PTT_ERR_SYSTEM, PTT_ERR_SYSTEM},
	};

	for (size_t i = 0; i < sizeof(errs) / sizeof(errs[0]); i++) {
		struct ptt_zn_answer answer = {.err = errs[i].put}, expected = {.err = errs[i].get};
		struct ptt_zn_answer again = exchange(&answer);

		ck_assert_mem_eq(&again, &expected, sizeof(expected));
	}
}
END_TEST

/* A relay's own answers: 3002 (unable to deliver) and 3004 (too busy) mean later. */
START_TEST(protocol_errors_are_for_later)
{
	static const char *const codes[] = {"DIAMETER_UNABLE_TO_DELIVER", "DIAMETER_TOO_BUSY"};

	for (size_t i = 0; i < 2; i++) {
		struct ptt_zn_query query = query_of("x@" HOST, false);
		struct msg *msg = request_of(&query);
		struct ptt_zn_answer answer;

		ck_assert_int_eq(
			fd_msg_new_answer_from_req(fd_g_config->cnf_dict, &msg, MSGFL_ANSW_ERROR),
			0);
		ck_assert_int_eq(
			fd_msg_rescode_set(msg, (char *)(uintptr_t)codes[i], NULL, NULL, 1), 0);
		ck_assert_int_eq(ptt_diameter_answer_get(&answer, msg), PTT_ERR_BUSY);
		fd_msg_free(msg);
	}
}
END_TEST

static void bad_request(enum ptt_diameter_avp_id id, const void *data, size_t len)
{
	struct ptt_zn_query query = query_of("x@" HOST, false), again;
	struct msg *msg = request_of(&query);
	union avp_value value = {.os = {(uint8_t *)(uintptr_t)data, len}};
	struct avp *avp = NULL;

	ck_assert_int_eq(fd_msg_search_avp(msg, ptt_diameter_avp(id), &avp), 0);
	ck_assert_ptr_nonnull(avp);
	if (data)
		ck_assert_int_eq(fd_msg_avp_setvalue(avp, &value), 0);
	else
		fd_msg_free(avp);
	ck_assert_int_eq(ptt_diameter_request_get(&again, msg), PTT_ERR_MALFORMED);
	fd_msg_free(msg);
}

START_TEST(bad_requests)
{
	static char longest[400];

	memset(longest, 'a', sizeof(longest));
	bad_request(PTT_AVP_TRANSACTION_ID, NULL, 0);
	bad_request(PTT_AVP_TRANSACTION_ID, "", 0);
	bad_request(PTT_AVP_TRANSACTION_ID, "a b", 3);
	bad_request(PTT_AVP_TRANSACTION_ID, "a\0b", 3);
	bad_request(PTT_AVP_TRANSACTION_ID, longest, 256);
	bad_request(PTT_AVP_NAF_ID, NULL, 0);
	bad_request(PTT_AVP_NAF_ID, "\1\0\0\0\1", 5);
	bad_request(PTT_AVP_NAF_ID, "pf\n\1\0\0\0\1", 8);
	bad_request(PTT_AVP_NAF_ID, longest, 256 + 5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("diameter_msg");
	TCase *tc = tcase_create("diameter_msg");

	tcase_add_unchecked_fixture(tc, start, NULL);
	tcase_add_test(tc, request_there_and_back);
	tcase_add_test(tc, answer_there_and_back);
	tcase_add_test(tc, errors_there_and_back);
	tcase_add_test(tc, protocol_errors_are_for_later);
	tcase_add_test(tc, bad_requests);
	suite_add_tcase(suite, tc);
	/* The stack starts once a process. */
	return check_run_as(suite, CK_NOFORK);
}
