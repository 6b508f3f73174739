/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Offers and answers at the UE: taken whole or not at all. Profile section 4. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "client_fixture.h"
#include "tests/unit/check_main.h"

static struct fix_pf keys;
static struct ptt_rekey_client *rc;
static struct ptt_ue_session *ue;
static struct ptt_ue_result res;
static char body[PTT_SDP_BODY_SIZE];

static void begin(enum ptt_ue_join join, bool refuse_channel)
{
	struct ptt_ue_session_param param = {.join = join,
		.session_id = 1,
		.refuse_channel = refuse_channel,
		.local = {.audio_port = 30000, .floor_port = 30001}};
	size_t len;

	fix_pf_init(&keys);
	ck_assert_int_eq(ptt_rekey_client_new(&rc, false), PTT_OK);
	ck_assert_int_eq(ptt_rekey_client_set_muk(rc, FIX_BTID, FIX_NAF, &keys.muk), PTT_OK);
	param.keys = rc;
	fix_channel(&param.channel);
	param.local.codec = param.channel.codec;
	ck_assert(ptt_sdp_addr_get(&param.local.address, "127.0.0.1"));
	ck_assert_int_eq(ptt_ue_session_new(&ue, &param), PTT_OK);
	ck_assert_int_eq(ptt_ue_session_offer(ue, body, &len, sizeof(body)), PTT_OK);
}

static void finish(void)
{
	ptt_ue_session_free(ue);
	ptt_rekey_client_free(rc);
	fix_pf_wipe(&keys);
}

static struct ptt_bytes offer(uint16_t number, unsigned version)
{
	struct ptt_bytes key = fix_msk(&keys, number, 0, 65535);

	return (struct ptt_bytes){
		(const uint8_t *)body, fix_offer(body, sizeof(body), &key, version)};
}

/* The answer as the PF sees it: the same group, ports and direction on every line (RFC 3264 6.2). */
START_TEST(test_answer_mirrors_the_offer)
{
	static struct ptt_sdp_lines lines;
	struct ptt_channel_sdp channel;

	begin(PTT_UE_JOIN_SDP, false);
	fix_channel(&channel);
	ptt_ue_session_on_offer(ue, &res, offer(1, 2));
	ck_assert_int_eq(res.status, 200);
	ck_assert(res.channel_new && res.has_msk && !res.pull);
	ck_assert_int_eq(ptt_sdp_lines_get(&lines,
				 (struct ptt_bytes){(const uint8_t *)res.body, res.body_len}),
		PTT_OK);
	ck_assert_int_eq(ptt_channel_sdp_match(&channel, &lines), PTT_OK);
	ck_assert_uint_eq(lines.mikey_len, 0);
	ck_assert_uint_eq(ptt_ue_session_channel(ue)->key_port, 2269);
	ptt_ue_session_on_offer(ue, &res, offer(2, 3));
	ck_assert_int_eq(res.status, 200);
	ck_assert(!res.channel_new);
	finish();
}
END_TEST

START_TEST(test_verification_message_in_the_answer)
{
	begin(PTT_UE_JOIN_SDP, false);
	keys.verify = true;
	ptt_ue_session_on_offer(ue, &res, offer(1, 2));
	ck_assert_int_eq(res.status, 200);
	ck_assert_ptr_nonnull(strstr(res.body, "a=key-mgmt:mikey "));
	finish();
}
END_TEST

START_TEST(test_refusing_the_channel)
{
	begin(PTT_UE_JOIN_SDP, true);
	ptt_ue_session_on_offer(ue, &res, offer(1, 2));
	ck_assert_int_eq(res.status, 200);
	ck_assert_ptr_nonnull(strstr(res.body, "m=audio 0 RTP/SAVP"));
	ck_assert_ptr_nonnull(strstr(res.body, "m=application 0 udp mikey"));
	ck_assert_ptr_null(ptt_ue_session_channel(ue));
	ck_assert(!ptt_rekey_client_has_msk(rc) && !res.pull);
	finish();
}
END_TEST

/* Cut anywhere or changed anywhere: an answer or a refusal, and after a refusal all is as before. */
START_TEST(test_mangled_offers)
{
	static char mangled[PTT_SDP_BODY_SIZE];
	struct ptt_bytes whole;
	uint32_t before;

	begin(PTT_UE_JOIN_SDP, false);
	ptt_ue_session_on_offer(ue, &res, offer(1, 2));
	ck_assert_int_eq(res.status, 200);
	whole = offer(2, 3);
	for (size_t i = 0; i < whole.len; i++) {
		memcpy(mangled, body, whole.len);
		mangled[i] = (char)(mangled[i] ^ 0x15);
		before = ptt_ue_session_channel(ue) ? ptt_ue_session_channel(ue)->audio_port : 0;
		ptt_ue_session_on_offer(
			ue, &res, (struct ptt_bytes){(const uint8_t *)mangled, whole.len});
		ck_assert(res.status == 200 || res.status == 488);
		if (res.status != 200)
			ck_assert_uint_eq(before, ptt_ue_session_channel(ue)
							  ? ptt_ue_session_channel(ue)->audio_port
							  : 0);
		ptt_ue_session_on_offer(ue, &res, (struct ptt_bytes){(const uint8_t *)body, i});
		ptt_ue_session_on_late_offer(
			ue, &res, (struct ptt_bytes){(const uint8_t *)mangled, i});
		ptt_ue_session_on_answer(
			ue, &res, (struct ptt_bytes){(const uint8_t *)mangled, whole.len});
	}
	ck_assert(ptt_rekey_client_has_msk(rc));
	finish();
}
END_TEST

START_TEST(test_plain_channel_is_refused)
{
	struct ptt_bytes in;
	char *savp;

	begin(PTT_UE_JOIN_SDP, false);
	in = offer(1, 2);
	body[in.len] = '\0';
	savp = strstr(body, "RTP/SAVP");
	memcpy(savp, "RTP/AVP ", 8);
	ptt_ue_session_on_offer(ue, &res, in);
	ck_assert_int_eq(res.status, 200);
	ck_assert_ptr_nonnull(strstr(res.body, "m=audio 0 RTP/AVP"));
	ck_assert_ptr_nonnull(strstr(res.body, "m=application 0 udp mikey"));
	ck_assert_ptr_null(ptt_ue_session_channel(ue));
	ck_assert(!ptt_rekey_client_has_msk(rc));
	finish();
}
END_TEST

START_TEST(test_reset_forgets_lines_and_last_message)
{
	size_t len;

	begin(PTT_UE_JOIN_CHANNEL, false);
	ptt_ue_session_on_offer(ue, &res, offer(1, 2));
	ck_assert_int_eq(res.status, 200);
	ptt_ue_session_reset(ue);
	ck_assert_ptr_null(ptt_ue_session_channel(ue));
	ck_assert(ptt_rekey_client_has_msk(rc));
	ck_assert_int_eq(ptt_ue_session_offer(ue, body, &len, sizeof(body)), PTT_OK);
	body[len] = '\0';
	ck_assert_ptr_nonnull(strstr(body, "m=application 2269 udp mikey"));
	finish();
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
