/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The server against a real client, Sofia's NUA in the same process, which has its own code for
 * digest, dialogs, ACK, re-INVITE and BYE. The second offer must arrive unchanged, with its key.
 */
#include <check.h>
#include <sofia-sip/nua.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check_main.h"
#include "tests/unit/sip/sip_fixture.h"

struct ue {
	nua_t *nua;
	nua_handle_t *call;
	char heard[256];
	char body[3][256];
	int bodies;
	bool gone;
};

static struct fixture fx;
static struct ue ue;

static void hear(const char *what, int status)
{
	size_t used = strlen(ue.heard);

	snprintf(
		ue.heard + used, sizeof(ue.heard) - used, "%s%s-%d", used ? " " : "", what, status);
}

static void authenticate(nua_handle_t *nh)
{
	/* base64 of the fixture's MRK: 01 02 03 04 and 28 zeros */
	nua_authenticate(nh,
		NUTAG_AUTH("Digest:\"3GPP-bootstrapping@" FIXTURE_NAF "\":" FIXTURE_BTID
			   ":AQIDBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
		TAG_END());
}

static void on_event(nua_event_t event, int status, char const *phrase, nua_t *nua,
	nua_magic_t *magic, nua_handle_t *nh, nua_hmagic_t *hmagic, sip_t const *sip, tagi_t tags[])
{
	(void)phrase;
	(void)nua;
	(void)magic;
	(void)hmagic;
	(void)tags;
	switch (event) {
	case nua_r_invite:
		hear("invite", status);
		if (status == 401)
			authenticate(nh);
		else if (status == 200)
			nua_ack(nh, TAG_END());
		break;
	case nua_i_invite:
		hear("offer", status);
		if (sip && sip->sip_payload && ue.bodies < 3)
			snprintf(ue.body[ue.bodies++], sizeof(ue.body[0]), "%.*s",
				(int)sip->sip_payload->pl_len, sip->sip_payload->pl_data);
		nua_respond(nh, SIP_200_OK, NUTAG_WITH_THIS(nua),
			SIPTAG_CONTENT_TYPE_STR("application/sdp"),
			SIPTAG_PAYLOAD_STR("v=0\r\ns=answer\r\n"), TAG_END());
		break;
	case nua_i_ack:
		hear("ack", status);
		break;
	case nua_i_bye:
		hear("bye", status);
		break;
	case nua_r_bye:
		hear("left", status);
		break;
	case nua_r_shutdown:
		ue.gone = status >= 200;
		break;
	default:
		break;
	}
}

static void until(const char *text, const char *what)
{
	for (int i = 0; i < 400 && !strstr(text, what); i++)
		su_root_step(fx.root, 10);
	ck_assert_msg(
		strstr(text, what) != NULL, "no \"%s\" in \"%s\"; UE: %s", what, text, ue.heard);
}

static void set_up(void)
{
	/* NUA, like libre, gives up if the second challenge has an unknown algorithm. */
	const struct ptt_sip_options options = {.digest = {PTT_HASH_MD5}, .digest_count = 1};
	char server[64];

	fixture_open(&fx, &options);
	memset(&ue, 0, sizeof(ue));
	ue.nua = nua_create(fx.root, on_event, NULL, NUTAG_URL("sip:127.0.0.1:*;transport=udp"),
		NUTAG_MEDIA_ENABLE(0), NUTAG_AUTOACK(0), TAG_END());
	ck_assert_ptr_nonnull(ue.nua);
	ue.call = nua_handle(ue.nua, NULL, SIPTAG_TO_STR(FIXTURE_GROUP),
		SIPTAG_FROM_STR(FIXTURE_USER), TAG_END());
	snprintf(server, sizeof(server), "sip:127.0.0.1:%u;lr", fx.server_port);
	nua_invite(ue.call, NUTAG_URL(FIXTURE_GROUP), NUTAG_PROXY(server),
		SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR("v=0\r\ns=call\r\n"),
		TAG_END());
	until(fx.heard, "ack");
}

static void tear_down(void)
{
	nua_handle_destroy(ue.call);
	nua_shutdown(ue.nua);
	for (int i = 0; i < 400 && !ue.gone; i++)
		su_root_step(fx.root, 10);
	nua_destroy(ue.nua);
	fixture_close(&fx);
}

static void offer(const char *body, const char *heard)
{
	ck_assert_int_eq(ptt_sip_offer(fx.dialog, body, strlen(body), 1), PTT_OK);
	until(fx.heard, heard);
	fx.heard[0] = '\0';
}

START_TEST(two_offers)
{
	ck_assert_str_eq(ue.heard, "invite-401 invite-200");
	offer("v=0\r\no=- 1 2\r\na=key-mgmt:mikey Rmlyc3Q=\r\n", "offer-200");
	offer("v=0\r\no=- 1 3\r\na=key-mgmt:mikey U2Vjb25k\r\n", "offer-200");
	until(ue.heard, "ack-200 offer-100 ack-200");
	ck_assert_str_eq(ue.body[0], "v=0\r\no=- 1 2\r\na=key-mgmt:mikey Rmlyc3Q=\r\n");
	ck_assert_str_eq(ue.body[1], "v=0\r\no=- 1 3\r\na=key-mgmt:mikey U2Vjb25k\r\n");
	nua_bye(ue.call, TAG_END());
	until(ue.heard, "left-200");
	until(fx.heard, "bye");
}
END_TEST

START_TEST(expelled)
{
	ptt_sip_bye(fx.dialog, "SIP;cause=403;text=\"expelled\"");
	until(ue.heard, "bye-200");
	fixture_step(&fx, 50);
	ck_assert_uint_eq(ptt_sip_pending(fx.sip), 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("agents");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, two_offers);
	tcase_add_test(tc, expelled);
	return check_run_case("sip_nua", tc);
}
