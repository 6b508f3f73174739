/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/client/sip_client_fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sofia-sip/su.h>

#include "module/base/clock.h"

#define PASSWORD "mEuI0QluAh1eSJgZI+LLicMMymt4V1w3hcVpTOf24Cg="

struct fix_ue fix_ue;

static enum ptt_err get_password(
	void *ctx, struct ptt_sip_password *out, const char *naf, bool again)
{
	(void)ctx;
	fix_ue.seen.passwords++;
	fix_ue.seen.again += again;
	ck_assert_str_eq(naf, FIX_NAF);
	strcpy(out->btid, FIX_BTID);
	strcpy(out->text, PASSWORD);
	return ptt_rekey_client_set_muk(fix_ue.rc, FIX_BTID, naf, &fix_ue.keys.muk);
}

static void on_joined(void *ctx, const char *call_id)
{
	(void)ctx;
	ck_assert_uint_gt(strlen(call_id), 0);
	fix_ue.seen.joined++;
}

static void on_result(void *ctx, const struct ptt_ue_result *res)
{
	(void)ctx;
	fix_ue.seen.results++;
	fix_ue.seen.channel = ptt_ue_session_channel(fix_ue.session) != NULL;
	fix_ue.seen.bad += res->status != 200 || res->warning != 0;
	if (res->has_msk && res->status == 200) {
		fix_ue.seen.msks++;
		fix_ue.seen.msk_id = res->msk.msk_id;
	}
}

static void on_end(void *ctx, enum ptt_sip_end end, int status, const char *text)
{
	(void)ctx;
	snprintf(fix_ue.seen.text, sizeof(fix_ue.seen.text), "%s", text);
	fix_ue.seen.ended++;
	fix_ue.seen.end = end;
	fix_ue.seen.status = status;
}

static const struct ptt_sip_client_ops ops = {get_password, on_joined, on_result, on_end};

/* Steps both agents until `*counter` has reached `least`. */
void fix_ue_until(const int *counter, int least)
{
	int64_t give_up_ms = ptt_clock_ms() + 15000;

	while (*counter < least) {
		ck_assert_msg(ptt_clock_ms() < give_up_ms, "waited in vain");
		su_root_step(fix_ue.root, 20);
		ptt_sip_client_tick(fix_ue.sc, ptt_clock_ms());
	}
}

void fix_ue_begin(const struct fake_pf_plan *plan, const char *transport, enum ptt_ue_join join)
{
	struct ptt_ue_session_param param = {
		.join = join, .session_id = 1, .local = {.audio_port = 30000, .floor_port = 30001}};
	struct ptt_sip_client_param sip = {.ops = &ops,
		.address = "127.0.0.1",
		.impu = "sip:alice@poc.example.org",
		.group = "sip:alpha@poc.example.org"};

	ck_assert_int_eq(su_init(), 0);
	fix_ue.root = su_root_create(NULL);
	memset(&fix_ue.seen, 0, sizeof(fix_ue.seen));
	fix_pf_init(&fix_ue.keys);
	fix_ue.pf = fake_pf_new(fix_ue.root, transport, plan, &fix_ue.keys, PASSWORD);
	ck_assert_int_eq(ptt_rekey_client_new(&fix_ue.rc, false), PTT_OK);
	ck_assert_int_eq(
		ptt_rekey_client_set_muk(fix_ue.rc, FIX_BTID, FIX_NAF, &fix_ue.keys.muk), PTT_OK);
	param.keys = fix_ue.rc;
	fix_channel(&param.channel);
	param.local.codec = param.channel.codec;
	ck_assert(ptt_sdp_addr_get(&param.local.address, "127.0.0.1"));
	ck_assert_int_eq(ptt_ue_session_new(&fix_ue.session, &param), PTT_OK);
	sip.root = fix_ue.root;
	sip.session = fix_ue.session;
	sip.server = fake_pf_uri(fix_ue.pf);
	ck_assert_int_eq(ptt_sip_client_new(&fix_ue.sc, &sip), PTT_OK);
	ck_assert_int_eq(ptt_sip_client_join(fix_ue.sc), PTT_OK);
	ck_assert_int_eq(ptt_sip_client_join(fix_ue.sc), PTT_ERR_BUSY);
}

void fix_ue_finish(void)
{
	ptt_sip_client_free(fix_ue.sc);
	ptt_ue_session_free(fix_ue.session);
	ptt_rekey_client_free(fix_ue.rc);
	fake_pf_free(fix_ue.pf);
	fix_pf_wipe(&fix_ue.keys);
	su_root_destroy(fix_ue.root);
	su_deinit();
}

void fix_ue_offer(uint16_t number)
{
	struct ptt_bytes key = fix_msk(&fix_ue.keys, number, 0, 65535);
	int answers = fake_pf_seen(fix_ue.pf)->answers;

	fake_pf_offer(fix_ue.pf, &key);
	fix_ue_until(&fake_pf_seen(fix_ue.pf)->answers, answers + 1);
}
