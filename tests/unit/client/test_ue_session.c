/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Offers and answers at the UE are applied whole or not at all: docs/wire.md section 4. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/client/client_fixture.h"
#include "tests/unit/check_main.h"

static struct fix_client ue;

/* The answer as the PF sees it: the same group, ports and direction on
 * every line (RFC 3264 6.2). */
START_TEST(test_answer_mirrors_the_offer)
{
	static struct ptt_sdp_lines lines;
	struct ptt_channel_sdp channel;

	fix_client_init(&ue, PTT_UE_JOIN_SDP, false);
	fix_channel(&channel);
	ptt_ue_session_on_offer(ue.session, &ue.res, fix_client_write_offer(&ue, 1, 2));
	ck_assert_int_eq(ue.res.status, 200);
	ck_assert(ue.res.channel_new && ue.res.has_msk && !ue.res.pull);
	ck_assert_int_eq(ptt_sdp_lines_get(&lines,
				 (struct ptt_bytes){(const uint8_t *)ue.res.body, ue.res.body_len}),
		PTT_OK);
	ck_assert_int_eq(ptt_channel_sdp_match(&channel, &lines), PTT_OK);
	ck_assert_uint_eq(lines.mikey_len, 0);
	ck_assert_uint_eq(ptt_ue_session_channel(ue.session)->key_port, 2269);
	ptt_ue_session_on_offer(ue.session, &ue.res, fix_client_write_offer(&ue, 2, 3));
	ck_assert_int_eq(ue.res.status, 200);
	ck_assert(!ue.res.channel_new);
	fix_client_wipe(&ue);
}
END_TEST

START_TEST(test_verification_message_in_the_answer)
{
	fix_client_init(&ue, PTT_UE_JOIN_SDP, false);
	ue.pf.verify = true;
	ptt_ue_session_on_offer(ue.session, &ue.res, fix_client_write_offer(&ue, 1, 2));
	ck_assert_int_eq(ue.res.status, 200);
	ck_assert_ptr_nonnull(strstr(ue.res.body, "a=key-mgmt:mikey "));
	fix_client_wipe(&ue);
}
END_TEST

START_TEST(test_refusing_the_channel)
{
	fix_client_init(&ue, PTT_UE_JOIN_SDP, true);
	ptt_ue_session_on_offer(ue.session, &ue.res, fix_client_write_offer(&ue, 1, 2));
	ck_assert_int_eq(ue.res.status, 200);
	ck_assert_ptr_nonnull(strstr(ue.res.body, "m=audio 0 RTP/SAVP"));
	ck_assert_ptr_nonnull(strstr(ue.res.body, "m=application 0 udp mikey"));
	ck_assert_ptr_null(ptt_ue_session_channel(ue.session));
	ck_assert(!ptt_rekey_client_has_msk(ue.keys) && !ue.res.pull);
	fix_client_wipe(&ue);
}
END_TEST

/* Cut anywhere or changed anywhere: an answer or a refusal, and after a
 * refusal all is as before. */
START_TEST(test_mangled_offers)
{
	static char mangled[PTT_SDP_BODY_SIZE];
	struct ptt_bytes whole;
	uint32_t before;

	fix_client_init(&ue, PTT_UE_JOIN_SDP, false);
	ptt_ue_session_on_offer(ue.session, &ue.res, fix_client_write_offer(&ue, 1, 2));
	ck_assert_int_eq(ue.res.status, 200);
	whole = fix_client_write_offer(&ue, 2, 3);
	for (size_t i = 0; i < whole.len; i++) {
		memcpy(mangled, ue.body, whole.len);
		mangled[i] = (char)(mangled[i] ^ 0x15);
		before = ptt_ue_session_channel(ue.session)
				 ? ptt_ue_session_channel(ue.session)->audio_port
				 : 0;
		ptt_ue_session_on_offer(ue.session, &ue.res,
			(struct ptt_bytes){(const uint8_t *)mangled, whole.len});
		ck_assert(ue.res.status == 200 || ue.res.status == 488);
		if (ue.res.status != 200)
			ck_assert_uint_eq(
				before, ptt_ue_session_channel(ue.session)
						? ptt_ue_session_channel(ue.session)->audio_port
						: 0);
		ptt_ue_session_on_offer(
			ue.session, &ue.res, (struct ptt_bytes){(const uint8_t *)ue.body, i});
		ptt_ue_session_on_late_offer(
			ue.session, &ue.res, (struct ptt_bytes){(const uint8_t *)mangled, i});
		ptt_ue_session_on_answer(ue.session, &ue.res,
			(struct ptt_bytes){(const uint8_t *)mangled, whole.len});
	}
	ck_assert(ptt_rekey_client_has_msk(ue.keys));
	fix_client_wipe(&ue);
}
END_TEST

START_TEST(test_plain_channel_is_refused)
{
	struct ptt_bytes in;
	char *savp;

	fix_client_init(&ue, PTT_UE_JOIN_SDP, false);
	in = fix_client_write_offer(&ue, 1, 2);
	ue.body[in.len] = '\0';
	savp = strstr(ue.body, "RTP/SAVP");
	memcpy(savp, "RTP/AVP ", 8);
	ptt_ue_session_on_offer(ue.session, &ue.res, in);
	ck_assert_int_eq(ue.res.status, 200);
	ck_assert_ptr_nonnull(strstr(ue.res.body, "m=audio 0 RTP/AVP"));
	ck_assert_ptr_nonnull(strstr(ue.res.body, "m=application 0 udp mikey"));
	ck_assert_ptr_null(ptt_ue_session_channel(ue.session));
	ck_assert(!ptt_rekey_client_has_msk(ue.keys));
	fix_client_wipe(&ue);
}
END_TEST

START_TEST(test_reset_forgets_lines_and_last_message)
{
	size_t len;

	fix_client_init(&ue, PTT_UE_JOIN_CHANNEL, false);
	ptt_ue_session_on_offer(ue.session, &ue.res, fix_client_write_offer(&ue, 1, 2));
	ck_assert_int_eq(ue.res.status, 200);
	ptt_ue_session_reset(ue.session);
	ck_assert_ptr_null(ptt_ue_session_channel(ue.session));
	ck_assert(ptt_rekey_client_has_msk(ue.keys));
	ck_assert_int_eq(ptt_ue_session_offer(ue.session, ue.body, &len, sizeof(ue.body)), PTT_OK);
	ue.body[len] = '\0';
	ck_assert_ptr_nonnull(strstr(ue.body, "m=application 2269 udp mikey"));
	fix_client_wipe(&ue);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("bodies");

	tcase_add_test(tc, test_answer_mirrors_the_offer);
	tcase_add_test(tc, test_verification_message_in_the_answer);
	tcase_add_test(tc, test_refusing_the_channel);
	tcase_add_test(tc, test_mangled_offers);
	tcase_add_test(tc, test_plain_channel_is_refused);
	tcase_add_test(tc, test_reset_forgets_lines_and_last_message);
	return check_run_case("ue_session", tc);
}
